"""Panels as reports write them: the specification, published cases, errors, round trip, random and long text."""

from __future__ import annotations

import contextlib
import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from work import calls

from imtdx.errors import PanelError
from imtdx.notation import Lexicon, parse_panel, read_case
from imtdx.panel import VALUES, Finding, Panel

HERE = Path(__file__).parent
KNOWLEDGE = HERE.parent / "knowledge"
DEFAULTS: dict[str, Any] = {"genes": (), "clones": (), "synonyms": (), "sense": "gain"}


def load(name: str) -> Any:
    return yaml.load((KNOWLEDGE / name).read_text(encoding="utf-8"), yaml.CSafeLoader)


def build() -> Lexicon:
    markers = {k: SimpleNamespace(**(DEFAULTS | v), id=k) for k, v in load("markers.yaml").items()}
    return Lexicon(markers, {**load("lexicon.yaml"), "prose": load("prose.yaml")})


LEXICON = build()


def examples() -> Iterator[Any]:
    groups = yaml.load((HERE / "notation_examples.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    for group, rows in groups.items():
        for n, row in enumerate(rows):
            yield pytest.param(*row, *[[]] * (3 - len(row)), id=f"{group}-{n}")


@pytest.mark.parametrize(("text", "findings", "left"), list(examples()))
def test_specification(text: str, findings: str, left: list[str]) -> None:
    panel = parse_panel(text, LEXICON)
    assert panel.to_text() == findings
    assert [("" if u.stain else "?") + u.text for u in panel.unrecognised] == left


def test_specification_is_large_enough() -> None:
    assert sum(1 for _ in examples()) >= 250


@pytest.mark.parametrize(("text", "findings", "left"), list(examples()))
def test_places_are_places_in_the_text(text: str, findings: str, left: list[str]) -> None:
    panel = parse_panel(text, LEXICON)
    for piece in panel.unrecognised:
        assert piece.span is not None
        assert text[slice(*piece.span)] == piece.text
        assert piece.reason
    for finding in panel.findings:
        assert finding.span is not None
        assert text[slice(*finding.span)].strip() == finding.reported


def test_published_cases() -> None:
    right = told = 0
    wrong, opposite = [], []
    with (HERE / "data" / "published_cases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            panel = parse_panel(row["panel_text"], LEXICON)
            read = {f.marker: f for f in panel.findings}
            for piece in row["panel"].split(";"):
                marker, expected = piece.split("=")
                told += 1
                finding = read.get(marker)
                got = None if finding is None else f"{finding.percent:g}" if finding.marker == "KI67" else finding.value
                got = "positive" if got == "diffuse" else got
                if got == expected:
                    right += 1
                    continue
                wrong.append((row["case_id"], piece, got))
                if got is not None and (got == "negative") != (expected == "negative"):
                    opposite.append((row["case_id"], piece, got))
            assert all(u.stain or u.reason.startswith("not read") for u in panel.unrecognised), row["case_id"]
    assert told > 300
    assert right / told >= 0.99, wrong
    assert not opposite


def test_canonical_column_of_the_published_cases() -> None:
    with (HERE / "data" / "published_cases.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            panel = parse_panel(row["panel"], LEXICON)
            assert ";".join(f"{f.marker}={f.value}" for f in panel.findings) == row["panel"]


# --- errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ALK+ SMA+ ALK-",
        "ALK positive. SMA focal. ALK negative.",
        "positive for CD34 and SMA; negative for CD34",
        "FISH_ALK=positive; FISH_ALK=negative",
        "c-kit+, CD117-",
    ],
)
def test_contradictions(text: str) -> None:
    panel = parse_panel(text, LEXICON)
    (both,) = panel.contradictions
    assert both.marker not in panel and {f.value for f in both.readings} == {"positive", "negative"}
    assert both.text.endswith("is told as positive and as negative")
    assert len(panel.told) == len(panel.findings) + 2


@pytest.mark.parametrize(
    "text", ["Ki-67 140 %", "SMA+; Ki-67 1000%", "ALK positive in 120% of cells", "KI67=140", "ALK (101%)"]
)
def test_impossible_percentages(text: str) -> None:
    with pytest.raises(PanelError, match="not possible"):
        parse_panel(text, LEXICON)


def test_caret_stands_under_the_word() -> None:
    text = "ALK+, SMA focal,\nvimenten+, CD34-"
    panel = parse_panel(text, LEXICON)
    assert [f.marker for f in panel.findings] == ["ALK", "SMA", "CD34"]
    with pytest.raises(PanelError) as caught:
        read_case(text, LEXICON)
    lines = str(caught.value).splitlines()
    assert lines[1] == "  vimenten+, CD34-"
    assert lines[2].startswith("  ^^^^^^^^")
    assert "vimentin" in lines[3]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("desmn+", "desmin"),
        ("CD 17-", "CD117"),
        ("S10-", "S100"),
        ("vimntin positive", "vimentin"),
        ("SMA+, keratn-", "keratin"),
    ],
)
def test_typing_errors_are_no_other_stain(text: str, name: str) -> None:
    panel = parse_panel(text, LEXICON)
    assert {f.marker for f in panel.findings} <= {"SMA"}
    with pytest.raises(PanelError) as caught:
        read_case(text, LEXICON)
    assert name.casefold() in caught.value.suggestion.casefold()


def test_real_stains_and_prose_are_no_error() -> None:
    read_case("CD138+, EBER-, SMA+ with a myofibroblastic tramtrack look, ALK-", LEXICON)
    read_case("", LEXICON)


def test_one_refusal_policy() -> None:
    report = "Woman of 40. The tumour was positive for SMA and for desmn. S100 was negative." * 3
    panel = read_case(report, LEXICON)
    assert {f.marker for f in panel.findings} == {"SMA", "S100"}
    assert any("desmn" in u.text for u in panel.unread)
    with pytest.raises(PanelError, match="no stain"):
        read_case(report, LEXICON, strict=True)
    with pytest.raises(PanelError, match="nothing"):
        read_case("hello world", LEXICON)
    assert read_case("ALK+, SMA is xyzzy zork positive", LEXICON).unread


def test_empty() -> None:
    assert parse_panel("", LEXICON) == Panel()
    assert parse_panel(" \n\t ", LEXICON).findings == ()


def test_equal_whatever_the_words() -> None:
    assert parse_panel("ALK+, SMA focal", LEXICON) == parse_panel("positive for ALK; SMA focally +", LEXICON)


# --- round trip ------------------------------------------------------------------------------------------------------------


@st.composite
def findings(draw: st.DrawFn, marker_id: str) -> Finding:
    marker: Any = LEXICON.markers[marker_id]
    if marker.kind == "index":
        low, high = sorted((draw(st.integers(0, 100)), draw(st.integers(0, 100))))
        value, bounds = draw(
            st.sampled_from(
                [
                    (f"{low}", (low, low)),
                    (f"<{high}", (0, high)),
                    (f">{low}", (low, 100)),
                    (f"{low}-{high}" if low < high else f"{low}", (low, high)),
                    ("not_done", (None, None)),
                    ("not_interpretable", (None, None)),
                ]
            )
        )
        return Finding(marker_id, value, low=bounds[0], high=bounds[1])
    if marker.kind != "ihc":
        return Finding(marker_id, draw(st.sampled_from([v for v in VALUES if v not in ("focal", "diffuse")])))
    low, high = sorted((draw(st.integers(0, 1000)) / 10, draw(st.integers(0, 1000)) / 10))
    if draw(st.booleans()):
        low = high = None  # type: ignore[assignment]
    return Finding(
        marker_id,
        draw(st.sampled_from(VALUES)),
        low=low,
        high=high,
        intensity=draw(st.sampled_from([None, "weak", "moderate", "strong"])),
        pattern=draw(
            st.sampled_from(
                [None, "nuclear", "cytoplasmic", "membranous", "nuclear-membrane", "perinuclear", "dot-like"]
            )
        ),
        clone=draw(st.sampled_from([None, *marker.clones])),
    )


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    ids = draw(st.lists(st.sampled_from(sorted(LEXICON.markers)), unique=True, max_size=12))
    return Panel(tuple(draw(findings(i)) for i in ids))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(panels())
def test_canonical_text_reads_back(panel: Panel) -> None:
    again = parse_panel(panel.to_text(), LEXICON)
    assert again == panel
    assert not again.unrecognised


WORDS = [
    "ALK", "SMA", "desmin", "S-100", "CD34", "Ki-67", "KIT", "MDM2", "beta-catenin", "H3K27me3", "ETV6-NTRK3", "ROS1",
    "FISH", "pan-TRK", "AE1/AE3", "CD138", "smma", "+", "-", "(+)", "(-)", "±", "++", "3+", "focal", "weak", "diffuse",
    "nuclear", "cytoplasmic", "10%", "<5%", "positive", "negative", "lost", "retained", "for", "not", "no", "and", "but",
    ",", ";", ".", ":", "(", ")", "/", "=", "rearranged", "fusion", "mutation", "NP", "repeat", "阳性", "low", "expression",
    "of", "was", "D5F3",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=20), st.sampled_from([" ", ""]))
def test_what_was_read_reads_back(words: list[str], glue: str) -> None:
    try:
        panel = parse_panel(glue.join(words), LEXICON)
    except PanelError:
        return
    assert parse_panel(panel.to_text(), LEXICON) == panel


# --- random text, long text -------------------------------------------------------------------------------------------------------


def random_text(rng: random.Random, words: list[str]) -> str:
    if rng.random() < 0.3:
        ranges = ((32, 127), (0, 0x3000), (0, 0xD800), (0xE000, 0x110000))
        return "".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(rng.randrange(50)))
    return rng.choice((" ", "")).join(rng.choice(words) for _ in range(rng.randrange(20)))


def test_random_text_raises_nothing_else(amount: Callable[[int, int], int]) -> None:
    rng, n = random.Random(20), amount(2_000, 20_000)
    names = [n.label for n in LEXICON.names.values()]
    words = [*WORDS * 8, *names, *LEXICON.vocabulary, *"+-–−()[]%<>=:;,.\n\t~?*\"'&/|"]
    refused = 0
    for _ in range(n):
        text = random_text(rng, words)
        try:
            panel = parse_panel(text, LEXICON)
        except PanelError as error:
            assert str(error)
            refused += 1
            continue
        for piece in (*panel.findings, *panel.unrecognised):
            assert piece.span is not None
            assert 0 <= piece.span[0] <= piece.span[1] <= len(text)
    assert refused < n / 2


LONG = {
    "signs": "+-",
    "pairs": "ALK+ ",
    "open": "(",
    "brackets": "()",
    "nested": "SMA (focal ",
    "lines": "\n",
    "word": "a",
    "words": "foo bar, ",
    "list": "SMA, desmin, ",
    "names": "ALK ",
    "digits": "9",
    "percent": "10% ",
    "hyphens": "a-",
    "cjk": "阳",
    "canonical": "ALK=positive;",
    "equals": "=",
    "not": "no ",
    "focal": "focal ",
    "fish": "ALK FISH ",
    "muscle": "smooth muscle ",
    "negative": "negative for ",
    "unknown": "foo+ ",
    "notes": "SMA (x) ",
    "points": ".",
    "prose": "The tumor cells are positive for SMA, but negative for S100. Ki-67 index was about 8%.\n",
}


@pytest.mark.parametrize("piece", LONG.values(), ids=LONG)
def test_work_grows_with_the_length_of_the_text(piece: str, amount: Callable[[int, int], int]) -> None:
    """Twice the text is about twice the calls, not four times; how long it takes is measured by ``make bench``."""

    def read(size: int) -> None:
        with contextlib.suppress(PanelError):
            parse_panel((piece * (size // len(piece.encode())))[:size], LEXICON)

    read(100)
    # twice as much is still within the 20,000 words and signs of a panel
    size = amount(2_000, 9_000)
    assert calls(lambda: read(2 * size)) < 2.5 * calls(lambda: read(size)) + 500


def test_more_is_refused() -> None:
    with pytest.raises(PanelError, match="at most"):
        parse_panel("ALK+ " * 20_001, LEXICON)


def test_construction_is_lazy() -> None:
    """Words are compiled when first needed: a new lexicon costs next to nothing beside its first panel."""
    markers, words = LEXICON.markers, LEXICON.words
    assert calls(lambda: Lexicon(markers, words)) < 0.01 * calls(lambda: parse_panel("ALK+", Lexicon(markers, words)))
