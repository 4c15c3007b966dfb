"""``imtdx score`` on the command line."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from imtdx.tables.progress import Progress

DATA = Path(__file__).parent / "data"


def run(*args: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", "from imtdx.cli import main; main()", "score", *args],
        input=stdin,
        capture_output=True,
        check=False,
    )


def test_founding_cohort(tmp_path: Path) -> None:
    done = run(
        str(DATA / "guo2025_table2_ihc.csv"),
        "-o",
        str(tmp_path / "out.csv"),
        "--without-source",
        "guo2025shanxi",
        "--strict",
    )
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert "UTF-8, comma-separated" in said and "Dog-1 (DOG1)" in said and "id: Case" in said
    assert "16 rows, 16 scored, 0 with problems" in said and "rows/s" in said
    assert len(pd.read_csv(tmp_path / "out.csv")) == 16
    assert "\r" not in said


def test_pipes() -> None:
    done = run("-", "-o", "-", stdin=b"id,ALK,SMA\n1,+,+\n2,-,purple\n")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0 and len(lines) == 3 and lines[0].startswith("id,top1,p1")
    assert "row 2, SMA 'purple'" in done.stderr.decode()
    assert run("-", "-o", "-", "--quiet", stdin=b"id,ALK,SMA\n1,+,+\n").stderr == b""


def test_strict_and_the_commonest_problem(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,ALK,SMA\n1,purple,+\n2,purple,green\n3,+,+\n")
    done = run(str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv"), "--strict")
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "most common problem (2 of 3): ALK 'purple'" in said and "out.csv.issues.csv" in said
    assert len(pd.read_csv(tmp_path / "out.csv")) == 3
    assert run(str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv")).returncode == 0


def test_strict_on_a_row_without_id(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("case_id,marker,value\n1,ALK,+\n,SMA,+\n")
    done = run(str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv"), "--strict")
    assert done.returncode == 1, done.stderr
    assert "no case id" in (tmp_path / "out.csv.issues.csv").read_text()


def test_report_on_the_command_line(tmp_path: Path) -> None:
    done = run("-", "-o", str(tmp_path / "o.csv"), "--html", "-", stdin="id,ALK\né,+\n".encode())
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8").startswith("<!") and "é" in done.stdout.decode("utf-8")


def test_html_on_an_ascii_stdout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "imtdx", "diagnose", "ALK+", "--case", "é", "--html", "-"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert "é" in done.stdout.decode("utf-8")


def test_map_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("nr,stain A\n1,+\n")
    (tmp_path / "columns.yaml").write_text("nr: id\nstain A: SMA\n")
    done = run(str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv"), "--map", str(tmp_path / "columns.yaml"))
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "out.csv")["n_findings"][0] == 1


BAD: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such table": (("none.csv", "-o", "out.csv"), 3, "no such file"),
    "no output": (("none.csv",), 2, "--output"),
    "unknown ending": (("t.csv", "-o", "out.doc"), 2, "tables end in"),
    "no such map": (("t.csv", "-o", "out.csv", "--map", "none.yaml"), 2, "no such file"),
    "map of lists": (("t.csv", "-o", "out.csv", "--map", "list.yaml"), 2, "header: meaning"),
    "unknown encoding": (("t.csv", "-o", "out.csv", "--encoding", "klingon"), 2, "not known"),
    "no text encoding": (("t.csv", "-o", "out.csv", "--encoding", "rot13"), 2, "not known"),
    "hex": (("t.csv", "-o", "out.csv", "--encoding", "hex"), 2, "not known"),
    "issues over the table": (("t.csv", "-o", "out.csv", "--issues", "t.csv"), 2, "is the table itself"),
    "issues over the output": (("t.csv", "-o", "out.csv", "--issues", "out.csv"), 2, "is the output"),
    "report over the map": (("t.csv", "-o", "out.csv", "--map", "list.yaml", "--html", "list.yaml"), 2, "column map"),
    "report of a cluster": (("t.csv", "-o", "out", "--dask", "local", "--html", "r.html"), 2, "not for --dask"),
    "report in no folder": (("t.csv", "-o", "out.csv", "--html", "none/r.html"), 3, "no folder none"),
    "output is a folder": (("t.csv", "-o", "folder"), 3, "cannot write folder: it is a folder"),
    "long delimiter": (("t.csv", "-o", "out.csv", "--delimiter", "::"), 2, "one character"),
    "unknown prior": (("t.csv", "-o", "out.csv", "--prior", "zzz"), 2, "unknown prior"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_usage_and_bad_input(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("id,ALK\n1,+\n")
    Path("list.yaml").write_text("- a\n- b\n")
    Path("folder").mkdir()
    args, code, message = BAD[name]
    done = run(*args)
    assert (done.returncode, message in done.stderr.decode()) == (code, True), done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert not Path("out.csv").exists()


def test_progress_shows_rate_and_time_left() -> None:
    stream = io.StringIO()
    progress = Progress(stream, enabled=True)
    progress.update(10, 0.1)
    assert stream.getvalue() == ""
    progress._start -= 10
    progress._last -= 10
    progress.update(1_000_000, 0.5)
    assert (
        "1,000,000 rows" in stream.getvalue()
        and "rows/s" in stream.getvalue()
        and "50 %" in stream.getvalue()
        and "left" in stream.getvalue()
    )
    progress.clear()
    assert stream.getvalue().endswith("\r")
    off = Progress(stream)
    off._start -= 10
    before = stream.getvalue()
    off.update(5, 0.5)
    assert stream.getvalue() == before
