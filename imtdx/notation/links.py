"""Words and marks that join names, phrases, lines and sentences."""

from __future__ import annotations

from imtdx.notation.ahead import QUIET, SKIPPED, lists_names, names_only, value_opens
from imtdx.notation.kinds import MARKS, Comment, Kind, Marks, Scope
from imtdx.notation.phrases import leads_to_name, skip
from imtdx.notation.state import State, flush, kind_at, take_pre

__all__ = [
    "end_clause",
    "list_goes_on",
    "on_and",
    "on_break",
    "on_but",
    "on_close",
    "on_colon",
    "on_comma",
    "on_for",
    "on_respectively",
    "on_stop",
    "starts_anew",
]


def on_for(s: State, i: int) -> int:
    """ "And focally for desmin": the result before it goes on with other qualifiers."""
    waits = s.scope is not None and s.scope.value is not None and not s.scope.used
    if s.negated and leads_to_name(s.items, i):
        return i + 1
    if s.pre.told and not waits and not (s.open and s.gap == "") and leads_to_name(s.items, i):
        value = "positive"
        flush(s)
        s.scope = Scope(value, take_pre(s))
    elif s.open and s.gap == "" and starts_anew(s, i):
        s.gap = "comma"
        s.chunk += 1
    return i + 1


def starts_anew(s: State, i: int) -> bool:
    """Whether a result or qualifier of the next name follows "with": "SMA with negative desmin", "with focal desmin"."""
    j = skip(s.items, i + 1, MARKS | {Kind.GLUE})
    if kind_at(s, j) is Kind.NAME:
        return any(s.items[k].kind in MARKS for k in range(i + 1, j)) or kind_at(s, j + 1) is Kind.BE
    if kind_at(s, j) is Kind.NOT:
        return True
    if kind_at(s, j) is not Kind.VALUE or s.items[j].sign:
        return False
    k = skip(s.items, j + 1, SKIPPED)
    return kind_at(s, k) is Kind.NAME or (kind_at(s, k) is Kind.FOR and leads_to_name(s.items, k))


def on_comma(s: State, i: int) -> int:
    """A comma between names, phrases or qualifiers."""
    relative = kind_at(s, i + 1) is Kind.GLUE and s.items[i + 1].what in _RELATIVE
    if s.excepting and s.open and relative:
        s.excepting = False  # "with the exception of A, which was positive"
    if s.excepting and s.open:
        s.excepted, s.open = s.open, []
        s.entries.extend(s.excepted)
        s.scope, s.last, s.excepting = None, [], False
    if s.gap != "dirty" or s.open or s.scope is not None:
        s.gap = "comma"
    s.chunk += 1
    s.negated = s.doubt = False
    s.topic = False
    return i + 1


#: Pronouns that go on about the name before them.
_RELATIVE = frozenset(
    {
        "which",
        "that",
        "que",
        "qui",
        "che",
        "die",
        "der",
        "das",
        "dat",
        "welche",
        "welcher",
        "welches",
        "o",
        "a",
        "el",
        "la",
    }
)


def on_and(s: State, i: int) -> int:
    """And, or, a slash: a list goes on."""
    if s.gap == "":
        s.gap = "and"
    if (
        s.items[i].what in _AS_WELL
        and s.last
        and not s.open
        and s.scope is None
        and s.gap in ("comma", "and")
        and lists_names(s, i + 1)
    ):
        s.scope = Scope(s.last[-1].value, Marks())  # "A and B were negative, as well as C"
        s.gap = ""
    s.topic = False
    return i + 1


#: First words of "as well as" and its like.
_AS_WELL = frozenset(
    {
        "as",
        "asi",
        "assim",
        "ainsi",
        "sowie",
        "nonche",
        "alsmede",
        "alsook",
        "bem",
        "along",
        "together",
        "in",
        "以及",
        "並びに",
    }
)


def on_but(s: State, i: int) -> int:
    """But, while: a new phrase, unless it only joins two qualifiers ("intense but patchy")."""
    j = skip(s.items, i + 1, SKIPPED | {Kind.AND})
    nxt = kind_at(s, j)
    s.topic = False
    if nxt in (Kind.NAME, Kind.VALUE, Kind.NOT, Kind.FOR, Kind.UNKNOWN, Kind.CUE, Kind.BUT, Kind.SHOW, Kind.NONE):
        if nxt is Kind.VALUE and s.open and not value_opens(s, i):
            return i + 1
        named = kind_at(s, skip(s.items, j + 1, SKIPPED | {Kind.FOR})) is Kind.NAME
        if (
            nxt is Kind.NOT
            and named
            and s.open
            and all(e.value is None and e.scope is None and not e.weak for e in s.open)
        ):
            s.waiting, s.open = [*s.waiting, *s.open], []  # "A but not B was positive"
            s.entries.extend(s.waiting)
        flush(s)
        s.pre = Marks()
        s.gap = "comma"
        s.chunk += 1
        s.negated = s.doubt = False
        if s.general and kind_at(s, skip(s.items, i + 1, QUIET)) is not Kind.ENTITY:
            s.general = False
    return i + 1


def on_colon(s: State, i: int) -> int:
    """A colon or equals sign after a name or a heading."""
    before = kind_at(s, i - 1)
    if before in (Kind.FIRST, Kind.REPEAT, Kind.NOW):
        s.rank = s.standing_rank = {Kind.FIRST: -1, Kind.REPEAT: 1, Kind.NOW: 0}[before]
    elif before is Kind.UNKNOWN and not s.open:
        s.gap = "stop"
    return i + 1


def on_stop(s: State, i: int) -> int:
    """The end of a clause."""
    if s.depth:
        return on_comma(s, i)
    semicolon = s.items[i].what == ";"
    keep = s.scope is not None and semicolon and (s.scope.listed or list_goes_on(s, i))
    end_clause(s, keep)
    if not semicolon:
        s.general = s.modal = s.before_denied = s.after_except = False
        s.sentence = len(s.entries)
        s.component = ""
    return i + 1


def list_goes_on(s: State, i: int) -> bool:
    """Whether only a bare name stands between this semicolon and the next: the list of the scope goes on."""
    j = skip(s.items, i + 1, {Kind.GLUE, Kind.AND})
    return kind_at(s, j) is Kind.NAME and kind_at(s, skip(s.items, j + 1, QUIET)) in (Kind.STOP, Kind.END, Kind.BREAK)


def on_break(s: State, i: int) -> int:
    """A line break: the end of a clause unless the sentence plainly goes on."""
    before = kind_at(s, i - 1)
    j = skip(s.items, i + 1, QUIET)
    after = kind_at(s, j)
    blank = s.items[i].what == "blank"
    if s.depth and not blank:
        return i + 1
    unused = s.scope is not None and not s.scope.used
    open_ = before in (
        Kind.COMMA,
        Kind.AND,
        Kind.FOR,
        Kind.BUT,
        Kind.COLON,
        Kind.NOT,
        Kind.BE,
        Kind.SHOW,
        Kind.NOUN,
        Kind.NEUTRAL,
        Kind.STAIN,
    )
    open_ = open_ or unused or s.negated or bool(s.pre.told)
    bare = [e for e in s.open if e.value is None and e.scope is None and not e.post]
    goes_on = after in (Kind.FOR, Kind.BUT, Kind.BE) or (after is Kind.AND and s.items[j].what != "/")
    if bare and after is Kind.DASH and kind_at(s, j + 1) in (Kind.BREAK, Kind.END):
        goes_on = True
    if bare and after in (Kind.VALUE, Kind.BE, Kind.NOUN, Kind.CUE) and not (after is Kind.VALUE and value_opens(s, i)):
        goes_on = True
    if s.scope is not None and s.scope.listed and not value_opens(s, i) and (unused or names_only(s, i + 1)):
        s.gap = "comma"
        s.chunk += 1
        if any(e.post for e in s.open):
            flush(s, keep_scope=True)
        return i + 1
    if (open_ or goes_on) and not (blank and not unused):
        return i + 1
    end_clause(s)
    s.general = s.modal = s.before_denied = s.after_except = False
    s.sentence = len(s.entries)
    return i + 1


def end_clause(s: State, keep_scope: bool = False) -> None:
    """Close everything that is open."""
    if s.open and not s.gap and s.scope is None and not any(e.weak or e.marks.told for e in s.open) and s.negated:
        for entry in s.open:
            entry.value = entry.value or "negative"  # "A was expressed; B was not"
    flush(s, keep_scope)
    if s.words:
        if s.names == 0 and len(s.words) <= 3 and not s.prose:
            s.comments.append(Comment(s.words[0].start, s.words[-1].end, True))
        else:
            s.comments.extend(s.words)
    if s.names == 0:
        s.comments.extend(s.loose)
    final = s.last[-1] if s.last else None
    s.before_denied = final is not None and final.value == "negative" and final.scope is not None and final.scope.soft
    s.denied = s.dangling = s.doubt = False
    s.place = s.component = ""
    s.waiting, s.excepted = [], []
    s.excepting = False
    s.lesion = s.prose = False
    s.loose = []
    s.words = []
    s.names = 0
    s.pre = Marks()
    s.gap = "stop"
    s.chunk += 1
    s.rank = s.standing_rank
    s.negated = False
    s.topic = False
    s.entity = ""
    s.mode = ""
    s.cued = False
    if not keep_scope:
        s.said = ""


def on_close(s: State, i: int) -> int:
    """The end of a bracket with names; a result opened just before it ends with it."""
    if s.depth:
        s.depth -= 1
        opened = s.stack.pop()
        if opened is not None and opened is s.scope:
            flush(s)
        if s.open or s.last:
            s.gap = ""
    return i + 1


def on_respectively(s: State, i: int) -> int:
    """A word that only counts with the results before it."""
    return i + 1
