"""The text report on narrow and wide terminals, with and without colour."""

from __future__ import annotations

import re

import pytest
from panels import random_panels

import imtdx
import imtdx.words
from imtdx.cli.terminal import coloured, width
from imtdx.report.text import factor

LINE = "ALK+ SMA+ desmin focal+ CD117- S100- DOG1- Ki-67 10%"


@pytest.mark.parametrize("columns", [60, 72, 80, 100])
@pytest.mark.parametrize("explain", [False, True])
def test_no_line_runs_over(model: imtdx.Model, columns: int, explain: bool) -> None:
    panels = [*random_panels(model, 6, seed=3, most=12), model.panel(LINE, age=5, sex="m", site="mesentery")]
    for panel in panels:
        dx = model.diagnose(panel, draws=20, case_id="a case with a long name 123456789")
        text = dx.to_text(width=columns, explain=explain, against="gist" if explain else None, top=20)
        over = [line for line in text.split("\n") if len(line) > columns]
        assert not over, over


def test_columns_is_honoured_down_to_60(monkeypatch: pytest.MonkeyPatch) -> None:
    for told, columns in (("60", 60), ("72", 72), ("20", 60), ("300", 100), ("0", 80), ("wide", 80)):
        monkeypatch.setenv("COLUMNS", told)
        assert width() == columns, told


def test_colour_adds_no_word_and_has_one_meaning(model: imtdx.Model) -> None:
    text = model.diagnose(LINE, age=5, sex="male", site="mesentery", draws=20).to_text(explain=True)
    shown = coloured(text)
    assert re.sub(r"\x1b\[\d+m", "", shown) == text
    for line in shown.split("\n"):
        plain = re.sub(r"\x1b\[\d+m", "", line)
        if plain.startswith("  for      "):
            assert "\x1b[34m" in line
        if plain.startswith("  against  "):
            assert "\x1b[31m" in line
        if plain.startswith("! "):
            assert "\x1b[33m" in line
        if plain.startswith(("Panel", "Case", "imtdx ")):
            assert "\x1b" not in line


def test_what_if_stands_under_a_header(model: imtdx.Model) -> None:
    lines = model.diagnose(LINE, draws=20).to_text(explain=True).split("\n")
    at = next(k for k, line in enumerate(lines) if line.startswith("What if"))
    head, first = lines[at + 1], lines[at + 2]
    assert head.split() == ["finding", "first", "then", "its", "share", "IMT"]
    assert len(head) == len(first) and first.rstrip().endswith("%")


@pytest.mark.parametrize(
    ("log10", "words"),
    [(0.78, "x6"), (0.1, "x1.3"), (0.0, "x1"), (-0.6, "/4"), (2.23, "x170"), (3.5, "x3,200"), (9, "over x1,000,000")],
)
def test_weights_as_factors(log10: float, words: str) -> None:
    assert factor(log10) == words


def test_the_prior_in_words_is_what_that_prior_gives(model: imtdx.Model) -> None:
    dx = model.diagnose(LINE, draws=20)
    text = " ".join(dx.to_text().split())
    assert f"IMT starts at {imtdx.words.percent(dx.rows[0].prior)}" in text
    for start in (0.05, 0.4):
        other = imtdx.load(fixed_priors={"imt": start}).diagnose(LINE, draws=20)
        assert f"at {100 * start:.0f} % it would be {imtdx.words.percent(other.probability('imt'))}" in text
