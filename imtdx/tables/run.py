"""Score a table from file to file, in chunks: read, score and write overlap, and memory does not grow with the table."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.batch.columns import Layout, Role, context_role, detect_layout, id_name, key, near_misses
from imtdx.batch.factors import Factor, factor_polars, factor_series
from imtdx.batch.identity import id_remarks, plain_ids, take_sample, without_no_cases
from imtdx.batch.long import LongTable
from imtdx.batch.results import Cells, Issues, Scored
from imtdx.batch.scorer import Scorer
from imtdx.batch.settle import FIRST_ROWS, First
from imtdx.batch.told import NO_CONTEXT, tell
from imtdx.errors import UsageError
from imtdx.exits import held, stopping
from imtdx.files import check, write_text
from imtdx.notation import read_column
from imtdx.tables.about import about_path, about_text, check_about, parquet_facts
from imtdx.tables.chunks import Chunk, Loaded, Table
from imtdx.tables.detect import file_format
from imtdx.tables.issues import IssuesFile, issues_path
from imtdx.tables.parallel import TextReaders
from imtdx.tables.progress import Progress
from imtdx.tables.readers import open_table
from imtdx.tables.rows import KeptRows
from imtdx.tables.writers import Writer, open_writer

if TYPE_CHECKING:
    import polars as pl

    from imtdx.model import Model

__all__ = ["Run", "ScoreSummary", "column_counter", "score_table", "settled_layout"]

#: "CD34+", "ALK=positive", "10%": results, not names of columns.
_RESULT = re.compile(r"[=;:]|[+\u2212-]\s*$|\d\s*%\s*$")
#: Both cores of a small machine; numpy, polars and pyarrow let other threads run while they work.
_THREADS = 2
_AHEAD = 3


@dataclass(frozen=True)
class ScoreSummary:
    """What was done.

    Attributes:
        rows: cases in the output.
        scored: cases with at least one finding.
        problems: cases with status ``problem``, and rows of a long table that have no id.
        issues: lines of the issues file; ``common`` the commonest as (column, value, problem) and how often.
        seconds: wall time.
        cells: how many cells of the columns that are read hold something, and what became of them.
    """

    rows: int
    scored: int
    problems: int
    issues: int
    issues_file: Path | None
    common: tuple[tuple[str, str, str], int] | None
    first: tuple[Mapping[str, Any], ...]
    seconds: float
    cells: Cells

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0


def score_table(
    model: Model,
    source: str | Path,
    target: str | Path,
    *,
    full: bool = False,
    intervals: bool = False,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    issues: str | Path | None = None,
    html: str | Path | None = None,
    draws: int = 400,
    seed: int = 0,
    strict: bool = False,
    complete: bool = False,
    processes: int | None = 1,
    report: Callable[[str], None] = lambda line: None,
    progress: Progress | None = None,
) -> ScoreSummary:
    """Score every case of a table.

    Args:
        model: the model.
        source, target: files, their formats by their endings; ``-`` for CSV on stdin and stdout.
        full, intervals, draws, seed: as in `imtdx.scoring.score_frame`.
        strict (bool): a row with a contradiction counts as one with problems.
        complete (bool): each row tells every stain that was asked for; which they are is then evidence.
        mapping: header -> marker id or age, sex, site, morphology, panel, id, ignore.
        panel_column (str | None): header of the free-text column.
        encoding, delimiter, sheet (str | None): of the source, when detection errs.
        issues: file for what was not understood; ``<target>.issues.csv`` by default.
        html: file for a report of every case, of 5,000 at most.
        processes (int | None): for reading free text; one per core with ``None``. They import the main module, so a
            script that asks for more than one keeps its work under ``if __name__ == "__main__"``.
        report: takes the lines that say what the table was found to be.
        progress: the line on the terminal.

    Raises:
        TableError: the table cannot be read; too many cases for a report.
        OutputError: an output cannot be written.
        UsageError: an ending that is not known; two of the files are the same one.
    """
    began = time.monotonic()
    source, target = Path(source), Path(target)
    check(target)
    file_format(target)
    issues_to = Path(issues) if issues is not None else issues_path(target)
    report_to = None if html is None else Path(html)
    about = about_path(target)
    _check_names(source, target, issues_to, report_to, about)
    problems = IssuesFile(issues_to, asked=issues is not None)
    kept = None if report_to is None else KeptRows(report_to)
    table = open_table(source, column_counter(model), encoding=encoding, delimiter=delimiter, sheet=sheet)
    readers = TextReaders(model.lexicon, processes)
    try:
        layout = detect_layout(table.headers, model.lexicon, mapping, panel_column)
        report(f"{source if str(source) != '-' else 'stdin'}: {table.describe()}")
        report(layout.describe())
        names = [w for m in model.knowledge.markers.values() for w in (m.label, *m.synonyms)]
        for header, name in near_misses(layout, names):
            report(f"column {header!r} is not read; if it is {name}, rename it or map it with --map")
        scorer = Scorer(model, full=full, intervals=intervals, draws=draws, seed=seed, strict=strict, complete=complete)
        scorer.reader.many = readers if processes != 1 else None
        run = Run(table, layout, scorer, target, problems, progress or Progress(enabled=False), kept, report)
        (run.long if layout.form == "long" else run.wide)()
        if kept is not None:
            kept.write(model, run.layout, source.name if str(source) != "-" else "Cases")
        if about is not None:
            counts = {"rows": run.rows, "scored": run.scored, "problems": run.problems}
            write_text(about, about_text(model, target, {"draws": draws if intervals else None, "seed": seed}, counts))
    except BaseException:
        problems.discard()
        raise
    finally:
        readers.close()
        table.close()
        if progress is not None:
            progress.clear()
    return ScoreSummary(
        rows=run.rows,
        scored=run.scored,
        problems=run.problems,
        issues=problems.count,
        issues_file=problems.path if problems.count else None,
        common=next(iter(problems.common.most_common(1)), None),
        first=tuple(problems.first),
        seconds=time.monotonic() - began,
        cells=run.cells,
    )


def _check_names(source: Path, target: Path, issues: Path | None, html: Path | None, about: Path | None) -> None:
    """Before anything is written: no file stands for another.

    Raises:
        UsageError: two of the files are the same one.
        OutputError: one cannot be written.
    """
    outputs = [
        ("the output", target),
        ("the list of issues", issues),
        ("the report", html),
        ("what is said of it", about),
    ]
    taken = [] if str(source) == "-" else [("the table itself", source)]
    for what, path in outputs:
        if path is None:
            continue
        for other, there in taken:
            if _same(path, there):
                raise UsageError(f"{path} is {other}; give {what} another name")
        check(path)
        taken.append((what, path))
    if about is not None:
        check_about(about)


def _same(a: Path, b: Path) -> bool:
    """Whether two names are of one file, links of either kind included."""
    if "-" in (str(a), str(b)):
        return str(a) == str(b)
    if a.exists() and b.exists():
        # a device takes what all write to it
        return a.samefile(b) and (a.is_file() or a.is_dir())
    return a.resolve() == b.resolve()


class ColumnCounter:
    """How many of some headers are understood, to find the header row, the delimiter, the sheet and the encoding.

    Args:
        model: whose names are known.
    """

    _words = frozenset({"case", "case_id", "id", "panel", "marker", "stain", "value", "result"})

    def __init__(self, model: Model) -> None:
        self._lexicon = model.lexicon

    def __call__(self, headers: Sequence[str]) -> int:
        found = set()
        for header in headers:
            text = header.strip()
            # a data row holds results or sentences, not names
            if not text or len(text) > 80 or _RESULT.search(text):
                continue
            role = context_role(text)
            column = None if role else read_column(text, self._lexicon)
            name = role.kind if role else text if key(text) in self._words else column.marker if column else None
            if name:
                found.add(name)
        return len(found)

    def understood(self, word: str) -> bool:
        """Whether a word is the name of a column, or a result, sex, age or site."""
        if id_name(word) or context_role(word) or self([word]):
            return True
        for kind in ("sex", "age", "site"):
            told = tell(Role(kind), word, self._lexicon)
            if told.context != NO_CONTEXT:
                return True
        told = tell(Role("marker", next(iter(self._lexicon.markers))), word, self._lexicon)
        return bool(told.findings)


def column_counter(model: Model) -> ColumnCounter:
    """As `ColumnCounter`."""
    return ColumnCounter(model)


def settled_layout(table: Table, layout: Layout, model: Model) -> Layout:
    """The layout of a table as its first rows settle it, for those who read a later part of it.

    Args:
        table: from its start; is read and closed.
        layout: of it.
        model: whose names are known.
    """
    first = First(layout)
    try:
        for chunk in table.chunks(layout.read(), None):
            loaded = chunk.load(layout.read(), None)
            if first.add(loaded.factors, loaded.n):
                break
    finally:
        table.close()
    return first.settle(model.lexicon)[0]


class Run:
    """One table on its way."""

    def __init__(
        self,
        table: Table,
        layout: Layout,
        scorer: Scorer,
        target: Path,
        problems: IssuesFile,
        progress: Progress,
        kept: KeptRows | None = None,
        report: Callable[[str], None] = lambda line: None,
        settled: Layout | None = None,
    ) -> None:
        self._settled = settled
        self._table, self.layout, self._scorer = table, layout, scorer
        self._report = report
        self.cells = Cells()
        self._target, self._problems, self._progress = target, problems, progress
        self._kept = kept
        self._writer: Writer | None = None
        self.rows = self.scored = self.problems = 0

    # --- wide and free text ----------------------------------------------------------------------------------------------

    def wide(self) -> None:
        """One row in, one row out."""
        pool = ThreadPoolExecutor(_THREADS)
        pending: deque[Future[tuple[Loaded, Scored, Issues, Any]]] = deque()
        try:
            sample = self.layout.sample_column
            wanted = [*self.layout.read(), *([] if sample is None else [sample])]
            chunks = self._table.chunks(wanted, self.layout.id_column)
            for loaded in self._first(chunks, pool):
                pending.append(pool.submit(self._work, loaded))
            for chunk in chunks:
                while len(pending) > _AHEAD:
                    self._finish(*pending.popleft().result())
                pending.append(pool.submit(self._work, chunk))
            while pending:
                self._finish(*pending.popleft().result())
            self._commit()
        except BaseException:
            # a stopped program ends without waiting for what its threads still read
            pool.shutdown(wait=not stopping(), cancel_futures=True)
            self._discard()
            raise
        pool.shutdown()

    def _first(self, chunks: Iterator[Chunk], pool: ThreadPoolExecutor) -> list[Loaded]:
        """The first rows, loaded; they settle what the columns hold."""
        first, out = First(self.layout), []
        ahead: deque[Future[Loaded]] = deque()
        sample = self.layout.sample_column
        for chunk in chunks:
            ahead.append(pool.submit(self._load, chunk))
            if len(ahead) < _THREADS:
                continue
            out.append(ahead.popleft().result())
            if first.add(out[-1].factors, out[-1].n):
                break
        for waiting in ahead:
            out.append(waiting.result())
            first.add(out[-1].factors, out[-1].n)
        remarks: list[str] = []
        if self._settled is None:
            self.layout, remarks = first.settle(self._scorer.model.lexicon)
        else:
            self.layout = self._settled
        if sample is not None:
            patients = self.layout.id_name
            told = [loaded.factors[sample].cell(row) for loaded in out for row in range(loaded.n)]
            chosen = take_sample(self.layout, told[:FIRST_ROWS])
            if chosen is not None:
                self.layout = chosen
                remarks.append(f"each row has its own {chosen.id_name!r}, which is the id; {patients!r} is not used")
                for loaded in out:
                    loaded.ids = factor_series(loaded.factors[sample])
        if self.layout.id_column is not None and self._settled is None:
            ids = [i for loaded in out if loaded.ids is not None for i in loaded.ids.to_list()]
            remarks += id_remarks(self.layout, ids[:FIRST_ROWS])
        for remark in remarks:
            self._report(remark)
        return out

    def _load(self, chunk: Chunk) -> Loaded:
        sample = self.layout.sample_column
        loaded = chunk.load([*self.layout.read(), *([] if sample is None else [sample])], self.layout.id_column)
        if loaded.ids is not None:
            loaded.ids = plain_ids(loaded.ids)
        return loaded

    def _work(self, chunk: Chunk | Loaded) -> tuple[Loaded, Scored, Issues, Any]:
        """Everything about a chunk that does not depend on those before it."""
        loaded = chunk if isinstance(chunk, Loaded) else self._load(chunk)
        factors, others = without_no_cases(self.layout, loaded.factors, loaded.ids)
        scored, issues = self._scorer.score(self.layout, factors, loaded.n)
        for row, problem in others:
            issues.add(np.array([row]), self.layout.id_name, problem)
            scored.status[row] = 2
        for row, problem in loaded.ragged:
            issues.add(np.array([row]), "", problem)
            scored.status[row] = 2
        encoded = None
        if loaded.ids is not None and self._writer is not None:
            encoded = self._writer.encode(loaded.ids, scored)
        if self._kept is None:
            loaded.factors = {}
        return loaded, scored, issues, encoded

    def _finish(self, loaded: Loaded, scored: Scored, issues: Issues, encoded: Any) -> None:
        """Write a chunk, in its turn."""
        import polars as pl

        ids = loaded.ids
        if self._kept is not None:
            self._kept.check(self.rows + loaded.n)
            self._kept.add(loaded.factors, ids, loaded.n)
        if ids is None:
            ids = pl.Series(np.arange(self.rows + 1, self.rows + loaded.n + 1))
        self._put(ids, scored, encoded)
        issues.offset = self.rows - loaded.n
        self._problems.add(issues)
        self.cells.add(issues.cells)
        self._progress.update(self.rows, self._table.done())

    def _put(self, ids: pl.Series, scored: Scored, encoded: Any = None) -> None:
        if self._writer is None:
            self._writer = open_writer(
                self._target, self.layout.id_name, ids, scored, parquet_facts(self._scorer.model)
            )
        self._writer.write(self._writer.encode(ids, scored) if encoded is None else encoded)
        self.rows += len(scored)
        self.scored += int(np.count_nonzero(scored.n_findings))
        self.problems += int(np.count_nonzero(scored.status == 2))

    def _commit(self) -> None:
        import polars as pl

        if self._writer is None:
            # a header without rows gives a header without rows
            none = {k: Factor(np.empty(0, np.int32), []) for k in self.layout.read()}
            self._put(pl.Series([], dtype=pl.String), self._scorer.score(self.layout, none, 0)[0])
        assert self._writer is not None
        # the two belong together: neither takes its name before both are complete
        self._problems.finish()
        self._writer.finish()
        with held():
            self._problems.commit()
            self._writer.commit()

    def _discard(self) -> None:
        if self._writer is not None:
            self._writer.discard()

    # --- long --------------------------------------------------------------------------------------------------------------

    def long(self) -> None:
        """Rows of a case come together, then one row out per case."""
        import polars as pl

        layout = self.layout
        assert layout.id_column is not None
        gathered = LongTable(self._scorer, layout)
        wanted = (*layout.read(), layout.position("names"), layout.position("values"))
        try:
            chunks = self._table.chunks(wanted, layout.id_column)
            first: list[Loaded] = []
            for chunk in chunks:
                first.append(chunk.load(wanted, layout.id_column))
                if gathered.first(first[-1].factors, first[-1].n):
                    break
            for remark in gathered.settle():
                self._report(remark)
            while first:
                self._gather(gathered, first.pop(0))
            for chunk in chunks:
                self._gather(gathered, chunk.load(wanted, layout.id_column))
            later = gathered.notes()
            self._problems.add(later)
            self.cells.add(later.cells)
            ids = gathered.ids
            for start, stop, scored in gathered.scored():
                self._put(pl.Series(ids[start:stop]), scored)
            # a row that no case has is a problem of the table all the same
            self.problems += gathered.dropped
            self._commit()
        except BaseException:
            self._discard()
            raise

    def _gather(self, gathered: LongTable, loaded: Loaded) -> None:
        """Take some rows of a long table in."""
        assert loaded.ids is not None
        issues = Issues(np.zeros(loaded.n, bool), gathered.rows)
        for row, problem in loaded.ragged:
            issues.add(np.array([row]), "", problem)
        gathered.add(loaded.factors, factor_polars(plain_ids(loaded.ids)), loaded.n, issues)
        if self._kept is not None:
            self._kept.check(len(gathered.ids))
            self._kept.add(loaded.factors, loaded.ids, loaded.n)
        self._problems.add(issues)
        self.cells.add(issues.cells)
        self._progress.update(gathered.rows, self._table.done())
