"""What runs on the workers of a cluster. Imported only where dask.distributed is installed."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin

from imtdx.batch.columns import detect_layout
from imtdx.batch.scorer import Scorer
from imtdx.cluster.parts import Part, PartDone
from imtdx.errors import ImtdxError, TableError, UsageError
from imtdx.tables.chunks import Table
from imtdx.tables.issues import IssuesFile, issues_path
from imtdx.tables.progress import Progress
from imtdx.tables.readers import ParquetTable, open_table
from imtdx.tables.run import Run, column_counter, settled_layout
from imtdx.version import __version__

__all__ = ["ModelPlugin", "score_part"]

#: Problems a part tells of, for the commonest of all parts together.
_COMMON = 200


@dataclass
class _Held:
    scorer: Scorer
    options: Mapping[str, Any]
    arrivals: int


#: Run -> its model in this process.
_held: dict[str, _Held] = {}
_lock = threading.Lock()


class ModelPlugin(WorkerPlugin):  # type: ignore[misc]
    """Brings the model to a worker when it joins, so that it is there once however many parts the worker scores.

    A plugin, not scattered data: workers that join later get it too, among them the one that takes the place of one that
    died, while scattered data is lost with the last worker that held it.

    Args:
        name (str): of the run.
        scorer: the compiled model.
        options: of reading, as in `imtdx.tables.score_table`.
        own (bool): the workers were started for this run.
    """

    def __init__(self, name: str, scorer: Scorer, options: Mapping[str, Any], own: bool) -> None:
        self.name, self.own = name, own
        self.version = __version__
        # pickled here, so that a worker with another version can say so and not stumble over it
        self.payload = pickle.dumps((scorer, dict(options)), protocol=5)

    def setup(self, worker: Any) -> None:
        """Unpack the model, about 0.1 s.

        Raises:
            UsageError: the worker has another version of imtdx.
        """
        if self.version != __version__:
            raise UsageError(
                f"worker {worker.address} has imtdx {__version__}, this is {self.version}; install the same"
            )
        scorer, options = pickle.loads(self.payload)
        with _lock:
            before = _held[self.name].arrivals if self.name in _held else 0
            _held[self.name] = _Held(scorer, options, before + 1)
        self.payload = b""
        if self.own and threading.current_thread() is threading.main_thread():
            # Ctrl-C reaches every process of the terminal; the one that started this ends it, without a traceback
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: Any) -> None:
        """Forget the model."""
        with _lock:
            _held.pop(self.name, None)


def score_part(run: str, part: Part) -> PartDone:
    """Score a part into its file, which appears under its name only when it is complete.

    Args:
        run (str): name of the `ModelPlugin`.
        part: the part.

    Returns:
        PartDone: with ``error`` set where the table, or the disk, is to blame: another try would end the same way.
    """
    held = _held[run]
    who = {"worker": f"{socket.gethostname()}:{os.getpid()}", "arrivals": held.arrivals}
    try:
        return _score(held, part, who)
    except ImtdxError as exc:
        error = str(exc)
    except OSError as exc:
        error = f"{exc.strerror or exc}: {exc.filename or part.source}"
    return PartDone(part.source, part.target, **who, error=error)  # type: ignore[arg-type]


def _score(held: _Held, part: Part, who: dict[str, Any]) -> PartDone:
    source, target, scorer, options = Path(part.source), Path(part.target), held.scorer, held.options
    model = scorer.model
    target.parent.mkdir(parents=True, exist_ok=True)
    table: Table
    if part.row_groups is None:
        table = open_table(source, column_counter(model), **{k: options[k] for k in ("encoding", "delimiter", "sheet")})
    else:
        table = ParquetTable(source, part.row_groups)
    problems = IssuesFile(issues_path(target))
    try:
        layout = detect_layout(table.headers, model.lexicon, options["mapping"], options["panel_column"])
        settled = settled_layout(ParquetTable(source), layout, model) if part.first and layout.form != "long" else None
        work = Run(table, layout, scorer, target, problems, Progress(enabled=False), settled=settled)
        # rows are numbered as in the whole table
        work.rows = part.first
        (work.long if layout.form == "long" else work.wide)()
    except BaseException:
        problems.discard()
        raise
    finally:
        table.close()
    rows = work.rows - part.first
    if part.rows is not None and rows != part.rows:
        target.unlink(missing_ok=True)
        raise TableError(
            f"{source} changed while it was scored: {part.rows:,} rows were expected and {rows:,} found; run again"
        )
    return PartDone(
        part.source,
        part.target,
        **who,
        rows=rows,
        scored=work.scored,
        problems=work.problems,
        issues=problems.count,
        common=tuple(problems.common.most_common(_COMMON)),
        table=table.describe(),
        layout=layout.describe(),
    )
