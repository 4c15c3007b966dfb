"""From the words in a column to integer codes: every distinct cell is read once.

Each variable that can be observed has a `Vocabulary` of distinct pieces of evidence; code 0 is "not told". A cell
becomes a `Reading`: the codes it stands for (a stain cell has one, a free-text panel many) and what in it was not understood.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.columns import Role, unfit
from imtdx.batch.told import Problem, Told, cell_text, panel_told, tell
from imtdx.errors import PanelError
from imtdx.flags import HIGH_KI67
from imtdx.notation import Lexicon, parse_panel
from imtdx.notation.tokens import name_key
from imtdx.panel import Context, Finding, Panel
from imtdx.variables import AGE, SEX, SITE

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = [
    "CONTRADICTION",
    "Cloned",
    "Parsed",
    "Problem",
    "Reader",
    "Reading",
    "Trait",
    "Vocabulary",
    "cell_text",
    "known_clone",
    "parse_text",
]

Array = NDArray[np.float64]

#: What `Vocabulary.merge` answers for two pieces of evidence that exclude each other.
CONTRADICTION = -1
#: Distinct cells remembered per column; a registry's stain columns have dozens, its age column a few hundred.
_REMEMBERED = 50_000
#: From this many new texts on, other processes are asked to help.
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """One distinct cell as read.

    Attributes:
        codes: variable -> code.
        problems: what was not understood.
        weighs: whether it can move a posterior; an equivocal test of two states cannot.
        blank: there is no cell.
    """

    codes: Mapping[str, int]
    problems: tuple[Problem, ...] = ()
    weighs: bool = True
    blank: bool = False


NOTHING = Reading({}, blank=True)


def known_clone(text: str, marker: str, lexicon: Lexicon) -> str:
    """A clone of a marker as the knowledge writes it, empty for one it does not know."""
    clone = lexicon.clones.get(name_key(text), "")
    return clone if clone in lexicon.markers[marker].clones else ""


@dataclass(frozen=True, slots=True)
class Cloned:
    """A result, and the clone that a column beside it names."""

    cell: Any
    clone: str

    def told(self, role: Role, lexicon: Lexicon) -> Told:
        """What the two tell."""
        told = tell(role, self.cell, lexicon)
        known = known_clone(self.clone, role.marker, lexicon)
        if not known:
            return told
        # what the cell says of its clone itself goes before
        return replace(told, findings=tuple(f if f.clone else replace(f, clone=known) for f in told.findings))


class Trait(IntFlag):
    """What flags ask of a finding beside its evidence."""

    NONE = 0
    NEGATIVE = 1
    POSITIVE = 2
    #: an index above the limit that is flagged
    HIGH = 4


@dataclass
class Vocabulary:
    """The distinct pieces of evidence on one marker or context variable. Safe to use from several threads; it only grows.

    Attributes:
        name: marker id, Site, AgeBand or Sex.
        entries: code -> evidence (variable -> likelihood vector); entry 0 is empty.
        traits: code -> `Trait` bits.
    """

    name: str
    entries: list[dict[str, Array]] = field(default_factory=lambda: [{}])
    traits: list[int] = field(default_factory=lambda: [0])
    _codes: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _merged: dict[tuple[int, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process; a lock does not travel."""
        return {k: v for k, v in self.__dict__.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    def code(self, evidence: Mapping[str, Array], trait: int = 0) -> int:
        """The code of a piece of evidence, a new one where needed; 0 for none.

        Args:
            evidence: variable -> likelihood vector of shape (states,).
            trait (int): `Trait` bits.
        """
        if not evidence:
            return 0
        key = (
            trait,
            *((name, np.ascontiguousarray(vector, float).tobytes()) for name, vector in sorted(evidence.items())),
        )
        found = self._codes.get(key)
        if found is None:
            with self._lock:
                if key not in self._codes:
                    self.traits.append(int(trait))
                    self.entries.append(dict(evidence))
                    self._codes[key] = len(self.entries) - 1
                found = self._codes[key]
        return found

    def merge(self, a: int, b: int) -> int:
        """The code of two results of the same variable taken together.

        The narrower of two that agree ("positive" and "focal" give "focal"), `CONTRADICTION` for two that exclude each other.
        """
        if a == b or not b:
            return a
        if not a:
            return b
        if (a, b) not in self._merged:
            self._merged[a, b] = self._merge(a, b)
        return self._merged[a, b]

    def _merge(self, a: int, b: int) -> int:
        first, second = self.entries[a], self.entries[b]
        out = dict(first)
        narrower = a
        for name, vector in second.items():
            if name not in out:
                out[name] = vector
                continue
            chosen = self._narrower(out[name], vector, self.traits[a] & self.traits[b] & Trait.POSITIVE)
            if (
                chosen is None
                and Trait.POSITIVE in (self.traits[a], self.traits[b])
                and min(out[name].max(), vector.max()) < 1
            ):
                # equivocal and positive: positive
                chosen = out[name] if self.traits[a] == Trait.POSITIVE else vector
            if chosen is None:
                return CONTRADICTION
            if chosen is vector and name == self.name:
                narrower = b
            out[name] = chosen
        return self.code(out, self.traits[narrower])

    @staticmethod
    def _narrower(first: Array, second: Array, both_positive: int) -> Array | None:
        """What two results share, as one of the two where it lies within the other; ``None`` when they exclude each other."""
        shared = np.minimum(first, second)
        if np.array_equal(shared, first):
            return first
        if np.array_equal(shared, second):
            return second
        if shared.max() == 1.0:
            # ranges that overlap
            return shared
        # focal here and diffuse there: positive in part of the tumour, as when one report says both
        return (first if first.argmax() < second.argmax() else second) if both_positive else None


Parsed = Panel | Problem | None


def parse_text(text: str, lexicon: Lexicon) -> Parsed:
    """A free-text panel, or why it cannot be read."""
    try:
        return parse_panel(text, lexicon)
    except PanelError as exc:
        return Problem(text, exc.message, exc.suggestion)


class Reader:
    """Reads distinct cells of a table for one model; remembers what it has read.

    Args:
        model: whose markers, words and network are used.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.vocabularies: dict[str, Vocabulary] = {}
        #: reads many panels at once, in other processes; ``None`` to read them here
        self.many: Callable[[Sequence[str]], list[Parsed]] | None = None
        self._memory: dict[Role, dict[Any, Reading]] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_lock"} | {"_memory": {}, "many": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    def vocabulary(self, name: str) -> Vocabulary:
        """The vocabulary of a variable, begun with the common values so that it seldom grows later."""
        if name not in self.vocabularies:
            with self._lock:
                if name not in self.vocabularies:
                    self.vocabularies[name] = self._begin(name)
        return self.vocabularies[name]

    def _begin(self, name: str) -> Vocabulary:
        out = Vocabulary(name)
        network = self.model.network
        if name in (AGE, SEX, SITE):
            for vector in np.eye(len(network.states(name))):
                out.code({name: vector})
        elif network.knowledge.markers[name].kind == "index":
            for edge in network.knowledge.network["ki67"]["edges"][1:]:
                self._code(out, Finding(name, f"{edge:g}", low=float(edge), high=float(edge)))
        else:
            for value in ("negative", "positive", "focal", "diffuse", "equivocal"):
                self._code(out, Finding(name, value))
        return out

    def _code(self, vocabulary: Vocabulary, finding: Finding) -> int:
        trait = Trait.NONE
        if finding.value == "negative":
            trait = Trait.NEGATIVE
        elif finding.value in ("positive", "focal", "diffuse"):
            trait = Trait.POSITIVE
        elif finding.percent is not None and finding.percent > HIGH_KI67:
            trait = Trait.HIGH
        return vocabulary.code(self.model.coder.finding(finding), trait)

    def read(self, role: Role, value: Any) -> Reading:
        """One distinct cell.

        Args:
            role: of its column.
            value: text, number, or ``None``/NaN for an empty cell; `Cloned` for a result with the clone of its stain.
        """
        text = cell_text(value.cell if isinstance(value, Cloned) else value)
        if not text:
            return NOTHING
        # a date and its text are one cell to a reader, and not to `unfit`
        key = text if isinstance(value, str) else (type(value), value.clone if isinstance(value, Cloned) else "", text)
        memory = self._memory.setdefault(role, {})
        found = memory.get(key)
        if found is None:
            found = self._coded(self._tell(role, value))
            if len(memory) >= _REMEMBERED:
                memory.clear()
            memory[key] = found
        return found

    def _tell(self, role: Role, value: Any) -> Told:
        lexicon = self.model.lexicon
        return value.told(role, lexicon) if isinstance(value, Cloned) else tell(role, value, lexicon)

    def read_all(self, role: Role, values: Sequence[Any]) -> list[Reading]:
        """Every distinct cell of a column."""
        if role.kind == "panel" and not role.codes and self.many is not None:
            memory = self._memory.setdefault(role, {})
            texts = [t for v in values if isinstance(v, str) and (t := cell_text(v)) and t not in memory]
            texts = [t for t in texts if not unfit("panel", t)]
            if len(texts) >= _MANY:
                parsed = self.many(texts)
                if len(memory) + len(texts) > _REMEMBERED:
                    memory.clear()
                memory.update((t, self._coded(panel_told(t, p))) for t, p in zip(texts, parsed, strict=True))
        return [self.read(role, v) for v in values]

    def _coded(self, told: Told) -> Reading:
        codes = self._findings(told.findings) | self._context(told.context)
        weighs = any(
            np.ptp(vector) > 0
            for name, code in codes.items()
            for vector in self.vocabulary(name).entries[code].values()
        )
        return Reading(codes, told.problems, weighs)

    def _findings(self, findings: Iterable[Finding]) -> dict[str, int]:
        """Marker -> code. A finding that carries no weight gets none."""
        return {f.marker: code for f in findings if (code := self._code(self.vocabulary(f.marker), f))}

    def _context(self, context: Context) -> dict[str, int]:
        return {
            name: self.vocabulary(name).code({name: vector})
            for name, vector in self.model.coder.context(context).items()
        }
