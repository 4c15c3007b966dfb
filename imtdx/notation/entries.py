"""What the grammar works on: entries, their qualifiers, and the scopes that give them results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imtdx.notation.names import Name
from imtdx.notation.signs import Item

__all__ = ["PLACES", "Comment", "Entry", "Marks", "Scope"]

#: Qualifiers that say that there is staining.
_TELLING = frozenset({"extent", "intensity", "pct", "index"})
#: Remarks that place a result outside the lesion.
PLACES = frozenset({"elsewhere", "elsewhere_only", "other_cells", "unspecific", "control"})


class Marks:
    """Qualifiers of a result, in the order told."""

    __slots__ = ("told",)

    def __init__(self, told: list[tuple[str, Any]] | None = None) -> None:
        self.told: list[tuple[str, Any]] = told if told is not None else []

    def add(self, item: Item) -> None:
        """Take in one qualifier."""
        if item.kind in ("pct", "num"):
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
            self.told += other.told

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
class Entry:
    """One name with what was said about it.

    Attributes:
        value: one of the values of the lexicon, None while open.
        weak: a noun such as "staining" stands with it: positive unless something else is said.
        modes: ``"ihc"``, ``"fish"``, ``"amplification"``, ``"mutation"`` where a method or genetic word stands with it.
        rank: -1 for an earlier specimen, 0, or 1 for a repeat; the highest counts.
        noun: a noun such as "rearrangement" or "expression" ended its phrase.
        joined: "and" or "or" stands before it.
        post: qualifiers came after the name, so that the next name begins a new phrase.
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
    patterned: bool = False
    noun: bool = False
    joined: bool = False

    @property
    def elsewhere(self) -> bool:
        """Whether its result is about vessels, entrapped tissue or other cells, not about the lesion."""
        return any(kind == "remark" and what in PLACES for kind, what in self.marks.told)


@dataclass(slots=True)
class Scope:
    """A result said before its names."""

    value: str | None
    marks: Marks
    soft: bool = False  # opened by "no", "without": later nouns and verbs do not turn it round
    listed: bool = False  # opened with a colon: goes on over semicolons and lines
    named: bool = False  # opened by a noun, "loss of", "no staining for": that it "was seen" confirms it
    used: bool = False

    def confirmed_by(self, item: Item, what: str) -> bool:
        """Whether a result only confirms what the scope says."""
        return self.named and what == "positive" and not item.firm and not item.sign and self.value != "positive"


@dataclass(slots=True)
class Comment:
    """Words that were not used; ``name`` when they stand where a name would."""

    start: int
    end: int
    name: bool = False
