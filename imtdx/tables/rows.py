"""The rows of a table kept for a report of every case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx.errors import TableError

if TYPE_CHECKING:
    import polars as pl

    from imtdx.batch.columns import Layout
    from imtdx.batch.factors import Factor
    from imtdx.model import Model

__all__ = ["MOST_CASES", "KeptRows"]

#: A page of more is slow to open and read by nobody.
MOST_CASES = 5000


class KeptRows:
    """Collects what was read of each row, and writes the report.

    Args:
        path: of the report.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts: list[tuple[dict[int, Factor], list[Any] | None, int]] = []
        self._rows = 0

    def add(self, factors: dict[int, Factor], ids: pl.Series | None, n: int) -> None:
        """Take in some rows."""
        self._parts.append((factors, None if ids is None else ids.to_list(), n))
        self._rows += n

    def check(self, cases: int) -> None:
        """
        Raises:
            TableError: more cases than a report shows.
        """
        if cases > MOST_CASES:
            raise TableError(
                f"a report (--html) shows at most {MOST_CASES:,} cases, and the table has more; "
                "leave out --html, or divide the table"
            )

    def write(self, model: Model, layout: Layout, title: str) -> None:
        """Write the report.

        Raises:
            OutputError: the file cannot be written.
        """
        from imtdx.files import write_text
        from imtdx.report.batch import batch_report
        from imtdx.report.cases import table_cases

        cases = table_cases(model, layout.headers, self._cells(layout), layout=layout)
        write_text(self.path, batch_report(model, cases, title=title))

    def _cells(self, layout: Layout) -> Iterator[Sequence[Any]]:
        """Each row with a cell for each header, those that were not read empty."""
        for factors, ids, n in self._parts:
            for row in range(n):
                cells: list[Any] = [None] * len(layout.headers)
                for position, factor in factors.items():
                    cells[position] = factor.cell(row)
                if ids is not None and layout.id_column is not None:
                    cells[layout.id_column] = ids[row]
                yield cells
