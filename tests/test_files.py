"""Whole files or none: permissions, links, names, full disks, stops, what killed runs leave."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import imtdx
from imtdx import exits, files
from imtdx.errors import OutputError
from imtdx.exits import Stopped, held
from imtdx.files import WholeFile, check, commit, sweep, write_bytes, write_text
from imtdx.interchange import export_network
from imtdx.tables import score_table


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """Sets the umask for a test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def report(model: imtdx.Model, path: Path) -> None:
    write_text(path, model.diagnose("ALK+ SMA+", draws=2).to_html())


def table(model: imtdx.Model, path: Path) -> None:
    (path.parent / "t.csv").write_text("id,ALK\na,purple\n")
    score_table(model, path.parent / "t.csv", path)
    (path.parent / "t.csv").unlink()


def network(model: imtdx.Model, path: Path) -> None:
    export_network(model.network, path)


WRITERS = {"r.html": report, "t.csv.gz": table, "t.parquet": table, "t.xlsx": table, "n.bif": network}


# --- permissions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("mask", [0o077, 0o027, 0o022])
def test_a_new_file_has_what_the_umask_leaves(
    name: str, mask: int, model: imtdx.Model, tmp_path: Path, umask: Callable[[int], int]
) -> None:
    umask(mask)
    WRITERS[name](model, tmp_path / f"out-{name}")
    for path in tmp_path.iterdir():
        assert mode(path) == 0o666 & ~mask, path
    assert tmp_path / f"out-{name}" in tmp_path.iterdir()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(name: str, kept: int, model: imtdx.Model, tmp_path: Path) -> None:
    out = tmp_path / f"out-{name}"
    out.write_text("old")
    out.chmod(kept)
    WRITERS[name](model, out)
    assert mode(out) == kept and out.read_bytes() != b"old"


def test_what_replaces_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    out.write_text("old")
    out.chmod(0o640)
    file = WholeFile(out)
    file.file.write(b"new")
    file.file.flush()
    (part,) = tmp_path.glob(".*.part")
    assert mode(part) == 0o600
    file.commit()
    assert mode(out) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_owner_and_group_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    out.write_text("old")
    os.chown(out, 12345, 23456)
    write_text(out, "new")
    assert (out.stat().st_uid, out.stat().st_gid) == (12345, 23456)


@pytest.mark.parametrize("name", WRITERS)
def test_a_read_only_file_is_refused(name: str, model: imtdx.Model, tmp_path: Path) -> None:
    out = tmp_path / f"out-{name}"
    out.write_text("old")
    out.chmod(0o444)
    with pytest.raises(OutputError, match=f"cannot write {out}: it is read-only"):
        WRITERS[name](model, out)
    assert out.read_text() == "old" and mode(out) == 0o444
    assert not list(tmp_path.glob(".*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_closed(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="you may not write in the folder"):
        write_text(tmp_path / "d" / "r.html", "x")
    with pytest.raises(OutputError, match="you may not write in the folder"):
        check(tmp_path / "d" / "r.html")


# --- links and other things --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_stays_and_its_target_is_replaced(name: str, model: imtdx.Model, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / f"real-{name}", tmp_path / f"link-{name}"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    WRITERS[name](model, link)
    assert link.is_symlink() and mode(target) == 0o600 and target.read_bytes() != b"old"


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "new").symlink_to(tmp_path / "made")
    write_text(tmp_path / "new", "x")
    assert (tmp_path / "new").is_symlink() and (tmp_path / "made").read_text() == "x"
    (tmp_path / "lost").symlink_to(tmp_path / "none" / "made")
    with pytest.raises(OutputError, match=r"it is a link to .*none/made, and there is no such folder"):
        write_text(tmp_path / "lost", "x")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError, match="leads back to itself"):
        write_text(tmp_path / "a", "x")
    assert (tmp_path / "lost").is_symlink() and (tmp_path / "a").is_symlink()


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "p").read_bytes()))
    reader.start()
    write_text(tmp_path / "p", "x" * 100_000)
    # the writing end is closed when nothing refers to it any more
    reader.join(timeout=60)
    assert got == [b"x" * 100_000] and (tmp_path / "p").is_fifo()


@pytest.mark.parametrize(
    ("name", "why"),
    [("none/r.html", "there is no folder .*none; make it first"), ("file/r.html", "is a file, not a folder"), ("d", "it is a folder")],
)  # fmt: skip
def test_what_cannot_be_written_is_told_before_work_and_at_work(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "d").mkdir()
    for attempt in (check, lambda p: write_text(p, "x")):
        with pytest.raises(OutputError, match=why) as caught:
            attempt(tmp_path / name)  # type: ignore[operator]
        assert str(tmp_path / name) in str(caught.value) and ".part" not in str(caught.value)
    assert {p.name for p in tmp_path.iterdir()} == {"file", "d"}


# --- names -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 60, 200, 248, 255])
@pytest.mark.parametrize("letter", ["x", "é", "肉"])
def test_every_name_that_a_folder_allows_can_be_written(length: int, letter: str, tmp_path: Path) -> None:
    name = letter * (length // len(letter.encode())) or letter
    write_text(tmp_path / name, "x")
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert len(os.fsencode(files._start_of_name(name))) + 11 <= max(len(os.fsencode(name)), 64)


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    for attempt in (check, lambda p: write_text(p, "x")):
        with pytest.raises(OutputError, match=r"its name has 300 bytes and 255 are allowed; give it a shorter name"):
            attempt(tmp_path / ("x" * 300))  # type: ignore[operator]


@pytest.mark.parametrize("stem", ["x" * 240, "肉" * 80])
def test_issues_of_a_table_with_a_long_name(stem: str, model: imtdx.Model, tmp_path: Path) -> None:
    table(model, tmp_path / f"{stem}.csv")
    names = sorted(p.name for p in tmp_path.iterdir())
    assert len(names) == 3 and sum(n.endswith(".issues.csv") for n in names) == 1
    with pytest.raises(OutputError, match="give it a shorter name"):
        table(model, tmp_path / ("x" * 300 + ".csv"))


# --- full disks --------------------------------------------------------------------------------------------------------------

FULL = """
import errno, sys, os
from pathlib import Path
from imtdx import files
def full(self, data):
    raise files.output_error(self._path, OSError(int(sys.argv[2]), os.strerror(int(sys.argv[2]))))
files._Told.write = full
from imtdx.cli import main
main(["diagnose", "ALK+", "--html", sys.argv[1]])
"""


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("ENOSPC", "No space left on device; free some on the disk of"),
        ("EDQUOT", "Disk quota exceeded; your quota on the disk of"),
        ("EFBIG", "File too large; the file system or a limit"),
        ("EIO", "Input/output error"),
    ],
)
def test_a_disk_that_takes_no_more(number: str, why: str, tmp_path: Path) -> None:
    import errno

    out = tmp_path / "r.html"
    out.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(out), str(getattr(errno, number))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3 and done.stderr.startswith(f"imtdx: cannot write {out}: {why}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"] and out.read_text() == "old"


def test_a_report_over_the_limit_of_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imtdx", "diagnose", "ALK+", "--html", str(tmp_path / "r.html")]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        env=os.environ | {"IMTDX_CACHE": ""},
    )
    assert done.returncode == 3 and "r.html: File too large" in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


# --- several files, stops, what is left --------------------------------------------------------------------------------------


def test_several_files_take_their_names_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = WholeFile(tmp_path / "1"), WholeFile(tmp_path / "2")
    one.file.write(b"1")
    two.file.write(b"2")
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError):
        commit(one, two)
    assert not list(tmp_path.glob("[12]"))
    monkeypatch.undo()
    one.discard()
    two.discard()
    assert not list(tmp_path.iterdir())


def test_a_stop_waits_for_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exits, "_came", 0)
    order = []
    with pytest.raises(Stopped), held():
        exits._stop(15, None)
        order.append("done all the same")
    assert order
    # one that came and was lost in a destructor still keeps files from their names
    file = WholeFile(tmp_path / "r")
    with pytest.raises(Stopped):
        file.commit()
    file.discard()
    assert not list(tmp_path.iterdir())


def test_files_that_were_left_are_swept_and_those_in_use_are_not(tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    code = "import os, sys; from pathlib import Path; from imtdx.files import WholeFile; f = WholeFile(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(out)], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".scored.csv.") and left.name.endswith(".part")
    others = [tmp_path / ".scored.csv.part", tmp_path / ".other.csv.12345678abcdef.part", tmp_path / "notes.part"]
    for other in others:
        other.write_text("mine")
    # one of a run that goes on
    running = WholeFile(out)
    assert not left.exists(), "the new run has swept"
    running.file.write(b"first")
    write_bytes(out, b"second")
    assert out.read_bytes() == b"second"
    running.commit()
    assert out.read_bytes() == b"first"
    assert sorted(tmp_path.iterdir()) == sorted([out, *others])


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_other_users_files_are_not_swept(tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    theirs = tmp_path / (files._start_of_name("scored.csv") + "abcdef.part")
    theirs.write_text("")
    os.chown(theirs, 12345, -1)
    sweep(out)
    assert theirs.exists()
    os.chown(theirs, os.geteuid(), -1)
    sweep(out)
    assert not theirs.exists()


def test_links_in_a_folder_for_all_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    trap = tmp_path / (files._start_of_name("scored.csv") + "abcdef.part")
    trap.symlink_to(victim)
    write_text(tmp_path / "scored.csv", "x")
    assert victim.read_text() == "mine" and trap.is_symlink()
