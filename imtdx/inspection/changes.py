"""What an overlay changes: which cells move, and by how much."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.variables import AGE, SEX, SITE

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["Change", "DiffReport", "Shift", "diff"]

#: Cells without rows of their own that move less than this (probability) are only counted.
_LEAST = 0.005


@dataclass(frozen=True, slots=True)
class Change:
    """One cell before and after.

    Attributes:
        rows: studies that the overlay adds to it.
        before, after: mean rate (probability); ``before`` is ``None`` for a new diagnosis or marker.
        before_basis, after_basis: counted, defined, qualitative or background.
        before_counts, after_counts: ``"55/84"``, empty without counts.
    """

    diagnosis: str
    marker: str
    rows: int
    before: float | None
    after: float
    before_basis: str
    after_basis: str
    before_counts: str
    after_counts: str

    @property
    def shift(self) -> float:
        """Change of the rate (probability); from the marker's background for a new cell."""
        return self.after - (self.before or 0.0)


@dataclass(frozen=True, slots=True)
class Shift:
    """One distribution (age, sex, site, Ki-67) that moves: half the summed absolute change, 0 to 1."""

    diagnosis: str
    variable: str
    size: float


@dataclass(frozen=True, slots=True)
class DiffReport:
    """What the overlays change.

    Attributes:
        overlays: their names.
        added: kind -> ids that are new (diagnoses, markers, sources, priors).
        changes: cells with added rows, and known cells that move by half a percentage point or more because the marker's
            heterogeneity or the average of the open answer moves; the largest first.
        minor: cells that move by less.
        shifts: distributions that move.
    """

    overlays: tuple[str, ...]
    added: dict[str, tuple[str, ...]]
    changes: tuple[Change, ...]
    minor: int
    shifts: tuple[Shift, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


def diff(before: Model, after: Model) -> DiffReport:
    """Compare a model with and without overlays.

    Args:
        before, after: models on the knowledge without and with the overlays.
    """
    old, new = before.knowledge, after.knowledge
    added = {
        "diagnoses": tuple(k for k in new.diagnoses if k not in old.diagnoses),
        "markers": tuple(k for k in new.markers if k not in old.markers),
        "sources": tuple(k for k in new.sources if k not in old.sources),
        "priors": tuple(k for k in new.priors if k not in old.priors),
    }
    changes, minor = [], 0
    for d in new.diagnoses.values():
        for m in new.markers.values():
            if m.kind == "index":
                continue
            change = _change(before, after, d.id, m.id)
            if change.rows or (change.before is not None and abs(change.shift) >= _LEAST):
                changes.append(change)
            elif change.before is not None and abs(change.shift) > 1e-9:
                minor += 1
    changes.sort(key=lambda c: (c.rows == 0, -abs(c.shift), c.diagnosis, c.marker))
    return DiffReport(new.overlays[len(old.overlays) :], added, tuple(changes), minor, tuple(_shifts(before, after)))


def _change(before: Model, after: Model, diagnosis: str, marker: str) -> Change:
    old = before.knowledge
    cell = after.network.rates.cell(diagnosis, marker)
    rows = len(after.knowledge.diagnoses[diagnosis].evidence.get(marker, ()))
    known = diagnosis in old.diagnoses and marker in old.markers
    was = before.network.rates.cell(diagnosis, marker) if known else None
    if known:
        rows -= len(old.diagnoses[diagnosis].evidence.get(marker, ()))
    return Change(
        diagnosis=diagnosis,
        marker=marker,
        rows=rows,
        before=None if was is None else was.mean,
        after=cell.mean,
        before_basis="" if was is None else was.kind,
        after_basis=cell.kind,
        before_counts="" if was is None or not was.total else f"{was.positive:g}/{was.total:g}",
        after_counts=f"{cell.positive:g}/{cell.total:g}" if cell.total else "",
    )


def _shifts(before: Model, after: Model) -> list[Shift]:
    """Distributions of known diagnoses that move, the largest first."""
    indices = [m.id for m in before.knowledge.markers.values() if m.kind == "index"]
    out = []
    for name in (AGE, SEX, SITE, *indices):
        old, new = before.network.table(name), after.network.table(name)
        for k, d in enumerate(before.diagnoses):
            size = 0.5 * float(np.abs(new[after.diagnoses.index(d)] - old[k]).sum())
            # the pooled share moves every diagnosis a hair
            if size >= _LEAST:
                out.append(Shift(d, name, size))
    return sorted(out, key=lambda s: -s.size)
