"""Counts to rates, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imtdx.intervals import beta_quantile
from imtdx.knowledge import load_knowledge
from imtdx.rates import Rates, estimate_rho
from imtdx.validation.metrics import proportion


def test_a_cell_is_background_plus_effective_counts(small_knowledge: Path) -> None:
    rates = Rates(load_knowledge(small_knowledge))
    # one study per cell: nothing to estimate rho from, so the common 0.05 holds; 10 cases count as 10 / (1 + 9 * 0.05)
    size = 10 / 1.45
    cell = rates.cell("imt", "AAA")
    assert rates.heterogeneity("AAA") == pytest.approx(0.05)
    assert cell.alpha == pytest.approx(2 * 0.1 + size * 0.8)
    assert cell.beta == pytest.approx(2 * 0.9 + size * 0.2)
    assert (cell.positive, cell.total, cell.n_studies, cell.kind) == (8, 10, 1, "counted")


def test_focal_share_is_curve_plus_counts(small_knowledge: Path) -> None:
    rates = Rates(load_knowledge(small_knowledge))
    cell = rates.cell("imt", "AAA")
    share = 0.7 + (0.2 - 0.7) * cell.mean
    size = 8 / (1 + 7 * 0.05)
    assert cell.focal_alpha == pytest.approx(6 * share + size * 2 / 8)
    assert cell.focal_beta == pytest.approx(6 * (1 - share) + size * 6 / 8)


def test_an_unstudied_cell_rests_on_the_background(small_knowledge: Path) -> None:
    cell = Rates(load_knowledge(small_knowledge)).cell("other", "BBB")
    assert cell.kind == "background"
    assert cell.alpha == pytest.approx(4 * 0.02)
    assert cell.mean == pytest.approx(0.02)


def test_rho_is_zero_like_when_studies_agree_and_grows_when_they_do_not() -> None:
    agree = estimate_rho([[(5, 10), (10, 20), (50, 100)]], 0.05, 1.0)
    differ = estimate_rho([[(1, 20), (19, 20), (10, 20)]], 0.05, 1.0)
    assert agree < 0.03
    assert differ > 0.2


def test_rho_is_shrunk_to_the_common_value_by_the_weight() -> None:
    groups = [[(1.0, 20.0), (19.0, 20.0)]]
    loose, tight = estimate_rho(groups, 0.05, 1.0), estimate_rho(groups, 0.05, 100.0)
    assert loose > tight > 0.05


@pytest.mark.parametrize("p", [1e-6, 0.025, 0.5, 0.975, 1 - 1e-6])
@pytest.mark.parametrize("a", [0.02, 0.4, 1.0, 5.0, 120.0, 30_000.0])
@pytest.mark.parametrize("b", [0.02, 1.0, 3.0, 19.6, 4_000.0])
def test_beta_quantiles_are_those_of_scipy(a: float, b: float, p: float) -> None:
    beta = pytest.importorskip("scipy.stats").beta
    assert beta_quantile(a, b, p) == pytest.approx(beta.ppf(p, a, b), abs=1e-9)


def test_exact_binomial_intervals_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for n in (1, 7, 16, 85, 412, 20_000):
        for k in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            exact = stats.binomtest(k, n).proportion_ci(method="exact")
            ours = proportion(k, n)
            assert (ours.low, ours.high) == pytest.approx((exact.low, exact.high), abs=1e-9), (k, n)


def test_no_rate_is_zero_or_one(model) -> None:  # type: ignore[no-untyped-def]
    for name in model.network.nodes:
        table = model.network.table(name)
        assert (table > 0).all(), name
        assert np.allclose(table.sum(axis=-1), 1, atol=1e-12), name


def test_conditional_and_selected_rows_stay_out_of_plain_rates(model) -> None:  # type: ignore[no-untyped-def]
    gist = model.knowledge.diagnoses["gist"]
    pooled = [s for s in gist.evidence["DOG1"] if s.use == "pooled" and s.total]
    cell = model.network.rates.cell("gist", "DOG1")
    assert cell.total == sum(s.total for s in pooled)
    assert any(s.use == "conditional" for s in gist.evidence["DOG1"])
