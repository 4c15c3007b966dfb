"""What the terminal can show."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import Any

import click

__all__ = ["coloured", "width", "writes_unicode"]

#: Start of a line -> its meaning; the lines that go on with it are indented.
_MEANINGS: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (
    (re.compile(r" 1  "), {"bold": True}),
    (re.compile(r"! "), {"fg": "yellow"}),
    (re.compile(r"  for      "), {"fg": "blue"}),
    (re.compile(r"  against  "), {"fg": "red"}),
    (re.compile(r"  \* "), {"fg": "yellow"}),
    (re.compile(r"(Why|What if|Consider next|Fit:|Kinase fusion:|Next:)"), {"bold": True}),
)


def width() -> int:
    """Columns to use: COLUMNS where it is set, else what the terminal has, from 60 to 100; 80 into a file or pipe."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return min(max(int(told), 60), 100)
    if not sys.stdout.isatty():
        return 80
    return min(max(shutil.get_terminal_size((80, 24)).columns, 60), 100)


def coloured(text: str) -> str:
    """A report with colour by meaning: bold leads and heads, yellow warns, blue speaks for and red against.

    The words say the same without it.

    Args:
        text: lines of a report.
    """
    out: list[str] = []
    style: dict[str, Any] = {}
    indent = 0
    for line in text.split("\n"):
        found = next((s for start, s in _MEANINGS if start.match(line)), None)
        room = len(line) - len(line.lstrip())
        if found is not None:
            style, indent = found, room
        elif not style.get("fg") or not line or room <= indent:
            style = {}
        out.append(click.style(line, **style) if style and line else line)
    return "\n".join(out)


def writes_unicode() -> bool:
    """Whether bars and other signs beyond ASCII can be printed."""
    return (sys.stdout.encoding or "").casefold().replace("-", "") in ("utf8", "utf16")
