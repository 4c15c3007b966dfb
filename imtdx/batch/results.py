"""Results of a table of cases, and what in it was not understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imtdx.answer.flags import FLAG_TEXTS
from imtdx.batch.collected import Outcome
from imtdx.batch.told import Problem

__all__ = ["IMT", "STATUS", "Cells", "Issues", "Scored", "groups", "notes"]

Array = NDArray[np.float64]

#: Status of a row, by code.
STATUS = ("ok", "no_findings", "problem")
#: The diagnosis the table's own columns are about.
IMT = "imt"


@dataclass
class Cells:
    """How many cells of the columns that are read hold something, and what became of them.

    Attributes:
        used (int): they tell something.
        idle (int): understood, and without weight: not done, not interpretable, unknown, an empty box.
        faulty (int): at least a part is in the list of issues.
        texts: (column, cell) -> times, of the idle ones.
    """

    used: int = 0
    idle: int = 0
    faulty: int = 0
    texts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """All of them."""
        return self.used + self.idle + self.faulty

    def add(self, other: Cells) -> None:
        """Take in the cells of another chunk."""
        self.used += other.used
        self.idle += other.idle
        self.faulty += other.faulty
        self.texts.update(other.texts)
        if len(self.texts) > 20_000:
            self.texts = Counter(dict(self.texts.most_common(5_000)))

    def describe(self) -> str:
        """One line: the sum, and the commonest cells without weight."""
        words: Counter[str] = Counter()
        for (_, text), times in self.texts.items():
            words[text if len(text) <= 20 else text[:17] + "..."] += times
        common = ", ".join(f"{text} {times:,}" for text, times in words.most_common(4))
        more = f" ({common}{', ...' if len(words) > 4 else ''})" if common else ""
        return f"{self.read:,} cells read: {self.used:,} used, {self.idle:,} understood without weight{more}, {self.faulty:,} in issues"


@dataclass
class Issues:
    """What was not understood.

    Attributes:
        failed: whether each row of the chunk counts as one with problems, shape (rows,).
        offset (int): rows of the table before this chunk.
        parts: (rows of the chunk, column header, `Problem`).
        cells: what became of the cells.
    """

    failed: NDArray[np.bool_]
    offset: int = 0
    parts: list[tuple[NDArray[np.intp], str, Problem]] = field(default_factory=list)
    cells: Cells = field(default_factory=Cells)

    def add(self, where: NDArray[np.intp], column: str, problem: Problem) -> None:
        """Record a problem for some rows of the chunk."""
        if len(where) == 0:
            return
        if problem.failed:
            self.failed[where] = True
        self.parts.append((where, column, problem))

    def table(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Rows of data counted from 1, and for each the index of its part; in order of the table."""
        if not self.parts:
            return np.empty(0, np.int64), np.empty(0, np.intp)
        rows = np.concatenate([where for where, _, _ in self.parts]).astype(np.int64)
        part = np.repeat(np.arange(len(self.parts)), [len(where) for where, _, _ in self.parts])
        order = np.argsort(rows, kind="stable")
        return rows[order] + self.offset + 1, part[order]

    def records(self) -> list[dict[str, Any]]:
        """Lines of the issues file as dicts."""
        return [
            {"row": int(row), "column": column, "value": p.value, "problem": p.problem, "suggestion": p.suggestion}
            for row, (_, column, p) in ((row, self.parts[k]) for row, k in zip(*self.table(), strict=True))
        ]


@dataclass
class Scored:
    """Results of some rows, all arrays of shape (rows, ...).

    Attributes:
        diagnoses: ids, the order of ``posterior``.
        top: indices of the three most probable diagnoses, shape (rows, 3); ``p`` their probabilities.
        p_imt, low, high: P(IMT) and its 95 % credible interval (``None`` unless asked for).
        log10_bf: log10 Bayes factor of the panel for IMT against the rest.
        n_findings: findings that carry weight.
        conflict: Jensen's conflict (bits).
        flag_bits: flags, see `imtdx.answer.flags`.
        status: index into `STATUS`.
        posterior: all diagnoses, shape (rows, diagnoses); ``None`` unless asked for.
    """

    diagnoses: tuple[str, ...]
    top: NDArray[np.int8]
    p: Array
    p_imt: Array
    log10_bf: Array
    n_findings: NDArray[np.int16]
    conflict: Array
    flag_bits: NDArray[np.uint16]
    status: NDArray[np.int8]
    low: Array | None = None
    high: Array | None = None
    posterior: Array | None = None

    def __len__(self) -> int:
        return len(self.p_imt)

    def take(self, rows: NDArray[np.intp]) -> Scored:
        """The results of some rows, which may repeat."""
        arrays: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        taken: dict[str, Any] = {k: v[rows] if isinstance(v, np.ndarray) else v for k, v in arrays.items()}
        return Scored(**taken)

    def columns(self) -> dict[str, Array | NDArray[Any] | tuple[NDArray[Any], tuple[str, ...]]]:
        """Name -> column in the order of the output; text columns as (indices, words)."""
        out: dict[str, Any] = {}
        for k in range(3):
            out[f"top{k + 1}"] = (self.top[:, k], self.diagnoses)
            out[f"p{k + 1}"] = self.p[:, k]
        out["p_imt"] = self.p_imt
        if self.low is not None:
            out["low_imt"], out["high_imt"] = self.low, self.high
        out["log10_bf_imt"] = self.log10_bf
        out["n_findings"] = self.n_findings
        out["conflict"] = self.conflict
        out["flags"] = (self.flag_bits, FLAG_TEXTS)
        out["status"] = (self.status, STATUS)
        if self.posterior is not None:
            for k, name in enumerate(self.diagnoses):
                if name != IMT:
                    out[f"p_{name}"] = self.posterior[:, k]
        return out


#: What to do about results that contradict each other.
_KEEP = "keep the one that holds, or mark the later one as 'repeat' or 'after treatment'"


def notes(outcome: Outcome, value: str) -> list[Problem]:
    """What is to be said of several results of one variable.

    Args:
        outcome: what they amount to.
        value (str): the cells.
    """
    out = [Problem(value, text, failed=False) for text in outcome.remarks]
    if outcome.contradiction:
        words = f"{outcome.contradiction}; it is not used"
        out.append(Problem(value, words, "keep the one that holds" if outcome.failed else _KEEP, outcome.failed))
    return out


def groups(keys: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each distinct key and the rows it stands in."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(keys[order[start]]), order[start:stop]
