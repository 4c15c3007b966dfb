"""Long tables: one row per finding (case_id, marker, value), gathered into one row of codes per case.

The rows of a case may stand anywhere, and what they tell of one variable is merged when all are read, so their order does not
count. What is kept is the id of every case, two bytes per case and variable, and a row of those several of whose results
call for a remark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.columns import Layout, Role, named_role
from imtdx.batch.factors import Factor
from imtdx.batch.fates import BLANK, FAULTY, IDLE, USED, fate
from imtdx.batch.results import Cells, Issues, Scored, groups, notes
from imtdx.batch.scorer import Scorer
from imtdx.batch.settle import FIRST_ROWS, settle_names
from imtdx.batch.told import Problem, cell_text
from imtdx.batch.vocabulary import Reading
from imtdx.errors import PanelError
from imtdx.notation import parse_panel
from imtdx.notation.scales import whole

__all__ = ["LongTable"]

Codes = NDArray[np.integer]


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
        self._noted: dict[tuple[str, int], int] = {}
        #: cells behind several results of one marker
        self._told: dict[tuple[str, int], int] = {}
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
        roles, remarks = settle_names(self._texts, self._layout, self._scorer.model.lexicon)
        self._roles.update(roles)
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
        for pair, rows in groups(np.where(kept, pairs, 0)):
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
            for code, rows in groups(np.where(kept, factor.codes.astype(np.int64) + 1, 0)):
                if not code:
                    continue
                value = factor.values[code - 1]
                reading = self._scorer.reader.read(layout.roles[position], value)
                self._take(reading, value, rows, cases, layout.headers[position], issues)
        self.rows += n

    def notes(self) -> Issues:
        """What is to be said of several results of one marker in a case, when all rows are taken in."""
        layout = self._layout
        column = layout.headers[layout.position("values")]
        rows = sorted(self._noted.items(), key=lambda item: item[1])
        out = Issues(np.zeros(self.rows, bool))
        for (name, case), row in rows:
            outcome = self._scorer.reader.collections(name).outcomes[int(self._codes[name][case])]
            for problem in notes(outcome, outcome.told or name):
                out.add(np.array([row]), column, problem)
                self._failed[case] |= problem.failed
            if outcome.contradiction:
                told = self._told.get((name, case), 1)
                out.cells.used -= told
                out.cells.faulty += told
        return out

    def scored(self, block: int = 1 << 16) -> Iterator[tuple[int, int, Scored]]:
        """Results of the cases in order of first appearance: first case, case after the last, results."""
        self.notes()
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
            self._codes = {k: np.concatenate([a, np.zeros(size - len(a), a.dtype)]) for k, a in self._codes.items()}

    def _role(self, name: str) -> Role | Problem:
        """What a name in the marker column stands for, or why it stands for nothing."""
        if name not in self._roles:
            values = self._layout.roles[self._layout.position("values")]
            found = named_role(name, values, self._scorer.model.lexicon)
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
            collected = self._scorer.reader.collections(name)
            array = self._room(name, code)
            array[mine[same]] = code
            for case in mine[~same]:
                union = collected.union(int(array[case]), code)
                array = self._room(name, union)
                array[case] = union
                self._told[name, int(case)] = self._told.get((name, int(case)), 1) + 1
            for row in collected.noted(array[mine]):
                key = (name, int(mine[row]))
                self._noted[key] = max(self._noted.get(key, 0), self.rows + int(rows[row]))

    def _room(self, name: str, code: int) -> Codes:
        """The codes of a variable, wide enough for one more."""
        array = self._codes[name]
        if code > np.iinfo(array.dtype).max:
            array = self._codes[name] = array.astype(np.int32)
        return array


def _filled(factor: Factor) -> NDArray[np.bool_]:
    """Which cells hold something."""
    return factor.spread(np.array([*(bool(cell_text(v)) for v in factor.values), False], dtype=bool))
