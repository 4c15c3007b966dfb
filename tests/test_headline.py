"""The headline figures in docs/validation.json hold; `make validate` renews them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import imtdx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.validate import founding_cohort, headline, published  # noqa: E402

RECORD = ROOT / "docs" / "validation.json"
#: Figures for which less is better.
_LOSSES = ("log_score", "calibration_error")


@pytest.fixture(scope="module")
def figures(model: imtdx.Model) -> dict[str, dict[str, float]]:
    return headline(published(model, rivals=()), founding_cohort(model))


def test_no_figure_falls_short_of_the_documented_one(figures: dict[str, dict[str, float]]) -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert set(record["figures"]) == set(figures)
    short = [
        f"{view}: {name} is {figures[view][name]:.4f}, documented {documented:.4f} (tolerance {record['tolerance'][name]:g})"
        for view, values in record["figures"].items()
        for name, documented in values.items()
        if (figures[view][name] - documented) * (1 if name in _LOSSES else -1) > record["tolerance"][name] + 1e-9
    ]
    assert not short, "; ".join(short) + ". Mend it, or run `make validate` and say why in the change log."


def test_page_and_record_tell_the_same() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert record["knowledge"][:16] in page
    for view in ("without H&E features", "with H&E features"):
        assert f"| {view} | {record['figures'][view]['top1']:.3f}" in page
