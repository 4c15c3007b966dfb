"""Figures of merit against values worked out by hand, and `evaluate` from table to report."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import imtdx
from imtdx.cli import cli
from imtdx.errors import InputError, TableError
from imtdx.validation import (
    RIVALS,
    STAINS,
    WITH_MORPHOLOGY,
    Evaluation,
    LabelledCase,
    evaluate,
    metrics,
    read_cases,
    read_frame,
    simulate,
)
from imtdx.validation.asking import answers, variant
from imtdx.validation.pictures import confusion_matrix
from imtdx.validation.rivals import ask_rival

DATA = Path(__file__).parent / "data"
CASES = DATA / "published_cases.csv"


@pytest.fixture(scope="module")
def cases(model: imtdx.Model) -> list[LabelledCase]:
    return read_cases(model, CASES).cases


@pytest.fixture(scope="module")
def result(model: imtdx.Model, cases: list[LabelledCase]) -> Evaluation:
    return evaluate(model, cases, draws=100)


# --- figures of merit ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Clopper & Pearson, as tabulated
    [
        (0, 10, 0.0, 0.3085),
        (10, 10, 0.6915, 1.0),
        (5, 10, 0.1871, 0.8129),
        (16, 16, 0.7941, 1.0),
        (53, 71, 0.6292, 0.8423),
    ],
)
def test_proportions_have_exact_intervals(k: int, n: int, low: float, high: float) -> None:
    e = metrics.proportion(k, n)
    assert (e.value, e.low, e.high) == (
        pytest.approx(k / n),
        pytest.approx(low, abs=1e-3),
        pytest.approx(high, abs=1e-3),
    )


def test_scores_of_a_case_worked_out_by_hand() -> None:
    posterior, truth = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]]), np.array([0, 1])
    assert metrics.ranks(posterior, truth).tolist() == [1, 2]
    assert metrics.log_scores(posterior, truth) == pytest.approx([-np.log(0.7), -np.log(0.2)])
    assert metrics.brier(posterior, truth) == pytest.approx([0.09 + 0.04 + 0.01, 0.49 + 0.64 + 0.01])


def test_ties_count_against_the_truth() -> None:
    assert metrics.ranks(np.full((1, 4), 0.25), np.array([0])).tolist() == [4]


def test_calibration_error_by_bins() -> None:
    stated = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, False, True, False])
    assert metrics.calibration_error(stated, right) == pytest.approx((2 * 0.45 + 2 * 0.05) / 4)


def test_few_cases_never_look_calibrated() -> None:
    assert metrics.chance_calibration_error(np.full(50, 0.5)) > metrics.chance_calibration_error(np.full(5000, 0.5)) > 0


def test_auroc_counts_ties_half() -> None:
    assert metrics.auroc(np.array([2.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])) == pytest.approx(0.875)
    assert np.isnan(metrics.auroc(np.ones(3), np.ones(3, bool)))


def test_smallest_sets() -> None:
    posterior = np.array([[0.9, 0.06, 0.04], [0.9, 0.06, 0.04], [0.96, 0.02, 0.02]])
    inside, size, mass = metrics.smallest_sets(posterior, np.array([1, 2, 1]))
    assert inside.tolist() == [True, False, False]
    assert size.tolist() == [2, 2, 1]
    assert mass == pytest.approx([0.96, 0.96, 0.96])


def test_paired_difference_is_zero_for_equals() -> None:
    a = np.array([1.0, 2.0, 4.0])
    assert metrics.paired_difference(a, a) == (0.0, 0.0)
    assert metrics.paired_difference(a + 1, a) == (pytest.approx(1.0), pytest.approx(0.0))


# --- cases -----------------------------------------------------------------------------------------------------------------


def test_every_published_case_is_read(cases: list[LabelledCase], model: imtdx.Model) -> None:
    """The table's readers agree with a plain reading of its normalised columns."""
    with CASES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(cases) == len(rows) == 71
    for case, row in zip(cases, rows, strict=True):
        told = dict(item.split("=") for column in ("panel", "morphology") for item in row[column].split(";") if item)
        said = {"present": "positive", "absent": "negative"}
        assert {f.marker: f.value for f in case.panel.findings} == {k: said.get(v, v) for k, v in told.items()}, case.id
        assert (case.id, case.truth, case.panel.context.sex) == (row["case_id"], row["diagnosis"], row["sex"] or None)
        assert case.panel.context.site == (row["site"] or None)


def test_published_cases_are_not_in_the_evidence(cases: list[LabelledCase]) -> None:
    assert [c.id for c in cases if c.sources] == []


def test_own_source_is_left_out(model: imtdx.Model) -> None:
    frame = pd.read_csv(DATA / "guo2025_cohort.csv", dtype=str).assign(diagnosis="IMT", source="guo2025shanxi")
    read = read_frame(model, frame)
    assert [c.sources for c in read.cases] == [("guo2025shanxi",)] * 16
    e = evaluate(model, read.cases, rivals=(), draws=0)
    assert e.own_sources == {"guo2025shanxi": 16}
    without = imtdx.load(without_sources=["guo2025shanxi"])
    expected, _ = answers(without.engine, [without.coder.evidence(c.panel) for c in read.cases])
    assert e.views[0].answer.scores == pytest.approx(expected)
    kept, _ = answers(model.engine, [model.coder.evidence(c.panel) for c in read.cases])
    assert np.abs(kept - expected).max() > 1e-3


def test_a_doi_names_the_source_too(model: imtdx.Model) -> None:
    source = next(s for s in model.knowledge.sources.values() if s.doi)
    read = read_frame(model, pd.DataFrame({"ALK": ["+"], "diagnosis": ["imt"], "doi": [source.doi.upper()]}))
    assert source.id in read.cases[0].sources


def test_rows_that_cannot_be_judged_are_named(model: imtdx.Model) -> None:
    frame = pd.DataFrame(
        {
            "id": list("abcd"),
            "ALK": ["+", "-", None, "+"],
            "SMA": ["+", "+", None, "-"],
            "diagnosis": ["IMT", "gisst", "GIST", None],
        }
    )
    read = read_frame(model, frame)
    assert [c.id for c in read.cases] == ["a"]
    why = dict(read.left_out)
    assert "did you mean" in why["b"] and "no finding" in why["c"] and "no final diagnosis" in why["d"]


def test_long_tables_and_mapped_headers(model: imtdx.Model) -> None:
    long = pd.DataFrame(
        {
            "case_id": ["a", "a", "b"],
            "marker": ["ALK", "SMA", "CD117"],
            "value": ["+", "focal", "+"],
            "diagnosis": ["imt", "imt", "gist"],
        }
    )
    read = read_frame(model, long)
    assert [(c.id, c.truth, c.panel.to_text()) for c in read.cases] == [
        ("a", "imt", "ALK=positive; SMA=focal"),
        ("b", "gist", "KIT=positive"),
    ]
    wide = pd.DataFrame({"stain one": ["+"], "final": ["GIST"]})
    read = read_frame(model, wide, "Final", mapping={"stain one": "KIT"})
    assert read.cases[0].panel.to_text() == "KIT=positive"


def test_a_missing_truth_column_says_which_there_are(model: imtdx.Model) -> None:
    with pytest.raises(TableError, match="diagnoses"):
        read_frame(model, pd.DataFrame({"ALK": ["+"], "diagnoses": ["imt"]}))
    with pytest.raises(TableError, match="no row"):
        read_frame(model, pd.DataFrame({"ALK": ["+"], "diagnosis": ["nothing"]}))
    with pytest.raises(InputError, match="no case"):
        evaluate(model, [])


# --- evaluation ------------------------------------------------------------------------------------------------------------


def test_both_views_and_all_rivals(result: Evaluation) -> None:
    assert [v.name for v in result.views] == [STAINS, WITH_MORPHOLOGY]
    for view in result.views:
        assert set(view.rivals) == set(RIVALS)
        f = view.figures
        assert f.top[1].value <= f.top[3].value <= f.top[5].value
        assert sum(r.n for r in view.reliability) == 71
        assert sum(g.n for g in view.groups["findings"].values()) == sum(g.n for g in view.groups["ALK"].values()) == 71
        assert sum(n for _, _, n in view.confusions) == 71 - round(71 * f.top[1].value)


def test_the_model_beats_every_simpler_method(result: Evaluation) -> None:
    for view in result.views:
        for name in ("prior alone", "raw proportions", "likelihood ratios"):
            mean, se = view.difference(name)["log_score"] or (0.0, 0.0)
            assert mean < -2 * se, name
        assert view.figures.top[1].value > view.rival_figures["nearest profile"].top[1].value


def test_posterior_is_that_of_diagnose(model: imtdx.Model, result: Evaluation) -> None:
    view = result[WITH_MORPHOLOGY]
    for k in (0, 30, 70):
        dx = model.diagnose(view.cases[k].panel)
        assert view.answer.scores[k] == pytest.approx(dx.posterior)
        assert view.answer.imt[k] == pytest.approx(next(r.log10_bf for r in dx.rows if r.id == "imt"))


def test_misses_carry_their_reasons(result: Evaluation) -> None:
    for view in result.views:
        for miss in view.misses:
            assert miss.rank > 1
            total = sum(w for _, _, w in miss.contributions)
            prior = dict(zip(result.model.diagnoses, result.model.prior, strict=True))
            odds = np.log10(miss.p_truth / miss.p_first) - np.log10(prior[miss.truth] / prior[miss.first])
            assert total == pytest.approx(odds, abs=1e-6)


def test_auroc_does_not_depend_on_the_prior_of_imt(
    model: imtdx.Model, cases: list[LabelledCase], result: Evaluation
) -> None:
    weights = {d: float(p) for d, p in zip(model.diagnoses, model.prior, strict=True)} | {"imt": 5.0}
    other = evaluate(imtdx.Model(model.knowledge, weights), cases, rivals=(), draws=0)
    assert other[STAINS].figures.auroc.value == pytest.approx(result[STAINS].figures.auroc.value)


def test_rivals_are_distributions(model: imtdx.Model, cases: list[LabelledCase]) -> None:
    panels = [c.panel for c in cases[:5]]
    for name in RIVALS:
        answer = ask_rival(name, model, panels)
        assert answer.scores.shape == (5, len(model.diagnoses))
        if answer.probabilistic:
            assert answer.scores.sum(axis=1) == pytest.approx(np.ones(5))


def test_variant_changes_only_what_was_asked(model: imtdx.Model, naive: imtdx.Model, cases: list[LabelledCase]) -> None:
    evidence = [model.coder.evidence(c.panel) for c in cases[:5]]
    assert answers(variant(model).engine, evidence)[0] == pytest.approx(answers(model.engine, evidence)[0])
    twin = variant(model, parts=dict.fromkeys(("fusion", "tissue", "links", "site_dependence", "site_context"), False))
    assert answers(twin.engine, evidence)[0] == pytest.approx(answers(naive.engine, evidence)[0])


def test_simulated_cases_are_calibrated(model: imtdx.Model) -> None:
    drawn = simulate(model, 5_000, seed=1)
    assert drawn.calibration_error < 0.02
    assert drawn.coverage >= 0.945
    assert drawn.coverage == pytest.approx(drawn.stated, abs=3 * (0.05 * 0.95 / 5_000) ** 0.5)


# --- writers -----------------------------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1


def test_html_is_whole_and_escaped(model: imtdx.Model, cases: list[LabelledCase]) -> None:
    odd = [replace(c, id=f"<script>{c.id}") for c in cases[:30]]
    page = evaluate(model, odd, draws=50, left_out=[("<b>", "<i>")]).to_html()
    tags = _Tags()
    tags.feed(page)
    # of each view the reliability diagram, the ROC curve and the confusion matrix; the last two with a description
    assert tags.counts["svg"] == 6 and tags.counts["circle"] > 4 and tags.counts["desc"] == 4
    assert page.count('role="img" aria-labelledby=') == 6
    assert "script" not in tags.counts and "b" not in tags.counts


def test_roc_curve_has_the_area_of_auroc() -> None:
    rng = np.random.default_rng(3)
    scores, positive = rng.integers(0, 9, 200).astype(float), rng.random(200) < 0.3
    false, true = metrics.roc_curve(scores, positive)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1) and len(false) == 10
    area = float(((true[1:] + true[:-1]) / 2 * np.diff(false)).sum())
    assert area == pytest.approx(metrics.auroc(scores, positive), abs=1e-12)


def test_confusion_matrix_counts_every_case_once(model: imtdx.Model, cases: list[LabelledCase]) -> None:
    view = evaluate(model, cases, draws=20).views[0]
    cells = re.findall(r"<title>(\S+) taken for (\S+): (\d+) of (\d+)", confusion_matrix(view, 0))
    assert sum(int(n) for *_, n, _ in cells) == len(view.cases)
    told = {(t, f): int(n) for t, f, n, _ in cells}
    for t, f, n in view.confusions:
        if {t, f} <= {name for pair in told for name in pair} - {"others"}:
            assert told[t, f] == n


def test_command_writes_text_json_and_html(tmp_path: Path) -> None:
    run = CliRunner()
    text = run.invoke(cli, ["evaluate", str(CASES)], catch_exceptions=False)
    assert text.exit_code == 0
    for words in ("with H&E features", "calibration error", "naive twin", "Worst misses", "By ALK"):
        assert words in text.stdout
    page = tmp_path / "evaluation.html"
    out = run.invoke(cli, ["evaluate", str(CASES), "--json", "--html", str(page)], catch_exceptions=False)
    data = json.loads(out.stdout)
    assert data["schema"] == "imtdx.evaluation/1" and data["cases"] == 71
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    # one result, many writers: the same figure in all three
    top1 = data["views"][0]["model"]["top1"]["value"]
    assert f"{top1:.3f}" in text.stdout and f"{top1:.3f}" in page.read_text(encoding="utf-8")


def test_command_refuses_a_table_without_labels(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("Case,ALK\n1,+\n", encoding="utf-8")
    with pytest.raises(TableError, match="--truth"):
        CliRunner().invoke(cli, ["evaluate", str(table)], catch_exceptions=False)
