"""How much of the knowledge rests on published evidence, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from imtdx.knowledge import UNLISTED, Knowledge
from imtdx.rates import pooled_counts

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["FOUNDING_MARKERS", "LEADING", "CoverageReport", "CoverageRow", "LeadingRow", "coverage"]

#: The eight stains of the founding cohort (Guo 2025).
FOUNDING_MARKERS = ("ALK", "SMA", "VIM", "DES", "KIT", "S100", "DOG1", "KI67")
#: What every leading diagnosis should have on counts besides its own signature.
DECIDING = (*FOUNDING_MARKERS, "CD34", "FISH_ALK")
#: The diagnoses that lead most differentials of a spindle-cell lesion in which IMT is on the table.
LEADING = (
    "imt", "gist", "schwannoma", "leiomyosarcoma", "leiomyoma", "desmoid", "nodular_fasciitis", "sft", "rhabdomyosarcoma",
    "mpnst", "lgms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Cells of one diagnosis, one marker or the whole.

    Attributes:
        name: its id; ``"total"`` for the whole.
        cells: how many there are.
        counted, words, judged: how many rest on counts (or a definition), on words, and on stated judgement alone; the others on
            the background rate of the marker. Counts and words too may lie over a judgement.
        two: how many rest on two counted studies or more.
    """

    name: str
    cells: int
    counted: int
    words: int
    judged: int
    two: int

    @property
    def share(self) -> float:
        """Share of the cells with any evidence (0 to 1)."""
        return (self.counted + self.words) / self.cells if self.cells else 0.0


@dataclass(frozen=True, slots=True)
class LeadingRow:
    """The deciding markers of one leading diagnosis.

    Attributes:
        markers: founding markers, CD34, ALK FISH and its signature.
        counted: those on counts.
        two: those on two counted studies or more.
        missing: those not on counts.
    """

    name: str
    markers: tuple[str, ...]
    counted: int
    two: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """Coverage by diagnosis, by marker, in total, and of the leading diagnoses."""

    total: CoverageRow
    diagnoses: tuple[CoverageRow, ...]
    markers: tuple[CoverageRow, ...]
    leading: tuple[LeadingRow, ...]

    @property
    def leading_share(self) -> float:
        """Share of the deciding cells of the leading diagnoses that rest on counts (0 to 1)."""
        wanted = sum(len(r.markers) for r in self.leading)
        return sum(r.counted for r in self.leading) / wanted if wanted else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return {**asdict(self), "share": self.total.share, "leading_share": self.leading_share}


def coverage(model: Model) -> CoverageReport:
    """Count the evidenced cells. The open answer is left out: it is an average and never studied.

    Args:
        model: the model.
    """
    knowledge = model.knowledge
    diagnoses = [d for d in knowledge.diagnoses if d != UNLISTED]
    grid = {(d, m): _evidence(model, d, m) for d in diagnoses for m in knowledge.markers}
    leading = []
    for d in (x for x in LEADING if x in knowledge.diagnoses):
        wanted = tuple(
            m for m in dict.fromkeys((*DECIDING, *knowledge.diagnoses[d].signature)) if m in knowledge.markers
        )
        studies = {m: grid[d, m] for m in wanted}
        leading.append(
            LeadingRow(
                name=d,
                markers=wanted,
                counted=sum(n > 0 for n, _, _ in studies.values()),
                two=sum(n > 1 for n, _, _ in studies.values()),
                missing=tuple(m for m, (n, _, _) in studies.items() if n == 0),
            )
        )
    return CoverageReport(
        total=_row("total", grid.values()),
        diagnoses=tuple(_row(d, (grid[d, m] for m in knowledge.markers)) for d in diagnoses),
        markers=tuple(_row(m, (grid[d, m] for d in diagnoses)) for m in knowledge.markers),
        leading=tuple(leading),
    )


def _evidence(model: Model, diagnosis: str, marker: str) -> tuple[int, bool, bool]:
    """Number of counted studies (a definition counts as one), whether there is any evidence at all, and any judgement."""
    knowledge: Knowledge = model.knowledge
    d = knowledge.diagnoses[diagnosis]
    if knowledge.markers[marker].kind == "index":
        n = sum(r.use == "pooled" for r in d.ki67)
        judged = knowledge.judgement.diagnoses.get(diagnosis)
        return n, n > 0, bool(judged and judged.ki67)
    cell = model.network.rates.cell(diagnosis, marker)
    if cell.kind == "counted":
        pattern = knowledge.markers[marker].kind == "pattern"
        rows = (s for s in d.evidence.get(marker, ()) if s.use == "pooled" or (pattern and s.use == "conditional"))
        return len(pooled_counts(rows)), True, cell.judged is not None
    return int(cell.kind == "defined"), cell.kind not in ("background", "judged"), cell.judged is not None


def _row(name: str, cells: Iterable[tuple[int, bool, bool]]) -> CoverageRow:
    rows = list(cells)
    return CoverageRow(
        name=name,
        cells=len(rows),
        counted=sum(n > 0 for n, _, _ in rows),
        words=sum(n == 0 and any_ for n, any_, _ in rows),
        judged=sum(not any_ and judged for _, any_, judged in rows),
        two=sum(n > 1 for n, _, _ in rows),
    )
