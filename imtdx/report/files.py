"""Writing a text file whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["write_text"]


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name and rename it; ``-`` writes to stdout.

    Args:
        path: the file.
        text: its content.

    Raises:
        OSError: the directory cannot be written; nothing is left under ``path``.
    """
    if str(path) == "-":
        sys.stdout.write(text)
        return
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
