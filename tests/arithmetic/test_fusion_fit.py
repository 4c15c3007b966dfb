"""Share of a fusion (f) and rate of its stain without it (q): the fit against integrals that can be done on paper, and what goes into it.

With Beta priors the posterior is again a Beta, or a mixture of two, whenever the likelihood is a product of powers of f, 1 - f, q and 1 - q.
The grid of the fit reaches those figures to about 1e-3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from by_hand import changed

import imtdx
from imtdx.drivers import DriverFit, fit_driver
from imtdx.knowledge import Knowledge


def fit(
    share: tuple[float, float] = (2, 2),
    without: tuple[float, float] = (1, 3),
    tested: tuple[float, float] = (0, 0),
    stained: tuple[float, float] = (0, 0),
    among: tuple[float, float] = (0, 0),
    sensitivity: float = 1.0,
    test_sensitivity: float = 1.0,
    false_positive: float = 0.0,
) -> tuple[float, float]:
    """Posterior means of f and q for one diagnosis."""

    def pair(values: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([float(values[0])]), np.array([float(values[1])])

    result = fit_driver(
        pair(share),
        pair(tested),
        pair(stained),
        pair(without),
        pair(among),
        sensitivity,
        test_sensitivity,
        false_positive,
    )
    f, q = result.mean()
    return float(f[0]), float(q[0])


def near(f: float, q: float) -> Any:
    return pytest.approx((f, q), abs=1.5e-3)


def test_without_counts_the_priors_stand() -> None:
    """Beta(2, 2) has mean 1/2, Beta(1, 3) mean 1/4; uneven ones tell f from q and positive from negative."""
    assert fit() == near(1 / 2, 1 / 4)
    assert fit(share=(1, 4), without=(3, 2)) == near(1 / 5, 3 / 5)


def test_a_perfect_genetic_test_adds_its_counts() -> None:
    # Beta(2 + 3, 2 + 1)
    assert fit(tested=(3, 1)) == near(5 / 8, 1 / 4)


def test_an_imperfect_test_goes_through_sensitivity_and_false_positives() -> None:
    """One positive: 0.9 f + 0.1 (1 - f) is a mixture of Beta(3, 2), mean 3/5, and Beta(2, 3), mean 2/5.

    Weights 0.9 x 1/2 and 0.1 x 1/2: (0.45 x 0.6 + 0.05 x 0.4) / 0.5 = 0.58. One negative is its mirror, 0.42.
    """
    assert fit(tested=(1, 0), test_sensitivity=0.9, false_positive=0.1) == near(0.58, 1 / 4)
    assert fit(tested=(0, 1), test_sensitivity=0.9, false_positive=0.1) == near(0.42, 1 / 4)
    # only sensitivity imperfect: a positive proves the fusion; a negative weighs (1 - f) + 0.2 f = 1/2 and 0.1
    assert fit(tested=(1, 0), test_sensitivity=0.8) == near(0.6, 1 / 4)
    assert fit(tested=(0, 1), test_sensitivity=0.8) == near((0.5 * 0.4 + 0.1 * 0.6) / 0.6, 1 / 4)


def test_negative_stains_speak_against_both() -> None:
    """A stain that misses no fusion: k negatives are ((1 - f)(1 - q))^k, so Beta(2, 2 + k) and Beta(1, 3 + k)."""
    assert fit(stained=(0, 2)) == near(2 / 6, 1 / 6)


def test_a_stain_that_misses_fusions_excuses_them() -> None:
    """Sensitivity 0.8, one negative: (1 - f)(1 - q) + 0.2 f.

    First term: weight 1/2 x 3/4, means 2/5 and 1/5; second: weight 0.2 x 1/2, means 3/5 and 1/4. f: (0.375 x 0.4 + 0.1 x 0.6) / 0.475;
    q: (0.375 x 0.2 + 0.1 x 0.25) / 0.475.
    """
    assert fit(stained=(0, 1), sensitivity=0.8) == near(0.21 / 0.475, 0.1 / 0.475)


def test_a_positive_stain_is_shared_between_fusion_and_other_causes() -> None:
    """Sensitivity 0.8, one positive: 0.8 f + (1 - f) q.

    Weights 0.8 x 1/2 = 0.4 (means 3/5 and 1/4) and 1/2 x 1/4 = 0.125 (means 2/5, and 2/5 of Beta(2, 3)).
    """
    f = (0.4 * 0.6 + 0.125 * 0.4) / 0.525
    q = (0.4 * 0.25 + 0.125 * 0.4) / 0.525
    assert fit(stained=(1, 0), sensitivity=0.8) == near(f, q)


def test_fusion_found_among_positive_stains() -> None:
    """Three stains positive, a fusion in each: (f s)^3, so Beta(5, 2) for f and nothing for q."""
    assert fit(stained=(3, 0), among=(3, 0)) == near(5 / 7, 1 / 4)
    assert fit(stained=(3, 0), among=(3, 0), sensitivity=0.7) == near(5 / 7, 1 / 4)


def test_a_genetic_test_misses_fusions_among_positive_stains_too() -> None:
    """Stain positive, test negative, both imperfect: 0.8 f (1 - 3/4) + (1 - f) q, weights 0.2 x 1/2 and 1/2 x 1/4 as above."""
    f = (0.1 * 0.6 + 0.125 * 0.4) / 0.225
    q = (0.1 * 0.25 + 0.125 * 0.4) / 0.225
    assert fit(stained=(1, 0), among=(0, 1), sensitivity=0.8, test_sensitivity=0.75) == near(f, q)


def test_no_fusion_among_positive_stains() -> None:
    """Three stains positive, a fusion in none: ((1 - f) q)^3, so Beta(2, 5) and Beta(4, 3)."""
    assert fit(stained=(3, 0), among=(0, 3)) == near(2 / 7, 4 / 7)


def test_every_diagnosis_is_fitted_by_its_own_counts() -> None:
    two = np.array([2.0, 2.0])
    none = np.array([0.0, 0.0])
    result = fit_driver(
        (two, two),
        (np.array([3.0, 0.0]), np.array([0.0, 3.0])),
        (none, none),
        (np.array([1.0, 3.0]), np.array([3.0, 2.0])),
        (none, none),
        1.0,
        1.0,
        0.0,
    )
    f, q = result.mean()
    assert f == pytest.approx([5 / 7, 2 / 7], abs=1.5e-3)
    assert q == pytest.approx([1 / 4, 3 / 5], abs=1.5e-3)
    assert result.weights.sum(axis=1) == pytest.approx([1, 1])


def test_draws_are_points_of_the_grid_by_their_weight() -> None:
    fitted = DriverFit(
        np.array([0.1, 0.2, 0.3]), np.array([0.9, 0.8, 0.7]), np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    )
    f, q = fitted.draw(np.random.default_rng(0), 4000)
    assert f.shape == q.shape == (4000, 2)
    assert set(f[:, 0]) == {0.2}
    assert set(q[:, 0]) == {0.8}
    # f and q of one draw belong to one point
    assert set(zip(f[:, 1].tolist(), q[:, 1].tolist(), strict=True)) == {(0.1, 0.9), (0.3, 0.7)}
    # 4000 draws at 1/2: standard error 0.008
    assert (f[:, 1] == 0.1).mean() == pytest.approx(0.5, abs=0.03)
    assert fitted.mean()[0] == pytest.approx([0.2, 0.2])


# --- what the network hands to the fit -----------------------------------------------------------------------------------


def fitted_by_hand(**other: Any) -> DriverFit:
    """The fit of the small knowledge, diagnoses imt, beta, gamma, unlisted."""
    told: dict[str, Any] = {
        # background 0.02 of the FISH: 2 pseudo-cases where the fusion was looked for, 20 (fusion_weight) elsewhere
        "share": (np.array([0.04, 0.4, 0.4, 0.4]), np.array([1.96, 19.6, 19.6, 19.6])),
        # 3 of 6 counts as 2 of 4; the partner's test (1 of 6) is a lower bound and does not count beside it
        "tested": (np.array([2.0, 0, 0, 0]), np.array([2.0, 0, 0, 0])),
        # the stain's own cells: 6 of 11 as 3 of 5.5 on 0.2 and 1.8; four pseudo-cases; `unlisted` 3 at 0.9 x 0.2088889 + 0.05
        "stained": (np.array([3.2, 0.4, 0.4, 0.714]), np.array([4.3, 3.6, 3.6, 2.286])),
        # two pseudo-cases of the background 0.1; the concordance series of tumour one saw 3 stained of 8 without the fusion
        "without": (np.array([3.2, 0.2, 0.2, 0.2]), np.array([6.8, 1.8, 1.8, 1.8])),
        # fusion in 6 of 6 stain-positive cases: effective 4; the 9 of 9 stain-negative ones are no part of it
        "among_positive": (np.array([4.0, 0, 0, 0]), np.array([0.0, 0, 0, 0])),
        # stain: 1 of 2 pseudo-cases, 7 + 4 both, 1 + 0 fusion only
        "sensitivity": 12 / 14,
        # FISH: 8 of 10 and 10 of 10 counted
        "test_sensitivity": 18 / 20,
        "false_positive": 0.01,
    }
    return fit_driver(**told | other)


def test_the_network_fits_what_the_studies_say(tiny: imtdx.Model) -> None:
    assert tiny.network.fit("DRIVER").mean()[0] == pytest.approx(fitted_by_hand().mean()[0], abs=1e-9)
    assert tiny.network.fit("DRIVER").mean()[1] == pytest.approx(fitted_by_hand().mean()[1], abs=1e-9)


def test_the_factor_on_counts_reaches_the_fit(knowledge: Knowledge) -> None:
    """Twice the counts of studies; pseudo-cases, concordance and sensitivities stay."""
    doubled = imtdx.Model(knowledge, "uniform", scale=2.0).network.fit("DRIVER").mean()[0]
    by_hand = fitted_by_hand(
        tested=(np.array([4.0, 0, 0, 0]), np.array([4.0, 0, 0, 0])),
        among_positive=(np.array([8.0, 0, 0, 0]), np.array([0.0, 0, 0, 0])),
        # 0.2 + 6 and 1.8 + 5; `unlisted`: 0.9 x (6.2/13 + 0.2) / 3 + 0.05 = 0.2530769
        stained=(np.array([6.2, 0.4, 0.4, 3 * 0.2530769]), np.array([6.8, 3.6, 3.6, 3 * 0.7469231])),
    )
    assert doubled == pytest.approx(by_hand.mean()[0], abs=1e-6)


def test_a_source_left_out_leaves_the_concordance(knowledge: Knowledge) -> None:
    """Without b2002: concordance 7, 1, 1, 4 alone, and no FISH among stain-positive cases."""
    fitted = imtdx.Model(knowledge.without_sources(["b2002"]), "uniform").network.fit("DRIVER")
    by_hand = fitted_by_hand(
        without=(np.array([1.2, 0.2, 0.2, 0.2]), np.array([5.8, 1.8, 1.8, 1.8])),
        among_positive=(np.zeros(4), np.zeros(4)),
        # 1 + 7 of 2 + 8
        sensitivity=8 / 10,
    )
    assert fitted.mean()[0] == pytest.approx(by_hand.mean()[0], abs=1e-9)
    assert fitted.mean()[1] == pytest.approx(by_hand.mean()[1], abs=1e-9)


def test_shares_of_the_fusions(tiny: imtdx.Model) -> None:
    """A fusion without a stain is a plain Beta: 20 pseudo-cases at the background 0.05, or 40 at 0.95 where it defines the diagnosis."""
    table = tiny.network.table("KinaseFusion")[:, 0, 0]
    share = fitted_by_hand().mean()[0]
    assert table[0] == pytest.approx([0.95 - share[0], share[0], 0.05], abs=1e-9)
    assert table[2] == pytest.approx([0.05 - share[2], share[2], 0.95], abs=1e-9)


def test_shares_that_add_up_to_too_much_are_scaled_back(knowledge: Knowledge) -> None:
    """A definition at 0.99 and the share of the other fusion: scaled to 0.985 in their ratio."""
    model = imtdx.Model(changed(knowledge, pooling={"definition": {"rate": 0.99, "weight": 40}}), "uniform")
    table = model.network.table("KinaseFusion")[2, 0, 0]
    share = fitted_by_hand().mean()[0][2]
    assert share + 0.99 > 0.985
    assert table == pytest.approx([0.015, 0.985 * share / (share + 0.99), 0.985 * 0.99 / (share + 0.99)], abs=1e-9)


def test_counts_of_a_lone_fusion_stand_on_the_light_background(knowledge: Knowledge) -> None:
    """A fusion without a stain but with counts: two pseudo-cases instead of twenty."""
    from dataclasses import replace

    from imtdx.knowledge import Study

    record = knowledge.diagnoses["beta"]
    told = replace(record, evidence={**record.evidence, "FISH_BARE": (Study("a2001", 3.0, 6.0),)})
    model = imtdx.Model(replace(knowledge, diagnoses={**knowledge.diagnoses, "beta": told}), "uniform")
    # (2 x 0.05 + 2) / (2 + 4)
    assert model.network.table("KinaseFusion")[1, 0, 0, 2] == pytest.approx(2.1 / 6)
