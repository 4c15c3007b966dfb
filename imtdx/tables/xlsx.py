"""Workbooks, row by row."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from imtdx.batch.factors import factor_values
from imtdx.batch.vocabulary import Problem
from imtdx.errors import TableError
from imtdx.tables.chunks import Chunk, Known, Loaded
from imtdx.tables.detect import find_header
from imtdx.tables.numbers import shown_number

__all__ = ["XlsxTable"]

#: Rows of a chunk; cells are Python objects and take room.
_ROWS = 1 << 13
_FORMULA = re.compile(rb"<(\w+:)?f[ />]")


class XlsxTable:
    """One sheet of a workbook, row by row."""

    def __init__(self, path: Path, known: Known, sheet: str | None) -> None:
        import openpyxl

        self._path = path
        # opened here: openpyxl looks at the ending of a name, and goes by it
        self._files = [path.open("rb")]
        try:
            self._book = openpyxl.load_workbook(self._files[0], read_only=True, data_only=True)
        except Exception as exc:
            raise self._damaged(exc) from None
        names = self._book.sheetnames
        if sheet is not None and sheet not in names:
            raise TableError(f"{path} has no sheet {sheet!r}; its sheets are: {', '.join(names)}")
        self._sheet = sheet or self._pick(names)
        # some writers declare too few cells
        self._formulas: Any = None
        self._rows = self._guarded(self._read())
        head = list(islice(self._rows, 30))
        texts = [[_header_text(c) for c in r] for r in head]
        if not any(any(r) for r in texts):
            raise TableError(f"{path}, sheet {self._sheet!r} is empty; expected a table with a header row")
        row, _ = find_header(texts, known)
        headers = texts[row]
        while headers and not headers[-1]:
            headers = headers[:-1]
        self.headers = tuple(headers)
        self._skipped = row
        self._held = head[row + 1 :]

    def _pick(self, names: Sequence[str]) -> str:
        """The first sheet that is not empty."""
        for name in names:
            ws = self._book[name]
            if not hasattr(ws, "iter_rows"):
                continue
            ws.reset_dimensions()
            if any(c.value is not None for r in islice(self._guarded(ws.iter_rows()), 30) for c in r):
                return name
        return names[0]

    def _read(self) -> Iterator[list[Any]]:
        """The cells of each row; a formula whose value was not stored is shown as it is."""
        ws = self._book[self._sheet]
        ws.reset_dimensions()
        if not _has_formulas(self._path):
            yield from (self._cells(r) for r in ws.iter_rows())
            return
        import openpyxl

        self._files.append(self._path.open("rb"))
        self._formulas = openpyxl.load_workbook(self._files[-1], read_only=True)
        other = self._formulas[self._sheet]
        other.reset_dimensions()
        computed = _computed(self._path)
        for row, formulas in zip(ws.iter_rows(), other.iter_rows(), strict=True):
            cells = self._cells(row)
            for k, cell in enumerate(formulas):
                if cell.value is None or getattr(cell, "data_type", "") != "f":
                    continue
                formula = str(getattr(cell.value, "text", cell.value))
                if cells[k] is None:
                    cells[k] = formula
                elif not computed and row[k].value in (0, "0"):
                    # writers that do not compute store 0
                    cells[k] = f"{formula} (stored as 0)"
            yield cells

    def _guarded(self, rows: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from rows
        except TableError:
            raise
        except Exception as exc:
            raise self._damaged(exc) from None

    def _damaged(self, exc: Exception) -> TableError:
        """The library raises what it stumbles over: any exception means that it cannot read the file."""
        for file in self._files:
            file.close()
        what = str(exc).splitlines()[0][:120] if str(exc).strip() else type(exc).__name__
        if isinstance(exc, (zipfile.BadZipFile, EOFError)):
            return TableError(f"{self._path} is a damaged or cut workbook ({what}); get a complete copy")
        return TableError(
            f"{self._path} is a workbook that cannot be read ({type(exc).__name__}: {what}); it may be damaged or cut: get a complete "
            "copy, or open it in a spreadsheet program and save it again, as .xlsx or CSV"
        )

    @staticmethod
    def _cells(row: Sequence[Any]) -> list[Any]:
        return [_xlsx_value(cell) for cell in row]

    def describe(self) -> str:
        note = f", header in row {self._skipped + 1} (the {self._skipped} above are not read)" if self._skipped else ""
        return f"XLSX, sheet {self._sheet!r}{note}"

    def done(self) -> float:
        return 0.0

    def close(self) -> None:
        self._book.close()
        if self._formulas is not None:
            self._formulas.close()
        for file in self._files:
            file.close()

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        rows = _without_end(chain(self._held, self._rows))
        while part := list(islice(rows, _ROWS)):
            yield _CellChunk(part, len(self.headers))


@dataclass
class _CellChunk:
    rows: list[list[Any]]
    width: int

    def load(self, columns: Sequence[int], id_column: int | None) -> Loaded:
        import polars as pl

        def column(k: int) -> list[Any]:
            return [r[k] if k < len(r) and r[k] != "" else None for r in self.rows]

        ragged: list[tuple[int, Problem]] = []
        for row, cells in enumerate(self.rows):
            extra = [str(c) for c in cells[self.width :] if c is not None and str(c).strip()]
            if extra:
                problem = "cells to the right of the last header are not used"
                ragged.append((row, Problem(" | ".join(extra)[:200], problem, "give these columns a header")))
        ids = None
        if id_column is not None:
            ids = pl.Series([None if v is None else str(v) for v in column(id_column)], dtype=pl.String)
        return Loaded(len(self.rows), {k: factor_values(column(k)) for k in columns}, ids, ragged)


def _has_formulas(path: Path) -> bool:
    """Whether any sheet of a workbook has a formula; looks without reading the cells."""
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            with book.open(name) as sheet:
                tail = b""
                while piece := sheet.read(1 << 20):
                    if _FORMULA.search(tail + piece):
                        return True
                    tail = piece[-16:]
    return False


def _computed(path: Path) -> bool:
    """Whether the program that wrote a workbook computed its formulas: Excel leaves the order of computing, LibreOffice its name."""
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        if "xl/calcChain.xml" in names:
            return True
        return "docProps/app.xml" in names and b"LibreOffice" in book.read("docProps/app.xml")


def _without_end(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
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


def _xlsx_value(cell: Any) -> Any:
    """A cell's value as people see it: a number shown as a percentage is a percentage."""
    value = cell.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = shown_number(value, str(getattr(cell, "number_format", "") or ""))
        if isinstance(value, str):
            return value
        return int(value) if isinstance(value, float) and value == int(value) and abs(value) < 1e15 else value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return value


def _header_text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())
