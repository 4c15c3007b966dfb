"""Results to a file that appears under its name only when it is complete, see `imtdx.files`.

Text tables show six significant digits, which is what the published
counts can bear at most; Parquet keeps full double precision.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from imtdx.errors import TableError
from imtdx.files import WholeFile
from imtdx.tables.detect import file_format

if TYPE_CHECKING:
    import polars as pl

    from imtdx.batch.results import Scored

__all__ = ["Writer", "guard", "open_writer", "result_frame"]

#: Significant digits in text tables.
DIGITS = 6
_XLSX_ROWS = 1_048_576
#: =..., @..., and + or - before anything but a number, also as the full-width signs of Chinese and Japanese text, and
#: after spaces of any kind, controls and signs that take no room (U+200B, U+FEFF): what a spreadsheet would run as a
#: formula. A lone + or -, and -5, are left alone.
_BLANK = r"[\s\p{Z}\p{Cc}\p{Cf}]*"
_FORMULA = rf"^{_BLANK}[=@+\-\u{{FF1D}}\u{{FF20}}\u{{FF0B}}\u{{FF0D}}\u{{FE62}}\u{{FE63}}\u{{FE66}}\u{{FE6B}}]"
_NO_FORMULA = rf"^{_BLANK}[+\-\u{{FF0B}}\u{{FF0D}}\u{{FE62}}\u{{FE63}}]+{_BLANK}[0-9.,]*{_BLANK}[%\u{{FF05}}]?{_BLANK}$"


def result_frame(id_name: str, ids: pl.Series, scored: Scored) -> pl.DataFrame:
    """The columns of the output as a polars frame.

    Args:
        id_name (str): header of the id column.
        ids: the ids.
        scored: the results.
    """
    import polars as pl

    taken = {id_name}
    columns = [ids.alias(id_name)]
    for name, column in scored.columns().items():
        if name in taken:
            raise TableError(f"the id column is called {name!r}, as a column of the results; rename it")
        if isinstance(column, tuple):
            # a row's word is taken from the few there are; a categorical would do the same with more ceremony
            indices, words = column
            columns.append(pl.Series(name, words, dtype=pl.String).gather(indices.astype(np.uint32)))
        else:
            columns.append(pl.Series(name, np.ascontiguousarray(column)))
    return pl.DataFrame(columns)


def guard(column: pl.Series) -> pl.Series:
    """A text column with an apostrophe before what a spreadsheet would run as a formula; other columns unchanged."""
    import polars as pl

    if column.dtype != pl.String:
        return column
    danger = column.str.contains(_FORMULA) & ~column.str.contains(_NO_FORMULA)
    if not danger.any():
        return column
    return pl.select(pl.when(danger).then(pl.lit("'") + column).otherwise(column).alias(column.name)).to_series()


def _guarded_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with headers guarded like cells."""
    import polars as pl

    return frame.rename(dict(zip(frame.columns, guard(pl.Series(frame.columns, dtype=pl.String)), strict=True)))


class Writer(Protocol):
    """Writes results one after the other. `encode` may run in any thread, `write` gets what it made in order."""

    def encode(self, ids: pl.Series, scored: Scored) -> Any:
        """Results in the form the file takes."""

    def write(self, encoded: Any) -> None:
        """Append what `encode` made."""

    def finish(self) -> None:
        """Write what is still held, so that only the name is missing."""

    def commit(self) -> None:
        """Finish the file and give it its name."""

    def discard(self) -> None:
        """Leave no file."""


def open_writer(
    path: Path, id_name: str, ids: pl.Series, scored: Scored, facts: Mapping[str, str] | None = None
) -> Writer:
    """A writer for a file by the ending of its name.

    Args:
        path: file, or ``-`` for CSV on stdout.
        id_name (str): header of the id column.
        ids, scored: the first results, which show what columns there are; not written.
        facts: key -> text for the metadata of a Parquet file.

    Raises:
        UsageError: an ending that is not known.
        OutputError: the file cannot be written.
    """
    kind, zipped = file_format(path)
    columns = result_frame(id_name, ids, scored).clear()
    if kind == "parquet":
        return _ParquetWriter(WholeFile(path), columns, facts or {})
    if kind == "xlsx":
        return _XlsxWriter(WholeFile(path), columns)
    return _TextWriter(WholeFile(path), columns, "\t" if kind == "tsv" else ",", zipped)


def _shown(id_name: str, ids: pl.Series, scored: Scored) -> pl.DataFrame:
    """Results as text tables show them: rounded, guarded, nothing where there is no flag."""
    import polars as pl
    import polars.selectors as cs

    frame = result_frame(id_name, guard(ids), scored)
    # an empty text would be written as "", nothing as nothing
    return frame.with_columns(
        cs.float().exclude(id_name).round_sig_figs(DIGITS), pl.when(pl.col("flags") != "").then("flags").alias("flags")
    )


class _TextWriter:
    def __init__(self, target: WholeFile, columns: pl.DataFrame, separator: str, zipped: bool) -> None:
        self._target, self._separator, self._zipped = target, separator, zipped
        self._id_name = columns.columns[0]
        self._file: Any = gzip.GzipFile(fileobj=target.file, mode="wb", compresslevel=6) if zipped else target.file
        self._file.write(self._csv(_guarded_names(columns), header=True))

    def encode(self, ids: pl.Series, scored: Scored) -> bytes:
        return self._csv(_shown(self._id_name, ids, scored))

    def _csv(self, frame: pl.DataFrame, header: bool = False) -> bytes:
        out = io.BytesIO()
        frame.write_csv(out, include_header=header, separator=self._separator)
        return out.getvalue()

    def write(self, encoded: Any) -> None:
        self._file.write(encoded)

    def finish(self) -> None:
        if self._zipped:
            self._file.close()
        self._target.finish()

    def commit(self) -> None:
        self.finish()
        self._target.commit()

    def discard(self) -> None:
        self._target.discard()


class _ParquetWriter:
    def __init__(self, target: WholeFile, columns: pl.DataFrame, facts: Mapping[str, str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._target = target
        self._id_name = columns.columns[0]
        types = {f.name: f.type for f in columns.to_arrow().schema}
        words = [name for name in columns.columns[1:] if str(types[name]).endswith("string")]
        self._schema = pa.schema(
            [(n, pa.dictionary(pa.int32(), pa.string()) if n in words else t) for n, t in types.items()]
        )
        # probabilities hardly repeat: a dictionary of them costs time and space; without the Arrow schema readers see plain texts
        self._writer = pq.ParquetWriter(
            target.file, self._schema, compression="snappy", use_dictionary=words, store_schema=False
        )
        self._writer.add_key_value_metadata(dict(facts))
        self._held: list[Any] = []
        self._rows = 0

    def encode(self, ids: pl.Series, scored: Scored) -> Any:
        import pyarrow as pa

        arrays = [ids.to_arrow().cast(self._schema.types[0])]
        for column in scored.columns().values():
            if isinstance(column, tuple):
                indices, words = column
                arrays.append(
                    pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32)), pa.array(words, pa.string()))
                )
            else:
                arrays.append(pa.array(np.ascontiguousarray(column)))
        return pa.Table.from_arrays(arrays, schema=self._schema)

    def write(self, encoded: Any) -> None:
        import pyarrow as pa

        self._held.append(encoded)
        self._rows += encoded.num_rows
        # row groups of a useful size, small enough that memory stays flat
        if self._rows >= 1 << 17:
            self._writer.write_table(pa.concat_tables(self._held))
            self._held, self._rows = [], 0

    def finish(self) -> None:
        import pyarrow as pa

        if self._held:
            self._writer.write_table(pa.concat_tables(self._held))
            self._held = []
        self._writer.close()
        self._target.finish()

    def commit(self) -> None:
        self.finish()
        self._target.commit()

    def discard(self) -> None:
        self._target.discard()


class _XlsxWriter:
    def __init__(self, target: WholeFile, columns: pl.DataFrame) -> None:
        import openpyxl

        self._target = target
        self._id_name = columns.columns[0]
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet("imtdx")
        self._sheet.append([_legal(name) for name in _guarded_names(columns).columns])
        self._rows = 1
        self._saved = False

    def encode(self, ids: pl.Series, scored: Scored) -> list[tuple[Any, ...]]:
        return _shown(self._id_name, ids, scored).rows()

    def write(self, encoded: Any) -> None:
        self._rows += len(encoded)
        if self._rows > _XLSX_ROWS:
            raise TableError(f"a worksheet holds {_XLSX_ROWS - 1:,} rows and there are more; write .csv or .parquet")
        for row in encoded:
            self._sheet.append([_legal(v) for v in row])

    def finish(self) -> None:
        if not self._saved:
            self._book.save(self._target.file)
            self._saved = True
        self._target.finish()

    def commit(self) -> None:
        self.finish()
        self._target.commit()

    def discard(self) -> None:
        # openpyxl keeps a temporary file of its own, and complains when it is collected half-written
        with suppress(Exception):
            self._sheet.close()
        with suppress(Exception):
            self._sheet._writer.cleanup()
        self._target.discard()


def _legal(value: Any) -> Any:
    """Text without the control characters that a workbook cannot hold."""
    if isinstance(value, str) and not value.isprintable():
        return "".join(c if c >= " " or c in "\t\n\r" else "\ufffd" for c in value)
    return value
