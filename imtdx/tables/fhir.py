"""FHIR R4: a Bundle, a DiagnosticReport or Observations, checked by fhir.resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imtdx.errors import TableError
from imtdx.tables.chunks import Known
from imtdx.tables.lisrows import EXTRA, INTERPRETATION, Rows, name_of, years

__all__ = ["Fhir"]

#: Statuses of results that do not stand.
_VOID = frozenset({"cancelled", "entered-in-error", "unknown"})


class Fhir:
    """Reads resources as plain data, after fhir.resources has checked them against R4."""

    def __init__(self, path: Path, known: Known, made: Rows) -> None:
        self._path, self._known, self._made = path, known, made
        self._found: dict[str, dict[str, Any]] = {}

    def read(self, text: str) -> str:
        """Every report; says what was read."""
        resources = [r for document in self._documents(text) for r in self._checked(document)]
        reports = [r for _, r in resources if r["resourceType"] == "DiagnosticReport"]
        used: set[int] = set()
        for report in reports:
            used |= self._report(report)
        rest = [r for _, r in resources if r["resourceType"] == "Observation" and id(r) not in used]
        members = {id(self._at(m)) for r in rest for m in r.get("hasMember", ())}
        for observation in rest:
            if id(observation) not in members:
                self._case_of_observation(observation)
        return f"FHIR R4, {len(reports)} DiagnosticReport{'s' if len(reports) != 1 else ''}, {len(rest)} other Observations"

    def _documents(self, text: str) -> Iterator[Any]:
        """One JSON document, or one a line (bulk data)."""
        try:
            yield json.loads(text)
            return
        except ValueError as exc:
            lines = [line for line in text.splitlines() if line.strip()]
            if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines[:2]):
                raise TableError(f"{self._path} is no JSON ({exc}); get a complete copy") from None
        for k, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except ValueError as exc:
                raise TableError(f"{self._path}, line {k} is no JSON ({exc}); get a complete copy") from None

    def _checked(self, document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """The resources of a document, with their address."""
        try:
            from fhir.resources.R4B import get_fhir_model_class
        except ImportError:
            raise TableError(f"{self._path} is FHIR, which needs fhir.resources: {EXTRA}") from None
        kind = document.get("resourceType") if isinstance(document, dict) else None
        if not isinstance(kind, str):
            raise TableError(f"{self._path} is JSON and no FHIR resource; it needs a resourceType, such as Bundle")
        try:
            get_fhir_model_class(kind).model_validate(document)
        except KeyError:
            raise TableError(f"{self._path}: {kind!r} is no resource of FHIR R4") from None
        except Exception as exc:
            errors = getattr(exc, "errors", None)
            first = errors()[0] if callable(errors) else {"loc": (), "msg": str(exc)}
            where = ".".join(str(p) for p in first["loc"]) or kind
            raise TableError(f"{self._path} is not valid FHIR R4: {where}: {first['msg']}") from None
        entries = [document]
        if kind == "Bundle":
            entries = []
            for entry in document.get("entry", ()):
                if resource := entry.get("resource"):
                    self._found[entry.get("fullUrl", "")] = resource
                    entries.append(resource)
        for resource in entries:
            self._found[f"{resource['resourceType']}/{resource.get('id', '')}"] = resource
            yield "", resource

    def _at(self, reference: Any, within: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What a reference points to, empty where it is not in the file."""
        address = reference.get("reference", "") if isinstance(reference, dict) else ""
        if address.startswith("#"):
            return next((r for r in (within or {}).get("contained", ()) if r.get("id") == address[1:]), {})
        found = self._found.get(address) or self._found.get("/".join(address.split("/")[-2:]))
        return found or {}

    def _report(self, report: dict[str, Any]) -> set[int]:
        """A report as a case; the observations it took."""
        case = _identity(report, self._at(report.get("subject"), report), report.get("subject"))
        used: set[int] = set()
        if report.get("status") in _VOID:
            self._made.refuse(case, "report", "", f"the report is {report['status']}, and is not read")
            return {id(self._at(r, report)) for r in report.get("result", ())}
        self._context(case, report, report)
        missing = 0
        for reference in report.get("result", ()):
            observation = self._at(reference, report)
            if observation:
                used |= self._observation(case, observation, report)
            else:
                missing += 1
        if missing:
            self._made.refuse(
                case,
                "report",
                "",
                f"{missing} of its results are not in the file",
                "export the report with its Observations",
            )
        conclusion = report.get("conclusion", "").strip()
        if conclusion:
            self._made.add(case, "panel", conclusion)
        return used

    def _case_of_observation(self, observation: dict[str, Any]) -> None:
        """An observation of no report: the specimen, else the patient, is the case."""
        subject = observation.get("subject")
        specimen = self._at(observation.get("specimen"), observation)
        case = _identity(specimen, {}, observation.get("specimen")) or _identity(
            {}, self._at(subject, observation), subject
        )
        if not any(row[0] == case for row in self._made.rows[-1:]):
            self._context(case, observation, observation)
        self._observation(case, observation, observation)

    def _context(self, case: str, resource: dict[str, Any], within: dict[str, Any]) -> None:
        """Age, sex and site of a case."""
        patient = self._at(resource.get("subject"), within)
        if patient.get("gender"):
            self._made.add(case, "sex", patient["gender"])
        then = (
            resource.get("effectiveDateTime")
            or resource.get("effectivePeriod", {}).get("start")
            or resource.get("issued")
            or ""
        )
        age = years(patient.get("birthDate", ""), then)
        if age is not None:
            self._made.add(case, "age", age)
        specimens = resource.get("specimen", ())
        for reference in specimens if isinstance(specimens, (list, tuple)) else [specimens]:
            site = self._at(reference, within).get("collection", {}).get("bodySite")
            if site:
                self._made.add(case, "site", _words(site))
                break

    def _observation(self, case: str, observation: dict[str, Any], within: dict[str, Any]) -> set[int]:
        """One observation and those it holds; which these were."""
        used = {id(observation)}
        for reference in observation.get("hasMember", ()):
            member = self._at(reference, within)
            if member:
                used |= self._observation(case, member, within)
        code = observation.get("code", {})
        names = [
            code.get("text", ""),
            *(c.get("display", "") for c in code.get("coding", ())),
            *(c.get("code", "") for c in code.get("coding", ())),
        ]
        if any(c.get("code") == "30525-0" for c in code.get("coding", ())):
            names = ["age"]
        name = name_of(names, self._known)
        if name.casefold() in ("site of the lesion", "body site", "anatomic site"):
            name = "site"
        if observation.get("status") in _VOID:
            self._made.refuse(case, name, "", f"the Observation is {observation['status']}, and is not read")
            return used
        value = _value(observation)
        percent = ""
        for part in observation.get("component", ()):
            part_value = _value(part)
            part_name = name_of(
                [part["code"].get("text", ""), *(c.get("display", "") for c in part["code"].get("coding", ()))],
                self._known,
            )
            if self._known([part_name]):
                self._made.add(case, part_name, part_value)
            elif part_value and part_value.endswith("%") and not percent:
                percent = part_value
            else:
                self._made.refuse(
                    case, f"{name}, {part_name}", part_value or "", "the component is no stain, and is not read"
                )
        if value is None and not percent:
            if not observation.get("hasMember") and not observation.get("component"):
                self._made.refuse(case, name, "", "the Observation has no value")
            return used
        self._made.add(case, name, f"{value} ({percent})" if value and percent else value or percent)
        return used


def _identity(resource: Mapping[str, Any], patient: Mapping[str, Any], reference: Any) -> str:
    """The number of a report, else its id, else that of the patient."""
    for r in (resource, patient):
        numbers = r.get("identifier") or r.get("accessionIdentifier") or ()
        for number in numbers if isinstance(numbers, (list, tuple)) else [numbers]:
            if number.get("value"):
                return str(number["value"])
        if r.get("id"):
            return str(r["id"])
    return str(reference.get("reference", "")).split("/")[-1] if isinstance(reference, dict) else ""


def _words(concept: Mapping[str, Any]) -> str:
    """The words of a CodeableConcept, without SNOMED's semantic tag."""
    text = concept.get("text") or next((c["display"] for c in concept.get("coding", ()) if c.get("display")), "")
    text = text or next((c.get("code", "") for c in concept.get("coding", ())), "")
    return re.sub(r"\s*\((?:qualifier value|finding|body structure|morphologic abnormality)\)\s*\Z", "", text)


def _quantity(q: Mapping[str, Any]) -> str:
    unit = q.get("unit") or q.get("code") or ""
    number = f"{q.get('comparator', '')}{q['value']:g}" if "value" in q else ""
    if unit in ("%", "percent", "% of cells"):
        return f"{number}%"
    return number if unit in ("", "1", "{score}", "score", "a", "years", "year") else f"{number} {unit}"


def _value(resource: Mapping[str, Any]) -> str | None:
    """The value of an Observation or component in the notation of reports."""
    if "valueCodeableConcept" in resource:
        concept = resource["valueCodeableConcept"]
        code = next((c.get("code", "") for c in concept.get("coding", ())), "")
        return _words(concept) if _words(concept) != code else INTERPRETATION.get(code, code)
    if "valueQuantity" in resource:
        return _quantity(resource["valueQuantity"])
    if "valueRange" in resource:
        low, high = (resource["valueRange"].get(k, {}) for k in ("low", "high"))
        if "value" in low and "value" in high:
            return f"{low['value']:g}-{_quantity(high)}"
        return f"<{_quantity(high)}" if "value" in high else f">{_quantity(low)}"
    if "valueBoolean" in resource:
        return "positive" if resource["valueBoolean"] else "negative"
    for kind in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if kind in resource:
            return str(resource[kind]).strip()
    if "dataAbsentReason" in resource:
        code = next((c.get("code", "") for c in resource["dataAbsentReason"].get("coding", ())), "")
        return "not interpretable" if code == "error" else "not done"
    for concept in resource.get("interpretation", ()):
        for coding in concept.get("coding", ()):
            if coding.get("code") in INTERPRETATION:
                return INTERPRETATION[coding["code"]]
    return None
