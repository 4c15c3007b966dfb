"""HL7 v2 messages of results (ORU), taken apart by the library hl7; the types of OBX segments are checked here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imtdx.errors import TableError
from imtdx.tables.chunks import Known
from imtdx.tables.lisrows import EXTRA, INTERPRETATION, Rows, name_of, years

__all__ = ["Hl7"]

#: OBX-11 of results that do not stand.
_VOID_OBX = {"D": "deleted", "W": "wrong"}
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_TEXT_TYPES = frozenset({"ST", "TX", "FT"})
_CODED_TYPES = frozenset({"CE", "CWE", "CNE", "IS", "ID"})


class Hl7:
    """Reads ORU messages; the types of OBX segments are checked here, since libraries let words under NM (number) pass."""

    def __init__(self, path: Path, known: Known, made: Rows) -> None:
        self._path, self._known, self._made = path, known, made

    def read(self, text: str) -> str:
        """Every message; says what was read."""
        try:
            import hl7
        except ImportError:
            raise TableError(f"{self._path} holds HL7 v2 messages, which need the library hl7: {EXTRA}") from None
        text = re.sub(r"[\x0b\x1c]", "\n", text)
        parts = [p for p in re.split(r"\n(?=MSH)", "\n" + text) if p.strip().startswith("MSH")]
        version = ""
        for k, part in enumerate(parts, start=1):
            lines = [line for line in part.split("\n") if line.strip() and not re.match(r"[FB][HT]S", line)]
            try:
                message = hl7.parse("\r".join(lines) + "\r")
                kind = str(message.segment("MSH")[9])
                version = str(message.segment("MSH")[12])
            except Exception as exc:
                raise TableError(f"{self._path}, message {k} is no HL7 v2 ({exc}); get a complete copy") from None
            if not kind.startswith("ORU"):
                self._made.refuse(f"message {k}", "MSH-9", kind, "not a message of results (ORU), and is not read")
                continue
            self._message(message, k)
        return f"HL7 v{version or '2'}, {len(parts)} message{'s' if len(parts) != 1 else ''}"

    def _message(self, message: Any, number: int) -> None:
        patient = {"case": "", "sex": "", "born": ""}
        case = ""
        text: list[str] = []
        reported: set[str] = set()

        def told() -> None:
            """Close the narrative of a report."""
            if text:
                self._made.add(case, "panel", "\n".join(text))
                text.clear()

        for segment in message:
            kind = str(segment[0])
            if kind == "PID":
                patient = {
                    "case": _part(message, segment, 3),
                    "sex": _part(message, segment, 8),
                    "born": _part(message, segment, 7),
                }
            elif kind == "OBR":
                told()
                case = (
                    _part(message, segment, 3) or _part(message, segment, 2) or patient["case"] or f"message {number}"
                )
                if case not in reported:
                    reported.add(case)
                    self._context(case, patient, _part(message, segment, 7) or _part(message, segment, 22))
                if _part(message, segment, 25) in ("X",):
                    self._made.refuse(case, "OBR", "", "the order was cancelled")
            elif kind == "SPM":
                site = _part(message, segment, 8, 2) or _part(message, segment, 8)
                if site:
                    self._made.add(case, "site", site)
            elif kind == "OBX":
                case = case or patient["case"] or f"message {number}"
                self._obx(message, segment, case, text)
        told()

    def _context(self, case: str, patient: Mapping[str, str], then: str) -> None:
        if patient["sex"]:
            self._made.add(
                case, "sex", {"A": "other", "O": "other", "N": "unknown"}.get(patient["sex"], patient["sex"])
            )
        age = years(patient["born"], then)
        if age is not None:
            self._made.add(case, "age", age)

    def _obx(self, message: Any, segment: Any, case: str, text: list[str]) -> None:
        """One result."""
        kind, status = _part(message, segment, 2), _part(message, segment, 11)
        name = name_of([_part(message, segment, 3, k) for k in (2, 5, 1, 4)], self._known)
        raw = _repeats(message, segment, 5)
        shown = " ".join(raw)[:120]
        if status in _VOID_OBX:
            self._made.refuse(
                case, name, shown, f"the result is marked as {_VOID_OBX[status]} (OBX-11 {status}), and is not read"
            )
            return
        if status == "X":
            self._made.add(case, name, "not done")
            return
        if kind in ("ED", "RP"):
            self._made.refuse(
                case, name, "", f"a document or a picture (OBX-2 {kind}) holds no result that can be read"
            )
            return
        if not any(raw):
            flag = _part(message, segment, 8)
            if flag in INTERPRETATION:
                self._made.add(case, name, INTERPRETATION[flag])
            else:
                self._made.refuse(case, name, "", "the segment has no value (OBX-5)")
            return
        if kind in _TEXT_TYPES and not self._known([name]):
            # a paragraph of the report
            text += [line for line in raw if line]
            return
        unit = _part(message, segment, 6)
        percent = "%" if unit in ("%", "percent", "pct") else ""
        for value in raw:
            self._value(case, name, kind, value, percent)

    def _value(self, case: str, name: str, kind: str, value: str, percent: str) -> None:
        if kind == "NM":
            if not _NUMBER.fullmatch(value):
                why = "declared as a number (OBX-2 NM), and is none; it is not read"
                self._made.refuse(case, name, value, why, "have the interface send words as ST or CWE")
                return
            self._made.add(case, name, value + percent)
        elif kind == "SN":
            pieces = [p.strip() for p in ([*value.split("^"), "", "", "", ""])[:4]]
            comparator, first, separator, second = pieces
            if not _NUMBER.fullmatch(first) or (second and (separator != "-" or not _NUMBER.fullmatch(second))):
                why = "no structured number (OBX-2 SN) that can be read"
                self._made.refuse(case, name, value, why, "such as <^5 or ^10^-^20")
                return
            self._made.add(case, name, f"{comparator}{first}{'-' + second if second else ''}{percent}")
        elif kind in _CODED_TYPES:
            code, _, rest = value.partition("^")
            words = rest.split("^")[0] if rest else ""
            self._made.add(case, name, words or INTERPRETATION.get(code, code))
        elif kind in _TEXT_TYPES:
            self._made.add(case, name, value.replace("^", " ") + (percent if _NUMBER.fullmatch(value) else ""))
        else:
            what = f"OBX-2 {kind}" if kind else "no type in OBX-2"
            self._made.refuse(
                case,
                name,
                value,
                f"not a type of result that is read ({what})",
                "ST, TX, FT, NM, SN, CE and CWE are read",
            )


def _plain_text(message: Any, text: str) -> str:
    """A piece of a message without escape sequences: line breaks as line feeds, marks of highlighting as nothing."""
    plain = re.sub(r"\\\.(?:br|sp\d*|ce)\\", "\n", text)
    return str(message.unescape(plain, {"H": "", "N": ""})).strip()


def _part(message: Any, segment: Any, place: int, component: int = 1) -> str:
    """A component of the first repetition of a field."""
    try:
        text = str(segment[place])
    except IndexError:
        return ""
    parts = text.split("~")[0].split("^")
    return _plain_text(message, parts[component - 1]) if component <= len(parts) else ""


def _repeats(message: Any, segment: Any, place: int) -> list[str]:
    """The repetitions of a field, components still marked."""
    try:
        return [_plain_text(message, p) for p in str(segment[place]).split("~")]
    except IndexError:
        return []
