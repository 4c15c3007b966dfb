"""Hyphens, long dashes and question marks."""

from __future__ import annotations

from imtdx.notation.ahead import QUIET, SKIPPED
from imtdx.notation.assign import close, combine, respective, sign_phrase
from imtdx.notation.kinds import MARKS, Item, Kind, Marks
from imtdx.notation.phrases import Phrase, skip
from imtdx.notation.results import give
from imtdx.notation.state import State, flush, kind_at

__all__ = ["apply_sign", "is_separator", "on_dash", "on_long_dash", "on_query"]


def on_dash(s: State, i: int) -> int:
    """A hyphen: a minus sign, a separator between name and result, a bullet, or part of a word."""
    item = s.items[i]
    before, nxt = kind_at(s, i - 1), kind_at(s, i + 1)
    if before in (Kind.BREAK, Kind.END) and nxt not in (Kind.BREAK, Kind.END, Kind.FOR, Kind.COLON):
        return i + 1  # a bullet
    if len(s.open) > 1 and (j := respective(s, i)):
        return j
    minus = Item(Kind.VALUE, "negative", item.start, item.end, sign=True, left=item.left, right=item.right)
    if not s.open or s.gap:
        joins = item.right and nxt is Kind.NAME  # "anti-ALK"
        if s.open and (before in MARKS or before in (Kind.NOUN, Kind.GLUE, Kind.NEUTRAL)) and item.left and not joins:
            return apply_sign(s, i, minus)
        if s.open and before in (Kind.COMMA, Kind.BREAK, Kind.CELL) and not item.right:
            s.gap = ""  # "desmin,-" or a sign on a line of its own
            return apply_sign(s, i, minus)
        if not s.open and nxt in (Kind.FOR, Kind.COLON) and s.gap == "stop":
            return apply_sign(s, i, minus)
        return i + 1
    if is_separator(s, i):
        return i + 1
    return apply_sign(s, i, minus)


def apply_sign(s: State, i: int, item: Item) -> int:
    """A sign as a result."""
    nxt = skip(s.items, i + 1, QUIET)
    return give(s, sign_phrase(item.what, item), i, i + 1, nxt)


def is_separator(s: State, i: int) -> bool:
    """Whether the hyphen at ``i``, after an open name, only joins it to its result."""
    item = s.items[i]
    if i + 1 >= len(s.items) or len(item.what) > 1:
        return False
    nxt = s.items[i + 1]
    kind = nxt.kind
    if kind in (
        Kind.COMMA,
        Kind.STOP,
        Kind.BREAK,
        Kind.CLOSE,
        Kind.AND,
        Kind.BUT,
        Kind.NAME,
        Kind.REMARK,
        Kind.FIRST,
        Kind.CELL,
    ):
        return False
    if kind is Kind.COLON:
        return True
    if kind is Kind.OPEN:
        end = s.parens.get(i + 1)
        if end is None or end[1]:
            return False
        inner = s.items[i + 2 : end[0]]
        if any(k.kind in (Kind.UNKNOWN, Kind.REMARK) for k in inner):
            return False  # "S100 - (nerves +)"
        return any(k.kind is Kind.VALUE and k.what != "negative" for k in inner) or (
            len(inner) == 1 and inner[0].kind is Kind.DASH
        )
    if kind is Kind.DASH:
        return not item.right
    if kind is Kind.VALUE:
        follow = kind_at(s, skip(s.items, i + 2, SKIPPED))
        return not (item.left and not item.right and not nxt.sign and follow in (Kind.FOR, Kind.COLON))
    if kind in MARKS or kind in (Kind.NUMBER, Kind.COMPARE, Kind.QUERY):
        if item.left and not item.right:
            k = skip(s.items, i + 1, SKIPPED | {Kind.NUMBER, Kind.AND})
            follow = kind_at(s, k)
            return follow not in (Kind.NAME, Kind.FOR, Kind.VALUE, Kind.UNKNOWN) or (
                follow is Kind.VALUE and s.items[k].sign
            )
        return True
    if (
        kind in (Kind.GLUE, Kind.EACH, Kind.LESION, Kind.UNKNOWN, Kind.TOPIC, Kind.ENTITY)
        and not item.left
        and not item.right
    ):
        return True  # "A, B - all positive", "A - see Table 2"
    if kind in (Kind.NOT, Kind.CUE, Kind.STAIN, Kind.NOUN, Kind.NEUTRAL, Kind.TESTED):
        return item.right or not item.left
    return item.right  # "SMA-stained", "S100-protein"


def on_long_dash(s: State, i: int) -> int:
    """A long dash: a separator, or a stain that was not done."""
    item = s.items[i]
    if s.open and not s.gap and kind_at(s, i + 1) in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.END, Kind.CLOSE):
        close(s, Phrase(item.start, item.end, value="not_done", firm=True, sign=True))
    return i + 1


def on_query(s: State, i: int) -> int:
    """A question mark: the result is in doubt, or asked for."""
    item = s.items[i]
    if s.gap != "":
        return i + 1
    if s.open:
        for entry in s.open:
            entry.value, entry.weak, entry.scope = None, False, None  # "ALK ?": asked, not told
            entry.marks = Marks()
        s.scope = None
        flush(s)
        s.gap = "comma"
    elif s.last and item.left:
        combine(s, s.last, Phrase(item.start, item.end, value="equivocal", firm=True, sign=True))
    return i + 1
