"""Limits of what is remarked on: just below and just above each, at both doors, one case and a table.

The rates are exact (see `by_hand.exact_knowledge`), so that the figure a limit is compared with is worked out in the comment.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from by_hand import changed, exact_knowledge

import imtdx
from imtdx.knowledge import Knowledge, Study
from imtdx.panel import Finding, Panel

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


def test_no_finding_is_no_misfit(tmp_path: Path) -> None:
    """`unlisted` leads by its prior alone."""
    rates = {d: {"AAA": 0.5} for d in ("imt", "beta", "unlisted")}
    model = made(tmp_path, rates, {"imt": 0.3, "beta": 0.3, "unlisted": 0.4})
    assert "no_fit" not in {f.id for f in model.diagnose("", draws=2).flags}
    row = model.score(pd.DataFrame([{"AAA": ""}])).iloc[0]
    assert "no_fit" not in row["flags"].split(";")


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


@pytest.mark.parametrize(("percent", "raised"), [("9", False), ("9.9", False), ("10", True), ("11", True)])
def test_ki67_is_remarked_on_from_ten_percent_when_imt_leads(tmp_path: Path, percent: str, raised: bool) -> None:
    rates = {d: {"AAA": 0.5} for d in ("imt", "beta")}
    markers = {"KI67": {"label": "Ki-67", "kind": "index"}}
    model = made(tmp_path, rates, {"imt": 0.6, "beta": 0.4}, markers=markers)
    assert told(model, "ki67_high", {"KI67": percent}) is raised
    rival = made(tmp_path, rates, {"imt": 0.4, "beta": 0.6}, markers=markers)
    assert not told(rival, "ki67_high", {"KI67": percent})


@pytest.mark.parametrize(("value", "positive"), [("+", True), ("focal", True), ("diffuse", True), ("-", False)])
def test_alk_is_remarked_on_when_positive_whatever_leads(tmp_path: Path, value: str, positive: bool) -> None:
    rates = {d: {"ALK": 0.5} for d in ("imt", "beta")}
    leading = made(tmp_path, rates, {"imt": 0.6, "beta": 0.4})
    assert told(leading, "alk_mimics", {"ALK": value}) is positive
    assert told(made(tmp_path, rates, {"imt": 0.4, "beta": 0.6}), "alk_mimics", {"ALK": value}) is positive
    assert not told(leading, "alk_mimics", {"ALK": "equivocal"})


def test_keratin_in_the_bladder(tmp_path: Path) -> None:
    """A positive keratin, the site, and IMT among the first three."""
    rates = {d: {"CK": 0.5} for d in ("imt", "beta", "gamma", "delta")}
    network = {"context": {"sites": ["bladder", "there"]}}
    prior = {"imt": 0.2, "beta": 0.3, "gamma": 0.4, "delta": 0.1}
    model = made(tmp_path, rates, prior, network=network, remarks={"keratin_bladder": {"sites": ["bladder"]}})
    assert told(model, "keratin_bladder", {"CK": "+"}, site="bladder")
    assert not told(model, "keratin_bladder", {"CK": "-"}, site="bladder")
    assert not told(model, "keratin_bladder", {"CK": "+"}, site="there")
    assert not told(model, "keratin_bladder", {"CK": "+"})
    last = made(tmp_path, rates, {"imt": 0.1, "beta": 0.3, "gamma": 0.4, "delta": 0.2}, network=network)
    assert not told(last, "keratin_bladder", {"CK": "+"}, site="bladder")


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
    """Positive in half, but diffuse in 0.05 of these: 0.025 is rare, yet no reason to repeat a stain that half of the tumours show.

    Negative in 0.02 is rare whatever the grade would have been."""
    rates = {"imt": {"AAA": 0.5, "BBB": 0.98}, "beta": {"AAA": 0.5, "BBB": 0.7}}
    curve = {"pooling": {"focal_share": {"at_zero": 0.95, "at_one": 0.95, "weight": 5}}}
    model = made(tmp_path, rates, {"imt": 0.95, "beta": 0.05}, network=curve)
    unlike = made(tmp_path, {"imt": {"AAA": 0.5}, "beta": {"AAA": 0.9}}, {"imt": 0.95, "beta": 0.05}, network=curve)
    assert unlike.diagnose({"AAA": "diffuse"}, draws=2).conflict.recheck == ()
    (again,) = model.diagnose({"AAA": "+", "BBB": "-"}, draws=2).conflict.recheck
    assert (again.marker, again.probability) == ("BBB", pytest.approx(0.02, abs=1e-6))


# --- the search for a driver -----------------------------------------------------------------------------------------------


def test_a_driver_is_looked_for_while_it_is_open(knowledge: Knowledge) -> None:
    """From 5 % to 85 % chance of the fusion, IMT leading; published shares of the fusion from none to nearly all."""
    record, seen = knowledge.diagnoses["imt"], []
    for k in range(0, 200, 2):
        rows = (Study("a2001", k / 2, 100.0),)
        evidence = {m: r for m, r in record.evidence.items() if m != "FISH_DRV"} | {"FISH_DRV": rows}
        told = replace(knowledge, diagnoses={**knowledge.diagnoses, "imt": replace(record, evidence=evidence)})
        steady = changed(told, pooling={"heterogeneity": 0.005, "heterogeneity_weight": 1e12})
        model = imtdx.Model(steady, {"imt": 97, "beta": 1, "gamma": 1, "unlisted": 1}, parts={"tissue": False})
        for value in ("negative", "positive"):
            dx = model.diagnose(Panel((Finding("DRV", value),)), draws=2)
            lines = dx.next_tests().driver_workup
            opened = any("leaves the driver open" in line for line in lines)
            assert opened == (0.05 < dx.drivers["DRIVER"] < 0.85), (k, value, dx.drivers)
            # the others are looked for where the first is negative
            assert any("another driver" in line for line in lines) == (value == "negative")
            seen.append(dx.drivers["DRIVER"])
    # the sweep comes close to both limits from both sides
    for low, high in ((0.035, 0.05), (0.05, 0.07), (0.8, 0.85), (0.85, 0.9)):
        assert any(low < p < high for p in seen), (low, high)


@pytest.mark.parametrize(("share", "looked"), [(0.19, False), (0.21, True)])
def test_no_driver_is_looked_for_below_a_fifth(knowledge: Knowledge, share: float, looked: bool) -> None:
    """The finding is equivocal, so the driver is open whatever its chance; IMT leads among small shares, at the prior's."""
    plain = imtdx.Model(knowledge, "uniform", parts={"tissue": False})
    panel = Panel((Finding("DRV", "equivocal"),))
    # weights such that IMT comes out at the share wanted, the three others alike
    likelihood = np.exp(plain.engine.log_evidence(plain.coder.evidence(panel)))
    wanted = np.array([share, *[(1 - share) / 8] * 3])
    ids = [*plain.diagnoses]
    weights = dict(zip(ids, wanted / likelihood, strict=True))
    more = {
        f"x{k}": replace(knowledge.diagnoses["beta"], id=f"x{k}", name=f"X {k}", abbreviation=f"X{k}") for k in range(5)
    }
    diagnoses = {**knowledge.diagnoses, **more}
    order = [d for d in diagnoses if d != "unlisted"] + ["unlisted"]
    crowd = replace(knowledge, diagnoses={d: diagnoses[d] for d in order})
    weights |= dict.fromkeys(more, (1 - share) / 8 / likelihood[1])
    dx = imtdx.Model(crowd, weights, parts={"tissue": False}).diagnose(panel, draws=2)
    assert dx.probability("imt") == pytest.approx(share, abs=0.005)
    assert bool(dx.next_tests().driver_workup) is looked


def test_a_driver_that_was_shown_closes_the_search(knowledge: Knowledge) -> None:
    model = imtdx.Model(knowledge, {"imt": 97, "beta": 1, "gamma": 1, "unlisted": 1}, parts={"tissue": False})

    def lines(*findings: tuple[str, str]) -> tuple[str, ...]:
        return model.diagnose(Panel(tuple(Finding(m, v) for m, v in findings)), draws=2).next_tests().driver_workup

    assert lines(("DRV", "negative"))
    assert lines(("DRV", "negative"), ("FISH_BARE", "positive")) == ()
    assert lines(("DRV", "positive"), ("FISH_DRV", "positive")) == ()
    # nothing is open before the stain was done
    assert lines(("PLAIN", "positive")) == ()
    # the test that sees every fusion was done: the first driver is settled, the other is not
    told = lines(("DRV", "negative"), ("FISH_DRV", "negative"))
    assert not any("leaves the driver open" in line for line in told)
    assert any("BARE" in line for line in told)
    rival = imtdx.Model(knowledge, {"imt": 1, "beta": 97, "gamma": 1, "unlisted": 1}, parts={"tissue": False})
    assert rival.diagnose(Panel((Finding("DRV", "negative"),)), draws=2).next_tests().driver_workup == ()


def test_no_driver_is_looked_for_in_tissue_that_does_not_react(knowledge: Knowledge) -> None:
    """Compromised tissue over 25 %: negative stains say little, of the driver too. Vimentin settles it."""
    model = imtdx.Model(knowledge, {"imt": 97, "beta": 1, "gamma": 1, "unlisted": 1})
    seen = set()
    for others in ((), ("VIM",), ("VIM", "PAR"), ("PAR",), ("PLAIN",), ("CHI",), ("WORDS",), ("PLACE",)):
        for value in ("negative", "positive"):
            panel = Panel((Finding("DRV", "equivocal"), *(Finding(m, value) for m in others)))
            dx = model.diagnose(panel, draws=2)
            bad = dx.tissue["compromised"] > 0.25
            assert bool(dx.next_tests().driver_workup) is not bad
            seen.add(bad)
    assert seen == {True, False}
