"""Where the table is, in which encoding, and what the file is: each table gives the probabilities of its plain twin."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import imtdx
from imtdx.batch.columns import detect_layout, near_misses
from imtdx.errors import TableError, UsageError
from imtdx.tables import score_table
from imtdx.tables.encodings import find_encoding
from imtdx.tables.run import ColumnCounter

DATA = Path(__file__).parent / "data" / "tables"
PLAIN = [["Case", "ALK", "SMA", "Ki-67"], ["a", "+", "-", "10%"], ["b", "-", "+", "5%"]]


class Done:
    def __init__(self, model: imtdx.Model, source: Path, folder: Path, **options: Any) -> None:
        self.said: list[str] = []
        out = folder / "scored.csv"
        issues = folder / "scored.csv.issues.csv"
        issues.unlink(missing_ok=True)
        self.summary = score_table(model, source, out, report=self.said.append, full=True, **options)
        self.rows = pd.read_csv(out, dtype={0: str})
        self.ids = self.rows.iloc[:, 0].tolist()
        self.issues = pd.read_csv(issues, keep_default_na=False, dtype=str) if issues.exists() else pd.DataFrame()
        self.p = self.rows["p_imt"].tolist()


@pytest.fixture
def done(model: imtdx.Model, tmp_path: Path) -> Any:
    def run(source: Path | bytes | str, name: str = "t.csv", **options: Any) -> Done:
        if isinstance(source, str):
            source = source.encode()
        if isinstance(source, bytes):
            (tmp_path / name).write_bytes(source)
            source = tmp_path / name
        return Done(model, source, tmp_path, **options)

    return run


def as_csv(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.fixture
def expected(done: Any) -> list[float]:
    return done(as_csv(PLAIN)).p  # type: ignore[no-any-return]


def workbook(folder: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


# --- encodings -------------------------------------------------------------------------------------------------------------------

TEXTS = {
    "chinese": (
        "病例号,性别,年龄,部位,ALK,SMA\n1,男,6岁,肠系膜,阳性,阴性\n2,女,9岁,胃,部分+,－\n",
        ("gbk", "gb18030", "utf-8", "utf-16", "utf-8-sig"),
    ),
    "taiwan": ("病例號,性別,年齡,部位,ALK,SMA\n1,男,6歲,胃,陽性,陰性\n", ("big5", "cp950")),
    "japanese": (
        "症例番号,性別,年齢,部位,ALK,SMA\n1,男,6歳,肺,陽性,陰性\n2,女,9歳,胃,（±）,-\n",
        ("shift_jis", "cp932", "euc_jp"),
    ),
    "korean": ("환자번호,성별,나이,ALK,SMA\n1,남성,6,양성,음성\n2,여성,9,음성,양성\n", ("euc_kr", "cp949")),
    "russian": ("Случай,Пол,Возраст,ALK,Desmin\n1,м,6,положительно,+\n2,ж,9,отрицательно,-\n", ("cp1251",)),
    "german": ("Fall,Größe,Geschlecht,ALK\n1,groß,männlich,positiv\n2,6 cm,weiblich,±\n", ("cp1252", "latin-1")),
}


@pytest.mark.parametrize(("name", "encoding"), [(n, e) for n, (_, es) in TEXTS.items() for e in es])
def test_encodings(name: str, encoding: str, done: Any, model: imtdx.Model) -> None:
    text = TEXTS[name][0]
    plain = done(text.encode("utf-8"))
    found = done(text.encode(encoding))
    assert found.p == plain.p and found.ids == plain.ids
    assert list(found.issues.get("value", [])) == list(plain.issues.get("value", []))


@pytest.mark.parametrize("name", ["t05_gbk.csv", "t05_sjis.csv", "t05_cp1251.csv"])
def test_shared_encodings(name: str, done: Any) -> None:
    encoding, called = {
        "t05_gbk.csv": ("gbk", "GBK"),
        "t05_sjis.csv": ("cp932", "Shift-JIS"),
        "t05_cp1251.csv": ("cp1251", "Windows-1251"),
    }[name]
    data = (DATA / name).read_bytes()
    found = done(DATA / name)
    assert f"text, {called}" in found.said[0]
    assert found.p == done(data.decode(encoding)).p
    assert found.p == done(data, encoding=encoding).p


def test_unsure_encodings_name_the_option(model: imtdx.Model) -> None:
    # two syllables that are words in neither
    found = find_encoding("번호,비고\n1,추적 관찰\n".encode("euc_kr"), lambda word: False)
    assert found.others and "--encoding" in found.describe()
    # the same text in both is no doubt
    assert not find_encoding("Fall,Größe\n1,täglich\n".encode("cp1252"), ColumnCounter(model).understood).others


def test_mixed_bytes_are_told(done: Any) -> None:
    mixed = "Fall,Größe,ALK\n1,groß,+\n2,täglich,-\n".encode() + "3,übel,+\n".encode("cp1252")
    found = done(mixed)
    assert "UTF-8 with 1 byte that is not, the first in line 4" in found.said[0] and "--encoding" in found.said[0]
    assert len(found.p) == 3 and found.p[0] == found.p[2]


def test_constants_keep_ids(done: Any, model: imtdx.Model) -> None:
    found = done(DATA / "t02_excelproof.csv")
    assert found.ids == ["0012", "0013"]
    plain = done("Case,ALK,SMA,Desmin,S-100,Ki-67,Age,Sex\n0012,+,+,-,-,10%,7,f\n0013,+,-,+/-,-,5-10%,8,m\n")
    assert found.p == plain.p and found.issues.empty
    long = done('case_id,marker,value\n="01",ALK,"=""+"""\n="01",SMA,+\n')
    assert long.ids == ["01"] and long.p == done("case_id,marker,value\n01,ALK,+\n01,SMA,+\n").p


def test_near_misses_need_letters(done: Any, model: imtdx.Model) -> None:
    names = [w for m in model.knowledge.markers.values() for w in (m.label, *m.synonyms)]
    layout = detect_layout(["Случай", "ALK", "Возраст", "備考", "Desmine"], model.lexicon)
    assert [h for h, _ in near_misses(layout, names)] in ([], ["Desmine"])
    found = done(DATA / "t05_nearmiss.csv")
    assert not any("rename it" in line for line in found.said)
    assert "not used: Случай, Возраст" in found.said[1]


# --- where the table is ------------------------------------------------------------------------------------------------------------


def test_comments_above_the_header(done: Any) -> None:
    found = done(DATA / "t08_cbioportal.txt")
    assert found.ids == ["P1-T1", "P1-T2", "P2-T1", "P3-T1"]
    assert any("'SAMPLE_ID', which is the id; 'PATIENT_ID' is not used" in line for line in found.said)
    plain = done(
        "id,ALK,SMA,Desmin,Ki-67,sex,age\n1,+,+,-,10,m,7\n2,-,+,-,12,m,9\n3,,+,,,f,11\n4,equivocal,equivocal,NP,,f,\n"
    )
    assert found.p == plain.p


def test_samples_that_repeat_are_no_ids(done: Any, model: imtdx.Model) -> None:
    found = done("PATIENT_ID,SAMPLE_ID,ALK\nP1,T,+\nP2,T,-\n")
    assert found.ids == ["P1", "P2"]
    frame = pd.DataFrame({"PATIENT_ID": ["P1", "P1"], "SAMPLE_ID": ["T1", "T2"], "ALK": ["+", "-"]})
    assert list(model.score(frame)["SAMPLE_ID"]) == ["T1", "T2"]
    assert list(model.score(frame, mapping={"PATIENT_ID": "id"})["PATIENT_ID"]) == ["P1", "P1"]


@pytest.mark.parametrize(
    "above",
    [
        [["Immunohistochemistry 2024"], []],
        [["", "Immunohistochemistry", "", ""]],
        [["# exported by LIS 4"], ["# 2024-01-01"]],
        [["Table 1", "", "", ""], ["see ALK below", "", "", ""]],
    ],
)
def test_titles(above: list[list[str]], done: Any, expected: list[float]) -> None:
    found = done(as_csv([*above, *PLAIN]))
    assert found.p == expected and found.ids == ["a", "b"]
    assert "header in row" in found.said[0]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ([["Case", "IHC", "", ""], ["", "ALK", "SMA", "Ki-67"]], None),
        ([["Case", "ALK", "SMA", "Ki-67"], ["", "result", "result", "%"]], None),
        (
            [["Case", "ALK", "", "SMA", "Ki-67"], ["", "result", "clone", "result", ""]],
            [["a", "+", "D5F3", "-", "10%"], ["b", "-", "", "+", "5%"]],
        ),
        ([["Case", "ALK", "SMA", "Ki-67"], ["", "", "(0-3)", "(%)"]], [["a", "+", "0", "10"], ["b", "-", "+", "5"]]),
    ],
)
def test_two_rows_of_header(
    header: list[list[str]], rows: list[list[str]] | None, done: Any, expected: list[float], tmp_path: Path
) -> None:
    table = [*header, *(rows or PLAIN[1:])]
    found = done(as_csv(table))
    assert found.p == expected and found.ids == ["a", "b"], found.said
    assert done(workbook(tmp_path, S=table)).p == expected


def test_percent_in_the_second_row(done: Any) -> None:
    assert done("Case,ALK,SMA\n,%,%\na,2,60\n").p == done("Case,ALK,SMA\na,2%,60%\n").p


def test_merged_header_and_ids(done: Any, expected: list[float], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        ["Case", "IHC", None, None],
        [None, "ALK", "SMA", "Ki-67"],
        ["a", "+", "-", "10%"],
        ["b", "-", "+", "5%"],
        [None, "+", None, None],
    ]:
        sheet.append(row)
    for area in ("A1:A2", "B1:D1", "A4:A5"):
        sheet.merge_cells(area)
    book.save(tmp_path / "t.xlsx")
    found = done(tmp_path / "t.xlsx")
    assert found.ids == ["a", "b", "b"] and found.p[:2] == expected
    assert any("1 id in column 'Case' stands in more than one row (b)" in line for line in found.said)


def test_sheets(done: Any, expected: list[float], tmp_path: Path) -> None:
    path = workbook(tmp_path, Readme=[["This workbook holds ALK results"], ["ask the lab"]], Old=PLAIN[:2], IHC=PLAIN)
    book = openpyxl.load_workbook(path)
    book["Old"].sheet_state = "hidden"
    book.save(path)
    found = done(path)
    assert found.p == expected
    assert "sheet 'IHC' ('Readme', 'Old' (hidden) not read; --sheet names another)" in found.said[0]
    assert done(path, sheet="Old").p == expected[:1]
    book["IHC"].sheet_state = "hidden"
    book.save(path)
    with pytest.raises(TableError, match="is hidden; give it with --sheet"):
        done(path)
    with pytest.raises(TableError, match="has no sheet 'X'; its sheets are"):
        done(path, sheet="X")
    with pytest.raises(UsageError, match="leave out --sheet"):
        done(as_csv(PLAIN), sheet="X")


def test_hidden_rows_are_told(done: Any, expected: list[float], tmp_path: Path) -> None:
    path = workbook(tmp_path, S=PLAIN)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["C"].hidden = True
    book.save(path)
    found = done(path)
    assert found.p == expected
    assert "1 row hidden or filtered out in the sheet and 1 hidden column, read like the others" in found.said[0]


def test_rows_that_are_no_cases(done: Any, expected: list[float]) -> None:
    table = [
        *PLAIN,
        ["Total", "50%", "50%", "8%"],
        ["合计", "1", "1", ""],
        ["Group B: children younger than five", "", "", ""],
        ["* one case was lost", "", "", ""],
        ["c9", "", "", ""],
    ]
    found = done(as_csv(table))
    assert found.p[:2] == expected
    assert found.rows["n_findings"].tolist()[2:] == [0] * 5
    assert found.issues["row"].tolist() == ["3", "4", "5", "6"]
    assert "looks like a total" in found.issues["problem"][0] and "a title or a footnote" in found.issues["problem"][2]
    assert found.rows["status"].tolist()[-1] == "no_findings"


# --- what a file is ----------------------------------------------------------------------------------------------------------------


def test_contents_before_endings(done: Any, expected: list[float], tmp_path: Path) -> None:
    assert len(done(DATA / "t10m_xlsx_named.csv").p) == 4
    tabs = "\n".join("\t".join(r) for r in PLAIN)
    for name in ("t.xls", "t.dat", "t.xlsx", "t"):
        assert done(tabs, name).p == expected, name
    html = (
        "<html><body><p>IHC</p><table>"
        + "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in r)}</tr>" for r in PLAIN)
        + "</table></body></html>"
    )
    found = done(html, "t.xls")
    assert found.p == expected and found.said[0].endswith("HTML, UTF-8, table 1")
    spans = "<table><tr><th rowspan=2>Case<th colspan=3>IHC<tr><th>ALK<th>SMA<th>Ki-67<tr><td>a<td>+<td>-<td>10%<tr><td>b<td>-<td>+<td>5%</table>"
    assert done(spans, "t.xls").p == expected


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"%PDF-1.7 ...", "t.csv", "is a PDF, not a table"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "t.csv", "is a picture"),
        (bytes(range(1, 32)) * 40, "t.csv", "holds no text"),
        (b"<html><body>session expired</body></html>", "t.xls", "HTML page without a table"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "t.csv", "old Excel workbook"),
        (b"PK\x03\x04" + bytes(100), "t.ods", "damaged or cut"),
    ],
)
def test_what_is_no_table(data: bytes, name: str, message: str, done: Any) -> None:
    with pytest.raises(TableError, match=message):
        done(data, name)


def test_a_broken_style_is_a_message(done: Any, tmp_path: Path) -> None:
    import zipfile

    path = workbook(tmp_path, S=PLAIN)
    with zipfile.ZipFile(path) as book:
        parts = {n: book.read(n) for n in book.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'<c r="A2"', b'<c r="A2" s="99"')
    with zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as book:
        for n, data in parts.items():
            book.writestr(n, data)
    try:
        assert len(done(tmp_path / "broken.xlsx").p) == 2
    except TableError as exc:
        assert "broken.xlsx" in str(exc) and "save it again" in str(exc)


def test_opendocument(done: Any, expected: list[float], tmp_path: Path) -> None:
    pytest.importorskip("odf")
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.style import Style, TableProperties
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    hidden = Style(name="ta2", family="table")
    hidden.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(hidden)
    for name, rows, style in (
        ("Notes", [["ALK is done by us"]], None),
        ("Old", PLAIN[:2], "ta2"),
        ("IHC", PLAIN, None),
    ):
        table = Table(name=name, **({"stylename": style} if style else {}))
        for row in rows:
            line = TableRow()
            for text in row:
                if text.endswith("%"):
                    cell = TableCell(valuetype="percentage", value=str(float(text[:-1]) / 100))
                else:
                    cell = TableCell(valuetype="string")
                cell.addElement(P(text=text))
                line.addElement(cell)
            table.addElement(line)
        blank = TableRow(numberrowsrepeated=1048000)
        blank.addElement(TableCell(numbercolumnsrepeated=1024))
        table.addElement(blank)
        book.spreadsheet.addElement(table)
    book.save(str(tmp_path / "t.ods"))
    found = done(tmp_path / "t.ods")
    assert found.p == expected and found.ids == ["a", "b"]
    assert "sheet 'IHC' ('Notes', 'Old' (hidden) not read" in found.said[0]


def test_opendocument_without_the_library(done: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import zipfile

    monkeypatch.setitem(sys.modules, "odf", None)
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(TableError, match=r"needs odfpy: pip install 'imtdx\[ods\]'"):
        done(tmp_path / "t.ods")


def test_parquet_types(done: Any, model: imtdx.Model, tmp_path: Path) -> None:
    plain = done("case_id,SMA,ALK\na,+,+\nb,-,-\nc,+,\n").p
    assert done(DATA / "t04_binary.parquet").p == plain
    assert done(DATA / "t04_jsonext.parquet").p == plain
    assert done(DATA / "t04_uuidid.parquet").p == done("ALK,SMA\n+,+\n-,-\n+,+\n").p
    import uuid

    ids = [uuid.uuid5(uuid.NAMESPACE_URL, str(k)) for k in range(2)]
    for kind in (pa.binary(16), *([pa.uuid()] if hasattr(pa, "uuid") else [])):
        column = pa.array([i.bytes for i in ids], pa.binary(16))
        column = column if kind == pa.binary(16) else pa.ExtensionArray.from_storage(kind, column)
        pq.write_table(pa.table({"case_id": column, "ALK": ["+", "-"]}), tmp_path / "u.parquet")
        assert done(tmp_path / "u.parquet").ids == [str(i) for i in ids]
    twice = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array([1]), pa.array(["+"]), pa.array([2])], names=["id", "x", "ALK", "x"]
    )
    pq.write_table(twice, tmp_path / "x.parquet")
    assert done(tmp_path / "x.parquet").p == done("id,ALK\na,+\n").p
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["+"]), pa.array(["focal"])], names=["id", "ALK", "ALK"])
    pq.write_table(twice, tmp_path / "y.parquet")
    assert done(tmp_path / "y.parquet").p == done("id,ALK,ALK\na,+,focal\n").p


def test_byte_order_marks(done: Any, expected: list[float]) -> None:
    text = as_csv(PLAIN)
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
    ):
        assert done(mark + text.encode(encoding)).p == expected


# --- from the laboratory system ------------------------------------------------------------------------------------------------------


def test_fhir_bundle(done: Any) -> None:
    pytest.importorskip("fhir.resources")
    found = done(DATA / "bundle.json")
    assert found.ids == ["H23-0012", "r2"]
    plain = done(
        "id,ALK,SMA,Desmin,S-100,Ki-67,age,sex,site,panel\na,+,+ (80%),focal,-,8%,7,f,urinary bladder,\n"
        'b,,,,,,,,,"ALK negative. SMA+, desmin-, CD34 diffusely positive."\n'
    )
    assert found.p == plain.p
    assert found.issues["value"].tolist() == ["CD34"] and "entered-in-error" in found.issues["problem"][0]


def test_one_report_with_contained_results_and_bulk_data(done: Any) -> None:
    pytest.importorskip("fhir.resources")

    def observation(key: str, name: str, **value: Any) -> dict[str, Any]:
        return {"resourceType": "Observation", "id": key, "status": "final", "code": {"text": name}, **value}

    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "IHC"},
        "contained": [
            observation("a", "ALK", valueBoolean=True),
            observation("b", "Ki-67", valueRange={"low": {"value": 5, "unit": "%"}, "high": {"value": 10, "unit": "%"}}),
            observation("c", "SMA", dataAbsentReason={"coding": [{"code": "not-performed"}]}),
            observation("d", "CD34 (%)", valueQuantity={"value": 2}),
        ],
        "result": [{"reference": f"#{k}"} for k in "abcd"],
    }  # fmt: skip
    plain = done("id,ALK,Ki-67,SMA,CD34\nr,+,5-10%,NP,2%\n")
    assert done(json.dumps(report), "report.json").p == plain.p
    singles = [
        observation(k, n, **v) | {"subject": {"reference": "Patient/p"}}
        for k, n, v in (("a", "ALK", {"valueString": "+"}), ("b", "SMA", {"valueString": "-"}))
    ]
    bulk = done("\n".join(json.dumps(o) for o in singles), "o.ndjson")
    assert bulk.ids == ["p"] and bulk.p == done("id,ALK,SMA\np,+,-\n").p


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"resourceType": "Bundle"', "is no JSON"),
        (
            '{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Observation"}}]}',
            "not valid FHIR R4",
        ),
        ('{"resourceType": "Bundle", "type": "collection"}', "holds no results"),
        ('{"resourceType": "Nonsense"}', "not valid FHIR R4"),
    ],
)
def test_broken_fhir(text: str, message: str, done: Any) -> None:
    pytest.importorskip("fhir.resources")
    with pytest.raises(TableError, match=message):
        done(text, "b.json")


def test_hl7_messages(done: Any) -> None:
    pytest.importorskip("hl7")
    found = done(DATA / "messages.hl7")
    assert found.ids == ["H24-0001", "H24-0002"]
    plain = done(
        "id,ALK,SMA,Ki-67,CD34,age,sex,site,panel\na,+,diffuse,8%,<5%,7,f,urinary bladder,\n"
        'b,,,,,44,m,,"ALK negative.\nSMA+\ndesmin-\nCD34 diffusely positive."\n'
    )
    assert found.p == plain.p
    told = dict(zip(found.issues["value"], found.issues["problem"], strict=True))
    assert "declared as a number (OBX-2 NM), and is none" in told["Desmin: strong"]
    assert "marked as deleted" in told["S-100: negative"] and "Picture" in told
    # other line ends, frames of MLLP
    data = (DATA / "messages.hl7").read_bytes()
    assert done(data.replace(b"\r", b"\n"), "m.txt").p == found.p
    assert done(b"\x0b" + data + b"\x1c\r", "m.txt").p == found.p


def test_hl7_without_the_library(done: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "hl7", None)
    with pytest.raises(TableError, match=r"pip install 'imtdx\[lis\]'"):
        done(DATA / "messages.hl7")
