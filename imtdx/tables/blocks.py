"""Bytes of a text table to UTF-8 blocks that end where a record ends, so that memory does not grow with the table."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from imtdx.errors import TableError
from imtdx.tables.encodings import Found, find_encoding, superset

__all__ = ["BLOCK_BYTES", "TextBytes", "neat", "record_blocks", "records"]

BLOCK_BYTES = 4 << 20
#: A record longer than this is a quotation mark that was never closed.
_LONGEST = 32 << 20
_READ = 1 << 20


class TextBytes:
    """A text file or stdin, decoded to UTF-8 as it is read.

    Args:
        path: file, or ``-`` for stdin.
        zipped (bool): gzipped.
        encoding (str | None): when it is told; detected otherwise.
        understood: whether a word is one of a case table; tells encodings apart.
    """

    def __init__(
        self,
        path: Path,
        zipped: bool,
        encoding: str | None = None,
        understood: Callable[[str], bool] = lambda word: False,
    ) -> None:
        self.path = path
        self._raw: IO[bytes] = sys.stdin.buffer if str(path) == "-" else path.open("rb")
        self._file: IO[bytes] = gzip.GzipFile(fileobj=self._raw) if zipped else self._raw  # type: ignore[assignment]
        #: bytes of the file, 0 when not known
        self.size = 0 if str(path) == "-" else path.stat().st_size
        self._first = self._read(_READ)
        self.found = Found(superset(encoding)) if encoding else find_encoding(self._first, understood, self.name)
        self.encoding = self.found.name

    @property
    def name(self) -> str:
        """For messages."""
        return "stdin" if str(self.path) == "-" else str(self.path)

    def position(self) -> int:
        """Bytes of the file read so far."""
        return self._raw.tell() if self.size else 0

    def _read(self, n: int) -> bytes:
        try:
            return self._file.read(n)
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            raise TableError(f"{self.name} is damaged or cut short ({exc}); get a complete copy") from None

    def __iter__(self) -> Iterator[bytes]:
        """The text in UTF-8, without byte order mark, every line end a line feed."""
        plain = self.encoding in ("utf-8", "utf-8-sig") and not self.found.mixed
        errors = "imtdx-mixed" if self.found.mixed else "replace" if self.encoding == "cp1252" else "strict"
        decoder = None if plain else codecs.getincrementaldecoder(self.encoding)(errors=errors)
        piece, first, held = self._first, True, b""
        while True:
            last = not piece
            try:
                text = piece if decoder is None else decoder.decode(piece, last).encode()
            except UnicodeError as exc:
                why = getattr(exc, "reason", str(exc))
                raise TableError(
                    f"{self.name} is not {self.encoding} throughout ({why}); name its encoding with --encoding"
                ) from None
            if first and text:
                text = text.removeprefix(codecs.BOM_UTF8)
                first = False
            text = held + text
            held = b""
            if b"\r" in text:
                if text.endswith(b"\r") and not last:
                    text, held = text[:-1], b"\r"
                text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if text:
                yield text
            if last:
                return
            piece = self._read(_READ)

    def close(self) -> None:
        """Close the file; stdin stays open."""
        if self._file is not self._raw:
            self._file.close()
        if self._raw is not sys.stdin.buffer:
            self._raw.close()


def record_blocks(
    pieces: Iterator[bytes], start: bytes = b"", size: int = BLOCK_BYTES, delimiter: str = ",", name: str = "the table"
) -> Iterator[bytes]:
    """Blocks that end with a line feed outside of quotation marks; only the last may lack it.

    Args:
        pieces: UTF-8 text.
        start: what was read before.
        size (int): bytes of a block, about.
        delimiter (str): between fields.
        name (str): of the file, for errors.

    Raises:
        TableError: no record ends within 32 MB.
    """
    held = [start]
    length = len(start)
    need = size
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length < need:
            continue
        text = b"".join(held)
        cut = _last_record_end(text, delimiter)
        if cut:
            yield text[:cut]
            text = text[cut:]
        elif length > max(_LONGEST, 2 * size):
            raise TableError(
                f"{name}: no record ends within {length >> 20} MB; a quotation mark was opened and never closed"
            )
        held, length = [text], len(text)
        size = max(size, BLOCK_BYTES)
        # what held no end of a record is not looked through again for each piece
        need = size if cut else 2 * length
    text = b"".join(held)
    if text.strip(b"\n"):
        yield text


def neat(data: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: str) -> bool:
    """Whether each quotation mark opens or closes a field, so that counting them tells what is inside.

    Args:
        data: the text, shape (bytes,).
        quotes: positions of its quotation marks.
        delimiter (str): between fields.
    """
    opening, closing = quotes[0::2], quotes[1::2]
    edge = np.zeros(256, bool)
    edge[[10, 34, ord(delimiter)]] = True
    opening = opening[opening > 0]
    closing = closing[closing < len(data) - 1]
    return bool(edge[data[opening - 1]].all() and edge[data[closing + 1]].all())


def records(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str] | None]]:
    """(first line, line after the last, fields) of each record, lines from 0.

    Of one that never ends, the line of the quotation mark that was not closed, and ``None`` for the fields.

    Raises:
        csv.Error: a field of more than 16 MB.
    """
    csv.field_size_limit(16 << 20)
    # a record of our own tells whether the last of the text was complete
    lines = io.StringIO(text if text.endswith("\n") or not text else text + "\n", newline="")
    reader = csv.reader(chain(lines, (_END,)), delimiter=delimiter)
    before = 0
    for fields in reader:
        if fields and fields[-1].endswith(_END):
            if fields != [_END]:
                yield before + sum(f.count("\n") for f in fields[:-1]), reader.line_num - 1, None
            return
        yield before, reader.line_num, fields
        before = reader.line_num


_END = "\x03imtdx: end of text\x03"


def _last_record_end(text: bytes, delimiter: str) -> int:
    """Position after the last line feed that is not between quotation marks; 0 when there is none."""
    cut = text.rfind(b"\n") + 1
    if b'"' not in text:
        return cut
    data = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(data == 34)
    if not neat(data, quotes, delimiter):
        return _slow_record_end(text, delimiter)
    while cut:
        before = int(np.searchsorted(quotes, cut))
        if before % 2 == 0:
            return cut
        # odd: this line feed is inside; the record cannot end before the quotation mark that opened
        cut = text.rfind(b"\n", 0, int(quotes[before - 1])) + 1
    return 0


def _slow_record_end(text: bytes, delimiter: str) -> int:
    """The same record by record, where quotation marks stand within fields."""
    cut = text.rfind(b"\n") + 1
    end = 0
    try:
        for _, after, fields in records(text[:cut].decode("utf-8", errors="replace"), delimiter):
            if fields is not None:
                end = after
    except csv.Error:
        return 0
    places = np.flatnonzero(np.frombuffer(text, np.uint8)[:cut] == 10)
    return int(places[end - 1]) + 1 if end else 0
