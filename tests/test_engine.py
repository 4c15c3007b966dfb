"""The engine against pencil and paper, and against pgmpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import imtdx
from imtdx.engine import Engine
from imtdx.interchange import pgmpy_posterior, random_evidence
from imtdx.intervals import weighted_quantiles
from imtdx.network import Network


def test_two_diagnoses_two_markers_by_hand(small_knowledge: Path) -> None:
    model = imtdx.load("referral", knowledge=small_knowledge, parts={"tissue": False})
    # stain AAA: one study each, n / (1 + (n - 1) rho) cases with rho = 0.05, on two pseudo-cases at the background of 0.1
    size1, size2 = 10 / 1.45, 20 / 1.95
    rate1 = (0.2 + size1 * 0.8) / (2 + size1)
    rate2 = (0.2 + size2 / 20) / (2 + size2)
    # FISH BBB: 3 of 5 in the first, background 0.02 with weight 4 in the second
    size3 = 5 / 1.2
    fish1, fish2 = (0.04 + size3 * 0.6) / (2 + size3), 0.02
    evidence = {"AAA": np.array([0.0, 1.0, 1.0]), "BBB": np.array([0.0, 1.0])}
    by_hand = 0.75 * rate1 * fish1 / (0.75 * rate1 * fish1 + 0.25 * rate2 * fish2)
    assert model.engine.posterior(evidence)[0] == pytest.approx(by_hand, abs=1e-12)


def test_tissue_quality_by_hand(small_knowledge: Path) -> None:
    model = imtdx.load("uniform", knowledge=small_knowledge)
    rate1, rate2 = (model.network.rates.cell(d, "AAA").mean for d in ("imt", "other"))
    # compromised tissue (0.1) keeps a quarter of the positives
    negative = [0.9 * (1 - r) + 0.1 * (1 - 0.25 * r) for r in (rate1, rate2)]
    posterior = model.engine.posterior({"AAA": np.array([1.0, 0.0, 0.0])})
    assert posterior[0] == pytest.approx(negative[0] / sum(negative), abs=1e-12)


@pytest.fixture(scope="module")
def reference(model: imtdx.Model) -> Any:
    """pgmpy's own inference on the shipped network."""
    from pgmpy.inference import VariableElimination

    return VariableElimination(model.to_pgmpy())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1))
def test_posterior_equals_variable_elimination(model: imtdx.Model, reference: Any, seed: int, share: float) -> None:
    """Hard and soft evidence on any number of variables, from none to all."""
    rng = np.random.default_rng(seed)
    evidence = random_evidence(model.network, rng, round(share * (len(model.network.nodes) - 1)))
    ours = model.engine.posterior(evidence)
    assert np.abs(ours - pgmpy_posterior(model.network, reference, evidence)).max() < 1e-9


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 0.95))
def test_any_marginal_equals_variable_elimination(model: imtdx.Model, reference: Any, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    evidence = random_evidence(model.network, rng, round(share * (len(model.network.nodes) - 2)))
    name = str(rng.choice([n for n in model.network.nodes if n not in evidence]))
    ours = model.engine.marginals((name,), evidence)[name]
    assert np.abs(ours - pgmpy_posterior(model.network, reference, evidence, name)).max() < 1e-9
    joint = model.engine.joint_with_diagnosis(name, evidence)
    assert np.allclose(joint.sum(axis=1), ours, atol=1e-12)
    assert np.allclose(joint.sum(axis=0), model.engine.posterior(evidence), atol=1e-12)


def test_naive_twin_equals_variable_elimination(naive: imtdx.Model) -> None:
    from pgmpy.inference import VariableElimination

    inference = VariableElimination(naive.to_pgmpy())
    rng = np.random.default_rng(5)
    assert "KinaseFusion" not in naive.network.nodes
    for size in (0, 3, 12, 60):
        evidence = random_evidence(naive.network, rng, size)
        assert (
            np.abs(naive.engine.posterior(evidence) - pgmpy_posterior(naive.network, inference, evidence)).max() < 1e-9
        )


def test_batched_evidence_equals_one_by_one(model: imtdx.Model) -> None:
    rng = np.random.default_rng(3)
    names = ["ALK", "FISH_ALK", "KIT", "DOG1", "CK", "EMA", "Site", "KI67"]
    rows = [{n: rng.random(len(model.network.states(n))) for n in names} for _ in range(7)]
    stacked = {n: np.stack([r[n] for r in rows]) for n in names}
    together = model.engine.posterior(stacked)
    for k, row in enumerate(rows):
        assert np.allclose(together[k], model.engine.posterior(row), atol=1e-13)


def test_draws_are_seeded_and_their_weighted_mean_is_the_posterior(model: imtdx.Model) -> None:
    evidence = {"SMA": np.array([0.0, 1.0, 1.0]), "S100": np.array([1.0, 0.0, 0.0]), "DES": np.array([0.0, 1.0, 1.0])}
    (once, weights), (again, _) = model.engine.draws(evidence, 400, 1), model.engine.draws(evidence, 400, 1)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, model.engine.draws(evidence, 400, 2)[0])
    assert np.allclose(once.sum(axis=1), 1)
    assert weights.sum() == pytest.approx(1)
    many, weights = model.engine.draws(evidence, 20_000, 1)
    posterior = model.engine.posterior(evidence)
    # links are not linear in the rates, so the mean tables are the Bayesian average only nearly
    assert np.abs(weights @ many - posterior).max() < 0.01
    assert np.abs(weights @ many - posterior).max() < np.abs(many.mean(axis=0) - posterior).max()


def test_intervals_are_wider_when_counts_are_smaller(model: imtdx.Model) -> None:
    evidence = {"SMA": np.array([0.0, 1.0, 1.0]), "DES": np.array([0.0, 1.0, 1.0]), "KIT": np.array([1.0, 0.0, 0.0])}
    widths = []
    for scale in (0.2, 1.0, 25.0):
        network = Network(model.knowledge, model.structure, model.prior, scale)
        draws, weights = Engine(network).draws(evidence, 400, 0)
        low, high = weighted_quantiles(draws, weights, (0.025, 0.975))
        widths.append(high[model.index("imt")] - low[model.index("imt")])
    assert widths[0] > widths[1] > widths[2]
