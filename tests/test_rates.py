"""Counts to rates, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imtdx.knowledge import load_knowledge
from imtdx.rates import Rates, beta_interval, estimate_rho


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


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (5.0, 3.0), (0.4, 19.6), (120.0, 4.0)])
def test_beta_interval_agrees_with_scipy(a: float, b: float) -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    low, high = beta_interval(a, b)
    assert low == pytest.approx(scipy_stats.beta.ppf(0.025, a, b), abs=2e-3)
    assert high == pytest.approx(scipy_stats.beta.ppf(0.975, a, b), abs=2e-3)


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
