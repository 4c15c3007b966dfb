"""What the terminal can show."""

from __future__ import annotations

import shutil
import sys

__all__ = ["width", "writes_unicode"]


def width() -> int:
    """Columns to use: what the terminal has, from 60 to 100; 80 into a file or pipe."""
    if not sys.stdout.isatty():
        return 80
    return min(max(shutil.get_terminal_size((80, 24)).columns, 60), 100)


def writes_unicode() -> bool:
    """Whether bars and other signs beyond ASCII can be printed."""
    return (sys.stdout.encoding or "").casefold().replace("-", "") in ("utf8", "utf16")
