"""Long tables: one row per finding (case_id, marker, value), gathered into one row of codes per case.

The rows of a case may stand anywhere. What is kept is the id of every case and two bytes per case and variable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.columns import Layout, Role, coded_export, context_role
from imtdx.batch.factors import Factor
from imtdx.batch.fates import BLANK, FAULTY, IDLE, USED, fate
from imtdx.batch.results import Cells, Issues, Scored
from imtdx.batch.scorer import Scorer
from imtdx.batch.settle import FIRST_ROWS, fractions, role_with_scale
from imtdx.batch.told import Problem, cell_text
from imtdx.batch.vocabulary import CONTRADICTION, Reading
from imtdx.errors import PanelError
from imtdx.notation import parse_panel, read_column
from imtdx.notation.scales import whole
from imtdx.variables import AGE, SEX, SITE

__all__ = ["LongTable"]

Codes = NDArray[np.int16]


class LongTable:
    """Gathers the rows of a long table: ``rows`` were taken in, ``dropped`` of them had no id.

    Args:
        scorer: reads the cells and scores the cases.
        layout: of the table; ``form`` is ``"long"``.
    """

    def __init__(self, scorer: Scorer, layout: Layout) -> None:
        self._scorer, self._layout = scorer, layout
        self._places: dict[Any, int] = {}
        self._codes: dict[str, Codes] = {}
        self._failed = np.zeros(1024, bool)
        self._roles: dict[str, Role | Problem] = {}
        self._texts: dict[str, set[str]] = {}
        self.rows = self.dropped = self._seen = 0

    @property
    def ids(self) -> list[Any]:
        """Case ids in order of first appearance."""
        return list(self._places)

    def first(self, factors: Mapping[int, Factor], n: int) -> bool:
        """Look at some of the first rows, before they are taken in; whether enough were seen to `settle`."""
        names, values = factors[self._layout.position("names")], factors[self._layout.position("values")]
        width = len(values.values) + 1
        part = slice(0, max(FIRST_ROWS - self._seen, 0))
        pairs = (names.codes[part].astype(np.int64) + 1) * width + values.codes[part] + 1
        for name_code, value_code in (divmod(int(p), width) for p in np.unique(pairs)):
            if name_code and value_code:
                name = cell_text(names.values[name_code - 1])
                self._texts.setdefault(name, set()).add(whole(cell_text(values.values[value_code - 1])))
        self._seen += n
        return self._seen >= FIRST_ROWS

    def settle(self) -> list[str]:
        """Settle the scale of each marker by its first cells, and tell what is to be said about it."""
        remarks = []
        lexicon = self._scorer.model.lexicon
        coded = coded_export(self._layout.headers)
        by_marker: dict[Role, set[str]] = {}
        for name, texts in self._texts.items():
            if fractions(texts):
                remarks.append(
                    f"{name!r} has numbers between 0 and 1 only, and they are read as they stand, not as shares: if a program has "
                    "turned percentages into fractions, multiply them by 100"
                )
            role = self._role(name)
            if isinstance(role, Role):
                by_marker.setdefault(role, set()).update(texts)
        for name in self._texts:
            role = self._role(name)
            if isinstance(role, Role):
                self._roles[name] = role_with_scale(role, by_marker[role], lexicon, coded)
        return remarks

    def add(self, factors: Mapping[int, Factor], ids: Factor, n: int, issues: Issues) -> None:
        """Take in some rows.

        Args:
            factors: position -> column, at least names, values and those of ``layout.used()``.
            ids: the id column.
            n (int): rows.
            issues: takes what was not understood; rows without an id are listed and left out.
        """
        layout = self._layout
        numbers = np.array([*(self._place(v) for v in ids.values), -1], dtype=np.int64)
        cases = ids.spread(numbers)
        self._grow()
        kept = cases >= 0
        names, values = factors[layout.position("names")], factors[layout.position("values")]
        told, named = _filled(values), _filled(names)
        if not kept.all():
            # blank rows between others are none
            lost = np.flatnonzero(~kept & (told | named))
            self.dropped += len(lost)
            issues.cells.faulty += int(np.count_nonzero(told[lost]))
            issues.add(lost, layout.id_name, Problem("", "the row has no case id and is not used", "fill in the id"))
        # rows with too few or too many fields
        self._failed[cases[kept & issues.failed]] = True
        problem = Problem("", "the row has a value and no marker, and is not used", "fill in the marker")
        nameless = np.flatnonzero(kept & told & ~named)
        issues.cells.faulty += len(nameless)
        self._note(nameless, cases, layout.headers[layout.position("names")], problem, issues)
        width = len(values.values) + 1
        pairs = (names.codes.astype(np.int64) + 1) * width + values.codes + 1
        for pair, rows in _groups(np.where(kept, pairs, 0)):
            name_code, value_code = divmod(pair, width)
            if name_code == 0 or value_code == 0:
                continue
            value = values.values[value_code - 1]
            role = self._role(cell_text(names.values[name_code - 1]))
            if isinstance(role, Problem):
                self._note(rows, cases, layout.headers[layout.position("names")], role, issues)
                issues.cells.faulty += len(rows)
            else:
                reading = self._scorer.reader.read(role, value)
                self._take(reading, value, rows, cases, layout.headers[layout.position("values")], issues)
        for position in layout.used():
            factor = factors[position]
            for code, rows in _groups(np.where(kept, factor.codes.astype(np.int64) + 1, 0)):
                if not code:
                    continue
                value = factor.values[code - 1]
                reading = self._scorer.reader.read(layout.roles[position], value)
                self._take(reading, value, rows, cases, layout.headers[position], issues)
        self.rows += n

    def scored(self, block: int = 1 << 16) -> Iterator[tuple[int, int, Scored]]:
        """Results of the cases in order of first appearance: first case, case after the last, results."""
        for start in range(0, len(self._places), block):
            stop = min(start + block, len(self._places))
            codes = {name: array[start:stop] for name, array in self._codes.items()}
            yield start, stop, self._scorer.score_codes(codes, stop - start, self._failed[start:stop])

    def _place(self, case: Any) -> int:
        """The number of a case, -1 for an id that is blank."""
        if isinstance(case, str) and not case.strip():
            return -1
        return self._places.setdefault(case, len(self._places))

    def _grow(self) -> None:
        need = len(self._places)
        if need > len(self._failed):
            size = max(need, 2 * len(self._failed))
            self._failed = np.concatenate([self._failed, np.zeros(size - len(self._failed), bool)])
            self._codes = {k: np.concatenate([a, np.zeros(size - len(a), np.int16)]) for k, a in self._codes.items()}

    def _role(self, name: str) -> Role | Problem:
        """What a name in the marker column stands for, or why it stands for nothing."""
        if name not in self._roles:
            lexicon = self._scorer.model.lexicon
            column = read_column(name, lexicon)
            values = self._layout.roles[self._layout.position("values")]
            found = context_role(name)
            if found is None and column is not None and column.marker and not column.clone and not column.choice:
                found = Role("marker", column.marker, column.scale or values.unit, codes=column.codes or values.codes)
            self._roles[name] = found or self._unknown(name)
        return self._roles[name]

    def _unknown(self, name: str) -> Problem:
        try:
            unrecognised = parse_panel(f"{name}+", self._scorer.model.lexicon).unrecognised
        except PanelError:
            unrecognised = ()
        for u in unrecognised:
            hint = f"did you mean {u.suggestion!r}?" if u.suggestion and " " not in u.suggestion else u.suggestion
            return Problem(name, u.reason or "not a marker that is known", hint, failed=not u.stain)
        return Problem(name, "not a marker that is known", "name it as in reports, such as S-100 or Desmin")

    def _note(
        self, rows: NDArray[np.intp], cases: NDArray[np.int64], column: str, problem: Problem, issues: Issues
    ) -> None:
        issues.add(rows, column, problem)
        if problem.failed:
            self._failed[cases[rows]] = True

    def _take(
        self,
        reading: Reading,
        value: Any,
        rows: NDArray[np.intp],
        cases: NDArray[np.int64],
        column: str,
        issues: Issues,
    ) -> None:
        """Enter one distinct cell for all the rows it stands in."""
        kind = fate(reading)
        if kind == IDLE:
            issues.cells.add(Cells(idle=len(rows), texts=Counter({(column, cell_text(value)[:80]): len(rows)})))
        elif kind != BLANK:
            issues.cells.add(Cells(used=len(rows) * (kind == USED), faulty=len(rows) * (kind == FAULTY)))
        for problem in reading.problems:
            self._note(rows, cases, column, problem, issues)
        for name, code in reading.codes.items():
            if name not in self._codes:
                self._codes[name] = np.zeros(len(self._failed), np.int16)
            array, mine = self._codes[name], cases[rows]
            before = array[mine]
            same = (before == 0) | (before == code)
            array[mine[same]] = code
            for row, case, old in zip(rows[~same], mine[~same], before[~same], strict=True):
                merged = self._scorer.reader.vocabulary(name).merge(int(old), code)
                if merged != CONTRADICTION:
                    array[case] = merged
                    continue
                # the first result stays in no case: which of the two holds is not known
                what = "context" if name in (AGE, SEX, SITE) else "marker"
                problem = Problem(
                    name,
                    f"contradicts an earlier row of the same case and {what}; neither is used",
                    "keep the row that holds",
                )
                array[case] = 0
                if kind == USED:
                    issues.cells.add(Cells(used=-1, faulty=1))
                self._note(np.array([row]), cases, column, problem, issues)


def _filled(factor: Factor) -> NDArray[np.bool_]:
    """Which cells hold something."""
    return factor.spread(np.array([*(bool(cell_text(v)) for v in factor.values), False], dtype=bool))


def _groups(keys: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each distinct key and the rows it stands in."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(keys[order[start]]), order[start:stop]
