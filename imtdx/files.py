"""Files that appear under their names whole or not at all: reports, tables, networks, overlays, the cache.

What is written goes to a temporary file in the same folder, which takes the name when it is complete. A run that is
stopped, killed or short of disk leaves whatever stood there before.

    kept       the permissions, and as far as possible the owner and group, of a file that is replaced; the umask for a new one
    links      the file that a link points to is replaced, never the link
    refused    folders, and files that nobody may write to
    direct     ``-`` (stdout), devices and pipes are written as they are
    left over  a killed run leaves its temporary file; the next that writes the same name removes it

A temporary file is locked while its process lives, so that one is told from one that was left.
"""

from __future__ import annotations

import atexit
import errno
import hashlib
import io
import os
import secrets
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from imtdx.errors import OutputError
from imtdx.exits import held

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed by others anyway
    fcntl = None  # type: ignore[assignment]

__all__ = ["WholeFile", "beside", "check", "commit", "discard_all", "sweep", "write_bytes", "write_text"]

_BUFFER = 1 << 18
#: Bytes that every file system allows in a name; a longer temporary name than this is no longer than the final one.
_SHORT = 64
#: Bytes of a name that the common file systems allow.
_LONGEST = 255
#: Where files cannot be locked: seconds after which a temporary file counts as left over.
_OLD = 86_400
#: Files of this process that have a temporary name.
_unfinished: set[WholeFile] = set()


class WholeFile:
    """A binary file under a temporary name until it is committed.

    Args:
        path: the final name; ``-`` writes to stdout at once, as do a device and a pipe to themselves.

    Attributes:
        path: as given.
        file: to write to.

    Raises:
        OutputError: it cannot be written; the message says why and what to do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[bytes]
        self._temporary: Path | None = None
        self._old: os.stat_result | None = None
        self._finished = False
        self._process = os.getpid()
        if str(path) in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            self.file = sys.stdout.buffer
            return
        try:
            self._open()
        except OSError as exc:
            self.discard()
            raise output_error(path, exc) from None

    def _open(self) -> None:
        final, self._old = _look(self.path)
        if self._old is not None and not stat.S_ISREG(self._old.st_mode):
            self.file = final.open("wb")
            return
        self._final = final
        sweep(final)
        descriptor = self._create()
        self.file = io.BufferedWriter(_Told(descriptor, self.path), _BUFFER)

    def _create(self) -> int:
        """The descriptor of a new temporary file, which others see is in use."""
        start = _start_of_name(self._final.name)
        # what replaces a private file is private from its first byte on; a new file gets what the umask leaves
        mode = 0o666 if self._old is None else 0o600
        while True:
            # noted before it is there: a stop in between leaves nothing
            self._temporary = self._final.with_name(f"{start}{secrets.token_hex(3)}.part")
            _unfinished.add(self)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            try:
                descriptor = os.open(self._temporary, flags, mode)
            except FileExistsError:
                continue
            _lock(descriptor)
            # another run may have taken it for a left one before it was locked
            if fcntl is None or os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)

    def finish(self) -> None:
        """Everything to the disk; the name is still the temporary one.

        Raises:
            OutputError: the disk is full, or fails.
        """
        if self._finished:
            return
        self.file.flush()
        self._finished = True
        if self._temporary is None:
            return
        try:
            descriptor = self.file.fileno()
            self._keep_permissions(descriptor)
            os.fsync(descriptor)
        except OSError as exc:
            # not every file system can
            if exc.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
                raise output_error(self.path, exc) from None
        if fcntl is None:
            self.file.close()

    def _keep_permissions(self, descriptor: int) -> None:
        """Owner, group and mode of the file that is replaced, as far as this user may give them."""
        old = self._old
        if old is None or not hasattr(os, "fchown"):
            return
        mode = stat.S_IMODE(old.st_mode) & 0o777
        new = os.fstat(descriptor)
        if new.st_uid != old.st_uid:
            with suppress(OSError):
                os.fchown(descriptor, old.st_uid, -1)
        if new.st_gid != old.st_gid:
            try:
                os.fchown(descriptor, -1, old.st_gid)
            except OSError:
                # what the old group might do is not for the new one
                mode &= ~0o070
        os.fchmod(descriptor, mode)

    def take_name(self) -> None:
        """Give the file its name.

        Raises:
            OutputError: it cannot be renamed.
        """
        if self._temporary is None:
            return
        try:
            self._temporary.replace(self._final)
        except OSError as exc:
            raise output_error(self.path, exc) from None
        self._temporary = None
        _unfinished.discard(self)
        # only now: until here the lock shows that it is in use
        self.file.close()

    def commit(self) -> None:
        """Make the file appear under its name.

        Raises:
            OutputError: it cannot be written.
        """
        commit(self)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._temporary is None:
            return
        # closing flushes, and the disk may be full; the descriptor is closed all the same
        with suppress(OSError, OutputError, AttributeError):
            self.file.close()
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)
        self._temporary = None
        _unfinished.discard(self)


def _look(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file that a name leads to, and what is there now.

    Raises:
        OSError: nothing can be written there.
    """
    # a link stays what it is
    final = Path(os.path.realpath(path)) if path.is_symlink() else path
    if final.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    try:
        old = final.stat()
    except FileNotFoundError:
        # the folder must be there all the same
        final.parent.stat()
        return final, None
    if stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    # root may write to anything; a file that nobody may write to is meant to stay
    if stat.S_ISREG(old.st_mode) and not (old.st_mode & 0o222 and os.access(final, os.W_OK)):
        raise _ReadOnly(errno.EACCES, os.strerror(errno.EACCES))
    return final, old


def beside(output: Path, ending: str) -> Path:
    """``scored.csv`` -> ``scored.csv`` and the ending; where that is too long for a file system, as much of the name as fits and its hash.

    Args:
        output: a file.
        ending (str): such as ``".issues.csv"``.
    """
    whole = os.fsencode(output.name)
    if len(whole) + len(ending) > _LONGEST:
        kept = whole[: _LONGEST - len(ending) - 9].decode("utf-8", errors="ignore")
        return output.with_name(f"{kept}-{hashlib.sha256(whole).hexdigest()[:8]}{ending}")
    return output.with_name(output.name + ending)


def check(path: Path) -> None:
    """Before long work: whether a file can be written, as far as can be told without writing.

    Args:
        path: the file, or ``-``.

    Raises:
        OutputError: it cannot.
    """
    if str(path) == "-":
        return
    try:
        final, old = _look(path)
        if (old is None or stat.S_ISREG(old.st_mode)) and not os.access(final.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as exc:
        raise output_error(path, exc) from None


class _ReadOnly(PermissionError):
    """A file that is there and may not be written to."""


class _Told(io.FileIO):
    """Bytes to a descriptor; errors name the file that it is for, and the remedy."""

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor, "wb")
        self._path = path

    def write(self, data: Any) -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as exc:
            raise output_error(self._path, exc) from None


def commit(*files: WholeFile) -> None:
    """Give several files their names together, when all are complete.

    Args:
        files: in the order in which they are to appear.

    Raises:
        OutputError: one cannot be written; the names are as they were.
    """
    for file in files:
        file.finish()
    with held():
        for file in files:
            file.take_name()


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; ``-`` writes to stdout.

    Args:
        path: the file.
        data: its content.

    Raises:
        OutputError: it cannot be written; what stood there before is untouched.
    """
    out = WholeFile(path)
    try:
        out.file.write(data)
        out.commit()
    except BaseException:
        out.discard()
        raise


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all; ``-`` writes to stdout.

    Args:
        path: the file.
        text: its content; bytes of a file name that were no text are written as "?".

    Raises:
        OutputError: it cannot be written; what stood there before is untouched.
    """
    if str(path) == "-":
        sys.stdout.flush()
    # whatever encoding the terminal has: a document says that it is UTF-8
    write_bytes(path, text.encode("utf-8", errors="replace"))


def discard_all() -> None:
    """Remove every temporary file that this process still has."""
    for file in list(_unfinished):
        # a forked child holds its parent's list
        if file._process == os.getpid():
            file.discard()


atexit.register(discard_all)


def sweep(path: Path) -> None:
    """Remove temporary files for ``path`` that killed runs of this user left.

    Args:
        path: the final name.
    """
    start = _start_of_name(path.name)
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if entry.name.startswith(start) and entry.name.endswith(".part"):
                with suppress(OSError):
                    _remove_if_left(entry.path)


def _remove_if_left(name: str) -> None:
    if fcntl is None:
        Path(name).unlink()
        return
    descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or not stat.S_ISREG(status.st_mode):
            return
        locked = _lock(descriptor)
        if locked or (locked is None and time.time() - status.st_mtime > _OLD):
            Path(name).unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock a file; whether it could be had, ``None`` where the file system knows no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _start_of_name(name: str) -> str:
    """How the names of temporary files for ``name`` begin: as much of it as makes them no longer, and its hash."""
    whole = os.fsencode(name)
    # the dots, eight digits of the hash, six of chance, and ".part"
    room = max(len(whole), _SHORT) - 21
    shown = whole[:room].decode("utf-8", errors="ignore")
    return f".{shown}.{hashlib.sha256(whole).hexdigest()[:8]}"


def output_error(path: Path, exc: OSError) -> OutputError | BrokenPipeError:
    """What kept a file from being written, in words: which file, why, and what to do.

    Args:
        path: the file that was asked for, not its temporary name.
        exc: what the system says.
    """
    folder = path.parent
    shown = str(path)
    if exc.errno == errno.ENAMETOOLONG:
        length = len(os.fsencode(path.name))
        most = 255
        with suppress(OSError, ValueError, AttributeError):
            most = os.pathconf(folder, "PC_NAME_MAX")
        shown = shown if len(shown) < 100 else f"{shown[:60]}...{shown[-30:]}"
        why = f"its name has {length} bytes and {most} are allowed" if length > most else "the whole path is too long"
        return OutputError(f"cannot write {shown}: {why}; give it a shorter name", exc.errno)
    if isinstance(exc, BrokenPipeError):
        return exc
    if isinstance(exc, _ReadOnly):
        remedy = "it is read-only; give the output another name, or allow writing to it"
    elif exc.errno == errno.ENOENT:
        remedy = f"there is no folder {folder}; make it first"
        if path.is_symlink():
            remedy = f"it is a link to {path.readlink()}, and there is no such folder; make it first"
    elif exc.errno == errno.EISDIR:
        remedy = "it is a folder; name a file in it"
    elif exc.errno == errno.ENOTDIR:
        remedy = f"{folder} is a file, not a folder"
    elif exc.errno == errno.ELOOP:
        remedy = "it is a link that leads back to itself; remove it"
    else:
        says = exc.strerror or str(exc)
        remedy = says + {
            errno.ENOSPC: f"; free some on the disk of {folder}, or write to another",
            errno.EDQUOT: f"; your quota on the disk of {folder} is used up: remove something, or write elsewhere",
            errno.EFBIG: "; the file system or a limit (ulimit -f) allows no larger one: write .parquet or .csv.gz, or elsewhere",
            errno.EACCES: f"; you may not write in the folder {folder}: name a file in another",
            errno.EPERM: f"; you may not write in the folder {folder}: name a file in another",
            errno.EROFS: f"; the disk of {folder} can only be read: name a file elsewhere",
        }.get(exc.errno or 0, "")
    return OutputError(f"cannot write {shown}: {remedy}", exc.errno)
