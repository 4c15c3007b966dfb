"""What became of each cell of a column: used, understood without weight, or in the list of issues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.columns import Layout
from imtdx.batch.factors import Factor
from imtdx.batch.results import Cells, Issues
from imtdx.batch.told import cell_text
from imtdx.batch.vocabulary import Cloned, Reading, known_clone

if TYPE_CHECKING:
    from imtdx.batch.vocabulary import Reader

__all__ = ["Fates", "fate", "with_clones"]

BLANK, USED, IDLE, FAULTY = range(4)


def fate(reading: Reading) -> int:
    """`BLANK`, `USED`, `IDLE` or `FAULTY`."""
    if reading.blank:
        return BLANK
    if reading.problems:
        return FAULTY
    return USED if reading.weighs else IDLE


class Fates:
    """The cells of one column.

    Args:
        header: of the column.
        factor: its cells.
        readings: of the distinct cells.
    """

    def __init__(self, header: str, factor: Factor, readings: Sequence[Reading]) -> None:
        self._header, self._factor = header, factor
        self._fates = np.array([*(fate(r) for r in readings), BLANK], dtype=np.int8)
        self._faulted: NDArray[np.bool_] | None = None

    def fault(self, rows: NDArray[np.intp]) -> None:
        """The cells of some rows are in the list of issues for what other cells say."""
        if self._faulted is None:
            self._faulted = np.zeros(len(self._factor.codes), bool)
        self._faulted[rows] = True

    def cells(self) -> Cells:
        """The sum."""
        counts = np.bincount(self._factor.codes.astype(np.intp) + 1, minlength=len(self._fates))[1:]
        kinds = self._fates[:-1]
        used, idle, faulty = (int(counts[kinds == k].sum()) for k in (USED, IDLE, FAULTY))
        out = Cells(used, idle, faulty)
        for code in np.flatnonzero((kinds == IDLE) & (counts > 0)).tolist():
            value = self._factor.values[code]
            cell = value.cell if isinstance(value, Cloned) else value
            out.texts[self._header, cell_text(cell)[:80]] += int(counts[code])
        if self._faulted is not None:
            moved = int(np.count_nonzero(self._factor.spread(self._fates)[self._faulted] == USED))
            out.used -= moved
            out.faulty += moved
        return out


def with_clones(layout: Layout, factors: Mapping[int, Factor], reader: Reader, issues: Issues) -> Mapping[int, Factor]:
    """The columns with the clones that a column beside them names joined to the results.

    Args:
        layout: of the table.
        factors: position -> column.
        reader: knows the clones.
        issues: takes the count of the cells that name clones.
    """
    clones = [k for k, r in enumerate(layout.roles) if r.kind == "clone"]
    if not clones:
        return factors
    out = dict(factors)
    lexicon = reader.model.lexicon
    for place in clones:
        marker, names = layout.roles[place].marker, factors[place]
        texts = [cell_text(v) for v in names.values]
        known = np.array([*(bool(known_clone(t, marker, lexicon)) for t in texts), False], dtype=bool)
        told = np.array([*(bool(t) for t in texts), False], dtype=bool)
        joined = np.zeros(len(names.codes), bool)
        for position in layout.used():
            role, factor = layout.roles[position], out[position]
            if role.kind != "marker" or role.marker != marker:
                continue
            width = len(texts) + 1
            pairs = np.where(factor.codes < 0, -1, factor.codes.astype(np.int64) * width + names.codes + 1)
            distinct, back = np.unique(pairs, return_inverse=True)
            if len(distinct) and distinct[0] == -1:
                distinct, back = distinct[1:], back - 1
            values = [
                Cloned(factor.values[p // width], texts[p % width - 1]) if p % width else factor.values[p // width]
                for p in distinct.tolist()
            ]
            out[position] = Factor(back.astype(np.int32), values)
            joined |= factor.codes >= 0
        # a clone without a result, and one that is not known to matter, carry no weight
        spread = names.spread(known) & joined
        filled = names.spread(told)
        cells = Cells(used=int(np.count_nonzero(spread)), idle=int(np.count_nonzero(filled & ~spread)))
        for code in np.unique(names.codes[filled & ~spread]).tolist():
            cells.texts[layout.headers[place], texts[code][:80]] += int(
                np.count_nonzero((names.codes == code) & ~spread)
            )
        issues.cells.add(cells)
    return out
