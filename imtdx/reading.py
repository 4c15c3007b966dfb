"""Records from YAML, strictly: an unknown key, an impossible count, an unknown source or a study that stands twice is a
`KnowledgeError` that names file, line and mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imtdx._schema import (
    BASES,
    BEHAVIOURS,
    CONTEXT_ROW,
    DIAGNOSIS,
    KI67_ROW,
    LEVELS,
    LINEAGES,
    MARKER,
    MARKER_KINDS,
    POPULATIONS,
    PRIOR,
    SOURCE,
    STUDY,
    USES,
    Record,
)
from imtdx._yaml import Located, where
from imtdx.errors import KnowledgeError, did_you_mean
from imtdx.records import ContextRow, Diagnosis, Ki67Row, Marker, PriorProfile, Source, Study

__all__ = ["check_no_study_twice", "read_diagnosis", "read_marker", "read_prior", "read_source", "read_study"]

#: No age in the knowledge is above this (years).
_OLDEST = 120.0


def read_marker(key: str, raw: Any) -> Marker:
    """One record of markers.yaml."""
    r = Record(raw, MARKER, f"marker {key}")
    kind = r.choice("kind", MARKER_KINDS)
    background = r.number("background", 0.05, low=0.0, high=1.0)
    if kind != "index" and not 0.0 < background < 1.0:
        raise KnowledgeError(
            f"marker {key}: background must lie between 0 and 1, never 0 or 1", where(raw, "background")
        )
    return Marker(
        id=key,
        label=r.text("label", key),
        kind=kind,
        genes=r.texts("genes"),
        background=background,
        clones=r.texts("clones"),
        synonyms=r.texts("synonyms"),
        sense=r.choice("sense", ("gain", "loss"), "gain"),
        at=where(raw),
    )


def read_source(key: str, raw: Any) -> Source:
    """One record of sources.yaml."""
    r = Record(raw, SOURCE, f"source {key}")
    year, n_cases = r.optional_number("year"), r.optional_number("n_cases", low=0)
    return Source(
        id=key,
        citation=r.text("citation"),
        title=r.text("title"),
        year=None if year is None else int(year),
        doi=r.text("doi", ""),
        pmid=r.text("pmid", ""),
        pmcid=r.text("pmcid", ""),
        url=r.text("url", ""),
        unlinked=r.text("unlinked", ""),
        study_type=r.text("study_type", ""),
        n_cases=None if n_cases is None else int(n_cases),
    )


def read_prior(key: str, raw: Any) -> PriorProfile:
    """One profile of priors.yaml."""
    r = Record(raw, PRIOR, f"prior {key}")
    weights = {
        k: Record.positive_number(v, f"prior {key}: weight of {k}", where(raw, "weights"))
        for k, v in r.mapping("weights").items()
    }
    incidence = None
    if "incidence" in raw:
        incidence = {
            k: Record.positive_number(v, f"prior {key}: {k}", where(raw, "incidence"))
            for k, v in r.mapping("incidence").items()
        }
    return PriorProfile(key, r.text("description", ""), r.text("basis", ""), weights, incidence, where(raw))


def read_study(raw: Any, what: str, sources: Mapping[str, Source], markers: Mapping[str, Marker]) -> Study:
    """One evidence row."""
    r = Record(raw, STUDY, what)
    positive, total = r.optional_number("positive", low=0), r.optional_number("total", low=0)
    focal, level = r.optional_number("focal", low=0), r.choice("level", LEVELS, "")
    if (positive is None) != (total is None):
        raise KnowledgeError(f"{what}: give both 'positive' and 'total', or a 'level'", where(raw))
    if positive is None and not level:
        raise KnowledgeError(f"{what}: neither a count nor a level; add 'positive' and 'total', or 'level'", where(raw))
    if positive is not None and level:
        raise KnowledgeError(f"{what}: both a count and a level; keep the count", where(raw))
    if positive is not None and total is not None:
        if total <= 0:
            raise KnowledgeError(f"{what}: total must be at least 1", where(raw, "total"))
        if positive > total:
            raise KnowledgeError(
                f"{what}: positive {positive:g} exceeds total {total:g}; check the count", where(raw, "positive")
            )
        if focal is not None and focal > positive:
            raise KnowledgeError(
                f"{what}: focal {focal:g} exceeds positive {positive:g}; check the count", where(raw, "focal")
            )
    given = tuple(sorted((k, str(v)) for k, v in r.mapping("given").items()))
    for marker, _ in given:
        if marker not in markers:
            raise KnowledgeError(f"{what}: 'given' names unknown marker {marker!r}", where(raw, "given"))
    return Study(
        source=r.reference("source", sources, "source"),
        positive=positive,
        total=total,
        focal=focal,
        level=level,
        criterion=r.text("criterion", ""),
        clone=r.text("clone", ""),
        given=given,
        population=r.choice("population", POPULATIONS, "unknown"),
        site=r.texts("site"),
        site_reported=r.text("site_reported", ""),
        basis=r.choice("basis", BASES, "count"),
        use=r.choice("use", USES, "pooled"),
        verbatim=r.flag("verbatim", True),
        printed=r.text("printed", ""),
        where=r.text("where", ""),
        note=r.text("note", ""),
        at=where(raw),
    )


def read_diagnosis(raw: Located, markers: Mapping[str, Marker], sources: Mapping[str, Source]) -> Diagnosis:
    """One diagnosis file.

    Raises:
        KnowledgeError: an unknown key, marker or source, an impossible count, a study twice in a cell.
    """
    key = str(raw.get("id", raw.file))
    r = Record(raw, DIAGNOSIS, f"diagnosis {key}")
    evidence: dict[str, tuple[Study, ...]] = {}
    for marker, rows in r.mapping("evidence").items():
        at = where(raw["evidence"], marker)
        if marker not in markers:
            hint = did_you_mean(marker, markers, "add it to markers.yaml")
            raise KnowledgeError(f"unknown marker {marker!r}; {hint}", at)
        studies = [
            read_study(row, f"{key} {marker}", sources, markers) for row in Record.rows(rows, f"{key} {marker}", at)
        ]
        check_no_study_twice(studies, f"{key} {marker}")
        evidence[marker] = tuple(studies)
    context: dict[str, tuple[ContextRow, ...]] = {}
    for variable, rows in r.mapping("context").items():
        at = where(raw["context"], variable)
        if variable not in ("age", "sex", "site", "incidence"):
            raise KnowledgeError(f"unknown context variable {variable!r}; use age, sex, site or incidence", at)
        context[variable] = tuple(
            _context_row(row, f"{key} {variable}", variable, sources)
            for row in Record.rows(rows, f"{key} {variable}", at)
        )
    ki67 = tuple(
        _ki67_row(row, f"{key} Ki-67", sources)
        for row in Record.rows(raw.get("ki67", []), f"{key} ki67", where(raw, "ki67"))
    )
    for marker in r.texts("signature"):
        if marker not in markers:
            raise KnowledgeError(f"signature names unknown marker {marker!r}", where(raw, "signature"))
    return Diagnosis(
        id=r.text("id"),
        name=r.text("name"),
        abbreviation=r.text("abbreviation", r.text("id")),
        synonyms=r.texts("synonyms"),
        lineage=r.choice("lineage", LINEAGES, "unknown"),
        behaviour=r.choice("behaviour", BEHAVIOURS, "unknown"),
        icd_o=r.text("icd_o", ""),
        signature=r.texts("signature"),
        remark=r.text("remark", ""),
        evidence=evidence,
        context=context,
        ki67=ki67,
        at=where(raw),
    )


def check_no_study_twice(studies: Sequence[Study], what: str) -> None:
    """One study, one vote: a source may pool into a cell once per site.

    Raises:
        KnowledgeError: the same source is pooled twice for the same site and criterion.
    """
    seen: dict[tuple[Any, ...], Study] = {}
    for s in studies:
        if s.use != "pooled":
            continue
        key = (s.source, s.site)
        if key in seen:
            raise KnowledgeError(f"{what}: study {s.source} stands twice (first at {seen[key].at}); keep one", s.at)
        seen[key] = s


def _percentage(value: Any, what: str, at: str) -> float:
    number = Record.positive_number(value, what, at, zero=True)
    if number > 100:
        raise KnowledgeError(f"{what}: {number:g} is over 100 percent", at)
    return number


def _context_row(raw: Any, what: str, variable: str, sources: Mapping[str, Source]) -> ContextRow:
    r = Record(raw, CONTEXT_ROW, what)
    count, total = r.number("count", low=0), r.optional_number("total", low=0)
    summary = r.text("category") in ("mean", "median", "min", "max")
    if summary and variable == "age":
        if count > _OLDEST:
            raise KnowledgeError(f"{what}: {count:g} years is impossible; give years", where(raw, "count"))
    elif summary and variable != "incidence":
        raise KnowledgeError(
            f"{what}: {r.text('category')!r} is a summary of ages; name a {variable} category", where(raw, "category")
        )
    elif variable != "incidence" and total is not None and count > total:
        raise KnowledgeError(f"{what}: count {count:g} exceeds total {total:g}; check the count", where(raw, "count"))
    return ContextRow(
        category=r.text("category"),
        count=count,
        source=r.reference("source", sources, "source"),
        total=total,
        population=r.choice("population", POPULATIONS, "unknown"),
        use=r.choice("use", USES, "pooled"),
        basis=r.text("basis", "count"),
        note=r.text("note", ""),
        at=where(raw),
    )


def _ki67_row(raw: Any, what: str, sources: Mapping[str, Source]) -> Ki67Row:
    r = Record(raw, KI67_ROW, what)
    numbers = {k: r.optional_number(k, low=0) for k in ("n", "mean", "median", "min", "max", "n_above_threshold")}
    for key in ("mean", "median", "min", "max"):
        value = numbers[key]
        if value is not None and value > 100:
            raise KnowledgeError(f"{what}: {key} {value:g} is over 100 percent", where(raw, key))
    values = raw.get("values", [])
    if not isinstance(values, list):
        values = [values]
    return Ki67Row(
        source=r.reference("source", sources, "source"),
        values=tuple(_percentage(v, f"{what}: values", where(raw, "values")) for v in values),
        threshold=r.text("threshold", ""),
        use=r.choice("use", USES, "pooled"),
        note=r.text("note", ""),
        at=where(raw),
        **numbers,
    )
