"""Fifty panels through every writer: terminal, JSON, CSV, HTML, FHIR, batch report and page carry the same numbers."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser import Browser
from panels import random_panels

import imtdx
from imtdx.differential import Differential
from imtdx.page import build_page
from imtdx.report.batch import case_record
from imtdx.report.html import case_report
from imtdx.words import evidence_label, percent

N = 50


@pytest.fixture(scope="module")
def cases(model: imtdx.Model) -> list[Differential]:
    return [
        model.diagnose(p, draws=40, case_id=f"case {k}")
        for k, p in enumerate(random_panels(model, N, seed=11, most=12))
    ]


def _interval(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}".replace(" %", "")


# --- JSON and FHIR: the numbers themselves ----------------------------------------------------------------------------
def test_json(cases: list[Differential]) -> None:
    for dx in cases:
        data = json.loads(dx.to_json())
        assert data["ranking"] == [r.to_dict() for r in dx.rows]
        for i, contributions in data["contributions"].items():
            assert [(c["marker"], c["log10_lr"]) for c in contributions] == [
                (c.marker, c.log10_lr) for c in dx.contributions(i)
            ]
        assert data["what_if"] == [w.to_dict() for w in dx.what_if()]
        assert data["conflict"]["conf"] == dx.conflict.conf and data["conflict"]["p_value"] == dx.conflict.p_value
        assert [t["bits"] for t in data["next_tests"]["tests"]] == [t.bits for t in dx.next_tests(5)]
        assert data["drivers"] == dx.drivers


def test_fhir(cases: list[Differential]) -> None:
    for dx in cases:
        risk = json.loads(json.dumps(dx.to_fhir()))["entry"][0]["resource"]
        for prediction, r in zip(risk["prediction"], dx.rows, strict=True):
            assert prediction["outcome"]["text"] == r.name
            assert prediction["probabilityDecimal"] == pytest.approx(100 * r.probability, abs=1e-6)
            told = prediction["rationale"].split("; ")
            assert told[0] == f"95 % credible interval {percent(r.low)} to {percent(r.high)}"
            assert told[1:] == [f"prior {percent(r.prior)}", f"log10 Bayes factor {r.log10_bf:+.2f}"]


# --- terminal ---------------------------------------------------------------------------------------------------------
def test_terminal(cases: list[Differential]) -> None:
    for dx in cases:
        text = dx.to_text(top=200, explain=True, width=100)
        lines = re.findall(r"^ ?(\d+)  .*? +([<>]?[\d.]+ %) +\((\S+ to \S+)\)$", text, re.M)
        assert lines == [(str(r.rank), percent(r.probability), _interval(r.low, r.high)) for r in dx.rows]
        # the reasons of the first diagnosis, up to the next paragraph
        why = re.search(r"^Why .*?total ([+-][\d.]+)\)\n(.*?)(?:\n\n|\Z)", text, re.M | re.S)
        if dx.evidence:
            assert why
            assert why[1] == f"{sum(c.log10_lr for c in dx.contributions(dx.rows[0].id)):+.2f}"
            weights = re.findall(r"^ +([+-]\d+\.\d\d)  ", why[2], re.M)
            assert sorted(weights) == sorted(f"{c.log10_lr:+.2f}" for c in dx.contributions(dx.rows[0].id))


# --- HTML -------------------------------------------------------------------------------------------------------------
def _tables(text: str) -> dict[str, list[list[str]]]:
    """Caption -> rows of cells as plain text; tables of one caption are joined."""
    out: dict[str, list[list[str]]] = {}
    for caption, body in re.findall(r"<caption[^>]*>(.*?)</caption>.*?<tbody>(.*?)</tbody>", text, re.S):
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)
        cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
        plain = [[html.unescape(re.sub(r"<[^>]+>", " ", c)).strip() for c in row] for row in cells]
        out.setdefault(html.unescape(caption), []).extend(plain)
    return out


def test_html(cases: list[Differential]) -> None:
    for dx in cases:
        text = case_report(dx)
        tables = _tables(text)
        ranking = tables["Ranked diagnoses"] + tables["Further diagnoses"]
        for cells, r in zip(ranking, dx.rows, strict=True):
            interval = _interval(r.low, r.high) + " %"
            assert [*cells[:2], *cells[3:5]] == [r.name, str(r.rank), percent(r.probability), interval]
            assert cells[5:] == [f"{r.log10_bf:+.2f}", percent(r.prior)]
        for r in dx.rows[:3] if dx.evidence else ():
            section = re.search(rf"<section[^>]*><h2>Why {re.escape(html.escape(r.name))}, .*?</section>", text, re.S)
            assert section
            ((caption, rows),) = _tables(section[0]).items()
            told = [(re.sub(r"\s+\(read together.*", "", row[0]), row[1]) for row in rows]
            expected = [(evidence_label(dx, c.marker, c.value), f"{c.log10_lr:+.2f}") for c in dx.contributions(r.id)]
            assert sorted(told) == sorted(expected)
            assert caption.endswith(f"{sum(c.log10_lr for c in dx.contributions(r.id)):+.2f}")
        what_if = tables.get("One finding otherwise, all others as they are", [])
        assert [(r[2], r[3]) for r in what_if] == [(percent(w.p_top), percent(w.p_imt)) for w in dx.what_if()]
        tests = tables.get("Tests to consider, most informative first", [])
        expected_tests = [[t.label, f"{t.bits:.2f}", percent(t.changes_first)] for t in dx.next_tests(5)]
        assert [r[:3] for r in tests] == expected_tests
        assert f"{dx.conflict.conf:+.2f} bit" in text and percent(dx.conflict.p_value) in html.unescape(text)


def test_batch(cases: list[Differential]) -> None:
    for dx in cases:
        record = case_record(dx)
        assert record.ranking == tuple((r.id, r.name, r.probability) for r in dx.rows[:5])
        assert record.p_imt == dx.probability("imt") and record.conflict == dx.conflict.conf
        heavy = [c.log10_lr for c in dx.contributions(dx.rows[0].id)][:8]
        assert [w for _, w in record.weights] == heavy


# --- tables -----------------------------------------------------------------------------------------------------------
def test_csv(model: imtdx.Model, cases: list[Differential]) -> None:
    frame = pd.DataFrame(
        {
            "case_id": [dx.case_id for dx in cases],
            "panel": [dx.panel.to_text() for dx in cases],
            "age": [dx.panel.context.age for dx in cases],
            "sex": [dx.panel.context.sex for dx in cases],
            "site": [dx.panel.context.site for dx in cases],
        }
    )
    written = io.StringIO()
    model.score(frame, full=True).to_csv(written)
    scored = pd.read_csv(io.StringIO(written.getvalue()))
    assert list(scored["case_id"]) == list(frame["case_id"])
    for k, dx in enumerate(cases):
        row = scored.iloc[k]
        for r in dx.rows:
            assert row[f"p_{r.id}"] == pytest.approx(r.probability, abs=1e-6), (dx.panel.to_text(), r.id)
        for place, r in enumerate(dx.rows[:3], start=1):
            assert row[f"p{place}"] == pytest.approx(r.probability, abs=1e-6)
        assert row["top1"] == dx.rows[0].id
        imt = next(r for r in dx.rows if r.id == "imt")
        assert row["log10_bf_imt"] == pytest.approx(imt.log10_bf, abs=1e-4)
        assert row["conflict"] == pytest.approx(dx.conflict.conf, abs=1e-3)


# --- the page ---------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def page(model: imtdx.Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path: Path = tmp_path_factory.mktemp("page") / "imtdx.html"
    path.write_text(build_page(model), encoding="utf-8")
    with Browser() as b:
        b.open(path)
        b.run("imtdx.ready")
        yield b


def test_page(cases: list[Differential], page: Browser) -> None:
    for dx in cases:
        c = dx.panel.context
        options = {"age": c.age, "sex": c.sex, "site": c.site and c.site.replace("_", " "), "draws": dx.n_draws}
        theirs = page.run(f"imtdx.diagnose({json.dumps(dx.panel.to_text())}, {json.dumps(options)})")
        ours = dx.to_dict()
        for key in (
            "ranking",
            "contributions",
            "what_if",
            "next_tests",
            "best_panel",
            "drivers",
            "tissue_quality",
            "flags",
        ):
            assert theirs[key] == _about(ours[key]), key


def _about(value: Any) -> Any:
    """Plain data whose figures may differ in the last digits."""
    if isinstance(value, dict):
        return {k: _about(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_about(v) for v in value]
    return pytest.approx(value, abs=1e-6) if isinstance(value, float) else value


def test_words_of_the_page(page: Browser) -> None:
    values = [0.0, 1e-9, 0.000499, 0.0005, 0.0123, 0.12349, 0.5, 0.98765, 0.9994, 0.99951, 1.0]
    assert page.run(f"{json.dumps(values)}.map(percent)") == [percent(v) for v in values]
