"""One cell of the knowledge as a record: the rate, what it rests on, and every study behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from imtdx.errors import UnknownNameError, UsageError
from imtdx.knowledge import UNLISTED, Knowledge, Marker, Source, Study
from imtdx.rates import pooled_counts
from imtdx.records import bare_name

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = [
    "CellRecord",
    "StudyRecord",
    "cell_record",
    "enters_rate",
    "find_marker",
    "find_name",
    "homogeneity",
    "study_record",
]


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """One published result behind a cell.

    Attributes:
        source, name, link: id, author and year, most lasting address (or ``"no link: "`` and why).
        result: ``"44/73"``, or the word the text gives instead of a count.
        pooled: whether it enters the pooled rate of the cell.
        use: pooled, conditional, selected or definition.
        basis: count, pct (count derived from a percentage) or qualitative.
        details: criterion, clone, population, site and what selects the subset, in words.
        printed, where, note: the figure as printed, where it stands, remarks.
        verbatim: ``False`` where the figure was noted in condensed form.
        at: ``file:line`` of the row.
    """

    source: str
    name: str
    link: str
    result: str
    positive: float | None
    total: float | None
    focal: float | None
    pooled: bool
    use: str
    basis: str
    details: str
    printed: str
    where: str
    note: str
    verbatim: bool
    at: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CellRecord:
    """What is known of one marker in one diagnosis.

    Attributes:
        rate: posterior mean share of positive cases (probability).
        low, high: 95 % credible interval of it.
        basis: counted, defined, qualitative (words), judged (stated, no count) or background; ``"average"`` for the open answer.
        judgement: the stated rate under the counts (probability), ``None`` without one; never part of ``positive`` and ``total``.
        confidence: of the judgement: A, B or C.
        trust: chance that the stated rate holds, given the counts (0 to 1).
        positive, total: published counts that are pooled, without weights.
        n_studies: pooled studies, words included.
        rho: between-study correlation of the marker that the weights use (0 to 1).
        i2: share of the spread between the studies of this cell that is more than chance (0 to 1); ``None`` under two studies.
        background: the marker's stated background rate.
        studies: every row, the pooled ones first.
    """

    diagnosis: str
    diagnosis_name: str
    abbreviation: str
    marker: str
    label: str
    rate: float
    low: float
    high: float
    basis: str
    positive: float
    total: float
    n_studies: int
    rho: float
    i2: float | None
    background: float
    studies: tuple[StudyRecord, ...]
    judgement: float | None = None
    confidence: str = ""
    trust: float = 0.0

    @property
    def on_counts(self) -> bool:
        """Whether the rate rests on published counts, and not on words or the background alone."""
        return self.total > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return asdict(self)


def enters_rate(study: Study, marker: Marker) -> bool:
    """Whether a row enters the pooled rate; of a pattern, which is read among positive stains only, conditional rows do."""
    return study.use == "pooled" or (marker.kind == "pattern" and study.use == "conditional")


def homogeneity(counts: list[tuple[float, float]]) -> float | None:
    """I2, the share of the spread between studies that is more than chance (Higgins & Thompson 2002, Stat Med 21:1539).

    Args:
        counts: (positive, total) of each study.

    Returns:
        float | None: 0 to 1 from the Pearson statistic of homogeneity; ``None`` under two studies.
    """
    if len(counts) < 2:
        return None
    total = sum(n for _, n in counts)
    rate = (sum(k for k, _ in counts) + 0.5) / (total + 1)
    statistic = sum((k - n * rate) ** 2 / (n * rate * (1 - rate)) for k, n in counts)
    return max(0.0, 1 - (len(counts) - 1) / statistic) if statistic > 0 else 0.0


def cell_record(model: Model, diagnosis: str, marker: str) -> CellRecord:
    """The record of one cell.

    Args:
        model: the model; its rates are shown.
        diagnosis, marker (str): ids.
    """
    knowledge, rates = model.knowledge, model.network.rates
    d, m = knowledge.diagnoses[diagnosis], knowledge.markers[marker]
    cell = rates.cell(diagnosis, marker)
    low, high = cell.interval()
    judged = knowledge.judgement.rate(diagnosis, marker)
    rows = d.evidence.get(marker, ())
    order = sorted(rows, key=lambda s: (not enters_rate(s, m), s.use != "definition", -(s.total or 0), s.source))
    return CellRecord(
        diagnosis=d.id,
        diagnosis_name=d.name,
        abbreviation=d.abbreviation,
        marker=m.id,
        label=m.label,
        rate=cell.mean,
        low=low,
        high=high,
        basis="average" if diagnosis == UNLISTED and not rows else cell.kind,
        positive=cell.positive,
        total=cell.total,
        n_studies=cell.n_studies,
        rho=rates.heterogeneity(marker),
        i2=homogeneity(pooled_counts(s for s in rows if enters_rate(s, m))),
        background=m.background,
        studies=tuple(study_record(s, knowledge.sources[s.source], m) for s in order),
        judgement=cell.judged,
        confidence=judged.confidence if judged else "",
        trust=cell.trust,
    )


def study_record(s: Study, source: Source, marker: Marker) -> StudyRecord:
    """One row of a cell with its source looked up."""
    result = f"{s.positive:g}/{s.total:g}" if s.positive is not None and s.total is not None else s.level
    details = [
        s.criterion,
        f"clone {s.clone}" if s.clone and s.clone not in s.criterion else "",
        "among " + ", ".join(f"{k} {v}" for k, v in s.given) if s.given else "",
        "" if s.population == "unknown" else s.population,
        ", ".join(s.site_reported.split(",") if s.site_reported else s.site).replace("_", " "),
        f"{s.focal:g} focal" if s.focal is not None else "",
    ]
    return StudyRecord(
        source=s.source,
        name=source.short,
        link=source.link or f"no link: {source.unlinked}",
        result=result,
        positive=s.positive,
        total=s.total,
        focal=s.focal,
        pooled=enters_rate(s, marker),
        use=s.use,
        basis=s.basis,
        details="; ".join(x for x in details if x),
        printed=s.printed,
        where=s.where,
        note=s.note,
        verbatim=s.verbatim,
        at=s.at,
    )


# --- names -----------------------------------------------------------------------------------------------------------------


def find_marker(knowledge: Knowledge, name: str) -> str | None:
    """Id of a marker given by id, label or synonym; ``None`` when there is none."""
    folded = bare_name(name)
    for m in knowledge.markers.values():
        if folded in (bare_name(m.id), bare_name(m.label)):
            return m.id
    for m in knowledge.markers.values():
        if any(folded == bare_name(s) for s in m.synonyms):
            return m.id
    return None


def find_name(knowledge: Knowledge, name: str) -> tuple[str, str]:
    """What a name stands for: ("diagnosis", id) or ("marker", id).

    Raises:
        UnknownNameError: neither.
        UsageError: a source, which another verb answers for.
    """
    try:
        return "diagnosis", knowledge.diagnosis_id(name)
    except UnknownNameError:
        marker = find_marker(knowledge, name)
        if marker is not None:
            return "marker", marker
        if name in knowledge.sources:
            raise UsageError(f"{name!r} is a source; ask what it feeds with: imtdx knowledge cite {name}") from None
        raise UnknownNameError("diagnosis or marker", name, [*knowledge.diagnoses, *knowledge.markers]) from None
