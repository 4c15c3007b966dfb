"""Review of the stated judgement by pathologists: a sheet to fill in, read back as an overlay, opinions pooled.

    imtdx knowledge review sheet -o sheet.xlsx          cells in the order of how much they can move a first answer
    imtdx knowledge review read sheet.xlsx --role ... --date ... -o review.yaml
    imtdx knowledge review pooled review.yaml ...       what reviewers say beside what was stated, and how far they disagree
    imtdx diagnose ... --knowledge review.yaml          with the pooled opinions under the counts

A pooled rate is the mean of the log odds of the stated rate and of every review.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.errors import InputError, TableError, UsageError
from imtdx.knowledge import UNLISTED

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["Pooled", "SheetRow", "influence", "pooled", "read_sheet", "sheet", "write_sheet"]

_FILL_IN = ("review_percent", "review_note")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One judged cell as a reviewer sees it; counts stand beside it for information.

    Attributes:
        rank: order of review, the cells that can move a first answer most first.
        percent: stated share of cases reported positive; ``elicited``: of each elicitation, where told.
        counts: published positives of cases, empty without any; ``used``: rate in the network, in percent.
    """

    rank: int
    diagnosis: str
    diagnosis_name: str
    marker: str
    marker_name: str
    percent: float
    confidence: str
    elicited: str
    counts: str
    used: float
    changed: str


@dataclass(frozen=True, slots=True)
class Pooled:
    """A cell that somebody reviewed: percentages, and the standard deviation of the log odds as disagreement."""

    diagnosis: str
    marker: str
    stated: float
    reviews: tuple[tuple[str, str, float], ...]
    pooled: float
    disagreement: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


def influence(model: Model) -> dict[tuple[str, str], float]:
    """How much each judged cell can move a first answer: (diagnosis, marker) -> a relative weight.

    The chance that the diagnosis is in question, times how often the marker is told of it, times what a wrong rate moves: the
    standard deviation of the log likelihood of a result, positive or negative as often as over all diagnoses.

    Args:
        model: the model.
    """
    k, out = model.knowledge, {}
    average = {
        m.id: float(model.prior @ model.network.rates.marker(m.id).mean)
        for m in k.markers.values()
        if m.kind != "index"
    }
    for d, prior in zip(model.diagnoses, model.prior, strict=True):
        judged = k.judgement.diagnoses.get(d)
        if judged is None or d == UNLISTED:
            continue
        usual = float(np.mean(list(judged.ordered.values()))) if judged.ordered else 0.1
        for marker in judged.rates:
            cell, positive = model.network.rates.cell(d, marker), average[marker]
            spread = np.sqrt(cell.mean * (1 - cell.mean) / (cell.alpha + cell.beta + 1))
            moved = positive * spread / cell.mean + (1 - positive) * spread / (1 - cell.mean)
            told = judged.ordered.get(marker, usual * (0.3 if k.markers[marker].is_stain else 0.1))
            out[d, marker] = float(np.sqrt(prior) * told * moved)
    return out


def sheet(model: Model, top: int | None = None, diagnosis: str | None = None) -> list[SheetRow]:
    """The judged cells to review, in the order of their influence.

    Args:
        model: the model.
        top (int | None): how many; all with ``None``.
        diagnosis (str | None): of one diagnosis only, by id, name or abbreviation.

    Raises:
        UsageError: the knowledge states no judgement.
        UnknownNameError: no such diagnosis.
    """
    k = model.knowledge
    if not k.judgement:
        raise UsageError("the knowledge states no judgement; there is nothing to review")
    wanted = None if diagnosis is None else k.diagnosis_id(diagnosis)
    weight = influence(model)
    order = sorted((c for c in weight if wanted in (None, c[0])), key=lambda c: (-weight[c], c))[:top]
    rows = []
    for rank, (d, m) in enumerate(order, start=1):
        judged, cell = k.judgement.diagnoses[d].rates[m], model.network.rates.cell(d, m)
        rows.append(
            SheetRow(
                rank=rank,
                diagnosis=d,
                diagnosis_name=k.diagnoses[d].name,
                marker=m,
                marker_name=k.markers[m].label,
                percent=round(100 * judged.rate, 4),
                confidence=judged.confidence,
                elicited=" / ".join(f"{v:g}" for v in judged.elicited),
                counts=f"{cell.positive:g} of {cell.total:g}" if cell.total else "",
                used=round(100 * cell.mean, 2),
                changed=f"was {judged.was:g}: {judged.reason}" if judged.was is not None else "",
            )
        )
    return rows


def write_sheet(rows: Sequence[SheetRow], path: Path) -> None:
    """Write the rows with empty columns for the reviewer.

    Args:
        rows: of `sheet`.
        path: .csv or .xlsx.

    Raises:
        UsageError: another ending.
        OutputError: the file cannot be written.
    """
    from imtdx.files import write_bytes, write_text

    table = [[*(asdict(r).values()), "", ""] for r in rows]
    head = [*SheetRow.__dataclass_fields__, *_FILL_IN]
    if path.suffix.casefold() == ".csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([head, *table])
        write_text(path, out.getvalue())
    elif path.suffix.casefold() == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        page = book.create_sheet("review")
        page.freeze_panes = "A2"
        for line in [head, *table]:
            page.append(line)
        data = io.BytesIO()
        book.save(data)
        write_bytes(path, data.getvalue())
    else:
        raise UsageError(f"{path}: a sheet is a .csv or .xlsx file")


def read_sheet(model: Model, path: Path, role: str, date: str) -> str:
    """A sheet that was filled in, as the YAML of an overlay.

    Args:
        model: whose judged cells are reviewed.
        path: .csv or .xlsx.
        role (str): of the reviewer, such as "soft tissue pathologist"; no name is asked for.
        date (str): of the review.

    Returns:
        str: YAML with the key ``judgement``.

    Raises:
        TableError: no such file, or no column for the review.
        InputError: an unknown cell, or a percentage that is none; says the row.
    """
    if not role.strip() or not date.strip():
        raise UsageError("a review names the reviewer's role and its date")
    lines: dict[str, list[str]] = {}
    for number, row in enumerate(_rows(path), start=2):
        told = str(row.get("review_percent") or "").strip().rstrip("%").strip().replace(",", ".")
        if not told:
            continue
        d, m = str(row.get("diagnosis") or "").strip(), str(row.get("marker") or "").strip()
        if model.knowledge.judgement.rate(d, m) is None:
            raise InputError(
                f"{path}, row {number}: {m} in {d} has no judged rate; keep the columns diagnosis and marker as they were"
            )
        try:
            percent = float(told)
        except ValueError:
            percent = -1.0
        if not 0 < percent < 100:
            raise InputError(f"{path}, row {number}: {told!r} is no percentage between 0 and 100 (never at them)")
        note = str(row.get("review_note") or "").strip()
        review = {"role": role.strip(), "date": date.strip(), "percent": percent, **({"note": note} if note else {})}
        lines.setdefault(d, []).append(f"      {m}: [{{{', '.join(f'{k}: {_quoted(v)}' for k, v in review.items())}}}]")
    if not lines:
        raise InputError(f"{path}: no row has a review_percent; fill in at least one")
    head = f"overlay: {_quoted(f'review {date.strip()} ({role.strip()})')}\njudgement:\n  reviews:\n"
    return head + "".join(f"    {d}:\n" + "\n".join(cells) + "\n" for d, cells in lines.items())


def _quoted(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "'" + str(value).replace("'", "''").replace("\n", " ") + "'"


def _rows(path: Path) -> Iterable[Mapping[str, Any]]:
    """The rows of a sheet as mappings, header -> cell."""
    if not path.is_file():
        raise TableError(f"{path}: no such file")
    if path.suffix.casefold() == ".xlsx":
        import openpyxl

        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            lines: list[Sequence[Any]] = list(book.active.iter_rows(values_only=True))
        finally:
            book.close()
    else:
        with path.open(encoding="utf-8-sig", newline="") as f:
            text = f.read()
        # spreadsheets of some countries write semicolons
        delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    head = [str(h or "").strip() for h in lines[0]] if lines else []
    missing = [h for h in ("diagnosis", "marker", "review_percent") if h not in head]
    if missing:
        raise TableError(f"{path}: the column {missing[0]!r} is missing; use the sheet as it was written")
    return [dict(zip(head, line, strict=False)) for line in lines[1:]]


def pooled(model: Model) -> list[Pooled]:
    """Every cell that somebody reviewed, the most disputed first.

    Args:
        model: with the reviews as overlays.
    """
    out = [
        Pooled(
            d.id,
            marker,
            100 * r.rate,
            tuple((x.role, x.date, 100 * x.rate) for x in r.reviews),
            100 * r.pooled,
            r.disagreement,
        )
        for d in model.knowledge.judgement.diagnoses.values()
        for marker, r in d.rates.items()
        if r.reviews
    ]
    return sorted(out, key=lambda p: (-p.disagreement, p.diagnosis, p.marker))
