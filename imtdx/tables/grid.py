"""Rows of cells in memory: sheets to choose among, header, chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from imtdx.batch.factors import factor_values
from imtdx.batch.told import Problem
from imtdx.errors import TableError
from imtdx.tables.chunks import Known, Loaded
from imtdx.tables.header import HEADER_ROWS, Header, find_header

__all__ = ["CHUNK_ROWS", "CellChunk", "Grid", "Sheet", "header_text", "pick_sheet", "without_end"]

#: Rows of a chunk; cells are Python objects and take room.
CHUNK_ROWS = 1 << 13


@dataclass
class Sheet:
    """A sheet or table of a document.

    Attributes:
        name: of it.
        rows: cells.
        hidden: not shown.
    """

    name: str
    rows: Sequence[Sequence[Any]]
    hidden: bool


def pick_sheet(
    path: Path, sheets: Sequence[Sheet], known: Known, wanted: str | None, what: str = "sheet"
) -> tuple[Sheet, str]:
    """The sheet to read, and what to say of the others.

    Args:
        path: of the document.
        sheets: with at least their first rows.
        known: how many of some headers are understood.
        wanted (str | None): the name asked for; by default the first that is shown and names about as many stains as any.
        what (str): what they are called.

    Raises:
        TableError: no such sheet; stains stand in hidden ones only; nothing but empty ones.
    """
    names = ", ".join(s.name for s in sheets)
    if wanted is not None:
        found = next((s for s in sheets if s.name == wanted), None)
        if found is None:
            raise TableError(f"{path} has no sheet {wanted!r}; its sheets are: {names}")
        return found, ""
    heads = [[[header_text(c) for c in row] for row in islice(s.rows, HEADER_ROWS)] for s in sheets]
    counts = [max((known(row) for row in head), default=0) for head in heads]
    filled = [any(any(row) for row in head) for head in heads]
    best = max((c for c, s in zip(counts, sheets, strict=True) if not s.hidden), default=0)
    if best == 0:
        secret = [s.name for c, s in zip(counts, sheets, strict=True) if c and s.hidden]
        if secret:
            raise TableError(
                f"{path}: the sheet {secret[0]!r}, which names stains, is hidden; give it with --sheet {secret[0]!r}"
            )
        place = next((k for k, (s, f) in enumerate(zip(sheets, filled, strict=True)) if f and not s.hidden), None)
        if place is None:
            raise TableError(f"{path} is empty ({what} {names}); expected a table with a header row")
        return sheets[place], ""
    place = next(k for k, (c, s) in enumerate(zip(counts, sheets, strict=True)) if not s.hidden and c >= 0.6 * best)
    others = [f"{s.name!r}{' (hidden)' if s.hidden else ''}" for k, s in enumerate(sheets) if k != place and filled[k]]
    if not others:
        return sheets[place], ""
    hint = "; --sheet names another" if what == "sheet" else ""
    return sheets[place], f" ({', '.join(others[:5])}{' and more' if len(others) > 5 else ''} not read{hint})"


class Grid:
    """The header and the rows below it.

    Args:
        path: of the file.
        rows: cells.
        known: finds the header.
        where (str): what part of the file, for errors.

    Raises:
        TableError: nothing in it.
    """

    def __init__(self, path: Path, rows: Sequence[Sequence[Any]], known: Known, where: str) -> None:
        head = [[header_text(c) for c in r] for r in rows[:HEADER_ROWS]]
        if not any(any(r) for r in head):
            raise TableError(f"{path}, {where} is empty; expected a table with a header row")
        self._header: Header = find_header(head, known)
        names = self._header.names
        while names and not names[-1]:
            names = names[:-1]
        self.headers = names
        self._rows = rows[self._header.data :]

    def note(self) -> str:
        """What to say of the rows above the header."""
        return self._header.note()

    def parts(self) -> Iterator[list[list[Any]]]:
        """The rows below the header, some at a time."""
        rows = without_end([list(r) for r in self._rows])
        while part := list(islice(rows, CHUNK_ROWS)):
            yield part


@dataclass
class CellChunk:
    """Some rows of cells.

    Attributes:
        rows: the cells.
        width: columns with a header.
        problems: (row of the chunk, problem).
    """

    rows: list[list[Any]]
    width: int
    problems: Sequence[tuple[int, Problem]] = ()

    def load(self, columns: Sequence[int], id_column: int | None) -> Loaded:
        import polars as pl

        def column(k: int) -> list[Any]:
            return [r[k] if k < len(r) and r[k] != "" else None for r in self.rows]

        ragged = list(self.problems)
        for row, cells in enumerate(self.rows):
            extra = [str(c) for c in cells[self.width :] if c is not None and str(c).strip()]
            if extra:
                problem = "cells to the right of the last header are not used"
                ragged.append((row, Problem(" | ".join(extra)[:200], problem, "give these columns a header")))
        ids = None
        if id_column is not None:
            ids = pl.Series([None if v is None else str(v) for v in column(id_column)], dtype=pl.String)
        return Loaded(len(self.rows), {k: factor_values(column(k)) for k in columns}, ids, ragged)


def without_end(rows: Sequence[list[Any]] | Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows up to the last that holds something. A blank one among them stays, so that numbers match the sheet's;
    formatted but empty rows below the table are not cases."""
    blank = 0
    for row in rows:
        if any(c is not None and c != "" for c in row):
            yield from ([] for _ in range(blank))
            blank = 0
            yield row
        else:
            blank += 1


def header_text(value: Any) -> str:
    """A cell of a header as text."""
    return "" if value is None else " ".join(str(value).split())
