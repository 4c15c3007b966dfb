"""From the words in a column to integer codes: every distinct cell is read once.

Each variable that can be observed has a `Vocabulary` of distinct pieces of evidence; code 0 is "not told". A cell
becomes a `Reading`: the codes it stands for (a stain cell has one, a free-text panel many) and what in it was not understood.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imtdx.answer.flags import trait
from imtdx.batch.collected import Collected, Outcome
from imtdx.batch.columns import Role, unfit
from imtdx.batch.told import Problem, Told, cell_text, panel_told, tell
from imtdx.errors import PanelError
from imtdx.merging import merge, result_key
from imtdx.notation import Lexicon, read_case
from imtdx.notation.tokens import name_key
from imtdx.panel import Context, Finding, Panel
from imtdx.variables import AGE, COMPLETE, SEX, SITE

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = [
    "Cloned",
    "Parsed",
    "Problem",
    "Reader",
    "Reading",
    "Vocabulary",
    "cell_text",
    "known_clone",
    "parse_text",
]

Array = NDArray[np.float64]

#: Distinct cells remembered per column; a registry's stain columns have dozens, its age column a few hundred.
_REMEMBERED = 50_000
#: From this many new texts on, other processes are asked to help.
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """One distinct cell as read.

    Attributes:
        codes: variable -> code of a collection of results.
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


@dataclass
class Vocabulary:
    """The distinct pieces of evidence on one marker or context variable. Safe to use from several threads; it only grows.

    Attributes:
        name: marker id, Site, AgeBand or Sex.
        entries: code -> evidence (variable -> likelihood vector); entry 0 is empty.
        traits: code -> bits of `imtdx.answer.flags.Trait`.
    """

    name: str
    entries: list[dict[str, Array]] = field(default_factory=lambda: [{}])
    traits: list[int] = field(default_factory=lambda: [0])
    _codes: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process; a lock does not travel."""
        return {k: v for k, v in self.__dict__.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    def code(self, evidence: Mapping[str, Array], traits: int = 0) -> int:
        """The code of a piece of evidence, a new one where needed; 0 for none.

        Args:
            evidence: variable -> likelihood vector of shape (states,).
            traits (int): bits of `imtdx.answer.flags.Trait`.
        """
        if not evidence:
            return 0
        key = (
            traits,
            *((name, np.ascontiguousarray(vector, float).tobytes()) for name, vector in sorted(evidence.items())),
        )
        found = self._codes.get(key)
        if found is None:
            with self._lock:
                if key not in self._codes:
                    self.traits.append(int(traits))
                    self.entries.append(dict(evidence))
                    self._codes[key] = len(self.entries) - 1
                found = self._codes[key]
        return found


Parsed = Panel | Problem | None


def parse_text(text: str, lexicon: Lexicon) -> Parsed:
    """A free-text panel, or why it cannot be read."""
    try:
        return read_case(text, lexicon)
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
        #: variable -> its collections of results
        self.collected: dict[str, Collected] = {}
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
        if name == COMPLETE:
            for vector in np.eye(2):
                out.code({name: vector})
        elif name in (AGE, SEX, SITE):
            for vector in np.eye(len(network.states(name))):
                out.code({name: vector})
        elif network.knowledge.markers[name].kind == "index":
            for edge in network.knowledge.network["ki67"]["edges"][1:]:
                self._code(out, Finding(name, f"{edge:g}", low=float(edge), high=float(edge)))
        else:
            for value in ("negative", "positive", "focal", "diffuse", "equivocal"):
                self._code(out, Finding(name, value))
        return out

    def collections(self, name: str) -> Collected:
        """The collections of results of a variable."""
        if name not in self.collected:
            context = name in (AGE, SEX, SITE, COMPLETE)
            with self._lock:
                if name not in self.collected:
                    self.collected[name] = Collected(partial(self._agree if context else self._settle, name))
        return self.collected[name]

    def _settle(self, marker: str, results: Mapping[Hashable, Finding]) -> Outcome:
        """What the results of one marker amount to."""
        merged = merge(results.values(), self.model.knowledge.markers)
        told = " / ".join(dict.fromkeys(f.value.replace("_", " ") for f in results.values()))
        remarks = tuple(r.text for r in merged.remarks)
        for both in merged.contradictions:
            return Outcome(told=told, remarks=remarks, contradiction=both.text)
        code = sum(self._code(self.vocabulary(marker), f, tuple(results.values())) for f in merged.findings)
        return Outcome(code, told, remarks)

    def _agree(self, name: str, results: Mapping[Hashable, Mapping[str, Array]]) -> Outcome:
        """What is told of age, sex or site, if it is one thing."""
        if len(results) > 1:
            return Outcome(contradiction=f"{name} is told in ways that exclude each other", failed=True)
        (vector,) = results.values()
        return Outcome(self.vocabulary(name).code(vector))

    def _essential(self, finding: Finding) -> Finding:
        """A finding without what neither its evidence nor the merge rule looks at, so that cells which differ only there are one."""
        network = self.model.network
        pattern = network.structure.pattern
        index = network.knowledge.markers[finding.marker].kind == "index"
        return replace(
            finding,
            reported="",
            span=None,
            intensity=None,
            pattern=finding.pattern if pattern and finding.marker == pattern[2] else None,
            low=finding.low if index else None,
            high=finding.high if index else None,
        )

    def _code(self, vocabulary: Vocabulary, finding: Finding, readings: Sequence[Finding] = ()) -> int:
        return vocabulary.code(self.model.coder.finding(finding, readings), trait(finding, self.model.knowledge))

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
        if told.complete is not None:
            vector = np.eye(2)[0 if told.complete else 1]
            codes[COMPLETE] = self.collections(COMPLETE).code({told.complete: {COMPLETE: vector}})
        return Reading(codes, told.problems, any(self._weighs(name, code) for name, code in codes.items()))

    def _weighs(self, name: str, code: int) -> bool:
        """Whether a collection of results can move a posterior, or contradicts itself, which is told."""
        outcome = self.collections(name).outcomes[code]
        entry = self.vocabulary(name).entries[outcome.code]
        return bool(outcome.contradiction) or any(np.ptp(vector) > 0 for vector in entry.values())

    def _findings(self, findings: Iterable[Finding]) -> dict[str, int]:
        """Marker -> code of the collection of its results, those without weight included: that a stain was tried is told. A stain that
        was not done is in none."""
        told: dict[str, dict[Hashable, Finding]] = {}
        for f in map(self._essential, findings):
            if f.value != "not_done":
                told.setdefault(f.marker, {})[result_key(f)] = f
        return {marker: self.collections(marker).code(results) for marker, results in told.items()}

    def _context(self, context: Context) -> dict[str, int]:
        return {
            name: self.collections(name).code({vector.tobytes(): {name: vector}})
            for name, vector in self.model.coder.context(context).items()
        }
