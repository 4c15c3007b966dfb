"""Ids of cases: guarded constants, samples before patients, ids that stand twice, and rows that are no cases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.batch.columns import IGNORE, Layout, Role
from imtdx.batch.factors import Factor
from imtdx.batch.told import Problem, constant

if TYPE_CHECKING:
    import polars as pl

__all__ = ["id_remarks", "plain_ids", "take_sample", "without_no_cases"]

_TOTAL = (
    r"(?i)^\s*(?:(?:grand |sub)?totals?|sum|mean|average|median|count|n|percent positive|% positive|(?:zwischen)?summe|gesamt|mittelwert|"
    r"suma|media|moyenne|somme|totale|合计|总计|小计|平均|合計|總計|小計|計)\s*(?:[:.=(].*)?$"
)
_TITLE = re.compile(
    r"\s*[*†‡§#]|(?:notes?|footnotes?|abbreviations?|legend|source|abkürzungen|anmerkung|注)\b|.*:\s*$", re.IGNORECASE
)


def plain_ids(ids: pl.Series) -> pl.Series:
    """Ids without the ``="..."`` that keeps a spreadsheet from reading 0012 as a number."""
    import polars as pl

    if ids.dtype != pl.String or not ids.str.starts_with('="').any():
        return ids
    return pl.Series(ids.name, [None if v is None else constant(v) for v in ids.to_list()], dtype=pl.String)


def take_sample(layout: Layout, values: Sequence[Any]) -> Layout | None:
    """The layout with the column of samples as id, where each row has its own; ``None`` otherwise.

    Args:
        layout: of the table; has a `Layout.sample_column`.
        values: of that column, in the first rows.
    """
    place = layout.sample_column
    told = [v for v in values if v is not None and str(v).strip()]
    if place is None or not told or len(told) < len(values) or len({str(v) for v in told}) < len(told):
        return None
    roles = [IGNORE if r.kind == "id" else r for r in layout.roles]
    roles[place] = Role("id")
    return replace(layout, roles=tuple(roles))


def id_remarks(layout: Layout, ids: Sequence[Any]) -> list[str]:
    """What is to be said of ids that stand in several rows.

    Args:
        layout: of a table with one row per case.
        ids: of the first rows.
    """
    seen: dict[str, int] = {}
    for v in ids:
        if v is not None and str(v).strip():
            seen[str(v)] = seen.get(str(v), 0) + 1
    twice = [v for v, times in seen.items() if times > 1]
    if not twice:
        return []
    shown = ", ".join(twice[:3]) + (", ..." if len(twice) > 3 else "")
    return [
        f"{len(twice):,} id{'s' if len(twice) > 1 else ''} in column {layout.id_name!r} stand{'' if len(twice) > 1 else 's'} in more than one "
        f"row ({shown}); each row is scored as a case of its own"
    ]


def without_no_cases(
    layout: Layout, factors: Mapping[int, Factor], ids: pl.Series | None
) -> tuple[Mapping[int, Factor], list[tuple[int, Problem]]]:
    """The columns with the cells of totals emptied, and the rows that are no cases: totals, titles of sections, footnotes.

    Args:
        layout: of a table with one row per case.
        factors: position -> column.
        ids: the id column.
    """
    import polars as pl

    if ids is None or ids.dtype != pl.String:
        return factors, []
    found: list[tuple[int, Problem]] = []
    totals = np.flatnonzero(ids.str.contains(_TOTAL).fill_null(False).to_numpy())
    if len(totals):
        emptied = {}
        for k, factor in factors.items():
            codes = factor.codes.copy()
            codes[totals] = -1
            emptied[k] = Factor(codes, factor.values)
        factors = emptied
        why = "looks like a total, not a case; its cells are not read"
        found += [
            (int(r), Problem(ids[int(r)], why, "take it out of the table, or give it another id")) for r in totals
        ]
    told = np.zeros(len(ids), bool)
    for k in layout.used():
        told |= factors[k].codes >= 0
    empty = np.flatnonzero(~told & ids.is_not_null().to_numpy())
    if len(empty) <= max(1000, len(ids) // 10):
        for row in empty.tolist():
            text = ids[row].strip()
            if text and not re.match(_TOTAL, text) and (_TITLE.match(text) or len(text) > 30 or len(text.split()) > 2):
                why = "a title or a footnote, not a case; the row holds nothing else"
                found.append((row, Problem(text[:200], why, "take it out of the table")))
    return factors, found
