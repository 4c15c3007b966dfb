"""Conflict, surprise, what-if and the worth of further tests, by hand on exact rates."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_hand import exact_knowledge

import imtdx
from imtdx.answer.information import entropy as bits
from imtdx.answer.stock import Stock

GENE = {"kind": "fish", "background": 0.05}


def made(tmp_path: Path, rates: dict[str, dict[str, float]], prior: dict[str, float], **options: Any) -> imtdx.Model:
    n = len(list(tmp_path.iterdir()))
    path = exact_knowledge(tmp_path / f"k{n}", rates, **options)
    return imtdx.load(prior, knowledge=path, parts={"tissue": False, "fusion": False})


def entropy(*p: float) -> float:
    """Bits."""
    return -sum(x * math.log2(x) for x in p if x)


def genes(*names: str) -> dict[str, dict[str, Any]]:
    return {name: dict(GENE) for name in names}


# --- next tests ------------------------------------------------------------------------------------------------------------


def test_bits_of_a_test(tmp_path: Path) -> None:
    """Prior 0.6 and 0.4; the gene positive in 0.9 and 0.1.

    Joint: 0.54, 0.04 positive, 0.06, 0.36 negative. Entropy before H(0.6) = 0.970951; after 0.58 H(0.54/0.58) + 0.42 H(0.06/0.42) =
    0.58 x 0.362051 + 0.42 x 0.591673 = 0.458492; worth 0.512459 bit.
    """
    model = made(tmp_path, {"imt": {"G1": 0.9}, "beta": {"G1": 0.1}}, {"imt": 0.6, "beta": 0.4}, markers=genes("G1"))
    (test,) = model.diagnose("", draws=2).next_tests()
    by_hand = entropy(0.6, 0.4) - 0.58 * entropy(0.54 / 0.58, 0.04 / 0.58) - 0.42 * entropy(0.06 / 0.42, 0.36 / 0.42)
    assert by_hand == pytest.approx(0.512459, abs=1e-6)
    assert (test.marker, test.bits) == ("G1", pytest.approx(by_hand, abs=1e-6))
    # with two diagnoses, IMT or not is the same question
    assert test.bits_imt == pytest.approx(by_hand, abs=1e-6)
    # a negative result, 0.42, makes the other the first
    assert test.changes_first == pytest.approx(0.42, abs=1e-6)
    assert [r["probability"] for r in test.results] == pytest.approx([0.42, 0.58], abs=1e-6)
    assert test.results[1]["top"][0] == {"id": "imt", "probability": pytest.approx(0.54 / 0.58, abs=1e-6)}


def test_bits_about_imt_are_not_bits_about_the_rest(tmp_path: Path) -> None:
    """A gene that tells the two others apart and nothing of IMT."""
    rates = {"imt": {"G1": 0.5}, "beta": {"G1": 0.9}, "gamma": {"G1": 0.1}}
    model = made(tmp_path, rates, {"imt": 0.2, "beta": 0.45, "gamma": 0.35}, markers=genes("G1"))
    (test,) = model.diagnose("", draws=2).next_tests()
    # positive 0.1 + 0.405 + 0.035 = 0.54: P(imt | +) = 0.1/0.54, P(imt | -) = 0.1/0.46
    about_imt = entropy(0.2, 0.8) - 0.54 * entropy(0.1 / 0.54, 0.44 / 0.54) - 0.46 * entropy(0.1 / 0.46, 0.36 / 0.46)
    assert test.bits_imt == pytest.approx(about_imt, abs=1e-6)
    assert test.bits > 10 * test.bits_imt


@pytest.mark.parametrize(("rate", "worth"), [(0.12, False), (0.13, True)])
def test_a_test_is_worth_it_when_it_changes_the_first_place_once_in_twenty(
    tmp_path: Path, rate: float, worth: bool
) -> None:
    """Prior 0.6 and 0.4, the gene never (0.001) in the first: a positive, 0.4 x rate + 0.0006, puts the other first.

    0.12: 0.0486; 0.13: 0.0526."""
    model = made(tmp_path, {"imt": {"G1": 0.001}, "beta": {"G1": rate}}, {"imt": 0.6, "beta": 0.4}, markers=genes("G1"))
    tests = model.diagnose("", draws=2).next_tests()
    assert (len(tests) == 1) is worth
    assert bool(tests.stop) is not worth


def test_tests_come_by_information_then_by_its_price(tmp_path: Path) -> None:
    """G1 tells most. G2 and G3 tell the same; the cheaper goes first, whatever their order in the file."""
    rates = {"imt": {"G2": 0.8, "G3": 0.8, "G1": 0.9}, "beta": {"G2": 0.2, "G3": 0.2, "G1": 0.1}}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G1", "G2", "G3"))

    def order(stock: dict[str, float] | None) -> list[str]:
        return [t.marker for t in model.diagnose("", draws=2, stock=stock).next_tests()]

    assert order(None)[0] == "G1"
    assert order({"G1": 1, "G2": 5, "G3": 2}) == ["G1", "G3", "G2"]
    assert order({"G1": 100, "G2": 2, "G3": 5}) == ["G1", "G2", "G3"]
    assert order({"G3": 1}) == ["G3"]


def test_why_a_test_is_proposed(tmp_path: Path) -> None:
    """The result that speaks for the rival first: negative 0.06 + 0.36, after it 0.36/0.42; positive 0.54 + 0.04, after it 0.54/0.58."""
    model = made(tmp_path, {"imt": {"G1": 0.9}, "beta": {"G1": 0.1}}, {"imt": 0.6, "beta": 0.4}, markers=genes("G1"))
    (test,) = model.diagnose("", draws=2).next_tests()
    assert test.why == (
        "Consider G1 (FISH or sequencing): separates IMT from BETA; negative (chance 42.0 %) would raise BETA from 40.0 % to 85.7 %; "
        "positive (chance 58.0 %) would raise IMT from 60.0 % to 93.1 %"
    )


@pytest.mark.parametrize(
    ("prior", "rates", "pair"),
    [
        # p p' |r - r'|: 0.015, 0.08, 0.042
        ((0.5, 0.3, 0.2), (0.9, 0.8, 0.1), "IMT from GAMMA"),
        # 0.0045, 0.036, 0.14: not the first two
        ((0.1, 0.45, 0.4), (0.9, 0.8, 0.02), "BETA from GAMMA"),
        # the more probable first: 0.28 of the first two
        ((0.4, 0.5, 0.1), (0.1, 0.9, 0.5), "BETA from IMT"),
    ],
)
def test_the_pair_a_test_tells_apart_best(
    tmp_path: Path, prior: tuple[float, ...], rates: tuple[float, ...], pair: str
) -> None:
    ids = ("imt", "beta", "gamma")
    cells = {d: {"G1": r} for d, r in zip(ids, rates, strict=True)}
    model = made(tmp_path, cells, dict(zip(ids, prior, strict=True)), markers=genes("G1"))
    tests = model.diagnose("", draws=2).next_tests()
    assert [t.why.partition("separates ")[2].partition(";")[0] for t in tests] == [pair]


def test_the_pair_is_one_of_the_first_eight(tmp_path: Path) -> None:
    """Eight alike at 0.1125, and a ninth at 0.1 that differs from all of them: it is not looked at, so the first two are named."""
    ids = ("imt", *(f"d{k}" for k in range(1, 8)), "ninth")
    rates = {d: {"G1": 0.99 if d == "ninth" else 0.2} for d in ids}
    model = made(tmp_path, rates, {d: 0.1 if d == "ninth" else 0.1125 for d in ids}, markers=genes("G1"))
    (test,) = model.diagnose("", draws=2).next_tests()
    assert "separates IMT from D1" in test.why


def test_the_open_answer_is_not_one_of_the_pair(tmp_path: Path) -> None:
    rates = {"imt": {"G1": 0.9}, "beta": {"G1": 0.5}, "unlisted": {"G1": 0.02}}
    model = made(tmp_path, rates, {"imt": 0.4, "beta": 0.2, "unlisted": 0.4}, markers=genes("G1"))
    (test,) = model.diagnose("", draws=2).next_tests()
    assert "separates IMT from BETA" in test.why


def test_entropy_of_certainty_is_nothing() -> None:
    """0 log 0 is 0; four alike are two bits."""
    assert bits(np.array([[1.0, 0.0, 0.0], [0.5, 0.25, 0.25]])) == pytest.approx([0, 1.5])
    assert bits(np.full((4, 2), 0.25), axis=0) == pytest.approx([2, 2])


def test_what_is_known_is_not_proposed(tmp_path: Path) -> None:
    rates = {"imt": {"G1": 0.8, "G2": 0.9}, "beta": {"G1": 0.2, "G2": 0.1}}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G1", "G2"))
    assert [t.marker for t in model.diagnose({"G1": "+"}, draws=2).next_tests()] == ["G2"]
    # a test that was not done may still be
    assert {t.marker for t in model.diagnose({"G1": "not done"}, draws=2).next_tests()} == {"G1", "G2"}


def test_a_panel_is_weighed_by_its_joint_result(tmp_path: Path) -> None:
    """Two independent genes at 0.9 and 0.1, 0.8 and 0.2: the joint worth is H(D) less the mean entropy over the four results."""
    rates = {"imt": {"G1": 0.9, "G2": 0.8}, "beta": {"G1": 0.1, "G2": 0.2}}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G1", "G2"))
    one, two = model.diagnose("", draws=2).best_panel(2)

    def worth(results: list[tuple[float, float]]) -> float:
        return 1 - sum((a + b) / 2 * entropy(a / (a + b), b / (a + b)) for a, b in results)

    first = worth([(0.9, 0.1), (0.1, 0.9)])
    both = worth([(0.72, 0.02), (0.18, 0.08), (0.08, 0.18), (0.02, 0.72)])
    assert (one.markers, one.bits, one.gain) == (
        ("G1",),
        pytest.approx(first, abs=1e-6),
        pytest.approx(first, abs=1e-6),
    )
    assert two.markers == ("G1", "G2")
    assert (two.bits, two.gain) == (pytest.approx(both, abs=1e-6), pytest.approx(both - first, abs=1e-6))
    # whoever comes first then: 0.36 + 0.09 twice
    assert (one.p_first, two.p_first) == (pytest.approx(0.9, abs=1e-6), pytest.approx(0.9, abs=1e-6))
    assert (one.exact, two.sections, two.cost) == (True, 2, 0)


def test_a_linked_test_is_not_counted_twice(tmp_path: Path) -> None:
    """Two stains that nearly always agree (phi at its bound): the second adds little to the first."""
    rates = {"imt": {"AAA": 0.9, "CCC": 0.9, "G2": 0.8}, "beta": {"AAA": 0.1, "CCC": 0.1, "G2": 0.2}}
    network = {"links": [{"parent": "AAA", "child": "CCC", "phi": 1.0}]}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G2"), network=network)
    panels = model.diagnose("", draws=2).best_panel(2)
    assert panels[-1].markers[1] == "G2"
    assert {panels[-1].markers[0]} < {"AAA", "CCC"}


def test_a_panel_ends_when_a_test_adds_less_than_half_a_hundredth(tmp_path: Path) -> None:
    """Even odds, rates 0.5 + x and 0.5 - x: about 2 x^2 / ln 2 bits. x = 0.044: 0.0056; x = 0.040: 0.0046."""
    for x, n in ((0.044, 1), (0.040, 0)):
        rates = {"imt": {"G1": 0.5 + x}, "beta": {"G1": 0.5 - x}}
        model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G1"))
        assert len(model.diagnose("", draws=2).best_panel(3)) == n


def test_a_panel_fits_the_sections_left(tmp_path: Path) -> None:
    """Three sections: G1 takes two, and G2, of two, no longer fits; G3, of one, does. Costs add up."""
    rates = {"imt": {"G1": 0.95, "G2": 0.9, "G3": 0.7}, "beta": {"G1": 0.05, "G2": 0.1, "G3": 0.3}}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G1", "G2", "G3"))
    stock = Stock({"G1": 3.0, "G2": 2.0, "G3": 1.5}, {"G1": 2, "G2": 2}, left=3)
    panels = model.diagnose("", draws=2, stock=stock).best_panel(3)
    assert [p.markers for p in panels] == [("G1",), ("G1", "G3")]
    assert [(p.sections, p.cost) for p in panels] == [(2, 3.0), (3, 4.5)]


# --- what if -----------------------------------------------------------------------------------------------------------------


def test_each_finding_flipped_and_removed(tmp_path: Path) -> None:
    """G1 + at 0.9 and 0.1, prior 0.4 and 0.6: IMT 0.36/0.42; removed 0.4; negative 0.04/0.58."""
    model = made(tmp_path, {"imt": {"G1": 0.9}, "beta": {"G1": 0.1}}, {"imt": 0.4, "beta": 0.6}, markers=genes("G1"))
    changes = {w.change: w for w in model.diagnose({"G1": "+"}, draws=2).what_if()}
    assert changes.keys() == {"removed", "negative"}
    assert (changes["removed"].top, changes["negative"].top) == ("beta", "beta")
    assert changes["removed"].p_imt == pytest.approx(0.4)
    assert changes["removed"].p_top == pytest.approx(0.6)
    assert changes["negative"].p_imt == pytest.approx(0.04 / 0.58, abs=1e-6)
    assert changes["removed"].decisive and changes["negative"].decisive


def test_what_if_tells_of_imt_where_another_leads(tmp_path: Path) -> None:
    """0.05 x 0.9 against 0.95 x 0.1: 0.045 of 0.14; removed 0.05; negative 0.005 of 0.86."""
    model = made(tmp_path, {"imt": {"G1": 0.9}, "beta": {"G1": 0.1}}, {"imt": 0.05, "beta": 0.95}, markers=genes("G1"))
    changes = {w.change: w for w in model.diagnose({"G1": "+"}, draws=2).what_if()}
    assert {w.top for w in changes.values()} == {"beta"}
    assert changes["removed"].p_imt == pytest.approx(0.05)
    assert changes["negative"].p_imt == pytest.approx(0.005 / 0.86, abs=1e-6)
    assert not any(w.decisive for w in changes.values())


@pytest.mark.parametrize(
    ("value", "flipped"),
    [
        ("negative", "positive"),
        ("positive", "negative"),
        ("focal", "negative"),
        ("diffuse", "negative"),
        ("equivocal", "positive"),
    ],
)
def test_what_a_finding_is_flipped_to(tmp_path: Path, value: str, flipped: str) -> None:
    model = made(tmp_path, {"imt": {"AAA": 0.9}, "beta": {"AAA": 0.8}}, {"imt": 0.9, "beta": 0.1})
    told = model.diagnose({"AAA": value}, draws=2).what_if()
    assert {w.change for w in told} == {"removed", flipped}
    assert not any(w.decisive for w in told)


# --- conflict and surprise ---------------------------------------------------------------------------------------------------


def test_conflict_of_findings_that_agree_is_negative(tmp_path: Path) -> None:
    """0.9 and 0.1 twice, even odds: log2(0.25 / (0.5 x 0.81 + 0.5 x 0.01)) = log2(0.25 / 0.41)."""
    rates = {"imt": {"G1": 0.9, "G2": 0.9}, "beta": {"G1": 0.1, "G2": 0.1}}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.5}, markers=genes("G1", "G2"))
    conflict = model.diagnose({"G1": "+", "G2": "+"}, draws=2).conflict
    assert conflict.conf == pytest.approx(math.log2(0.25 / 0.41), abs=1e-6)
    assert model.diagnose({"G1": "+"}, draws=2).conflict.conf == 0


def test_conflict_is_judged_on_the_ground_of_age_sex_and_site(tmp_path: Path) -> None:
    """Male 0.9 in the one and 0.1 in the other turns even odds to 0.9 and 0.1: P(G1 +) 0.82, P(G2 +) 0.82, both 0.9 x 0.81 + 0.1 x 0.01."""
    rates = {"imt": {"G1": 0.9, "G2": 0.9}, "beta": {"G1": 0.1, "G2": 0.1}}
    sex = [{"category": "male", "count": 36, "source": "a2001"}, {"category": "female", "count": 4, "source": "a2001"}]
    other = [
        {"category": "male", "count": 4, "source": "a2001"},
        {"category": "female", "count": 36, "source": "a2001"},
    ]
    network = {"context": {"published_share": {"site": 0.5, "age": 0.5, "sex": 1.0}, "weight": 1e-9}}
    model = made(
        tmp_path,
        rates,
        {"imt": 0.5, "beta": 0.5},
        markers=genes("G1", "G2"),
        network=network,
        diagnoses={"imt": {"context": {"sex": sex}}, "beta": {"context": {"sex": other}}},
    )
    dx = model.diagnose({"G1": "+", "G2": "+"}, sex="male", draws=2)
    assert dx.conflict.conf == pytest.approx(math.log2(0.82**2 / 0.73), abs=1e-6)


def test_surprise_is_the_chance_of_panels_at_most_as_probable(tmp_path: Path) -> None:
    """Two genes at 0.9 and 0.7: + + 0.63, + - 0.27, - + 0.07, - - 0.03. Of - +: 0.07 + 0.03."""
    cells = {"G1": 0.9, "G2": 0.7}
    model = made(tmp_path, {"imt": cells, "beta": cells}, {"imt": 0.9, "beta": 0.1}, markers=genes("G1", "G2"))
    for panel, p in (("++", 1.0), ("+-", 0.37), ("-+", 0.10), ("--", 0.03)):
        dx = model.diagnose({"G1": panel[0], "G2": panel[1]}, draws=2)
        assert dx.conflict.p_value == pytest.approx(p, abs=1e-6)


def test_surprise_of_many_outcomes_is_drawn(tmp_path: Path) -> None:
    """Seventeen genes, 2^17 outcomes: all negative at 0.001 each is drawn never, so p is 1 of 4000 draws and itself; all positive is common."""
    names = [f"G{k}" for k in range(17)]
    cells = dict.fromkeys(names, 0.999)
    model = made(tmp_path, {"imt": cells, "beta": cells}, {"imt": 0.9, "beta": 0.1}, markers=genes(*names))
    rare = model.diagnose(dict.fromkeys(names, "-"), draws=2).conflict
    assert (rare.exact, rare.p_value) == (False, pytest.approx(1 / 4001))
    assert model.diagnose(dict.fromkeys(names, "+"), draws=2).conflict.p_value == pytest.approx(1)
    # one negative: 1 - 0.999^17 = 0.0169, give or take its standard error of 0.002
    one = dict.fromkeys(names, "+") | {"G0": "-"}
    assert model.diagnose(one, draws=2).conflict.p_value == pytest.approx(0.0169, abs=0.007)


def test_the_fit_is_judged_under_the_listed_diagnosis_that_leads(tmp_path: Path) -> None:
    """`unlisted` comes first, the gene is common there; the panel is judged under the first of the others."""
    rates = {"imt": {"G1": 0.3}, "beta": {"G1": 0.2}, "unlisted": {"G1": 0.9}}
    model = made(tmp_path, rates, {"imt": 0.3, "beta": 0.2, "unlisted": 0.5}, markers=genes("G1"))
    conflict = model.diagnose({"G1": "+"}, draws=2).conflict
    assert (conflict.diagnosis, conflict.fits) == ("imt", False)
    assert conflict.p_value == pytest.approx(0.3, abs=1e-6)


def test_an_equivocal_result_is_no_surprise(tmp_path: Path) -> None:
    model = made(tmp_path, {"imt": {"AAA": 0.01}, "beta": {"AAA": 0.01}}, {"imt": 0.9, "beta": 0.1})
    assert model.diagnose({"AAA": "equivocal"}, draws=2).conflict.p_value == 1.0


# --- the first places --------------------------------------------------------------------------------------------------------


def test_ranking_is_by_probability_and_stable(tmp_path: Path) -> None:
    """Equal probabilities keep the listing order."""
    rates = {d: {"G1": 0.5} for d in ("imt", "beta", "gamma", "delta")}
    prior = {"imt": 0.1, "beta": 0.4, "gamma": 0.4, "delta": 0.1}
    model = made(tmp_path, rates, prior, markers=genes("G1"))
    dx = model.diagnose({"G1": "+"}, draws=2)
    by_hand = sorted(model.diagnoses, key=lambda d: -prior[d])
    assert [r.id for r in dx.rows] == by_hand
    assert [r.rank for r in dx.rows] == [1, 2, 3, 4]
    assert [r.probability for r in dx.rows] == pytest.approx([0.4, 0.4, 0.1, 0.1])
    assert np.asarray([r.log10_bf for r in dx.rows]) == pytest.approx(np.zeros(4), abs=1e-9)
