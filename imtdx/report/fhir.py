"""The differential as a FHIR R4 Bundle: a RiskAssessment with one prediction per diagnosis, and the findings as Observations.

Codes are given only where they are certain (ICD-O-3 morphology as the knowledge states it, UCUM units, HL7's own value sets,
LOINC for age); everything else is plain text. Nothing is invented about the patient: no name, no dates.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imtdx.knowledge import Marker
from imtdx.panel import Finding
from imtdx.version import __version__
from imtdx.words import INTENDED_USE, percent, value_words

if TYPE_CHECKING:
    from imtdx.differential import Differential, RankedDiagnosis

__all__ = ["as_json", "bundle"]

_HL7 = "http://terminology.hl7.org/CodeSystem/"
_ICD_O = _HL7 + "icd-o-3"
_UCUM = "http://unitsofmeasure.org"
_INTERPRETATION = {
    "negative": ("NEG", "Negative"),
    "focal": ("POS", "Positive"),
    "diffuse": ("POS", "Positive"),
    "positive": ("POS", "Positive"),
    "equivocal": ("IND", "Indeterminate"),
}
_ABSENT = {"not_done": ("not-performed", "Not Performed"), "not_interpretable": ("error", "Error")}
_CATEGORY = {"morphology": ("exam", "Exam")}


def bundle(dx: Differential) -> dict[str, Any]:
    """A Bundle of type collection as plain data; the same case gives the same Bundle.

    Args:
        dx: the result.
    """
    name = f"{dx.case_id}\n{dx.panel.to_text()}\n{dx.panel.context}\n{dx.model.knowledge.sha256}"
    space = uuid.uuid5(uuid.NAMESPACE_URL, "urn:imtdx:" + name)

    def address(key: str) -> str:
        return f"urn:uuid:{uuid.uuid5(space, key)}"

    patient, device = address("Patient"), address("Device")
    findings = [f for f in dx.panel.findings if f.marker in dx.model.knowledge.markers]
    observations = [(address(f"Observation {f.marker}"), _finding(dx, f, patient)) for f in findings]
    observations += [(address(f"Observation {key}"), resource) for key, resource in _context(dx, patient)]
    entries = [
        (address("RiskAssessment"), _assessment(dx, patient, device, [url for url, _ in observations])),
        (patient, _patient(dx)),
        (device, _device()),
        *observations,
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": url, "resource": r} for url, r in entries],
    }


#: A number on a line of its own that Python writes with an exponent; texts of JSON hold no line ends.
_EXPONENT = re.compile(r'^(\s*"\w+": )(-?[\d.]+e[-+]?\d+)(,?)$', re.MULTILINE)


def as_json(dx: Differential) -> str:
    """The Bundle as JSON, its numbers without exponents: ``0.000001``, where Python's json has ``1e-06``.

    FHIR's decimal allows an exponent; the decimal of XML Schema, which the XML form of a resource is checked by, does not, and some
    programs that turn the one into the other stumble over it.

    Args:
        dx: the result.
    """
    text = json.dumps(bundle(dx), ensure_ascii=False, indent=2, allow_nan=False)
    return _EXPONENT.sub(lambda m: f"{m[1]}{float(m[2]):.15f}".rstrip("0").removesuffix(".") + m[3], text)


def _coded(system: str, code: str, display: str, text: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": text or display}


def _patient(dx: Differential) -> dict[str, Any]:
    out: dict[str, Any] = {"resourceType": "Patient"}
    if dx.case_id:
        out["identifier"] = [{"value": dx.case_id}]
    if dx.panel.context.sex:
        out["gender"] = dx.panel.context.sex
    return out


def _device() -> dict[str, Any]:
    name = {"name": "imtdx", "type": "user-friendly-name"}
    return {"resourceType": "Device", "deviceName": [name], "version": [{"value": __version__}]}


# --- findings ---------------------------------------------------------------------------------------------------------
def _observation(text: str, patient: str, category: tuple[str, str] = ("laboratory", "Laboratory")) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [_coded(_HL7 + "observation-category", *category)],
        "code": {"text": text},
        "subject": {"reference": patient},
    }


def _finding(dx: Differential, finding: Finding, patient: str) -> dict[str, Any]:
    marker = dx.model.knowledge.markers[finding.marker]
    out = _observation(_test_name(marker), patient, _CATEGORY.get(marker.kind, ("laboratory", "Laboratory")))
    if not finding.informative:
        out["dataAbsentReason"] = _coded(_HL7 + "data-absent-reason", *_ABSENT[finding.value])
    elif marker.kind == "index":
        out |= _percentage(finding)
    else:
        out["valueCodeableConcept"] = {"text": value_words(finding, marker)}
        out["interpretation"] = [_coded(_HL7 + "v3-ObservationInterpretation", *_INTERPRETATION[finding.value])]
        if finding.percent is not None:
            out["component"] = [{"code": {"text": "extent of staining"}, **_percentage(finding)}]
    if marker.kind in ("fish", "mutation"):
        out["method"] = {"text": "FISH or sequencing"}
    elif marker.kind in ("ihc", "index", "pattern"):
        out["method"] = {"text": "immunohistochemistry" + (f", clone {finding.clone}" if finding.clone else "")}
    if finding.reported:
        out["note"] = [{"text": f"Reported as: {finding.reported}"}]
    return out


def _test_name(marker: Marker) -> str:
    return (
        f"{marker.label} ({', '.join(marker.genes)})"
        if marker.genes and marker.genes != (marker.label,)
        else marker.label
    )


def _quantity(value: float, unit: str, code: str, comparator: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {"value": value, "unit": unit, "system": _UCUM, "code": code}
    return out | {"comparator": comparator} if comparator else out


def _percentage(finding: Finding) -> dict[str, Any]:
    """A reported percentage: a number, a bound or a range."""
    assert finding.low is not None and finding.high is not None
    if finding.value[:1] in "<>":
        bound = finding.high if finding.value[0] == "<" else finding.low
        return {"valueQuantity": _quantity(bound, "%", "%", finding.value[0])}
    if finding.low == finding.high:
        return {"valueQuantity": _quantity(finding.low, "%", "%")}
    return {"valueRange": {"low": _quantity(finding.low, "%", "%"), "high": _quantity(finding.high, "%", "%")}}


def _context(dx: Differential, patient: str) -> list[tuple[str, dict[str, Any]]]:
    """Age and site; the sex is the patient's."""
    context, out = dx.panel.context, []
    if context.age is not None:
        age = _observation("Age", patient, ("exam", "Exam"))
        age["code"] = _coded("http://loinc.org", "30525-0", "Age")
        age["valueQuantity"] = _quantity(round(context.age, 6), "years", "a")
        out.append(("age", age))
    if context.site:
        site = _observation("Site of the lesion", patient, ("exam", "Exam"))
        site["valueCodeableConcept"] = {"text": context.site_reported or context.site.replace("_", " ")}
        out.append(("site", site))
    return out


# --- the assessment ---------------------------------------------------------------------------------------------------
def _assessment(dx: Differential, patient: str, device: str, basis: list[str]) -> dict[str, Any]:
    k = dx.model.knowledge
    knowledge = f"knowledge {k.network.get('version', '')} (sha256 {k.sha256})"
    out: dict[str, Any] = {
        "resourceType": "RiskAssessment",
        "status": "preliminary",
        "method": {
            "text": f"Bayesian network of published counts: imtdx {__version__}, {knowledge}, prior {dx.model.prior_name}"
        },
        "code": {"text": "Differential diagnosis of a spindle-cell lesion from an immunohistochemical panel"},
        "subject": {"reference": patient},
        "performer": {"reference": device},
        "prediction": [
            _prediction(dx, r, p) for r, p in zip(dx.rows, _percentages([r.probability for r in dx.rows]), strict=True)
        ],
        "note": [{"text": text} for text in _notes(dx)],
    }
    if basis:
        out["basis"] = [{"reference": url} for url in basis]
    return out


def _percentages(probabilities: Sequence[float]) -> list[float]:
    """Percentages of six decimals that sum to exactly 100: what rounding leaves over goes to those it took most from.

    Args:
        probabilities: summing to 1.
    """
    millionths = [100_000_000 * p for p in probabilities]
    whole = [int(m) for m in millionths]
    lost = sorted(range(len(whole)), key=lambda k: whole[k] - millionths[k])
    for k in lost[: 100_000_000 - sum(whole)]:
        whole[k] += 1
    return [w / 1_000_000 for w in whole]


def _prediction(dx: Differential, r: RankedDiagnosis, percentage: float) -> dict[str, Any]:
    record = dx.model.knowledge.diagnoses[r.id]
    outcome: dict[str, Any] = {"text": r.name}
    if record.icd_o:
        outcome["coding"] = [{"system": _ICD_O, "code": record.icd_o}]
    interval = f"{percent(r.low)} to {percent(r.high)}"
    return {
        "outcome": outcome,
        # R4 states probabilities in percent ("Decimal values are expressed as percentages", at most 100)
        "probabilityDecimal": percentage,
        "rationale": f"95 % credible interval {interval}; prior {percent(r.prior)}; log10 Bayes factor {r.log10_bf:+.2f}",
    }


def _notes(dx: Differential) -> list[str]:
    tests = dx.next_tests(3)
    unread = "; ".join(f"{u.text} ({u.reason})" if u.reason else u.text for u in dx.panel.unrecognised)
    return [
        INTENDED_USE,
        dx.conflict.sentence + ".",
        *(r.text for r in dx.panel.remarks),
        *(f.text for f in dx.flags),
        *([tests.stop] if tests.stop else [t.why for t in tests]),
        *tests.driver_workup,
        *([f"Not used: {unread}"] if unread else []),
    ]
