"""Run the examples of README.md and docs/, compare them with what they say, and renew them.

    python tools/doc_examples.py            say which examples no longer print what they say
    python tools/doc_examples.py --renew    put the present output in their place

An example is a line starting with ``$ imtdx``, ``$ ... | imtdx`` or ``>>>`` in a fenced block, with the lines after it. ``...``
stands for the rest of a line, or for any number of lines. Blocks marked ``no-run`` are left alone. Examples run in a scratch
directory that holds the files of docs/examples and the tests and docs folders.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Of the outputs in the documents, 2026-11-28, so that examples hold on any day.
DATE = "1795824000"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass
class Example:
    """One example: its command and the output it claims.

    Attributes:
        first, last: 0-based lines of the claimed output in the file, ``last`` exclusive.
    """

    path: Path
    line: int
    command: str
    claimed: list[str]
    first: int
    last: int

    @property
    def name(self) -> str:
        """``file:line command``."""
        return f"{self.path.name}:{self.line} {self.command.splitlines()[0][:60]}"

    @property
    def is_python(self) -> bool:
        """Whether it is a Python session and not a command line."""
        return self.command.startswith(">>>")


@dataclass
class Session:
    """A scratch directory, and the names that the Python examples of one file have made."""

    place: Path
    names: dict[str, Any] = field(default_factory=dict)

    def run(self, example: Example) -> list[str]:
        """The lines an example prints."""
        text = self._python(example) if example.is_python else self._shell(example)
        return [line.rstrip() for line in text.rstrip().splitlines()]

    def _shell(self, example: Example) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        env = {**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "SOURCE_DATE_EPOCH": DATE}
        done = subprocess.run(
            example.command, shell=True, cwd=self.place, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300, encoding="utf-8", check=False,
        )  # fmt: skip
        return done.stdout

    def _python(self, example: Example) -> str:
        source = "\n".join(line[4:] for line in example.command.splitlines())
        out = StringIO()
        here, date = Path.cwd(), os.environ.get("SOURCE_DATE_EPOCH")
        os.chdir(self.place)
        os.environ["SOURCE_DATE_EPOCH"] = DATE
        try:
            with redirect_stdout(out):
                exec(compile(source, example.name, "single"), self.names)  # the documentation's own examples
        except Exception as error:
            out.write(
                f"Traceback (most recent call last):\n    ...\n{type(error).__module__}.{type(error).__name__}: {error}"
            )
        finally:
            os.chdir(here)
            os.environ.pop("SOURCE_DATE_EPOCH")
            if date is not None:
                os.environ["SOURCE_DATE_EPOCH"] = date
        return out.getvalue()


def session() -> Session:
    """A scratch directory with what the examples use; the caller removes it."""
    place = Path(tempfile.mkdtemp(prefix="imtdx-docs-"))
    for source in (ROOT / "docs" / "examples").iterdir():
        shutil.copy(source, place)
    for folder in ("docs", "tests"):
        (place / folder).symlink_to(ROOT / folder)
    return Session(place)


def examples(path: Path) -> Iterator[Example]:
    """Every example of one Markdown file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    fence, skip, n = "", False, 0
    while n < len(lines):
        mark = re.match(r"(```+|~~~+)(.*)", lines[n])
        if mark and not fence:
            fence, skip = mark[1], "no-run" in mark[2]
        elif mark and lines[n].startswith(fence):
            fence = ""
        elif fence and not skip and re.match(r"\$ (.*\| *)?imtdx |>>> ", lines[n]):
            example, n = _read(path, lines, n, fence)
            yield example
            continue
        n += 1


def _read(path: Path, lines: list[str], n: int, fence: str) -> tuple[Example, int]:
    """The example that starts at a line, and the line after it."""
    start, python = n, lines[n].startswith(">>> ")
    command = [lines[n] if python else lines[n][2:]]
    n += 1
    while lines[n].startswith("... ") if python else command[-1].endswith("\\"):
        command.append(lines[n])
        n += 1
    first = n
    while not lines[n].startswith((fence, "$ ", ">>> ")):
        n += 1
    last = n
    # a blank line before the next prompt belongs to the layout
    while last > first and not lines[last - 1].strip():
        last -= 1
    return Example(path, start + 1, "\n".join(command), lines[first:last], first, last), n


def matches(claimed: list[str], got: list[str]) -> bool:
    """Whether the output is what the example says, with ``...`` as a wildcard."""
    pattern = ""
    for line in claimed:
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in line.rstrip().split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def renewed(claimed: list[str], got: list[str]) -> list[str] | None:
    """The present output in the shape of the claimed one: as many lines before and after ``...``; ``None`` with several gaps."""
    gaps = [n for n, line in enumerate(claimed) if line.strip() == "..."]
    if len(gaps) > 1:
        return None
    if not gaps:
        return got
    tail = len(claimed) - gaps[0] - 1
    return [*got[: gaps[0]], claimed[gaps[0]], *(got[-tail:] if tail else [])]


def check(path: Path) -> list[tuple[Example, list[str]]]:
    """The examples of one file that no longer print what they say, with what they print."""
    scratch = session()
    try:
        ran = [(e, scratch.run(e)) for e in examples(path)]
    finally:
        shutil.rmtree(scratch.place)
    return [(e, got) for e, got in ran if not matches(e.claimed, got)]


def renew(path: Path) -> int:
    """Put the present output of every stale example in its place; how many were changed."""
    stale = check(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = 0
    for example, got in reversed(stale):
        new = renewed(example.claimed, got)
        if new is None:
            print(f"{example.name}: several gaps; mend it by hand", file=sys.stderr)
            continue
        lines[example.first : example.last] = new
        changed += 1
    if changed:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renew", action="store_true", help="put the present output in place")
    parser.add_argument("files", nargs="*", type=Path, default=DOCUMENTS)
    args = parser.parse_args()
    stale = 0
    for path in args.files:
        if args.renew:
            print(f"{path.name}: {renew(path)} examples renewed")
            continue
        for example, got in check(path):
            stale += 1
            print(
                f"{example.name}\n  says:\n    "
                + "\n    ".join(example.claimed)
                + "\n  prints:\n    "
                + "\n    ".join(got)
            )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
