"""The founding cohort (Guo 2025): its counts as printed, and what the model makes of it without its own counts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import imtdx
from imtdx.notation import read_cell, read_header

DATA = Path(__file__).parent / "data"

# marker -> (positive of any kind, focal among them, tested), by Table 2
COUNTS = {
    "ALK": (10, 0, 16),
    "SMA": (14, 2, 15),
    "VIM": (11, 0, 14),
    "DES": (8, 1, 11),
    "KIT": (1, 1, 11),
    "S100": (0, 0, 16),
    "DOG1": (0, 0, 8),
}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(DATA / "guo2025_table2_ihc.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("marker", COUNTS)
def test_the_table_reads_as_printed(model: imtdx.Model, table: pd.DataFrame, marker: str) -> None:
    (column,) = [c for c in table.columns if read_header(c, model.lexicon) == marker]
    findings = [read_cell(marker, cell, model.lexicon) for cell in table[column]]
    told = [f for f in findings if f is not None and f.informative]
    positive = [f for f in told if f.value != "negative"]
    focal = [f for f in positive if f.value == "focal"]
    assert (len(positive), len(focal), len(told)) == COUNTS[marker]


def test_the_knowledge_holds_the_same_counts(model: imtdx.Model) -> None:
    imt = model.knowledge.diagnoses["imt"]
    for marker, (positive, focal, total) in COUNTS.items():
        (row,) = [s for s in imt.evidence[marker] if s.source == "guo2025shanxi"]
        assert (row.positive, row.focal or 0, row.total) == (positive, focal, total), marker


def test_not_performed_is_kept_and_carries_no_weight(model: imtdx.Model) -> None:
    with_np = model.diagnose({"ALK": "+", "SMA": "+", "DOG1": "NP"})
    without = model.diagnose({"ALK": "+", "SMA": "+"})
    assert with_np.panel["DOG1"].value == "not_done"
    assert with_np.probability("imt") == without.probability("imt")


@pytest.mark.parametrize("name", ["guo2025_table2_ihc.csv", "guo2025_cohort.csv"])
def test_imt_leads_without_the_cohorts_own_counts(name: str) -> None:
    model = imtdx.load(without_sources=["guo2025shanxi"])
    frame = pd.read_csv(DATA / name, dtype=str, keep_default_na=False)
    scored = model.score(frame)
    assert len(scored) == 16
    assert list(scored["Case"]) == list(frame["Case"])
    first = (scored["top1"] == "imt").sum()
    among_three = (scored[["top1", "top2", "top3"]] == "imt").any(axis=1).sum()
    assert first >= 10
    assert among_three >= 14
    assert (scored["status"] == "ok").all()
