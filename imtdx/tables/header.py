"""Where the header of a table is: below comments and titles, in one row or two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imtdx.tables.chunks import Known

__all__ = ["HEADER_ROWS", "Header", "find_header"]

#: The header row is looked for in this many rows.
HEADER_ROWS = 30
#: What a second row of a header holds besides names: scales and units ...
_UNIT = re.compile(
    r"[\[(]?\s*(?:%|in %|% of (?:tumou?r )?cells|% positive|percent|pct|h-?score|allred|irs|0\s*[-–]\s*(?:3\+?|8|12|100|300)|years?|yrs?|months?|jahre|"
    r"monate|años|ans|anni|岁|歳|m\s*/\s*[fw]|0\s*/\s*1)\s*[\])]?",
    re.IGNORECASE,
)
#: ... and what of a stain its columns are.
_PART = re.compile(
    r"results?|clones?|ihc|score|intensity|pattern|status|value|comment|date|extent|ergebnis|klon|结果|克隆|結果",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table.

    Attributes:
        names: of the columns.
        first (int): position of its first row.
        data (int): position of the first row below it.
    """

    names: tuple[str, ...]
    first: int
    data: int

    def note(self) -> str:
        """What to say of the rows above, empty when there are none."""
        rows = f"row {self.first + 1}" if self.data == self.first + 1 else f"rows {self.first + 1} and {self.data}"
        if self.first:
            return f", header in {rows} (the {self.first} above are not read)"
        return "" if self.data == 1 else f", header in {rows}"


def find_header(rows: Sequence[Sequence[str]], known: Known) -> Header:
    """The header: the first row with nearly as many known names as any, with the row above or below where that belongs to it.

    Args:
        rows: first rows of the table.
        known: how many of some headers are understood.
    """
    counts = [known(row) for row in rows]
    usable = [not _comment(row) for row in rows]
    best = max((c for c, ok in zip(counts, usable, strict=True) if ok), default=0)
    if best == 0:
        usable = [True] * len(rows)
        best = max(counts, default=0)
    if best == 0:
        # nothing known: the first row that is not blank
        row = next((k for k, r in enumerate(rows) if any(c.strip() for c in r)), 0)
        return Header(_clean(rows[row]) if rows else (), row, row + 1)
    # the values of a row may be names too (a long table lists stains), but never as many as the header has
    row = next(k for k, count in enumerate(counts) if count >= 0.6 * best and usable[k])
    below = rows[row + 1] if row + 1 < len(rows) else ()
    if any(c.strip() for c in below) and not _comment(below):
        both = _joined(rows[row], below, known)
        if known(both) > counts[row] or _is_second(below):
            return Header(_clean(both), row, row + 2)
    if row and usable[row - 1] and sum(1 for c in rows[row - 1] if c.strip()) > 1:
        both = _joined(rows[row - 1], rows[row], known)
        if known(both) > counts[row]:
            return Header(_clean(both), row - 1, row + 1)
    return Header(_clean(rows[row]), row, row + 1)


def _clean(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(c.split()) for c in row)


def _comment(row: Sequence[str]) -> bool:
    """Whether a row is marked as one that is not of the table, as cBioPortal and many programs do."""
    first = next((c.strip() for c in row if c.strip()), "")
    return first.startswith("#") and len(first) > 1


def _is_second(row: Sequence[str]) -> bool:
    """Whether a row holds nothing but units and parts of columns."""
    cells = [c.strip() for c in row if c.strip()]
    return bool(cells) and all(_UNIT.fullmatch(c) or _PART.fullmatch(c) for c in cells)


def _joined(top: Sequence[str], bottom: Sequence[str], known: Known) -> list[str]:
    """Two rows as one; a name above reaches over the blank cells to its right, as a merged cell does."""
    out = []
    reaching = ""
    for k in range(max(len(top), len(bottom))):
        above = top[k].strip() if k < len(top) else ""
        below = bottom[k].strip() if k < len(bottom) else ""
        reaching = above or (reaching if below else "")
        if not below or not reaching:
            out.append(below or above)
        elif known([below]) and (not above or not known([above])):
            out.append(below)
        else:
            bare = below.strip("[]() ")
            joined = f"{reaching} ({bare})" if _UNIT.fullmatch(below) else f"{reaching} {below}"
            out.append(
                joined if _PART.fullmatch(below) or known([joined]) else below if known([below]) else above or below
            )
    return out
