"""How the command line ends: one line and the documented exit code, whatever stops it.

    signal           -> `Stopped`, raised wherever the program is -> temporary files removed -> "stopped", 128 + signal
    closed stream    -> fails when it is used, and only then
    anything else    -> its message, its code

Imports nothing but the standard library, and little of it: a stop while NumPy is being imported ends like any other.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

__all__ = ["Stopped", "deaf", "held", "need_memory", "run", "stopping"]


class Stopped(BaseException):
    """A signal asks this program to end.

    No `KeyboardInterrupt`, so that no library takes it for an answer to a prompt.
    """


#: Ctrl-C, ``kill``, and the terminal that closes (which Windows does not have).
_SIGNALS = [s for name in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, name, None)) is not None]
#: What has come (the signal's number), and how many sections are open that may not be cut in two.
_came = 0
_holding = 0


def _stop(number: int, frame: FrameType | None) -> None:
    global _came
    _came = number
    if not _holding:
        raise Stopped


@contextmanager
def held() -> Iterator[None]:
    """A section that is done whole or not at all: a signal that comes meanwhile stops the program at its end.

    Raises:
        Stopped: a signal came before, and what it raised was lost (Python drops what is raised in a destructor).
    """
    global _holding
    if _came and not _holding:
        raise Stopped
    _holding += 1
    try:
        yield
    finally:
        _holding -= 1
    if _came and not _holding:
        raise Stopped


@contextmanager
def deaf() -> Iterator[None]:
    """What is started here never hears Ctrl-C, which reaches every process of a terminal: it is for the one that started them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stopping() -> bool:
    """Whether a signal has come that ends the program."""
    return bool(_came)


def run(command: Callable[[], object]) -> NoReturn:
    """Run a command and end the process.

    Args:
        command: gives its exit code, or anything else for 0.

    Raises:
        SystemExit: always.
    """
    _open_streams()
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            # what the caller has chosen to ignore (nohup) stays ignored
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _stop)
    try:
        try:
            result = command()
            sys.stdout.flush()
        except BaseException as exc:
            # from here on nothing interrupts the end
            _ignore_signals()
            code = _told(exc)
        else:
            _ignore_signals()
            code = result if isinstance(result, int) else 0
    except Stopped:
        # between the two lines above
        _ignore_signals()
        code = _told(Stopped())
    finally:
        files = sys.modules.get("imtdx.files")
        if files is not None:
            files.discard_all()
    if stopping():
        # threads may be in the middle of a long text, and Python would wait for them
        os._exit(code)
    sys.exit(code)


def _ignore_signals() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) == _stop:
                signal.signal(number, signal.SIG_IGN)


def _told(exc: BaseException) -> int:
    """Say what ended the command; the exit code.

    Raises:
        BaseException: what nobody foresaw, as it is.
    """
    # an interrupted import of a C extension comes out as an ImportError
    if _came or isinstance(exc, (Stopped, KeyboardInterrupt)):
        return _say("stopped", 128 + (_came or signal.SIGINT))
    if isinstance(exc, BrokenPipeError) or (
        isinstance(exc, SystemExit) and type(sys.stdout).__name__.endswith("PacifyFlushWrapper")
    ):
        # the reader closed the pipe (head, a pager): no error, and nothing more can be written
        # (click ends with code 1 then, and marks stdout)
        _abandon_stdout()
        return 0
    if isinstance(exc, SystemExit):
        raise exc
    if _is_memory(exc):
        return _say("imtdx: out of memory; close other programs, allow more (ulimit -v), or divide the table", 1)
    if isinstance(exc, RecursionError):
        return _say("imtdx: the input is nested too deeply to be read; simplify it", 3)
    if isinstance(exc, OSError):
        return _say(f"imtdx: {_os_words(exc)}", 3)
    import click

    from imtdx.errors import ImtdxError

    if isinstance(exc, click.exceptions.Abort):
        return _say("stopped", 128 + signal.SIGINT)
    if isinstance(exc, click.ClickException):
        exc.show()
        return exc.exit_code
    if isinstance(exc, ImtdxError):
        return _say(f"imtdx: {exc}", exc.exit_code)
    raise exc


def _is_memory(exc: BaseException) -> bool:
    """Whether memory ran out, in the words of Python, of its threads, or of the loader of shared libraries."""
    return (
        isinstance(exc, MemoryError)
        or (isinstance(exc, RuntimeError) and "can't start new thread" in str(exc))
        or (isinstance(exc, ImportError) and "failed to map segment" in str(exc))
        or (isinstance(exc, OSError) and exc.errno == errno.ENOMEM)
    )


def need_memory(size: int) -> None:
    """Before work in libraries that end the process where memory cannot be had (polars): whether a limit leaves enough.

    Args:
        size: bytes of address space, which is more than is used; only asked for where there is a limit (``ulimit -v``).

    Raises:
        MemoryError: there is less.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    if resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    import mmap

    try:
        mmap.mmap(-1, size).close()
    except (OSError, ValueError):
        raise MemoryError from None


def _say(line: str, code: int) -> int:
    with suppress(OSError, ValueError):
        # not print: lone surrogates of a file name must not end in an error about an error
        sys.stderr.write(line.encode("utf-8", "replace").decode() + "\n")
        sys.stderr.flush()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        return code
    _abandon_stdout()
    return code


def _os_words(exc: OSError) -> str:
    words = exc.strerror or str(exc)
    if exc.filename is not None:
        return f"{words}: {os.fsdecode(exc.filename) if isinstance(exc.filename, (str, bytes)) else exc.filename}"
    if exc.errno == errno.EBADF:
        return "standard input or output is closed; leave it open, or name a file"
    return f"standard input or output: {words}"


def _abandon_stdout() -> None:
    """Let what is still in the buffer go nowhere, so that Python's own end does not stumble over it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# --- streams -----------------------------------------------------------------------------------------------------------------


class _Remarks(io.TextIOWrapper):
    """stderr whose reader may go away: remarks are lost then, not the run."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def _open_streams() -> None:
    """Where the caller closed stdin, stdout or stderr (``>&-``), open something in its place.

    Otherwise the next file that is opened would get its number, and what is printed would end in it. What is opened for
    stdin and stdout fails when it is used, as it must: it is open the wrong way round.
    """
    ways: tuple[tuple[int, str, str, int], ...] = (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    )
    for number, name, mode, flags in ways:
        stream: Any = getattr(sys, name)
        if stream is None:
            descriptor = os.open(os.devnull, flags)
            if descriptor != number and not _is_open(number):
                os.dup2(descriptor, number)
                os.close(descriptor)
                descriptor = number
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    stderr: Any = sys.stderr
    if type(stderr) is io.TextIOWrapper:
        sys.stderr = _Remarks(
            stderr.buffer, encoding=stderr.encoding, errors=stderr.errors, line_buffering=True, write_through=True
        )


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
