"""The merge rule: several results of one marker, in any order, and through every door."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, permutations
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import imtdx
from imtdx.merging import Merged, merge, merged_panel
from imtdx.panel import Finding, Panel
from imtdx.report.cases import table_cases
from imtdx.validation import read_frame

MARKERS: dict[str, Any] = {
    "S": SimpleNamespace(label="stain", kind="ihc"),
    "F": SimpleNamespace(label="probe", kind="fish"),
    "K": SimpleNamespace(label="index", kind="index"),
    "M": SimpleNamespace(label="feature", kind="morphology"),
}


def stain(value: str, **details: Any) -> Finding:
    return Finding("S", value, **details)


def index(value: str, low: float, high: float, **details: Any) -> Finding:
    return Finding("K", value, low=low, high=high, **details)


#: Results of one marker -> the value they amount to; ``None``: a contradiction; a text: the remark holds it.
RULE: dict[str, tuple[list[Finding], str | None, str]] = {
    "equal results are one": ([stain("focal"), stain("focal")], "focal", ""),
    "positive tells less than focal": ([stain("positive"), stain("focal")], "focal", ""),
    "positive tells less than diffuse": ([stain("diffuse"), stain("positive")], "diffuse", ""),
    "focal and diffuse agree on the sign": ([stain("focal"), stain("diffuse")], "positive", "extent left open"),
    "all three": ([stain("focal"), stain("diffuse"), stain("positive")], "positive", "extent left open"),
    "firm beats equivocal": ([stain("equivocal"), stain("negative")], "negative", "negative outweighs equivocal"),
    "firm positive beats equivocal": ([stain("focal"), stain("equivocal")], "focal", "focal outweighs equivocal"),
    "not done yields": ([stain("not_done"), stain("equivocal"), stain("not_interpretable")], "equivocal", ""),
    "tried and not done": ([stain("not_done"), stain("not_interpretable")], "not_interpretable", ""),
    "contradiction": ([stain("positive"), stain("negative")], None, "is told as positive and as negative"),
    "a third result stays out": ([stain("focal"), stain("negative"), stain("diffuse")], None, "focal"),
    "equivocal does not settle it": ([stain("focal"), stain("negative"), stain("equivocal")], None, ""),
    "other clones": ([stain("positive", clone="D5F3"), stain("negative", clone="ALK1")], "positive", "different tests"),
    "one clone named": ([stain("diffuse", clone="D5F3"), stain("negative")], "diffuse", "different tests"),
    "the same clone": ([stain("positive", clone="D5F3"), stain("negative", clone="D5F3")], None, "D5F3"),
    "a repeat replaces": ([stain("negative"), stain("positive", when="later")], "positive", "is replaced by"),
    "the first yields": ([stain("negative", when="earlier"), stain("focal")], "focal", "is replaced by"),
    "two repeats": ([stain("negative"), stain("focal", when="later"), stain("diffuse", when="later")], "positive", ""),
    "a repeat that failed": ([stain("negative"), stain("not_interpretable", when="later")], "negative", ""),
    "repeats that disagree": ([stain("negative", when="later"), stain("positive", when="later")], None, ""),
    "a repeat by any clone": ([stain("negative", clone="ALK1"), stain("positive", when="later")], "positive", "replaced"),
    "a repeat by another clone": (
        [stain("positive", clone="D5F3"), stain("negative", clone="ALK1", when="later")], "positive", "different tests",
    ),
    "another component": ([stain("negative"), stain("positive", component="vessels")], "negative", "not of the lesion"),
    "specimens differ": (
        [stain("focal", specimen="biopsy"), stain("diffuse", specimen="B2")], "positive", "differs between specimens",
    ),
    "specimens contradict": ([stain("negative", specimen="A"), stain("diffuse", specimen="B")], None, "(A)"),
    "other methods": (
        [Finding("F", "negative"), Finding("F", "positive", method="sequencing")], "positive", "different tests",
    ),
    "the usual method named": ([Finding("F", "negative"), Finding("F", "positive", method="fish")], None, ""),
    "other targets": (
        [Finding("F", "negative", target="NTRK1"), Finding("F", "positive", target="NTRK3")], "positive", "NTRK3",
    ),
    "a feature both ways": ([Finding("M", "positive"), Finding("M", "negative")], None, "present and as absent"),
    "two figures are a span": ([index("10", 10, 10), index("20-25", 20, 25)], "10-25", "the span 10-25 %"),
    "a bound that holds": ([index("<5", 0, 5), index("3", 3, 3)], "3", ""),
    "a bound that does not": ([index("<5", 0, 5), index("10", 10, 10), index("20", 20, 20)], "0-20", "span"),
    "two bounds": ([index("<5", 0, 5), index("<2", 0, 2)], "<2", ""),
    "bounds of a range": ([index("<20", 0, 20), index(">5", 5, 100)], "5-20", "span"),
    "bounds apart": ([index("<5", 0, 5), index(">30", 30, 100)], "0-100", "span"),
    "clones of an index": ([index("5", 5, 5, clone="MIB-1"), index("9", 9, 9, clone="SP6")], "5-9", "span"),
    "index not done": ([Finding("K", "not_done"), index("5", 5, 5)], "5", ""),
}  # fmt: skip


def said(merged: Merged) -> str:
    return " ".join([r.text for r in merged.remarks] + [c.text for c in merged.contradictions])


@pytest.mark.parametrize("name", RULE)
def test_rule_whatever_the_order(name: str) -> None:
    findings, value, words = RULE[name]
    for order in permutations(findings):
        merged = merge(order, MARKERS)
        assert [f.value for f in merged.findings] == ([] if value is None else [value])
        assert len(merged.contradictions) == (value is None)
        assert words in said(merged)
        assert merged == merge(findings, MARKERS)
        assert merged_panel([*order, *order], MARKERS) == merged_panel(findings, MARKERS)


def test_nothing_of_the_lesion() -> None:
    merged = merge([stain("positive", component="vessels")], MARKERS)
    assert not merged.findings and "vessels" in said(merged)


KINDS = [
    *(stain(v) for v in ("negative", "focal", "diffuse", "positive", "equivocal", "not_done", "not_interpretable")),
    stain("negative", clone="ALK1"),
    stain("positive", clone="D5F3"),
    stain("focal", when="later"),
    stain("negative", when="earlier"),
    stain("negative", when="later", clone="D5F3"),
    stain("positive", component="vessels"),
    stain("diffuse", specimen="biopsy", pattern="cytoplasmic", intensity="weak", low=60.0, high=60.0),
    stain("diffuse", pattern="nuclear-membrane", intensity="strong"),
]


def bags() -> Iterator[tuple[Finding, ...]]:
    for n in (2, 3):
        yield from combinations_with_replacement(KINDS, n)
    # every fourth of four
    for k, bag in enumerate(combinations_with_replacement(KINDS, 4)):
        if k % 4 == 0:
            yield bag


def test_all_permutations_of_up_to_four_results() -> None:
    for bag in bags():
        first = merge(bag, MARKERS)
        for order in permutations(bag):
            assert merge(order, MARKERS) == first
        # in pieces: what was read before is merged again with what comes later
        piece = merged_panel(bag[:2], MARKERS)
        assert merge((*piece.told, *bag[2:]), MARKERS) == first
        told_both_ways = bool(first.contradictions)
        values = {f.value for f in bag if not f.component}
        assert not told_both_ways or ("negative" in values and values & {"positive", "focal", "diffuse"})


def test_details_of_all_are_kept() -> None:
    parts = [
        stain("positive", reported="ALK+", span=(10, 14), clone="D5F3"),
        stain("focal", reported="ALK weak", span=(2, 10), intensity="weak", low=10.0, high=20.0, clone="D5F3"),
        stain("focal", reported="ALK 3+", span=(20, 26), intensity="strong", pattern="nuclear-membrane", clone="D5F3"),
    ]
    (one,) = merge(parts, MARKERS).findings
    assert (one.value, one.clone, one.intensity, one.pattern) == ("focal", "D5F3", "strong", "nuclear-membrane")
    assert (one.low, one.high, one.reported, one.span) == (10.0, 20.0, "ALK weak", (2, 10))
    cells = [stain("positive", reported="+"), stain("focal", reported="weak")]
    assert merge(cells, MARKERS).findings[0].reported == merge(cells[::-1], MARKERS).findings[0].reported == "weak / +"


def test_a_panel_is_changed_with_all_that_was_told() -> None:
    panel = merged_panel([stain("positive"), stain("negative"), Finding("F", "positive")], MARKERS)
    assert panel.contradictions and "S" not in panel and len(panel.told) == 3
    assert panel.without("S") == Panel((Finding("F", "positive"),)) and len(panel.without("S").told) == 1
    changed = panel.with_finding(stain("focal"))
    assert changed["S"].value == "focal" and not changed.contradictions
    assert merged_panel(changed.told, MARKERS) == Panel((Finding("F", "positive"), stain("focal")))


# --- the doors ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> imtdx.Model:
    return imtdx.load()


#: Column, its cells; each list is what one case is told.
TOLD: dict[str, tuple[str, list[str]]] = {
    "both ways": ("ALK", ["+", "-"]),
    "both ways and focal": ("ALK", ["+", "-", "focal +"]),
    "focal and diffuse": ("SMA", ["focal +", "diffuse +"]),
    "focal, diffuse, positive, equivocal": ("SMA", ["focal +", "diffuse +", "+", "equivocal"]),
    "negative and equivocal": ("SMA", ["-", "equivocal"]),
    "equivocal and positive": ("SMA", ["equivocal", "+"]),
    "clones": ("ALK", ["- (ALK1)", "+ (D5F3)"]),
    "clones alike": ("ALK", ["- (ALK1)", "-"]),
    "figures": ("Ki-67", ["10%", "20%", "<5%"]),
    "not done": ("ALK", ["NP", "+"]),
    "probes": ("ALK FISH", ["rearranged", "not rearranged"]),
}
REST = {"Desmin": "-", "S-100": "-", "CD34": "+"}


@pytest.mark.parametrize("name", TOLD)
def test_every_door_gives_the_same(model: imtdx.Model, name: str) -> None:
    column, cells = TOLD[name]
    text = "; ".join(f"{k}: {v}" for k, v in REST.items())
    by_text, by_table = set(), set()
    flagged = set()
    for order in permutations(cells):
        dx = model.diagnose("; ".join([text, *(f"{column} {c}" for c in order)]), draws=10)
        by_text.add(dx.probability())
        by_text.add(model.diagnose("; ".join([*(f"{column} {c}" for c in order), text]), draws=10).probability())
        flagged.add("contradiction" in [f.id for f in dx.flags])
        # the spellings of one marker in a mapping
        spellings = [column, column.upper() + " ", f" {column}", f"{column}  "]
        mapped = model.diagnose({**dict(zip(spellings, order, strict=False)), **REST}, draws=10)
        by_text.add(mapped.probability())

        wide = pd.DataFrame([[*order, *REST.values()]], columns=[*[column] * len(order), *REST])
        front = pd.DataFrame([[*REST.values(), *order]], columns=[*REST, *[column] * len(order)])
        beside = pd.DataFrame([["1", order[0], "; ".join([text, *(f"{column} {c}" for c in order[1:])])]])
        beside.columns = ["id", column, "panel"]
        long = pd.DataFrame(
            [["1", column, c] for c in order] + [["1", k, v] for k, v in REST.items()],
            columns=["case_id", "marker", "value"],
        )
        for frame in (wide, front, beside, long):
            issues: list[dict[str, Any]] = []
            got = model.score(frame, full=True, issues=issues)
            by_table.add(float(got["p_imt"].iloc[0]))
            contradiction = "contradiction" in got["flags"].iloc[0].split(";")
            flagged.add(contradiction)
            assert got["status"].iloc[0] == "ok"
            assert sum("is told as" in i["problem"] and "not used" in i["problem"] for i in issues) == contradiction
            strict = model.score(frame, strict=True)
            assert strict["status"].iloc[0] == ("problem" if contradiction else "ok")
            labelled = read_frame(model, frame.assign(diagnosis="imt"))
            by_text.add(model.diagnose(labelled.cases[0].panel, draws=10).probability())
            rows = [list(r) for r in frame.itertuples(index=False)]
            ((_, panel),) = table_cases(model, list(frame.columns), rows)
            by_text.add(model.diagnose(panel, draws=10).probability())
    assert len(by_text) == 1 and len(by_table) == 1 and len(flagged) == 1
    assert by_table.pop() == pytest.approx(by_text.pop(), rel=1e-12)


def test_a_contradiction_is_not_used(model: imtdx.Model) -> None:
    rest = "SMA+ desmin- CD34-"
    dx = model.diagnose(f"ALK+ {rest} ALK- ALK focal")
    assert dx.probability() == model.diagnose(rest).probability()
    assert dx.flags[0].id == "contradiction" and "ALK is told as" in dx.flags[0].text


def test_features_told_in_the_panel_and_beside_it(model: imtdx.Model) -> None:
    dx = model.diagnose({"SMA": "+", "MORPH_SPINDLE": "positive"}, morphology="no spindle cells")
    frame = pd.DataFrame({"SMA": ["+"], "MORPH_SPINDLE": ["positive"], "morphology": ["no spindle cells"]})
    scored = model.score(frame)
    assert [c.marker for c in dx.panel.contradictions] == ["MORPH_SPINDLE"]
    assert "contradiction" in scored["flags"][0].split(";") and scored["n_findings"][0] == 1
    assert scored["p_imt"][0] == pytest.approx(dx.probability(), rel=1e-12)


def test_what_is_given_beside_a_text_wins_and_is_told(model: imtdx.Model) -> None:
    panel = model.panel("MORPH_NECROSIS=positive; SMA=positive", morphology="no necrosis")
    assert panel["MORPH_NECROSIS"].value == "negative" and not panel.contradictions
    assert [r.text for r in panel.remarks] == ["necrosis is absent as given beside the text, which tells present"]
    assert not model.panel("MORPH_NECROSIS=negative; SMA=positive", morphology="no necrosis").remarks


def test_a_mapping_holds_what_a_frame_may_hold(model: imtdx.Model) -> None:
    cells = {"ALK": pd.NA, "SMA": 2.0, "Desmin": True, "S-100": float("nan"), "Ki-67": 10.0, "CD34": None, "KIT": 0}
    dx = model.diagnose(cells)
    scored = model.score(pd.DataFrame([cells], dtype=object))
    assert dx.panel.to_text() == "SMA=diffuse; DES=positive; KI67=10; KIT=negative"
    assert scored["p_imt"][0] == pytest.approx(dx.probability(), rel=1e-12) and scored["n_findings"][0] == 4
    with pytest.raises(imtdx.UsageError, match="not int"):
        model.diagnose(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"naive": True}, {"without_sources": ("choi2015bladder", "cheah2013afhalk")}])
def test_the_clone_remark_at_both_doors(options: dict[str, Any]) -> None:
    model = imtdx.load(**options)
    scored = model.score(pd.DataFrame({"ALK": ["- (ALK1)", "-"], "SMA": "+"}))
    told = ["clone_sensitivity" in flags.split(";") for flags in scored["flags"]]
    assert told == [True, False]
    for text, want in zip(("ALK- (ALK1)", "ALK-"), told, strict=True):
        assert ("clone_sensitivity" in [f.id for f in model.diagnose(f"{text} SMA+", draws=2).flags]) == want


def test_a_pattern_told_twice(model: imtdx.Model) -> None:
    """What is told of the pattern itself goes before what the stain implies, in whatever column it stands."""
    frame = pd.DataFrame({"ALK": ["nuclear membrane +"], "ALK_PATTERN": ["negative"], "SMA": ["+"]})
    dx = model.diagnose({"ALK": "nuclear membrane +", "ALK_PATTERN": "negative", "SMA": "+"}, draws=2)
    for columns in permutations(frame.columns):
        got = model.score(frame[list(columns)])["p_imt"][0]
        assert got == pytest.approx(dx.probability(), rel=1e-12)
        assert model.diagnose({c: frame[c][0] for c in columns}, draws=2).probability() == dx.probability()


def test_the_rows_of_a_case_may_stand_in_any_chunk(model: imtdx.Model, tmp_path: Any) -> None:
    from imtdx.tables import score_table

    filler = [f"f{k},SMA,+" for k in range(200)]
    seen = set()
    for order in permutations(["a,ALK,+", "a,ALK,-", "a,ALK,focal +"]):
        lines = ["case_id,marker,value", "a,SMA,+", order[0], *filler, order[1], *filler, order[2]]
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        score_table(model, tmp_path / "t.csv", tmp_path / "o.csv")
        first = (tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()[1]
        seen.add(first)
        issues = pd.read_csv(tmp_path / "o.csv.issues.csv")
        assert len(issues) == 1 and lines[issues["row"][0]].startswith("a,ALK,")
    assert len(seen) == 1 and "contradiction" in seen.pop()
