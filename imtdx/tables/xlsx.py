"""Workbooks, row by row."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from imtdx.errors import TableError
from imtdx.tables.chunks import Chunk, Known
from imtdx.tables.grid import CHUNK_ROWS, CellChunk, Sheet, header_text, pick_sheet, without_end
from imtdx.tables.header import HEADER_ROWS, find_header
from imtdx.tables.numbers import shown_number

__all__ = ["XlsxTable"]

_MARKS = re.compile(
    rb'<(?:\w+:)?(?:(?P<formula>f)[ />]|(?P<row>row)\b(?P<attributes>[^>]*)>|mergeCell\b[^>]*\bref="(?P<ref>[A-Z]+\d+:[A-Z]+\d+)"'
    rb"|(?P<column>col)\b(?P<width>[^>]*)/?>)"
)
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_CELL = re.compile(r"([A-Z]+)(\d+)")


class XlsxTable:
    """One sheet of a workbook, row by row."""

    def __init__(self, path: Path, known: Known, sheet: str | None) -> None:
        import warnings

        import openpyxl

        # openpyxl tells of what it leaves out (validation lists, headers of pages): nothing that a table holds
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        self._path = path
        # opened here: openpyxl looks at the ending of a name, and goes by it
        self._files = [path.open("rb")]
        self._formulas: Any = None
        try:
            self._book = openpyxl.load_workbook(self._files[0], read_only=True, data_only=True)
        except Exception as exc:
            raise self._damaged(exc) from None
        sheets = [s for name in self._book.sheetnames if (s := self._sheet_of(name, sheet)) is not None]
        chosen, self._note = pick_sheet(path, sheets, known, sheet)
        self._sheet = chosen.name
        self._marks = self._scan()
        self._rows = self._guarded(self._read())
        head = list(islice(self._rows, HEADER_ROWS))
        texts = [[header_text(c) for c in r] for r in head]
        if not any(any(r) for r in texts):
            raise TableError(f"{path}, sheet {self._sheet!r} is empty; expected a table with a header row")
        self._header = find_header(texts, known)
        headers = self._header.names
        while headers and not headers[-1]:
            headers = headers[:-1]
        self.headers = headers
        self._held = head[self._header.data :]

    def _sheet_of(self, name: str, wanted: str | None) -> Sheet | None:
        """A sheet with its first rows, unless they are not needed."""
        ws = self._book[name]
        if not hasattr(ws, "iter_rows"):
            return None
        hidden = getattr(ws, "sheet_state", "visible") != "visible"
        if wanted is not None:
            return Sheet(name, [], hidden)
        # some writers declare too few cells
        ws.reset_dimensions()
        rows = islice(self._guarded(ws.iter_rows()), HEADER_ROWS)
        return Sheet(name, [[c.value for c in row] for row in rows], hidden)

    def _read(self) -> Iterator[list[Any]]:
        """The cells of each row; a formula whose value was not stored is shown as it is."""
        ws = self._book[self._sheet]
        ws.reset_dimensions()
        rows = self._formula_rows(ws) if self._marks.formulas else ([_value(c) for c in r] for r in ws.iter_rows())
        merged = self._marks.merged
        held: dict[int, Any] = {}
        for number, cells in enumerate(rows, start=1):
            # a cell merged over several rows holds for each of them
            for column, first, last in merged.get(number, ()):
                if number == first:
                    held[column] = cells[column] if column < len(cells) else None
                elif number <= last:
                    cells += [None] * (column + 1 - len(cells))
                    cells[column] = held.get(column)
            yield cells

    def _formula_rows(self, ws: Any) -> Iterator[list[Any]]:
        import openpyxl

        self._files.append(self._path.open("rb"))
        self._formulas = openpyxl.load_workbook(self._files[-1], read_only=True)
        other = self._formulas[self._sheet]
        other.reset_dimensions()
        computed = _computed(self._path)
        for row, formulas in zip(ws.iter_rows(), other.iter_rows(), strict=True):
            cells = [_value(c) for c in row]
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

    def _scan(self) -> _SheetMarks:
        """What the rows of the sheet do not tell: formulas, hidden rows and columns, merged cells."""
        marks = _SheetMarks()
        inside = str(getattr(self._book[self._sheet], "_worksheet_path", ""))
        try:
            with zipfile.ZipFile(self._path) as book, book.open(inside) as sheet:
                tail = b""
                while piece := sheet.read(1 << 20):
                    text = tail + piece
                    end = text.rfind(b">") + 1
                    for match in _MARKS.finditer(text, 0, end):
                        marks.take(match)
                    tail = text[end:]
        except (zipfile.BadZipFile, KeyError, OSError, EOFError, ValueError) as exc:
            raise self._damaged(exc) from None
        return marks

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

    def describe(self) -> str:
        return f"XLSX, sheet {self._sheet!r}{self._note}{self._header.note()}{self._marks.note(self._header.data)}"

    def done(self) -> float:
        return 0.0

    def close(self) -> None:
        self._book.close()
        if self._formulas is not None:
            self._formulas.close()
        for file in self._files:
            file.close()

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        rows = without_end(chain(self._held, self._rows))
        while part := list(islice(rows, CHUNK_ROWS)):
            yield CellChunk(part, len(self.headers))


@dataclass
class _SheetMarks:
    """What the markup of a sheet tells beside its cells.

    Attributes:
        formulas: there are some.
        hidden_rows, hidden_columns: not shown: numbers of rows, count of columns.
        merged: row -> (column, first row, last row) of cells merged downwards.
    """

    formulas: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: int = 0
    merged: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    _row: int = 0

    def take(self, match: re.Match[bytes]) -> None:
        """Heed one piece of markup."""
        if match["formula"]:
            self.formulas = True
        elif match["row"]:
            number = re.search(rb'\br="(\d+)"', match["attributes"])
            self._row = int(number[1]) if number else self._row + 1
            if _HIDDEN.search(match["attributes"]):
                self.hidden_rows.append(self._row)
        elif match["ref"]:
            start, _, stop = match["ref"].decode().partition(":")
            (a, first), (b, last) = (
                (_column(m[1]), int(m[2])) for m in (_CELL.fullmatch(start), _CELL.fullmatch(stop)) if m
            )
            if a == b and first < last <= first + 100_000:
                for row in range(first, last + 1):
                    self.merged.setdefault(row, []).append((a, first, last))
        elif match["column"] and _HIDDEN.search(match["width"]):
            ends = re.search(rb'\bmin="(\d+)"', match["width"]), re.search(rb'\bmax="(\d+)"', match["width"])
            self.hidden_columns += min(int(ends[1][1]) - int(ends[0][1]) + 1, 100) if ends[0] and ends[1] else 1

    def note(self, header_rows: int) -> str:
        """What to say of it."""
        rows = sum(row > header_rows for row in self.hidden_rows)
        told = []
        if rows:
            told.append(f"{rows:,} row{'s' if rows > 1 else ''} hidden or filtered out in the sheet")
        if self.hidden_columns:
            told.append(f"{self.hidden_columns} hidden column{'s' if self.hidden_columns > 1 else ''}")
        return f"; {' and '.join(told)}, read like the others" if told else ""


def _column(letters: str) -> int:
    """Position of a column from its letters."""
    out = 0
    for letter in letters:
        out = out * 26 + ord(letter) - 64
    return out - 1


def _computed(path: Path) -> bool:
    """Whether the program that wrote a workbook computed its formulas: Excel leaves the order of computing, LibreOffice its name."""
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        if "xl/calcChain.xml" in names:
            return True
        return "docProps/app.xml" in names and b"LibreOffice" in book.read("docProps/app.xml")


def _value(cell: Any) -> Any:
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
