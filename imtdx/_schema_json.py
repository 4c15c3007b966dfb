"""The JSON Schema of the knowledge files, made from the tables that the loader checks by, so that editors complete and check.

``python -m imtdx._schema_json`` writes them to knowledge/schema/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imtdx import _schema as s
from imtdx import remarks as r

__all__ = ["schemas", "write_schemas"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": ["string", "number"]}
_COUNT = {"type": "number", "minimum": 0}
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
_WEIGHT = {"type": "number", "exclusiveMinimum": 0}
_WORDS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "number"]}}]}


def _choice(words: tuple[str, ...]) -> dict[str, Any]:
    return {"enum": list(words)}


# what a key may hold, with the word an editor shows; keys not named here hold text
_STUDY: dict[str, dict[str, Any]] = {
    "source": {"type": "string", "description": "id of the source in sources.yaml"},
    "positive": {**_COUNT, "description": "positive cases; give 'total' too"},
    "total": {"type": "number", "minimum": 1, "description": "cases tested"},
    "focal": {**_COUNT, "description": "how many of the positive were focal or weak, where told"},
    "level": {**_choice(s.LEVELS), "description": "the word, where the text gives no count"},
    "criterion": {**_TEXT, "description": "what was called positive"},
    "clone": {**_TEXT, "description": "antibody clone"},
    "given": {
        "type": "object",
        "additionalProperties": _TEXT,
        "description": "states that select the subset of a conditional row",
    },
    "population": _choice(s.POPULATIONS),
    "site": {**_WORDS, "description": "sites the series was restricted to"},
    "basis": {**_choice(s.BASES), "description": "count seen; count derived from a percentage; word only"},
    "use": {**_choice(s.USES), "description": "pooled enters the rate; the others do not enter a plain rate"},
    "verbatim": {"type": "boolean", "description": "false where the figure was noted in condensed form"},
    "printed": {**_TEXT, "description": "the figure as printed"},
    "where": {**_TEXT, "description": "where it stands: abstract, Table 2 ..."},
}
_MARKER: dict[str, dict[str, Any]] = {
    "kind": _choice(s.MARKER_KINDS),
    "genes": _WORDS,
    "background": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "stated chance of a positive where not studied",
    },
    "clones": _WORDS,
    "synonyms": _WORDS,
    "sense": _choice(("gain", "loss")),
}
_SOURCE: dict[str, dict[str, Any]] = {"year": {"type": "integer"}, "n_cases": {"type": "integer", "minimum": 0}}
_WEIGHTS = {"type": "object", "additionalProperties": _WEIGHT}
_PRIOR: dict[str, dict[str, Any]] = {"weights": _WEIGHTS, "incidence": _WEIGHTS}
_CONTEXT: dict[str, dict[str, Any]] = {
    "source": {"type": "string"},
    "count": {**_COUNT, "description": "cases, years or a rate per million per year"},
    "total": _COUNT,
    "population": _choice(s.POPULATIONS),
    "use": _choice(s.USES),
}
_CONTEXT_VARIABLES = ("age", "sex", "site", "incidence")
_KI67: dict[str, dict[str, Any]] = {
    "source": {"type": "string"},
    "n": _COUNT,
    "mean": _PERCENT,
    "median": _PERCENT,
    "min": _PERCENT,
    "max": _PERCENT,
    "values": {"anyOf": [_PERCENT, {"type": "array", "items": _PERCENT}]},
    "n_above_threshold": _COUNT,
    "use": _choice(s.USES),
}


def _record(keys: Mapping[str, bool], types: Mapping[str, Any]) -> dict[str, Any]:
    """A record under the loader's own table of keys."""
    stray = set(types) - set(keys)
    assert not stray, f"typed but not a key of the loader: {sorted(stray)}"
    return {
        "type": "object",
        "properties": {k: types.get(k, _TEXT) for k in keys},
        "required": [k for k, required in keys.items() if required],
        "additionalProperties": False,
    }


def _study() -> dict[str, Any]:
    record = _record(s.STUDY, _STUDY)
    # a count or a word, never both and never half a count
    record["oneOf"] = [
        {"required": ["positive", "total"], "not": {"required": ["level"]}},
        {"required": ["level"], "not": {"anyOf": [{"required": ["positive"]}, {"required": ["total"]}]}},
    ]
    return record


def _diagnosis(keys: Mapping[str, bool]) -> dict[str, Any]:
    rows = {"type": ["array", "null"], "items": {"$ref": "#/$defs/context"}}
    studies = {"type": ["array", "null"], "items": {"$ref": "#/$defs/study"}}
    types = {
        "synonyms": _WORDS,
        "lineage": _choice(s.LINEAGES),
        "behaviour": _choice(s.BEHAVIOURS),
        "signature": _WORDS,
        "evidence": {"type": ["object", "null"], "additionalProperties": studies},
        "context": {
            "type": ["object", "null"],
            "properties": dict.fromkeys(_CONTEXT_VARIABLES, rows),
            "additionalProperties": False,
        },
        "ki67": {"type": ["array", "null"], "items": {"$ref": "#/$defs/ki67"}},
    }
    return _record(keys, types)


def _remarks() -> dict[str, Any]:
    words = {"type": "object", "additionalProperties": _TEXT}
    lesions = {"type": "array", "items": _record(r.LESION, {"tests": _WORDS})}
    cases = {"type": "array", "items": {"type": "integer", "minimum": 1}}
    parts = {
        "alk_mimics": _record(r.ALK_MIMICS, {"lesions": lesions, "not_modelled": words}),
        "igg4_overlap": _record(r.IGG4_OVERLAP, {"compared": words, "tests": _WORDS}),
        "keratin_bladder": _record(r.KERATIN_BLADDER, {"sites": _WORDS, "tests": _WORDS}),
        "ki67_high": _record(r.KI67_HIGH, {"recurrent": cases, "margins": _record(r.MARGINS, {})}),
    }
    return _record(r.REMARKS, parts)


def _judgement() -> dict[str, Any]:
    """A file of judgement/ on one diagnosis."""
    between = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100}
    percents = {"type": "object", "additionalProperties": between}
    shares = {"type": "array", "items": between}
    rate = {
        "percent": {**between, "description": "share of cases reported positive"},
        "confidence": {**_choice(s.CONFIDENCES), "description": "sure within a factor 1.5 in odds; 3; a guess"},
        "elicited": {"type": "array", "items": _PERCENT, "description": "percent of each elicitation"},
        "was": {**_PERCENT, "description": "percent before a change; give the 'reason' too"},
        "reviews": {"type": "array", "items": _review()},
    }
    parts = {
        "rates": {"type": "object", "additionalProperties": _record(s.JUDGED_RATE, rate)},
        "fusions": percents,
        "ordered": percents,
        "ki67": shares,
        "age": {"type": "object", "additionalProperties": shares},
        "male": percents,
    }
    return _record(s.JUDGED_DIAGNOSIS, parts)


def _review() -> dict[str, Any]:
    return _record(s.REVIEW, {"percent": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100}})


def _by_id(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": record}


def schemas() -> dict[str, dict[str, Any]]:
    """File name -> JSON Schema of diagnosis files, markers, sources, priors, remarks, judgement and overlays.

    network.yaml has no schema: it is structure rather than records, and the loader checks it as a whole.
    """
    defs = {"study": _study(), "context": _record(s.CONTEXT_ROW, _CONTEXT), "ki67": _record(s.KI67_ROW, _KI67)}
    marker, source, prior = _record(s.MARKER, _MARKER), _record(s.SOURCE, _SOURCE), _record(s.PRIOR, _PRIOR)
    # in an overlay the key is the id, and a diagnosis that exists gives rows only
    loose = _diagnosis(dict.fromkeys(s.DIAGNOSIS, False))
    overlay = {
        "type": "object",
        "properties": {
            "overlay": {"type": "string", "description": "name of the overlay, shown in every result"},
            "about": {"type": "string"},
            "sources": _by_id(source),
            "markers": _by_id(marker),
            "diagnoses": _by_id(loose),
            "priors": _by_id(prior),
            "judgement": {
                "type": "object",
                "properties": {"reviews": _by_id(_by_id({"type": "array", "items": _review()}))},
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
        "$defs": defs,
    }
    bodies = {
        "diagnosis": {**_diagnosis(s.DIAGNOSIS), "$defs": defs},
        "markers": _by_id(marker),
        "sources": _by_id(source),
        "priors": _by_id(prior),
        "remarks": _remarks(),
        "judgement": _judgement(),
        "overlay": overlay,
    }
    return {
        f"{name}.schema.json": {"$schema": _DRAFT, "title": f"imtdx {name}", **body} for name, body in bodies.items()
    }


def write_schemas(directory: Path) -> None:
    """Write every schema into a directory.

    Args:
        directory: made if it is not there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (directory / name).write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "knowledge/schema"))
