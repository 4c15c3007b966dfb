"""Overlays: a laboratory's own YAML on top of the shipped knowledge, merged strictly and with an account of what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from imtdx._schema import Record
from imtdx._yaml import Located, load_yaml, where
from imtdx.errors import KnowledgeError, did_you_mean
from imtdx.judgement import add_reviews, read_review
from imtdx.knowledge import (
    Diagnosis,
    Knowledge,
    check_diagnoses,
    check_markers,
    check_priors,
    hash_files,
    in_listing_order,
)
from imtdx.reading import check_no_study_twice, read_diagnosis, read_marker, read_prior, read_source
from imtdx.records import Review

__all__ = ["apply_overlay"]

_KEYS = ("overlay", "about", "sources", "markers", "diagnoses", "priors", "judgement")


def apply_overlay(knowledge: Knowledge, path: Path) -> Knowledge:
    """The knowledge with one overlay file on top.

    An overlay is a YAML file with any of the keys ``sources``, ``markers``, ``diagnoses``, ``priors`` (and ``overlay``, its name, and ``about``).
    ``judgement`` holds ``reviews``: diagnosis -> marker -> opinions of reviewers, which are pooled with the stated rate.
    Sources, markers and priors are records by id as in the shipped files; ``diagnoses`` is a mapping of id -> a diagnosis record. A new id
    is added whole; for a diagnosis that exists only ``evidence``, ``context`` and ``ki67`` may be given, and their rows are added to what is there.

    Args:
        knowledge: what to build on.
        path: the overlay file.

    Raises:
        KnowledgeError: unknown keys, an id that exists already, a study that is already there; with file:line and the mend.
    """
    raw = load_yaml(path)
    for key in raw:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS, f"use {', '.join(_KEYS)}")
            raise KnowledgeError(f"overlay: unknown key {key!r}; {hint}", where(raw, key))
    markers, sources, priors = dict(knowledge.markers), dict(knowledge.sources), dict(knowledge.priors)
    for key, record in _section(raw, "sources").items():
        _new(key, sources, "source", where(raw["sources"], key))
        sources[key] = read_source(key, record)
    for key, record in _section(raw, "markers").items():
        _new(key, markers, "marker", where(raw["markers"], key))
        markers[key] = read_marker(key, record)
    diagnoses = dict(knowledge.diagnoses)
    for key, record in _section(raw, "diagnoses").items():
        at = where(raw["diagnoses"], key)
        if not isinstance(record, Located):
            raise KnowledgeError(f"diagnosis {key}: expected 'key: value' pairs", at)
        if key in diagnoses:
            diagnoses[key] = _extend(diagnoses[key], record, markers, sources, at)
        else:
            record.setdefault("id", key)
            added = read_diagnosis(record, markers, sources)
            if added.id != key:
                raise KnowledgeError(f"id is {added.id!r} but the key is {key!r}; make them agree", at)
            diagnoses[key] = added
    for key, record in _section(raw, "priors").items():
        _new(key, priors, "prior", where(raw["priors"], key))
        priors[key] = read_prior(key, record)
    check_markers(markers)
    check_diagnoses(diagnoses, knowledge.network)
    check_priors(priors, diagnoses)
    return replace(
        knowledge,
        judgement=add_reviews(knowledge.judgement, _reviews(raw)),
        markers=markers,
        sources=sources,
        priors=priors,
        diagnoses=in_listing_order(diagnoses, priors.get("referral")),
        sha256=hash_text(knowledge.sha256, hash_files([path])),
        overlays=(*knowledge.overlays, str(raw.get("overlay", path.name))),
    )


def hash_text(*hashes: str) -> str:
    """One SHA-256 over several."""
    import hashlib

    return hashlib.sha256("\0".join(hashes).encode()).hexdigest()


def _section(raw: Located, key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    if value is None:
        return {}
    if not isinstance(value, Located):
        raise KnowledgeError(f"overlay: {key} must be 'id: record' pairs", where(raw, key))
    return value


def _reviews(raw: Located) -> dict[tuple[str, str], tuple[Review, ...]]:
    """(diagnosis, marker) -> the opinions of reviewers of the stated judgement."""
    section = _section(raw, "judgement")
    for key in section:
        if key != "reviews":
            raise KnowledgeError(f"overlay: judgement may hold 'reviews', not {key!r}", where(raw["judgement"], key))
    out = {}
    for diagnosis, cells in (section.get("reviews") or {}).items():
        if not isinstance(cells, Located):
            raise KnowledgeError(
                f"overlay: reviews of {diagnosis} must be 'marker: rows' pairs", where(raw["judgement"])
            )
        for marker, rows in cells.items():
            at = where(cells, marker)
            what = f"{diagnosis} {marker}"
            out[diagnosis, marker] = tuple(read_review(row, what) for row in Record.rows(rows, what, at))
    return out


def _new(key: str, known: Mapping[str, Any], kind: str, at: str) -> None:
    if key in known:
        raise KnowledgeError(f"{kind} {key!r} exists already; an overlay may add, not replace: give it another id", at)


def _extend(
    old: Diagnosis, record: Located, markers: Mapping[str, Any], sources: Mapping[str, Any], at: str
) -> Diagnosis:
    """An existing diagnosis with the rows of an overlay added."""
    extra = [k for k in record if k not in ("id", "evidence", "context", "ki67")]
    if extra:
        raise KnowledgeError(
            f"diagnosis {old.id} exists; an overlay may add evidence, context and ki67 to it, not {extra[0]!r}",
            where(record, extra[0]) or at,
        )
    record["id"], record["name"], record["abbreviation"] = old.id, old.name, old.abbreviation
    new = read_diagnosis(record, markers, sources)
    evidence = dict(old.evidence)
    for marker, rows in new.evidence.items():
        evidence[marker] = (*evidence.get(marker, ()), *rows)
        check_no_study_twice(evidence[marker], f"{old.id} {marker}")
    context = {v: (*old.context.get(v, ()), *new.context.get(v, ())) for v in {**old.context, **new.context}}
    return replace(old, evidence=evidence, context=context, ki67=(*old.ki67, *new.ki67))
