"""Writing a text file whole or not at all."""

from __future__ import annotations

import errno
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
        OSError: it cannot be written, with ``path`` as its file name; nothing is left under ``path``.
    """
    # bytes of a name that were no text are shown as "?"
    data = text.encode("utf-8", errors="replace")
    if str(path) == "-":
        # whatever encoding the terminal has: the document says that it is UTF-8
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        _write(path, data)
    except OSError as exc:
        # not the name of the temporary file
        raise OSError(exc.errno, exc.strerror or str(exc), str(path)) from None


def _write(path: Path, data: bytes) -> None:
    import tempfile

    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not path.is_file():
        # a device or a pipe stays what it is
        path.write_bytes(data)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
