"""The FHIR Bundle: valid R4, numbers of the differential, codes only where they are certain."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from panels import random_panels

import imtdx
from imtdx.panel import Context, Finding, Panel, Unrecognised
from imtdx.report.fhir import as_json

FULL = Panel(
    (
        Finding("ALK", "positive", "ALK (D5F3)+", clone="D5F3", pattern="cytoplasmic"),
        Finding("DES", "focal", "desmin 20 %", low=20.0, high=20.0),
        Finding("S100", "negative"),
        Finding("CD34", "equivocal"),
        Finding("MDM2", "not_done"),
        Finding("STAT6", "not_interpretable"),
        Finding("KI67", "10-15", low=10.0, high=15.0),
        Finding("FISH_ALK", "positive"),
        Finding("MORPH_MYXOID", "positive"),
    ),
    Context(5.0, "male", "mesentery_omentum_peritoneum", "mesentery"),
    (Unrecognised("FOO+", None, "unknown stain"),),
    "a panel",
)


def _resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def test_valid_by_fhir_resources(model: imtdx.Model) -> None:
    reader = pytest.importorskip("fhir.resources.R4B.bundle", reason="fhir.resources is an optional extra")
    for panel in (FULL, Panel(), *random_panels(model, 25, seed=4)):
        data = model.diagnose(panel, draws=2, case_id="B24-1").to_fhir()
        parsed = reader.Bundle.model_validate_json(json.dumps(data, allow_nan=False))
        assert len(parsed.entry) == len(data["entry"])


def test_every_reference_is_in_the_bundle(model: imtdx.Model) -> None:
    data = model.diagnose(FULL, draws=2).to_fhir()
    urls = {e["fullUrl"] for e in data["entry"]}
    assert len(urls) == len(data["entry"])
    (risk,) = _resources(data, "RiskAssessment")
    used = {risk["subject"]["reference"], risk["performer"]["reference"], *(b["reference"] for b in risk["basis"])}
    used |= {o["subject"]["reference"] for o in _resources(data, "Observation")}
    assert used <= urls


def test_numbers_and_order(model: imtdx.Model) -> None:
    dx = model.diagnose(FULL, draws=50)
    (risk,) = _resources(dx.to_fhir(), "RiskAssessment")
    assert [p["outcome"]["text"] for p in risk["prediction"]] == [r.name for r in dx.rows]
    stated = [p["probabilityDecimal"] for p in risk["prediction"]]
    assert stated == pytest.approx([100 * r.probability for r in dx.rows], abs=1.01e-6)
    assert sum(round(1_000_000 * p) for p in stated) == 100_000_000, "percentages of six decimals that sum to 100"


def test_findings(model: imtdx.Model) -> None:
    data = model.diagnose(FULL, draws=2, case_id="<b>").to_fhir()
    by_name = {o["code"]["text"]: o for o in _resources(data, "Observation")}
    assert by_name["ALK"]["valueCodeableConcept"]["text"].startswith("+")
    assert by_name["ALK"]["method"]["text"] == "immunohistochemistry, clone D5F3"
    assert by_name["ALK"]["interpretation"][0]["coding"][0]["code"] == "POS"
    assert by_name["desmin (DES)"]["component"][0]["valueQuantity"]["value"] == 20
    assert by_name["CD34"]["interpretation"][0]["coding"][0]["code"] == "IND"
    assert by_name["MDM2"]["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert "valueCodeableConcept" not in by_name["STAT6"]
    assert by_name["Ki-67 (MKI67)"]["valueRange"]["high"]["value"] == 15
    assert by_name["Age"]["valueQuantity"]["value"] == 5
    assert _resources(data, "Patient") == [
        {"resourceType": "Patient", "identifier": [{"value": "<b>"}], "gender": "male"}
    ]
    (risk,) = _resources(data, "RiskAssessment")
    assert any("FOO+ (unknown stain)" in n["text"] for n in risk["note"])


def test_codes_come_from_the_knowledge(model: imtdx.Model) -> None:
    (risk,) = _resources(model.diagnose(FULL, draws=2).to_fhir(), "RiskAssessment")
    for p, r in zip(risk["prediction"], model.diagnose(FULL, draws=2).rows, strict=True):
        code = model.knowledge.diagnoses[r.id].icd_o
        assert [c["code"] for c in p["outcome"].get("coding", [])] == ([code] if code else [])


def test_same_case_same_bundle(model: imtdx.Model) -> None:
    assert model.diagnose(FULL, draws=2).to_fhir() == model.diagnose(FULL, draws=2).to_fhir()


def test_no_number_has_an_exponent(model: imtdx.Model) -> None:
    dx = model.diagnose(
        "CD117+ DOG1+ KIT mutated, desmin- S100- STAT6- MDM2- ALK- SOX10-", age="2 days", draws=2, case_id='"x": 1e-07'
    )
    text = as_json(dx)
    assert json.loads(text) == dx.to_fhir()
    numbers = re.findall(r'^\s*"\w+": (-?[\d.][^,\n"]*),?$', text, re.MULTILINE)
    assert len(numbers) > 30 and all(re.fullmatch(r"-?\d+(\.\d{1,16})?", n) for n in numbers)
    assert min(float(n) for n in numbers if float(n)) < 1e-4, "one that Python's json writes with an exponent"
