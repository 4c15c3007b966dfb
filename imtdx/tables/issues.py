"""What was not understood, as OUT.issues.csv beside the output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imtdx.batch.results import Issues
from imtdx.errors import TableError
from imtdx.files import WholeFile, beside
from imtdx.tables.writers import guard

__all__ = ["COLUMNS", "IssuesFile", "issues_path"]

COLUMNS = ("row", "column", "value", "problem", "suggestion")
_ENDING = ".issues.csv"


def issues_path(output: Path) -> Path | None:
    """``scored.csv`` -> ``scored.csv.issues.csv``; ``None`` for stdout.

    Where that would be too long for a file system, as much of the name as fits and its hash.
    """
    if str(output) == "-":
        return None
    return beside(output, _ENDING)


def is_issues_file(path: Path) -> bool:
    """Whether a file is one that an earlier run wrote, by its first line."""
    try:
        with path.open("rb") as file:
            return file.readline(200).rstrip(b"\r\n") == ",".join(COLUMNS).encode()
    except OSError:
        return False


class IssuesFile:
    """Collects issues and writes them as they come; no file is made while there is nothing to say.

    Args:
        path: the file, ``None`` to count only.
        asked (bool): the user named it; otherwise only an issues file of an earlier run is replaced.

    Raises:
        TableError: the file is there and something else.
    """

    def __init__(self, path: Path | None, asked: bool = False) -> None:
        if path is not None and not asked and path.exists() and not is_issues_file(path) and path.stat().st_size:
            raise TableError(
                f"{path} is where the issues would go, and holds something else; rename it, or name another file with --issues"
            )
        self.path = path
        self.count = 0
        #: (column, value, problem) -> times seen; bounded, see `add`
        self.common: Counter[tuple[str, str, str]] = Counter()
        self.first: list[Mapping[str, Any]] = []
        self._file: WholeFile | None = None

    def add(self, issues: Issues) -> None:
        """Append the issues of a chunk."""
        import polars as pl

        if not issues.parts:
            return
        rows, part = issues.table()
        self.count += len(rows)
        for where, column, problem in issues.parts:
            self.common[column, problem.value, problem.problem] += len(where)
        if len(self.common) > 20_000:
            # enough to name the commonest; free text may have a new problem in every row
            self.common = Counter(dict(self.common.most_common(5_000)))
        if len(self.first) < 5:
            for row, k in zip(rows[:5], part[:5], strict=True):
                _, column, problem = issues.parts[k]
                self.first.append(
                    {"row": int(row), "column": column, "value": problem.value, "problem": problem.problem}
                )
            del self.first[5:]
        if self.path is None:
            return
        texts = [(column, p.value, p.problem, p.suggestion) for _, column, p in issues.parts]
        columns = [guard(pl.Series(name, [t[k] for t in texts], dtype=pl.String)) for k, name in enumerate(COLUMNS[1:])]
        frame = pl.DataFrame([pl.Series("row", rows), *(c.gather(part.astype("uint32")) for c in columns)])
        if self._file is None:
            self._file = WholeFile(self.path)
            self._file.file.write((",".join(COLUMNS) + "\n").encode())
        self._file.file.write(frame.write_csv(include_header=False).encode())

    def finish(self) -> None:
        """Everything to the disk, so that only the name is missing."""
        if self._file is not None:
            self._file.finish()

    def commit(self) -> None:
        """Give the file its name; without issues, remove one that an earlier run left there."""
        if self._file is not None:
            self._file.commit()
        elif self.path is not None and self.path.is_file() and is_issues_file(self.path):
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave no file."""
        if self._file is not None:
            self._file.discard()
