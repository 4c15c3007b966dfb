"""Counts and words to the Beta posterior of a cell, each number worked out in its comment.

Constants of the small knowledge: background weight 2 (4 unstudied), rho 0.1, so that a study of n cases counts as n / (1 + (n - 1) / 10):
6 cases as 4, 11 cases as 5.5, a single case as 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from by_hand import changed

from imtdx.knowledge import Knowledge, Study
from imtdx.rates import Rates, beta_interval, defined_as, estimate_rho


def test_effective_counts_stand_on_the_background(rates: Rates) -> None:
    """A count: background weight x background rate, and the study at its effective size."""
    cell = rates.cell("imt", "PLAIN")
    # 2 x 0.2 + 5.5 x 6/11 = 3.4; 2 x 0.8 + 5.5 x 5/11 = 4.1
    assert (cell.alpha, cell.beta) == pytest.approx((3.4, 4.1))
    assert cell.mean == pytest.approx(3.4 / 7.5)
    # selected and conditional rows (50 of 50, 30 of 30) stay out
    assert (cell.kind, cell.positive, cell.total, cell.n_studies) == ("counted", 6, 11, 1)


def test_a_single_case_counts_as_one(rates: Rates) -> None:
    """n / (1 + (n - 1) rho) is 1 for n = 1, whatever rho."""
    cell = rates.cell("beta", "PLAIN")
    # 2 x 0.2 + 1; 2 x 0.8 + 0
    assert (cell.alpha, cell.beta) == pytest.approx((1.4, 1.6))


def test_the_factor_on_counts_leaves_the_background_alone(knowledge: Knowledge) -> None:
    cell = Rates(knowledge, scale=3.0).cell("imt", "PLAIN")
    # 0.4 + 3 x 3; 1.6 + 3 x 2.5
    assert (cell.alpha, cell.beta) == pytest.approx((9.4, 9.1))
    # focal: effective size of the 6 positive is 4, tripled
    share = 0.6 - 0.4 * 9.4 / 18.5
    assert (cell.focal_alpha, cell.focal_beta) == pytest.approx((5 * share + 6, 5 * (1 - share) + 6))


def test_focal_share_is_curve_plus_counts(rates: Rates) -> None:
    """The curve runs from 0.6 at rate 0 to 0.2 at rate 1 with weight 5; the study's 3 focal of 6 weigh 6 / 1.5 = 4."""
    cell = rates.cell("imt", "PLAIN")
    # 0.6 - 0.4 x 3.4/7.5 = 0.418667; 5 x 0.418667 + 4 x 3/6 = 4.093333
    assert (cell.focal_alpha, cell.focal_beta) == pytest.approx((4.0933333, 4.9066667))
    told_nothing = rates.cell("beta", "PLAIN")
    # rate 1.4/3: share 0.6 - 0.4 x 0.466667 = 0.413333
    assert (told_nothing.focal_alpha, told_nothing.focal_beta) == pytest.approx((5 * 0.4133333, 5 * 0.5866667))
    both = rates.marker("PLAIN")
    assert both.mean[:2] == pytest.approx([3.4 / 7.5, 1.4 / 3])
    assert both.focal[:2] == pytest.approx([4.0933333 / 9, 0.4133333])


def test_words_are_pseudo_cases(rates: Rates) -> None:
    """ "usual" is 4 pseudo-cases at 0.8; two words add up."""
    usual, rare_and_negative = rates.cell("imt", "WORDS"), rates.cell("beta", "WORDS")
    # 0.4 + 4 x 0.8; 1.6 + 4 x 0.2
    assert (usual.alpha, usual.beta) == pytest.approx((3.6, 2.4))
    # 0.4 + 4 x 0.1 + 5 x 0.02; 1.6 + 4 x 0.9 + 5 x 0.98
    assert (rare_and_negative.alpha, rare_and_negative.beta) == pytest.approx((0.9, 10.1))
    assert (usual.kind, usual.n_studies, rare_and_negative.n_studies) == ("qualitative", 1, 2)
    assert (usual.positive, usual.total) == (0, 0)


def test_an_unstudied_cell_has_the_weight_of_the_unstudied(rates: Rates) -> None:
    cell = rates.cell("gamma", "PLAIN")
    assert (cell.alpha, cell.beta, cell.kind) == (pytest.approx(4 * 0.2), pytest.approx(4 * 0.8), "background")


def test_a_definition_weighs_as_stated_and_has_a_sign(rates: Rates) -> None:
    """40 pseudo-cases at 0.95 where the result defines the diagnosis, at 0.05 where its absence does."""
    present, absent = rates.cell("gamma", "MUT_X"), rates.cell("beta", "MUT_X")
    # 2 x 0.02 + 40 x 0.95; 2 x 0.98 + 40 x 0.05
    assert (present.alpha, present.beta, present.kind) == (pytest.approx(38.04), pytest.approx(3.96), "defined")
    assert (absent.alpha, absent.beta, absent.kind) == (pytest.approx(2.04), pytest.approx(39.96), "defined")
    # the row that defines is no count
    assert absent.total == 0


@pytest.mark.parametrize(
    ("row", "sign"),
    [
        ({"positive": 0, "total": 20}, "negative"),
        ({"positive": 20, "total": 20}, "positive"),
        # half counts as positive, one less does not
        ({"positive": 5, "total": 10}, "positive"),
        ({"positive": 4, "total": 10}, "negative"),
        ({"level": "negative"}, "negative"),
        ({"level": "rare"}, "negative"),
        ({"level": "variable"}, "positive"),
        ({"level": "consistent"}, "positive"),
    ],
)
def test_which_result_defines(row: dict[str, object], sign: str) -> None:
    assert defined_as([Study(source="a2001", use="definition", **row)]) == sign  # type: ignore[arg-type]


def test_the_first_defining_row_decides_and_none_defines_nothing() -> None:
    rows = [Study(source="a", level="negative"), Study(source="b", level="consistent")]
    assert (defined_as(rows), defined_as(rows[::-1]), defined_as([])) == ("negative", "positive", "")


def test_a_pattern_is_pooled_from_its_conditional_rows(rates: Rates) -> None:
    """Patterns are only read among positive stains: 2 of 6 given the stain, effective 4, on background 0.04."""
    cell = rates.cell("imt", "PATTERN")
    assert (cell.alpha, cell.beta) == pytest.approx((0.08 + 4 / 3, 1.92 + 8 / 3))


def test_the_open_answer_is_the_mean_of_the_listed_drawn_to_even_odds(rates: Rates) -> None:
    """Stains: 0.9 x mean + 0.1 x 0.5, three pseudo-cases."""
    # PLAIN: (3.4/7.5 + 1.4/3 + 0.2) / 3 = 0.3733333; 0.9 x 0.3733333 + 0.05 = 0.386
    cell = rates.cell("unlisted", "PLAIN")
    assert (cell.alpha, cell.beta) == pytest.approx((3 * 0.386, 3 * 0.614))
    share = 0.6 - 0.4 * 0.386
    assert (cell.focal_alpha, cell.focal_beta) == pytest.approx((5 * share, 5 * (1 - share)))


def test_the_open_answer_draws_signs_on_the_slide_but_not_genetics(rates: Rates) -> None:
    """FISH and mutations are never even odds; H&E features are drawn like stains."""
    # MORPH_ONE: imt 2 x 0.2 + 4 = 4.4 of 6, the others 0.2: (0.733333 + 0.4) / 3 = 0.377778; 0.9 x that + 0.05 = 0.39
    assert rates.cell("unlisted", "MORPH_ONE").mean == pytest.approx(0.39)
    # MUT_X: imt 0.02, beta 2.04/42, gamma 38.04/42
    assert rates.cell("unlisted", "MUT_X").mean == pytest.approx((0.02 + 2.04 / 42 + 38.04 / 42) / 3)


# --- heterogeneity -------------------------------------------------------------------------------------------------------


def test_one_study_tells_nothing_of_heterogeneity(rates: Rates) -> None:
    """Without a diagnosis of two studies the common value holds."""
    assert rates.heterogeneity("PLAIN") == pytest.approx(0.1)
    assert estimate_rho([[(3, 6)], [(1, 9)]], 0.1, 10) == pytest.approx(0.1)


def test_rho_by_moments() -> None:
    """Two studies of 10, 3 and 7 positive.

    Pooled rate (10 + 0.5) / 21 = 0.5, variance 0.25; statistic (3 - 5)^2 / 2.5 + (7 - 5)^2 / 2.5 = 3.2; one degree of freedom:
    excess 2.2. Factor 9 x (1 - 10/20) x 2 = 9. Raw rho 2.2 / 9 = 0.244444; shrunk with one study against ten at 0.1:
    (0.244444 + 1) / 11 = 0.1131313.
    """
    assert estimate_rho([[(3, 10), (7, 10)]], 0.1, 10) == pytest.approx(0.1131313, abs=1e-7)


def test_rho_sums_over_diagnoses_before_dividing() -> None:
    """The pair above and one of 0 and 10 of 10.

    The second: statistic 25 / 2.5 x 2 = 20, excess 19, factor 9. Together 21.2 / 18 = 1.177778 over two studies:
    (2 x 1.177778 + 1) / 12 = 0.2796296. A third diagnosis with one study changes nothing.
    """
    groups = [[(3.0, 10.0), (7.0, 10.0)], [(0.0, 10.0), (10.0, 10.0)], [(1.0, 30.0)]]
    assert estimate_rho(groups, 0.1, 10) == pytest.approx(0.2796296, abs=1e-7)


def test_rho_of_unequal_studies() -> None:
    """5 of 5 and 5 of 15.

    Rate 10.5 / 21 = 0.5; statistic (5 - 2.5)^2 / 1.25 + (5 - 7.5)^2 / 3.75 = 5 + 1.666667; excess 5.666667.
    Factor 4 x (1 - 5/20) + 14 x (1 - 15/20) = 6.5. Raw 0.8717949; (0.8717949 + 0.2) / 3 = 0.3572650 with weight 2.
    """
    assert estimate_rho([[(5, 5), (5, 15)]], 0.1, 2) == pytest.approx(0.3572650, abs=1e-7)


def test_rho_counts_studies_less_one_per_diagnosis() -> None:
    """Three studies of 10 with 2, 5, 8.

    Rate 15.5 / 31 = 0.5; statistic 9 / 2.5 x 2 = 7.2; excess 5.2; factor 3 x 9 x 2/3 = 18; raw 0.2888889; two studies' worth:
    (2 x 0.2888889 + 10 x 0.1) / 12 = 0.1314815.
    """
    assert estimate_rho([[(2, 10), (5, 10), (8, 10)]], 0.1, 10) == pytest.approx(0.1314815, abs=1e-7)


def test_rho_stays_between_its_bounds() -> None:
    """Studies that agree give 0, and the result never falls below 0.005 or above 0.5."""
    agree, differ = [[(5.0, 10.0), (5.0, 10.0)]], [[(0.0, 10.0), (10.0, 10.0)]]
    # excess -1 is taken as 0: (0 + 10 x 0.1) / 11
    assert estimate_rho(agree, 0.1, 10) == pytest.approx(1 / 11)
    assert estimate_rho(agree, 0.1, 0.01) == 0.005
    assert estimate_rho(differ, 0.1, 0.01) == 0.5


def test_studies_of_one_marker_share_its_rho(knowledge: Knowledge) -> None:
    """Rho is estimated from the pooled rows of a marker over all diagnoses; each study is then weighed on its own."""
    imt = knowledge.diagnoses["imt"]
    rows = (Study("a2001", 3.0, 10.0), Study("b2002", 7.0, 10.0), Study("c2003", 99.0, 99.0, use="selected"))
    altered = replace(imt, evidence={**imt.evidence, "PLAIN": rows})
    rates = Rates(replace(knowledge, diagnoses={**knowledge.diagnoses, "imt": altered}))
    # as worked out above
    rho = 0.1131313
    assert rates.heterogeneity("PLAIN") == pytest.approx(rho, abs=1e-7)
    size = 10 / (1 + 9 * rho)
    cell = rates.cell("imt", "PLAIN")
    assert (cell.alpha, cell.beta) == pytest.approx((0.4 + size, 1.6 + size), abs=1e-6)
    # a study of 6 in another diagnosis is weighed by the same rho
    assert (cell.positive, cell.total, cell.n_studies) == (10, 20, 2)
    other = rates.pool(knowledge.markers["PLAIN"], [Study("a2001", 6.0, 6.0)])
    assert other.alpha == pytest.approx(0.4 + 6 / (1 + 5 * rho), abs=1e-6)


def test_the_constants_are_those_of_the_file(knowledge: Knowledge) -> None:
    """Background weight and definition come from network.yaml, not from the code."""
    pooling = {"background_weight": 7.0, "definition": {"rate": 0.9, "weight": 10}, "unstudied_weight": 5.0}
    rates = Rates(changed(knowledge, pooling=pooling))
    assert rates.cell("imt", "PLAIN").alpha == pytest.approx(7 * 0.2 + 3)
    assert rates.cell("gamma", "PLAIN").beta == pytest.approx(5 * 0.8)
    assert rates.cell("gamma", "MUT_X").alpha == pytest.approx(7 * 0.02 + 9)


# --- intervals of a rate -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "beta", "mass", "low", "high"),
    [
        # uniform
        (1, 1, 0.95, 0.025, 0.975),
        (1, 1, 0.5, 0.25, 0.75),
        # distribution function x^2
        (2, 1, 0.95, np.sqrt(0.025), np.sqrt(0.975)),
        # 1 - (1 - x)^3
        (1, 3, 0.9, 1 - 0.95 ** (1 / 3), 1 - 0.05 ** (1 / 3)),
        # arcsine: sin^2(pi p / 2)
        (0.5, 0.5, 0.8, np.sin(np.pi / 20) ** 2, np.sin(9 * np.pi / 20) ** 2),
        # x^0.01: small counts pile up at 0
        (0.01, 1, 0.5, 0.25**100, 0.75**100),
        # 1 - (1 - x)^200
        (1, 200, 0.95, 1 - 0.975 ** (1 / 200), 1 - 0.025 ** (1 / 200)),
    ],
)
def test_interval_of_a_beta(alpha: float, beta: float, mass: float, low: float, high: float) -> None:
    assert beta_interval(alpha, beta, mass) == pytest.approx((low, high), abs=1e-9, rel=1e-6)


@pytest.mark.parametrize(("alpha", "beta"), [(2, 2), (50, 50), (2000, 2000), (0.3, 0.3)])
def test_the_middle_of_a_symmetrical_beta(alpha: float, beta: float) -> None:
    low, high = beta_interval(alpha, beta, 1e-12)
    assert (low, high) == pytest.approx((0.5, 0.5), abs=1e-9)


def test_quantiles_give_their_share_back() -> None:
    """Beta(3, 2) has the distribution function 4 x^3 - 3 x^4, Beta(2, 3) is its mirror."""
    for mass in (0.2, 0.8, 0.95, 0.999):
        low, high = beta_interval(3, 2, mass)
        for x, p in ((low, (1 - mass) / 2), (high, (1 + mass) / 2)):
            assert 4 * x**3 - 3 * x**4 == pytest.approx(p, abs=1e-9)
        assert beta_interval(2, 3, mass) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_interval_of_a_cell_is_that_of_its_beta(rates: Rates) -> None:
    cell = rates.cell("imt", "PLAIN")
    assert cell.interval(0.8) == beta_interval(cell.alpha, cell.beta, 0.8)
    assert cell.interval() == beta_interval(cell.alpha, cell.beta, 0.95)
