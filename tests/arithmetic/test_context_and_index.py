"""Age, sex, site and Ki-67, worked out by hand.

Constants: cap 40 cases a series; 6 pseudo-cases of the pooled distribution in each published one; share of the published
distribution 0.5 (site), 0.6 (age), 0.8 (sex), 0.9 where the variable defines the diagnosis. Bands 0-10-50-120 years; Ki-67 bins
0-5-10-20-100 %.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from by_hand import changed, distribution

import imtdx
from imtdx.distributions import age_band, context_alphas, ki67_alphas, ki67_likelihood, mix_with_pooled
from imtdx.knowledge import ContextRow, Knowledge
from imtdx.records import Ki67Row


def test_counts_are_capped_by_series_and_added(knowledge: Knowledge) -> None:
    """Two series of tumour one: 40 cases (30 here, 10 there) count whole; 80 (60 here, 20 yonder) are halved to 40.

    Sum: here 30 + 30, there 10, yonder 10; the 500 of a selected series stay out. Tumour two: 30 there. Shares (0.75, 0.125, 0.125, 0)
    and (0, 1, 0, 0); pooled (sum + 1) / (2 + 4): (1.75, 2.125, 1.125, 1) / 6.
    """
    alphas, pooled, share = context_alphas(knowledge, "site")
    assert pooled == pytest.approx(np.array([1.75, 2.125, 1.125, 1.0]) / 6)
    assert alphas[0] == pytest.approx(np.array([61.75, 12.125, 11.125, 1.0]))
    assert alphas[1] == pytest.approx(np.array([1.75, 32.125, 1.125, 1.0]))
    # no series: the pooled distribution alone
    assert alphas[2] == pytest.approx([1.75, 2.125, 1.125, 1.0])
    assert share == pytest.approx([0.5] * 4)


def test_site_given_diagnosis_is_half_published_and_half_pooled(dry: imtdx.Model) -> None:
    # published of tumour one: (61.75, 12.125, 11.125, 1) / 86
    by_hand = 0.5 * np.array([61.75, 12.125, 11.125, 1.0]) / 86 + 0.5 * np.array([1.75, 2.125, 1.125, 1.0]) / 6
    assert distribution(dry, "Site", "imt") == pytest.approx(by_hand)


def test_a_variable_that_defines_keeps_its_defined_share(dry: imtdx.Model) -> None:
    """Tumour one is male by definition (10 of 10), tumour two female 30 of 40.

    Shares (1, 0) and (0.25, 0.75): pooled (2.25, 1.75) / 4; alphas (10, 0) + 6 pooled = (13.375, 2.625).
    """
    pooled = np.array([2.25, 1.75]) / 4
    assert distribution(dry, "Sex", "imt") == pytest.approx(0.9 * np.array([13.375, 2.625]) / 16 + 0.1 * pooled)
    two = np.array([10 + 6 * pooled[0], 30 + 6 * pooled[1]]) / 46
    assert distribution(dry, "Sex", "beta") == pytest.approx(0.8 * two + 0.2 * pooled)
    # no series at all: published is the pooled, so the mixture is too
    assert distribution(dry, "Sex", "gamma") == pytest.approx(pooled)


def phi(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def with_ages(knowledge: Knowledge, *rows: tuple[str, float, float | None]) -> np.ndarray:
    """Cases per age band of tumour two under some published ages."""
    record = knowledge.diagnoses["beta"]
    told = tuple(ContextRow(category, count, "a2001", total=total) for category, count, total in rows)
    altered = replace(record, context={**record.context, "age": told})
    alphas, pooled, _ = context_alphas(replace(knowledge, diagnoses={**knowledge.diagnoses, "beta": altered}), "age")
    counts: np.ndarray = alphas[1] - 6 * pooled
    return counts


def test_ages_known_by_median_and_range(knowledge: Knowledge) -> None:
    """Median 30, range 10 to 50, 20 cases: normal, standard deviation 40 / 4 = 10, cut at 10 and, the oldest still in, at 51."""
    # bands 0-10, 10-50, 50-120 within 10..51: nothing, (10..50), (50..51)
    middle, old = phi(2) - phi(-2), phi(2.1) - phi(2)
    by_hand = 20 * np.array([0, middle, old]) / (middle + old)
    alphas, pooled, _ = context_alphas(knowledge, "age")
    assert alphas[1] - 6 * pooled == pytest.approx(by_hand, abs=1e-9)


def test_ages_known_by_mean_alone_and_the_median_before_the_mean(knowledge: Knowledge) -> None:
    """Adults spread by 15 years, children by 0.7 of the mean; from 0 to 95 years."""

    def bands(centre: float, sd: float, top: float = 95.0, low: float = 0.0) -> np.ndarray:
        edges = [phi((min(max(e, low), top + 1) - centre) / sd) for e in (0, 10, 50, 120)]
        return np.diff(edges) / (edges[-1] - edges[0])

    assert with_ages(knowledge, ("mean", 40, 12)) == pytest.approx(12 * bands(40, 15))
    assert with_ages(knowledge, ("mean", 10, 12)) == pytest.approx(12 * bands(10, 7))
    # the limit between the two: a mean of 20 is an adult's, of 19.9 a child's
    assert with_ages(knowledge, ("mean", 20, 12)) == pytest.approx(12 * bands(20, 15))
    assert with_ages(knowledge, ("mean", 19.9, 12)) == pytest.approx(12 * bands(19.9, 13.93))
    assert with_ages(knowledge, ("mean", 60, 12), ("median", 30, 12)) == pytest.approx(12 * bands(30, 15))
    # one end of the range alone says where to cut, not how wide
    assert with_ages(knowledge, ("mean", 40, 12), ("min", 20, 12)) == pytest.approx(12 * bands(40, 15, low=20))
    assert with_ages(knowledge, ("mean", 40, 12), ("max", 60, 12)) == pytest.approx(12 * bands(40, 15, top=60))
    # never narrower than a year: range 30 to 32
    assert with_ages(knowledge, ("mean", 31, 12), ("min", 30, 12), ("max", 32, 12)) == pytest.approx([0, 12, 0])
    narrow = with_ages(knowledge, ("mean", 10.5, 12), ("min", 9, 12), ("max", 11, 12))
    assert narrow == pytest.approx(12 * bands(10.5, 1, top=11, low=9))
    # a tiny mean: the spread is a year, not 0.7 of it
    assert with_ages(knowledge, ("mean", 1, 12)) == pytest.approx(12 * bands(1, 1))


def test_ages_without_a_centre_or_a_size_say_nothing(knowledge: Knowledge) -> None:
    assert with_ages(knowledge, ("min", 5, 12), ("max", 50, 12)) == pytest.approx([0, 0, 0])
    assert with_ages(knowledge, ("mean", 30, None)) == pytest.approx([0, 0, 0])


def test_counted_bands_go_before_a_summary(knowledge: Knowledge) -> None:
    """A series that gives bands is taken by its bands; its mean is not counted a second time."""
    assert with_ages(knowledge, ("young", 4, None), ("mean", 30, 12)) == pytest.approx([4, 0, 0])


def test_the_summary_is_capped_too(knowledge: Knowledge) -> None:
    assert with_ages(knowledge, ("mean", 30, 400)).sum() == pytest.approx(40)
    assert with_ages(knowledge, ("mean", 30, 40)).sum() == pytest.approx(40)


def test_the_cap_is_that_of_the_file(knowledge: Knowledge) -> None:
    alphas, pooled, _ = context_alphas(changed(knowledge, context={"study_cap": 8}), "site")
    # 40 and 80 cases both count as 8: (6, 2, 0, 0) + (6, 0, 2, 0)
    assert alphas[0] - 6 * pooled == pytest.approx([12, 2, 2, 0])


@pytest.mark.parametrize(
    ("age", "band"), [(0, 0), (9.99, 0), (10, 1), (49.99, 1), (50, 2), (119, 2), (120, 2), (130, 2)]
)
def test_an_age_on_an_edge_belongs_to_the_upper_band(age: float, band: int) -> None:
    assert age_band(age, [0, 10, 50, 120]) == band


def test_the_mixture_weighs_the_published_by_its_share() -> None:
    mixed = mix_with_pooled(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0.2, 0.8]), np.array([0.75, 0.0]))
    # 0.75 x 1 + 0.25 x 0.2 = 0.8
    assert mixed == pytest.approx(np.array([[0.8, 0.2], [0.2, 0.8]]))


# --- Ki-67 -------------------------------------------------------------------------------------------------------------


def test_single_values_are_counted_into_bins_that_hold_their_upper_edge(knowledge: Knowledge) -> None:
    """5 | 6, 10 | 20 | 20.5, 100; five pseudo-cases of the background 0.4, 0.3, 0.2, 0.1. A selected row stays out."""
    assert ki67_alphas(knowledge)[0] == pytest.approx([1 + 2, 2 + 1.5, 1 + 1, 2 + 0.5])


def test_a_threshold_splits_the_cases_by_the_background(knowledge: Knowledge) -> None:
    """4 of 10 over 10 %: the 4 over the bins above as 0.2 to 0.1, the 6 over those below as 0.4 to 0.3."""
    by_hand = [2 + 6 * 4 / 7, 1.5 + 6 * 3 / 7, 1 + 4 * 2 / 3, 0.5 + 4 / 3]
    assert ki67_alphas(knowledge)[1] == pytest.approx(by_hand)


def test_a_threshold_inside_a_bin_cuts_it(knowledge: Knowledge) -> None:
    """Of 10, 3 at 15 % or more: the bin 10-20 lies half on either side."""
    # below: 0.4, 0.3, 0.1 (of 0.8); above: 0.1, 0.1 (of 0.2)
    counts = counted(knowledge, Ki67Row("a2001", n=10, threshold=">=15", n_above_threshold=3))
    assert counts == pytest.approx([7 * 0.5, 7 * 0.375, 7 * 0.125 + 1.5, 1.5])


def counted(knowledge: Knowledge, row: Ki67Row) -> np.ndarray:
    """What one row adds to the bins."""
    altered = replace(knowledge.diagnoses["imt"], ki67=(row,))
    alphas: np.ndarray = ki67_alphas(replace(knowledge, diagnoses={**knowledge.diagnoses, "imt": altered}))
    return alphas[0] - [2, 1.5, 1, 0.5]


def log_normal(middle: float, weight: float = 5.0) -> np.ndarray:
    """Cases per bin of a log-normal with spread 0.8 around exp(middle)."""
    edges = [0.0, *(phi((math.log(e) - middle) / 0.8) for e in (5, 10, 20)), 1.0]
    return weight * np.diff(edges)


def test_a_median_is_the_middle_of_a_log_normal_at_half_weight(knowledge: Knowledge) -> None:
    """Ten cases known by their median weigh 5. Median 10: half of them at or below 10 %."""
    counts = counted(knowledge, Ki67Row("a2001", n=10, median=10.0))
    assert counts == pytest.approx(log_normal(math.log(10)))
    assert counts[:2].sum() == pytest.approx(2.5)
    assert counts.sum() == pytest.approx(5)


def test_a_mean_lies_above_the_median_of_the_same_curve(knowledge: Knowledge) -> None:
    """The mean of a log-normal is its median times exp(sigma^2 / 2): 0.32 lower on the log scale. A median goes first."""
    assert counted(knowledge, Ki67Row("a2001", n=10, mean=10.0)) == pytest.approx(log_normal(math.log(10) - 0.32))
    both = Ki67Row("a2001", n=10, mean=30.0, median=10.0)
    assert counted(knowledge, both) == pytest.approx(log_normal(math.log(10)))


def test_a_range_has_its_middle_on_the_log_scale(knowledge: Knowledge) -> None:
    """4 to 25 %: sqrt(100) = 10. A lowest value under 1 % is taken as 1 %; no lowest value too."""
    assert counted(knowledge, Ki67Row("a2001", n=10, min=4.0, max=25.0)) == pytest.approx(log_normal(math.log(10)))
    half = log_normal(math.log(16) / 2)
    assert counted(knowledge, Ki67Row("a2001", n=10, min=0.2, max=16.0)) == pytest.approx(half)
    assert counted(knowledge, Ki67Row("a2001", n=10, max=16.0)) == pytest.approx(half)
    # all cases 0 %: half a percent
    assert counted(knowledge, Ki67Row("a2001", n=10, min=0.0, max=0.0)) == pytest.approx(log_normal(math.log(0.5)))


def test_without_a_size_or_a_figure_nothing_is_added(knowledge: Knowledge) -> None:
    assert counted(knowledge, Ki67Row("a2001", median=10.0)) == pytest.approx([0, 0, 0, 0])
    assert counted(knowledge, Ki67Row("a2001", n=10, min=5.0)) == pytest.approx([0, 0, 0, 0])


def test_values_go_before_a_threshold_and_a_threshold_before_a_median(knowledge: Knowledge) -> None:
    row = Ki67Row("a2001", n=10, values=(3.0,), threshold=">10", n_above_threshold=4, median=10.0)
    assert counted(knowledge, row) == pytest.approx([1, 0, 0, 0])
    assert counted(knowledge, replace(row, values=())).sum() == pytest.approx(10)


def test_the_constants_of_the_index_are_those_of_the_file(knowledge: Knowledge) -> None:
    other = changed(knowledge, ki67={"weight": 20, "summary_weight": 0.25})
    # gamma: 10 cases by their median of 10
    assert ki67_alphas(other)[2] == pytest.approx(np.array([8, 6, 4, 2]) + log_normal(math.log(10), 2.5))


@pytest.mark.parametrize(
    ("low", "high", "likelihood"),
    [
        # one figure, one bin; an edge belongs to the lower bin
        (5, 5, (1, 0, 0, 0)),
        (5.1, 5.1, (0, 1, 0, 0)),
        (10, 10, (0, 1, 0, 0)),
        (20, 20, (0, 0, 1, 0)),
        (100, 100, (0, 0, 0, 1)),
        (101, 101, (0, 0, 0, 1)),
        (0, 0, (1, 0, 0, 0)),
        # "<5": all of the first bin
        (0, 5, (1, 0, 0, 0)),
        # 5 to 10: the second bin and nothing else
        (5, 10, (0, 1, 0, 0)),
        # 10 to 40: all of the third, a quarter of the fourth
        (10, 40, (0, 0, 1, 0.25)),
        # 3 to 6: two fifths of the first, a fifth of the second, the largest set to 1
        (3, 6, (1, 0.5, 0, 0)),
        # ">20"
        (20, 100, (0, 0, 0, 1)),
    ],
)
def test_reported_percentages_on_the_bins(low: float, high: float, likelihood: tuple[float, ...]) -> None:
    assert ki67_likelihood(low, high, [0, 5, 10, 20, 100]) == pytest.approx(likelihood)
