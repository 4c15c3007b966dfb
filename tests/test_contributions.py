"""Weights of evidence: they add up, whatever the panel, and shared nodes are shown together."""

from __future__ import annotations

import numpy as np
import pytest

import imtdx
from imtdx.answer.contributions import strength
from imtdx.panel import Context, Finding, Panel


def random_panel(model: imtdx.Model, rng: np.random.Generator) -> Panel:
    """A panel of 2 to 14 random findings with random context, kinds mixed."""
    markers = [m for m in model.knowledge.markers.values() if m.kind != "pattern"]
    findings = []
    for k in rng.choice(len(markers), size=int(rng.integers(2, 15)), replace=False):
        marker = markers[int(k)]
        if marker.kind == "index":
            percent = float(rng.integers(1, 60))
            findings.append(Finding(marker.id, f"{percent:g}", low=percent, high=percent))
        else:
            values = ["negative", "positive"] + (["focal", "diffuse", "equivocal"] if marker.kind == "ihc" else [])
            findings.append(Finding(marker.id, str(rng.choice(values))))
    spec = model.knowledge.network["context"]
    return Panel(
        tuple(findings),
        Context(
            age=float(rng.integers(0, 90)) if rng.random() < 0.7 else None,
            sex=str(rng.choice(spec["sexes"])) if rng.random() < 0.7 else None,
            site=str(rng.choice(spec["sites"])) if rng.random() < 0.7 else None,
        ),
    )


@pytest.mark.parametrize("seed", range(30))
def test_contributions_add_up_to_the_log10_bayes_factor(model: imtdx.Model, seed: int) -> None:
    rng = np.random.default_rng(seed)
    dx = model.diagnose(random_panel(model, rng), draws=2)
    k = int(rng.integers(len(model.diagnoses)))
    name = model.diagnoses[k]
    p, q = dx.posterior[k], model.prior[k]
    # from the posterior alone, not by the code under test; 1 - p loses digits at an extreme posterior, hence the sum
    odds = np.log10(p / np.delete(dx.posterior, k).sum()) - np.log10(q / np.delete(model.prior, k).sum())
    assert sum(c.log10_lr for c in dx.contributions(name)) == pytest.approx(odds, abs=1e-9)
    assert next(r for r in dx.rows if r.id == name).log10_bf == pytest.approx(odds, abs=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_contributions_against_a_rival_add_up(model: imtdx.Model, seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    dx = model.diagnose(random_panel(model, rng), draws=2)
    a, b = (int(x) for x in rng.choice(len(model.diagnoses), size=2, replace=False))
    ratio = np.log10(dx.posterior[a] / dx.posterior[b]) - np.log10(model.prior[a] / model.prior[b])
    told = dx.contributions(model.diagnoses[a], model.diagnoses[b])
    assert sum(c.log10_lr for c in told) == pytest.approx(ratio, abs=1e-9)
    back = dx.contributions(model.diagnoses[b], model.diagnoses[a])
    assert {c.marker: c.log10_lr for c in back} == pytest.approx({c.marker: -c.log10_lr for c in told}, abs=1e-9)


def test_findings_that_share_a_node_are_grouped_with_their_joint_weight(model: imtdx.Model) -> None:
    findings = ("ALK", "FISH_ALK", "KIT", "DOG1", "S100")
    dx = model.diagnose(Panel(tuple(Finding(m, "positive" if "ALK" in m else "negative") for m in findings)), draws=2)
    told = {c.marker: c for c in dx.contributions("imt")}
    assert told["ALK"].group == told["FISH_ALK"].group == "ALK+FISH_ALK"
    assert told["KIT"].group == told["DOG1"].group == "KIT+DOG1"
    assert told["S100"].group == "S100" and told["S100"].joint == told["S100"].log10_lr
    for a, b in (("ALK", "FISH_ALK"), ("KIT", "DOG1")):
        assert told[a].joint == told[b].joint == pytest.approx(told[a].log10_lr + told[b].log10_lr, abs=1e-12)


def test_stain_and_fish_of_one_driver_are_not_counted_twice(model: imtdx.Model) -> None:
    def weight(*markers: str) -> float:
        dx = model.diagnose(Panel(tuple(Finding(m, "positive") for m in markers)), draws=2)
        return sum(c.log10_lr for c in dx.contributions("imt", "leiomyosarcoma"))

    assert weight("ALK", "FISH_ALK") < weight("ALK") + weight("FISH_ALK") - 0.3


def test_age_sex_site_and_morphology_have_a_weight_and_a_reason(model: imtdx.Model) -> None:
    panel = Panel(
        (Finding("ALK", "positive"), Finding("MORPH_INFLAMMATION", "positive")), Context(5.0, "male", "lung_pleura")
    )
    told = model.diagnose(panel, draws=2).contributions("imt")
    assert {c.marker for c in told} == {"ALK", "MORPH_INFLAMMATION", "AgeBand", "Sex", "Site"}
    assert all(c.why for c in told)
    assert [abs(c.log10_lr) for c in told] == sorted((abs(c.log10_lr) for c in told), reverse=True)


@pytest.mark.parametrize(
    ("bans", "words"),
    [(0.05, "neutral"), (-0.3, "weak against"), (0.7, "moderate for"), (1.5, "strong for"), (-1.0, "strong against")],
)
def test_strength_in_words(bans: float, words: str) -> None:
    assert strength(bans) == words
