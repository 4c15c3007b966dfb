"""Results of the laboratory system as a long table: FHIR R4 (a Bundle, a DiagnosticReport, Observations) and HL7 v2 ORU messages.

A report is a case. Each Observation or OBX segment is a row of it: case_id, marker, value; age, sex and site are rows of their own, and so is
the text of a conclusion, as marker ``panel``. What is cancelled, entered in error or of a type that holds no result is told, and not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from imtdx.errors import TableError
from imtdx.tables.blocks import TextBytes
from imtdx.tables.chunks import Chunk, Known
from imtdx.tables.grid import CHUNK_ROWS, CellChunk
from imtdx.tables.lisrows import Rows

__all__ = ["LisTable", "lis_table"]

_HEADERS = ("case_id", "marker", "value")


class LisTable:
    """A long table of results.

    Args:
        what (str): what was read, for the report.
        made: its rows.
    """

    def __init__(self, what: str, made: Rows) -> None:
        self.headers: tuple[str, ...] = _HEADERS
        self._what, self._made = what, made

    def describe(self) -> str:
        cases = len({row[0] for row in self._made.rows})
        return f"{self._what}, {cases:,} case{'s' if cases != 1 else ''}, {len(self._made.rows):,} results"

    def done(self) -> float:
        return 0.0

    def close(self) -> None:
        """Nothing is open."""

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        rows = self._made.rows
        for start in range(0, len(rows), CHUNK_ROWS):
            part = rows[start : start + CHUNK_ROWS]
            mine = [(k - start, p) for k, p in self._made.problems if start <= k < start + len(part)]
            yield CellChunk(part, len(_HEADERS), mine)


def lis_table(path: Path, kind: str, known: Known) -> LisTable:
    """The results in a file.

    Args:
        path: the file.
        kind (str): ``"fhir"`` or ``"hl7"``.
        known: tells encodings and names apart.

    Raises:
        TableError: the library is missing, or the file is not what it should be.
    """
    source = TextBytes(path, False, None, known.understood)
    try:
        text = b"".join(source).decode("utf-8", "replace")
    finally:
        source.close()
    made = Rows()
    if kind == "fhir":
        from imtdx.tables.fhir import Fhir

        what = Fhir(path, known, made).read(text)
    else:
        from imtdx.tables.hl7v2 import Hl7

        what = Hl7(path, known, made).read(text)
    if not made.rows:
        raise TableError(
            f"{path} holds no results: no Observation, OBX segment or conclusion; export the reports with their results"
        )
    return LisTable(what, made)
