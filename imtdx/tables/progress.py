"""One line on the terminal while a long table is scored."""

from __future__ import annotations

import sys
import time
from typing import TextIO

__all__ = ["Progress"]


class Progress:
    """Rows, rows/s and time left on stderr; silent when it is not a terminal, and in the first second.

    Args:
        stream: where to; stderr by default.
        enabled (bool | None): force it on or off.
    """

    def __init__(self, stream: TextIO | None = None, enabled: bool | None = None) -> None:
        self._stream = stream or sys.stderr
        self._on = self._stream.isatty() if enabled is None else enabled
        self._start = time.monotonic()
        self._last = self._start
        self._shown = 0

    def update(self, rows: int, done: float) -> None:
        """Show where we are.

        Args:
            rows (int): rows finished.
            done (float): share of the table read, 0 when not known.
        """
        now = time.monotonic()
        if not self._on or now - self._start < 1.0 or now - self._last < 0.25:
            return
        self._last = now
        spent = now - self._start
        line = f"{rows:,} rows  {rows / spent:,.0f} rows/s"
        if 0 < done < 1:
            left = spent / done - spent
            line += f"  {100 * done:.0f} %  {int(left // 60)}:{int(left % 60):02d} left"
        self._stream.write("\r" + line.ljust(self._shown))
        self._stream.flush()
        self._shown = len(line)

    def clear(self) -> None:
        """Wipe the line."""
        if self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0
