"""Tables in documents: OpenDocument spreadsheets, and the HTML that web systems export under the name .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from imtdx.errors import TableError
from imtdx.tables.blocks import TextBytes
from imtdx.tables.chunks import Chunk, Known
from imtdx.tables.grid import CellChunk, Grid, Sheet, pick_sheet

__all__ = ["GridTable", "html_table", "ods_table"]

#: Repeated blank cells and rows up to here are kept; a sheet declares a million of them below its table.
_MOST_REPEATED = 1000


class GridTable:
    """A table whose rows are in memory.

    Args:
        kind (str): what it is, for the report.
        grid: its header and rows.
        note (str): what else to say.
    """

    def __init__(self, kind: str, grid: Grid, note: str = "") -> None:
        self._kind, self._grid, self._note = kind, grid, note
        self.headers = grid.headers

    def describe(self) -> str:
        return f"{self._kind}{self._note}{self._grid.note()}"

    def done(self) -> float:
        return 0.0

    def close(self) -> None:
        """Nothing is open."""

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        for part in self._grid.parts():
            yield CellChunk(part, len(self.headers))


# --- OpenDocument ----------------------------------------------------------------------------------------------------------


def ods_table(path: Path, known: Known, sheet: str | None) -> GridTable:
    """A sheet of an OpenDocument spreadsheet; cells are read as they are shown.

    Args:
        path: the file.
        known: finds the header row.
        sheet (str | None): its name; the first with stains by default.

    Raises:
        TableError: the library is missing, the file is damaged, or there is no such sheet.
    """
    try:
        from odf import opendocument
        from odf.table import Table
    except ImportError:
        raise TableError(
            f"{path} is an OpenDocument spreadsheet (.ods), which needs odfpy: pip install 'imtdx[ods]'; or save it as .xlsx or CSV"
        ) from None
    try:
        book = opendocument.load(str(path))
        hidden = _hidden_styles(book)
        sheets = [
            Sheet(t.getAttribute("name"), list(_ods_rows(t)), t.getAttribute("stylename") in hidden)
            for t in book.spreadsheet.getElementsByType(Table)
        ]
    except Exception as exc:
        what = str(exc).splitlines()[0][:120] if str(exc).strip() else type(exc).__name__
        raise TableError(
            f"{path} is a damaged or cut OpenDocument spreadsheet ({what}); get a complete copy, or save it as .xlsx or CSV"
        ) from None
    chosen, note = pick_sheet(path, sheets, known, sheet)
    return GridTable(
        "OpenDocument", Grid(path, chosen.rows, known, f"sheet {chosen.name!r}"), f", sheet {chosen.name!r}{note}"
    )


def _hidden_styles(book: Any) -> set[str]:
    """Names of the styles of sheets that are not shown."""
    from odf.style import Style, TableProperties

    return {
        style.getAttribute("name")
        for style in book.automaticstyles.getElementsByType(Style)
        for p in style.getElementsByType(TableProperties)
        if p.getAttribute("display") == "false"
    }


def _ods_rows(table: Any) -> Iterator[list[Any]]:
    """The cells of each row as text, repeated ones written out."""
    from odf.namespaces import TABLENS
    from odf.table import CoveredTableCell, TableCell, TableRow

    for row in table.getElementsByType(TableRow):
        cells: list[Any] = []
        for cell in row.childNodes:
            if cell.qname not in (TableCell().qname, CoveredTableCell().qname):
                continue
            text = _ods_text(cell)
            times = int(cell.getAttrNS(TABLENS, "number-columns-repeated") or 1)
            cells += [text] * (times if text is not None else min(times, _MOST_REPEATED))
        while cells and cells[-1] is None:
            cells.pop()
        times = int(row.getAttrNS(TABLENS, "number-rows-repeated") or 1)
        for _ in range(times if cells else min(times, _MOST_REPEATED)):
            yield list(cells)


def _ods_text(cell: Any) -> str | None:
    """A cell as it is shown; a number without text as stored."""
    from odf import teletype
    from odf.namespaces import OFFICENS
    from odf.text import P

    text = "\n".join(teletype.extractText(p) for p in cell.getElementsByType(P)).strip()
    if text:
        kind = cell.getAttrNS(OFFICENS, "value-type")
        value = cell.getAttrNS(OFFICENS, "value")
        if kind == "float" and value is not None and re.fullmatch(r"-?[\d.,\s]+", text):
            # digits that the format hides count
            return str(value)
        return text
    value = cell.getAttrNS(OFFICENS, "value") or cell.getAttrNS(OFFICENS, "string-value")
    return None if value in (None, "") else str(value)


# --- HTML ---------------------------------------------------------------------------------------------------------------------


def html_table(path: Path, known: Known, encoding: str | None) -> GridTable:
    """The table with most stains of an HTML page.

    Args:
        path: the file.
        known: finds the header row.
        encoding (str | None): when it is told.

    Raises:
        TableError: a page without a table.
    """
    source = TextBytes(path, False, encoding, known.understood)
    try:
        text = b"".join(source).decode("utf-8", "replace")
    finally:
        source.close()
    page = _Page()
    page.feed(text)
    page.close()
    sheets = [Sheet(f"table {k}", rows, False) for k, rows in enumerate(page.tables, start=1) if any(map(any, rows))]
    if not sheets:
        raise TableError(
            f"{path} is an HTML page without a table; it may be an error message of the system it came from"
        )
    chosen, note = pick_sheet(path, sheets, known, None, "table")
    return GridTable(
        "HTML", Grid(path, chosen.rows, known, chosen.name), f", {source.found.describe()}, {chosen.name}{note}"
    )


class _Page(HTMLParser):
    """Collects the rows of all tables; spans of columns and rows are written out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[Any]]] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._below: dict[int, tuple[int, str]] = {}
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "table":
            self.tables.append([])
            self._below = {}
        elif tag in ("script", "style"):
            self._silent += 1
        elif not self.tables:
            return
        elif tag == "tr":
            self._end_cell()
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._end_cell()
            if not self.tables[-1]:
                self.tables[-1].append([])
            self._cell = []
            self._span = (_span(told.get("colspan")), _span(told.get("rowspan")))
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        elif tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        text, row = " ".join("".join(self._cell).split()), self.tables[-1][-1]
        self._cell = None
        self._fill(row)
        wide, high = self._span
        for _ in range(wide):
            if high > 1:
                self._below[len(row)] = (high - 1, text)
            row.append(text or None)

    def _fill(self, row: list[Any]) -> None:
        """Cells that reach down from rows above."""
        while len(row) in self._below:
            place = len(row)
            left, text = self._below.pop(place)
            if left > 1:
                self._below[place] = (left - 1, text)
            row.append(text or None)


def _span(text: str | None) -> int:
    return min(int(text), _MOST_REPEATED) if text and text.isdigit() and int(text) else 1
