"""Look-aheads that several rules share."""

from __future__ import annotations

from imtdx.notation.kinds import MARKS, Kind
from imtdx.notation.phrases import leads_to_name, skip
from imtdx.notation.state import State, kind_at

__all__ = [
    "OTHER",
    "QUIET",
    "SKIPPED",
    "beside",
    "bracket_of_names",
    "chunk_has",
    "lists_names",
    "names_only",
    "parted",
    "told_again",
    "unknown_cells",
    "value_opens",
]


SKIPPED = MARKS | {
    Kind.GLUE,
    Kind.NOUN,
    Kind.NEUTRAL,
    Kind.BE,
    Kind.REMARK,
    Kind.COMPARE,
    Kind.STAIN,
    Kind.SCORE,
    Kind.HSCORE,
    Kind.LESION,
    Kind.EACH,
    Kind.CELL,
}


OTHER = {"positive": "negative", "negative": "positive"}


QUIET = frozenset({Kind.GLUE, Kind.CELL})


def bracket_of_names(s: State, i: int) -> bool:
    """Whether a bracket with names opens at ``i``."""
    return kind_at(s, i) is Kind.OPEN and i in s.parens and s.parens[i][1]


def parted(s: State, i: int) -> bool:
    """Whether a separator stands right before item ``i``."""
    return kind_at(s, i - 1) in (Kind.COMMA, Kind.AND, Kind.STOP, Kind.BREAK, Kind.BUT, Kind.FOR)


def told_again(s: State, j: int) -> bool:
    """Whether another result follows the unknown words at ``j`` without a name or separator between."""
    k = skip(s.items, j, {Kind.UNKNOWN, Kind.GLUE})
    return (
        kind_at(s, k) is Kind.VALUE
        and s.items[k].what in ("negative", "lost")
        and not s.items[k].sign
        and kind_at(s, skip(s.items, k + 1, SKIPPED)) not in (Kind.NAME, Kind.FOR)
    )


def unknown_cells(s: State, j: int) -> bool:
    """Whether "in" cells that are not known to be the lesion follows at ``j``: "positive in Sertoli cells"."""
    if not any(s.items[k].what == "in" for k in range(max(0, j - 3), min(j + 1, len(s.items)))):
        return False
    k = skip(s.items, j, {Kind.UNKNOWN, Kind.GLUE})
    return k - j <= 4 and any(s.items[m].what == "cells" for m in range(j, k)) and kind_at(s, k) is not Kind.LESION


def beside(s: State, j: int) -> bool:
    """Whether the tissue before ``j`` is only told of beside the result: "positive with numerous plasma cells"."""
    for k in range(j - 1, max(-1, j - 12), -1):
        item = s.items[k]
        if item.kind in (Kind.VALUE, Kind.NAME, Kind.STAIN):
            return False
        if item.kind is Kind.FOR and item.what in ("with", "con", "avec", "mit", "com", "met"):
            return True
    return False


def lists_names(s: State, i: int) -> bool:
    """Whether only names stand from item ``i`` to the end of the clause."""
    j = skip(s.items, i, {Kind.NAME, Kind.GLUE, Kind.AND, Kind.COMMA, Kind.FOR})
    return kind_at(s, j) in (Kind.STOP, Kind.BREAK, Kind.END, Kind.BUT)


def value_opens(s: State, i: int) -> bool:
    """Whether the next result after ``i`` has its names behind it."""
    j = skip(s.items, i + 1, SKIPPED | {Kind.AND})
    k = skip(s.items, j + 1, SKIPPED)
    if kind_at(s, k) is Kind.VALUE and not s.items[k].sign and k == j + 1:
        k = skip(s.items, k + 1, SKIPPED)  # "negatively expressed A"
    kind = kind_at(s, k)
    if kind is Kind.FOR:
        return leads_to_name(s.items, k)
    return kind in (Kind.NAME, Kind.COLON, Kind.OPEN)


def names_only(s: State, i: int) -> bool:
    """Whether the line that begins at ``i`` holds names and qualifiers and no result of its own."""
    j = i
    while j < len(s.items) and s.items[j].kind is not Kind.BREAK and j - i < 40:
        kind = s.items[j].kind
        if (
            kind
            not in (Kind.NAME, Kind.COMMA, Kind.AND, Kind.GLUE, Kind.OPEN, Kind.CLOSE, Kind.DASH, Kind.CELL, Kind.STOP)
            and kind not in MARKS
        ):
            return False
        j += 1
    return j > i


def chunk_has(s: State, i: int, kinds: tuple[Kind, ...]) -> bool:
    """Whether an item of these kinds follows before the next comma or stop."""
    j = i + 1
    while j < len(s.items) and j - i < 24 and s.items[j].kind not in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.BUT):
        if s.items[j].kind in kinds:
            return True
        j += 1
    return False
