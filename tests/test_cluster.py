"""Scoring on a real dask cluster of two worker processes, with a worker killed on the way, and in polars' own batches."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import imtdx
from imtdx.batch.scorer import Scorer
from imtdx.cluster import score_files
from imtdx.cluster.parts import Part, plan_parts
from imtdx.tables.issues import issues_path
from imtdx.tables.progress import Progress

try:
    import distributed
except ImportError:
    distributed = None

needs_dask = pytest.mark.skipif(
    distributed is None, reason="dask.distributed is not installed: pip install 'imtdx[dask]'"
)
CELLS = ["+", "-", "NP", "focal", "weakly+", None, "2+"]


def cases(rows: int, seed: int = 0, first: int = 1) -> pl.DataFrame:
    """Random cases with ids from ``first`` on."""
    rng = np.random.default_rng(seed)

    def pick(values: list[Any]) -> list[Any]:
        return [values[k] for k in rng.integers(0, len(values), rows)]

    return pl.DataFrame(
        {
            "case_id": [f"c{k}" for k in range(first, first + rows)],
            **{name: pl.Series(pick(CELLS), dtype=pl.String) for name in ("ALK", "SMA", "Desmin", "S-100", "CD34")},
            "Ki-67": pick([f"{k}%" for k in range(1, 60)]),
            "age": pick(list(range(90))),
            "sex": pick(["m", "f"]),
            "site": pick(["lung", "mesentery", "bladder", "neck"]),
        }
    )


def same(got: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Rows, order and texts equal, figures within 1e-12."""
    assert got.columns == expected.columns and got.height == expected.height
    for name in got.columns:
        if expected[name].dtype.is_float():
            assert np.abs(got[name].to_numpy() - expected[name].to_numpy()).max(initial=0.0) < 1e-12, name
        else:
            assert got[name].to_list() == expected[name].to_list(), name


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes behind a TCP address."""
    if distributed is None:
        pytest.skip("dask.distributed is not installed: pip install 'imtdx[dask]'")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as made:
        yield made


class Hook(Progress):
    """Calls something each time a part is finished."""

    def __init__(self, call: Any) -> None:
        super().__init__(enabled=False)
        self._call = call

    def update(self, rows: int, done: float) -> None:
        self._call(done)


@needs_dask
def test_many_files_equal_model_score(cluster: Any, model: imtdx.Model, tmp_path: Path) -> None:
    source = tmp_path / "cases"
    (source / "more").mkdir(parents=True)
    frames = {f"p{k}.parquet": cases(3_000 + k, seed=k, first=1 + 10_000 * k) for k in range(6)}
    frames["more/q.parquet"] = cases(10, seed=9)
    for name, frame in frames.items():
        frame.write_parquet(source / name)
    (source / "_SUCCESS").write_text("")
    summary = score_files(model, source, tmp_path / "out", cluster.scheduler_address, full=True)
    written = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert written == sorted(frames)
    assert summary.rows == sum(f.height for f in frames.values()) and summary.problems == 0
    for name, frame in frames.items():
        same(pl.read_parquet(tmp_path / "out" / name), model.score(frame, full=True))


@needs_dask
def test_the_model_travels_once_per_worker(cluster: Any, model: imtdx.Model, tmp_path: Path) -> None:
    for k in range(8):
        cases(500, seed=k).write_parquet(tmp_path / f"p{k}.parquet")
    summary = score_files(model, f"{tmp_path}/p*.parquet", tmp_path / "out", cluster.scheduler_address)
    assert len(summary.parts) == 8 and set(summary.arrivals.values()) == {1}
    # what goes with each part is a name and two paths, not the model
    assert len(pickle.dumps(Part("a" * 80, "b" * 80))) < 1_000 < 100_000 < summary.model_bytes
    with distributed.Client(cluster) as client:
        held = client.run(lambda: len(sys.modules["imtdx.cluster.worker"]._held))
    assert set(held.values()) == {0}, "the model stays in the workers after the run"


@needs_dask
def test_row_groups_of_one_big_file(cluster: Any, model: imtdx.Model, tmp_path: Path) -> None:
    frame = (
        cases(10_000)
        .drop("case_id")
        .with_columns(ALK=pl.when(pl.arange(10_000) == 7_777).then(pl.lit("zebra")).otherwise("ALK"))
    )
    frame.write_parquet(tmp_path / "big.parquet", row_group_size=1_000)
    summary = score_files(model, tmp_path / "big.parquet", tmp_path / "out", cluster.scheduler_address, part_rows=2_500)
    names = sorted(p.name for p in (tmp_path / "out").glob("*.parquet"))
    assert names == [f"big-{k:05d}.parquet" for k in range(4)]
    # rows are numbered as in the whole table, in the results and in the issues
    expected = model.score(frame)
    same(pl.read_parquet(tmp_path / "out" / "*.parquet"), expected)
    assert expected["row"].to_list() == list(range(1, 10_001))
    listed = issues_path(tmp_path / "out" / "big-00002.parquet")
    assert listed is not None and list((tmp_path / "out").glob("*.csv")) == [listed]
    issues = pd.read_csv(listed)
    assert list(issues["row"]) == [7_778] and summary.issues == summary.problems == 1
    assert summary.common is not None and summary.common[0][:2] == ("ALK", "zebra")


@needs_dask
def test_csv_long_and_free_text(cluster: Any, model: imtdx.Model, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    cases(50).write_csv(source / "wide.csv")
    (source / "long.csv").write_text("case_id,marker,value\na,ALK,+\nb,SMA,-\na,SMA,+\n")
    # more distinct texts than one process reads alone
    texts = [f"ALK+ SMA- Ki-67 {k % 97}%, CD34 {'+' if k % 2 else 'focal'} case {k}" for k in range(1_200)]
    pl.DataFrame({"id": range(1_200), "panel": texts}).write_csv(source / "text.tsv", separator="\t")
    score_files(
        model, [source / "wide.csv", source / "*.tsv", source / "long.csv"], tmp_path / "out", cluster.scheduler_address
    )
    got = {
        p.name: pd.read_csv(p, sep=None, engine="python")
        for p in (tmp_path / "out").glob("*.?sv")
        if "issues" not in p.name
    }
    assert {name: len(frame) for name, frame in got.items()} == {"wide.csv": 50, "long.csv": 2, "text.tsv": 1_200}
    assert list(got["long.csv"]["case_id"]) == ["a", "b"] and (got["text.tsv"]["n_findings"] >= 3).all()


@pytest.mark.long
@needs_dask
def test_a_killed_worker_loses_no_row(cluster: Any, model: imtdx.Model, tmp_path: Path) -> None:
    frames = [cases(40_000, seed=k, first=1 + 100_000 * k) for k in range(8)]
    for k, frame in enumerate(frames):
        frame.write_parquet(tmp_path / f"p{k}.parquet")
    with distributed.Client(cluster) as client:
        killed: list[int] = []

        def kill(done: float) -> None:
            busy = [w for w, tasks in client.processing().items() if tasks]
            if not killed and busy:
                killed.append(client.run(os.getpid, workers=busy[:1])[busy[0]])
                os.kill(killed[0], signal.SIGKILL)

        summary = score_files(
            model, f"{tmp_path}/*.parquet", tmp_path / "out", cluster.scheduler_address, progress=Hook(kill)
        )
        client.wait_for_workers(2, timeout=30)
    assert killed and summary.lost == 1
    assert summary.rows == 320_000
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [f"p{k}.parquet" for k in range(8)]
    for k, frame in enumerate(frames):
        same(pl.read_parquet(tmp_path / "out" / f"p{k}.parquet"), model.score(frame))


@needs_dask
def test_a_bad_table_does_not_stop_the_others(cluster: Any, model: imtdx.Model, tmp_path: Path) -> None:
    cases(20).write_parquet(tmp_path / "good.parquet")
    (tmp_path / "bad.parquet").write_bytes((tmp_path / "good.parquet").read_bytes()[:300])
    with pytest.raises(imtdx.TableError, match=r"1 of 2 tables could not be scored.*\n.*bad\.parquet"):
        score_files(model, tmp_path / "*.parquet", tmp_path / "out", cluster.scheduler_address)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["good.parquet"]
    assert pl.read_parquet(tmp_path / "out" / "good.parquet").height == 20


@needs_dask
def test_workers_of_another_version_are_refused(
    cluster: Any, model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases(5).write_csv(tmp_path / "t.csv")
    monkeypatch.setattr("imtdx.cluster.worker.__version__", "0.0.0")
    with pytest.raises(imtdx.UsageError, match=r"this is 0\.0\.0; install the same"):
        score_files(model, tmp_path / "t.csv", tmp_path / "out", cluster.scheduler_address)


def run(*args: str) -> subprocess.CompletedProcess[str]:
    code = "from imtdx.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, "score", *args], capture_output=True, text=True, check=False)


@needs_dask
def test_command_line_with_a_local_cluster(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for k in range(3):
        cases(100, seed=k).with_columns(sex=pl.lit("alien")).write_csv(tmp_path / "in" / f"{k}.csv")
    done = run(f"{tmp_path}/in/*.csv", "-o", str(tmp_path / "out"), "--dask", "local", "--workers", "2", "--strict")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    assert "3 tables, 300 rows, 300 scored, 300 with problems" in done.stderr and "rows/s" in done.stderr
    assert "most common problem (300 of 300): sex 'alien'" in done.stderr and "travelled once to" in done.stderr
    outputs = [tmp_path / "out" / f"{k}.csv" for k in range(3)]
    assert set((tmp_path / "out").iterdir()) == {*outputs, *(issues_path(p) for p in outputs)}


@pytest.mark.long
@needs_dask
def test_ctrl_c_leaves_complete_parts_only(tmp_path: Path) -> None:
    frame = cases(150_000)
    (tmp_path / "in").mkdir()
    for k in range(8):
        frame.write_parquet(tmp_path / "in" / f"{k}.parquet")
    out = tmp_path / "out"
    code = "from imtdx.cli import main; main()"
    args = [
        sys.executable,
        "-c",
        code,
        "score",
        str(tmp_path / "in"),
        "-o",
        str(out),
        "--dask",
        "local",
        "--workers",
        "2",
    ]
    # Ctrl-C reaches every process of the terminal
    process = subprocess.Popen(args, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not list(out.glob(".*.part")):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in said, said
    assert all(pl.read_parquet(p).height == frame.height for p in out.glob("*.parquet"))
    assert not list(out.glob(".*"))


BAD = {
    "nowhere": (("t.csv", "-o", "out", "--dask", "nowhere"), 2, "write 'local'"),
    "nobody answers": (("t.csv", "-o", "out", "--dask", "tcp://127.0.0.1:9"), 2, "no dask scheduler answers"),
    "no table": (("*.parquet", "-o", "out", "--dask", "local"), 3, "no table matches"),
    "onto itself": (("t.csv", "-o", ".", "--dask", "local"), 2, "is the table itself"),
    "stdin": (("-", "-o", "out", "--dask", "local"), 2, "not stdin"),
    "a file for a folder": (("t.csv", "-o", "other.csv", "--dask", "local"), 2, "is a file"),
    "one issues file": (("t.csv", "-o", "out", "--dask", "local", "--issues", "i.csv"), 2, "each output has its own"),
    "workers without dask": (("t.csv", "-o", "out.csv", "--workers", "2"), 2, "--dask"),
}


@needs_dask
@pytest.mark.parametrize("name", BAD)
def test_bad_usage(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("imtdx.cluster.run._CONNECT", 1)
    for file in ("t.csv", "other.csv"):
        Path(file).write_text("id,ALK\n1,+\n")
    args, code, message = BAD[name]
    from click.testing import CliRunner

    from imtdx.cli import cli

    result = CliRunner().invoke(cli, ["score", *args])
    exc = result.exception
    told = (result.output, getattr(exc, "exit_code", result.exit_code), str(exc))
    assert message in told[0] + told[2] and told[1] == code, told


def test_without_dask(model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(imtdx.UsageError, match=r"pip install 'imtdx\[dask\]'"):
        score_files(model, tmp_path, tmp_path / "out")


def test_importing_imtdx_does_not_import_dask() -> None:
    code = "import sys, imtdx, imtdx.cluster, imtdx.cli.score; print('distributed' in sys.modules or 'dask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_inputs_of_one_name_are_refused(model: imtdx.Model, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.csv").write_text("id,ALK\n1,+\n")
    options = {"mapping": None, "panel_column": None}
    with pytest.raises(imtdx.UsageError, match="would both become"):
        plan_parts(Scorer(model), [tmp_path / "a", tmp_path / "b"], tmp_path / "out", options, 1000)
    parts = plan_parts(Scorer(model), f"{tmp_path}/**/*.csv", tmp_path / "out", options, 1000)
    assert [p.target for p in parts] == [str(tmp_path / "out" / f / "t.csv") for f in ("a", "b")]


def test_polars_map_batches(model: imtdx.Model, tmp_path: Path) -> None:
    frame = cases(2_000)
    frame.write_parquet(tmp_path / "t.parquet")
    schema = model.score(frame.clear()).schema
    scored = pl.scan_parquet(tmp_path / "t.parquet").map_batches(model.score, schema=schema).collect()
    same(scored, model.score(frame))
