"""The records of the knowledge: what is known of a source, a study, a marker, a diagnosis, a prior, and all of it together.

Plain frozen data; reading and checking them is elsewhere (`imtdx.reading`, `imtdx.knowledge`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from imtdx.errors import UnknownNameError
from imtdx.remarks import Remarks

__all__ = [
    "FOUNDING_PANEL",
    "UNLISTED",
    "ContextRow",
    "Diagnosis",
    "JudgedDiagnosis",
    "JudgedRate",
    "Judgement",
    "Ki67Row",
    "Knowledge",
    "Marker",
    "PriorProfile",
    "Review",
    "Source",
    "Study",
    "bare_name",
    "fold_name",
]

#: Id of the open answer: a lesion that is none of the listed diagnoses.
UNLISTED = "unlisted"
#: Shown first in every listing: the panel of the founding cohort and ALK FISH.
FOUNDING_PANEL = ("ALK", "SMA", "VIM", "DES", "KIT", "S100", "DOG1", "KI67", "FISH_ALK")


#: A citation that starts with an author: surname with its particle, then initials, "et al", "and" or "&".
_AUTHOR = re.compile(
    r"((?:(?:[dD]e|[vV]an|[vV]on|[dD]a|[dD]el|[dD]i|[lL]e|[lL]a|[eE]l|de[nr]|ter) |al-|O'|d')*[^\W\d_][\w'’-]+)\??"
    r"(?: [^\W\d_][\w'’-]+)? (?:[A-Z]{1,4}(?=[,.;:]| \(| et| and| &| \d|$)|et al|and |& )"
)
_WORDS = r"((?:[A-Z][A-Za-z]*\.? ){1,8}?)(?:\([A-Za-z]+\) )?((?:19|20)\d\d)\b"
#: Journal and year, at the start of a citation or anywhere in it: "Am J Surg Pathol 1988".
_STARTS_WITH_JOURNAL = re.compile(_WORDS)
_JOURNAL = re.compile(r"(?:^|[\s.,;(])" + _WORDS)
_HEAD = re.compile(r"[,;(:]")
_LONGEST_WORK = 45


# the three records of which there are thousands have no slots: a pickle of slotted frozen dataclasses loads half as fast
@dataclass(frozen=True)
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
    def is_web_reference(self) -> bool:
        """Whether only an address is known, no DOI, PMID or PMCID: the page may move."""
        return not (self.doi or self.pmid or self.pmcid)

    @property
    def short(self) -> str:
        """Author and year for use in a sentence, such as ``"Guo 2025"``; the journal or the work where no author is known."""
        author = _AUTHOR.match(self.citation)
        journal = _STARTS_WITH_JOURNAL.match(self.citation)
        if author and not journal and not author[1].lower().startswith("author"):
            return f"{author[1]} {self.year or ''}".strip()
        journal = journal or _JOURNAL.search(self.citation)
        if journal:
            return f"{journal[1].strip()} {journal[2]}"
        work = _HEAD.split(self.citation)[0].strip(" .")
        if 2 < len(work) <= _LONGEST_WORK and work[0].isupper() and not work.startswith(("Authors", "PubMed", "PMID")):
            return work
        return f"PMID {self.pmid}" if self.pmid else self.id


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
        lineage: line of differentiation, by the chapters of the WHO classification.
        behaviour: benign, intermediate (locally aggressive or rarely metastasising), malignant, unknown.
    """

    id: str
    name: str
    abbreviation: str
    synonyms: tuple[str, ...] = ()
    lineage: str = "unknown"
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


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's opinion on a judged rate.

    Attributes:
        role: of the reviewer, such as "soft tissue pathologist".
        date: of the review, as given.
        rate: share of cases reported positive (probability).
    """

    role: str
    date: str
    rate: float
    note: str = ""
    at: str = ""


@dataclass(frozen=True)
class JudgedRate:
    """A stated judgement on one marker in one diagnosis.

    Attributes:
        rate: share of cases reported positive (probability), as stated, reviews not in it.
        confidence: "A" sure within a factor 1.5 in odds, "B" within 3, "C" a guess.
        elicited: percent of each elicitation, where told.
        was: percent before a change, with its ``reason``.
        reviews: reviewers' opinions.
    """

    rate: float
    confidence: str
    note: str = ""
    elicited: tuple[float, ...] = ()
    was: float | None = None
    reason: str = ""
    reviews: tuple[Review, ...] = ()
    at: str = ""

    @property
    def pooled(self) -> float:
        """Rate pooled with the reviews: mean of the log odds of the stated rate and of every review (probability)."""
        odds = [math.log(p / (1 - p)) for p in (self.rate, *(r.rate for r in self.reviews))]
        return 1 / (1 + math.exp(-sum(odds) / len(odds)))

    @property
    def disagreement(self) -> float:
        """Standard deviation of the log odds of the stated rate and the reviews; 0 without reviews."""
        odds = [math.log(p / (1 - p)) for p in (self.rate, *(r.rate for r in self.reviews))]
        mean = sum(odds) / len(odds)
        return math.sqrt(sum((o - mean) ** 2 for o in odds) / max(len(odds) - 1, 1))


@dataclass(frozen=True)
class JudgedDiagnosis:
    """The stated judgement on one diagnosis; probabilities, not percent.

    Attributes:
        rates: marker -> judged rate.
        fusions: kinase -> share of cases with a rearrangement.
        ordered: marker -> share of finished reports that mention it.
        ki67: shares of the bins, empty where not stated.
        age: "all", a site or a set of sites -> shares of the age bands.
        male: the same -> share of males.
    """

    id: str
    rates: Mapping[str, JudgedRate] = field(default_factory=dict)
    fusions: Mapping[str, float] = field(default_factory=dict)
    ordered: Mapping[str, float] = field(default_factory=dict)
    ki67: tuple[float, ...] = ()
    age: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    male: Mapping[str, float] = field(default_factory=dict)
    at: str = ""


@dataclass(frozen=True)
class Judgement:
    """Everything stated without a count.

    Attributes:
        statement: whose judgement it is, in full; ``short``: in one line.
        diagnoses: id -> what is stated of it.
        focal: marker -> share of focal among the positive where the stain is typical, and where it is not.
        mix: site -> diagnosis -> share of the spindle-cell lesions of that site.
    """

    statement: str = ""
    short: str = ""
    diagnoses: Mapping[str, JudgedDiagnosis] = field(default_factory=dict)
    focal: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    mix: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.diagnoses)

    def only(self, *parts: str) -> Judgement:
        """The same judgement on some things alone, to see what each buys.

        Args:
            parts (str): of "rates" (with the focal shares), "fusions", "ordered", "ki67", "context" (age and sex) and "sites".
        """
        kept = {
            "rates": ("rates",),
            "fusions": ("fusions",),
            "ordered": ("ordered",),
            "ki67": ("ki67",),
            "context": ("age", "male"),
        }
        drop = {f for part, fields in kept.items() if part not in parts for f in fields}
        empty: dict[str, Any] = {f: () if f == "ki67" else {} for f in drop}
        return replace(
            self,
            diagnoses={k: replace(d, **empty) for k, d in self.diagnoses.items()},
            focal=self.focal if "rates" in parts else {},
            mix=self.mix if "sites" in parts else {},
        )

    def rate(self, diagnosis: str, marker: str) -> JudgedRate | None:
        """The judged rate of a cell, ``None`` where none is stated."""
        judged = self.diagnoses.get(diagnosis)
        return judged.rates.get(marker) if judged else None


@dataclass(frozen=True)
class Knowledge:
    """Everything read from the YAML files.

    Attributes:
        diagnoses, markers, sources, priors: records by id; diagnoses and markers in listing order.
        network: structure and constants as read from network.yaml.
        words: the lexicon of report words.
        remarks: what remarks on particular diagnoses name and rest on.
        judgement: what is stated without a count; empty for counts alone.
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
    remarks: Remarks = field(default_factory=Remarks)
    judgement: Judgement = field(default_factory=Judgement)

    @cached_property
    def diagnosis_words(self) -> dict[str, str]:
        """Folded id, name, abbreviation and synonyms -> diagnosis id."""
        out: dict[str, str] = {}
        for d in self.diagnoses.values():
            for word in (d.id, d.name, d.abbreviation, *d.synonyms):
                out.setdefault(fold_name(word), d.id)
        return out

    def diagnosis_id(self, name: str) -> str:
        """The id of a diagnosis given by id, name, abbreviation or synonym.

        Raises:
            UnknownNameError: no diagnosis goes by that name.
        """
        found = self.diagnosis_words.get(fold_name(name))
        if found is None:
            raise UnknownNameError("diagnosis", name, [*self.diagnoses, *(d.name for d in self.diagnoses.values())])
        return found

    def without_judgement(self) -> Knowledge:
        """The same knowledge with counts alone: no stated judgement on rates, sites, ages, fusions and orders."""
        return replace(self, judgement=Judgement())

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


def fold_name(text: str) -> str:
    """A name as names are compared: lower case, letters, digits and plus signs only."""
    return "".join(c for c in text.casefold() if c.isalnum() or c == "+")


def bare_name(text: str) -> str:
    """A marker's name without spaces, hyphens and signs: lower case, letters and digits only."""
    return "".join(c for c in text.casefold() if c.isalnum())
