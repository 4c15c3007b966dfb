"""Words that are not known."""

from __future__ import annotations

from imtdx.notation.ahead import SKIPPED, bracket_of_names, value_opens
from imtdx.notation.kinds import Comment, Entry, Kind, Scope
from imtdx.notation.names import Name
from imtdx.notation.phrases import leads_to_name, skip
from imtdx.notation.state import State, append, flush, kind_at, soil, take_pre

__all__ = ["dash_closes", "entry_unknown", "harmless", "names_a_stain", "on_unknown", "sign_only"]


def on_unknown(s: State, i: int) -> int:
    """Words that are not known: a name when they stand where a name would; else nothing is read across them."""
    items = s.items
    j = i
    while j + 1 < len(items) and j - i < 5 and items[j + 1].kind is Kind.UNKNOWN:
        j += 1
    for k in range(i, j + 1):
        if items[k].what == "typo":
            if k > i:
                s.words.append(Comment(items[i].start, items[k - 1].end))
            return entry_unknown(s, k, k)
    first, last = items[i], items[j]
    kind = kind_at(s, j + 1)
    if first.what == "symbol" and i == j:
        if kind is Kind.END and i == 0:
            s.words.append(Comment(first.start, last.end))
        return i + 1
    if names_a_stain(s, i, j):
        return entry_unknown(s, i, j)
    s.words.append(Comment(first.start, last.end))
    if not harmless(s, i, j):
        denied = s.negated or (s.scope is not None and s.scope.soft)
        soil(s, kind_at(s, i - 1))
        s.doubt = s.doubt or denied  # what the "not" denies is not known
        s.negated = False
        s.place = ""
    elif not s.open and s.scope is None:
        s.gap = "dirty" if s.gap in ("", "and", "comma") and not s.negated else s.gap
    return j + 1


def harmless(s: State, i: int, j: int) -> bool:
    """Whether the unknown words ``i`` to ``j`` stand where they cannot change what a result belongs to."""
    items = s.items
    if (
        s.open
        and s.open[-1].name.kind == "index"
        and kind_at(s, skip(items, j + 1, {Kind.GLUE, Kind.FOR, Kind.COMPARE, Kind.BE, Kind.UNKNOWN})) is Kind.PERCENT
    ):
        return True  # "Ki-67 is put at 20 %": a figure can be about nothing else
    before, after = kind_at(s, i - 1), kind_at(s, j + 1)
    count = j - i + 1
    if not s.open and s.scope is None and not s.negated:
        return True
    if before is Kind.CELL and after in (Kind.CELL, Kind.BREAK, Kind.END):
        return True
    if after is Kind.CELL and before is Kind.BREAK:
        return True
    listing = (Kind.COMMA, Kind.AND, Kind.FOR, Kind.COLON, Kind.OPEN, Kind.NOT)
    if before in listing and after in (Kind.COMMA, Kind.AND) and count <= 2:
        return not s.negated or after is not Kind.COMMA
    if (
        before in (Kind.AND,)
        and count <= 2
        and after in (Kind.VALUE, Kind.STOP, Kind.CLOSE)
        and s.scope is not None
        and s.scope.used
        and after is not Kind.VALUE
    ):
        return True
    if before is Kind.FOR and after in (Kind.NAME, Kind.COMMA, Kind.AND) and count <= 3:
        return True
    if s.scope is not None and count <= 2 and bracket_of_names(s, j + 1):
        return True
    if (
        count == 1
        and after in (Kind.VALUE, Kind.NOUN, Kind.NEUTRAL, Kind.EXTENT, Kind.INTENSITY)
        and before in (Kind.NOT, Kind.BE, Kind.COLON, Kind.SHOW, Kind.OPEN)
    ):
        return True
    if count == 1 and (before is Kind.NOT or s.negated) and after is Kind.NAME:
        return True
    k = skip(items, j + 1, {Kind.GLUE})
    if count <= 2 and kind_at(s, j + 1) in (Kind.LESION, Kind.REMARK) and not s.open:
        return True
    if count <= 2 and kind_at(s, k) is Kind.LESION and k - j <= 2:
        return True
    if s.scope is not None and not s.scope.used and after is Kind.FOR and count <= 3:
        return True
    return s.scope is not None and not s.scope.used and s.scope.listed and count <= 3


def names_a_stain(s: State, i: int, j: int) -> bool:
    """Whether the unknown words ``i`` to ``j`` stand where the name of a stain would."""
    kind = kind_at(s, j + 1)
    short = s.items[i].end - s.items[i].start <= 20
    if s.scope is not None and s.scope.soft and s.negated:
        return False
    if kind is Kind.VALUE and s.items[j + 1].sign:
        return True
    if kind is Kind.DASH and dash_closes(s, j + 1):
        return True
    if kind is Kind.PERCENT and j == i and s.items[i].what == "code":
        return True
    if kind is Kind.OPEN and (j + 1) in s.parens and sign_only(s, j + 1):
        return True
    if kind is Kind.COLON:
        k = skip(s.items, j + 2, SKIPPED)
        if kind_at(s, k) is Kind.VALUE and not value_opens(s, j + 1) and j - i <= 2:
            return True
    if (
        j - i <= 1
        and kind in (Kind.VALUE, Kind.BE)
        and s.gap in ("stop", "comma", "and")
        and kind_at(s, i - 1) in (Kind.STOP, Kind.COMMA, Kind.AND, Kind.BREAK, Kind.END)
    ):
        k = j + 1 if kind is Kind.VALUE else skip(s.items, j + 2, SKIPPED | {Kind.NOT})
        if kind_at(s, k) is Kind.VALUE and s.items[k].firm and not s.open:
            follow = skip(s.items, k + 1, SKIPPED)
            return kind_at(s, follow) is not Kind.COLON and not (
                kind_at(s, follow) is Kind.FOR and leads_to_name(s.items, follow)
            )
    if j > i or kind not in (Kind.COMMA, Kind.STOP, Kind.END, Kind.BREAK, Kind.AND, Kind.CLOSE, Kind.BUT):
        return False
    if s.gap in ("comma", "and") and s.scope is None:
        return (
            kind in (Kind.COMMA, Kind.AND, Kind.STOP, Kind.END)
            and not s.prose
            and kind_at(s, i - 1) in (Kind.COMMA, Kind.AND)
            and short
        )
    if s.gap != "stop" and s.gap != "dirty" and s.scope is not None and not s.scope.used:
        return short or kind is Kind.AND
    if s.gap in ("comma", "and") and s.scope is not None and kind_at(s, i - 1) in (Kind.COMMA, Kind.AND):
        return short
    return (
        kind in (Kind.COMMA, Kind.AND) and kind_at(s, j + 2) is Kind.NAME and s.gap == "stop" and short and not s.prose
    )


def entry_unknown(s: State, i: int, j: int) -> int:
    """An entry for words that stand where a name would."""
    s.names += 1
    if s.negated:
        flush(s)
        s.scope = Scope("negative", take_pre(s), soft=True)
        s.negated = False
    elif s.gap and s.open and any(e.post for e in s.open):
        flush(s, keep_scope=True)
    entry = Entry(Name("", kind="unknown"), s.items[i].start, s.items[j].end, rank=s.rank, chunk=s.chunk, scope=s.scope)
    if s.scope is not None:
        s.scope.used = True
    append(s, entry)
    return j + 1


def dash_closes(s: State, i: int) -> bool:
    """Whether the hyphen after an unknown word is a minus sign."""
    item = s.items[i]
    if not item.left:
        return False
    kind = kind_at(s, i + 1)
    if not item.right:
        return kind in (Kind.COMMA, Kind.STOP, Kind.CLOSE, Kind.END, Kind.BREAK, Kind.AND, Kind.CELL)
    return kind in (Kind.COMMA, Kind.STOP, Kind.CLOSE, Kind.END, Kind.BREAK, Kind.AND) or (
        kind is Kind.VALUE and not s.items[i + 1].sign
    )


def sign_only(s: State, i: int) -> bool:
    """Whether the bracket at ``i`` holds a sign and no names."""
    end, names = s.parens[i]
    return not names and any(
        (s.items[k].kind is Kind.VALUE and s.items[k].sign) or s.items[k].kind is Kind.DASH for k in range(i + 1, end)
    )
