"""Whole tables: `imtdx score` against what polars takes merely to read the input and write the output.

    python benchmarks/bench_table.py [--rows 1000000] [--repeat 5] [--memory]

Everything runs in this one process, rivals and imtdx in turn, so that a busy machine slows both; medians and ratios
are printed. With --memory, tables of one and ten million rows are scored by `imtdx score` under /usr/bin/time -v instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from facts import machine

import imtdx
from imtdx.tables import score_table

STAINS = ("ALK", "SMA", "Vimentin", "Desmin", "CD117", "S-100", "Dog-1")
CELLS = np.array(["+", "−", "NP", "Partially+", "weakly+", "2+", "focal", ""])
SITES = np.array(
    [
        "Lung",
        "Left upper arm",
        "Abdominopelvic cavity",
        "Mesentery",
        "Stomach",
        "Bladder",
        "Right neck",
        "Chest wall",
        "Liver",
        "Forehead",
    ]
)


def founding_layout(rows: int, seed: int = 0, first: int = 1) -> pl.DataFrame:
    """Random cases in the layout of the founding cohort: id, 8 stains, age, sex, site; every row distinct by its id
    and nearly so without."""
    rng = np.random.default_rng(seed)

    def pick(values: np.ndarray) -> pl.Series:
        return pl.Series(values.tolist(), dtype=pl.String).gather(rng.integers(0, len(values), rows).astype(np.uint32))

    ages = np.array([f"{y} Year" for y in range(1, 91)] + [f"{m} Month" for m in range(1, 24)])
    columns: dict[str, pl.Series] = {"Case": pl.Series(np.arange(first, first + rows)).cast(pl.String)}
    columns |= {name: pick(CELLS) for name in STAINS}
    columns["Ki-67"] = pick(np.array([f"{k}%" for k in range(1, 91)] + ["NP"]))
    columns["Age"], columns["Sex"], columns["Location"] = pick(ages), pick(np.array(["M", "F"])), pick(SITES)
    return pl.DataFrame(columns).with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())


def timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def floor(source: Path, written: pl.DataFrame, target: Path) -> None:
    """Read the input and write the output, and nothing in between."""
    if source.suffix == ".csv":
        pl.read_csv(source, infer_schema=False)
        written.write_csv(target)
    else:
        pl.read_parquet(source)
        written.write_parquet(target)


def compare(rows: int, repeat: int) -> None:
    """CSV and Parquet, ours and the floor, in turn."""
    model = imtdx.load()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        frame = founding_layout(rows)
        frame.write_csv(base / "in.csv")
        frame.write_parquet(base / "in.parquet")
        runs: dict[str, Callable[[], object]] = {}
        for suffix in ("csv", "parquet"):
            source, target = base / f"in.{suffix}", base / f"out.{suffix}"
            # once for warming up, and for something to write
            score_table(model, source, target)
            written = pl.read_csv(target) if suffix == "csv" else pl.read_parquet(target)
            assert written.height == rows, (written.height, rows)
            runs[f"polars {suffix}"] = partial(floor, source, written, base / f"floor.{suffix}")
            runs[f"imtdx {suffix}"] = partial(score_table, model, source, target)
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(repeat):
            for name, function in runs.items():
                times[name].append(timed(function))
    print(machine())
    print(f"{rows:,} distinct rows, 8 stains, age, sex, site; median of {repeat}")
    for name, values in times.items():
        print(
            f"  {name:15s} {median(values):7.2f} s  {rows / median(values):12,.0f} rows/s   (best {min(values):.2f} s)"
        )
    ours, floor_csv, parquet = (median(times[k]) for k in ("imtdx csv", "polars csv", "imtdx parquet"))
    print(
        f"CSV -> CSV: {ours / floor_csv:.2f} times what polars takes to read the input and write the output (target: at most 4)"
    )
    print(f"Parquet -> Parquet: {ours / parquet:.2f} times as fast as CSV -> CSV (target: at least 2)")


def memory(sizes: tuple[int, ...]) -> None:
    """Peak memory of `imtdx score` in a process of its own."""
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for suffix in ("csv", "parquet"):
            for rows in sizes:
                source, target = base / f"in.{suffix}", base / f"out.{suffix}"
                _generate(source, rows)
                code = "from imtdx.cli import main; main()"
                run = subprocess.run(
                    ["/usr/bin/time", "-v", sys.executable, "-c", code, "score", str(source), "-o", str(target)],
                    capture_output=True, text=True, check=True,
                )  # fmt: skip
                told = {k.strip(): v for k, _, v in (line.rpartition(": ") for line in run.stderr.splitlines())}
                print(
                    f"  {suffix:8s} {rows:11,} rows  peak {int(told['Maximum resident set size (kbytes)']) / 1024:6.0f} MiB  "
                    f"wall {told['Elapsed (wall clock) time (h:mm:ss or m:ss)']}  CPU {told['Percent of CPU this job got']}"
                )
                source.unlink()
                target.unlink()


def _generate(path: Path, rows: int) -> None:
    """The table, part by part."""
    import pyarrow.parquet as pq

    step = 500_000
    writer = None
    with path.open("wb") as file:
        for start in range(0, rows, step):
            part = founding_layout(min(step, rows - start), seed=start, first=start + 1)
            if path.suffix == ".csv":
                part.write_csv(file, include_header=start == 0)
            else:
                table = part.to_arrow()
                writer = writer or pq.ParquetWriter(file, table.schema)
                writer.write_table(table)
        if writer is not None:
            writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    if options.memory:
        memory((1_000_000, 10_000_000))
    else:
        compare(options.rows, options.repeat)
