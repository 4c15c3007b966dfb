"""Jensen's conflict and the surprise of a panel, against figures worked out another way."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

import imtdx
from imtdx.answer import conflict
from imtdx.answer.conflict import MISFIT, RARE, outcomes, surprise
from imtdx.panel import Context, Finding, Panel


def diagnose(model: imtdx.Model, text: str, age: float | None = None, sex: str | None = None, site: str | None = None):  # type: ignore[no-untyped-def]
    """``"ALK=positive; KIT=negative"`` without the parser, which has its own tests."""
    pairs = (part.strip().split("=") for part in text.split(";") if part.strip())
    findings = tuple(Finding(m, v, low=float(v), high=float(v)) if m == "KI67" else Finding(m, v) for m, v in pairs)
    return model.diagnose(Panel(findings, Context(age, sex, site)), draws=2)


def test_conflict_worked_out_by_hand(small_knowledge: Path) -> None:
    model = imtdx.load(knowledge=small_knowledge)
    dx = diagnose(model, "AAA=negative; BBB=positive")
    stain, gene = model.network.table("AAA"), model.network.table("BBB")
    p_a = p_b = p_ab = 0.0
    for d, prior in enumerate((0.75, 0.25)):
        for t, tissue in enumerate((0.9, 0.1)):
            a, b, w = stain[d, t, 0, 0], gene[d, 0, 0, 1], prior * tissue
            p_a, p_b, p_ab = p_a + w * a, p_b + w * b, p_ab + w * a * b
    expected = math.log2(p_a * p_b / p_ab)
    assert expected > 0  # the gene speaks for the tumour whose stain is usually positive
    assert dx.conflict.conf == pytest.approx(expected, abs=1e-12)
    # of two findings each carries the whole clash
    assert dx.conflict.shares == pytest.approx({"AAA": expected, "BBB": expected}, abs=1e-12)


def test_findings_that_belong_together_have_negative_conflict_and_clashing_ones_positive(model: imtdx.Model) -> None:
    assert diagnose(model, "KIT=diffuse; DOG1=diffuse; CD34=positive").conflict.conf < -2
    assert diagnose(model, "KIT=diffuse; S100=diffuse; DES=diffuse").conflict.conf > 0.5
    assert diagnose(model, "KIT=diffuse").conflict.conf == 0.0


def test_the_odd_finding_has_the_largest_share(model: imtdx.Model) -> None:
    c = diagnose(model, "ALK=positive; KIT=diffuse; DOG1=diffuse; CD34=positive; SMA=negative").conflict
    assert max(c.shares, key=lambda m: c.shares[m]) == "ALK"
    assert c.shares["ALK"] > 1 and c.shares["KIT"] < 0


def test_age_sex_and_site_are_the_ground_and_not_findings(model: imtdx.Model) -> None:
    c = diagnose(model, "ALK=positive", age=90.0, sex="male", site="bone").conflict
    assert c.conf == 0.0 and set(c.shares) == {"ALK"}
    # conditional on the ground: the same value from posteriors, P(e | g) by the chain rule
    dx = diagnose(model, "ALK=positive; S100=diffuse", age=5.0, site="lung_pleura")
    logs = {}
    for drop in ((), ("ALK",), ("S100",), ("ALK", "S100")):
        logs[drop] = model.engine.probability({k: v for k, v in dx.evidence.items() if k not in drop})
    base = logs["ALK", "S100"]
    expected = (logs["S100",] - base) + (logs["ALK",] - base) - (logs[()] - base)
    assert dx.conflict.conf == pytest.approx(expected / math.log(2), abs=1e-9)


def test_a_stain_with_its_pattern_is_one_finding(model: imtdx.Model) -> None:
    panel = Panel((Finding("ALK", "positive", pattern="nuclear-membrane"), Finding("SMA", "negative")))
    dx = model.diagnose(panel, draws=2)
    assert "ALK_PATTERN" in dx.evidence
    assert set(dx.conflict.shares) == {"ALK", "SMA"}


# --- surprise --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("likelihood", "kind", "n"),
    [
        ([1.0, 0.0, 0.0], "ihc", 2),
        ([0.0, 1.0, 1.0], "ihc", 2),
        ([0.0, 0.0, 1.0], "ihc", 3),
        ([1.0, 0.1, 0.1], "ihc", 2),
        ([0.0, 1.0], "fish", 2),
        ([0.0, 1.0, 0.3, 0.0, 0.0], "index", 5),
    ],
)
def test_outcomes_exhaust_what_the_test_could_show(likelihood: list[float], kind: str, n: int) -> None:
    told = outcomes(np.array(likelihood), kind)
    assert len(told) == n
    np.testing.assert_allclose(told[0], likelihood)
    np.testing.assert_allclose(told.sum(axis=0), 1.0)


def test_surprise_equals_a_sum_over_every_panel(model: imtdx.Model) -> None:
    dx = diagnose(model, "ALK=negative; FISH_ALK=positive; KIT=positive; DOG1=negative; S100=negative")
    imt = model.index("imt")
    names = list(dx.evidence)
    logs = {}
    for values in itertools.product(("negative", "positive"), repeat=len(names)):
        evidence = model.coder.evidence(Panel(tuple(Finding(m, v) for m, v in zip(names, values, strict=True))))
        logs[values] = float(model.engine.log_evidence(evidence)[imt])
    assert sum(math.exp(v) for v in logs.values()) == pytest.approx(1.0, abs=1e-12)
    observed = logs["negative", "positive", "positive", "negative", "negative"]
    expected = sum(math.exp(v) for v in logs.values() if v <= observed + 1e-9)
    p, exact = surprise(model.engine, dx.evidence, imt)
    assert exact and p == pytest.approx(expected, abs=1e-12)


def test_surprise_is_conditional_on_the_site(model: imtdx.Model) -> None:
    # keratin is common in IMT of the bladder and unusual elsewhere
    imt = model.index("imt")
    at = {}
    for site in ("pelvis_gu", "lung_pleura"):
        dx = diagnose(model, "CK=positive; S100=negative", site=site)
        at[site], _ = surprise(model.engine, dx.evidence, imt, ("Site",))
    assert at["pelvis_gu"] > 0.5 > at["lung_pleura"]


def test_simulation_agrees_with_enumeration_and_is_seeded(model: imtdx.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    dx = diagnose(
        model,
        "ALK=positive; SMA=negative; DES=positive; VIM=negative; KIT=negative; CK=negative; KI67=30",
        site="stomach",
    )
    imt = model.index("imt")
    p, exact = surprise(model.engine, dx.evidence, imt, ("Site",))
    monkeypatch.setattr(conflict, "_ENUMERATE", 0)
    drawn, by_counting = surprise(model.engine, dx.evidence, imt, ("Site",), seed=3)
    assert exact and not by_counting
    assert abs(drawn - p) < 4 * math.sqrt(p * (1 - p) / 4000) + 1 / 4000
    assert surprise(model.engine, dx.evidence, imt, ("Site",), seed=3)[0] == drawn
    assert surprise(model.engine, dx.evidence, imt, ("Site",), seed=4)[0] != drawn


def test_panels_drawn_from_a_diagnosis_are_seldom_called_misfit(model: imtdx.Model) -> None:
    """The p-value is a p-value: under the diagnosis itself at most MISFIT of the panels fall below MISFIT."""
    rng = np.random.default_rng(11)
    names = ("ALK", "SMA", "DES", "S100", "CD34", "CK", "KIT", "VIM")
    imt, n = model.index("imt"), 300
    low = 0
    for _ in range(n):
        tissue = int(rng.random() < model.network.tissue_prior[1])
        fusion = model.network.table("KinaseFusion")[imt, 0, 0]
        site = model.network.table("Site")[imt, 0, 0]
        parents = {"KinaseFusion": int(rng.choice(len(fusion), p=fusion)), "Site": int(rng.choice(len(site), p=site))}
        findings = []
        for name in names:
            node, table = model.network.nodes[name], model.network.table(name)
            row = table[imt, tissue, parents[node.parent] if node.parent else 0]
            findings.append(Finding(name, "negative" if rng.random() < row[0] else "positive"))
        evidence = model.coder.evidence(Panel(tuple(findings)))
        low += surprise(model.engine, evidence, imt)[0] < MISFIT
    assert low / n < MISFIT + 3 * math.sqrt(MISFIT / n)


def test_a_panel_of_no_diagnosis_fits_none_and_says_so(model: imtdx.Model) -> None:
    c = diagnose(model, "MYOG=positive; STAT6=positive; CD30=positive; MUC4=positive; HMB45=positive").conflict
    assert not c.fits and c.p_value < MISFIT
    assert c.sentence.startswith("Fits no listed diagnosis well")
    assert c.diagnosis != "unlisted"


def test_a_typical_panel_fits(model: imtdx.Model) -> None:
    c = diagnose(model, "ALK=positive; SMA=positive; DES=negative; S100=negative; KIT=negative", age=5.0).conflict
    assert c.fits and c.p_value > 0.2 and c.diagnosis == "imt" and not c.recheck


# --- what to repeat -----------------------------------------------------------------------------------------------------------


def test_a_rare_finding_that_pulls_against_the_leader_is_to_be_repeated(model: imtdx.Model) -> None:
    dx = diagnose(model, "ALK=positive; KIT=diffuse; DOG1=diffuse; CD34=positive")
    assert dx.conflict.diagnosis == "gist"
    (again,) = dx.conflict.recheck
    assert again.marker == "ALK" and again.probability < RARE
    gist = model.index("gist")
    rate = float(np.exp(model.engine.log_evidence({"ALK": np.array([0.0, 1.0, 1.0])})[gist]))
    assert again.probability == pytest.approx(rate, abs=1e-12)
    assert "of GIST" in again.text and "consider" in again.text
    without = model.engine.posterior({k: v for k, v in dx.evidence.items() if k != "ALK"})
    assert without[gist] > dx.posterior[gist]


def test_a_rare_finding_that_speaks_for_the_leader_is_not(model: imtdx.Model) -> None:
    # a PDGFRB fusion is seen in few IMT, and in hardly anything else
    dx = diagnose(model, "SMA=positive; FISH_PDGFRB=positive")
    rate = np.exp(model.engine.log_evidence({"FISH_PDGFRB": np.array([0.0, 1.0])})[model.index("imt")])
    assert dx.conflict.diagnosis == "imt" and rate < RARE
    assert not dx.conflict.recheck


def test_an_empty_panel_has_no_conflict(model: imtdx.Model) -> None:
    for text in ("", "ALK=not_done; SMA=not_interpretable"):
        c = diagnose(model, text).conflict
        assert (c.conf, c.p_value, c.fits, c.recheck) == (0.0, 1.0, True, ())
        assert c.sentence == "No finding to judge the fit by"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KI67=99",
        "; ".join(
            f"{m}=positive"
            for m in ("MYOG", "STAT6", "HMB45", "MELANA", "CD21", "CD35", "FISH_SS18", "FISH_FUS", "MUT_KIT")
        ),
        "ALK=equivocal; SMA=equivocal",
    ],
)
def test_every_number_is_json(model: imtdx.Model, text: str) -> None:
    told = json.loads(json.dumps(diagnose(model, text).conflict.to_dict(), allow_nan=False))
    assert 0 <= told["p_value"] <= 1


def test_naive_twin(naive: imtdx.Model) -> None:
    c = diagnose(naive, "ALK=positive; SMA=positive; FISH_ALK=positive").conflict
    assert c.fits and c.conf < 0
