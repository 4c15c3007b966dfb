"""P(Diagnosis) before any finding, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import imtdx
from imtdx.errors import UnknownNameError, UsageError
from imtdx.knowledge import Knowledge
from imtdx.priors import build_prior


def test_weights_are_normalised(knowledge: Knowledge) -> None:
    assert build_prior(knowledge, "referral") == pytest.approx([0.5, 0.3, 0.1, 0.1])
    assert build_prior(knowledge, "uniform") == pytest.approx([0.25] * 4)


def test_a_diagnosis_without_weight_gets_the_smallest(knowledge: Knowledge) -> None:
    """Weights 5 and 3 are stated; the two others get 3: of 14."""
    assert build_prior(knowledge, "short") == pytest.approx(np.array([5, 3, 3, 3]) / 14)


def test_incidence_is_the_mean_of_the_pooled_rates(knowledge: Knowledge) -> None:
    """Tumour one 3 and 5 (100 of a selected series stays out): 4. Tumour two 10. Not published: 2; `unlisted` 1 as stated. Of 17."""
    assert build_prior(knowledge, "incidence") == pytest.approx(np.array([4, 10, 2, 1]) / 17)


def test_a_fixed_probability_holds_and_the_rest_share_what_is_left(knowledge: Knowledge) -> None:
    """Tumour two at 0.4: the others, 0.5 : 0.1 : 0.1, share 0.6."""
    assert build_prior(knowledge, "referral", {"beta": 0.4}) == pytest.approx([3 / 7, 0.4, 0.6 / 7, 0.6 / 7])


def test_two_fixed_probabilities(knowledge: Knowledge) -> None:
    # the others share 0.2 as 0.1 : 0.1
    fixed = {"imt": 0.2, "beta": 0.6}
    assert build_prior(knowledge, "referral", fixed) == pytest.approx([0.2, 0.6, 0.1, 0.1])


def test_all_fixed_below_one_are_renormalised(knowledge: Knowledge) -> None:
    """Nothing free is left to take the rest: 0.1, 0.2, 0.1, 0.1 of 0.5."""
    fixed = {"imt": 0.1, "beta": 0.2, "gamma": 0.1, "unlisted": 0.1}
    with np.errstate(invalid="ignore", divide="ignore"):
        assert build_prior(knowledge, "referral", fixed) == pytest.approx([0.2, 0.4, 0.2, 0.2])


def test_own_weights_stand_in_for_the_profile(knowledge: Knowledge) -> None:
    own = {"imt": 1.0, "beta": 1.0, "gamma": 2.0, "unlisted": 4.0}
    assert build_prior(knowledge, "referral", None, own) == pytest.approx([0.125, 0.125, 0.25, 0.5])


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        ({"imt": 0.0}, "between 0 and 1"),
        ({"imt": 1.0}, "between 0 and 1"),
        ({"imt": 0.5, "beta": 0.5}, "add up to 1"),
        ({"imt": 0.7, "beta": 0.5}, "add up to 1.2"),
        ({"imt": 0.3, "T1": 0.3}, "twice"),
    ],
)
def test_impossible_fixed_probabilities_are_refused(
    knowledge: Knowledge, fixed: dict[str, float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        build_prior(knowledge, "referral", fixed)


def test_an_unknown_profile_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(UnknownNameError):
        build_prior(knowledge, "referal")


def test_without_findings_the_posterior_is_the_prior(knowledge: Knowledge) -> None:
    model = imtdx.Model(knowledge, "referral", fixed_priors={"beta": 0.4})
    assert model.diagnose("").posterior == pytest.approx([3 / 7, 0.4, 0.6 / 7, 0.6 / 7])
    assert model.prior_name == "referral, beta=0.4"
