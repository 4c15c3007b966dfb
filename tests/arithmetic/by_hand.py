"""The small knowledge beside this file, and ones smaller still, made in a test from the very rates it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import imtdx
from imtdx.knowledge import Knowledge, knowledge_dir, load_knowledge

KNOWLEDGE = Path(__file__).parent / "knowledge"
NEGATIVE, FOCAL, DIFFUSE = np.eye(3)
POSITIVE = np.array([0.0, 1.0, 1.0])
ABSENT, PRESENT = np.eye(2)


def changed(knowledge: Knowledge, **sections: Any) -> Knowledge:
    """The knowledge with other constants: sections of network.yaml, mappings merged key by key, anything else replaced."""
    network = deepcopy(dict(knowledge.network))
    for name, value in sections.items():
        network[name] = {**network[name], **value} if isinstance(value, Mapping) else value
    return replace(knowledge, network=network)


def given_diagnosis(model: imtdx.Model, evidence: Mapping[str, Any]) -> np.ndarray:
    """P(evidence | Diagnosis), shape (diagnoses,)."""
    return np.exp(model.engine.log_evidence({k: np.asarray(v, dtype=float) for k, v in evidence.items()}))


def distribution(model: imtdx.Model, variable: str, diagnosis: str, **evidence: Any) -> np.ndarray:
    """P(state of a variable | Diagnosis, evidence), shape (states,)."""
    d, n = model.diagnoses.index(diagnosis), len(model.network.states(variable))
    joint = np.array([given_diagnosis(model, {**evidence, variable: row})[d] for row in np.eye(n)])
    return joint / joint.sum()


def exact_knowledge(
    target: Path,
    rates: Mapping[str, Mapping[str, float]],
    markers: Mapping[str, Mapping[str, Any]] | None = None,
    network: Mapping[str, Any] | None = None,
    diagnoses: Mapping[str, Mapping[str, Any]] | None = None,
    remarks: Mapping[str, Any] | None = None,
) -> Path:
    """Write a knowledge whose cells have exactly the rates given, whatever pooling does with counts.

    Every cell is one study, and the background has no weight, so the posterior mean is the study's own rate.

    Args:
        target: folder to make.
        rates: diagnosis -> marker -> rate (probability, to four digits).
        markers: further keys of a marker; stains elsewhere.
        network: sections of network.yaml in place of the plain ones.
        diagnoses: further keys of a diagnosis.
        remarks: content of remarks.yaml.
    """
    (target / "diagnoses").mkdir(parents=True)
    plain = yaml.safe_load((KNOWLEDGE / "network.yaml").read_text(encoding="utf-8"))
    plain["pooling"] |= {"background_weight": 1e-9, "unstudied_weight": 1e-9}
    plain["kinase_fusion"] = {"states": ["none"], "fusion_weight": 20, "tests": {}, "stains": {}}
    plain |= {"links": [], "site_dependent": []}
    for section, value in (network or {}).items():
        plain[section] = {**plain[section], **value} if isinstance(value, Mapping) else value
    names = list(dict.fromkeys(m for cells in rates.values() for m in cells))
    records = {m: {"label": m, "kind": "ihc", "background": 0.1} | dict((markers or {}).get(m, {})) for m in names}
    records |= {m: {"label": m, **v} for m, v in (markers or {}).items() if m not in names}
    files: dict[str, Any] = {
        "markers.yaml": records,
        "sources.yaml": {"a2001": {"citation": "A, J 2001", "title": "A", "year": 2001, "doi": "10.1/a"}},
        "priors.yaml": {"referral": {"description": "d", "basis": "b", "weights": dict.fromkeys(rates, 1)}},
        "network.yaml": plain,
        "remarks.yaml": dict(remarks or {}),
    }
    for d, cells in rates.items():
        files[f"diagnoses/{d}.yaml"] = {
            "id": d,
            "name": f"Name of {d}",
            "abbreviation": d.upper(),
            "evidence": {
                m: [{"positive": round(r * 10_000, 6), "total": 10_000, "use": "pooled", "source": "a2001"}]
                for m, r in cells.items()
            },
        } | dict((diagnoses or {}).get(d, {}))
    # words as reports use them, sites by their ids; JSON is YAML, and quick to write
    lexicon = {**_words(), "sites": {site: [site] for site in plain["context"]["sites"]}}
    (target / "lexicon.yaml").write_text(json.dumps(lexicon, ensure_ascii=False), encoding="utf-8")
    for name, content in files.items():
        text = yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
        (target / name).write_text(text, encoding="utf-8")
    return target


@cache
def _words() -> dict[str, Any]:
    """The shipped lexicon."""
    words: dict[str, Any] = yaml.load((knowledge_dir() / "lexicon.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return words


def small() -> Knowledge:
    """The small knowledge as it stands in the files."""
    return load_knowledge(KNOWLEDGE)
