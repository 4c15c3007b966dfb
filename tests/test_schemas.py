"""What the program writes, by its own JSON Schemas; and version, date, knowledge and citation key in every output."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from panels import random_panels

import imtdx
from imtdx.cli import cli
from imtdx.errors import UnknownNameError, UsageError
from imtdx.provenance import CITATION_KEY, made_on
from imtdx.report.schemas import SCHEMAS, load_schema
from imtdx.tables import score_table
from imtdx.version import __version__

jsonschema = pytest.importorskip("jsonschema")

#: 2001-09-09
EPOCH = "1000000000"
TEXTS = {
    "plain": "ALK+ SMA+ desmin focal CD117- Ki-67 10%",
    "contradiction": "ALK+ SMA+ S100+; S100- Ki-67 10%",
    "report": "5-year-old boy, mesentery. Spindle cells, no necrosis. ALK1 (clone 5A4) strong cytoplasmic; desmin 30 %; CD34 +/-",
    "not used": "ALK+ SMA+ CD138-",
    "one": "ALK not done; SMA+",
    "unread": "SMA positive. The S100 stain shows xx. CD34 result FOO",
}


def validator(name: str) -> Any:
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def errors(name: str, data: Any) -> list[str]:
    return [f"{e.json_path}: {e.message[:200]}" for e in validator(name).iter_errors(data)]


def test_schemas_are_in_the_package_and_name_themselves() -> None:
    for name, identifier in SCHEMAS.items():
        assert load_schema(name)["$id"] == identifier == load_schema(identifier)["$id"]
    with pytest.raises(UnknownNameError):
        load_schema("diferential")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("complete", [False, True])
def test_differential(model: imtdx.Model, name: str, complete: bool) -> None:
    dx = model.diagnose(model.panel(TEXTS[name], complete=complete), draws=20, case_id="A")
    data = json.loads(dx.to_json())
    assert errors("differential", data) == []
    assert bool(data["panel"]["contradictions"]) == (name == "contradiction")
    assert bool(data["panel"]["unread"]) == (name == "unread")
    assert data["panel"]["complete"] == complete


def test_differential_of_random_panels(model: imtdx.Model) -> None:
    for panel in random_panels(model, 12, seed=5, most=12):
        assert errors("differential", model.diagnose(panel, draws=5).to_dict()) == []


def test_a_key_that_is_not_described_is_noticed(model: imtdx.Model) -> None:
    data = model.diagnose("ALK+ SMA+", draws=5).to_dict()
    assert errors("differential", data | {"new": 1})
    assert errors("differential", {k: v for k, v in data.items() if k != "flags"})
    data["ranking"][0]["probability"] = 1.5
    assert errors("differential", data)


@pytest.mark.parametrize("text", [*TEXTS.values(), "FOO+ ALK+ S100+; S100-"])
def test_reading(text: str) -> None:
    done = CliRunner().invoke(cli, ["read", text, "--json"], env={"SOURCE_DATE_EPOCH": EPOCH})
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert errors("reading", data) == []
    assert (data["date"], data["citation_key"], data["imtdx_version"]) == ("2001-09-09", CITATION_KEY, __version__)
    assert bool(data["unread"]) == ("FOO" in text)  # unreadable results
    bare = imtdx.read_report(text).to_dict()
    assert errors("reading", bare) == [] and errors("reading", bare | {"date": "2001-09-09"})


CASES = "case_id,ALK,SMA,Desmin,S100,age\nA,+,+,-,-,5\nB,-,+,dubious word,,40\nC,,,,,\nD,+,+,+ and -,,12\n"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
@pytest.mark.parametrize("more", [{}, {"full": True, "intervals": True, "draws": 50}])
def test_score(
    model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, more: dict[str, Any]
) -> None:
    import pandas as pd

    source, out = tmp_path / "t.csv", tmp_path / f"out{ending}"
    source.write_text(CASES)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    score_table(model, source, out, **more)
    read = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}[ending]
    rows = read(out).to_dict("records")
    assert len(rows) == 4 and ("low_imt" in rows[0]) == bool(more)
    for row in rows:
        plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}
        assert errors("score", plain) == []
    about = json.loads((tmp_path / f"out{ending}.about.json").read_text())
    assert errors("about", about) == []
    assert about["date"] == "2001-09-09" and about["rows"] == 4
    assert about["knowledge"]["sha256"] == model.knowledge.sha256
    if ending == ".parquet":
        import pyarrow.parquet as pq

        facts = pq.read_metadata(out).metadata
        assert facts[b"imtdx_knowledge_sha256"].decode() == model.knowledge.sha256
        assert facts[b"imtdx_citation_key"].decode() == CITATION_KEY


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_is_the_same_on_another_day(
    model: imtdx.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    (tmp_path / "t.csv").write_text(CASES)
    out, seen = tmp_path / f"out{ending}", []
    for epoch in (EPOCH, "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        score_table(model, tmp_path / "t.csv", out)
        seen.append((out.read_bytes(), (tmp_path / f"out{ending}.about.json").read_bytes()))
    assert seen[0][0] == seen[1][0] and seen[0][1] != seen[1][1]


def test_a_file_of_someone_else_is_not_replaced(model: imtdx.Model, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CASES)
    other = tmp_path / "out.csv.about.json"
    other.write_text("my notes")
    with pytest.raises(imtdx.errors.OutputError, match="earlier run"):
        score_table(model, tmp_path / "t.csv", tmp_path / "out.csv")
    assert other.read_text() == "my notes" and not (tmp_path / "out.csv").exists()


def test_every_output_says_how_it_was_made(model: imtdx.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    from imtdx.report.batch import batch_report
    from imtdx.report.heatmap import knowledge_heatmap

    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    dx = model.diagnose("ALK+ SMA+ desmin-", draws=20)
    outputs = {
        "text": dx.to_text(),
        "explained": dx.to_text(explain=True),
        "json": dx.to_json(),
        "html": dx.to_html(),
        "batch": batch_report(model, [("A", dx.panel)]),
        "heat map": knowledge_heatmap(model, ["imt"], ["ALK"]),
        "read": CliRunner().invoke(cli, ["read", "ALK+"]).stdout,
    }
    for name, text in outputs.items():
        words = " ".join(text.split())
        for told in (__version__, "2001-09-09", CITATION_KEY, model.knowledge.sha256[:12]):
            assert told in words, (name, told)


def test_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    assert made_on() == "2001-09-09"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        made_on()
