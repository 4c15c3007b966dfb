"""The published knowledge: YAML files read into frozen records, checked record by record.

Every record remembers where it stands (``file:line``) so that each error can say so. Reading is strict: an unknown key, an
impossible count, an unknown source or a study that stands twice is a `KnowledgeError` with the place and the mend.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from imtdx._schema import (
    BASES,
    BEHAVIOURS,
    CONTEXT_ROW,
    DIAGNOSIS,
    KI67_ROW,
    LEVELS,
    MARKER,
    MARKER_KINDS,
    POPULATIONS,
    PRIOR,
    SOURCE,
    STUDY,
    USES,
    Record,
)
from imtdx._yaml import Located, load_yaml, where
from imtdx.errors import KnowledgeError, UnknownNameError, nearest

__all__ = [
    "ContextRow",
    "Diagnosis",
    "Ki67Row",
    "Knowledge",
    "Marker",
    "PriorProfile",
    "Source",
    "Study",
    "knowledge_dir",
    "load_knowledge",
]

#: Id of the open answer: a lesion that is none of the listed diagnoses.
UNLISTED = "unlisted"
#: Shown first in every listing: the panel of the founding cohort and ALK FISH.
FOUNDING_PANEL = ("ALK", "SMA", "VIM", "DES", "KIT", "S100", "DOG1", "KI67", "FISH_ALK")


@dataclass(frozen=True, slots=True)
class Source:
    """A published source.

    Attributes:
        id: citation key, such as ``"guo2025shanxi"``.
        citation, title: as in the bibliography.
        year: of publication, ``None`` where not known.
        doi, pmid, pmcid, url: identifiers, empty where not known.
        unlinked: why there is no address, where there is none.
        study_type: series, review, registry ...
        n_cases: size of the study, ``None`` where not known.
    """

    id: str
    citation: str
    title: str
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    unlinked: str = ""
    study_type: str = ""
    n_cases: int | None = None

    @property
    def link(self) -> str:
        """The most lasting address of the source."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        return self.url

    @property
    def short(self) -> str:
        """Author and year for use in a sentence, such as ``"Guo 2025"``."""
        head = self.citation.split(",")[0].split(";")[0].split("(")[0].strip()
        word = head.split(" ")[0] if head else self.id
        year = str(self.year) if self.year else ""
        return f"{word} {year}".strip() if len(word) > 2 and word[0].isupper() else self.id


@dataclass(frozen=True, slots=True)
class Study:
    """One published result of one marker in one diagnosis.

    Attributes:
        positive, total: count of positive cases and of cases tested; ``None`` when only a word is known.
        focal: how many of the positive were focal or weak, ``None`` where not told.
        level: the word instead of a count: negative, rare, variable, usual, consistent.
        use: pooled, conditional (the denominator is a subset), selected (cases chosen for the result), definition.
        given: for conditional rows, the marker states that select the subset, such as ``{"KIT": "negative"}``.
        source: source id.
        at: ``file:line``.
    """

    source: str
    positive: float | None = None
    total: float | None = None
    focal: float | None = None
    level: str = ""
    criterion: str = ""
    clone: str = ""
    given: tuple[tuple[str, str], ...] = ()
    population: str = "unknown"
    site: tuple[str, ...] = ()
    site_reported: str = ""
    basis: str = "count"
    use: str = "pooled"
    verbatim: bool = True
    printed: str = ""
    where: str = ""
    note: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class ContextRow:
    """One published figure on age, sex, site or incidence of a diagnosis. ``count`` is a number of cases, years or a rate."""

    category: str
    count: float
    source: str
    total: float | None = None
    population: str = "unknown"
    use: str = "pooled"
    basis: str = "count"
    note: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Ki67Row:
    """One published summary of Ki-67 (percent) in a diagnosis."""

    source: str
    n: float | None = None
    mean: float | None = None
    median: float | None = None
    min: float | None = None
    max: float | None = None
    values: tuple[float, ...] = ()
    threshold: str = ""
    n_above_threshold: float | None = None
    use: str = "pooled"
    note: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Marker:
    """A stain, FISH or sequencing result, mutation, proliferation index or H&E feature.

    Attributes:
        kind: ihc, index, pattern, fish, mutation or morphology.
        background: stated chance of a positive result where the marker was not studied (probability).
        sense: ``"loss"`` when the positive result is the loss of a stain.
    """

    id: str
    label: str
    kind: str
    genes: tuple[str, ...] = ()
    background: float = 0.05
    clones: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    sense: str = "gain"
    at: str = ""

    @property
    def is_stain(self) -> bool:
        """Whether it is read off an immunostained slide with three states."""
        return self.kind == "ihc"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One entity of the differential with its evidence.

    Attributes:
        evidence: marker id -> studies.
        context: age, sex, site, incidence -> rows.
        ki67: Ki-67 summaries.
        icd_o: ICD-O-3 morphology code, empty where none is certain.
    """

    id: str
    name: str
    abbreviation: str
    synonyms: tuple[str, ...] = ()
    behaviour: str = "unknown"
    icd_o: str = ""
    signature: tuple[str, ...] = ()
    remark: str = ""
    evidence: Mapping[str, tuple[Study, ...]] = field(default_factory=dict)
    context: Mapping[str, tuple[ContextRow, ...]] = field(default_factory=dict)
    ki67: tuple[Ki67Row, ...] = ()
    at: str = ""


@dataclass(frozen=True, slots=True)
class PriorProfile:
    """A named prior over the diagnoses: relative weights, or published incidence."""

    name: str
    description: str
    basis: str
    weights: Mapping[str, float] = field(default_factory=dict)
    incidence: Mapping[str, float] | None = None
    at: str = ""


@dataclass(frozen=True)
class Knowledge:
    """Everything read from the YAML files.

    Attributes:
        diagnoses, markers, sources, priors: records by id; diagnoses and markers in listing order.
        network: structure and constants as read from network.yaml.
        words: the lexicon of report words.
        version: package version of the knowledge.
        sha256: hash over the bytes of every file read, overlays included.
        left_out: ids of sources whose rows were removed.
    """

    diagnoses: Mapping[str, Diagnosis]
    markers: Mapping[str, Marker]
    sources: Mapping[str, Source]
    priors: Mapping[str, PriorProfile]
    network: Mapping[str, Any]
    words: Mapping[str, Any]
    sha256: str
    overlays: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @cached_property
    def diagnosis_words(self) -> dict[str, str]:
        """Folded id, name, abbreviation and synonyms -> diagnosis id."""
        out: dict[str, str] = {}
        for d in self.diagnoses.values():
            for word in (d.id, d.name, d.abbreviation, *d.synonyms):
                out.setdefault(_fold(word), d.id)
        return out

    def diagnosis_id(self, name: str) -> str:
        """The id of a diagnosis given by id, name, abbreviation or synonym.

        Raises:
            UnknownNameError: no diagnosis goes by that name.
        """
        found = self.diagnosis_words.get(_fold(name))
        if found is None:
            raise UnknownNameError("diagnosis", name, [*self.diagnoses, *(d.name for d in self.diagnoses.values())])
        return found

    def without_sources(self, ids: Iterable[str]) -> Knowledge:
        """The same knowledge with every row of the given sources left out.

        Raises:
            UnknownNameError: a source id that does not exist.
        """
        ids = tuple(ids)
        for source in ids:
            if source not in self.sources:
                raise UnknownNameError("source", source, self.sources)
        if not ids:
            return self
        drop = frozenset(ids)
        diagnoses = {k: _without(d, drop) for k, d in self.diagnoses.items()}
        return replace(self, diagnoses=diagnoses, left_out=tuple(sorted({*self.left_out, *ids})))


def _without(d: Diagnosis, drop: frozenset[str]) -> Diagnosis:
    """A diagnosis with the rows of some sources left out."""
    evidence = {m: tuple(s for s in rows if s.source not in drop) for m, rows in d.evidence.items()}
    context = {v: tuple(r for r in rows if r.source not in drop) for v, rows in d.context.items()}
    return replace(
        d,
        evidence={m: rows for m, rows in evidence.items() if rows},
        context={v: rows for v, rows in context.items() if rows},
        ki67=tuple(r for r in d.ki67 if r.source not in drop),
    )


def _fold(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum() or c == "+")


def knowledge_dir() -> Path:
    """Where the knowledge lies: inside the installed package, or beside it in a checkout.

    Raises:
        KnowledgeError: neither place has it.
    """
    here = Path(__file__).resolve().parent
    for place in (here / "_knowledge", here.parent / "knowledge"):
        if (place / "network.yaml").is_file():
            return place
    raise KnowledgeError("the knowledge files are missing; reinstall imtdx", str(here))


def knowledge_files(directory: Path) -> list[Path]:
    """Every YAML file of a knowledge directory, in reading order."""
    names = ("markers.yaml", "sources.yaml", "priors.yaml", "network.yaml", "lexicon.yaml")
    return [directory / n for n in names] + sorted((directory / "diagnoses").glob("*.yaml"))


def hash_files(files: Sequence[Path]) -> str:
    """SHA-256 over names and bytes of files."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0")
        try:
            digest.update(path.read_bytes())
        except OSError as exc:
            raise KnowledgeError(f"cannot read this file ({exc.strerror}); check the path", str(path)) from exc
        digest.update(b"\0")
    return digest.hexdigest()


def load_knowledge(directory: Path | None = None) -> Knowledge:
    """Read and check a knowledge directory.

    Args:
        directory (Path | None): where the YAML files lie; the shipped ones by default.

    Raises:
        KnowledgeError: with ``file:line`` and the mend.
    """
    directory = directory or knowledge_dir()
    markers = {k: read_marker(k, v) for k, v in load_yaml(directory / "markers.yaml").items()}
    sources = {k: read_source(k, v) for k, v in load_yaml(directory / "sources.yaml").items()}
    priors = {k: read_prior(k, v) for k, v in load_yaml(directory / "priors.yaml").items()}
    network = load_yaml(directory / "network.yaml")
    words = load_yaml(directory / "lexicon.yaml")
    diagnoses: dict[str, Diagnosis] = {}
    for path in sorted((directory / "diagnoses").glob("*.yaml")):
        raw = load_yaml(path)
        d = read_diagnosis(raw, markers, sources)
        if d.id != path.stem:
            raise KnowledgeError(f"id is {d.id!r} but the file is named {path.name}; make them agree", where(raw, "id"))
        diagnoses[d.id] = d
    if len(diagnoses) < 2:
        raise KnowledgeError("fewer than two diagnoses; add files to diagnoses/", str(directory))
    check_priors(priors, diagnoses)
    return Knowledge(
        diagnoses=in_listing_order(diagnoses, priors.get("referral")),
        markers=markers,
        sources=sources,
        priors=priors,
        network=network,
        words=words,
        sha256=hash_files(knowledge_files(directory)),
    )


def in_listing_order(diagnoses: Mapping[str, Diagnosis], profile: PriorProfile | None) -> dict[str, Diagnosis]:
    """IMT first, then by referral weight and id, ``unlisted`` last."""
    weights = profile.weights if profile else {}
    order = sorted(diagnoses, key=lambda k: (k != "imt", k == UNLISTED, -weights.get(k, 0.0), k))
    return {k: diagnoses[k] for k in order}


def check_priors(priors: Mapping[str, PriorProfile], diagnoses: Mapping[str, Diagnosis]) -> None:
    """Every weighted diagnosis exists.

    Raises:
        KnowledgeError: a prior names an unknown diagnosis.
    """
    for prior in priors.values():
        for key in prior.weights:
            if key not in diagnoses:
                close = nearest(key, diagnoses)
                hint = f"did you mean {close[0]!r}?" if close else "add diagnoses/" + key + ".yaml or remove it"
                raise KnowledgeError(f"prior {prior.name!r} weighs unknown diagnosis {key!r}; {hint}", prior.at)


# --- records -----------------------------------------------------------------------------------------------------------


def read_marker(key: str, raw: Any) -> Marker:
    """One record of markers.yaml."""
    r = Record(raw, MARKER, f"marker {key}")
    kind = r.choice("kind", MARKER_KINDS)
    background = r.number("background", 0.05, low=0.0, high=1.0)
    if kind != "index" and not 0.0 < background < 1.0:
        raise KnowledgeError(f"marker {key}: background must lie between 0 and 1, never 0 or 1", where(raw, "background"))
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
    weights = {k: Record.positive_number(v, f"prior {key}: weight of {k}", where(raw, "weights")) for k, v in r.mapping("weights").items()}
    incidence = None
    if "incidence" in raw:
        incidence = {k: Record.positive_number(v, f"prior {key}: {k}", where(raw, "incidence")) for k, v in r.mapping("incidence").items()}
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
            raise KnowledgeError(f"{what}: positive {positive:g} exceeds total {total:g}; check the count", where(raw, "positive"))
        if focal is not None and focal > positive:
            raise KnowledgeError(f"{what}: focal {focal:g} exceeds positive {positive:g}; check the count", where(raw, "focal"))
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
            close = nearest(marker, markers)
            hint = f"did you mean {close[0]!r}?" if close else "add it to markers.yaml"
            raise KnowledgeError(f"unknown marker {marker!r}; {hint}", at)
        studies = [read_study(row, f"{key} {marker}", sources, markers) for row in Record.rows(rows, f"{key} {marker}", at)]
        check_no_study_twice(studies, f"{key} {marker}")
        evidence[marker] = tuple(studies)
    context: dict[str, tuple[ContextRow, ...]] = {}
    for variable, rows in r.mapping("context").items():
        at = where(raw["context"], variable)
        if variable not in ("age", "sex", "site", "incidence"):
            raise KnowledgeError(f"unknown context variable {variable!r}; use age, sex, site or incidence", at)
        context[variable] = tuple(_context_row(row, f"{key} {variable}", sources) for row in Record.rows(rows, f"{key} {variable}", at))
    ki67 = tuple(_ki67_row(row, f"{key} Ki-67", sources) for row in Record.rows(raw.get("ki67", []), f"{key} ki67", where(raw, "ki67")))
    for marker in r.texts("signature"):
        if marker not in markers:
            raise KnowledgeError(f"signature names unknown marker {marker!r}", where(raw, "signature"))
    return Diagnosis(
        id=r.text("id"),
        name=r.text("name"),
        abbreviation=r.text("abbreviation", r.text("id")),
        synonyms=r.texts("synonyms"),
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


def _context_row(raw: Any, what: str, sources: Mapping[str, Source]) -> ContextRow:
    r = Record(raw, CONTEXT_ROW, what)
    return ContextRow(
        category=r.text("category"),
        count=r.number("count", low=0),
        source=r.reference("source", sources, "source"),
        total=r.optional_number("total", low=0),
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
        values=tuple(Record.positive_number(v, f"{what}: values", where(raw, "values"), zero=True) for v in values),
        threshold=r.text("threshold", ""),
        use=r.choice("use", USES, "pooled"),
        note=r.text("note", ""),
        at=where(raw),
        **numbers,
    )
