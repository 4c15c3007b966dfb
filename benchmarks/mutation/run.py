"""Runs the tests of a module against each of its small faults, a few at a time, each in a copy of the project of its own.

A process that has the heavy libraries loaded forks once for every fault, so that a fault costs its tests and not the imports. The
original tree is never written to.
"""

from __future__ import annotations

import compileall
import contextlib
import math
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutation.changes import Change, changed_source
from benchmarks.mutation.rooms import Module

__all__ = ["Outcome", "Runner"]

#: Imported before forking; none of them starts a thread by being imported.
_HEAVY = ("numpy", "yaml", "pytest", "hypothesis", "pandas", "polars", "pyarrow", "pyarrow.parquet", "openpyxl", "click", "scipy.special")  # fmt: skip
_SKIPPED = (".git", ".venv", ".venv-lowest", "__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "dist", "build")  # fmt: skip
#: Tests may take this many times as long as without a fault, and this many seconds on top.
_TIMES, _SECONDS = 4.0, 30.0


@dataclass
class Outcome:
    """What became of a fault.

    Attributes:
        how: "caught", "timeout" (caught too: it never ended) or "survived".
        seconds: spent.
        failure: lines on the tests that failed.
    """

    module: Module
    change: Change | None
    how: str
    seconds: float
    failure: str = ""


@dataclass
class _Child:
    pid: int
    tree: Path
    module: Module
    change: Change | None
    began: float
    limit: float
    log: Path


@dataclass
class Runner:
    """Copies and processes.

    Args:
        root: the project.
        workers: faults tried at a time.

    Attributes:
        original: the project as it was when the run began; nobody works in it.
    """

    root: Path
    workers: int
    original: Path = field(init=False)
    _trees: list[Path] = field(default_factory=list)
    _normal: dict[tuple[Path, ...], float] = field(default_factory=dict)
    _failing: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Runner:
        self._home = Path(tempfile.mkdtemp(prefix="imtdx-mutation-"))
        os.environ.update(
            PYTHONDONTWRITEBYTECODE="1",
            IMTDX_TEST_CACHE=str(self._home / "cache"),
            OPENBLAS_NUM_THREADS="1",
            POLARS_MAX_THREADS="2",
        )
        # ended from outside, it still puts away what it made
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.original = self._home / "original"
        shutil.copytree(self.root, self.original, ignore=shutil.ignore_patterns(*_SKIPPED), symlinks=True)
        for k in range(self.workers):
            tree = self._home / f"tree{k}"
            shutil.copytree(self.original, tree, symlinks=True)
            # compiled once; not looked at again whatever the clock says
            compileall.compile_dir(tree, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            self._trees.append(tree)
        for name in _HEAVY:
            __import__(name)
        return self

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self._home, ignore_errors=True)

    def normal(self, modules: Sequence[Module]) -> dict[str, str]:
        """Take the time of each set of tests without a fault; a test that fails as it stands can notice nothing and is left out.

        Returns:
            dict[str, str]: tests left out, by file and name, with what they said.

        Raises:
            SystemExit: tests cannot be run at all.
        """
        sets = list({m.tests: m for m in modules}.values())
        for outcome in self.outcomes([(m, None) for m in sets]):
            names = " ".join(map(str, outcome.module.tests))
            failed = [x.removeprefix("FAILED ") for x in outcome.failure.splitlines() if x.startswith("FAILED ")]
            if outcome.how == "timeout" or (outcome.how == "caught" and not failed):
                raise SystemExit(
                    f"the tests cannot be run without any fault ({outcome.how}): {names}\n{outcome.failure}"
                )
            self._normal[outcome.module.tests] = outcome.seconds
            self._failing |= {test: why for test, _, why in (x.partition(" - ") for x in failed)}
        return dict(self._failing)

    def outcomes(
        self,
        work: Sequence[tuple[Module, Change | None]],
        tell: Callable[[Outcome], None] = lambda outcome: None,
        until: float = math.inf,
    ) -> list[Outcome]:
        """Try every fault, or those for which there is time; in the order of their ends.

        Args:
            work: module and fault, ``None`` for the module as it stands.
            tell: takes each outcome.
            until (float): on the monotonic clock; none is begun after it.
        """
        waiting, running, out = list(work)[::-1], list[_Child](), list[Outcome]()
        free = list(self._trees)
        try:
            while waiting or running:
                if time.monotonic() > until:
                    waiting.clear()
                while waiting and free:
                    running.append(self._start(free.pop(), *waiting.pop()))
                for child in list(running):
                    outcome = self._look(child)
                    if outcome is not None:
                        running.remove(child)
                        free.append(child.tree)
                        out.append(outcome)
                        tell(outcome)
                time.sleep(0.02)
        finally:
            for child in running:
                os.killpg(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
        return out

    def _start(self, tree: Path, module: Module, change: Change | None) -> _Child:
        path = tree / module.path
        source = (self.original / module.path).read_text(encoding="utf-8")
        if change is not None:
            self._forget(path)
            path.write_text(changed_source(source, change), encoding="utf-8")
        log = self._home / f"{tree.name}.log"
        limit = _TIMES * self._normal.get(module.tests, 300.0) + _SECONDS
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            options = [f"--deselect={test}" for test in self._failing] if change else []
            _child(tree, module, log, options + ["-x"] * (change is not None))
        return _Child(pid, tree, module, change, time.monotonic(), limit, log)

    def _look(self, child: _Child) -> Outcome | None:
        """The outcome of a run that has ended or has to."""
        ended, status = os.waitpid(child.pid, os.WNOHANG)
        seconds = time.monotonic() - child.began
        how = ""
        if ended:
            how = "survived" if os.waitstatus_to_exitcode(status) == 0 else "caught"
        elif seconds > child.limit:
            how = "timeout"
        if not how:
            return None
        # what the tests have started goes with them
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        if not ended:
            os.waitpid(child.pid, 0)
        if child.change is not None:
            path = child.tree / child.module.path
            shutil.copyfile(self.original / child.module.path, path)
            py_compile.compile(str(path), quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        said = child.log.read_text(encoding="utf-8", errors="replace") if child.log.exists() else ""
        failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        failure = ("\n".join(failed) if failed else said[-1500:]) if how == "caught" else ""
        return Outcome(child.module, child.change, how, seconds, failure)

    @staticmethod
    def _forget(path: Path) -> None:
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()


def _child(tree: Path, module: Module, log: Path, options: list[str]) -> None:
    """The tests of one module in a forked process; never returns."""
    code = 70
    try:
        os.setsid()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.chdir(tree)
        sys.dont_write_bytecode = True
        for name in [n for n in sys.modules if n.partition(".")[0] in ("imtdx", "benchmarks")]:
            del sys.modules[name]
        sys.path[:0] = [str(tree), str(tree / "tests")]
        os.environ["PYTHONPATH"] = str(tree)
        import pytest

        options += ["-q", "-q", "--no-header", "--tb=line", "-p", "no:xdist", "-p", "no:cacheprovider", "-W", "ignore"]
        code = int(pytest.main([*options, *map(str, module.tests)]))
        imported = sys.modules.get("imtdx")
        if code == 0 and (imported is None or not str(imported.__file__).startswith(str(tree))):
            print("ERROR the tests did not run against the copy")
            code = 71
    except BaseException as exc:
        print(f"ERROR {exc!r}")
    finally:
        sys.stdout.flush()
        os._exit(code)
