"""What a cluster is asked to do: inputs to parts, each of which becomes one file of its own.

A part is a whole table, or some row groups of one big Parquet file. It depends on nothing but its source, so it may be done
again, by any worker, at any time.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imtdx.batch.columns import detect_layout
from imtdx.batch.scorer import Scorer
from imtdx.errors import TableError, UsageError
from imtdx.tables.detect import FORMATS, file_format

__all__ = ["PART_ROWS", "Part", "PartDone", "plan_parts"]

#: Rows of a part of one big file, at least: a second or two of work, so that little is lost when a worker dies.
PART_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of work.

    Attributes:
        source, target: absolute paths, which must mean the same on every worker.
        row_groups: which of a Parquet file; ``None`` for the whole table.
        first: rows of the table before this part.
        rows: rows it has, where that is known beforehand.
    """

    source: str
    target: str
    row_groups: tuple[int, ...] | None = None
    first: int = 0
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class PartDone:
    """What became of a part.

    Attributes:
        rows, scored, problems: as in `imtdx.tables.ScoreSummary`.
        issues: lines of its issues file.
        common: the commonest of them, ((column, value, problem), times).
        table, layout: what it was found to be, in words.
        worker: host and process.
        arrivals: times the model has travelled to that process.
        error: why it could not be scored; empty when it was.
    """

    source: str
    target: str
    worker: str
    arrivals: int
    rows: int = 0
    scored: int = 0
    problems: int = 0
    issues: int = 0
    common: tuple[tuple[tuple[str, str, str], int], ...] = ()
    table: str = ""
    layout: str = ""
    error: str = ""


def plan_parts(
    scorer: Scorer,
    inputs: str | Path | Sequence[str | Path],
    out_dir: str | Path,
    options: dict[str, Any],
    part_rows: int,
) -> list[Part]:
    """Parts in the order of their names.

    Args:
        scorer: tells the layout of a big file; the rows of a case of a long table must not be parted.
        inputs: files, folders and patterns. Subfolders of a folder, and those that ``**`` stands for, come again in ``out_dir``.
        out_dir: where the results go.
        options: ``mapping`` and ``panel_column``, as in `imtdx.tables.score_table`.
        part_rows (int): rows from which on a single Parquet file is divided between its row groups.

    Raises:
        TableError: nothing matches.
        UsageError: two inputs would have one output, or an output would replace its input.
    """
    out = Path(out_dir).absolute()
    found: dict[Path, Path] = {}
    for item in [inputs] if isinstance(inputs, (str, Path)) else inputs:
        for source, name in _tables(str(item), out):
            file_format(source)
            target = out / name
            if found.setdefault(target, source) != source:
                raise UsageError(
                    f"{found[target]} and {source} would both become {target}; score them into two folders"
                )
            if target.exists() and target.samefile(source):
                raise UsageError(f"{target} is the table itself; give the output another folder")
    if not found:
        raise TableError(f"no table matches {inputs}; tables end in {', '.join(FORMATS)} or .csv.gz")
    if len(found) == 1:
        ((target, source),) = found.items()
        return _divided(scorer, source, target, options, part_rows)
    return [Part(str(source), str(target)) for target, source in sorted(found.items())]


def _tables(item: str, out: Path) -> Iterator[tuple[Path, Path]]:
    """(table, its name below the folder of results) of a file, folder or pattern."""
    if item == "-":
        raise UsageError(
            "a cluster reads files, not stdin; name files, a folder or a pattern such as 'cases/*.parquet'"
        )
    path = Path(item).absolute()
    if path.is_file():
        yield path, Path(path.name)
        return
    # "_SUCCESS" and its kin stand beside tables, and are none
    unwanted = "._" if path.is_dir() else "."
    if path.is_dir():
        root, found = path, [p for p in path.rglob("*") if _is_table(p)]
    elif glob.has_magic(item):
        root = path
        while glob.has_magic(str(root)):
            root = root.parent
        found = list(root.glob(str(path.relative_to(root))))
    else:
        raise TableError(f"{item}: no such file or folder")
    for p in sorted(found):
        within = p.relative_to(root)
        # nor are the results of an earlier run below the inputs
        old = p.name.endswith(".issues.csv") or (out != root and p.is_relative_to(out))
        if p.is_file() and not old and not any(part[0] in unwanted for part in within.parts):
            yield p, within


def _is_table(path: Path) -> bool:
    name = path.name.casefold()
    return Path(name.removesuffix(".gz")).suffix in FORMATS


def _divided(scorer: Scorer, source: Path, target: Path, options: dict[str, Any], part_rows: int) -> list[Part]:
    """One big Parquet file by its row groups; anything else as it is."""
    whole = [Part(str(source), str(target))]
    if file_format(source)[0] != "parquet":
        return whole
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(source)
        names = [str(n) for n in pq.read_schema(source).names]
    except (pa.ArrowException, OSError):
        # the worker says what is wrong with it
        return whole
    lexicon = scorer.model.lexicon
    layout = detect_layout(names, lexicon, options.get("mapping"), options.get("panel_column"))
    if metadata.num_rows <= part_rows or metadata.num_row_groups < 2 or layout.form == "long":
        return whole
    parts: list[Part] = []
    groups: list[int] = []
    first = rows = 0
    for k in range(metadata.num_row_groups):
        groups.append(k)
        rows += metadata.row_group(k).num_rows
        if rows >= part_rows or k == metadata.num_row_groups - 1:
            name = target.with_name(f"{target.stem}-{len(parts):05d}{target.suffix}")
            parts.append(Part(str(source), str(name), tuple(groups), first, rows))
            first, rows, groups = first + rows, 0, []
    return parts
