"""What if, next tests, best panels, the driver work-up and the stock file."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import imtdx
from imtdx.answer.advice import STOP, Stock, best_panel, load_stock, next_tests, what_if
from imtdx.answer.information import candidates, counted
from imtdx.errors import KnowledgeError, UnknownNameError, UsageError
from imtdx.panel import Context, Finding, Panel

OPEN_PANEL = "SMA=positive; VIM=positive"
FIRM_PANEL = (
    "ALK=positive; SMA=positive; DES=focal; KIT=negative; S100=negative; DOG1=negative; KI67=10; FISH_ALK=positive"
)
NEGATIVE_ALK = (
    "ALK=negative; SMA=positive; DES=focal; KIT=negative; S100=negative; CD34=negative; MORPH_INFLAMMATION=positive"
)


def diagnose(model, text, stock=None, **context):  # type: ignore[no-untyped-def]
    """``"ALK=positive; KIT=negative"`` without the parser, which has its own tests."""
    pairs = (part.strip().split("=") for part in text.split(";") if part.strip())
    findings = tuple(Finding(m, v, low=float(v), high=float(v)) if m == "KI67" else Finding(m, v) for m, v in pairs)
    return model.diagnose(Panel(findings, Context(**context)), draws=2, stock=stock)


def bits(p: np.ndarray) -> float:
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def brute(model, evidence, tests):  # type: ignore[no-untyped-def]
    """Expected information and chance of a new leader, by asking for the posterior after every combination of results."""
    now = model.engine.posterior(evidence)
    total, moved, mass = 0.0, 0.0, 0.0
    log_e = model.engine.probability(evidence)
    for states in itertools.product(*(range(len(model.network.states(t))) for t in tests)):
        then = evidence | {t: np.eye(len(model.network.states(t)))[s] for t, s in zip(tests, states, strict=True)}
        p = float(np.exp(model.engine.probability(then) - log_e))
        posterior = model.engine.posterior(then)
        mass += p
        total += p * (bits(now) - bits(posterior))
        moved += p * (posterior.argmax() != now.argmax())
    assert mass == pytest.approx(1.0, abs=1e-9)
    return total, moved


# --- what if -----------------------------------------------------------------------------------------------------------------


def test_what_if_marks_the_findings_on_which_the_first_place_hangs(model: imtdx.Model) -> None:
    dx = diagnose(model, "ALK=positive; SMA=positive; DES=positive; HCALD=positive")
    told = what_if(dx)
    assert {w.marker for w in told} == {"ALK", "SMA", "DES", "HCALD"}
    first = model.diagnoses[int(dx.posterior.argmax())]
    assert first == "imt"
    for w in told:
        panel = dx.panel.without(w.marker)
        if w.change != "removed":
            panel = panel.with_finding(replace(dx.panel[w.marker], value=w.change))
        p = model.engine.posterior(model.coder.evidence(panel))
        assert (w.top, w.p_top) == (model.diagnoses[int(p.argmax())], pytest.approx(float(p.max())))
        assert w.p_imt == pytest.approx(float(p[model.index("imt")]))
        assert w.decisive == (w.top != first)
    decisive = {(w.marker, w.change) for w in told if w.decisive}
    assert ("ALK", "negative") in decisive and ("SMA", "removed") not in decisive


# --- next tests ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "context"),
    [
        (OPEN_PANEL, {}),
        ("KIT=negative; ALK=focal; CK=positive", {"age": 40.0, "site": "pelvis_gu"}),
        ("ALK=equivocal; FISH_ROS1=negative; S100=negative", {"sex": "female"}),
    ],
)
def test_information_equals_brute_force(model: imtdx.Model, text: str, context: dict[str, object]) -> None:
    dx = diagnose(model, text, **context)
    tests = next_tests(dx, 99)
    assert tests.stop or len(tests) == len(candidates(dx))
    for t in tests:
        assert t.bits >= 0 and t.bits_imt >= 0 and t.bits_imt <= t.bits + 1e-12
        expected, moved = brute(model, dx.evidence, [t.marker])
        assert t.bits == pytest.approx(expected, abs=1e-9), t.marker
        assert t.changes_first == pytest.approx(moved, abs=1e-9), t.marker
        assert sum(r["probability"] for r in t.results) == pytest.approx(1.0, abs=1e-9)


def test_each_result_tells_the_first_three_diagnoses_then(model: imtdx.Model) -> None:
    dx = diagnose(model, OPEN_PANEL)
    test = next(t for t in next_tests(dx, 99) if t.marker == "ALK")
    for k, result in enumerate(test.results):
        posterior = model.engine.posterior(dx.evidence | {"ALK": np.eye(3)[k]})
        assert result["value"] == model.network.states("ALK")[k]
        assert [x["id"] for x in result["top"]] == [model.diagnoses[d] for d in np.argsort(-posterior)[:3]]
        assert result["top"][0]["probability"] == pytest.approx(float(posterior.max()), abs=1e-12)


def test_tests_are_ordered_by_information(model: imtdx.Model) -> None:
    dx = diagnose(model, OPEN_PANEL)
    # what rests on judgement alone counts half
    told = [round(t.bits * (0.5 + 0.5 * counted(dx, t.marker)), 2) for t in next_tests(dx, 20)]
    assert len(told) >= 10 and told == sorted(told, reverse=True)


def test_only_tests_that_are_ordered_in_the_open_diagnoses_are_proposed(model: imtdx.Model) -> None:
    """Vimentin tells nothing apart, and a boy's mesenteric lesion asks for no COL1A1 or USP6."""
    dx = diagnose(model, NEGATIVE_ALK, age=8.0, sex="male", site="mesentery_omentum_peritoneum")
    told = {t.marker for t in next_tests(dx, 99)}
    assert not {"VIM", "FISH_COL1A1", "FISH_USP6", "HMB45", "CD35"} & told
    # a laboratory's own list decides where it is given
    assert "VIM" in candidates(diagnose(model, NEGATIVE_ALK, stock={"VIM": 1.0}))
    # counts alone know nothing of orders
    assert "CD35" in candidates(diagnose(imtdx.load(parts={"judgement": False}), NEGATIVE_ALK))


def test_two_tests_may_do_what_neither_does_alone(model: imtdx.Model) -> None:
    """Before it says stop, the advice weighs the best tests together."""
    dx = diagnose(model, OPEN_PANEL)
    for panel in best_panel(dx, 3):
        joint = brute(model, dx.evidence, list(panel.markers))
        if panel.exact:
            assert (panel.bits, panel.changes_first) == pytest.approx(joint, abs=1e-9)


@pytest.mark.parametrize("value", ["positive", "negative", "equivocal"])
def test_never_repeats_what_is_known(model: imtdx.Model, value: str) -> None:
    markers = ("SMA", "VIM", "FISH_ALK", "STAT6")
    dx = diagnose(model, "; ".join(f"{m}={value}" for m in markers))
    assert not set(markers) & set(candidates(dx))
    assert not set(markers) & {t.marker for t in next_tests(dx, 99)}


def test_a_test_without_a_result_may_be_proposed_again(model: imtdx.Model) -> None:
    told = {t.marker for t in next_tests(diagnose(model, OPEN_PANEL + "; ALK=not_interpretable; DES=not_done"), 99)}
    assert {"ALK", "DES"} <= told


def test_only_what_can_be_ordered_is_proposed(model: imtdx.Model) -> None:
    kinds = {model.knowledge.markers[t.marker].kind for t in next_tests(diagnose(model, OPEN_PANEL), 99)}
    assert {"ihc", "fish"} <= kinds <= {"ihc", "index", "fish", "mutation"}


def test_why_offers_and_does_not_direct(model: imtdx.Model) -> None:
    for t in next_tests(diagnose(model, OPEN_PANEL), 99):
        assert t.why.startswith("Consider ") and "separates" in t.why
        assert not {"must", "should", "order", "perform"} & set(t.why.lower().split())


def test_stop_rule(model: imtdx.Model) -> None:
    text = FIRM_PANEL.replace("; FISH_ALK=positive", "")
    dx = diagnose(model, text, age=5.0, sex="male", site="mesentery_omentum_peritoneum")
    worst = max(brute(model, dx.evidence, [t])[1] for t in candidates(dx))
    assert worst <= STOP
    told = next_tests(dx)
    assert len(told) == 0 and not told
    assert "IMT" in told.stop and f"{100 * dx.posterior.max():.1f} %" in told.stop and "three together" in told.stop
    # and the other way about: one test over the limit, and there is a list
    dx = diagnose(model, OPEN_PANEL)
    assert max(brute(model, dx.evidence, [t])[1] for t in candidates(dx)) > STOP
    assert len(next_tests(dx)) == 5 and next_tests(dx).stop == ""


def test_stock_limits_the_tests_and_breaks_ties_by_cost(model: imtdx.Model) -> None:
    dx = diagnose(model, OPEN_PANEL, stock={"ALK": 1.0, "S100": 1.0, "SMA": 1.0})
    assert set(candidates(dx)) == {"ALK", "S100"}
    told = next_tests(diagnose(model, OPEN_PANEL), 99)
    dx = diagnose(model, OPEN_PANEL)
    free = {t.marker: t.bits * (0.5 + 0.5 * counted(dx, t.marker)) for t in told}
    order = sorted(free, key=lambda m: -free[m])
    a, b = next(
        (x, y) for x, y in itertools.pairwise(order) if round(free[x], 2) == round(free[y], 2) and free[x] > free[y]
    )
    # something that changes the first place, so that there is a list
    keep = max((t for t in told if t.marker not in (a, b)), key=lambda t: t.changes_first).marker
    for costs, first in (({a: 1.0, b: 5.0}, a), ({a: 5.0, b: 1.0}, b)):
        told = next_tests(diagnose(model, OPEN_PANEL, stock={keep: 1.0} | costs), 99)
        assert next(t.marker for t in told if t.marker in (a, b)) == first


def test_stop_names_no_test_that_cannot_change_the_first(model: imtdx.Model) -> None:
    firm = "CD30=positive; ALK=positive; EMA=positive; FISH_ALK=positive; S100=negative; DES=negative; SMA=negative"
    dx = diagnose(model, firm)
    assert all(brute(model, dx.evidence, [t])[1] == 0 for t in candidates(dx))
    lead = f"ALCL, {100 * dx.posterior.max():.1f} %"
    assert next_tests(dx).stop.startswith(f"No single available test could change the first diagnosis ({lead})")


def test_an_empty_stock_stops_with_a_reason(model: imtdx.Model) -> None:
    told = next_tests(diagnose(model, OPEN_PANEL, stock={"SMA": 1.0}))
    assert not told.tests and told.stop.startswith("No test in stock is left")


def test_unknown_marker_in_stock(model: imtdx.Model) -> None:
    with pytest.raises(UnknownNameError, match="S100"):
        next_tests(diagnose(model, OPEN_PANEL, stock={"S-100": 1.0}))


def test_naive_twin(naive: imtdx.Model) -> None:
    dx = diagnose(naive, OPEN_PANEL)
    told = next_tests(dx, 99)
    for t in list(told)[:5]:
        assert t.bits == pytest.approx(brute(naive, dx.evidence, [t.marker])[0], abs=1e-9)
    assert told.driver_workup == ()
    assert best_panel(dx, 2)[1].bits == pytest.approx(
        brute(naive, dx.evidence, best_panel(dx, 2)[1].markers)[0], abs=1e-9
    )


# --- best panel ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [OPEN_PANEL, "KIT=positive; SMA=negative", "MORPH_INFLAMMATION=positive; FISH_ROS1=negative; ALK=not_done"]
)
def test_best_panel_is_worth_its_joint_result(model: imtdx.Model, text: str) -> None:
    dx = diagnose(model, text)
    panels = best_panel(dx, 3)
    assert [len(p.markers) for p in panels] == [1, 2, 3]
    for p in panels:
        assert p.exact
        assert p.bits == pytest.approx(brute(model, dx.evidence, p.markers)[0], abs=1e-9)
    assert all(a.markers == b.markers[:-1] and b.gain > 0 for a, b in itertools.pairwise(panels))
    assert panels[0].p_first >= dx.posterior.max() - 1e-12


def test_tests_of_one_node_are_weighed_together(model: imtdx.Model) -> None:
    stock = {"ALK": 1.0, "FISH_ALK": 1.0}
    dx = diagnose(model, OPEN_PANEL, stock=stock)
    alone = {t: brute(model, dx.evidence, [t])[0] for t in stock}
    both = best_panel(dx, 2)[-1]
    assert set(both.markers) == set(stock)
    assert both.bits == pytest.approx(brute(model, dx.evidence, both.markers)[0], abs=1e-9)
    assert both.bits < sum(alone.values()) - 0.02


def test_greedy_step_takes_the_best_of_all(model: imtdx.Model) -> None:
    stock = dict.fromkeys(("ALK", "DES", "S100", "KIT", "DOG1", "KI67"), 1.0)
    dx = diagnose(model, OPEN_PANEL, stock=stock)
    one, two = best_panel(dx, 2)
    gains = {t: brute(model, dx.evidence, [one.markers[0], t])[0] for t in stock if t != one.markers[0]}
    assert round(two.bits, 2) >= round(max(gains.values()), 2)


def test_large_panels_are_sampled_with_a_seed(model: imtdx.Model) -> None:
    dx = diagnose(model, OPEN_PANEL)
    a, b = best_panel(dx, 8), best_panel(dx, 8)
    assert a == b and not a[-1].exact and all(p.gain > 0 for p in a)
    assert a[-1].bits < bits(dx.posterior)
    json.dumps([p.to_dict() for p in a], allow_nan=False)


def test_panel_keeps_within_the_sections_left(model: imtdx.Model) -> None:
    costs = dict.fromkeys(("ALK", "DES", "S100", "FISH_ALK", "HCALD"), 2.0)
    dx = diagnose(model, OPEN_PANEL, stock=Stock(costs, {"FISH_ALK": 3, "DES": 2}, left=3))
    last = best_panel(dx, 5)[-1]
    assert last.sections <= 3 and last.cost == 2.0 * len(last.markers)
    assert best_panel(diagnose(model, OPEN_PANEL, stock=Stock(costs, left=0)), 5) == []
    assert len(next_tests(diagnose(model, OPEN_PANEL, stock=Stock(costs, left=0)))) == 0


# --- driver work-up -----------------------------------------------------------------------------------------------------------


def test_alk_negative_imt_leads_to_the_other_drivers_with_inhibitors(model: imtdx.Model) -> None:
    dx = diagnose(model, NEGATIVE_ALK, age=5.0, site="lung_pleura")
    assert model.diagnoses[int(dx.posterior.argmax())] == "imt"
    text = "\n".join(next_tests(dx).driver_workup)
    for fusion in ("ROS1", "NTRK", "RET", "PDGFRB"):
        assert f"{fusion} fusion (chance" in text
        assert all(name in text for name in model.structure.inhibitors.get(fusion, {}))
    assert "first, then RNA sequencing" in text
    assert "pan-TRK stain" in text and "as information" in text and "consider" in text
    assert next_tests(dx).to_dict()["driver_workup"] == list(next_tests(dx).driver_workup)
    chances = [dx.drivers[line.split(" ")[0]] for line in next_tests(dx).driver_workup if "fusion (chance" in line]
    assert chances == sorted(chances, reverse=True)


def test_a_driver_that_was_tested_is_not_looked_for_again(model: imtdx.Model) -> None:
    told = "\n".join(
        next_tests(diagnose(model, NEGATIVE_ALK + "; FISH_ROS1=negative; PANTRK=negative", age=5.0)).driver_workup
    )
    assert "ROS1 fusion" not in told and "pan-TRK stain" not in told
    assert "NTRK rearrangement" in told


@pytest.mark.parametrize(
    "text",
    [
        FIRM_PANEL,  # ALK positive and its fusion shown
        NEGATIVE_ALK + "; FISH_ALK=positive",
        NEGATIVE_ALK + "; FISH_ROS1=positive",  # another driver shown: they exclude each other
        "ALK=negative; KIT=diffuse; DOG1=diffuse",  # IMT does not lead
        "SMA=positive; DES=positive",  # ALK not known
    ],
)
def test_no_work_up_where_none_is_called_for(model: imtdx.Model, text: str) -> None:
    assert next_tests(diagnose(model, text)).driver_workup == ()


def test_fish_is_proposed_where_the_stain_leaves_the_driver_open(model: imtdx.Model) -> None:
    dx = diagnose(model, "ALK=focal; SMA=positive; DES=negative; MORPH_INFLAMMATION=positive")
    (told,) = next_tests(dx).driver_workup
    assert "leaves the driver open" in told and "ALK FISH" in told and f"{100 * dx.drivers['ALK']:.1f} %" in told
    # a stain that settles it, and one that was followed up, leave nothing open
    assert (
        next_tests(diagnose(model, "ALK=diffuse; SMA=positive; MORPH_INFLAMMATION=positive", age=5.0)).driver_workup
        == ()
    )
    followed = next_tests(
        diagnose(model, "ALK=focal; SMA=positive; MORPH_INFLAMMATION=positive; FISH_ALK=negative", age=5.0)
    )
    # a negative gene test beside a positive stain does not end the search
    (told,) = followed.driver_workup
    assert "disagree" in told and "8 of 10" in told and "RNA sequencing" in told


def test_a_test_not_in_stock_is_said_to_be_elsewhere(model: imtdx.Model) -> None:
    dx = diagnose(model, NEGATIVE_ALK, stock={"ROS1": 1.0, "BCAT": 1.0}, age=5.0)
    told = {line.split(" ")[0]: line for line in next_tests(dx).driver_workup if "fusion (chance" in line}
    assert "reference laboratory" not in told["ROS1"] and "reference laboratory" in told["RET"]


# --- stock file ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "costs", "left"),
    [
        ("markers: [ALK, S-100, ALK FISH]", {"ALK": 1.0, "S100": 1.0, "FISH_ALK": 1.0}, None),
        ("ALK: 2\nDOG-1: 1.5\n", {"ALK": 2.0, "DOG1": 1.5}, None),
        ("markers:\n  ALK: {cost: 3, sections: 2}\n  c-kit: 1\nsections: 4\n", {"ALK": 3.0, "KIT": 1.0}, 4),
        ("ALK:\nsections: 2\n", {"ALK": 1.0}, 2),
    ],
)
def test_stock_file(model: imtdx.Model, tmp_path: Path, text: str, costs: dict[str, float], left: int | None) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text, encoding="utf-8")
    stock = load_stock(path, model.knowledge)
    assert dict(stock) == costs and stock.left == left
    if "sections: 2}" in text:
        assert (stock.sections("ALK"), stock.sections("KIT")) == (2, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("markers: [ALK, STAT7]", r"lab.yaml:1: unknown marker 'STAT7'; did you mean 'STAT6'"),
        ("ALK: 1\nS-100: 1\nS100 protein: 2\n", r"lab.yaml:3: 'S100 protein' names S100 a second time"),
        ("ALK: 1\nSMA: -2\n", r"lab.yaml:2: cost of SMA must be a number of 0 or more"),
        ("ALK: yes\n", r"cost of ALK"),
        ("ALK: {price: 3}\n", r"unknown key 'price'; use 'cost' and 'sections'"),
        ("markers: [ALK]\nsections: 2.5\n", r"lab.yaml:2: sections must be a whole number"),
        ("markers: [ALK]\nsection: 2\n", r"unknown key 'section'"),
        ("markers: []\n", r"at least one marker"),
        ("markers: ALK\n", r"at least one marker"),
        ("sections: 3\n", r"at least one marker"),
    ],
)
def test_stock_file_that_cannot_be(model: imtdx.Model, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        load_stock(path, model.knowledge)


def test_stock_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot read"):
        load_stock(tmp_path / "none.yaml")
