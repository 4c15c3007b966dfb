"""What a file is: its format, encoding, delimiter and header row, told from its name and its first bytes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from imtdx.batch.told import constant
from imtdx.errors import TableError, UsageError
from imtdx.tables.chunks import Known
from imtdx.tables.encodings import Found
from imtdx.tables.header import HEADER_ROWS, Header, find_header

__all__ = ["FORMATS", "TextFormat", "detect_text", "file_format", "read_format"]

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


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text table is written.

    Attributes:
        encoding: as found or told.
        delimiter: one character.
        headers: of the columns.
        note: what to say of the rows above the header.
        data: position in the decoded UTF-8 text where the records begin (bytes).
    """

    encoding: Found
    delimiter: str
    headers: tuple[str, ...]
    note: str
    data: int

    def describe(self) -> str:
        """Encoding and delimiter in words."""
        out = f"{self.encoding.describe()}, {_DELIMITERS.get(self.delimiter, repr(self.delimiter))}-separated"
        return out + self.note


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


#: A part of a workbook is taken in up to this many bytes, and beyond them up to this many times its packed size. The XML of
#: tables shrinks to a tenth, of formatted empty cells to a fiftieth; deflate gives a thousandth at most.
_HARMLESS, _MOST_TIMES = 10_000_000, 200
#: First bytes of files that are no tables -> what they are.
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "an RTF document",
    b"SQLite format 3": "a database",
    b"ARROW1": "an Arrow file (Feather)",
    b"Obj\x01": "an Avro file",
    b"\x28\xb5\x2f\xfd": "compressed with zstandard",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
}
_ZIPPED = {
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a presentation",
}


def read_format(path: Path) -> tuple[str, bool]:
    """Format of a file to be read, and whether it is gzipped: what it holds goes before its ending.

    Returns:
        tuple[str, bool]: ``"csv"``, ``"tsv"``, ``"xlsx"``, ``"parquet"``, ``"ods"``, ``"html"``, ``"fhir"`` or ``"hl7"``.

    Raises:
        TableError: no such file, an empty one, or one that holds no table.
    """
    if str(path) == "-":
        return "csv", False
    if path.is_dir():
        raise TableError(f"{path} is a folder; give one table")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    except OSError as exc:
        raise TableError(f"{path} cannot be read: {exc.strerror}") from None
    if not head:
        # of a kind that is not known nothing more can be said
        file_format(path)
        raise TableError(f"{path} is empty; expected a table with a header row")
    name = path.name.casefold()
    suffix = Path(name.removesuffix(".gz")).suffix
    named = FORMATS.get(suffix, "csv")
    if head.startswith(b"PK\x03\x04"):
        return _zip_format(path), False
    if head.startswith(b"PAR1"):
        return "parquet", False
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(f"{path} is an old Excel workbook (.xls); save it as .xlsx or CSV")
    if head.startswith(b"\x1f\x8b"):
        return (named if named in ("csv", "tsv") else "csv"), True
    for mark, what in _OTHERS.items():
        if head.startswith(mark):
            raise TableError(f"{path} is {what}, not a table; save the table as CSV, .xlsx or Parquet")
    if named == "parquet" or (named == "xlsx" and not _is_text(head)):
        raise TableError(
            f"{path} is not a {named} file although its name says so; it may be damaged, or a text table with the wrong ending"
        )
    if not _is_text(head):
        raise TableError(
            f"{path} holds no text, and no table of a kind that is known; save the table as CSV, .xlsx or Parquet"
        )
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text[:400].casefold().startswith(("<!doctype html", "<html", "<table", "<head", "<meta")) or (
        text.startswith("<?xml") and "<html" in text.casefold()
    ):
        return "html", False
    if text.startswith("<?xml") and "urn:schemas-microsoft-com:office:spreadsheet" in text:
        raise TableError(f"{path} is a workbook of Excel 2003 (XML); open it and save it as .xlsx or CSV")
    if text.startswith(("MSH|", "\x0bMSH|", "FHS|", "BHS|")):
        return "hl7", False
    if text.startswith(("{", "[")) and '"resourceType"' in text:
        return "fhir", False
    return "csv" if named == "xlsx" else named, False


def _zip_format(path: Path) -> str:
    """What a zip archive is.

    Raises:
        TableError: no table.
    """
    import zipfile

    try:
        with zipfile.ZipFile(path) as book:
            names = set(book.namelist())
            kind = book.read("mimetype").decode("ascii", "replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        # the reader of workbooks says what is wrong
        return "xlsx"
    check_sizes(path)
    if kind.startswith("application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    found = next((what for name, what in _ZIPPED.items() if name in names), None)
    if found == "xlsx" or (found is None and any(n.startswith("xl/") for n in names)):
        return "xlsx"
    if found is None and kind:
        found = f"a document of another kind ({kind[:60]})"
    what = found or f"a zip archive ({', '.join(sorted(names)[:3])})"
    raise TableError(f"{path} is {what}, not a table; save the table as CSV, .xlsx or Parquet")


def check_sizes(path: Path) -> None:
    """Before anything is unpacked: whether a part of a workbook swells beyond what cells do.

    Raises:
        TableError: it does, as in a file made to fill the memory.
    """
    import zipfile

    with zipfile.ZipFile(path) as book:
        for part in book.infolist():
            if part.file_size > max(_HARMLESS, _MOST_TIMES * part.compress_size):
                raise TableError(
                    f"{path}: {part.filename} unpacks to {part.file_size / 1e6:,.0f} MB, {part.file_size // max(part.compress_size, 1)} "
                    "times its size, as no table does; save the sheet as CSV and score that"
                )


def _is_text(head: bytes) -> bool:
    """Whether bytes look like text: no control characters but those of tables; UTF-16 has zeros by half."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        # UTF-16 and UTF-32; what is read of them, the reader of encodings says
        return True
    zeros = head.count(0)
    if zeros > len(head) // 4:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        return max(even, odd) > 0.6 * (len(head) // 2) and min(even, odd) < 0.1 * len(head)
    strange = sum(head.count(bytes([b])) for b in range(1, 32) if b not in (9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31))
    return strange <= len(head) // 50


def detect_text(
    head: bytes,
    encoding: Found,
    known: Known,
    delimiter: str | None = None,
    name: str = "the table",
) -> TextFormat:
    """Delimiter and header row.

    Args:
        head: start of the text in UTF-8, cut after a line end or at the end of the text.
        encoding: of the file, for the report.
        known: how many of some headers are understood.
        delimiter (str | None): when it is told.
        name (str): of the file, for errors.

    Raises:
        TableError: nothing but white space.
    """
    text = head.decode("utf-8", errors="replace")
    if not text.strip():
        raise TableError(f"{name} is empty; expected a table with a header row")
    best: tuple[tuple[bool, bool, int, int], str, Header, list[list[str]], list[int]] | None = None
    for candidate in [delimiter] if delimiter else _DELIMITERS:
        rows, ends = _records(text, candidate)
        header = find_header(rows, known)
        understood, width = known(header.names), len(header.names)
        # a delimiter that free text is full of gives rows of any length
        below = [r for r in rows[header.data :] if r]
        even = width > 1 and sum(len(r) == width for r in below) >= 0.7 * len(below)
        score = (even and understood > 0, even or understood > 0, understood, width)
        if best is None or score > best[0]:
            best = (score, candidate, header, rows, ends)
    assert best is not None
    _, candidate, header, rows, ends = best
    headers = tuple(constant(h) for h in header.names)
    row = header.data - 1
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
    return TextFormat(encoding, candidate, headers, header.note(), min(data, len(head)))


def _records(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records, and the number of lines up to the end of each."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, ends = [], []
    try:
        for record in reader:
            rows.append(record)
            ends.append(reader.line_num)
            if len(rows) >= HEADER_ROWS:
                break
    except csv.Error:
        pass
    return rows or [[]], ends or [1]
