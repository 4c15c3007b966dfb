"""Case tables in every format, encoding and layout: read as people write them, or refused with a remedy."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import imtdx
from imtdx.errors import OutputError, TableError, UnknownNameError, UsageError
from imtdx.tables import score_table

DATA = Path(__file__).parent / "data"
HEADER = "case_id,ALK,SMA,Desmin,Ki-67,age,sex,site"
ROWS = ["a,+,+,−,10%,5,m,lung", "b,−,+,focal,3%,60,f,stomach", "c,NP,Partially+,,NP,,,"]
CSV = "\n".join([HEADER, *ROWS]) + "\n"


@pytest.fixture(scope="module")
def want(model: imtdx.Model) -> list[float]:
    """P(IMT) of the three cases, one at a time."""
    cases = [
        ({"ALK": "+", "SMA": "+", "Desmin": "−", "Ki-67": "10%"}, {"age": 5, "sex": "m", "site": "lung"}),
        ({"ALK": "−", "SMA": "+", "Desmin": "focal", "Ki-67": "3%"}, {"age": 60, "sex": "f", "site": "stomach"}),
        ({"SMA": "focal+"}, {}),
    ]
    return [model.diagnose(panel, **context).probability() for panel, context in cases]  # type: ignore[arg-type]


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(path)
    return pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",")


Write = Callable[[Path], Path]


def plain(name: str, text: str, encoding: str = "utf-8") -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def semicolons(text: str) -> str:
    return text.replace(",", ";")


def _xlsx(folder: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Cohort of our department"])
    sheet.append([None, "Immunohistochemistry", None, None, None, "Clinical", None, None])
    sheet.merge_cells("B2:E2")
    for line in [HEADER, *ROWS]:
        sheet.append([c or None for c in line.split(",")])
    # a percentage and a number as a spreadsheet stores them
    sheet["E4"].value, sheet["E4"].number_format = 0.1, "0%"
    sheet["F4"].value = 5.0
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def _gz(folder: Path) -> Path:
    path = folder / "t.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    return path


def _parquet(folder: Path) -> Path:
    frame = pl.read_csv(CSV.encode(), infer_schema=False).with_columns(pl.col("age").cast(pl.Float64))
    frame.write_parquet(folder / "t.parquet")
    return folder / "t.parquet"


INPUTS: dict[str, Write] = {
    "utf-8": plain("t.csv", CSV),
    "utf-8 with BOM": plain("t.csv", CSV, "utf-8-sig"),
    "utf-16": plain("t.csv", CSV, "utf-16"),
    "utf-16 without BOM": plain("t.csv", CSV, "utf-16-le"),
    "latin-1": plain("t.csv", CSV.replace("−", "-").replace("\na,", "\né,").replace("lung", "lung"), "latin-1"),
    "tabs": plain("t.tsv", CSV.replace(",", "\t")),
    "tabs called csv": plain("t.csv", CSV.replace(",", "\t")),
    "semicolons": plain("t.csv", semicolons(CSV)),
    "decimal comma": plain("t.csv", semicolons(CSV).replace(";5;m", ";5,0;m").replace("10%", "10,0 %")),
    "windows lines": plain("t.csv", CSV.replace("\n", "\r\n")),
    "old Mac lines": plain("t.csv", CSV.replace("\n", "\r")),
    "no last line feed": plain("t.csv", CSV.rstrip("\n")),
    "blank lines": plain("t.csv", CSV.replace("\n", "\n\n") + "\n\n"),
    "quoted": plain("t.csv", CSV.replace("lung", '"lung, left\nlobe"')),
    "stray quote": plain("t.csv", CSV.replace("lung", 'lung 5" mass')),
    "title lines above": plain("t.csv", "Cohort 2024\nprepared by the registry\n" + CSV),
    "trailing delimiters": plain("t.csv", CSV.replace("\n", ",\n")),
    "unrelated columns": plain(
        "t.csv",
        "\n".join(
            line + "".join(f",{'value' if k else 'field_'}{i}" for i in range(300))
            for k, line in enumerate(CSV.splitlines())
        ),
    ),
    "gzip": _gz,
    "xlsx with a title and merged cells": _xlsx,
    "parquet": _parquet,
}


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("suffix", ["csv"])
def test_every_input_reads_alike(name: str, suffix: str, model: imtdx.Model, want: list[float], tmp_path: Path) -> None:
    source = INPUTS[name](tmp_path)
    target = tmp_path / f"out.{suffix}"
    summary = score_table(model, source, target)
    got = read(target)
    assert summary.rows == 3 and summary.problems == 0, summary
    assert list(got["p_imt"]) == pytest.approx(want, rel=1e-5)
    assert list(got["status"]) == ["ok"] * 3
    assert list(got["n_findings"]) == [4, 4, 1]
    assert not list(tmp_path.glob("*.issues.csv"))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "xlsx", "parquet"])
def test_every_output_holds_the_same(suffix: str, model: imtdx.Model, want: list[float], tmp_path: Path) -> None:
    source = plain("t.csv", CSV)(tmp_path)
    score_table(model, source, tmp_path / f"out.{suffix}", full=True)
    got = read(tmp_path / f"out.{suffix}")
    assert list(got["case_id"]) == ["a", "b", "c"]
    assert list(got["p_imt"]) == pytest.approx(want, rel=1e-9 if suffix == "parquet" else 1e-5)
    parts = got[[c for c in got.columns if c.startswith("p_")]]
    assert parts.shape[1] == len(model.diagnoses)
    assert list(parts.sum(axis=1)) == pytest.approx([1, 1, 1], abs=1e-9 if suffix == "parquet" else 1e-4)


def test_columns_of_the_output(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", CSV)(tmp_path)
    score_table(model, source, tmp_path / "out.csv")
    plain_columns = [
        "case_id",
        "top1",
        "p1",
        "top2",
        "p2",
        "top3",
        "p3",
        "p_imt",
        "log10_bf_imt",
        "n_findings",
        "conflict",
    ]
    plain_columns += ["flags", "status"]
    assert list(read(tmp_path / "out.csv")) == plain_columns
    score_table(model, source, tmp_path / "out.csv", intervals=True)
    got = read(tmp_path / "out.csv")
    assert list(got) == [*plain_columns[:8], "low_imt", "high_imt", *plain_columns[8:]]
    assert ((got["low_imt"] <= got["p_imt"] + 1e-9) & (got["p_imt"] <= got["high_imt"] + 1e-9)).all()


def test_founding_cohort_as_printed(model: imtdx.Model, tmp_path: Path) -> None:
    summary = score_table(model, DATA / "guo2025_table2_ihc.csv", tmp_path / "out.csv")
    assert (summary.rows, summary.scored, summary.problems) == (16, 16, 0)
    clinical = pd.read_csv(DATA / "guo2025_table1_clinical.csv", dtype=str)
    joined = pd.read_csv(DATA / "guo2025_table2_ihc.csv", dtype=str).merge(clinical, on="Case")
    joined.to_csv(tmp_path / "joined.csv", index=False)
    said: list[str] = []
    summary = score_table(model, tmp_path / "joined.csv", tmp_path / "joined_out.csv", report=said.append)
    assert (summary.rows, summary.problems) == (16, 0)
    assert "context: Location, Sex, Age" in said[1] and "not used: Positive laboratory result, Recurrence" in said[1]
    first = model.diagnose(
        dict(joined.iloc[0][["ALK", "SMA", "Vimentin", "Desmin", "CD117", "S-100", "Ki-67"]]),
        age="5 Year",
        sex="F",
        site="Left upper arm",
    )
    assert read(tmp_path / "joined_out.csv")["p_imt"][0] == pytest.approx(first.probability(), rel=1e-5)


# --- layouts -------------------------------------------------------------------------------------------------------------------


def test_long_layout_in_any_order(model: imtdx.Model, tmp_path: Path, want: list[float]) -> None:
    wide = pl.read_csv(CSV.encode(), infer_schema=False)
    long = wide.unpivot(index="case_id", variable_name="marker", value_name="value")
    long.write_csv(tmp_path / "long.csv")
    said: list[str] = []
    summary = score_table(model, tmp_path / "long.csv", tmp_path / "out.csv", report=said.append)
    got = read(tmp_path / "out.csv")
    assert "long layout" in said[1]
    assert list(got["case_id"]) == ["a", "b", "c"] and summary.problems == 0
    assert list(got["p_imt"]) == pytest.approx(want, rel=1e-5)


def test_long_layout_with_unknown_and_contradictory_rows(model: imtdx.Model, tmp_path: Path) -> None:
    text = "case_id,marker,value\n1,ALK,+\n1,Desmim,+\n2,ALK,+\n2,SMA,+\n1,ALK,-\n2,SMA,focal\n,ALK,+\n3,S-100,purple\n"
    source = plain("t.csv", text)(tmp_path)
    summary = score_table(model, source, tmp_path / "out.csv")
    got, issues = read(tmp_path / "out.csv"), read(tmp_path / "out.csv.issues.csv")
    assert list(got["status"]) == ["problem", "ok", "problem"]
    assert list(got["flags"].fillna("")) == ["contradiction;few_findings", "few_findings;alk_mimics", "few_findings"]
    assert list(got["n_findings"]) == [0, 2, 0]
    # what becomes of several results is known at the end
    assert list(issues["row"]) == [2, 7, 8, 5]
    assert issues["problem"][3] == "ALK is told as positive and as negative; it is not used"
    assert summary.rows == 3


FREE = {
    "report wording": 'id,panel\n1,"ALK+, SMA+, desmin -, Ki-67 10%"\n',
    "normalised": "id,panel\n1,ALK=positive;SMA=positive;DES=negative;KI67=10\n",
    "with a stain column": 'id,Desmin,panel\n1,-,"ALK+ SMA+ Ki-67 10%"\n',
    "told twice alike": 'id,Desmin,panel\n1,-,"ALK+ SMA+ desmin- Ki-67 10%"\n',
}


@pytest.mark.parametrize("name", FREE)
def test_free_text_panels(name: str, model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", FREE[name])(tmp_path)
    summary = score_table(model, source, tmp_path / "out.csv")
    want = model.diagnose("ALK+ SMA+ desmin- Ki-67 10%").probability()
    got = read(tmp_path / "out.csv")
    assert got["p_imt"][0] == pytest.approx(want, rel=1e-5) and got["n_findings"][0] == 4 and summary.problems == 0


def test_panel_column_by_name(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", "id,panel,wording\n1,ALK=negative,ALK+ SMA+\n")(tmp_path)
    score_table(model, source, tmp_path / "out.csv", panel_column="Wording")
    assert read(tmp_path / "out.csv")["p_imt"][0] == pytest.approx(model.diagnose("ALK+ SMA+").probability(), rel=1e-5)
    with pytest.raises(TableError, match="did you mean 'wording'"):
        score_table(model, source, tmp_path / "out.csv", panel_column="wordings")


def test_column_map(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", "nr,Immuno 1,Immuno 2,ALK,how old\n1,+,-,+,5\n")(tmp_path)
    mapping = {"nr": "id", "Immuno 1": "SMA", "Immuno 2": "Desmin", "ALK": "ignore", "how old": "age"}
    score_table(model, source, tmp_path / "out.csv", mapping=mapping)
    got = read(tmp_path / "out.csv")
    assert next(iter(got)) == "nr" and got["n_findings"][0] == 2
    assert got["p_imt"][0] == pytest.approx(model.diagnose("SMA+ desmin-", age=5).probability(), rel=1e-5)
    with pytest.raises(TableError, match="does not have"):
        score_table(model, source, tmp_path / "out.csv", mapping={"Immuno 3": "SMA"})
    with pytest.raises(UnknownNameError, match="meaning of column"):
        score_table(model, source, tmp_path / "out.csv", mapping={"Immuno 1": "zzz"})


def test_age_in_months_by_header(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", "id,ALK,Age (months)\n1,+,14\n")(tmp_path)
    score_table(model, source, tmp_path / "out.csv")
    assert read(tmp_path / "out.csv")["p_imt"][0] == pytest.approx(
        model.diagnose("ALK+", age="14 mo").probability(), rel=1e-5
    )


def test_duplicate_headers_are_both_read(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", "id,ALK,ALK,SMA\n1,+,,+\n2,,+,+\n3,+,-,+\n4,+,focal,+\n")(tmp_path)
    score_table(model, source, tmp_path / "out.csv")
    got, issues = read(tmp_path / "out.csv"), read(tmp_path / "out.csv.issues.csv")
    assert list(got["status"]) == ["ok", "ok", "ok", "ok"]
    assert list(got["n_findings"]) == [2, 2, 1, 2] and "contradiction" in got["flags"][2]
    assert (
        list(issues["row"]) == [3] and list(issues["value"]) == ["'+ / -"] and list(issues["column"]) == ["ALK / ALK"]
    )
    assert issues["problem"][0] == "ALK is told as positive and as negative; it is not used"


def test_rows_are_numbered_without_an_id(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", "ALK,SMA\n+,+\n-,+\n")(tmp_path)
    score_table(model, source, tmp_path / "out.csv")
    assert list(read(tmp_path / "out.csv")["row"]) == [1, 2]


# --- refusals ------------------------------------------------------------------------------------------------------------------


def _short_gz(folder: Path) -> Path:
    path = folder / "t.csv.gz"
    path.write_bytes(gzip.compress((CSV + "d,+,+,-,1%,5,m,lung\n" * 20000).encode())[:-200])
    return path


def _cut(write: Write, keep: float) -> Write:
    def cut(folder: Path) -> Path:
        path = write(folder)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])
        return path

    return cut


REFUSED: dict[str, tuple[Write, str]] = {
    "empty": (plain("t.csv", ""), "is empty"),
    "white space": (plain("t.csv", "\n \n\n"), "is empty"),
    "no stain": (plain("t.csv", "id,weight,height\n1,2,3\n"), "no column names a stain"),
    "only a word": (plain("t.csv", "hello"), "no column names a stain"),
    "short gzip": (_short_gz, "damaged or cut short"),
    "cut xlsx": (_cut(_xlsx, 0.6), "damaged or cut"),
    "cut parquet": (_cut(_parquet, 0.6), "damaged or cut"),
    "named parquet": (plain("t.parquet", CSV), "not a parquet file"),
    "old Excel": (lambda folder: plain("t.xls", "")(folder), "tables end in"),
    "unclosed quote": (
        plain("t.csv", CSV + 'd,"+,+,-,1%,5,m,lung\n' + "e,+,+,-,1%,5,m,lung\n" * 800_000),
        "quotation mark",
    ),
    "long without ids": (plain("t.csv", "marker,value\nALK,+\n"), "needs a case_id"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_remedy_and_no_file(name: str, model: imtdx.Model, tmp_path: Path) -> None:
    write, message = REFUSED[name]
    source = write(tmp_path)
    target = tmp_path / "out.csv"
    target.write_text("from an earlier run")
    with pytest.raises((TableError, UsageError), match=message):
        score_table(model, source, target)
    assert target.read_text() == "from an earlier run"
    assert {p.name for p in tmp_path.iterdir()} <= {source.name, "out.csv", "out.csv.about.json"}


def test_missing_files_and_folders(model: imtdx.Model, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        score_table(model, tmp_path / "none.csv", tmp_path / "out.csv")
    source = plain("t.csv", CSV)(tmp_path)
    with pytest.raises(OutputError, match="no folder"):
        score_table(model, source, tmp_path / "nowhere" / "out.csv")
    with pytest.raises(UsageError, match="tables end in"):
        score_table(model, source, tmp_path / "out.doc")
    with pytest.raises(UsageError, match="is the table itself"):
        score_table(model, source, source)


def test_a_header_without_rows_gives_one(model: imtdx.Model, tmp_path: Path) -> None:
    source = plain("t.csv", HEADER + "\n")(tmp_path)
    for suffix in ("csv", "parquet", "xlsx"):
        assert score_table(model, source, tmp_path / f"out.{suffix}").rows == 0
        assert list(read(tmp_path / f"out.{suffix}"))[:2] == ["case_id", "top1"]


def test_many_free_texts_are_read_by_several_processes(model: imtdx.Model, tmp_path: Path) -> None:
    lines = [
        f"{k},ALK+ SMA{'+' if k % 2 else '-'} Ki-67 {k % 97}%{'' if k % 7 else ' purple stuff'} ({k})"
        for k in range(2500)
    ]
    source = plain("t.csv", "id,panel\n" + "\n".join(lines) + "\n")(tmp_path)
    summary = score_table(model, source, tmp_path / "out.csv", processes=2)
    got = read(tmp_path / "out.csv")
    few = model.score(pd.DataFrame({"id": range(30), "panel": [line.partition(",")[2] for line in lines[:30]]}))
    assert summary.rows == 2500 and list(got["id"]) == list(range(2500))
    assert list(got["p_imt"][:30]) == pytest.approx(list(few["p_imt"]), rel=1e-5)
    assert list(got["status"][:30]) == list(few["status"])
