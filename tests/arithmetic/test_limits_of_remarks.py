"""Limits of what is remarked on: just below and just above each, at both doors, one case and a table.

The rates are exact (see `by_hand.exact_knowledge`), so that the figure a limit is compared with is worked out in the comment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from by_hand import exact_knowledge

import imtdx

#: A test that tells nothing, to fill a panel up to three findings.
FILLER = {"kind": "fish", "background": 0.5}


def remarks(model: imtdx.Model, cells: dict[str, str], **context: Any) -> tuple[set[str], set[str]]:
    """Flags of one case, and of the same case as a row of a table."""
    one = {f.id for f in model.diagnose(cells, draws=2, **context).flags}
    row = model.score(pd.DataFrame([{**cells, **context}])).iloc[0]
    assert row["status"] == "ok"
    return one, set(str(row["flags"]).split(";"))


def told(model: imtdx.Model, flag: str, cells: dict[str, str], **context: Any) -> bool:
    """Whether a flag is raised; both doors must agree."""
    one, many = remarks(model, cells, **context)
    assert (flag in one) == (flag in many), flag
    return flag in one


def made(tmp_path: Path, rates: dict[str, dict[str, float]], prior: dict[str, float], **options: Any) -> imtdx.Model:
    """A model of exact rates, without tissue quality unless asked for."""
    parts = {"tissue": False, "fusion": False} | options.pop("parts", {})
    n = len(list(tmp_path.iterdir()))
    return imtdx.load(prior, knowledge=exact_knowledge(tmp_path / f"k{n}", rates, **options), parts=parts)


def test_few_findings_are_fewer_than_three(tmp_path: Path) -> None:
    stains = dict.fromkeys(("AAA", "BBB", "CCC"), 0.5)
    model = made(tmp_path, {"imt": stains, "beta": stains}, {"imt": 1, "beta": 1})
    assert told(model, "few_findings", {"AAA": "+", "BBB": "+"})
    assert not told(model, "few_findings", {"AAA": "+", "BBB": "+", "CCC": "-"})
    # a stain that was not done is no finding
    assert told(model, "few_findings", {"AAA": "+", "BBB": "+", "CCC": "not done"})


def test_tissue_is_remarked_on_from_five_times_its_chance(tmp_path: Path) -> None:
    """Rate 0.95, nothing retained: a negative has 0.05 in adequate tissue and 1 in compromised.

    Compromised 0.15: 1 / (0.85 x 0.05 + 0.15) = 5.19 times its chance; 0.17: 1 / (0.83 x 0.05 + 0.17) = 4.73 times."""
    for compromised, raised in ((0.15, True), (0.17, False)):
        rates = {"imt": {"AAA": 0.95}, "beta": {"AAA": 0.95}}
        network = {"tissue_quality": {"compromised": compromised, "retained": 1e-6}}
        model = made(tmp_path, rates, {"imt": 1, "beta": 1}, network=network, parts={"tissue": True})
        assert told(model, "tissue_quality", {"AAA": "-"}) is raised


def test_tissue_is_remarked_on_when_three_stains_are_all_negative(tmp_path: Path) -> None:
    """Rates of 0.05: the chance of compromised tissue hardly rises, but nothing shows that the tissue reacts."""
    stains = dict.fromkeys(("AAA", "BBB", "CCC"), 0.05)
    markers = {"GENE": {"kind": "fish", "background": 0.05}}
    rates = {d: {**stains, "GENE": 0.05} for d in ("imt", "beta")}
    model = made(tmp_path, rates, {"imt": 1, "beta": 1}, markers=markers, parts={"tissue": True})
    negative = {"AAA": "-", "BBB": "-"}
    assert told(model, "tissue_quality", {**negative, "CCC": "-"})
    assert not told(model, "tissue_quality", negative)
    assert not told(model, "tissue_quality", {**negative, "CCC": "focal"})
    assert not told(model, "tissue_quality", {**negative, "CCC": "equivocal"})
    # a gene is no stain, whatever its result
    assert not told(model, "tissue_quality", {**negative, "GENE": "-"})
    assert told(model, "tissue_quality", {**negative, "CCC": "-", "GENE": "+"})


@pytest.mark.parametrize(("share", "raised"), [(0.0999, False), (0.1001, True)])
def test_the_open_answer_is_remarked_on_from_a_tenth(tmp_path: Path, share: float, raised: bool) -> None:
    """The one finding is alike in all, so the probability is the prior."""
    rates = {d: {"AAA": 0.5} for d in ("imt", "beta", "unlisted")}
    model = made(tmp_path, rates, {"imt": 0.8, "beta": 0.2 - share, "unlisted": share})
    assert told(model, "unlisted", {"AAA": "+"}) is raised


def test_the_open_answer_that_leads_is_a_misfit_instead(tmp_path: Path) -> None:
    rates = {d: {"AAA": 0.5} for d in ("imt", "beta", "unlisted")}
    model = made(tmp_path, rates, {"imt": 0.3, "beta": 0.3, "unlisted": 0.4})
    assert not told(model, "unlisted", {"AAA": "+"})
    assert told(model, "no_fit", {"AAA": "+"})


@pytest.mark.parametrize(("rate", "bits", "raised"), [(0.85, 0.9714, False), (0.86, 1.0541, True)])
def test_findings_contradict_each_other_from_one_bit(tmp_path: Path, rate: float, bits: float, raised: bool) -> None:
    """AAA speaks for the one as BBB for the other: log2(0.5 x 0.5 / (a (1 - a))); CCC says nothing.

    0.85: log2(0.25 / 0.1275); 0.86: log2(0.25 / 0.1204)."""
    one, other = {"AAA": rate, "BBB": 1 - rate, "CCC": 0.5}, {"AAA": 1 - rate, "BBB": rate, "CCC": 0.5}
    model = made(tmp_path, {"imt": one, "beta": other}, {"imt": 1, "beta": 1})
    cells = {"AAA": "+", "BBB": "+", "CCC": "+"}
    assert told(model, "conflict", cells) is raised
    conflict = model.diagnose(cells, draws=2).conflict
    assert conflict.conf == pytest.approx(bits, abs=1e-4)
    # leaving out either takes the whole clash away, the third nothing
    assert conflict.shares == pytest.approx({"AAA": bits, "BBB": bits, "CCC": 0.0}, abs=1e-4)
    assert model.score(pd.DataFrame([cells])).loc[0, "conflict"] == pytest.approx(bits, abs=1e-4)
    # two findings are too few to be said to contradict each other
    assert not told(model, "conflict", {"AAA": "+", "BBB": "+"})


@pytest.mark.parametrize(("share", "raised"), [(0.0099, False), (0.0101, True)])
def test_igg4_disease_is_remarked_on_from_one_percent(tmp_path: Path, share: float, raised: bool) -> None:
    """Third of three by its prior."""
    rates = {d: {"AAA": 0.5, "IGG4": 0.5} for d in ("imt", "beta", "igg4rd")}
    model = made(tmp_path, rates, {"imt": 0.8, "beta": 0.2 - share, "igg4rd": share})
    assert told(model, "igg4_overlap", {"AAA": "+"}) is raised
    assert told(model, "igg4_overlap", {"AAA": "+", "IGG4": "+"})


def test_igg4_disease_in_the_fourth_place_is_not_remarked_on(tmp_path: Path) -> None:
    rates = {d: {"AAA": 0.5, "IGG4": 0.5} for d in ("imt", "beta", "gamma", "igg4rd")}
    model = made(tmp_path, rates, {"imt": 0.5, "beta": 0.2, "gamma": 0.2, "igg4rd": 0.1})
    assert not told(model, "igg4_overlap", {"AAA": "+"})
    assert told(model, "igg4_overlap", {"IGG4": "focal"})
    assert not told(model, "igg4_overlap", {"IGG4": "equivocal"})


@pytest.mark.parametrize(("percent", "raised"), [("9", False), ("10", False), ("10.5", True), ("11", True)])
def test_ki67_is_remarked_on_above_ten_percent_when_imt_leads(tmp_path: Path, percent: str, raised: bool) -> None:
    rates = {d: {"AAA": 0.5} for d in ("imt", "beta")}
    markers = {"KI67": {"label": "Ki-67", "kind": "index"}}
    model = made(tmp_path, rates, {"imt": 0.6, "beta": 0.4}, markers=markers)
    assert told(model, "ki67_high", {"KI67": percent}) is raised
    rival = made(tmp_path, rates, {"imt": 0.4, "beta": 0.6}, markers=markers)
    assert not told(rival, "ki67_high", {"KI67": percent})


@pytest.mark.parametrize(("value", "positive"), [("+", True), ("focal", True), ("diffuse", True), ("-", False)])
def test_alk_is_remarked_on_when_positive_and_imt_leads(tmp_path: Path, value: str, positive: bool) -> None:
    rates = {d: {"ALK": 0.5} for d in ("imt", "beta")}
    leading = made(tmp_path, rates, {"imt": 0.6, "beta": 0.4})
    assert told(leading, "alk_mimics", {"ALK": value}) is positive
    assert not told(made(tmp_path, rates, {"imt": 0.4, "beta": 0.6}), "alk_mimics", {"ALK": value})
    assert not told(leading, "alk_mimics", {"ALK": "equivocal"})


def test_keratin_in_the_bladder(tmp_path: Path) -> None:
    """A positive keratin, the site, and IMT among the first three."""
    rates = {d: {"CK": 0.5} for d in ("imt", "beta", "gamma", "delta")}
    network = {"context": {"sites": ["pelvis_gu", "there"]}}
    prior = {"imt": 0.2, "beta": 0.3, "gamma": 0.4, "delta": 0.1}
    model = made(tmp_path, rates, prior, network=network, remarks={"keratin_bladder": {"sites": ["pelvis_gu"]}})
    assert told(model, "keratin_bladder", {"CK": "+"}, site="pelvis_gu")
    assert not told(model, "keratin_bladder", {"CK": "-"}, site="pelvis_gu")
    assert not told(model, "keratin_bladder", {"CK": "+"}, site="there")
    assert not told(model, "keratin_bladder", {"CK": "+"})
    last = made(tmp_path, rates, {"imt": 0.1, "beta": 0.3, "gamma": 0.4, "delta": 0.2}, network=network)
    assert not told(last, "keratin_bladder", {"CK": "+"}, site="pelvis_gu")


# --- one case only ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "fits"), [(0.0199, False), (0.0201, True)])
def test_a_panel_rarer_than_one_in_fifty_fits_nothing(tmp_path: Path, rate: float, fits: bool) -> None:
    """One gene, rarely positive in the leading diagnosis: the chance of a panel at most as probable is the rate itself."""
    rates = {"imt": {"GENE": rate}, "beta": {"GENE": rate}}
    model = made(tmp_path, rates, {"imt": 0.9, "beta": 0.1}, markers={"GENE": {"kind": "fish", "background": 0.05}})
    conflict = model.diagnose({"GENE": "+"}, draws=2).conflict
    assert (conflict.diagnosis, conflict.exact, conflict.fits) == ("imt", True, fits)
    assert conflict.p_value == pytest.approx(rate, abs=1e-6)
    # the common result is no surprise at all
    assert model.diagnose({"GENE": "-"}, draws=2).conflict.p_value == pytest.approx(1)


@pytest.mark.parametrize(("rate", "again"), [(0.0499, True), (0.0501, False)])
def test_a_finding_rarer_than_one_in_twenty_is_worth_repeating(tmp_path: Path, rate: float, again: bool) -> None:
    """0.95 x 0.05 against 0.05 x 0.5: the leader stays ahead, at 0.65 instead of 0.95."""
    rates = {"imt": {"AAA": rate, "BBB": 0.9}, "beta": {"AAA": 0.5, "BBB": 0.9}}
    model = made(tmp_path, rates, {"imt": 0.95, "beta": 0.05})
    recheck = model.diagnose({"AAA": "+", "BBB": "+"}, draws=2).conflict.recheck
    assert [r.marker for r in recheck] == (["AAA"] if again else [])
    if again:
        assert recheck[0].probability == pytest.approx(rate, abs=1e-6)


def test_a_rare_finding_that_speaks_for_the_leader_is_not_worth_repeating(tmp_path: Path) -> None:
    """Rare in the leader (0.04), rarer still elsewhere (0.01)."""
    rates = {"imt": {"AAA": 0.04}, "beta": {"AAA": 0.01}}
    model = made(tmp_path, rates, {"imt": 0.6, "beta": 0.4})
    assert model.diagnose({"AAA": "+"}, draws=2).conflict.recheck == ()


def test_a_graded_stain_is_repeated_for_being_positive_at_all(tmp_path: Path) -> None:
    """Diffuse is rare in a tumour that is positive in half: its grade alone is no reason to repeat it."""
    rates = {"imt": {"AAA": 0.5}, "beta": {"AAA": 0.9}}
    curve = {"pooling": {"focal_share": {"at_zero": 0.99, "at_one": 0.01, "weight": 5}}}
    model = made(tmp_path, rates, {"imt": 0.95, "beta": 0.05}, network=curve)
    assert model.diagnose({"AAA": "diffuse"}, draws=2).conflict.recheck == ()
