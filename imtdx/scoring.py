"""Score a data frame: the function behind `Model.score`.

    frame -> factors -> `Scorer` -> `Scored` -> frame

Pure: the frame is not changed, nothing is written or remembered, so it runs inside Dask, Spark ``mapInPandas``, Ray and Polars
``map_batches``. A polars frame gives a polars frame.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.batch.columns import Layout, detect_layout
from imtdx.batch.factors import Factor, factor_pandas, factor_polars
from imtdx.batch.identity import id_remarks, take_sample
from imtdx.batch.long import LongTable
from imtdx.batch.results import Cells, Issues, Scored
from imtdx.batch.scorer import Scorer
from imtdx.batch.settle import FIRST_ROWS, First
from imtdx.errors import TableError, TableWarning, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from imtdx.model import Model

__all__ = ["score_frame"]


def score_frame(
    model: Model,
    frame: pd.DataFrame,
    *,
    full: bool = False,
    intervals: bool = False,
    mapping: Mapping[str, Any] | None = None,
    panel_column: str | None = None,
    draws: int = 400,
    seed: int = 0,
    strict: bool = False,
    complete: bool = False,
    issues: list[dict[str, Any]] | None = None,
    remarks: list[str] | None = None,
    cells: Cells | None = None,
) -> pd.DataFrame:
    """Score a frame: one row per row, in the same order; one row per case id of a long table.

    Args:
        model: the model.
        frame: wide, long or free-text layout; pandas, or polars.
        full (bool): add p_<id> for every other diagnosis.
        intervals (bool): add the 95 % credible interval of P(IMT).
        mapping: header -> marker id or age, sex, site, morphology, panel, id, ignore.
        panel_column (str | None): header of the free-text column.
        draws, seed (int): of the intervals.
        strict (bool): a row with a contradiction counts as one with problems.
        complete (bool): each row tells every stain that was asked for; which they are is then evidence.
        issues: a list to which what was not understood is added, as dicts with row (from 1), column, value, problem, suggestion.
        remarks: a list to which what is to be said of whole columns is added: the scale of bare numbers, fractions that may be
            percentages, codes. Without it, what may be wrong is a `TableWarning`.
        cells: takes how many cells were read, and what became of them.

    Returns:
        pandas.DataFrame: the id column (``row`` without one), top1, p1, ... status; same index, or the case ids of a long table.

    Raises:
        UsageError: what is given is no frame.
        TableError: no column tells anything about a case, ``mapping`` names one that is not there, or the id column has the name of a
            column of the results.
        UnknownNameError: ``mapping`` gives a column a meaning that is not known.
    """
    polars = _is_frame(frame)
    headers = [str(c) for c in frame.columns]
    layout = detect_layout(headers, model.lexicon, mapping, panel_column)
    scorer = Scorer(model, full=full, intervals=intervals, draws=draws, seed=seed, strict=strict, complete=complete)
    notes = _Notes(issues, remarks, cells)
    if polars:
        out: pd.DataFrame = _polars(scorer, layout, frame, notes)
        return out
    import pandas as pd

    scored, ids, layout = _score(scorer, layout, lambda k: factor_pandas(frame.iloc[:, k]), len(frame), notes)
    index: Any = frame.index
    identity: Any = range(1, len(frame) + 1)
    if isinstance(ids, list):
        identity = ids
        index = pd.Index(ids, name=layout.id_name)
    elif ids is not None:
        identity = frame.iloc[:, ids].array
    columns: dict[str, Any] = {layout.id_name: identity}
    for name, column in scored.columns().items():
        if name == layout.id_name:
            raise TableError(f"the id column is called {name!r}, as a column of the results; rename it")
        if isinstance(column, tuple):
            indices, words = column
            # the frame's own text type, also where there are no rows
            columns[name] = pd.Series(np.array(words, dtype=object)[indices], index=index).astype("str")
        else:
            columns[name] = column
    return pd.DataFrame(columns, index=index)


def _polars(scorer: Scorer, layout: Layout, frame: Any, notes: _Notes) -> Any:
    """The same for a polars frame."""
    import polars as pl

    from imtdx.tables.writers import result_frame

    scored, ids, layout = _score(scorer, layout, lambda k: factor_polars(frame[:, k]), frame.height, notes)
    if isinstance(ids, list):
        identity = pl.Series(ids)
    else:
        identity = pl.Series(range(1, frame.height + 1)) if ids is None else frame[:, ids]
    return result_frame(layout.id_name, identity, scored)


def _cells(factor: Factor) -> list[Any]:
    return [None if c < 0 else factor.values[c] for c in factor.codes.tolist()]


def _is_frame(frame: Any) -> bool:
    """Whether a frame is of polars; pandas and its kin otherwise.

    Raises:
        UsageError: it is no frame.
    """
    kind = type(frame)
    module = kind.__module__.split(".")[0]
    if kind.__name__ == "LazyFrame":
        raise UsageError("a LazyFrame holds no rows yet; score frame.collect()")
    if kind.__name__ == "Series" or isinstance(frame, (dict, list, tuple, str)):
        one = (
            "one case is scored with model.diagnose"
            if isinstance(frame, (dict, str))
            else "put it into a frame with a named column"
        )
        raise UsageError(f"a table of cases is a pandas or polars DataFrame, not a {kind.__name__}; {one}")
    if not hasattr(frame, "columns") or not (hasattr(frame, "iloc") or module == "polars"):
        raise UsageError(f"a table of cases is a pandas or polars DataFrame, not a {kind.__name__}")
    return module == "polars"


@dataclass
class _Notes:
    """Takes what is said beside the results."""

    issues: list[dict[str, Any]] | None
    remarks: list[str] | None
    cells: Cells | None

    def settled(self, remarks: Sequence[str]) -> None:
        """What the first rows told of the columns."""
        if self.remarks is not None:
            self.remarks.extend(remarks)
            return
        for remark in remarks:
            if not remark.startswith("read as") and "case of its own" not in remark:
                warnings.warn(remark, TableWarning, stacklevel=5)

    def read(self, found: Issues) -> None:
        """What was not understood, and the sum of the cells."""
        if self.issues is not None:
            self.issues.extend(found.records())
        if self.cells is not None:
            self.cells.add(found.cells)


def _score(
    scorer: Scorer, layout: Layout, column: Callable[[int], Factor], n: int, notes: _Notes
) -> tuple[Scored, list[Any] | int | None, Layout]:
    """Results; the ids of the cases of a long table, or the position of the id column of another; the layout as settled."""
    lexicon = scorer.model.lexicon
    first = First(layout)
    if layout.form != "long":
        factors = {k: column(k) for k in layout.read()}
        first.add(factors, n)
        layout, remarks = first.settle(lexicon)
        if layout.sample_column is not None:
            layout = take_sample(layout, _cells(column(layout.sample_column))) or layout
        if layout.id_column is not None:
            remarks += id_remarks(layout, _cells(column(layout.id_column))[:FIRST_ROWS])
        notes.settled(remarks)
        scored, found = scorer.score(layout, factors, n)
        notes.read(found)
        return scored, layout.id_column, layout
    assert layout.id_column is not None
    gathered = LongTable(scorer, layout)
    found = Issues(np.zeros(n, bool))
    factors = {k: column(k) for k in (*layout.read(), layout.position("names"), layout.position("values"))}
    gathered.first(factors, n)
    notes.settled(gathered.settle())
    gathered.add(factors, column(layout.id_column), n, found)
    later = gathered.notes()
    found.parts += later.parts
    found.cells.add(later.cells)
    notes.read(found)
    cases = len(gathered.ids)
    ((_, _, scored),) = list(gathered.scored(block=max(cases, 1))) or [
        (0, 0, scorer.score_codes({}, 0, np.zeros(0, bool)))
    ]
    return scored, gathered.ids, layout
