"""What changes a result or takes it away: exceptions, comparisons, tests, other topics, diseases, specimens."""

from __future__ import annotations

from imtdx.notation.ahead import OTHER, QUIET
from imtdx.notation.assign import close
from imtdx.notation.kinds import MARKS, Entry, Kind, Marks, Scope
from imtdx.notation.links import on_but
from imtdx.notation.phrases import IN_PHRASE, Phrase, skip
from imtdx.notation.state import State, end_of, flush, kind_at, soil

__all__ = [
    "excludes",
    "on_aside",
    "on_component",
    "on_ditto",
    "on_entity",
    "on_except",
    "on_exclude",
    "on_general",
    "on_modal",
    "on_tested",
    "on_time",
    "on_topic",
]


def on_except(s: State, i: int) -> int:
    """ "Except": the opposite of what was said, for the names or the cells that follow."""
    items = s.items
    s.after_except = s.names > 0
    j = skip(items, i + 1, MARKS | {Kind.GLUE, Kind.FOR, Kind.NOUN, Kind.NEUTRAL})
    other = OTHER.get(s.said or (s.scope.value if s.scope and s.scope.value else ""), "")
    if kind_at(s, j) is not Kind.NAME:
        focal = any(items[k].kind is Kind.EXTENT and items[k].what == "focal" for k in range(i + 1, j))
        if focal and other and end_of(s, j):
            flush(s)
            for entry in s.last if other == "positive" else []:
                entry.value = "positive"  # "negative except for rare cells"
                entry.marks.told = [*entry.marks.told, ("extent", "focal")]
            return j
        return on_but(s, i)
    flush(s)
    named = items[j].name
    if named is not None and any(e.name.marker == named.marker for e in s.entries[s.sentence :]):
        s.rank = 1  # "A and B negative, except for focal B"
    s.pre = Marks()
    s.gap = "comma"
    s.chunk += 1
    s.negated = False
    s.excepting = not s.said and not other
    if other:
        k = j
        while k < len(items) and items[k].kind not in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.BUT):
            if items[k].kind in (Kind.VALUE, Kind.DASH):
                return i + 1
            k += 1
        marked = any(items[m].kind in MARKS for m in range(i + 1, j))
        s.scope = Scope("positive" if marked else other, Marks())
    return i + 1


def on_ditto(s: State, i: int) -> int:
    """ "As were A and B": the result before it, again."""
    if s.open or s.last:
        flush(s)
        lesion = skip(s.items, i + 1, QUIET)
        if kind_at(s, lesion) is Kind.LESION:
            for entry in s.last:
                entry.marks = Marks([m for m in entry.marks.told if m[0] != "remark"])  # "and so does the tumour"
            return i + 1
        s.scope = Scope(
            s.last[-1].value, Marks([m for m in s.last[-1].marks.told if m[0] in (Kind.EXTENT, Kind.INTENSITY)])
        )
        s.gap = ""
    return i + 1


def on_aside(s: State, i: int) -> int:
    """ "Unlike SMA", "rather than desmin": names in passing; nothing is said of them."""
    items = s.items
    j = i + 1
    while j < len(items) and j - i < 12 and items[j].kind in (Kind.NAME, Kind.AND, Kind.GLUE, Kind.NOUN, Kind.FOR):
        j += 1
    if j == i + 1 or kind_at(s, j) not in (
        Kind.COMMA,
        Kind.STOP,
        Kind.BREAK,
        Kind.END,
        Kind.CLOSE,
        Kind.BE,
        Kind.VALUE,
        Kind.BUT,
    ):
        return i + 1
    if kind_at(s, j) is Kind.COMMA and kind_at(s, j + 1) is Kind.GLUE and kind_at(s, j + 2) in (Kind.BE, Kind.VALUE):
        return i + 1  # "in contrast to SMA, which was positive"
    if kind_at(s, j) in (Kind.BE, Kind.VALUE) and not s.open:
        return i + 1
    for k in range(i + 1, j):
        named = items[k].name
        if named is not None:
            s.entries.append(Entry(named, items[k].start, items[k].end))
    return j


def on_tested(s: State, i: int) -> int:
    """Performed, ordered, used: a test, and no result."""
    item = s.items[i]
    s.modal = True
    if s.negated and s.open:
        s.negated = False
        close(s, Phrase(item.start, item.end, value="not_done", firm=True))
        return i + 1
    if s.open:
        if s.scope is not None and s.scope.soft and s.scope.value == "negative" and s.open[-1].scope is s.scope:
            for entry in s.open:
                entry.value = "not_done"  # "no ALK done"
            flush(s)
            return i + 1
        for entry in s.open:
            if entry.scope is None and not entry.marks.told:
                entry.weak = False
        s.unasked = True
    elif s.last and s.gap == "" and s.last[-1].scope is not None and not s.last[-1].scope.used:
        pass
    else:
        j = skip(s.items, i + 1, IN_PHRASE - {Kind.VALUE} | {Kind.COLON, Kind.FOR})
        if kind_at(s, j) in (Kind.NAME, Kind.UNKNOWN, Kind.OPEN):
            s.neutral = True
            s.scope = None
            s.pre = Marks()
    s.prose = True
    return i + 1


def on_component(s: State, i: int) -> int:
    """A part of a tumour that has several: "epithelial component: keratin positive"."""
    s.prose = True
    item = s.items[i]
    after = skip(s.items, i + 1, QUIET)
    joined = kind_at(s, after) is Kind.AND and kind_at(s, skip(s.items, after + 1, QUIET)) in (
        Kind.LESION,
        Kind.COMPONENT,
    )
    beside = joined or (kind_at(s, i - 1 - (kind_at(s, i - 1) is Kind.GLUE)) is Kind.AND and s.lesion)
    if beside or s.lesion:
        s.component = ""
        s.lesion = True
    elif s.open and s.gap == "":
        for entry in s.open:
            entry.component = entry.component or item.what
    elif s.last and s.gap in ("", "and"):
        for entry in s.last:
            entry.component = entry.component or item.what
    else:
        s.component = item.what
    return i + 1


def on_topic(s: State, i: int) -> int:
    """Something else than a stain is spoken of: necrosis, margins, nodes."""
    s.prose = True
    if s.negated:
        s.negated = False
        if s.open:
            soil(s)
        return i + 1
    if s.open:
        soil(s)
    elif s.scope is not None:
        if s.scope.used:
            soil(s)
        else:
            s.scope = None
    else:
        s.gap = "dirty" if s.gap == "" else s.gap
    s.pre = Marks()
    s.topic = True
    s.place = ""
    return i + 1


def on_entity(s: State, i: int) -> int:
    """The name of a disease."""
    item = s.items[i]
    adjective = (
        bool(s.last)
        and not s.open
        and s.gap == ""
        and kind_at(s, i - 1) in (Kind.VALUE, Kind.DASH, Kind.NOUN, Kind.GLUE, Kind.ENTITY)
    )
    if adjective and s.items[i - 1].start <= s.last[-1].end + 1:
        excluded = excludes(s, i) or kind_at(
            s, skip(s.items, i + 1, QUIET | {Kind.ENTITY, Kind.LESION, Kind.UNKNOWN})
        ) in (Kind.BE, Kind.SHOW)
        for entry in s.last:
            entry.aside = True
            entry.general = entry.general or excluded
    if s.open and all(e.noun and e.weak for e in s.open) and not s.negated and supported(s, i):
        flush(s)  # "A expression speaks for B"
        s.gap = "dirty"
    s.negated = False
    if s.open:
        soil(s)
        s.gap = "dirty"
    elif s.scope is not None and s.scope.used:
        soil(s)
    s.entity = item.what if not s.entity else s.entity
    s.pre = Marks()
    s.prose = True
    return i + 1


#: First words of verbs by which a result speaks for a disease.
_SUPPORTS = frozenset(
    {
        "supports",
        "support",
        "supporting",
        "favours",
        "favors",
        "favour",
        "favor",
        "confirms",
        "confirm",
        "confirming",
        "speaks",
        "speak",
        "points",
        "point",
        "pointing",
        "spricht",
        "sprechen",
        "parle",
        "habla",
        "depone",
        "depongono",
        "pleit",
        "pleiten",
        "fala",
    }
)


def supported(s: State, i: int) -> bool:
    """Whether only a verb such as "speaks for" stands between the noun of a result and the disease at ``i``."""
    k = i - 1
    told = False
    while k >= 0 and i - k < 6 and s.items[k].kind in (Kind.GLUE, Kind.FOR, Kind.ENTITY):
        told = told or s.items[k].what in _SUPPORTS
        k -= 1
    return told and kind_at(s, k) is Kind.NOUN


def excludes(s: State, i: int) -> bool:
    """Whether the disease at ``i`` is ruled out, or only thought of."""
    for step, reach in ((1, 16), (-1, 10)):
        k = i + step
        while 0 <= k < len(s.items) and abs(k - i) < reach and s.items[k].kind not in (Kind.STOP, Kind.BREAK):
            kind = s.items[k].kind
            if kind in (Kind.EXCLUDE, Kind.GENERAL) or (kind in (Kind.NOT, Kind.NONE) and step < 0):
                return True
            if kind is Kind.COMMA and step < 0:
                break
            k += step
    return False


def on_general(s: State, i: int) -> int:
    """Usually, typically: told of a disease, not of this case."""
    if s.entity or kind_at(s, skip(s.items, i + 1, QUIET)) is Kind.ENTITY:
        s.general = True
    s.prose = True
    return i + 1


def on_modal(s: State, i: int) -> int:
    """Would, should, whether: what follows is no statement about the case."""
    s.modal = True
    if s.items[i].what in ("whether", "if", "ob", "si", "se", "of") and not s.open:
        s.general = True
    s.prose = True
    return i + 1


def on_exclude(s: State, i: int) -> int:
    """Excluded, ruled out: of a genetic change, its absence."""
    item = s.items[i]
    s.prose = True
    if (
        s.open
        and s.gap == ""
        and all(e.name.kind in ("fish", "mutation", "fusion") or [m for m in e.modes if m != "ihc"] for e in s.open)
    ):
        value = "equivocal" if s.negated else "negative"
        s.negated = False
        close(s, Phrase(item.start, item.end, value=value, firm=True))
        return i + 1
    if s.open and s.gap == "" and s.negated:
        s.negated = False
        close(s, Phrase(item.start, item.end, value="equivocal", firm=True))
        return i + 1
    s.negated = False
    if s.open:
        soil(s)
    return i + 1


def on_time(s: State, i: int) -> int:
    """Repeat, after treatment: this reading counts; biopsy, initially: a later reading counts more."""
    kind = s.items[i].kind
    if kind is Kind.NOW:
        return i + 1
    rank = 1 if kind is Kind.REPEAT else -1
    nxt = kind_at(s, skip(s.items, i + 1, {Kind.GLUE, Kind.FOR}))
    target = s.open or s.last
    if target and s.gap == "" and nxt not in (Kind.NAME, Kind.COLON):
        for entry in target:
            entry.rank = rank
    else:
        s.rank = rank
    return i + 1
