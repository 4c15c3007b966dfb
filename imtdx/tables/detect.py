"""What a file is: its format, encoding, delimiter and header row, told from its name and its first bytes."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imtdx.errors import TableError, UsageError

__all__ = ["FORMATS", "TextFormat", "detect_text", "file_format", "find_header", "read_format"]

#: Ending -> (format, compressed).
FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: The header row is looked for in this many rows.
_HEADER_ROWS = 30


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text table is written.

    Attributes:
        encoding: Python name.
        delimiter: one character.
        headers: of the columns.
        skipped: rows above the header that hold something else.
        data: position in the decoded UTF-8 text where the records begin (bytes).
    """

    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    skipped: int
    data: int

    def describe(self) -> str:
        """Encoding and delimiter in words."""
        name = {
            "utf-8": "UTF-8",
            "utf-8-sig": "UTF-8 with BOM",
            "cp1252": "Latin-1",
            "utf-16-le": "UTF-16",
            "utf-16-be": "UTF-16",
        }.get(self.encoding, self.encoding)
        out = f"{name}, {_DELIMITERS.get(self.delimiter, repr(self.delimiter))}-separated"
        return (
            out
            if not self.skipped
            else f"{out}, header in row {self.skipped + 1} (the {self.skipped} above are not read)"
        )


def file_format(path: Path) -> tuple[str, bool]:
    """Format and whether it is gzipped, by the ending of the name; ``-`` is CSV.

    Raises:
        UsageError: an ending that is not known.
    """
    if str(path) == "-":
        return "csv", False
    name = path.name.casefold()
    zipped = name.endswith(".gz")
    suffix = Path(name[:-3] if zipped else name).suffix
    found = FORMATS.get(suffix)
    if found is None or (zipped and found not in ("csv", "tsv")):
        raise UsageError(f"{path}: tables end in .csv, .tsv, .csv.gz, .xlsx or .parquet; '-' is CSV on stdin or stdout")
    return found, zipped


def read_format(path: Path) -> tuple[str, bool]:
    """Format of a file to be read: what its first bytes say goes before its ending.

    Raises:
        TableError: no such file, an empty one, or old-style XLS.
        UsageError: as `file_format`.
    """
    named = file_format(path)
    if str(path) == "-":
        return named
    if path.is_dir():
        raise TableError(f"{path} is a folder; give one table")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    if not head:
        raise TableError(f"{path} is empty; expected a table with a header row")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx", False
    if head.startswith(b"PAR1"):
        return "parquet", False
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(f"{path} is an old Excel workbook (.xls); save it as .xlsx or CSV")
    if head.startswith(b"\x1f\x8b"):
        return (named[0] if named[0] in ("csv", "tsv") else "csv"), True
    if named[0] in ("xlsx", "parquet"):
        raise TableError(
            f"{path} is not a {named[0]} file although its name says so; it may be damaged, or a text table with the wrong ending"
        )
    return named[0], False


def detect_encoding(head: bytes, name: str = "the table") -> str:
    """Encoding of a text from its first bytes: by its byte order mark, else UTF-16 by its zero bytes, else UTF-8, else
    Latin-1.

    Raises:
        TableError: UTF-32.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise TableError(
            f"{name} is UTF-32, which is not read; save it as UTF-8 (also read: UTF-16 and Latin-1), or give --encoding utf-32"
        )
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return name
    sample = head[:4096]
    if sample.count(0) > len(sample) // 4:
        # plain letters have their zero byte second in little-endian order
        return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        # what Windows programs call Latin-1
        return "cp1252"
    return "utf-8"


def detect_text(
    head: bytes,
    encoding: str,
    known: Callable[[Sequence[str]], int],
    delimiter: str | None = None,
    name: str = "the table",
) -> TextFormat:
    """Delimiter and header row.

    Args:
        head: start of the text in UTF-8, cut after a line end or at the end of the text.
        encoding (str): of the file, for the report.
        known: how many of some headers are understood.
        delimiter (str | None): when it is told.
        name (str): of the file, for errors.

    Raises:
        TableError: nothing but white space.
    """
    text = head.decode("utf-8", errors="replace")
    if not text.strip():
        raise TableError(f"{name} is empty; expected a table with a header row")
    best: tuple[tuple[bool, bool, int, int], str, int, list[list[str]], list[int]] | None = None
    for candidate in [delimiter] if delimiter else _DELIMITERS:
        rows, ends = _records(text, candidate)
        row, understood = find_header(rows, known)
        width = len(rows[row])
        # a delimiter that free text is full of gives rows of any length
        below = [r for r in rows[row + 1 :] if r]
        even = width > 1 and sum(len(r) == width for r in below) >= 0.7 * len(below)
        score = (even and understood > 0, even or understood > 0, understood, width)
        if best is None or score > best[0]:
            best = (score, candidate, row, rows, ends)
    assert best is not None
    _, candidate, row, rows, ends = best
    headers = tuple(h.strip() for h in rows[row])
    while (
        headers
        and not headers[-1]
        and all(len(r) < len(headers) or not r[len(headers) - 1].strip() for r in rows[row:])
    ):
        # a delimiter at the end of every line
        if all(len(r) < len(headers) for r in rows[row + 1 :]) and len(rows) > row + 1:
            headers = headers[:-1]
        else:
            break
    data = len("".join(text.split("\n", ends[row])[: ends[row]]).encode()) + ends[row]
    return TextFormat(encoding, candidate, headers, row, min(data, len(head)))


def _records(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records, and the number of lines up to the end of each."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, ends = [], []
    try:
        for record in reader:
            rows.append(record)
            ends.append(reader.line_num)
            if len(rows) >= _HEADER_ROWS:
                break
    except csv.Error:
        pass
    return rows or [[]], ends or [1]


def find_header(rows: Sequence[Sequence[str]], known: Callable[[Sequence[str]], int]) -> tuple[int, int]:
    """Position of the header row and how many of its cells are understood: the first row with nearly as many known names as any.

    Args:
        rows: first rows of the table.
        known: how many of some headers are understood.
    """
    counts = [known(row) for row in rows]
    best = max(counts, default=0)
    if best == 0:
        # nothing known: the first row that is not blank
        return next((k for k, row in enumerate(rows) if any(c.strip() for c in row)), 0), 0
    # the values of a row may be names too (a long table lists stains), but never as many as the header has
    row = next(k for k, count in enumerate(counts) if count >= 0.6 * best)
    return row, counts[row]
