"""A table to chunks. A chunk is cheap to make; its `load` does the work and may run in another thread."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.factors import Factor, factor_polars, factor_values
from imtdx.batch.vocabulary import Problem
from imtdx.errors import TableError, UsageError
from imtdx.tables.blocks import BLOCK_BYTES, TextBytes, neat, record_blocks, records
from imtdx.tables.chunks import Chunk, Known, Loaded, Table
from imtdx.tables.detect import detect_text, read_format
from imtdx.tables.documents import html_table, ods_table
from imtdx.tables.xlsx import XlsxTable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["open_table"]

#: A result that stands alone in its field, as in a table and not in a sentence.
_BARE = re.compile(
    r"[+\-\u2212/]{1,4}|[<>]?\d+([.,]\d+)?\s*%?|\d\+|positive|negative|focal|diffuse|n[pai]|[mf]", re.IGNORECASE
)
#: Rows of a chunk of Parquet.
_ROWS = 1 << 16


def open_table(
    path: Path, known: Known, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """Open a table.

    Args:
        path: file, or ``-`` for CSV on stdin.
        known: how many of some headers are understood; finds the header row.
        encoding, delimiter (str | None): of a text table, when told.
        sheet (str | None): of a workbook; the first one by default.

    Raises:
        TableError: the file is missing, empty or damaged.
        UsageError: an ending that is not known.
    """
    kind, zipped = read_format(path)
    if kind == "parquet":
        return ParquetTable(path)
    if kind == "xlsx":
        return XlsxTable(path, known, sheet)
    if kind == "ods":
        return ods_table(path, known, sheet)
    if kind == "html":
        return html_table(path, known, encoding)
    if kind in ("fhir", "hl7"):
        from imtdx.tables.lis import lis_table

        return lis_table(path, kind, known)
    if sheet is not None:
        raise UsageError(f"{path} is no workbook and has no sheets; leave out --sheet")
    if kind == "tsv" and delimiter is None:
        delimiter = "\t"
    return TextTable(path, zipped, known, encoding, delimiter)


# --- text --------------------------------------------------------------------------------------------------------------------


class TextTable:
    """CSV, TSV and their kin."""

    def __init__(self, path: Path, zipped: bool, known: Known, encoding: str | None, delimiter: str | None) -> None:
        self._bytes = TextBytes(path, zipped, encoding, known.understood)
        self._zipped = zipped
        self._pieces = iter(self._bytes)
        head = next(self._pieces, b"")
        self._format = detect_text(head, self._bytes.found, known, delimiter, self._bytes.name)
        self.headers = self._format.headers
        self._head = head[self._format.data :]
        self._line = head.count(b"\n", 0, self._format.data) + 1

    def describe(self) -> str:
        return f"{'gzipped ' if self._zipped else ''}text, {self._format.describe()}"

    def done(self) -> float:
        return self._bytes.position() / self._bytes.size if self._bytes.size else 0.0

    def close(self) -> None:
        self._bytes.close()

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        delimiter, name, line = self._format.delimiter, self._bytes.name, self._line
        for block in record_blocks(self._pieces, self._head, BLOCK_BYTES, delimiter, name):
            yield _TextChunk(block, delimiter, self.headers, name, line)
            line += block.count(b"\n")


@dataclass
class _TextChunk:
    block: bytes
    delimiter: str
    headers: tuple[str, ...]
    name: str
    #: number of the first line in the file, from 1
    line: int = 1

    def load(self, columns: Sequence[int], id_column: int | None) -> Loaded:
        wanted = sorted({*columns, *([id_column] if id_column is not None else [])})
        frame: pl.DataFrame | None = None
        ragged: list[tuple[int, Problem]] = []
        if self._regular():
            frame = self._fast(wanted)
        if frame is None:
            frame, ragged = self._careful(wanted)
        self.block = b""
        ids = None if id_column is None else frame[f"c{id_column}"]
        return Loaded(frame.height, {k: factor_polars(frame[f"c{k}"]) for k in columns}, ids, ragged)

    def _regular(self) -> bool:
        """Whether every record has as many fields as the header; quotation marks are honoured."""
        data = np.frombuffer(self.block, np.uint8)
        ends, marks = data == 10, data == ord(self.delimiter)
        n_ends = int(np.count_nonzero(ends)) + (not self.block.endswith(b"\n"))
        if b'"' not in self.block:
            # one row too short and one too long would balance; the fast reader refuses rows that are too long
            return int(np.count_nonzero(marks)) == n_ends * (len(self.headers) - 1) and (
                len(self.headers) > 1 or (b"\n\n" not in self.block and not self.block.startswith(b"\n"))
            )
        quoted = data == 34
        inside = (np.cumsum(quoted, dtype=np.int32) & 1).astype(bool)
        if inside[-1] or not neat(data, np.flatnonzero(quoted), self.delimiter):
            return False
        within = np.flatnonzero(ends & inside)
        if len(within) and self._like_records(np.flatnonzero(ends), within, marks):
            return False
        ends &= ~inside
        marks &= ~inside
        places = np.flatnonzero(ends)
        if not self.block.endswith(b"\n"):
            places = np.append(places, len(data) - 1)
        counts = np.diff(np.cumsum(marks, dtype=np.int32)[places], prepend=0)
        return bool((counts == len(self.headers) - 1).all()) and len(self.headers) > 1

    def _like_records(self, ends: NDArray[np.intp], within: NDArray[np.intp], marks: NDArray[np.bool_]) -> bool:
        """Whether a line that begins within quotation marks has as many delimiters as the header."""
        upto = np.append(np.cumsum(marks, dtype=np.int32), [int(np.count_nonzero(marks))])
        after = np.searchsorted(ends, within) + 1
        stops = np.append(ends, [len(marks)])[after]
        return bool((upto[stops] - upto[within] == len(self.headers) - 1).any())

    def _fast(self, wanted: Sequence[int]) -> pl.DataFrame | None:
        import polars as pl

        header = self.delimiter.join(f"c{k}" for k in range(len(self.headers)))
        try:
            return pl.read_csv(
                header.encode() + b"\n" + self.block,
                separator=self.delimiter,
                columns=[f"c{k}" for k in wanted],
                infer_schema=False,
            )
        except pl.exceptions.PolarsError:
            return None

    def _careful(self, wanted: Sequence[int]) -> tuple[pl.DataFrame, list[tuple[int, Problem]]]:
        """Record by record, for blocks with ragged rows, blank lines or stray quotation marks."""
        import polars as pl

        try:
            text = self.block.decode("utf-8")
        except UnicodeDecodeError:
            raise TableError(
                f"{self.name} is not UTF-8 throughout; name its encoding, for example --encoding latin-1"
            ) from None
        width = len(self.headers)
        columns: list[list[str | None]] = [[] for _ in wanted]
        ragged: list[tuple[int, Problem]] = []
        row = 0
        try:
            for line, after, record in records(text, self.delimiter):
                if record is None:
                    raise TableError(
                        f"{self.name}, line {self.line + line}: a quotation mark is opened and never closed; "
                        "remove it, or close it at the end of its cell"
                    )
                if not record:
                    continue
                if len(record) != width:
                    _note_ragged(record, width, row, ragged)
                if after - line > 1:
                    self._note_swallowed(record, self.line + line, row, ragged)
                for cells, k in zip(columns, wanted, strict=True):
                    cells.append((record[k] or None) if k < len(record) else None)
                row += 1
        except csv.Error as exc:
            raise TableError(f"{self.name}: {exc}; a quotation mark may have been opened and never closed") from None
        if any(len(c or "") > 1 << 20 for cells in columns for c in cells):
            raise TableError(
                f"{self.name}: a cell of more than a million characters; a quotation mark was opened and never closed"
            )
        return pl.DataFrame(
            {f"c{k}": pl.Series(cells, dtype=pl.String) for k, cells in zip(wanted, columns, strict=True)}
        ), ragged

    def _note_swallowed(self, record: Sequence[str], line: int, row: int, ragged: list[tuple[int, Problem]]) -> None:
        """Record cells that hold what looks like rows of the table."""
        marks = len(self.headers) - 1
        for k, cell in enumerate(record):
            if "\n" not in cell:
                continue
            lines = cell.split("\n")
            counts = [text.count(self.delimiter) for text in lines]
            whole = marks > 0 and any(count == marks for count in counts[1:-1])
            if not whole and not (marks > 1 and counts[0] == marks - k and counts[-1] == k):
                continue
            if any(_BARE.fullmatch(piece.strip()) for text in lines for piece in text.split(self.delimiter)):
                header = self.headers[k] if k < len(self.headers) else f"field {k + 1}"
                problem = f"line {line}: the cell of {header!r} goes on over {len(lines)} lines that look like rows of the table"
                ragged.append((row, Problem(cell[:200], problem, f"mend the quotation marks from line {line} on")))


def _note_ragged(record: Sequence[str], width: int, row: int, ragged: list[tuple[int, Problem]]) -> None:
    extra = [c for c in record[width:] if c.strip()]
    if len(record) < width:
        problem = f"the row has {len(record)} of {width} fields; the missing ones count as empty"
        ragged.append((row, Problem("", problem, "check that no delimiter is missing")))
    elif extra:
        problem = f"the row has {len(record)} fields, {len(record) - width} more than the header; they are not used"
        ragged.append(
            (row, Problem(" | ".join(extra)[:200], problem, "put cells that contain the delimiter in quotation marks"))
        )


# --- Parquet -----------------------------------------------------------------------------------------------------------------


class ParquetTable:
    """Parquet, row group by row group; text columns arrive as dictionaries, so that no cell is made twice.

    Args:
        path: the file.
        row_groups: numbers of the row groups to read, from 0; all with ``None``.
    """

    def __init__(self, path: Path, row_groups: Sequence[int] | None = None) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path, self._pq, self._pa = path, pq, pa
        self._row_groups = None if row_groups is None else list(row_groups)
        try:
            self._schema = pq.read_schema(path)
            self._rows = pq.read_metadata(path).num_rows
        except (pa.ArrowException, OSError) as exc:
            raise self._damaged(exc) from None
        self.headers = tuple(str(n) for n in self._schema.names)
        self._file: Any = None
        self._read = 0

    def describe(self) -> str:
        return f"Parquet, {self._rows:,} rows"

    def done(self) -> float:
        return self._read / self._rows if self._rows else 1.0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        pa = self._pa
        wanted = sorted({*columns, *([id_column] if id_column is not None else [])})
        names = [self.headers[k] for k in wanted]
        # columns of one name cannot be told apart by it: then all are read, and picked by their place
        twins = any(self.headers.count(n) > 1 for n in names)
        texts = [] if twins else [self.headers[k] for k in columns if _is_word(self._schema.types[k])]
        try:
            # without buffering a row group of ten million rows would be held whole
            self._file = self._pq.ParquetFile(self._path, read_dictionary=texts, pre_buffer=False, buffer_size=1 << 20)
            for batch in self._file.iter_batches(
                batch_size=_ROWS, row_groups=self._row_groups, columns=None if twins else names
            ):
                self._read += batch.num_rows
                yield _ArrowChunk(batch, {k: k if twins else names.index(self.headers[k]) for k in wanted})
        except (pa.ArrowException, OSError, ValueError, TypeError) as exc:
            raise self._damaged(exc) from None

    def _damaged(self, exc: Exception) -> TableError:
        return TableError(
            f"{self._path} is a damaged or cut Parquet file ({str(exc).splitlines()[0]}); get a complete copy"
        )


@dataclass
class _ArrowChunk:
    batch: Any
    places: dict[int, int]

    def load(self, columns: Sequence[int], id_column: int | None) -> Loaded:
        import polars as pl

        factors = {k: self._factor(self.batch.column(self.places[k])) for k in columns}
        ids = None
        if id_column is not None:
            made = pl.from_arrow(_plain(self.batch.column(self.places[id_column])))
            assert isinstance(made, pl.Series)
            ids = made.cast(pl.String) if isinstance(made.dtype, (pl.Categorical, pl.Enum)) else made
            if ids.dtype.is_nested():
                ids = pl.Series([None if v is None else str(v) for v in ids.to_list()], dtype=pl.String)
        n = self.batch.num_rows
        self.batch = None
        return Loaded(n, factors, ids)

    @staticmethod
    def _factor(array: Any) -> Factor:
        import pyarrow as pa

        array = _plain(array)
        if pa.types.is_nested(array.type):
            return factor_values([None if v is None else str(v) for v in array.to_pylist()])
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode()
        codes = array.indices
        codes = codes.fill_null(-1) if codes.null_count else codes
        return Factor(codes.to_numpy(zero_copy_only=False), array.dictionary.to_pylist())


def _is_word(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(array: Any) -> Any:
    """An Arrow array without extension types and bytes: UUIDs and bytes as text."""
    import uuid

    import pyarrow as pa

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        if "uuid" in str(kind):
            return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.string())
        json = "json" in str(kind)
        array = array.storage
        if json:
            return pa.array([None if v is None else _json_text(v) for v in array.to_pylist()], pa.string())
        kind = array.type
    if pa.types.is_string_view(kind):
        return array.cast(pa.string())
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    if binary or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else _bytes_text(v, uuid) for v in array.to_pylist()], pa.string())
    return array


def _bytes_text(value: bytes, uuid: Any) -> str:
    """Bytes as the text they hold, else as a UUID or in hexadecimal figures."""
    try:
        text = value.decode("utf-8")
        if text.isprintable():
            return text
    except UnicodeDecodeError:
        pass
    return str(uuid.UUID(bytes=value)) if len(value) == 16 else value.hex()


def _json_text(text: str) -> str | None:
    """A JSON value as a cell: a string without its quotation marks, null as nothing."""
    import json

    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else None if value is None else text
