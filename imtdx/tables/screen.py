"""Cells that hold no result whatever their words (dates, formulas, NUL characters): reported, and not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imtdx.batch.columns import Layout, unfit
from imtdx.batch.factors import Factor
from imtdx.batch.results import Issues, Scored
from imtdx.batch.vocabulary import Problem

__all__ = ["Unfit", "note_unfit", "screen", "shown"]

#: (column, code of the cell in its factor, why)
Unfit = tuple[int, int, Problem]


def shown(value: Any) -> str:
    """A cell for the issues file: NUL characters would not be seen."""
    return str(value).replace("\0", "\\0")[:200]


def screen(layout: Layout, factors: Mapping[int, Factor]) -> tuple[dict[int, Factor], list[Unfit]]:
    """The columns with such cells emptied, and what these were.

    Args:
        layout: of the table.
        factors: position -> column.
    """
    out, found = dict(factors), []
    for position in layout.used():
        kind, factor = layout.roles[position].kind, factors[position]
        mine = [
            (position, code, Problem(shown(value), *why))
            for code, value in enumerate(factor.values)
            if (why := unfit(kind, value))
        ]
        if mine:
            values = list(factor.values)
            for _, code, _ in mine:
                values[code] = None
            out[position] = Factor(factor.codes, values)
            found += mine
    return out, found


def note_unfit(
    layout: Layout, factors: Mapping[int, Factor], found: list[Unfit], scored: Scored, issues: Issues
) -> None:
    """Record what `screen` found."""
    for position, code, problem in found:
        where = np.flatnonzero(factors[position].codes == code)
        issues.add(where, layout.headers[position], problem)
        scored.status[where] = 2
