"""Tables as other programs write them: each gives the probabilities of its plain twin, a table in the notation of the documentation."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import polars as pl
import pytest

import imtdx
from imtdx.errors import TableError, TableWarning, UsageError
from imtdx.notation import read_column, read_header
from imtdx.tables import ScoreSummary, score_table

DATA = Path(__file__).parent / "data" / "tables"


class Done:
    """A table scored from file to file."""

    def __init__(self, model: imtdx.Model, source: Path, folder: Path, **options: Any) -> None:
        self.said: list[str] = []
        out = folder / "scored.csv"
        issues = folder / "scored.csv.issues.csv"
        issues.unlink(missing_ok=True)
        self.summary: ScoreSummary = score_table(model, source, out, report=self.said.append, full=True, **options)
        self.rows = pd.read_csv(out, dtype={0: str})
        self.issues = (
            pd.read_csv(issues, keep_default_na=False, dtype={"value": str}) if issues.exists() else pd.DataFrame()
        )

    @property
    def p(self) -> list[float]:
        return self.rows["p_imt"].tolist()


@pytest.fixture
def done(model: imtdx.Model, tmp_path: Path) -> Any:
    def run(source: Path | str, name: str = "t.csv", **options: Any) -> Done:
        if isinstance(source, str):
            (tmp_path / name).write_text(source, encoding="utf-8")
            source = tmp_path / name
        return Done(model, source, tmp_path, **options)

    return run


def twin(model: imtdx.Model, rows: list[dict[str, Any]]) -> list[float]:
    """P(IMT) of a plain table, as text tables show it."""
    scored = model.score(pd.DataFrame(rows, dtype=object), remarks=[])
    return [float(f"{p:.6g}") for p in scored["p_imt"]]


# --- headers -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "marker", "scale"),
    [
        ("ALK (%)", "ALK", "percent"),
        ("SMA [%]", "SMA", "percent"),
        ("SMA pct", "SMA", "percent"),
        ("sma_pct", "SMA", "percent"),
        ("Desmin % of cells", "DES", "percent"),
        ("Desmin (% of tumour cells)", "DES", "percent"),
        ("Desmin % positive", "DES", "percent"),
        ("ALK Positive %", "ALK", "percent"),
        ("CD34 H-score", "CD34", "h_score"),
        ("CD34_Hscore", "CD34", "h_score"),
        ("CD34 (0-300)", "CD34", "h_score"),
        ("SMA Allred", "SMA", "allred"),
        ("SMA (0-8)", "SMA", "allred"),
        ("SMA score (0-3)", "SMA", "grade"),
        ("SMA (0-3+)", "SMA", "grade"),
        ("SMA (0, 1, 2, 3)", "SMA", "grade"),
        ("SMA IRS (0-12)", "SMA", "irs"),
        ("SMA IRS", "SMA", "irs"),
        ("SMA (0-4)", "SMA", "0-4"),
        ("ALK (+/-)", "ALK", ""),
        ("ALK (pos/neg)", "ALK", ""),
        ("SMA positive", "SMA", ""),
        ("S.100", "S100", ""),
        ("X.ALK", "ALK", ""),
        ("X.SMA.", "SMA", ""),
        ("ALK...5", "ALK", ""),
        ("SMA.1", "SMA", ""),
        ("SMA.x", "SMA", ""),
        ("ALK_duplicated_0", "ALK", ""),
        ("ALK_IHC", "ALK", ""),
        ("ALK_STATUS_BY_IHC", "ALK", ""),
        ("Ki.67...", "KI67", ""),
        ("Ki67 Positive %", "KI67", "percent"),
    ],
)
def test_headers(header: str, marker: str, scale: str, model: imtdx.Model) -> None:
    column = read_column(header, model.lexicon)
    assert column is not None and (column.marker, column.scale) == (marker, scale)
    assert read_header(header, model.lexicon) == marker


@pytest.mark.parametrize(
    "header", ["alk___1", "dog___1", "cd___34", "mib___1", "alk____1", "sma___-1", "ALK clone", "ALK antibody clone"]
)
def test_headers_of_no_result(header: str, model: imtdx.Model) -> None:
    assert read_header(header, model.lexicon) is None


def test_legends(model: imtdx.Model) -> None:
    assert read_column("ALK (0=neg, 1=pos)", model.lexicon).codes == (("0", "neg"), ("1", "pos"))  # type: ignore[union-attr]
    assert read_column("SMA (1 = positive; 2 = negative; 9 = not done)", model.lexicon).codes == (  # type: ignore[union-attr]
        ("1", "positive"),
        ("2", "negative"),
        ("9", "not done"),
    )
    # a name in brackets is no legend
    assert read_column("CD117 (c-kit)", model.lexicon).marker == "KIT"  # type: ignore[union-attr]


def test_percent_headers(done: Any, model: imtdx.Model) -> None:
    """2 under "ALK (%)" is 2 %, not 2+."""
    found = done(DATA / "t06_percent_header.csv")
    alk = ["1%", "2%", "3%", "4%", "5%", "80%", "0.5%", "1%", "2%"]
    assert found.p == twin(model, [{"ALK": a, "SMA": "90%", "CD117": "0%", "Ki-67": "8%"} for a in alk])
    assert found.p[1] != twin(model, [{"ALK": "2+", "SMA": "90%", "CD117": "0%", "Ki-67": "8%"}])[0]
    assert found.issues.empty


@pytest.mark.parametrize(
    ("header", "cells", "plain"),
    [
        ("SMA H-score", ["0", "30", "150", "300", "100"], ["-", "focal", "diffuse", "diffuse", "+"]),
        ("SMA Allred", ["0", "2", "3", "6", "8"], ["-", "-", "focal", "+", "diffuse"]),
        ("SMA IRS (0-12)", ["0", "2", "4", "9", "12"], ["-", "focal", "+", "diffuse", "diffuse"]),
        ("SMA score (0-3)", ["0", "1", "2", "3", "1+"], ["-", "1+", "2+", "3+", "1+"]),
        ("SMA (0=neg, 1=pos)", ["0", "1", "pos", "neg", "NP"], ["-", "+", "+", "-", "NP"]),
        ("SMA (1=pos, 2=neg)", ["1", "2", "1.0", "2.0", ""], ["+", "-", "+", "-", ""]),
        ("SMA (%)", ["0", "<5", "5-10", "60", "60 (strong)"], ["0%", "<5%", "5-10%", "60%", "60% (strong)"]),
        ("SMA positive", ["yes", "no", "+", "1", "0"], ["+", "-", "+", "+", "-"]),
    ],
)
def test_scales(header: str, cells: list[str], plain: list[str], done: Any, model: imtdx.Model) -> None:
    rows = "\n".join(f"{k},{c}" for k, c in enumerate(cells))
    found = done(f'Case,"{header}"\n{rows}\n')
    assert found.p == twin(model, [{"SMA": c} for c in plain])
    assert found.issues.empty


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("SMA H-score", "301"),
        ("SMA Allred", "1"),
        ("SMA Allred", "9"),
        ("SMA IRS", "5"),
        ("SMA (0-3)", "4"),
        ("SMA (0-4)", "2"),
        ("SMA (%)", "140"),
        ("SMA (1=pos; 2=neg)", "3"),
        ("Ki-67 (0-3)", "2"),
    ],
)
def test_numbers_off_the_scale_are_told(header: str, cell: str, done: Any) -> None:
    found = done(f"Case,{header},ALK\n1,{cell},+\n")
    assert found.rows["status"].tolist() == ["problem"]
    assert found.issues["value"].tolist() == [cell]


def test_clone_column(done: Any, model: imtdx.Model) -> None:
    found = done(DATA / "t11_clone.csv")
    rest = {"SMA": "+", "CD117": "-"}
    assert found.p == twin(model, [{"ALK": "+ (D5F3)", **rest}, {"ALK": "- (5A4)", **rest}, rest])
    assert found.rows["status"].tolist() == ["ok"] * 3
    # the less sensitive clone is heard
    negative = done("Case,ALK,ALK clone,SMA,CD117\n1,-,ALK1,+,-\n2,-,,+,-\n")
    assert negative.p == twin(model, [{"ALK": "- (ALK1)", **rest}, {"ALK": "-", **rest}])
    assert negative.p[0] != negative.p[1]


def test_names_of_r_and_pandas(done: Any, model: imtdx.Model) -> None:
    found = done(DATA / "t11_r_names.csv")
    assert found.p == twin(model, [{"S-100": "-", "Ki-67": "10", "ALK": "+", "Cyclin D1": "-", "SMA": "+"}])
    found = done(DATA / "t11_headers_pm.csv")
    assert found.p == twin(model, [{"ALK": "+", "SMA": "+", "Desmin": "90%", "CD117": "-"}])


def test_context_in_other_languages(model: imtdx.Model) -> None:
    plain = model.score(pd.DataFrame([{"case": "a", "ALK": "+", "age": 6, "sex": "f", "site": "lung"}]), full=True)
    for case, age, sex, site in [
        ("病例号", "年龄", "性别", "部位"),
        ("病理号", "年龄（岁）", "性别", "肿瘤部位"),
        ("症例番号", "年齢", "性別", "発生部位"),
        ("Fallnummer", "Alter", "Geschlecht", "Lokalisation"),
        ("Fall-Nr.", "Alter (Jahre)", "Geschlecht (m/w)", "Tumorlokalisation"),
        ("Número de caso", "Edad (años)", "Sexo", "Localización"),
        ("Numéro de cas", "Âge (ans)", "Sexe (M/F)", "Siège"),
        ("Numero di caso", "Età alla diagnosi", "Sesso", "Sede"),
    ]:
        mine = model.score(pd.DataFrame([{case: "a", "ALK": "+", age: 6, sex: "f", site: "lung"}]), full=True)
        assert mine.columns[0] == case and mine.iloc[0, 1:].equals(plain.iloc[0, 1:]), (case, age, sex, site)
    months = model.score(pd.DataFrame([{"ALK": "+", "Alter (Monate)": 14}]))
    assert months["p_imt"].equals(model.score(pd.DataFrame([{"ALK": "+", "age": "14 mo"}]))["p_imt"])
    coded = model.score(pd.DataFrame([{"ALK": "+", "Sex (1=male, 2=female)": 2}]))
    assert coded["p_imt"].equals(model.score(pd.DataFrame([{"ALK": "+", "sex": "f"}]))["p_imt"])


# --- numbers -------------------------------------------------------------------------------------------------------------------


def test_number_formats(done: Any, model: imtdx.Model) -> None:
    """As the cell is shown: a literal percent sign does not multiply."""
    found = done(DATA / "t01b_stain_number_formats.xlsx")
    alk = ["80%", "80%", "2+", "1+", "-", "+", "-", "2+", "2%", "2%"]
    assert found.p == twin(model, [{"ALK": a, "SMA": "+", "CD117": "-"} for a in alk])
    assert found.issues.empty


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.5, '0.0"%"', "0.5%"),
        (0.5, "0.0\\%", "0.5%"),
        (0.5, "0%", "50%"),
        (0.5, "0.0%;-0.0%", "50%"),
        (0.5, '[>=1]0"%";0.0"%"', "0.5%"),
        (0.5, "[<1]0%;0", "50%"),
        (12, '[Red]0"%"', "12%"),
        (12, "General", "12"),
        (12, "#,##0", "12"),
    ],
)
def test_ki67_by_number_format(
    value: float, number_format: str, shown: str, done: Any, model: imtdx.Model, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Case", "Ki-67", "ALK"])
    book.active.append(["1", value, "+"])
    book.active["B2"].number_format = number_format
    book.save(tmp_path / "t.xlsx")
    assert done(tmp_path / "t.xlsx").p == twin(model, [{"Ki-67": shown, "ALK": "+"}])


def test_formulas_and_error_cells(done: Any, model: imtdx.Model, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Case", "ALK", "SMA"], ["1", "=B3", "+"], ["2", "#REF!", "+"], ["3", "#N/A", "+"], ["4", "+", "+"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    found = done(tmp_path / "t.xlsx")
    assert found.issues[["row", "value"]].to_numpy().tolist() == [[1, "'=B3"], [2, "#REF!"], [3, "#N/A"]]
    assert found.p[:3] == twin(model, [{"SMA": "+"}]) * 3
    # a writer that does not compute stores 0 beside the formula: negative, if it were believed
    stored = tmp_path / "stored.xlsx"
    rewritten(tmp_path / "t.xlsx", stored, "xl/worksheets/sheet1.xml", "<v />", "<v>0</v>")
    found = done(stored)
    assert found.issues["value"].tolist()[0] == "'=B3 (stored as 0)"
    assert found.p[0] == twin(model, [{"SMA": "+"}])[0]
    # Excel computes, and says in which order
    rewritten(stored, tmp_path / "computed.xlsx", "xl/calcChain.xml", "", "<calcChain/>")
    assert done(tmp_path / "computed.xlsx").p[0] == twin(model, [{"ALK": "-", "SMA": "+"}])[0]


def rewritten(source: Path, target: Path, member: str, old: str, new: str) -> None:
    """A workbook with a piece of one of its files replaced, or the file added."""
    import zipfile

    with zipfile.ZipFile(source) as book, zipfile.ZipFile(target, "w") as out:
        for name in book.namelist():
            data = book.read(name)
            if name == member:
                text = data.decode()
                assert old in text, text
                data = text.replace(old, new).encode()
            out.writestr(name, data)
        if member not in book.namelist():
            out.writestr(member, new)


def test_fractions_get_a_remark(done: Any, model: imtdx.Model) -> None:
    found = done("Case,ALK,Ki-67\n1,+,0.1\n2,-,0.25\n3,+,0\n")
    assert any("'Ki-67' holds numbers between 0 and 1 only (0.1, 0.25)" in line for line in found.said)
    assert not any("between 0 and 1" in line for line in done("Case,ALK,Ki-67\n1,+,0.5\n2,-,25\n").said)
    assert not any("between 0 and 1" in line for line in done("Case,ALK,Ki-67\n1,+,0.5%\n2,-,1%\n").said)
    frame = pd.DataFrame({"ALK": ["+", "-"], "Ki-67": [0.1, 0.25]})
    with pytest.warns(TableWarning, match="between 0 and 1"):
        model.score(frame)
    remarks: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.score(frame, remarks=remarks)
        model.score(frame.assign(**{"Ki-67": [10.0, 25.0]}))
    assert len(remarks) == 1


def test_second_numbers_are_told(done: Any) -> None:
    found = done('Case,ALK,Ki-67\n1,+,10 20\n2,+,"1.234,5"\n3,+,"5, 10"\n4,+,10-20\n5,+,"3,5"\n6,+,10 (20)\n')
    assert found.issues["row"].tolist() == [1, 2, 3]
    assert all("more than one figure" in p for p in found.issues["problem"])


# --- grades ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        (["0", "1", "2", "3"], ["0", "1+", "2+", "3+"]),
        (["0", "1", "1+", "+"], ["0", "1+", "1+", "+"]),
        (["0", "1", "0", "1"], ["-", "+", "-", "+"]),
        (["1", "1", "1", "1"], ["+", "+", "+", "+"]),
        (["0.0", "1.0", "2.0", "3.0"], ["0", "1+", "2+", "3+"]),
    ],
)
def test_a_bare_one(cells: list[str], plain: list[str], done: Any, model: imtdx.Model, tmp_path: Path) -> None:
    """1 is 1+ where the column holds grades, and positive beside 0 only; in every layout and format."""
    expected = twin(model, [{"SMA": c, "ALK": "+"} for c in plain])
    wide = pd.DataFrame({"Case": list("abcd"), "SMA": cells, "ALK": "+"})
    wide.to_csv(tmp_path / "w.csv", index=False)
    wide.to_parquet(tmp_path / "w.parquet")
    long = wide.melt("Case", var_name="marker", value_name="value")
    long.to_csv(tmp_path / "l.csv", index=False)
    for name in ("w.csv", "w.parquet", "l.csv"):
        found = done(tmp_path / name)
        assert found.p == expected, name
        if name != "l.csv":
            assert sum(line.startswith("read as") for line in found.said) == 1
    if all("+" not in c for c in cells):
        numbers = wide.assign(SMA=wide["SMA"].astype(float))
        scored = model.score(numbers)
        assert [float(f"{p:.6g}") for p in scored["p_imt"]] == expected
        scored = model.score(pl.from_pandas(numbers))
        assert [float(f"{p:.6g}") for p in scored["p_imt"]] == expected
    assert model.diagnose({"SMA": "1"}).panel["SMA"].value == "positive"


def test_the_first_rows_settle_the_scale(
    done: Any, model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later value that contradicts the scale is an issue line, whatever the chunks; nothing is read again."""
    from imtdx.batch import settle

    monkeypatch.setattr(settle, "FIRST_ROWS", 100)
    rows = [f"{k},{k % 2}" for k in range(100)] + ["x,2", "y,1", "z,3+"]
    found = done("Case,SMA\n" + "\n".join(rows) + "\n")
    assert found.issues[["row", "value"]].to_numpy().tolist() == [[101, "2"]]
    assert found.p[101] == twin(model, [{"SMA": "+"}])[0]
    frame = pd.DataFrame([r.split(",") for r in rows], columns=["Case", "SMA"])
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=40)
    assert done(tmp_path / "t.parquet").p == found.p
    issues: list[dict[str, Any]] = []
    model.score(frame, issues=issues)
    assert [(i["row"], i["value"]) for i in issues] == [(101, "2")]


def test_the_map_sets_a_scale(done: Any, model: imtdx.Model) -> None:
    table = "Case,SMA,M2\n1,1,50\n2,0,0\n"
    found = done(
        table, mapping={"SMA": {"marker": "SMA", "scale": "grade"}, "M2": {"marker": "DES", "scale": "percent"}}
    )
    assert found.p == twin(model, [{"SMA": "1+", "Desmin": "50%"}, {"SMA": "-", "Desmin": "0%"}])
    # the header's own scale holds when only the marker is mapped
    found = done("Case,Immuno 1 (%)\n1,2\n", mapping={"Immuno 1 (%)": "SMA"})
    assert found.p == twin(model, [{"SMA": "2%"}])
    with pytest.raises(UsageError, match="scale 'odd' is not known; use percent"):
        done(table, mapping={"SMA": {"marker": "SMA", "scale": "odd"}})
    with pytest.raises(UsageError, match="does not know 'code'"):
        done(table, mapping={"SMA": {"marker": "SMA", "code": {}}})


# --- checkboxes and codes ----------------------------------------------------------------------------------------------------


def test_redcap_raw(done: Any, model: imtdx.Model) -> None:
    found = done(DATA / "t07_redcap_raw_checkbox.csv")
    plain = [{"age": 6}, {"Ki-67": "10"}, {"age": 9}, {"Ki-67": "5"}, {"age": 11}, {"Ki-67": ""}]
    assert found.p == twin(model, [{"ALK": "", "age": None, "Ki-67": None, **row} for row in plain])
    assert found.rows["status"].tolist()[-1] == "no_findings"
    hint = next(line for line in found.said if "alk___1" in line and "--map" in line)
    assert "{marker: ALK, value: positive}" in hint
    # codes of radio buttons are told, one line a cell
    assert found.issues["column"].unique().tolist() == ["sex"]
    named = {
        f"{m}___{k}": {"marker": m, "value": v}
        for m in ("alk", "sma", "s100")
        for k, v in ((1, "positive"), (2, "negative"), (3, "not done"))
    }
    named["sex"] = {"role": "sex", "codes": {1: "male", 2: "female"}}
    found = done(DATA / "t07_redcap_raw_checkbox.csv", mapping=named)
    assert found.issues.empty
    assert found.p == twin(
        model,
        [
            {"age": 6, "sex": "m", "ALK": ""},
            {"ALK": "+", "SMA": "+", "S100": "-", "Ki-67": "10"},
            {"age": 9, "sex": "f"},
            {"ALK": "-", "SMA": "+", "S100": "-", "Ki-67": "5"},
            {"age": 11, "sex": "m"},
            {},
        ],
    )


def test_redcap_labels(done: Any, model: imtdx.Model) -> None:
    found = done(DATA / "t07b_redcap_labels.csv")
    assert found.p == twin(model, [{"ALK": "+", "SMA": "+", "Ki-67": "10"}, {"ALK": "-", "SMA": "+", "Ki-67": "5"}])
    assert found.issues.empty
    both = done(
        'id,"ALK (choice=Positive)","ALK (choice=Negative)","ALK (choice=Not done)"\n1,Checked,Checked,Unchecked\n2,Unchecked,Unchecked,Checked\n3,1,0,0\n4,maybe,,\n'
    )
    assert both.rows["status"].tolist() == ["no_findings", "no_findings", "ok", "problem"]
    assert both.issues["row"].tolist() == [4, 1] or both.issues["row"].tolist() == [1, 4]


def test_no_accidental_alias(done: Any, model: imtdx.Model) -> None:
    found = done(DATA / "t07e_redcap_aliasdigit.csv")
    assert found.p == twin(model, [{"SMA": "+"}]) and found.rows["n_findings"].tolist() == [1]
    assert not any("rename it" in line for line in found.said)


def test_radio_codes(done: Any, model: imtdx.Model) -> None:
    table = "record_id,alk,sma,ihc_complete\n1,1,2,2\n2,2,1,2\n3,3,1,2\n"
    found = done(table)
    assert found.rows["n_findings"].tolist() == [0, 0, 0] and len(found.issues) == 6
    assert any("codes: {1: positive" in line for line in found.said)
    codes = {1: "positive", 2: "negative", 3: "not done"}
    found = done(table, mapping={"alk": {"marker": "ALK", "codes": codes}, "sma": {"marker": "SMA", "codes": codes}})
    assert found.p == twin(model, [{"ALK": "+", "SMA": "-"}, {"ALK": "-", "SMA": "+"}, {"ALK": None, "SMA": "+"}])
    assert found.issues.empty


def test_only_boxes_say_how_to_map(done: Any) -> None:
    with pytest.raises(TableError, match=r"raw REDCap export.*--map"):
        done("record_id,alk___1,alk___2\n1,1,0\n")


# --- frames ----------------------------------------------------------------------------------------------------------------------


def test_ids_are_not_overwritten(model: imtdx.Model) -> None:
    frame = pd.DataFrame({"status": ["a", "b"], "ALK": ["+", "-"]})
    with pytest.raises(TableError, match="the id column is called 'status'"):
        model.score(frame, mapping={"status": "id"})
    with pytest.raises(TableError, match="the id column is called 'status'"):
        model.score(pl.from_pandas(frame), mapping={"status": "id"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.Series(["+"], name="ALK"), "not a Series"),
        (pl.Series("ALK", ["+"]), "not a Series"),
        ({"ALK": "+"}, r"not a dict; one case is scored with model\.diagnose"),
        ([{"ALK": "+"}], "not a list"),
        (pl.LazyFrame({"ALK": ["+"]}), r"score frame\.collect\(\)"),
        (None, "not a NoneType"),
    ],
)
def test_what_is_no_frame(given: Any, message: str, model: imtdx.Model) -> None:
    with pytest.raises(UsageError, match=message):
        model.score(given)
