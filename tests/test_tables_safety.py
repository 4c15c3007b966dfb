"""Nothing is lost and nothing half-done is left: issues, ragged rows, guards, kills, full disks."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import imtdx
from imtdx.tables import score_table
from imtdx.tables.blocks import record_blocks
from imtdx.tables.writers import guard

BIG = "case_id,ALK,SMA,Desmin,Ki-67,age,sex,site\n"


def many(path: Path, rows: int) -> Path:
    """A table of distinct ids."""
    frame = pl.DataFrame({"case_id": range(rows)}).with_columns(
        pl.lit("+").alias("ALK"), pl.lit("-").alias("SMA"), pl.lit("focal").alias("Desmin"),
        (pl.col("case_id") % 60).cast(pl.String).alias("Ki-67"),
        (pl.col("case_id") % 90).alias("age"), pl.lit("m").alias("sex"), pl.lit("lung").alias("site"),
    )  # fmt: skip
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    return path


def score(text: str, model: imtdx.Model, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    score_table(model, folder / "t.csv", folder / "out.csv")
    issues = folder / "out.csv.issues.csv"
    return pd.read_csv(folder / "out.csv"), pd.read_csv(
        issues, keep_default_na=False
    ) if issues.exists() else pd.DataFrame()


def test_every_cell_not_understood_is_listed(model: imtdx.Model, tmp_path: Path) -> None:
    text = "id,ALK,Ki-67,age,sex,site\na,purple,140%,500,alien,lung\nb,+,10%,5,m,nowhereland\nc,+,10%,5,m,lung\n"
    got, issues = score(text, model, tmp_path)
    assert list(got["id"]) == ["a", "b", "c"]
    assert list(got["status"]) == ["problem", "problem", "ok"]
    assert list(got["n_findings"]) == [0, 2, 2]
    listed = list(zip(issues["row"], issues["column"], issues["value"], strict=True))
    assert listed == [
        (1, "ALK", "purple"),
        (1, "Ki-67", "140%"),
        (1, "age", "500"),
        (1, "sex", "alien"),
        (2, "site", "nowhereland"),
    ]
    assert (issues["problem"] != "").all()
    # the rest of the row counts
    assert got["p_imt"][1] == pytest.approx(model.diagnose("ALK+ Ki-67 10%", age=5, sex="m").probability(), rel=1e-5)


def test_issues_of_an_earlier_run_do_not_stay(model: imtdx.Model, tmp_path: Path) -> None:
    score("id,ALK\na,purple\n", model, tmp_path)
    _, issues = score("id,ALK\na,+\n", model, tmp_path)
    assert issues.empty


def test_rows_are_numbered_across_chunks(model: imtdx.Model, tmp_path: Path) -> None:
    rows = 300_000
    lines = [f"{k},+,-,focal,5,{k % 90},m,lung" for k in range(rows)]
    for k in (0, 99_999, 299_999):
        lines[k] = lines[k].replace("focal", "purple")
    (tmp_path / "t.csv").write_text(BIG + "\n".join(lines) + "\n")
    summary = score_table(model, tmp_path / "t.csv", tmp_path / "out.csv")
    assert list(pd.read_csv(tmp_path / "out.csv.issues.csv")["row"]) == [1, 100_000, 300_000]
    got = pd.read_csv(tmp_path / "out.csv")
    assert list(got["case_id"]) == list(range(rows)) and summary.problems == 3
    assert list(got.index[got["status"] == "problem"]) == [0, 99_999, 299_999]


def test_ragged_rows(model: imtdx.Model, tmp_path: Path) -> None:
    got, issues = score("id,ALK,SMA\na,+\nb,+,-,extra\nc,+,-,\nd,+,-\n", model, tmp_path)
    assert list(got["id"]) == ["a", "b", "c", "d"]
    assert list(got["n_findings"]) == [1, 2, 2, 2]
    assert list(got["status"]) == ["problem", "problem", "ok", "ok"]
    assert list(issues["row"]) == [1, 2] and issues["value"][1] == "extra"


def test_quotation_marks_do_not_split_records() -> None:
    text = ('a,"x\ny",1\n' * 50 + 'b,"say ""so""\n",2\n' * 50).encode()
    blocks = list(record_blocks(iter([text[k : k + 7] for k in range(0, len(text), 7)]), size=64))
    assert b"".join(blocks) == text
    assert all(b.count(b'"') % 2 == 0 and b.endswith(b"\n") for b in blocks)
    assert len(blocks) > 1


GUARDED = {
    "=1+1": "'=1+1", "=HYPERLINK(1)": "'=HYPERLINK(1)", "@SUM(A1)": "'@SUM(A1)", "+cmd|x": "'+cmd|x",
    "-cmd": "'-cmd", " =x": "' =x", "-2+3+cmd|' /C calc'!A0": "'-2+3+cmd|' /C calc'!A0", "\n@x": "'\n@x",
    "\u00a0=1+1": "'\u00a0=1+1", "\u200b=1": "'\u200b=1", "\ufeff@x": "'\ufeff@x", "\u3000\x01=1": "'\u3000\x01=1",
    "\uff1d1+1": "'\uff1d1+1", "\uff0bcmd": "'\uff0bcmd", "\uff20x": "'\uff20x", "\uff0d2+3": "'\uff0d2+3",
    "\uff0b": "\uff0b", "\uff0d": "\uff0d", "\u00a0-5 %": "\u00a0-5 %", "\u2212": "\u2212",
    "-5": "-5", "+": "+", "-": "-", "+3": "+3", "case 1": "case 1", "a=b": "a=b", "": "",
}  # fmt: skip


def test_formulas_are_guarded() -> None:
    column = pl.Series("id", list(GUARDED))
    assert guard(column).to_list() == list(GUARDED.values())
    assert guard(pl.Series("n", [-1, 2])).to_list() == [-1, 2]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_ids_and_issues_are_guarded_in_files(suffix: str, model: imtdx.Model, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,ALK\n=HYPERLINK(1),=cmd()\n-7,+\n")
    score_table(model, tmp_path / "t.csv", tmp_path / f"out.{suffix}")
    got = (
        pd.read_csv(tmp_path / "out.csv", dtype=str)
        if suffix == "csv"
        else pd.read_excel(tmp_path / "out.xlsx", dtype=str)
    )
    assert list(got["id"]) == ["'=HYPERLINK(1)", "-7"]
    assert list(pd.read_csv(tmp_path / f"out.{suffix}.issues.csv")["value"]) == ["'=cmd()"]


# --- accidents -----------------------------------------------------------------------------------------------------------------


def start(source: Path, target: Path, limit: int | None = None) -> subprocess.Popen[str]:
    def restrict() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", "from imtdx.cli import main; main()", "score", str(source), "-o", str(target)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=restrict)


def wait_for_part(folder: Path, process: subprocess.Popen[str]) -> None:
    """Until the temporary file has grown."""
    for _ in range(600):
        if any(p.stat().st_size > 100_000 for p in folder.glob(".*.part")):
            return
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)
    raise AssertionError("the run never began to write")


def test_a_killed_run_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    source, out = many(tmp_path / "t.csv", 1_500_000), tmp_path / "out"
    out.mkdir()
    (out / "scored.csv").write_text("from an earlier run")
    process = start(source, out / "scored.csv")
    wait_for_part(out, process)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert (out / "scored.csv").read_text() == "from an earlier run"
    assert not (out / "scored.csv.issues.csv").exists()


def test_ctrl_c_leaves_nothing_and_exits_130(tmp_path: Path) -> None:
    source, out = many(tmp_path / "t.csv", 1_500_000), tmp_path / "out"
    out.mkdir()
    process = start(source, out / "scored.csv")
    wait_for_part(out, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_a_full_disk_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    rows = 30_000 if suffix == "xlsx" else 300_000
    source, out = many(tmp_path / "t.csv", rows), tmp_path / "out"
    out.mkdir()
    process = start(source, out / f"scored.{suffix}", limit=50_000 if suffix == "parquet" else 1_000_000)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 3, said
    assert "too large" in said or "No space" in said
    assert "Traceback" not in said
    assert list(out.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_full_tmpfs_leaves_nothing(tmp_path: Path) -> None:
    source, out = many(tmp_path / "t.csv", 100_000), tmp_path / "out"
    out.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(out)], capture_output=True).returncode:
        pytest.skip("no permission to mount")
    try:
        process = start(source, out / "scored.csv")
        _, said = process.communicate(timeout=120)
        assert process.returncode == 3 and "No space" in said
        assert list(out.iterdir()) == []
    finally:
        subprocess.run(["umount", str(out)], check=False)


def test_a_cut_parquet_met_midway_leaves_nothing(model: imtdx.Model, tmp_path: Path) -> None:
    source = many(tmp_path / "t.parquet", 200_000)
    data = bytearray(source.read_bytes())
    # the footer is whole, the pages before it are not
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    data[footer // 2 : footer] = b"\xab" * (footer - footer // 2)
    source.write_bytes(data)
    with pytest.raises(imtdx.TableError, match="damaged"):
        score_table(model, source, tmp_path / "out.csv")
    assert {p.name for p in tmp_path.iterdir()} == {"t.parquet"}
