"""Which keys a record of the YAML knowledge may have, and readers that name record, place and mend when one is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from imtdx._yaml import Located, where
from imtdx.errors import KnowledgeError, did_you_mean

__all__ = ["Record"]

POPULATIONS = ("unknown", "pediatric", "adult", "mixed")
LEVELS = ("negative", "rare", "variable", "usual", "consistent")
USES = ("pooled", "conditional", "selected", "definition")
BASES = ("count", "pct", "qualitative")
BEHAVIOURS = ("benign", "intermediate", "malignant", "unknown")
# the chapters of WHO Soft Tissue and Bone 2020, with those of the neighbouring volumes; "reactive" is no neoplasm
LINEAGES = (
    "adipocytic", "fibroblastic", "fibrohistiocytic", "vascular", "perivascular", "smooth muscle", "skeletal muscle",
    "gastrointestinal stromal", "nerve sheath", "melanocytic", "haematolymphoid", "epithelial or mesothelial",
    "endometrial stromal", "round cell", "reactive", "uncertain", "unknown",
)  # fmt: skip
MARKER_KINDS = ("ihc", "index", "pattern", "fish", "mutation", "morphology")

# key -> required
MARKER = {
    "label": True,
    "kind": True,
    "genes": False,
    "background": False,
    "clones": False,
    "synonyms": False,
    "sense": False,
}
SOURCE = {
    "citation": True, "title": True, "year": False, "doi": False, "pmid": False, "pmcid": False, "url": False, "unlinked": False, "study_type": False, "n_cases": False,
}  # fmt: skip
PRIOR = {"description": True, "basis": True, "weights": False, "incidence": False}
STUDY = {
    "source": True, "positive": False, "total": False, "focal": False, "level": False, "criterion": False, "clone": False,
    "given": False, "population": False, "site": False, "site_reported": False, "basis": False, "use": False, "verbatim": False,
    "printed": False, "where": False, "note": False,
}  # fmt: skip
CONTEXT_ROW = {
    "category": True,
    "count": True,
    "source": True,
    "total": False,
    "population": False,
    "use": False,
    "basis": False,
    "note": False,
}
KI67_ROW = {
    "source": True, "n": False, "mean": False, "median": False, "min": False, "max": False, "values": False, "threshold": False,
    "n_above_threshold": False, "use": False, "note": False,
}  # fmt: skip
CONFIDENCES = ("A", "B", "C")
JUDGED_RATE = {
    "percent": True, "confidence": True, "note": False, "elicited": False, "was": False, "reason": False, "reviews": False,
}  # fmt: skip
REVIEW = {"role": True, "date": True, "percent": True, "note": False}
JUDGED_DIAGNOSIS = {
    "id": True, "rates": False, "fusions": False, "ordered": False, "ki67": False, "age": False, "male": False,
}  # fmt: skip
DIAGNOSIS = {
    "id": True, "name": True, "abbreviation": True, "synonyms": False, "lineage": False, "behaviour": False, "icd_o": False, "signature": False, "remark": False,
    "evidence": False, "context": False, "ki67": False,
}  # fmt: skip


class Record:
    """A mapping under a set of allowed keys.

    Args:
        raw (Any): the record as read.
        keys (Mapping[str, bool]): allowed keys, True where required.
        what (str): how to call it in messages.

    Raises:
        KnowledgeError: not a mapping, an unknown key (with the nearest known one), a required key missing.
    """

    def __init__(self, raw: Any, keys: Mapping[str, bool], what: str) -> None:
        if not isinstance(raw, Mapping):
            raise KnowledgeError(f"{what}: expected 'key: value' pairs, got {raw!r}")
        for key in raw:
            if key not in keys:
                hint = did_you_mean(key, keys, f"known keys: {', '.join(keys)}")
                raise KnowledgeError(f"{what}: unknown key {key!r}; {hint}", where(raw, key))
        for key, required in keys.items():
            if required and raw.get(key) in (None, ""):
                raise KnowledgeError(f"{what}: {key!r} is missing; add it", where(raw))
        self.raw, self.what = raw, what

    def _fail(self, key: str, message: str) -> KnowledgeError:
        return KnowledgeError(f"{self.what}: {key} {message}", where(self.raw, key))

    def text(self, key: str, default: str = "") -> str:
        """A scalar as text."""
        value = self.raw.get(key, default)
        if isinstance(value, (Mapping, list)):
            raise self._fail(key, "must be one value, not a list")
        return "" if value is None else str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words; one word stands for a list of one."""
        value = self.raw.get(key)
        if value is None:
            return ()
        if isinstance(value, Mapping):
            raise self._fail(key, "must be a list of words")
        return tuple(str(v) for v in (value if isinstance(value, list) else [value]))

    def optional_number(self, key: str, low: float | None = None, high: float | None = None) -> float | None:
        """A number, or ``None`` when the key is not there."""
        if self.raw.get(key) is None:
            return None
        value = self.raw[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._fail(key, f"must be a number, not {value!r}")
        if (low is not None and value < low) or (high is not None and value > high) or value != value:
            raise self._fail(key, f"{value:g} is out of range")
        return float(value)

    def number(self, key: str, default: float = 0.0, low: float | None = None, high: float | None = None) -> float:
        """A number with a default."""
        value = self.optional_number(key, low, high)
        return default if value is None else value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of a list of words."""
        value = self.text(key, default or "")
        if value not in allowed and value != default:
            hint = did_you_mean(value, allowed, f"use one of {', '.join(allowed)}")
            raise self._fail(key, f"is {value!r}; {hint}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            raise self._fail(key, "must be true or false")
        return value

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A nested mapping, empty when the key is not there."""
        value = self.raw.get(key)
        if value is None:
            return Located()
        if not isinstance(value, Mapping):
            raise self._fail(key, "must be 'key: value' pairs")
        return value

    def reference(self, key: str, known: Mapping[str, Any], kind: str) -> str:
        """The id of a record that must exist."""
        value = self.text(key)
        if value not in known:
            hint = did_you_mean(value, known, f"add it to {kind}s.yaml")
            raise self._fail(key, f"{value!r} is not a known {kind}; {hint}")
        return value

    @staticmethod
    def rows(value: Any, what: str, at: str) -> list[Any]:
        """A list of records."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise KnowledgeError(f"{what}: expected a list of records, each starting with '-'", at)
        return value

    @staticmethod
    def positive_number(value: Any, what: str, at: str, zero: bool = False) -> float:
        """A number above zero (or from zero on)."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0 or (value == 0 and not zero):
            raise KnowledgeError(f"{what} must be a number {'from 0 on' if zero else 'above 0'}, not {value!r}", at)
        return float(value)
