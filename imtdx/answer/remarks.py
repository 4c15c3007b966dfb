"""The words of the flags of one case: each says what, why, and an option.

Counts are read from the knowledge, so a source that is left out is not quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.answer.case import Case
from imtdx.answer.conflict import Conflict
from imtdx.answer.flags import less_sensitive, raised, tissue_rose
from imtdx.knowledge import UNLISTED, Study
from imtdx.panel import POSITIVE
from imtdx.variables import AGE, SEX, SITE
from imtdx.words import percent

__all__ = ["Flag", "raise_flags"]


@dataclass(frozen=True, slots=True)
class Flag:
    """One remark.

    Attributes:
        id: short name, stable for tables.
        text: what and why, phrased as an option.
        source: ids of the sources of the figures in the text, separated by spaces; empty where it states none.
    """

    id: str
    text: str
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"id": self.id, "text": self.text, "source": self.source}


def raise_flags(case: Case, fit: Conflict) -> tuple[Flag, ...]:
    """Every flag of one case: first those that question the reading of the panel, then those on particular diagnoses.

    Args:
        case: the case.
        fit: how its findings go together.
    """
    out = []
    for name in raised(case, fit):
        said = _WORDS[name](case, fit)
        text, source = said if isinstance(said, tuple) else (said, "")
        out.append(Flag(name, text, source))
    return tuple(out)


# --- helpers -----------------------------------------------------------------------------------------------------------------


def _row(case: Case, diagnosis: str, marker: str, source: str) -> Study | None:
    """One published count; ``None`` when the knowledge does not hold it or its source is left out."""
    record = case.model.knowledge.diagnoses.get(diagnosis)
    rows: Iterable[Study] = record.evidence.get(marker, ()) if record else ()
    return next((s for s in rows if s.source == source and s.positive is not None and s.total), None)


def _count(study: Study) -> str:
    return f"{study.positive:g}/{study.total:g}"


def _labels(case: Case, ids: Iterable[str]) -> str:
    """Labels of markers that have no informative result yet, as a list in words."""
    markers = case.model.knowledge.markers
    known = {f.marker for f in case.panel.informative}
    names = [markers[k].label for k in ids if k in markers and k not in known]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


Said = str | tuple[str, str]


# --- how far the panel can be read ---------------------------------------------------------------------------------------------


def _contradiction(case: Case, fit: Conflict) -> Said:
    told = case.panel.contradictions
    words = "; ".join(c.text for c in told)
    it = "it is" if len(told) == 1 else "they are"
    return f"{words}: {it} not used; consider confirming which holds, and marking a later result as repeat"


def _implausible(case: Case, fit: Conflict) -> Said:
    c = case.panel.context
    told = c.site_reported or (c.site or "").replace("_", " ")
    return f"Site {told} and sex {c.sex} do not go together, so the sex tells nothing here; consider checking both in the request"


def _outside(case: Case, fit: Conflict) -> Said:
    spec = case.model.knowledge.network["unlisted"]["suggests"]
    told = [f for f in case.panel.informative if f.marker in spec and f.value in POSITIVE]
    words = "; ".join(f"{case.model.knowledge.markers[f.marker].label} +: {spec[f.marker]['means']}" for f in told)
    p = percent(case.probability(UNLISTED))
    return f"Speaks for a lesion outside the list ({words}), now {p}; consider excluding it"


def _few_findings(case: Case, fit: Conflict) -> Said:
    n = len(case.weighed)
    told = "No informative finding" if n == 0 else f"Only {n} informative finding{'s' if n > 1 else ''}"
    return f"{told}: the ranking rests mostly on the prior and on age, sex and site; consider it a starting point for further tests"


def _tissue(case: Case, fit: Conflict) -> Said:
    structure, p = case.model.network.structure, case.tissue["compromised"]
    markers = case.model.knowledge.markers
    if tissue_rose(case.model, np.array([p]))[0]:
        return (
            "Stains may have failed: the chance of compromised tissue rose from "
            f"{percent(structure.compromised)} to {percent(p)}, because stains expected to be positive are negative; "
            "consider checking internal controls (vessels, nerves) before counting the negatives"
        )
    witness = markers[structure.witness].label if structure.witness in markers else structure.witness
    option = f"{witness} as a witness and " if structure.witness not in case.panel else ""
    return (
        "No stain is positive, so nothing in the panel shows that the tissue reacts; "
        f"consider {option}checking internal controls"
    )


def _clone(case: Case, fit: Conflict) -> Said:
    knowledge = case.model.knowledge
    finding, rows = next(
        (f, less_sensitive(knowledge, f.marker)[f.clone])
        for f in case.panel.informative
        if f.value == "negative" and f.clone and f.clone in less_sensitive(knowledge, f.marker)
    )
    label = knowledge.markers[finding.marker].label
    used: list[Any] = [r for r in rows if r["source"] not in knowledge.left_out]
    sources = [r["source"] for r in used]
    figure = ""
    if used:
        names = " and ".join(knowledge.sources[s].short for s in sources)
        detected, of = sum(r["detected"] for r in used), sum(r["of"] for r in used)
        figure = f": it showed {detected} of {of} tumours positive with D5F3 ({names})"
    text = (
        f"{label} is negative with clone {finding.clone}, which misses some positive tumours{figure}; "
        f"consider repeating it with D5F3, or {label} FISH"
    )
    return text, " ".join(sources)


def _misfit(case: Case, fit: Conflict) -> Said:
    return fit.sentence


def _conflict(case: Case, fit: Conflict) -> Said:
    markers = case.model.knowledge.markers
    worst = sorted((m for m, v in fit.shares.items() if v > 0), key=lambda m: -fit.shares[m])[:3]
    names = ", ".join(markers[m].label for m in worst)
    return (
        f"The findings speak against each other (conflict {fit.conf:.1f} bit), {names} most; "
        "consider confirming them before the ranking is relied on"
    )


def _unlisted(case: Case, fit: Conflict) -> Said:
    p = percent(case.probability(UNLISTED))
    return f"A lesion that is not listed has a probability of {p}; consider diagnoses beyond this list"


def _morphology(case: Case, fit: Conflict) -> Said:
    return "No H&E feature was given: read the result with the slide, and consider adding what it shows"


def _biopsy(case: Case, fit: Conflict) -> Said:
    return (
        "Biopsy: crush or scant material loses focal stains and patterns; where suspicion remains, consider a larger-gauge or "
        "incisional re-biopsy"
    )


# --- particular diagnoses ----------------------------------------------------------------------------------------------------


def _ki67(case: Case, fit: Conflict) -> Said:
    knowledge, told, used = case.model.knowledge, [], []
    recurred = knowledge.remarks.recurrence
    rows = [r for r in knowledge.diagnoses["imt"].ki67 if recurred and r.source == recurred.source and r.values]
    if recurred and rows:
        values = rows[0].values
        again = [values[k - 1] for k in recurred.cases if k <= len(values)]
        others = [v for k, v in enumerate(values, start=1) if k not in recurred.cases]
        used.append(recurred.source)
        where = f" ({recurred.sites})" if recurred.sites else ""
        told.append(
            f"of {len(values)} children ({knowledge.sources[recurred.source].short}) the {len(again)} whose tumour recurred{where} had "
            f"{', '.join(f'{v:g}' for v in again)} %, the others {min(others):g} to {max(others):g} %"
        )
    if recurred and recurred.margins_source and recurred.margins_source not in knowledge.left_out:
        used.append(recurred.margins_source)
        told.append(f"{recurred.margins} ({knowledge.sources[recurred.margins_source].short})")
    value = case.panel["KI67"].value
    text = (
        f"IMT leads with Ki-67 {value} %, which is no threshold for recurrence: {'; '.join(told)}"
        if told
        else f"IMT leads with Ki-67 {value} %"
    )
    return f"{text}; consider margins, site and completeness of resection when follow-up is planned", " ".join(used)


#: An ALK-positive lesion is named when it holds this share of all ALK-positive cases of this age, sex, site and shape.
_PLAUSIBLE = 0.005
_MIMICS = 3


def _alk_mimics(case: Case, fit: Conflict) -> Said:
    m = case.model
    parts, sources = [], []
    weight = _alk_positive(case)
    leading = m.diagnoses[int(case.posterior.argmax())]
    named = {
        x.diagnosis: x for x in m.knowledge.remarks.mimics if x.diagnosis in m.diagnoses and x.diagnosis != leading
    }
    order = sorted(named, key=lambda d: (-weight[m.index(d)], d))
    for diagnosis in [d for d in order if weight[m.index(d)] >= _PLAUSIBLE][:_MIMICS]:
        record = m.knowledge.diagnoses[diagnosis]
        cell = m.network.rates.cell(diagnosis, "ALK")
        if cell.kind == "defined" or any(s.use == "definition" for s in record.evidence.get("ALK", ())):
            why = ""
        elif cell.total:
            why = f"ALK + in {cell.positive:g}/{cell.total:g}; "
            sources += [s.source for s in record.evidence.get("ALK", ()) if s.use == "pooled" and s.total]
        else:
            why = "ALK + by judgement or words; "
        open_tests = _labels(case, named[diagnosis].tests)
        now = percent(case.probability(diagnosis))
        parts.append(f"{record.abbreviation} ({why}now {now}{'; ' + open_tests if open_tests else ''})")
    missing = " and ".join(name for key, name in m.knowledge.remarks.not_modelled.items() if key not in m.diagnoses)
    here = (
        "at this age, site and shape the likeliest are"
        if leading == "imt"
        else "beside the first diagnosis the likeliest are"
    )
    option = f": {here} {', '.join(parts)}; consider excluding them" if parts else ""
    text = f"ALK is positive in more lesions than {'IMT' if leading == 'imt' else 'the first diagnosis'}{option}" + (
        f"; not modelled: {missing}" if missing else ""
    )
    return text, " ".join(dict.fromkeys(sources))


def _alk_positive(case: Case) -> Array:
    """Share of each diagnosis among ALK-positive cases of this age, sex, site and shape, shape (diagnoses,)."""
    m = case.model
    kinds = {k: v.kind for k, v in m.knowledge.markers.items()}
    ground = {k: v for k, v in case.evidence.items() if k in (AGE, SEX, SITE) or kinds.get(k) == "morphology"}
    prior = m.engine.posterior(ground)
    out = prior * np.array([m.network.rates.cell(d, "ALK").mean if d != UNLISTED else 0.0 for d in m.diagnoses])
    total = float(out.sum())
    share: Array = out / total if total > 0 else out
    return share


def _igg4(case: Case, fit: Conflict) -> Said:
    knowledge = case.model.knowledge
    basis, figures = knowledge.remarks.igg4, []
    for marker, name in basis.compared.items() if basis else ():
        assert basis is not None
        imt, other = _row(case, "imt", marker, basis.source), _row(case, "igg4rd", marker, basis.source)
        if imt and other:
            figures.append(f"{name} {_count(other)} v {_count(imt)}")
    tests = _labels(case, basis.tests if basis else ())
    words = (
        f" ({', '.join(figures)} in IgG4-RD v IMT, {knowledge.sources[basis.source].short})"
        if basis and figures
        else ""
    )
    text = (
        f"IgG4-related disease overlaps with IMT (now {percent(case.probability('igg4rd'))}); IgG4-positive plasma cells occur in "
        f"both. ALK and obliterative phlebitis separate them{words}; "
        f"consider {tests + ', and ' if tests else ''}the IgG4/IgG ratio"
    )
    return text, basis.source if basis and figures else ""


def _keratin(case: Case, fit: Conflict) -> Said:
    knowledge = case.model.knowledge
    basis = knowledge.remarks.keratin
    assert basis is not None
    row = _row(case, "imt", "CK", basis.source)
    tests = _labels(case, basis.tests)
    words = f": {_count(row)} in the urinary tract ({knowledge.sources[row.source].short})" if row else ""
    text = (
        f"Keratin does not exclude IMT here: most bladder IMT are keratin-positive{words}. "
        f"Consider {tests + ', and ' if tests else ''}nuclear atypia and necrosis at the tumour-muscle interface, "
        "which speak for sarcomatoid carcinoma"
    )
    return text, row.source if row else ""


_WORDS: dict[str, Callable[[Case, Conflict], Said]] = {
    "contradiction": _contradiction,
    "site_sex": _implausible,
    "tissue_quality": _tissue,
    "few_findings": _few_findings,
    "no_fit": _misfit,
    "conflict": _conflict,
    "unlisted": _unlisted,
    "outside_list": _outside,
    "clone_sensitivity": _clone,
    "alk_mimics": _alk_mimics,
    "igg4_overlap": _igg4,
    "keratin_bladder": _keratin,
    "ki67_high": _ki67,
    "biopsy": _biopsy,
    "no_morphology": _morphology,
}
