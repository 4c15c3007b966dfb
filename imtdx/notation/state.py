"""The state of a reading: names that wait, the result said before them, what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from imtdx.notation.kinds import Comment, Entry, Item, Kind, Marks, Scope
from imtdx.notation.lexicon import Lexicon

__all__ = ["State", "append", "brackets", "end_of", "flush", "kind_at", "soil", "take_pre"]

#: No list of stains is longer; what is longer is closed, so that time stays linear.
_LONGEST_LIST = 64


@dataclass(slots=True)
class State:
    """Where the reader stands.

    Attributes:
        entries: what was read, in order.
        comments: words that were not used.
        open: names that wait for a result, with no unknown word behind them.
        last: names that got the last result.
        tested: names that were said to be tested; a later "all were negative" is about them.
        pre: qualifiers that wait for a name.
        scope: a result that stands before its names.
        gap: what stands between the last name or result and here: ``""``, ``"and"``, ``"comma"``, ``"stop"`` or ``"dirty"``.
        chunk: number of the phrase.
        rank: of the specimen told of.
        mode: genetic method that the clause speaks of.
        said: last result of the clause.
        place: the result to come is about other tissue.
        lesion: the clause speaks of the lesion.
    """

    items: Sequence[Item]
    lexicon: Lexicon
    parens: dict[int, tuple[int, bool]]
    entries: list[Entry] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    open: list[Entry] = field(default_factory=list)
    last: list[Entry] = field(default_factory=list)
    tested: list[Entry] = field(default_factory=list)
    waiting: list[Entry] = field(default_factory=list)
    excepted: list[Entry] = field(default_factory=list)
    pre: Marks = field(default_factory=Marks)
    scope: Scope | None = None
    stack: list[Scope | None] = field(default_factory=list)
    gap: str = "stop"
    chunk: int = 0
    rank: int = 0
    standing_rank: int = 0
    negated: bool = False
    mode: str = ""
    said: str = ""
    denied: bool = False
    place: str = ""
    lesion: bool = False
    component: str = ""
    topic: bool = False
    general: bool = False
    modal: bool = False  # a test is spoken of, not its result: nouns alone tell nothing
    after_except: bool = False  # names that follow are excepted from what was said
    doubt: bool = False  # a "not" stands before a word that is not known
    dangling: bool = False  # a result of the clause found no name
    before_denied: bool = False  # the clause before denied
    entity: str = ""
    unasked: bool = False  # the open names were said to be tested
    excepting: bool = False
    neutral: bool = False
    cued: bool = False  # a genetic noun stands before the names
    prose: bool = False
    depth: int = 0
    names: int = 0
    sentence: int = 0  # entries before this one belong to earlier sentences
    words: list[Comment] = field(default_factory=list)
    loose: list[Comment] = field(default_factory=list)


def kind_at(s: State, i: int) -> Kind:
    """Kind of item ``i``; ``END`` past either end."""
    return s.items[i].kind if 0 <= i < len(s.items) else Kind.END


def end_of(s: State, i: int) -> bool:
    """Whether a phrase ends at item ``i``."""
    return kind_at(s, i) in (Kind.COMMA, Kind.STOP, Kind.BREAK, Kind.END, Kind.CLOSE)


def brackets(items: Sequence[Item]) -> dict[int, tuple[int, bool]]:
    """Opening bracket -> its closing bracket and whether names stand between them."""
    out: dict[int, tuple[int, bool]] = {}
    open_: list[int] = []
    names = [0] * (len(items) + 1)
    for k, item in enumerate(items):
        names[k + 1] = names[k] + (item.kind is Kind.NAME)
        if item.kind is Kind.OPEN:
            open_.append(k)
        elif item.kind is Kind.CLOSE and open_:
            start = open_.pop()
            out[start] = (k, names[k] > names[start])
        elif item.kind is Kind.BREAK and item.what == "blank":
            open_ = []
    return out


def take_pre(s: State) -> Marks:
    """The qualifiers that wait for a name; none wait after this."""
    marks, s.pre = s.pre, Marks()
    return marks


def append(s: State, entry: Entry) -> None:
    """One more name that waits for its result."""
    if len(s.open) >= _LONGEST_LIST:
        flush(s, keep_scope=True)
    s.open.append(entry)
    s.gap = ""


def flush(s: State, keep_scope: bool = False) -> None:
    """Close the open names with what their scope and qualifiers say."""
    if s.open:
        for entry in s.open:
            if (
                s.modal
                and entry.weak
                and entry.value is None
                and not entry.marks.told
                and (entry.scope is None or entry.scope.weak)
            ):
                entry.weak, entry.scope = False, None
            if entry.value is None and entry.scope is not None:
                entry.value = entry.scope.value
            if (
                entry.unsure
                and entry.weak
                and entry.value is None
                and entry.scope is None
                and not entry.marks.told
                and entry.name.kind != "fusion"
            ):
                entry.weak = False
            if entry.doubt and entry.scope is not None and entry.value == entry.scope.value:
                entry.value = None
            if (
                entry.value is None
                and not entry.doubt
                and (entry.weak or entry.marks.telling or entry.marks.of("pattern"))
            ):
                entry.value = "positive"
        s.entries.extend(s.open)
        if s.unasked:
            s.tested = s.open
        s.last = s.open
        s.open = []
    s.unasked = False
    s.neutral = False
    if not keep_scope:
        s.scope = None


def soil(s: State, before: Kind = Kind.END) -> None:
    """A word that was not understood: the open names get no result across it.

    Args:
        s (State): of the reading.
        before (Kind): what stands right before the word.
    """
    if s.open:
        for entry in s.open:
            if entry.value is None and (before in (Kind.BE, Kind.COLON) or (s.gap == "" and not entry.marks.telling)):
                entry.marks = Marks([m for m in entry.marks.told if m[0] == "remark"])
            noun = entry.scope is None or entry.scope.weak
            apart = s.gap == "comma" and before is not Kind.COLON
            if entry.value is None and noun and not apart and not entry.marks.told and entry.name.kind != "fusion":
                entry.scope = None
                entry.weak = False
        flush(s)
    elif s.scope is not None and s.scope.used:
        s.scope = None
    s.pre = Marks()
    s.gap = "dirty"
