"""However a command is ended: one line, the documented code, nothing left behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

IMTDX = [sys.executable, "-m", "imtdx"]
PANEL = "ALK+ SMA+ desmin focal+"
CASES = "id,ALK,SMA\n1,+,+\n2,-,+\n"


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A line of bash in which IMTDX is the command; its exit code is that of the command."""
    (folder / "t.csv").write_text(CASES)
    script = f"IMTDX() {{ '{sys.executable}' -m imtdx \"$@\"; }}\n{line}\nexit ${{PIPESTATUS[0]}}"
    return subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


CLOSED = "imtdx: standard input or output is closed; leave it open, or name a file\n"
STREAMS = {
    "nowhere to print": (f"IMTDX diagnose '{PANEL}' >&-", 3, CLOSED),
    "nothing to read": ("IMTDX diagnose - <&-", 3, CLOSED),
    "no table to read": ("IMTDX score - -o out.csv <&-", 3, CLOSED),
    "nowhere for remarks": (f"IMTDX diagnose '{PANEL}' 2>&-", 0, ""),
    "nothing at all": (f"IMTDX diagnose '{PANEL}' <&- >&- 2>&-", 3, ""),
    "version nowhere": ("IMTDX --version >&-", 3, CLOSED),
    "no stdout needed": ("IMTDX score -q t.csv -o out.csv >&-", 0, ""),
    "stdin not needed": ("IMTDX score -q t.csv -o out.csv <&-", 0, ""),
    "a full disk": (
        f"IMTDX diagnose '{PANEL}' > /dev/full",
        3,
        "imtdx: standard input or output: No space left on device\n",
    ),
    "a reader that went": (f"IMTDX diagnose '{PANEL}' | true", 0, ""),
    "a table whose reader went": ("IMTDX score -q t.csv -o - | true", 0, ""),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams(name: str, tmp_path: Path) -> None:
    line, code, said = STREAMS[name]
    done = shell(line, tmp_path)
    assert (done.returncode, done.stderr) == (code, said), done.stderr
    written = {"out.csv", "out.csv.about.json"}
    assert {p.name for p in tmp_path.iterdir()} == {"t.csv", *written} - (
        set() if "out.csv" in line and not code else written
    )


def test_remarks_whose_reader_went_do_not_stop_a_run(tmp_path: Path) -> None:
    done = shell("IMTDX score t.csv -o out.csv 2> >(true)", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "out.csv").read_text().count("\n") == 3


def test_what_is_printed_does_not_end_in_a_file(tmp_path: Path) -> None:
    """With stdout closed, the next file that is opened would have its number."""
    done = shell(f"IMTDX diagnose '{PANEL}' --html report.html >&-", tmp_path)
    assert done.returncode == 3
    assert (tmp_path / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


# --- signals -----------------------------------------------------------------------------------------------------------------

#: Ends itself at a moment that is not left to chance: when a function is called.
AT = """
import os, sys
number, where = int(sys.argv[1]), sys.argv[2]
module, _, name = where.rpartition(":")
def stop(*args, **kwargs):
    os.kill(os.getpid(), number)
    return real(*args, **kwargs)
class Finder:
    # before a module is even imported
    def find_spec(self, full, path=None, target=None):
        if full == where:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), number)
if name and module:
    import importlib
    owner = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    real = getattr(owner, last)
    setattr(owner, last, stop)
else:
    sys.meta_path.insert(0, Finder())
sys.argv = ["imtdx", *sys.argv[3:]]
from imtdx.__main__ import main
main()
"""
MOMENTS = [
    "imtdx.cli",
    "click",
    "numpy",
    "imtdx.model",
    "polars",
    "imtdx.tables.detect:find_header",
    "imtdx.files:_lock",
    "imtdx.files:secrets.token_hex",
    "imtdx.files:WholeFile._keep_permissions",
    "imtdx.tables.run:Run._commit",
    "imtdx.tables.writers:_TextWriter.finish",
    "imtdx.tables.issues:IssuesFile.commit",
]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_at_any_moment(moment: str, number: int, code: int, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,ALK,SMA\n1,purple,+\n")
    (tmp_path / "out.csv").write_text("old")
    command = [sys.executable, "-c", AT, str(int(number)), moment, "score", "-q", "t.csv", "-o", "out.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (code, "stopped\n")
    names = {p.name for p in tmp_path.iterdir()}
    if moment == "imtdx.tables.issues:IssuesFile.commit":
        # the two take their names together
        assert names == {"t.csv", "out.csv", "out.csv.issues.csv"}
        assert (tmp_path / "out.csv").read_text() != "old"
    else:
        assert names == {"t.csv", "out.csv"} and (tmp_path / "out.csv").read_text() == "old"


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AT, str(int(signal.SIGHUP)), "imtdx.model", "diagnose", PANEL]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert done.returncode == 0 and "IMT" in done.stdout


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_processes_that_read_text_do_not_speak(number: int, code: int, tmp_path: Path) -> None:
    """Ctrl-C reaches every process of a terminal; one line is said all the same."""
    rows = "".join(f"{k},ALK+ SMA+ Ki-67 {k % 99}.{k}%\n" for k in range(30_000))
    (tmp_path / "t.csv").write_text("id,panel\n" + rows)
    process = subprocess.Popen(
        [*IMTDX, "score", "-q", "t.csv", "-o", "out.csv"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(tmp_path.glob(".*.part")):
        if process.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=100)
    assert (process.returncode, said) == (code, "stopped\n")
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


# --- memory ------------------------------------------------------------------------------------------------------------------


def test_memory_that_a_limit_does_not_leave(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CASES)
    done = subprocess.run(
        [*IMTDX, "score", "t.csv", "-o", "out.csv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000)),
    )
    assert done.returncode == 1 and done.stderr.startswith("imtdx: out of memory; "), done.stderr
    assert done.stderr.count("\n") == 1 and not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "raised",
    [
        "MemoryError()",
        'RuntimeError("can\'t start new thread")',
        "OSError(12, 'Cannot allocate memory')",
        "ImportError('lib.so: failed to map segment from shared object')",
    ],
)
def test_want_of_memory_by_any_name(raised: str) -> None:
    code = f"from imtdx.exits import run\ndef command(): raise {raised}\nrun(command)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith("imtdx: out of memory; "), done.stderr
