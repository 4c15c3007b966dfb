"""Score a data frame: the function behind `Model.score`.

    frame -> factors -> `Scorer` -> `Scored` -> frame

Pure: the frame is not changed, nothing is written or remembered, so it runs inside Dask, Spark ``mapInPandas``, Ray and Polars
``map_batches``. A polars frame gives a polars frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx.batch.columns import Layout, detect_layout
from imtdx.batch.factors import Factor, factor_pandas, factor_polars
from imtdx.batch.long import LongTable
from imtdx.batch.results import Issues, Scored
from imtdx.batch.scorer import Scorer
from imtdx.notation import read_header
from imtdx.tables.screen import note_unfit, screen

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
    mapping: Mapping[str, str] | None = None,
    panel_column: str | None = None,
    draws: int = 400,
    seed: int = 0,
    strict: bool = False,
    complete: bool = False,
    issues: list[dict[str, Any]] | None = None,
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

    Returns:
        pandas.DataFrame: the id column (``row`` without one), top1, p1, ... status; same index, or the case ids of a long table.

    Raises:
        TableError: no column tells anything about a case, or ``mapping`` names one that is not there.
        UnknownNameError: ``mapping`` gives a column a meaning that is not known.
    """
    headers = [str(c) for c in frame.columns]
    layout = detect_layout(headers, lambda h: read_header(h, model.lexicon), mapping, panel_column)
    scorer = Scorer(model, full=full, intervals=intervals, draws=draws, seed=seed, strict=strict, complete=complete)
    if type(frame).__module__.startswith("polars"):
        out: pd.DataFrame = _polars(scorer, layout, frame, issues)
        return out
    import pandas as pd

    scored, ids = _score(scorer, layout, lambda k: factor_pandas(frame.iloc[:, k]), len(frame), issues)
    index: Any = frame.index
    identity: Any = range(1, len(frame) + 1)
    if isinstance(ids, list):
        identity = ids
        index = pd.Index(ids, name=layout.id_name)
    elif ids is not None:
        identity = frame.iloc[:, ids].array
    columns: dict[str, Any] = {layout.id_name: identity}
    for name, column in scored.columns().items():
        if isinstance(column, tuple):
            indices, words = column
            # the frame's own text type, also where there are no rows
            columns[name] = pd.Series(np.array(words, dtype=object)[indices], index=index).astype("str")
        else:
            columns[name] = column
    return pd.DataFrame(columns, index=index)


def _polars(scorer: Scorer, layout: Layout, frame: Any, issues: list[dict[str, Any]] | None) -> Any:
    """The same for a polars frame."""
    import polars as pl

    from imtdx.tables.writers import result_frame

    scored, ids = _score(scorer, layout, lambda k: factor_polars(frame[:, k]), frame.height, issues)
    if isinstance(ids, list):
        identity = pl.Series(ids)
    else:
        identity = pl.Series(range(1, frame.height + 1)) if ids is None else frame[:, ids]
    return result_frame(layout.id_name, identity, scored)


def _score(
    scorer: Scorer,
    layout: Layout,
    column: Callable[[int], Factor],
    n: int,
    issues: list[dict[str, Any]] | None,
) -> tuple[Scored, list[Any] | int | None]:
    """Results; the ids of the cases of a long table, or the position of the id column of another."""
    if layout.form != "long":
        factors, unfit = screen(layout, {k: column(k) for k in layout.used()})
        scored, found = scorer.score(layout, factors, n)
        note_unfit(layout, factors, unfit, scored, found)
        if issues is not None:
            issues.extend(found.records())
        return scored, layout.id_column
    assert layout.id_column is not None
    gathered = LongTable(scorer, layout)
    found = Issues(np.zeros(n, bool))
    wanted = (*layout.used(), layout.position("names"), layout.position("values"))
    gathered.add({k: column(k) for k in wanted}, column(layout.id_column), n, found)
    found.parts += gathered.notes().parts
    if issues is not None:
        issues.extend(found.records())
    cases = len(gathered.ids)
    ((_, _, scored),) = list(gathered.scored(block=max(cases, 1))) or [
        (0, 0, scorer.score_codes({}, 0, np.zeros(0, bool)))
    ]
    return scored, gathered.ids
