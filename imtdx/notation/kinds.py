"""What a piece of a report is, and the records that the reader works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from imtdx.notation.names import Name

__all__ = ["MARKS", "PLACES", "Comment", "Entry", "Item", "Kind", "Marks", "Scope"]


class Kind(StrEnum):
    """Kinds of items."""

    NAME = "name"
    # results and what qualifies them
    VALUE = "value"
    EXTENT = "extent"
    INTENSITY = "intensity"
    PATTERN = "pattern"
    PERCENT = "pct"
    INDEX = "index"
    NUMBER = "num"
    COMPARE = "comp"
    SCORE = "score"
    HSCORE = "hscore"
    CUE = "cue"  # a method or genetic word
    NOUN = "noun"  # expression: positive unless something else is said
    NEUTRAL = "neutral"  # staining, stains for: says nothing alone
    STAIN = "stain"  # stained with, highlights
    # negation and verbs
    NOT = "not"
    NONE = "none"
    DENY = "deny"  # a negation that stands after what it denies
    BE = "be"
    SHOW = "show"
    EACH = "each"  # all, both
    # links
    FOR = "for"
    AND = "and"
    BUT = "but"
    EXCEPT = "except"
    DITTO = "ditto"
    ASIDE = "aside"
    RESPECTIVELY = "respectively"
    # tissue
    LESION = "lesion"
    REMARK = "remark"
    COMPONENT = "component"  # a part of a tumour that has several
    # what takes the result away
    TESTED = "tested"
    TOPIC = "topic"
    ENTITY = "entity"
    GENERAL = "general"
    EXCLUDE = "exclude"
    MODAL = "modal"
    UNKNOWN = "unk"
    # specimens
    REPEAT = "repeat"
    FIRST = "first"
    NOW = "now"
    # signs
    DASH = "dash"
    LONG_DASH = "em"
    QUERY = "query"
    COMMA = "comma"
    STOP = "stop"
    BREAK = "break"
    COLON = "colon"
    OPEN = "lp"
    CLOSE = "rp"
    CELL = "cell"
    GLUE = "glue"
    END = "end"


#: Kinds of items that qualify a result.
MARKS = frozenset({Kind.EXTENT, Kind.INTENSITY, Kind.PATTERN, Kind.PERCENT, Kind.INDEX})
#: Qualifiers that say that there is staining.
_TELLING = frozenset({Kind.EXTENT, Kind.INTENSITY, Kind.PERCENT, Kind.INDEX})
#: Remarks that place a result outside the lesion.
PLACES = frozenset({"elsewhere", "elsewhere_only", "other_cells", "unspecific", "control"})


@dataclass(slots=True)
class Item:
    """One meaningful piece of the text.

    Attributes:
        kind: what it is.
        what: the value, qualifier, or sign meant.
        start, end: place in the text.
        name: for names.
        low, high: percent, grade or count of plus signs.
        comp: ``"<"``, ``">"`` or empty, for percentages.
        sign: a sign, not a word.
        left, right: whether it touches what stands before and after.
        firm: a word that says positive outright, as "seen" or "present" do not.
    """

    kind: Kind
    what: str
    start: int
    end: int
    name: Name | None = None
    low: float | None = None
    high: float | None = None
    comp: str = ""
    sign: bool = False
    left: bool = False
    right: bool = False
    firm: bool = False


class Marks:
    """Qualifiers of a result, in the order told."""

    __slots__ = ("told",)

    def __init__(self, told: list[tuple[str, Any]] | None = None) -> None:
        self.told: list[tuple[str, Any]] = told if told is not None else []

    def add(self, item: Item) -> None:
        """Take in one qualifier."""
        if item.kind in (Kind.PERCENT, Kind.NUMBER):
            self.told.append(("pct", (item.low, item.high, item.comp)))
        else:
            self.told.append((item.kind, item.what))

    def grade(self, item: Item) -> None:
        """Take in the grade of a sign (``2+``, ``++``), if it has one."""
        if item.low is not None and item.high is not None:
            self.told.append(("grade", (item.low, item.high, item.comp)))

    def merge(self, other: Marks) -> None:
        """Take in all of another's qualifiers."""
        if other.told:
            self.told = [*self.told, *other.told]

    def of(self, kind: str) -> list[Any]:
        """What was told of one kind: ``extent``, ``intensity``, ``pattern``, ``pct``, ``grade``, ``index``, ``remark``."""
        return [what for k, what in self.told if k == kind]

    def without(self, other: Marks) -> Marks:
        """These qualifiers without those of another."""
        mine = list(self.told)
        for told in other.told:
            if told in mine:
                mine.remove(told)
        return Marks(mine)

    @property
    def telling(self) -> bool:
        """Whether the qualifiers alone say that there is staining."""
        return any(kind in _TELLING for kind, _ in self.told)


@dataclass(slots=True)
class Scope:
    """A result said before its names."""

    value: str | None
    marks: Marks
    soft: bool = False  # opened by a denial: later nouns and verbs do not turn it round
    listed: bool = False  # opened with a colon: goes on over semicolons and lines
    weak: bool = False  # opened by a noun alone: any later result counts more
    verbal: bool = False  # opened by a verb: "none expressed A", not "no staining for A"
    used: bool = False


@dataclass(slots=True)
class Entry:
    """One name with what was said about it.

    Attributes:
        value: one of the values of the lexicon, None while open.
        weak: a noun such as "expression" stands with it: positive unless something else is said.
        modes: ``"ihc"``, ``"fish"``, ``"amplification"``, ``"mutation"`` where a method or genetic word stands with it.
        rank: -1 for an earlier specimen, 0, or 1 for a repeat; the highest counts.
        noun: a noun such as "rearrangement" or "expression" ended its phrase.
        joined: "and" or "or" stands before it.
        slashed: a slash stands before it.
        post: qualifiers came after the name, so that the next name begins a new phrase.
        aside: told as the attribute of a diagnosis, or in a conclusion: counts only where nothing else is told.
        general: told of a diagnosis in general, not of this case.
        doubt: a "not" stands before it whose object is not known.
        unsure: an unknown word stands right before it: a noun after it tells nothing.
        component: which part of the lesion, where several are told.
    """

    name: Name
    start: int
    end: int
    marks: Marks = field(default_factory=Marks)
    value: str | None = None
    weak: bool = False
    modes: list[str] = field(default_factory=list)
    rank: int = 0
    post: bool = False
    scope: Scope | None = None
    chunk: int = 0
    exon: bool = False
    noun: bool = False
    joined: bool = False
    slashed: bool = False
    aside: bool = False
    general: bool = False
    component: str = ""
    doubt: bool = False
    unsure: bool = False

    @property
    def elsewhere(self) -> bool:
        """Whether its result is about vessels, entrapped tissue or other cells, not about the lesion."""
        return any(kind == "remark" and what in PLACES for kind, what in self.marks.told)


@dataclass(slots=True)
class Comment:
    """Words that were not used; ``name`` when they stand where a name would."""

    start: int
    end: int
    name: bool = False
