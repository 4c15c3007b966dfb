"""Bare numbers, scores and counts."""

from __future__ import annotations

from imtdx.notation.ahead import QUIET
from imtdx.notation.assign import close
from imtdx.notation.kinds import Kind, Marks
from imtdx.notation.phrases import Phrase, skip
from imtdx.notation.state import State, end_of, kind_at

__all__ = ["on_glue", "on_number", "score_before"]


def on_number(s: State, i: int) -> int:
    """A bare number: the figure of a proliferation index, or a score."""
    item = s.items[i]
    scored = score_before(s, i)
    if not s.open and s.gap == "" and scored == "score" and 0 < (item.low or 0) <= 3:
        for entry in s.last:
            entry.marks.told = [*entry.marks.told, ("grade", (item.low, item.high, "grade"))]
    if not s.open or s.gap:
        return i + 1
    entry = s.open[-1]
    ends = end_of(s, skip(s.items, i + 1, QUIET))
    if entry.name.kind == "index":
        if (ends and kind_at(s, i - 1) is not Kind.GLUE) or s.items[i - 1].what != "#ref":
            entry.marks.add(item)
            entry.post = True
            entry.end = item.end
    elif item.low == 0 == item.high and ends:
        close(s, Phrase(item.start, item.end, value="negative", firm=True, sign=True))
    elif scored == "hscore" or (scored and (item.high or 0) <= 3 and ends):
        phrase = Phrase(item.start, item.end, value="positive", firm=True, sign=True)
        if scored == "score":
            phrase.marks.told.append(("grade", (item.low, item.high, "grade")))
        close(s, phrase)
    else:
        entry.post = True  # what follows is not about it
    return i + 1


def score_before(s: State, i: int) -> str:
    """Whether the number ``i`` is said to be a score or an H-score."""
    for k in range(i - 1, max(-1, i - 5), -1):
        kind = kind_at(s, k)
        if kind in (Kind.SCORE, Kind.HSCORE):
            return str(kind)
        if kind not in (Kind.GLUE, Kind.BE, Kind.COLON, Kind.FOR, Kind.COMPARE, Kind.CELL):
            return ""
        if kind is Kind.COLON and kind_at(s, k - 1) is Kind.NAME:
            return "score"
    return ""


def on_glue(s: State, i: int) -> int:
    """A count of cells per field."""
    item = s.items[i]
    if item.what == "#rate" and s.gap != "stop":
        for entry in (s.open or s.last)[-1:]:
            entry.post = True
            if entry.name.marker == "IGG4" and (item.comp == "<" or (item.low or 0) <= 10):
                entry.value, entry.marks, entry.weak = None, Marks(), False  # too few to count as positive
                entry.scope = None
    return i + 1
