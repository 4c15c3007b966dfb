"""Free text read by several processes: parsing is Python code, which threads cannot share out."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from imtdx.batch.vocabulary import Parsed, parse_text
from imtdx.exits import deaf

if TYPE_CHECKING:
    from imtdx.notation import Lexicon

__all__ = ["TextReaders"]


class TextReaders:
    """Processes that read panels. They are started when first needed, and end with this process however it ends.

    Args:
        lexicon: names and words; travels to each process once.
        processes (int | None): one per core, eight at most, by default.
    """

    def __init__(self, lexicon: Lexicon, processes: int | None = None) -> None:
        self._lexicon = lexicon
        self._n = processes or min(os.cpu_count() or 1, 8)
        self._workers: list[tuple[Any, Connection]] = []
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[Parsed]:
        """Each text as `parse_text` reads it, in order."""
        with self._lock:
            if not self._workers:
                self._start()
            parts = [list(texts[k :: self._n]) for k in range(self._n)]
            out: list[Parsed] = [None] * len(texts)
            try:
                for (_, pipe), part in zip(self._workers, parts, strict=True):
                    pipe.send(part)
                for k, (_, pipe) in enumerate(self._workers):
                    result = pipe.recv()
                    if isinstance(result, BaseException):
                        raise result
                    out[k :: self._n] = result
            except (EOFError, OSError):
                # a helper that died (killed, or short of memory) costs time, no row
                self.close()
                return [parse_text(t, self._lexicon) for t in texts]
        return out

    def _start(self) -> None:
        # spawned, not forked: polars and numpy have threads that a fork would leave in the middle of something
        context = multiprocessing.get_context("spawn")
        for _ in range(self._n):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, self._lexicon), daemon=True)
            with deaf():
                process.start()
            there.close()
            self._workers.append((process, here))

    def close(self) -> None:
        """End the processes."""
        for process, pipe in self._workers:
            pipe.close()
            process.join(timeout=2)
            if process.is_alive():
                process.terminate()
        self._workers = []


def _serve(pipe: Connection, lexicon: Lexicon) -> None:
    """Read panels until the other end closes."""
    # Ctrl-C is for the parent, which closes the pipe; where it could not be blocked from the start, from here on
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            texts = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Any = [parse_text(t, lexicon) for t in texts]
        except Exception as exc:
            answer = exc
        try:
            pipe.send(answer)
        except (BrokenPipeError, OSError):
            return
