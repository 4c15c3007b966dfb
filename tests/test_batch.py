"""The batch engine and the scorer give what `Model.diagnose` gives, for every kind of value."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import imtdx
from imtdx.answer.flags import COLUMN_FLAGS
from imtdx.batch.engine import BatchEngine
from imtdx.batch.scorer import Scorer
from imtdx.batch.vocabulary import Reader, cell_text
from imtdx.panel import Context, Finding, Panel
from imtdx.variables import AGE, SEX, SITE

VALUES = ("negative", "focal", "diffuse", "positive", "equivocal", "not_done", "not_interpretable")
KI67 = [("3", 3, 3), ("10", 10, 10), ("10-15", 10, 15), ("<5", 0, 5), (">30", 30, 100), ("0", 0, 0), ("5-60", 5, 60)]


@pytest.fixture(scope="module")
def model() -> imtdx.Model:
    return imtdx.load()


def random_finding(marker: str, kind: str, rng: np.random.Generator) -> Finding:
    if kind == "index":
        value, low, high = KI67[rng.integers(len(KI67))]
        return Finding(marker, value, low=float(low), high=float(high))
    value = str(rng.choice(VALUES))
    if marker == "ALK":
        clone = [None, "ALK1", "5A4", "D5F3", "CD246"][rng.integers(5)]
        pattern = [None, "nuclear-membrane", "cytoplasmic"][rng.integers(3)]
        return Finding(marker, value, clone=clone, pattern=pattern)
    return Finding(marker, value)


def random_panel(model: imtdx.Model, rng: np.random.Generator, n: int) -> Panel:
    """A panel of n random markers with random context; the pattern marker only without a pattern told by the stain."""
    markers = model.knowledge.markers
    chosen = [str(m) for m in rng.choice(list(markers), size=n, replace=False)]
    findings = [random_finding(m, markers[m].kind, rng) for m in chosen if m != "ALK_PATTERN" or "ALK" not in chosen]
    age = float(rng.choice([0.5, 2, 9.99, 14, 40, 81])) if rng.random() < 0.7 else None
    sex = str(rng.choice(["male", "female"])) if rng.random() < 0.7 else None
    site = str(rng.choice(model.network.states(SITE))) if rng.random() < 0.7 else None
    return Panel(tuple(findings), Context(age, sex, site))


def coded(model: imtdx.Model, panels: list[Panel]) -> tuple[Reader, dict[str, np.ndarray]]:
    """Panels as codes per variable."""
    reader = Reader(model)
    rows = [reader._findings(p.findings) | reader._context(p.context) for p in panels]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return reader, {name: np.array([row.get(name, 0) for row in rows]) for name in names}


@pytest.mark.parametrize("table_rows", [64, 4096])
def test_equals_diagnose_on_random_rows(model: imtdx.Model, table_rows: int, amount: Callable[[int, int], int]) -> None:
    rng = np.random.default_rng(20)
    panels = [random_panel(model, rng, int(rng.integers(0, 12))) for _ in range(amount(300, 2000))]
    reader, codes = coded(model, panels)
    engine = BatchEngine(model.engine, [reader.vocabulary(n).entries for n in codes], table_rows=table_rows)
    columns = [reader.collections(n).evidence(c) for n, c in codes.items()]
    got = engine.posterior(columns)
    blocks = list(engine.blocks(columns, block=len(panels)))
    for row, panel in enumerate(panels):
        evidence = model.coder.evidence(panel)
        want = model.engine.posterior(evidence) if evidence else model.prior
        assert np.abs(got[row] - want).max() < 1e-9
        assert blocks[0].log_evidence[row] == pytest.approx(model.engine.probability(evidence), abs=1e-9)
        assert blocks[0].compromised[row] == pytest.approx(model.engine.tissue(evidence)[1], abs=1e-9)


def test_all_markers_at_once_do_not_underflow(model: imtdx.Model) -> None:
    rng = np.random.default_rng(21)
    panels = [random_panel(model, rng, len(model.knowledge.markers)) for _ in range(60)]
    # every marker positive is as improbable as panels get
    panels.append(
        Panel(
            tuple(
                Finding(m.id, "diffuse") for m in model.knowledge.markers.values() if m.kind not in ("index", "pattern")
            )
        )
    )
    reader, codes = coded(model, panels)
    scored = Scorer(model, full=True)
    scored.reader = reader
    out = scored.score_codes(codes, len(panels), np.zeros(len(panels), bool))
    assert out.posterior is not None
    for row, panel in enumerate(panels):
        dx = model.diagnose(panel)
        assert np.abs(out.posterior[row] - dx.posterior).max() < 1e-9
        joint = np.logaddexp.reduce(dx.spine, axis=1)
        k = model.index("imt")
        want = (
            joint[k]
            - np.logaddexp.reduce(np.delete(joint, k))
            - (model.engine.log_prior[k] - np.log1p(-model.prior[k]))
        )
        assert out.log10_bf[row] == pytest.approx(want / np.log(10), abs=1e-8)


def test_scored_columns_equal_the_differential(model: imtdx.Model, amount: Callable[[int, int], int]) -> None:
    """Ranking, Bayes factor, conflict, flags and intervals are those of one case at a time."""
    rng = np.random.default_rng(22)
    panels = [random_panel(model, rng, int(rng.integers(0, 10))) for _ in range(amount(40, 120))]
    reader, codes = coded(model, panels)
    scorer = Scorer(model, full=True, intervals=True)
    scorer.reader = reader
    out = scorer.score_codes(codes, len(panels), np.zeros(len(panels), bool))
    columns = out.columns()
    assert out.low is not None and out.high is not None
    for row, panel in enumerate(panels):
        dx = model.diagnose(panel)
        assert [model.diagnoses[k] for k in out.top[row]] == [r.id for r in dx.rows[:3]]
        assert out.p[row] == pytest.approx([r.probability for r in dx.rows[:3]], abs=1e-9)
        imt = next(r for r in dx.rows if r.id == "imt")
        assert (out.p_imt[row], out.low[row], out.high[row]) == pytest.approx(
            (imt.probability, imt.low, imt.high), abs=1e-9
        )
        assert out.log10_bf[row] == pytest.approx(imt.log10_bf, abs=1e-9)
        assert out.conflict[row] == pytest.approx(dx.conflict.conf, abs=1e-8)
        assert out.n_findings[row] == len(panel.informative)
        bits, texts = columns["flags"]
        told, want = texts[bits[row]].split(";"), [f.id for f in dx.flags if f.id in COLUMN_FLAGS]
        # a misfit that takes a simulation is told for single cases only
        assert [f for f in told if f and f != "no_fit"] == [f for f in want if f != "no_fit"]
        assert "no_fit" in want or "no_fit" not in told


def test_repeated_panels_are_scored_once_and_alike(model: imtdx.Model) -> None:
    rng = np.random.default_rng(23)
    panels = [random_panel(model, rng, 6) for _ in range(40)]
    reader, codes = coded(model, panels)
    rows = rng.integers(0, 40, 5000)
    scorer = Scorer(model)
    scorer.reader = reader
    once = scorer.score_codes(codes, 40, np.zeros(40, bool))
    many = scorer.score_codes({k: v[rows] for k, v in codes.items()}, 5000, np.zeros(5000, bool))
    assert np.array_equal(many.top, once.top[rows])
    assert np.abs(many.p_imt - once.p_imt[rows]).max() < 1e-12
    assert np.array_equal(many.flag_bits, once.flag_bits[rows])


def test_naive_network_and_other_priors() -> None:
    for options in ({"naive": True}, {"prior": "uniform"}, {"parts": {"tissue": False}}):
        model = imtdx.load(**options)  # type: ignore[arg-type]
        frame = pd.DataFrame({"ALK": ["+", "-"], "SMA": ["+", "+"], "Ki-67": ["10%", "NP"], "age": [5, 60]})
        got = model.score(frame)
        want = [
            model.diagnose({"ALK": a, "SMA": "+", "Ki-67": k}, age=y).probability()
            for a, k, y in (("+", "10%", 5), ("-", "NP", 60))
        ]
        assert list(got["p_imt"]) == pytest.approx(want, abs=1e-9)


def test_codes_outside_a_vocabulary_are_refused(model: imtdx.Model) -> None:
    vocabulary = Reader(model).vocabulary("ALK").entries
    engine = BatchEngine(model.engine, [vocabulary])
    with pytest.raises(IndexError, match="codes must lie"):
        engine.posterior([np.array([len(vocabulary)])])
    with pytest.raises(IndexError, match="columns of codes"):
        engine.posterior([])
    with pytest.raises(ValueError, match="entry 0"):
        BatchEngine(model.engine, [[vocabulary[1]]])


def test_a_tree_too_large_for_a_table_is_remembered(model: imtdx.Model) -> None:
    rng = np.random.default_rng(24)
    reader = Reader(model)
    names = [SITE, "CK", "EMA", "CD34", AGE, SEX]
    vocabularies = [reader.vocabulary(n).entries for n in names]
    codes = [rng.integers(0, len(v), 500) for v in vocabularies]
    small = BatchEngine(model.engine, vocabularies, table_rows=32)
    large = BatchEngine(model.engine, vocabularies, table_rows=1 << 14)
    assert np.abs(small.posterior(codes) - large.posterior(codes)).max() < 1e-12
    assert np.abs(small.posterior(codes) - large.posterior(codes)).max() < 1e-12


def test_collections_of_results(model: imtdx.Model) -> None:
    """Codes stand for what was told; their union is merged as one, whatever the order."""
    reader = Reader(model)
    negative, positive, focal, unsure = (
        reader._findings([Finding("SMA", v)])["SMA"] for v in ("negative", "positive", "focal", "equivocal")
    )
    sma = reader.collections("SMA")
    assert sma.union(positive, focal) == sma.union(focal, positive) and sma.union(focal, 0) == focal
    value = {k: reader.vocabulary("SMA").code(model.coder.finding(Finding("SMA", k)), t) for k, t in (("focal", 2),)}
    assert sma.outcomes[sma.union(positive, focal)].code == value["focal"] == sma.outcomes[focal].code
    both = sma.union(negative, positive)
    assert sma.outcomes[both].contradiction == "SMA is told as positive and as negative" and not sma.outcomes[both].code
    third = sma.union(both, focal)
    assert sma.union(sma.union(focal, negative), positive) == third and sma.outcomes[third].contradiction
    assert sma.outcomes[sma.union(unsure, negative)].code == sma.outcomes[negative].code
    codes = np.array([0, both, positive, third])
    assert sma.evidence(codes).astype(bool).tolist() == [False, False, True, False]
    assert sma.contradicted(codes).tolist() == [False, True, False, True] and sma.noted(codes).tolist() == [1, 3]
    assert "SMA" not in reader._findings([Finding("SMA", "not_done")])


CELLS = {
    None: "", float("nan"): "", " + ": "+", 10.0: "10", 2.5: "2.5", True: "positive",
    "4,5": "4.5", "<2,5 %": "<2.5 %", "'+": "+", "a, b": "a, b", "": "",
}  # fmt: skip


@pytest.mark.parametrize(("value", "want"), CELLS.items())
def test_cell_text(value: object, want: str) -> None:
    assert cell_text(value) == want


def test_a_scorer_travels(model: imtdx.Model) -> None:
    frame = pd.DataFrame({"ALK": ["+"], "SMA": ["-"]})
    clone = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(clone.score(frame), model.score(frame))
    assert pickle.loads(pickle.dumps(Scorer(model))).score_codes({}, 2, np.zeros(2, bool)).status.tolist() == [1, 1]
