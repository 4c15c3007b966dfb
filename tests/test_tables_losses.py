"""Found by a hostile reader: inputs overwritten, rows swallowed, cells lost, dates read as results, temporary names shown."""

from __future__ import annotations

import codecs
import datetime
import os
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest

import imtdx
from imtdx.errors import OutputError, TableError, UsageError
from imtdx.files import WholeFile, write_text
from imtdx.report.cases import table_cases
from imtdx.tables import score_table
from imtdx.tables.blocks import record_blocks
from imtdx.tables.issues import COLUMNS
from imtdx.tables.rows import MOST_CASES

CLEAN = "Case,ALK,SMA\n1,+,+\n2,-,+\n"
DIRTY = "Case,ALK,SMA\n1,purple,+\n"


def table(folder: Path, text: str, name: str = "t.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def issues(folder: Path, name: str = "out.csv") -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.issues.csv", keep_default_na=False)


# --- names of files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [CLEAN, DIRTY])
@pytest.mark.parametrize("how", ["same", "another spelling", "symbolic link", "hard link"])
def test_the_table_is_not_taken_for_issues_or_report(text: str, how: str, model: imtdx.Model, tmp_path: Path) -> None:
    source = table(tmp_path, text)
    other = source
    if how == "another spelling":
        (tmp_path / "d").mkdir()
        other = tmp_path / "d" / ".." / "t.csv"
    elif how == "symbolic link":
        other = tmp_path / "link.csv"
        other.symlink_to(source)
    elif how == "hard link":
        other = tmp_path / "link.csv"
        os.link(source, other)
    for named in ("issues", "html"):
        with pytest.raises(UsageError, match="is the table itself"):
            score_table(model, source, tmp_path / "out.csv", **{named: other})  # type: ignore[arg-type]
    assert source.read_text() == text and other.read_text() == text
    assert not (tmp_path / "out.csv").exists()


def test_outputs_do_not_replace_each_other(model: imtdx.Model, tmp_path: Path) -> None:
    source = table(tmp_path, DIRTY)
    with pytest.raises(UsageError, match="is the output"):
        score_table(model, source, tmp_path / "out.csv", issues=tmp_path / "out.csv")
    with pytest.raises(UsageError, match="is the output"):
        score_table(model, source, tmp_path / "out.csv", html=tmp_path / "out.csv")
    with pytest.raises(UsageError, match="is the list of issues"):
        score_table(model, source, tmp_path / "out.csv", html=tmp_path / "out.csv.issues.csv")
    # the default name of the issues is the table's
    same = table(tmp_path, CLEAN, "o.csv.issues.csv")
    with pytest.raises(UsageError, match="is the table itself"):
        score_table(model, same, tmp_path / "o.csv")
    assert same.read_text() == CLEAN


def test_only_an_issues_file_is_removed_or_replaced_unasked(model: imtdx.Model, tmp_path: Path) -> None:
    clean, dirty = table(tmp_path, CLEAN), table(tmp_path, DIRTY, "dirty.csv")
    notes = table(tmp_path, "my notes", "out.csv.issues.csv")
    for source in (clean, dirty):
        with pytest.raises(TableError, match="holds something else"):
            score_table(model, source, tmp_path / "out.csv")
    mine = table(tmp_path, "my notes", "mine.csv")
    score_table(model, clean, tmp_path / "out.csv", issues=mine)
    assert notes.read_text() == mine.read_text() == "my notes"
    score_table(model, dirty, tmp_path / "o.csv")
    assert (tmp_path / "o.csv.issues.csv").read_text().startswith(",".join(COLUMNS))
    score_table(model, clean, tmp_path / "o.csv")
    assert not (tmp_path / "o.csv.issues.csv").exists()


def test_folders_and_devices(model: imtdx.Model, tmp_path: Path) -> None:
    source = table(tmp_path, DIRTY)
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(OutputError, match=r"d\.csv: it is a folder"):
        score_table(model, source, tmp_path / "d.csv")
    with pytest.raises(OutputError, match="it is a folder"):
        WholeFile(tmp_path / "d.csv")
    with pytest.raises(OutputError, match=r"no folder .*none; make it first"):
        score_table(model, source, tmp_path / "out.csv", issues=tmp_path / "none" / "i.csv")
    score_table(model, source, tmp_path / "out.csv", issues="/dev/null")
    assert Path("/dev/null").is_char_device()
    for bad in (tmp_path / "none" / "x.html", tmp_path / "d.csv"):
        with pytest.raises(OutputError, match=f"cannot write {bad}"):
            write_text(bad, "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "out.csv", "out.csv.about.json", "t.csv"]


# --- quotation marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('1,"+,+\n2,+,+\n3,-,+\n4,-,-\n', 2),
        ('1,+,+\n\n2,"+,+\n3,-,x\n', 4),
        ('1,"a\nb",+\n2,-,"+\n3,-,+', 4),
        ('1,"a\nb","+\n3,-,+', 3),
        ('1,5" mass,+\n2,+,"+\n', 3),
        ('1,+,+\n2,-,"', 3),
    ],
)
def test_a_quotation_mark_never_closed_is_refused(rows: str, line: int, model: imtdx.Model, tmp_path: Path) -> None:
    source = table(tmp_path, "Case,ALK,SMA\n" + rows)
    with pytest.raises(TableError, match=rf"t\.csv, line {line}: a quotation mark is opened"):
        score_table(model, source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_the_line_is_told_beyond_the_first_block(model: imtdx.Model, tmp_path: Path) -> None:
    rows = 900_000
    lines = [f"{k},+,-" for k in range(rows)]
    lines[700_000] = '700000,"+,-'
    source = table(tmp_path, "title\nCase,ALK,SMA\n" + "\n".join(lines) + "\n")
    with pytest.raises(TableError, match="line 700003: a quotation mark is opened"):
        score_table(model, source, tmp_path / "out.csv")


@pytest.mark.parametrize(
    "rows", ['1,"+,+\n2,+,+\n3,"-,+\n4,-,-\n', '1,"+,+\n2,+",+\n4,-,-\n', '1,"+,+\n2,"-,+\n4,-,-\n']
)
def test_rows_within_a_cell_are_a_problem(rows: str, model: imtdx.Model, tmp_path: Path) -> None:
    summary = score_table(model, table(tmp_path, "Case,ALK,SMA\n" + rows), tmp_path / "out.csv")
    found = issues(tmp_path)
    assert summary.problems == 1 and list(pd.read_csv(tmp_path / "out.csv")["status"]) == ["problem", "ok"]
    assert found["problem"].str.contains("line 2: the cell of 'ALK' goes on over").any()


@pytest.mark.parametrize(
    "text",
    [
        'id,age,panel\n1,5,"Immunohistochemistry:\nALK+, SMA+, desmin-"\n',
        'id,ALK,panel\n1,+,"SMA+\nCD34-, S100-, desmin-\nKi-67 5%"\n',
        'id,note,panel,age\n1,5" mass,ALK+,5\n2,"a ""b"" c",SMA+,6\n3,4" mass,ALK-,5\n',
    ],
)
def test_honest_line_feeds_and_inches_are_none(text: str, model: imtdx.Model, tmp_path: Path) -> None:
    summary = score_table(model, table(tmp_path, text), tmp_path / "out.csv")
    assert summary.problems == 0 and summary.rows == text.count("\n") - text.count('panel\n1,5,"') - 1 - (
        2 if "Ki-67" in text else 0
    )


def test_inches_do_not_split_blocks_in_the_wrong_place() -> None:
    text = '1,5" mass,+\n' + '2,"a\nb",+\n' * 60 + '3,4" mass,-\n'
    data = text.encode()
    blocks = list(record_blocks(iter([data[k : k + 7] for k in range(0, len(data), 7)]), size=64))
    assert b"".join(blocks) == data
    assert all(not b.startswith(b"b") for b in blocks)


# --- long tables ---------------------------------------------------------------------------------------------------------------


def test_rows_dropped_from_a_long_table_count(model: imtdx.Model, tmp_path: Path) -> None:
    text = "case_id,marker,value\n1,ALK,+\n,SMA,+\n  ,SMA,+\n2,,+\n3,SMA,+,extra\n,,\n"
    summary = score_table(model, table(tmp_path, text), tmp_path / "out.csv")
    assert summary.rows == 3 and summary.problems == 4
    assert list(issues(tmp_path)["row"]) == [2, 3, 4, 5]
    assert list(pd.read_csv(tmp_path / "out.csv")["status"]) == ["ok", "problem", "problem"]


# --- what spreadsheets do ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx"])
def test_headers_are_guarded(suffix: str, model: imtdx.Model, tmp_path: Path) -> None:
    source = table(tmp_path, "=id(),ALK\n1,purple\n")
    score_table(model, source, tmp_path / f"out.{suffix}", mapping={"=id()": "id", "ALK": "SMA"})
    if suffix == "xlsx":
        cell = openpyxl.load_workbook(tmp_path / "out.xlsx").active["A1"]
        assert (cell.value, cell.data_type) == ("'=id()", "s")
    else:
        assert (tmp_path / f"out.{suffix}").read_text().startswith("'=id()")


def test_workbook_rows_keep_their_numbers(model: imtdx.Model, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Case", "ALK", "SMA"], [1, "+", "+"], [], [None, None, None], [2, "=A1", "+"], ["=B9", "purple", "+"]):
        book.active.append(row)
    for _ in range(5):
        book.active.append([None, ""])
    book.save(tmp_path / "t.xlsx")
    score_table(model, tmp_path / "t.xlsx", tmp_path / "out.csv")
    got, found = pd.read_csv(tmp_path / "out.csv", dtype=str), issues(tmp_path)
    assert list(got["status"]) == ["ok", "no_findings", "no_findings", "problem", "problem"]
    assert list(got["Case"].fillna("")) == ["1", "", "", "2", "'=B9"]
    # rows of data, from 1: the sheet's row less that of the header
    assert list(found["row"]) == [4, 5] and list(found["value"]) == ["'=A1", "purple"]
    assert "a formula" in found["problem"][0]


def test_nul_cells_and_utf_32(model: imtdx.Model, tmp_path: Path) -> None:
    score_table(model, table(tmp_path, "Case,ALK,SMA\n1,\0,+\n2,+,+\n"), tmp_path / "out.csv")
    assert list(issues(tmp_path)["value"]) == ["\\0"] and "NUL" in issues(tmp_path)["problem"][0]
    for mark, encoding in ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")):
        (tmp_path / "u.csv").write_bytes(mark + CLEAN.encode(encoding))
        with pytest.raises(TableError, match=r"is UTF-32.*UTF-8.*UTF-16 and Latin-1"):
            score_table(model, tmp_path / "u.csv", tmp_path / "u.out.csv")
        assert score_table(model, tmp_path / "u.csv", tmp_path / "u.out.csv", encoding="utf-32").rows == 2


DATES = [
    "2020-01-01",
    "2020-01-01 00:00:00",
    "2020-01-01T00:00:00",
    "1/2/2020",
    "01.02.20",
    "2-Jan",
    "Jan-20",
    "10:30:00",
]


def test_dates_are_no_results(model: imtdx.Model, tmp_path: Path) -> None:
    cells = [*DATES, pd.Timestamp(2020, 1, 1), datetime.date(2020, 1, 1), datetime.time(10), pd.Timedelta(days=1)]
    told: list[dict[str, object]] = []
    got = model.score(pd.DataFrame({"SMA": cells, "ALK": "+"}), issues=told)
    assert list(got["status"]) == ["problem"] * len(cells) and set(got["n_findings"]) == {1}
    assert {t["problem"] for t in told} == {"a date or time, not a result"} and len(told) == len(cells)
    stamps = pd.to_datetime(pd.Series(["2020-01-01", None]))
    assert list(model.score(pd.DataFrame({"SMA": stamps, "ALK": "+"}))["status"]) == ["problem", "ok"]
    dates = pl.DataFrame({"SMA": [datetime.date(2020, 1, 1), None], "ALK": ["+", "+"]})
    assert list(model.score(dates)["status"]) == ["problem", "ok"]  # type: ignore[arg-type]
    long = pd.DataFrame({"case_id": range(len(cells)), "marker": "SMA", "value": pd.Series(cells, dtype=object)})
    assert list(model.score(long)["status"]) == ["problem"] * len(cells)
    text = "id,SMA\n" + "".join(f"{k},{d}\n" for k, d in enumerate(DATES))
    assert score_table(model, table(tmp_path, text), tmp_path / "out.csv").problems == len(DATES)
    fine = ["+", "10-15%", "-/+", "1+", "2+/3+", "focal", "NP", "5.5%", "0-1+"]
    assert not [s for s in model.score(pd.DataFrame({"SMA": fine}))["status"] if s == "problem"]


# --- the report of every case --------------------------------------------------------------------------------------------------


def test_report_of_every_case(model: imtdx.Model, tmp_path: Path) -> None:
    source = table(tmp_path, "Case,note,ALK,SMA,Desmin\na,x,+,+,-\nb,y,2020-01-01 00:00:00,+,-\n<i>,z,-,purple,\n")
    score_table(model, source, tmp_path / "out.csv", html=tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "3 cases" in page and "t.csv" in page and "&lt;i&gt;" in page and "<i>" not in page
    assert "ALK: 2020-01-01" in page and "SMA: purple" in page
    long = table(tmp_path, "case_id,marker,value,age\na,ALK,+,5\nb,SMA,+,6\na,SMA,+,5\n,SMA,+,5\n", "l.csv")
    score_table(model, long, tmp_path / "out.csv", html=tmp_path / "l.html")
    page = (tmp_path / "l.html").read_text(encoding="utf-8")
    assert "2 cases" in page
    rows = [["a", "ALK", "+", 5], ["b", "SMA", "+", 6], ["a", "SMA", "+", 5], [None, "SMA", "+", 5]]
    cases = dict(table_cases(model, ["case_id", "marker", "value", "age"], rows))
    assert (
        cases["a"].to_text() == "ALK=positive; SMA=positive"
        and cases["a"].context.age == 5
        and list(cases) == ["a", "b"]
    )


def test_two_columns_of_one_stain_in_the_report(model: imtdx.Model) -> None:
    rows = [["+", "-"], ["+", "focal"], ["NP", "+"], ["+", "", "ALK- SMA+"]]
    cases = list(table_cases(model, ["ALK", "ALK"], rows[:3]))
    cases += table_cases(model, ["ALK", "Note", "panel"], rows[3:])
    scored = model.score(
        pd.DataFrame({"a": ["+", "+", "NP"], "b": ["-", "focal", "+"]}), mapping={"a": "ALK", "b": "ALK"}
    )
    texts = [p.to_text() for _, p in cases]
    assert texts[1:3] == ["ALK=focal", "ALK=positive"]
    assert [f.marker for f in cases[3][1].findings] == ["SMA"]
    for k in (0, 3):
        assert [c.text for c in cases[k][1].contradictions] == ["ALK is told as positive and as negative"]
    assert list(scored["n_findings"]) == [0, 1, 1]


@pytest.mark.parametrize("form", ["wide", "long"])
def test_a_report_of_too_many_cases_is_refused(form: str, model: imtdx.Model, tmp_path: Path) -> None:
    head, row = ("id,ALK", "{},+") if form == "wide" else ("id,marker,value", "{},ALK,+")
    source = table(tmp_path, "\n".join([head, *(row.format(k) for k in range(MOST_CASES + 1))]))
    with pytest.raises(TableError, match="at most 5,000 cases"):
        score_table(model, source, tmp_path / "out.csv", html=tmp_path / "r.html")
    assert {p.name for p in tmp_path.iterdir()} == {"t.csv"}
