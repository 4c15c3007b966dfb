"""The published counts behind a finding, as one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from imtdx.knowledge import Diagnosis, Knowledge, Study
from imtdx.rates import Rates
from imtdx.variables import AGE, FUSION, ORDERED, SEX, SITE
from imtdx.words import judged_words

__all__ = ["count_sentence", "reason", "source_names"]

_KIND_WORDS = {AGE: "age", SEX: "sex", SITE: "site"}


def source_names(knowledge: Knowledge, studies: Sequence[Study], limit: int = 2) -> str:
    """Names of the largest series, such as ``"Cook 2001, Coffin 2007 and 5 more"``."""
    order = sorted(studies, key=lambda s: -(s.total or 0))
    names = list(dict.fromkeys(knowledge.sources[s.source].short for s in order))
    shown = ", ".join(names[:limit])
    more = len(names) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def count_sentence(rates: Rates, diagnosis: Diagnosis, marker: str) -> str:
    """The counts of one cell: ``"55/84 in 9 series (Cook 2001, Coffin 2007 and 7 more)"``.

    Says plainly when the cell rests on words, on judgement or on the background rate, and which judgement lies under counts.
    """
    knowledge = rates.knowledge
    cell = rates.cell(diagnosis.id, marker)
    over = "" if cell.judged is None else f" over judgement {judged_words(cell.judged)}"
    studies = [
        s for s in diagnosis.evidence.get(marker, ())
        if s.use in ("pooled", "definition") or (knowledge.markers[marker].kind == "pattern" and s.use == "conditional")
    ]  # fmt: skip
    counted = [s for s in studies if s.total and s.use != "definition"]
    if counted:
        series = "1 series" if len(counted) == 1 else f"{len(counted)} series"
        return f"{cell.positive:g}/{cell.total:g} in {series} ({source_names(knowledge, counted)}){over}"
    if cell.kind == "defined":
        return f"by definition ({source_names(knowledge, studies)}){over}"
    if cell.kind == "qualitative":
        words = ", ".join(dict.fromkeys(s.level for s in studies if s.level))
        return f"described as {words} ({source_names(knowledge, studies)}){over}"
    if cell.judged is not None:
        return f"judgement {judged_words(cell.judged)}, no count"
    if diagnosis.id == "unlisted":
        return "the average over the listed diagnoses"
    return f"not studied: background {knowledge.markers[marker].background:.3g}"


def reason(rates: Rates, diagnosis: Diagnosis, variable: str, value: str, rival: Diagnosis | None = None) -> str:
    """Why a finding counts for or against a diagnosis.

    Args:
        rates: the rates, for counts.
        diagnosis: the diagnosis.
        variable: marker id, or Site, AgeBand, Sex.
        value: the finding in words.
        rival: a rival whose counts are set beside.
    """
    if variable == FUSION:
        return f"share of {diagnosis.abbreviation} with the rearrangement: counts of genetic tests and of the stain, fitted together"
    if variable == ORDERED:
        return f"which stains a report of {diagnosis.abbreviation} mentions: {rates.knowledge.judgement.short}"
    if variable in _KIND_WORDS:
        rows = diagnosis.context.get(_KIND_WORDS[variable], ())
        n = len({r.source for r in rows if r.use == "pooled"})
        own = "judgement, no usable series" if rates.knowledge.judgement else "no usable series, pooled distribution"
        over = " over judgement" if rates.knowledge.judgement else ""
        basis = f"{n} published series{over}" if n else own
        return f"{_KIND_WORDS[variable]} {value} in {diagnosis.abbreviation}: {basis}"
    marker = rates.knowledge.markers[variable]
    if marker.kind == "index":
        n = len([r for r in diagnosis.ki67 if r.use == "pooled"])
        judged = rates.knowledge.judgement.diagnoses.get(diagnosis.id)
        over = " over judgement" if judged and judged.ki67 else ""
        return f"Ki-67 in {diagnosis.abbreviation}: " + (
            f"{n} published series{over}"
            if n
            else "judgement, no usable series"
            if over
            else "no usable series, background"
        )
    text = f"{marker.label} + in {diagnosis.abbreviation}: {count_sentence(rates, diagnosis, variable)}"
    if rival is not None:
        text += f"; in {rival.abbreviation}: {count_sentence(rates, rival, variable)}"
    return text
