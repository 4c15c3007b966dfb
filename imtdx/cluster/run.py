"""Score many tables, or one big one, on a dask.distributed cluster.

    inputs -> parts -> workers, to each of which the model travels once -> one file per part in a folder

A part depends on nothing but its source, is written under a temporary name and renamed when it is complete. When a worker dies,
dask gives its parts to the others, and what it had begun has no name that anyone reads.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imtdx.batch.scorer import Scorer
from imtdx.cluster.parts import PART_ROWS, Part, PartDone, plan_parts
from imtdx.errors import TableError, UsageError
from imtdx.files import sweep
from imtdx.tables.issues import issues_path
from imtdx.tables.progress import Progress

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["ClusterSummary", "score_files"]

#: Seconds until a scheduler must answer, and until a first worker must be there.
_CONNECT, _JOIN = 10, 60


@dataclass(frozen=True)
class ClusterSummary:
    """What was done.

    Attributes:
        parts: what became of each, in the order of their names.
        arrivals: worker (host:process) -> times the model travelled to it.
        model_bytes: size of what travelled.
        lost: workers that went away during the run.
        common: the commonest problem as (column, value, problem) and how often; ``None`` without problems.
        seconds: wall time.
    """

    parts: tuple[PartDone, ...]
    arrivals: Mapping[str, int]
    model_bytes: int
    lost: int
    common: tuple[tuple[str, str, str], int] | None
    seconds: float

    @property
    def rows(self) -> int:
        """Cases in all outputs together."""
        return sum(p.rows for p in self.parts)

    @property
    def scored(self) -> int:
        """Cases with at least one finding."""
        return sum(p.scored for p in self.parts)

    @property
    def problems(self) -> int:
        """Cases with status ``problem``."""
        return sum(p.problems for p in self.parts)

    @property
    def issues(self) -> int:
        """Lines of all issues files together."""
        return sum(p.issues for p in self.parts)

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0


def score_files(
    model: Model,
    inputs: str | Path | Sequence[str | Path],
    out_dir: str | Path,
    address: str = "local",
    *,
    workers: int | None = None,
    full: bool = False,
    intervals: bool = False,
    mapping: Mapping[str, str] | None = None,
    panel_column: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    draws: int = 400,
    seed: int = 0,
    strict: bool = False,
    complete: bool = False,
    part_rows: int = PART_ROWS,
    report: Callable[[str], None] = lambda line: None,
    progress: Progress | None = None,
) -> ClusterSummary:
    """Score tables on a cluster: one output per input, of the same name, rows in the same order.

    Args:
        model: the model; travels once to each worker.
        inputs: files, folders and patterns such as ``cases/*.parquet``. A single Parquet file of more than ``part_rows`` rows is
            divided between its row groups, into ``NAME-00000.parquet`` and so on.
        out_dir: folder for the results, made where it is missing; seen by all workers under the same name, as the inputs are.
        address (str): ``local`` starts worker processes here; ``tcp://HOST:PORT`` is a scheduler that runs.
        workers (int | None): processes of ``local``; one per core by default.
        full, intervals, mapping, panel_column, encoding, delimiter, sheet, draws, seed: as in `imtdx.tables.score_table`.
        part_rows (int): rows of a part of a single file, at least.
        report: takes the lines that say what the tables were found to be.
        progress: the line on the terminal.

    Returns:
        ClusterSummary: of all parts.

    Raises:
        UsageError: dask is not installed, no scheduler or worker at the address, or clashing outputs.
        TableError: some tables could not be scored; the others were, and their outputs stand.
    """
    began = time.monotonic()
    _need_dask()
    if address != "local" and "://" not in address:
        raise UsageError(
            f"--dask {address!r}: write 'local', or the address of a scheduler such as tcp://10.0.0.1:8786"
        )
    if address != "local" and workers is not None:
        raise UsageError("--workers is for --dask local; a scheduler has the workers that it has")
    scorer = Scorer(model, full=full, intervals=intervals, draws=draws, seed=seed, strict=strict, complete=complete)
    options = {
        "mapping": mapping,
        "panel_column": panel_column,
        "encoding": encoding,
        "delimiter": delimiter,
        "sheet": sheet,
    }
    parts = plan_parts(scorer, inputs, out_dir, options, part_rows)
    try:
        Path(out_dir).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{out_dir} is a file; with --dask the output is a folder") from None
    try:
        with _client(address, workers) as client:
            run = _ClusterRun(client, address == "local", scorer, options, report, progress or Progress(enabled=False))
            done = run.score(parts)
    finally:
        # what workers had begun when they died
        _sweep(parts)
        if progress is not None:
            progress.clear()
    _all_there(done)
    common: Counter[tuple[str, str, str]] = Counter()
    for part in done:
        common.update(dict(part.common))
    return ClusterSummary(
        parts=tuple(done),
        arrivals={p.worker: p.arrivals for p in done},
        model_bytes=run.model_bytes,
        lost=run.lost,
        common=next(iter(common.most_common(1)), None),
        seconds=time.monotonic() - began,
    )


def _need_dask() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UsageError("--dask needs dask.distributed; install it with: pip install 'imtdx[dask]'") from None


@contextmanager
def _client(address: str, workers: int | None) -> Iterator[Any]:
    """A client of the cluster; a local one ends with it.

    Raises:
        UsageError: nothing answers, or no worker joins.
    """
    from distributed import Client, LocalCluster

    cluster = None
    if address == "local":
        cluster = LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            processes=True,
            # no dashboard, and for the rest any port that is free, on this machine only
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            # a worker that died is told of in the summary
            silence_logs=logging.CRITICAL,
        )
    try:
        try:
            client = Client(cluster if cluster is not None else address, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError) as exc:
            raise UsageError(
                f"no dask scheduler answers at {address} ({exc}); start one with: dask scheduler"
            ) from None
        try:
            try:
                client.wait_for_workers(1, timeout=_JOIN)
            except TimeoutError:
                raise UsageError(
                    f"the scheduler at {address} has no worker; start some with: dask worker {address}"
                ) from None
            yield client
        finally:
            client.close()
    finally:
        if cluster is not None:
            cluster.close()


class _ClusterRun:
    """One call of `score_files` on its cluster."""

    def __init__(
        self,
        client: Any,
        own: bool,
        scorer: Scorer,
        options: dict[str, Any],
        report: Callable[[str], None],
        progress: Progress,
    ) -> None:
        from imtdx.cluster.worker import ModelPlugin

        self._client, self._report, self._progress = client, report, progress
        self._plugin = ModelPlugin(f"imtdx-{uuid.uuid4().hex}", scorer, options, own)
        self.model_bytes = len(self._plugin.payload)
        self.lost = 0
        self._layouts: set[str] = set()

    def score(self, parts: Sequence[Part]) -> list[PartDone]:
        """Every part, in order.

        Raises:
            UsageError: the workers lack imtdx, or have another version.
            TableError: the scheduler went away.
        """
        from distributed import as_completed

        from imtdx.cluster.worker import score_part

        client, name = self._client, self._plugin.name
        try:
            client.register_plugin(self._plugin)
        except ModuleNotFoundError as exc:
            raise UsageError(f"the workers lack {exc.name}; install the same imtdx[dask] there") from None
        before = set(client.nthreads())
        futures = [client.submit(score_part, name, p, key=f"{name}-{k}", pure=False) for k, p in enumerate(parts)]
        places = {f.key: k for k, f in enumerate(futures)}
        done: dict[int, PartDone] = {}
        rows = 0
        try:
            for future, result in as_completed(futures, loop=client.loop, with_results=True, raise_errors=False):
                k = places[future.key]
                if not isinstance(result, PartDone):
                    result = PartDone(parts[k].source, parts[k].target, "", 0, error=_reason(future.exception()))
                done[k] = result
                rows += result.rows
                self._tell(result)
                self._progress.update(rows, len(done) / len(parts))
            self.lost = len(before - set(client.nthreads()))
        except CancelledError:
            raise TableError("the dask scheduler went away; outputs that are there are complete; run again") from None
        finally:
            with suppress(Exception):
                client.cancel(futures)
            with suppress(Exception):
                client.unregister_worker_plugin(name)
        return [done[k] for k in range(len(parts))]

    def _tell(self, part: PartDone) -> None:
        """What a table was found to be, once for tables that are alike."""
        if part.error or part.layout in self._layouts or len(self._layouts) > 5:
            return
        self._layouts.add(part.layout)
        self._report(f"{part.source}: {part.table}")
        self._report(part.layout if len(self._layouts) <= 5 else "there are more layouts than these; not all are shown")


def _reason(exc: BaseException | None) -> str:
    """Why dask gave a part up."""
    if type(exc).__name__ == "KilledWorker":
        return "every worker that tried it died, perhaps for want of memory; see the logs of the workers"
    return f"{type(exc).__name__}: {exc}"


def _sweep(parts: Sequence[Part]) -> None:
    """Remove the temporary files that dead workers left."""
    names = {Path(p.target) for p in parts}
    names |= {q for p in names if (q := issues_path(p)) is not None}
    for path in names:
        sweep(path)


def _all_there(done: Sequence[PartDone]) -> None:
    """
    Raises:
        TableError: a part failed, or its file is not to be seen from here.
    """
    failed = [p for p in done if p.error]
    if failed:
        told = "".join(
            f"\n  {p.source}: {p.error}" if p.source not in p.error else f"\n  {p.error}" for p in failed[:20]
        )
        more = f"\n  and {len(failed) - 20} more" if len(failed) > 20 else ""
        raise TableError(
            f"{len(failed)} of {len(done)} tables could not be scored; the others are complete{told}{more}"
        )
    missing = [p.target for p in done if not Path(p.target).exists()]
    if missing:
        raise TableError(
            f"{missing[0]} was written by {done[0].worker} but is not to be seen here; the output must be a folder that all share"
        )
