"""``imtdx score``: every case of a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imtdx.cli.columns import column_options, read_map
from imtdx.cli.options import load_model, model_options
from imtdx.errors import UsageError
from imtdx.exits import need_memory

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["command"]

#: What polars and pyarrow map and reserve on a machine of two cores; 0.2 GB of it are used.
_ADDRESS_SPACE = 1_800_000_000
_File = click.Path(path_type=Path, allow_dash=True)


@click.command("score", short_help="Score every case of an IHC table.")
@click.argument("table", type=_File)
@click.option(
    "-o",
    "--output",
    required=True,
    type=_File,
    help="Result: .csv, .tsv, .csv.gz, .xlsx or .parquet; '-' for CSV on stdout.",
)
@click.option("--full", is_flag=True, help="Add p_<id> for every other diagnosis.")
@click.option("--intervals", is_flag=True, help="Add the 95 % credible interval of P(IMT); slow.")
@click.option(
    "--draws", type=click.IntRange(50, 100_000), default=400, show_default=True, help="Draws behind the intervals."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draws.")
@column_options
@click.option(
    "--encoding", metavar="NAME", help="Encoding of a text table, when detection errs: utf-8, latin-1, utf-16 ..."
)
@click.option("--delimiter", metavar="CHAR", help="Delimiter of a text table, when detection errs; 'tab' for a tab.")
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook (default: the first that is not empty).")
@click.option(
    "--issues",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to list what was not understood (default: OUTPUT's name with .issues.csv).",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, allow_dash=True),
    help="A report of every case too, 5,000 at most; opens in a browser, offline.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Score on a dask cluster: 'local' starts one here, tcp://HOST:PORT is a scheduler. TABLE may be a folder or a quoted "
    "pattern; OUTPUT is a folder.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes of --dask local (default: one per core).")
@click.option(
    "--complete",
    is_flag=True,
    help="Each row tells every stain that was asked for, done or not interpretable; which they are is then evidence too.",
)
@click.option("--strict", is_flag=True, help="Exit with code 1 when a row had problems; a contradiction is one.")
@click.option("-q", "--quiet", is_flag=True, help="No remarks on stderr.")
@model_options
def command(
    table: Path,
    output: Path,
    full: bool,
    intervals: bool,
    draws: int,
    seed: int,
    column_map: Path | None,
    panel_column: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    issues: Path | None,
    html: Path | None,
    dask: str | None,
    workers: int | None,
    complete: bool,
    strict: bool,
    quiet: bool,
    prior: tuple[str, ...],
    without_source: tuple[str, ...],
    overlay: tuple[str, ...],
    naive: bool,
    without_judgement: bool,
) -> None:
    """Score every case of TABLE (CSV, TSV, XLSX or Parquet; '-' for CSV on stdin).

    One row per case with a column per stain, a long table (case_id, marker, value), or a free-text column 'panel'.
    Every row comes back once, in order. Cells that were not understood are listed in a file beside the output and
    skipped.

    \b
    imtdx score cases.csv -o scored.csv
    imtdx score cohort.xlsx -o scored.parquet --full --without-source guo2025shanxi
    imtdx score 'cases/*.parquet' -o scored/ --dask local
    """
    from imtdx.tables import score_table
    from imtdx.tables.progress import Progress

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    if dask is None and workers is not None:
        raise UsageError("--workers is for --dask local")
    if dask is not None and issues is not None:
        raise UsageError("--issues is for one table; with --dask each output has its own issues file beside it")
    if dask is not None and html is not None:
        raise UsageError("--html is for one table, not for --dask")
    if column_map is not None:
        for option, file in (("-o", output), ("--issues", issues), ("--html", html)):
            if file is not None and file.exists() and column_map.exists() and file.samefile(column_map):
                raise UsageError(f"{option} {file} is the column map; give it another name")
    need_memory(_ADDRESS_SPACE)
    model = load_model(prior, without_source, overlay, naive, without_judgement)
    options: dict[str, Any] = {
        "full": full,
        "intervals": intervals,
        "draws": draws,
        "seed": seed,
        "strict": strict,
        "complete": complete,
        "mapping": read_map(column_map),
        "panel_column": panel_column,
        "encoding": _encoding(encoding),
        "delimiter": _delimiter(delimiter),
        "sheet": sheet,
        "report": say,
        "progress": Progress(enabled=False if quiet else None),
    }
    if dask is not None:
        problems = _on_cluster(model, table, output, dask, workers, options, say)
        if strict and problems:
            raise click.exceptions.Exit(1)
        return
    summary = score_table(model, table, output, issues=issues, html=html, **options)
    say(
        f"{summary.rows:,} rows, {summary.scored:,} scored, {summary.problems:,} with problems, "
        f"{summary.seconds:.1f} s, {summary.rate:,.0f} rows/s"
    )
    say(summary.cells.describe())
    if summary.common is not None:
        say(_commonest(summary.common, summary.issues))
        if summary.issues_file is not None:
            say(f"every one is listed in {summary.issues_file}")
        else:
            for r in summary.first:
                say(f"  row {r['row']}, {r['column'] or 'row'} {r['value']!r}: {r['problem']}")
    if strict and summary.problems:
        raise click.exceptions.Exit(1)


def _on_cluster(
    model: Model,
    table: Path,
    output: Path,
    address: str,
    workers: int | None,
    options: dict[str, Any],
    say: Callable[[str], None],
) -> int:
    """Score on a dask cluster and say how it went; the number of rows with problems."""
    from imtdx.cluster import score_files

    done = score_files(model, table, output, address, workers=workers, **options)
    say(
        f"{len(done.parts):,} tables, {done.rows:,} rows, {done.scored:,} scored, {done.problems:,} with problems, "
        f"{done.seconds:.1f} s, {done.rate:,.0f} rows/s"
    )
    times = "once" if set(done.arrivals.values()) == {1} else "more than once"
    where = "the worker" if len(done.arrivals) == 1 else f"each of {len(done.arrivals)} workers"
    say(f"the model ({done.model_bytes / 1e6:.1f} MB) travelled {times} to {where}")
    if done.lost:
        say(f"{done.lost} worker{'s' if done.lost > 1 else ''} died on the way; what they had begun was done again")
    if done.common is not None:
        say(_commonest(done.common, done.issues))
        say(f"every one is listed in {output}/*.issues.csv")
    return done.problems


def _commonest(common: tuple[tuple[str, str, str], int], issues: int) -> str:
    (column, value, problem), times = common
    shown = value if len(value) <= 40 else value[:37] + "..."
    return f"most common problem ({times:,} of {issues:,}): {column or 'row'} {shown!r}: {' '.join(problem.split())}"


def _encoding(name: str | None) -> str | None:
    """A Python encoding.

    Raises:
        UsageError: a name that is none.
    """
    if name is None:
        return None
    import codecs

    try:
        found = codecs.lookup(name).name
        # rot13 and hex are codecs too, and none of text; others cannot be read piece by piece
        if codecs.getincrementaldecoder(found)().decode("ALK".encode(found)).lstrip("\ufeff") != "ALK":
            raise LookupError
    except (LookupError, ValueError):
        raise UsageError(
            f"--encoding {name!r} is not known; use utf-8, latin-1, utf-16 or another name that Python knows"
        ) from None
    return found


def _delimiter(text: str | None) -> str | None:
    if text is None:
        return None
    found = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}.get(text.casefold(), text)
    if len(found.encode()) != 1 or found in '"\n\r':
        raise UsageError(f"--delimiter {text!r} must be one character, such as ';', or 'tab'")
    return found
