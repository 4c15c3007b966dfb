"""What a reader should not overlook: each flag says what, why, and an option.

Counts are read from the knowledge, so a source that is left out is not quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imtdx.knowledge import UNLISTED, Study
from imtdx.panel import Finding
from imtdx.words import percent

if TYPE_CHECKING:
    from imtdx.differential import Differential

__all__ = [
    "CONFLICT_BITS",
    "FEW_FINDINGS",
    "HIGH_KI67",
    "IGG4_SHARE",
    "TISSUE_RISE",
    "UNLISTED_SHARE",
    "Flag",
    "raise_flags",
]

_POSITIVE = frozenset({"positive", "focal", "diffuse"})
#: Fewer informative findings than this are flagged.
FEW_FINDINGS = 3
#: Compromised tissue is flagged from this multiple of its prior chance.
TISSUE_RISE = 5.0
#: `unlisted` is flagged from this probability: as much as a diagnosis one would want to exclude.
UNLISTED_SHARE = 0.10
#: Bits of conflict from which findings are said to contradict each other: the panel is then half as probable as its findings
#: would be if they had nothing to do with each other.
CONFLICT_BITS = 1.0
#: IgG4-related disease in the first three with less than this (probability) is no overlap.
IGG4_SHARE = 0.01
#: Ki-67 (percent) above this is remarked on when IMT leads.
HIGH_KI67 = 10.0
#: Lesions that may be ALK-positive, and what tells them from IMT.
_ALK_MIMICS = (
    ("alcl_alk", ("CD30",)),
    ("eims", ("ALK_PATTERN", "MORPH_EPITHELIOID")),
    ("rhabdomyosarcoma", ("MYOG", "MYOD1")),
    ("angiomatoid_fibrous_histiocytoma", ("FISH_EWSR1", "MORPH_LYMPHOID_CUFF")),
    ("epithelioid_fibrous_histiocytoma", ("FXIIIA",)),
)
#: ALK-positive lesions that have no file in diagnoses/.
_NOT_MODELLED = {
    "epithelioid_fibrous_histiocytoma": "epithelioid fibrous histiocytoma",
    "angiomatoid_fibrous_histiocytoma": "angiomatoid fibrous histiocytoma",
    "alk_histiocytosis": "ALK-positive histiocytosis",
}


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


def raise_flags(dx: Differential) -> tuple[Flag, ...]:
    """Every flag of one case: first those that question the reading of the panel, then those on particular diagnoses."""
    return tuple(flag for rule in _RULES if (flag := rule(dx)) is not None)


# --- helpers -----------------------------------------------------------------------------------------------------------------


def _is_positive(dx: Differential, marker: str) -> bool:
    return marker in dx.panel and dx.panel[marker].value in _POSITIVE


def _leads(dx: Differential, diagnosis: str) -> bool:
    return dx.model.diagnoses[int(dx.posterior.argmax())] == diagnosis


def _first_three(dx: Differential) -> list[str]:
    """Ids of the first three diagnoses."""
    return [dx.model.diagnoses[k] for k in (-dx.posterior).argsort(kind="stable")[:3]]


def _informative(dx: Differential) -> list[Finding]:
    """The findings that the network can weigh."""
    return [f for f in dx.panel.informative if f.marker in dx.model.network.nodes]


def _row(dx: Differential, diagnosis: str, marker: str, source: str) -> Study | None:
    """One published count; ``None`` when the knowledge does not hold it or its source is left out."""
    record = dx.model.knowledge.diagnoses.get(diagnosis)
    rows: Iterable[Study] = record.evidence.get(marker, ()) if record else ()
    return next((s for s in rows if s.source == source and s.positive is not None and s.total), None)


def _count(study: Study) -> str:
    return f"{study.positive:g}/{study.total:g}"


def _labels(dx: Differential, ids: Iterable[str]) -> str:
    """Labels of markers that have no informative result yet, as a list in words."""
    markers = dx.model.knowledge.markers
    known = {f.marker for f in dx.panel.informative}
    names = [markers[k].label for k in ids if k in markers and k not in known]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


# --- how far the panel can be read ---------------------------------------------------------------------------------------------


def _told_both_ways(dx: Differential) -> Flag | None:
    told = dx.panel.contradictions
    if not told:
        return None
    words = "; ".join(c.text for c in told)
    it = "it is" if len(told) == 1 else "they are"
    return Flag(
        "contradiction",
        f"{words}: {it} not used; consider confirming which holds, and marking a later result as repeat",
    )


def _few_findings(dx: Differential) -> Flag | None:
    n = len(_informative(dx))
    if n >= FEW_FINDINGS:
        return None
    told = "No informative finding" if n == 0 else f"Only {n} informative finding{'s' if n > 1 else ''}"
    return Flag(
        "few_findings",
        f"{told}: the ranking rests mostly on the prior and on age, sex and site; consider it a starting point for further tests",
    )


def _tissue(dx: Differential) -> Flag | None:
    structure, p = dx.model.network.structure, dx.tissue["compromised"]
    markers = dx.model.knowledge.markers
    witness = markers[structure.witness].label if structure.witness in markers else structure.witness
    if structure.compromised > 0 and p >= TISSUE_RISE * structure.compromised:
        return Flag(
            "tissue_quality",
            "Stains may have failed: the chance of compromised tissue rose from "
            f"{percent(structure.compromised)} to {percent(p)}, because stains expected to be positive are negative; "
            "consider checking internal controls (vessels, nerves) before counting the negatives",
        )
    stains = [f for f in _informative(dx) if markers[f.marker].is_stain]
    if len(stains) >= FEW_FINDINGS and all(f.value == "negative" for f in stains):
        option = f"{witness} as a witness and " if structure.witness not in dx.panel else ""
        return Flag(
            "tissue_quality",
            "No stain is positive, so nothing in the panel shows that the tissue reacts; "
            f"consider {option}checking internal controls",
        )
    return None


def _clone(dx: Differential) -> Flag | None:
    knowledge = dx.model.knowledge
    stains = knowledge.network["kinase_fusion"]["stains"]
    for f in dx.panel.informative:
        rows = stains.get(f.marker, {}).get("clones", {}).get(f.clone) if f.value == "negative" and f.clone else None
        if not rows:
            continue
        label = knowledge.markers[f.marker].label
        rows = [r for r in rows if r["source"] not in knowledge.left_out]
        sources = [r["source"] for r in rows]
        figure = ""
        if rows:
            names = " and ".join(knowledge.sources[s].short for s in sources)
            detected, of = sum(r["detected"] for r in rows), sum(r["of"] for r in rows)
            figure = f": it showed {detected} of {of} tumours positive with D5F3 ({names})"
        return Flag(
            "clone_sensitivity",
            f"{label} is negative with clone {f.clone}, which misses some positive tumours{figure}; "
            f"consider repeating it with D5F3, or {label} FISH",
            " ".join(sources),
        )
    return None


def _misfit(dx: Differential) -> Flag | None:
    return None if dx.conflict.fits else Flag("no_fit", dx.conflict.sentence)


def _contradiction(dx: Differential) -> Flag | None:
    c = dx.conflict
    if c.conf <= CONFLICT_BITS or len(_informative(dx)) < FEW_FINDINGS:
        return None
    markers = dx.model.knowledge.markers
    worst = sorted((m for m, v in c.shares.items() if v > 0), key=lambda m: -c.shares[m])[:3]
    names = ", ".join(markers[m].label for m in worst)
    return Flag(
        "conflict",
        f"The findings speak against each other (conflict {c.conf:.1f} bit), {names} most; "
        "consider confirming them before the ranking is relied on",
    )


def _unlisted(dx: Differential) -> Flag | None:
    if UNLISTED not in dx.model.diagnoses:
        return None
    p = float(dx.posterior[dx.model.diagnoses.index(UNLISTED)])
    # where it leads the misfit says so already
    if p < UNLISTED_SHARE or _leads(dx, UNLISTED):
        return None
    return Flag(
        "unlisted",
        f"A lesion that is not listed has a probability of {percent(p)}; consider diagnoses beyond this list",
    )


def _morphology(dx: Differential) -> Flag | None:
    markers = dx.model.knowledge.markers
    if any(markers[f.marker].kind == "morphology" for f in _informative(dx)):
        return None
    return Flag(
        "no_morphology", "No H&E feature was given: read the result with the slide, and consider adding what it shows"
    )


def _biopsy(dx: Differential) -> Flag | None:
    if "biopsy" not in dx.specimen.casefold():
        return None
    return Flag(
        "biopsy",
        "Biopsy: crush or scant material loses focal stains and patterns; where suspicion remains, consider a larger-gauge or "
        "incisional re-biopsy",
    )


# --- particular diagnoses ----------------------------------------------------------------------------------------------------


def _ki67(dx: Differential) -> Flag | None:
    finding = next((f for f in dx.panel.informative if f.marker == "KI67"), None)
    if not _leads(dx, "imt") or finding is None or finding.percent is None or finding.percent <= HIGH_KI67:
        return None
    source = "guo2025shanxi"
    figure, used = "", ""
    row = next((r for r in dx.model.knowledge.diagnoses["imt"].ki67 if r.source == source), None)
    if row is not None and row.n:
        # the recurrent cases stand in the note of that row; their mean is printed in the article
        name = dx.model.knowledge.sources[source].short
        figure = f"; in {row.n:g} children the recurrent tumours averaged 18.3 % ({name}), a small series that was not validated"
        used = source
    text = (
        f"IMT leads with Ki-67 {finding.value} %, over {HIGH_KI67:g} %{figure}; consider it when follow-up is planned"
    )
    return Flag("ki67_high", text, used)


def _alk_mimics(dx: Differential) -> Flag | None:
    m = dx.model
    if not _leads(dx, "imt") or not _is_positive(dx, "ALK"):
        return None
    parts, sources = [], []
    for diagnosis, tests in _ALK_MIMICS:
        if diagnosis not in m.diagnoses:
            continue
        record = m.knowledge.diagnoses[diagnosis]
        cell = m.network.rates.cell(diagnosis, "ALK")
        if cell.kind == "defined" or any(s.use == "definition" for s in record.evidence.get("ALK", ())):
            why = ""
        else:
            why = f"ALK + in {cell.positive:g}/{cell.total:g}; "
            sources += [s.source for s in record.evidence.get("ALK", ()) if s.use == "pooled" and s.total]
        open_tests = _labels(dx, tests)
        now = percent(float(dx.posterior[m.diagnoses.index(diagnosis)]))
        parts.append(f"{record.abbreviation} ({why}now {now}{'; ' + open_tests if open_tests else ''})")
    missing = " and ".join(name for key, name in _NOT_MODELLED.items() if key not in m.diagnoses)
    return Flag(
        "alk_mimics",
        f"ALK is positive in other lesions too: consider excluding {', '.join(parts)}"
        + (f"; not modelled: {missing}" if missing else ""),
        " ".join(dict.fromkeys(sources)),
    )


def _igg4(dx: Differential) -> Flag | None:
    m = dx.model
    if "igg4rd" not in m.diagnoses:
        return None
    p = float(dx.posterior[m.diagnoses.index("igg4rd")])
    if not _is_positive(dx, "IGG4") and ("igg4rd" not in _first_three(dx) or p < IGG4_SHARE):
        return None
    source = "yamamoto2009igg4"
    figures = []
    for marker, name in (("ALK", "ALK"), ("MORPH_OBLITERATIVE_PHLEBITIS", "obliterative phlebitis")):
        imt, other = _row(dx, "imt", marker, source), _row(dx, "igg4rd", marker, source)
        if imt and other:
            figures.append(f"{name} {_count(other)} v {_count(imt)}")
    tests = _labels(dx, ("ALK", "MORPH_OBLITERATIVE_PHLEBITIS", "IGG4"))
    words = f" ({', '.join(figures)} in IgG4-RD v IMT, {m.knowledge.sources[source].short})" if figures else ""
    return Flag(
        "igg4_overlap",
        f"IgG4-related disease overlaps with IMT (now {percent(p)}); IgG4-positive plasma cells occur in both. ALK and "
        f"obliterative phlebitis separate them{words}; consider {tests + ', and ' if tests else ''}the IgG4/IgG ratio",
        source if figures else "",
    )


def _keratin(dx: Differential) -> Flag | None:
    m = dx.model
    if dx.panel.context.site != "pelvis_gu" or not _is_positive(dx, "CK") or "imt" not in _first_three(dx):
        return None
    row = _row(dx, "imt", "CK", "montgomery2006gu")
    tests = _labels(dx, ("ALK", "FISH_ALK"))
    words = f": {_count(row)} in the urinary tract ({m.knowledge.sources[row.source].short})" if row else ""
    return Flag(
        "keratin_bladder",
        f"Keratin does not exclude IMT here: most bladder IMT are keratin-positive{words}. "
        f"Consider {tests + ', and ' if tests else ''}nuclear atypia and necrosis at the tumour-muscle interface, "
        "which speak for sarcomatoid carcinoma",
        row.source if row else "",
    )


_RULES: tuple[Callable[[Differential], Flag | None], ...] = (
    _told_both_ways,
    _tissue,
    _few_findings,
    _misfit,
    _contradiction,
    _unlisted,
    _clone,
    _alk_mimics,
    _igg4,
    _keratin,
    _ki67,
    _biopsy,
    _morphology,
)
