"""Which stains tell two diagnoses apart, by their published counts."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.inspection.cells import CellRecord, cell_record

if TYPE_CHECKING:
    from imtdx._types import Array
    from imtdx.model import Model
    from imtdx.rates import Cell

__all__ = ["SeparationRecord", "compare"]

#: Draws of each rate behind the intervals.
_DRAWS = 4000
#: A difference whose 95 % interval holds zero and is wider than this leaves room for both "the same" and "far apart".
_WIDE = 0.4


@dataclass(frozen=True, slots=True)
class SeparationRecord:
    """How well one marker, read as positive or negative, separates two diagnoses.

    Attributes:
        marker, label: the marker.
        first, second: its cells in the two diagnoses.
        weight: expected weight of evidence for the true one of the two (log10 likelihood ratio), the mean over both being true;
            half the J-divergence (Jeffreys 1946) between the two rates. 1: one result shifts the odds tenfold on average.
        low, high: 95 % credible interval of ``weight``.
        difference, difference_low, difference_high: first rate less second, with 95 % credible interval.
        verdict: "separates", "overlaps" or "too thin".
        why: what the verdict rests on, in words.
    """

    marker: str
    label: str
    kind: str
    first: CellRecord
    second: CellRecord
    weight: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    verdict: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


def compare(model: Model, first: str, second: str) -> list[SeparationRecord]:
    """The markers that were studied in either of two diagnoses, the best separating first.

    Each marker is weighed alone; stains that move together (KIT and DOG1, SMA and MSA) are not worth the sum. Ranked by the
    expected weight of evidence at the mean rates. Cells too thin to tell come last, whatever their means.

    Args:
        model: the model; its rates are compared.
        first, second (str): diagnoses by id, name or abbreviation.

    Raises:
        UnknownNameError: no such diagnosis.
    """
    a, b = model.knowledge.diagnosis_id(first), model.knowledge.diagnosis_id(second)
    out = []
    for m in model.knowledge.markers.values():
        if m.kind == "index":
            continue
        cells = cell_record(model, a, m.id), cell_record(model, b, m.id)
        if any(c.studies for c in cells):
            out.append(_separation(model, m.kind, *cells))
    return sorted(out, key=lambda r: (r.verdict == "too thin", -r.weight, r.marker))


def _separation(model: Model, kind: str, first: CellRecord, second: CellRecord) -> SeparationRecord:
    rates = model.network.rates
    p, q = (rates.cell(c.diagnosis, c.marker) for c in (first, second))
    drawn_p, drawn_q = (_draw(c, r) for c, r in ((p, first), (q, second)))
    weight = float(_expected_weight(np.array(p.mean), np.array(q.mean)))
    low, high = np.quantile(_expected_weight(drawn_p, drawn_q), [0.025, 0.975])
    d_low, d_high = np.quantile(drawn_p - drawn_q, [0.025, 0.975])
    verdict, why = _verdict(first, second, float(d_low), float(d_high))
    return SeparationRecord(
        marker=first.marker,
        label=first.label,
        kind=kind,
        first=first,
        second=second,
        weight=weight,
        # the figure at the mean rates may lie a hair outside a skewed interval
        low=min(float(low), weight),
        high=max(float(high), weight),
        difference=p.mean - q.mean,
        difference_low=float(d_low),
        difference_high=float(d_high),
        verdict=verdict,
        why=why,
    )


def _draw(cell: Cell, record: CellRecord) -> Array:
    # seeded by the cell, so that a figure does not change with the rival
    rng = np.random.default_rng(zlib.crc32(f"{record.diagnosis} {record.marker}".encode()))
    return np.clip(rng.beta(cell.alpha, cell.beta, _DRAWS), 1e-9, 1 - 1e-9)


def _expected_weight(p: Array, q: Array) -> Array:
    """Mean of the two Kullback-Leibler divergences between Bernoulli rates, in log10."""
    out: Array = 0.5 * (p - q) * (np.log10(p / (1 - p)) - np.log10(q / (1 - q)))
    return out


def _verdict(first: CellRecord, second: CellRecord, low: float, high: float) -> tuple[str, str]:
    thin = [c for c in (first, second) if not c.on_counts and c.basis != "defined"]
    if thin:
        return "too thin", "; ".join(f"{c.abbreviation} {_lack(c)}" for c in thin)
    if low > 0 or high < 0:
        return "separates", "the rates differ beyond their uncertainty"
    if high - low > _WIDE:
        fewest = min((first, second), key=lambda c: c.total)
        return (
            "too thin",
            f"the rates could be the same or far apart; {fewest.abbreviation} {fewest.positive:g}/{fewest.total:g}",
        )
    return "overlaps", "the rates may be the same"


def _lack(cell: CellRecord) -> str:
    """What a cell has in place of counts."""
    if cell.basis == "qualitative":
        return "described in words only"
    if cell.basis == "average":
        return "the average of the others"
    return "without usable counts" if cell.studies else "not studied"
