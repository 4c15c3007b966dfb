"""Several results of one variable in a table: columns of one stain, rows of a long table, a column beside free text.

A code stands for the *collection* of all results told so far, and two codes for the union of theirs. So the results of a
case may come from anywhere and in any order, chunk by chunk, and are merged once, by `imtdx.merging`, as the results of a
text are. Each distinct collection is settled once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Collected", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a collection of results amounts to.

    Attributes:
        code: in the `Vocabulary` of the variable; 0 for no evidence.
        told: the results in words.
        remarks: on how they became one.
        contradiction: why they do not become one, empty where they do.
        failed: whether a contradiction makes the row one with problems.
    """

    code: int = 0
    told: str = ""
    remarks: tuple[str, ...] = ()
    contradiction: str = ""
    failed: bool = False


@dataclass
class Collected:
    """The distinct collections of results on one marker or context variable; collection 0 is empty. Safe to use from several
    threads; it only grows.

    Attributes:
        settle: the results of a collection -> what they amount to.
    """

    settle: Callable[[Mapping[Hashable, Any]], Outcome]
    outcomes: list[Outcome] = field(default_factory=lambda: [Outcome()])
    _results: list[dict[Hashable, Any]] = field(default_factory=lambda: [{}])
    _codes: dict[frozenset[Hashable], int] = field(default_factory=dict)
    _unions: dict[tuple[int, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process; a lock does not travel."""
        return {k: v for k, v in self.__dict__.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    def code(self, results: Mapping[Hashable, Any]) -> int:
        """The code of a collection, a new one where needed.

        Args:
            results: key -> result; results with one key are the same.
        """
        key = frozenset(results)
        if not key:
            return 0
        found = self._codes.get(key)
        if found is None:
            outcome = self.settle(results)
            with self._lock:
                if key not in self._codes:
                    self._results.append(dict(results))
                    self.outcomes.append(outcome)
                    self._codes[key] = len(self.outcomes) - 1
                found = self._codes[key]
        return found

    def union(self, a: int, b: int) -> int:
        """The code of two collections together."""
        if a == b or not b:
            return a
        if not a:
            return b
        pair = (a, b) if a < b else (b, a)
        if pair not in self._unions:
            self._unions[pair] = self.code(self._results[a] | self._results[b])
        return self._unions[pair]

    def unions(self, a: NDArray[np.integer], b: NDArray[np.integer]) -> NDArray[np.int32]:
        """`union` of two arrays of codes, shape (rows,)."""
        size = len(self.outcomes)
        pairs = a.astype(np.int64) * size + b
        distinct, back = np.unique(pairs, return_inverse=True)
        merged = np.array([self.union(*divmod(int(p), size)) for p in distinct], np.int32)
        out: NDArray[np.int32] = merged[back]
        return out

    def evidence(self, codes: NDArray[np.integer]) -> NDArray[np.int32]:
        """Codes of collections -> codes in the `Vocabulary`, shape (rows,)."""
        out: NDArray[np.int32] = self._column(lambda o: o.code, np.int32)[codes]
        return out

    def contradicted(self, codes: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Rows whose results contradict each other."""
        return self._where(codes, lambda o: bool(o.contradiction))

    def noted(self, codes: NDArray[np.integer]) -> NDArray[np.intp]:
        """Rows of whose results something is to be said."""
        return np.flatnonzero(self._where(codes, lambda o: bool(o.contradiction or o.remarks)))

    def _where(self, codes: NDArray[np.integer], told: Callable[[Outcome], bool]) -> NDArray[np.bool_]:
        table = self._column(told, np.bool_)
        return table[codes] if table.any() else np.zeros(len(codes), bool)

    def _column(self, of: Callable[[Outcome], Any], kind: Any) -> NDArray[Any]:
        return np.array([of(o) for o in self.outcomes], kind)
