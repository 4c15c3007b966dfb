"""What every reader gives: a table, its chunks, and the cells of a chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from imtdx.batch.factors import Factor
from imtdx.batch.vocabulary import Problem

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Chunk", "Known", "Loaded", "Table"]


class Known(Protocol):
    """What of a table is understood, to find its header, delimiter and encoding."""

    def __call__(self, headers: Sequence[str]) -> int:
        """How many of some headers are understood."""

    def understood(self, word: str) -> bool:
        """Whether a word is the name of a column or a result."""


@dataclass
class Loaded:
    """Cells of a chunk.

    Attributes:
        n: rows.
        factors: position -> column.
        ids: the id column, ``None`` when the table has none.
        ragged: (row of the chunk, problem) of rows with too few or too many fields.
    """

    n: int
    factors: dict[int, Factor]
    ids: pl.Series | None
    ragged: list[tuple[int, Problem]] = field(default_factory=list)


class Chunk(Protocol):
    """Some consecutive rows of a table."""

    def load(self, columns: Sequence[int], id_column: int | None) -> Loaded:
        """The cells of some columns."""


class Table(Protocol):
    """A table that is read once, from the start."""

    headers: tuple[str, ...]

    def describe(self) -> str:
        """Format, encoding and delimiter in words."""

    def chunks(self, columns: Sequence[int], id_column: int | None) -> Iterator[Chunk]:
        """The rows, in order."""

    def done(self) -> float:
        """Share of the table read so far, 0 when not known."""

    def close(self) -> None:
        """Close the file."""
