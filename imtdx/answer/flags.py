"""Flags: what a reader should not overlook. When each is raised, for one case and for a million.

A flag is a predicate on `Facts`, arrays with one place per case: a single case is an array of one. The words of a flag are in
`imtdx.answer.remarks`. Two flags are told of single cases only: ``biopsy`` (tables do not say) and ``no_morphology`` (it would
stand in every row of most tables); the p-value behind ``no_fit`` takes a simulation, which tables do without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.answer.case import Case, Compiled
from imtdx.answer.conflict import MISFIT, Conflict
from imtdx.engine import Evidence
from imtdx.knowledge import UNLISTED, Knowledge
from imtdx.panel import POSITIVE, Finding
from imtdx.variables import SEX, SITE

__all__ = [
    "COLUMN_FLAGS",
    "CONFLICT_BITS",
    "FEW_FINDINGS",
    "FLAG_TEXTS",
    "HIGH_KI67",
    "IGG4_SHARE",
    "TISSUE_RISE",
    "UNLISTED_SHARE",
    "Facts",
    "Trait",
    "flag_bits",
    "is_from",
    "is_implausible",
    "predicates",
    "raised",
    "tissue_rose",
    "trait",
]

Codes = NDArray[np.integer]
Mask = NDArray[np.bool_]

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
#: From this Ki-67 (percent) on, what is known of recurrence is told when IMT leads; it is no threshold of recurrence.
HIGH_KI67 = 10.0

#: The flags of tables in the order in which they are raised, first those that question the reading of the panel, then those on
#: particular diagnoses; bit k stands for flag k.
COLUMN_FLAGS = (
    "contradiction", "site_sex", "tissue_quality", "few_findings", "no_fit", "conflict", "unlisted", "outside_list", "clone_sensitivity", "alk_mimics",
    "igg4_overlap", "keratin_bladder", "ki67_high",
)  # fmt: skip
#: Bit pattern -> ids separated by semicolons.
FLAG_TEXTS = tuple(
    ";".join(f for k, f in enumerate(COLUMN_FLAGS) if bits >> k & 1) for bits in range(1 << len(COLUMN_FLAGS))
)


class Trait(IntFlag):
    """What flags ask of a finding beside its evidence."""

    NONE = 0
    NEGATIVE = 1
    POSITIVE = 2
    #: an index above the limit that is flagged
    HIGH = 4
    #: negative by a clone that is known to miss some positives
    MISSED = 8


def trait(finding: Finding, knowledge: Knowledge) -> Trait:
    """What flags ask of one finding."""
    if finding.value == "negative":
        out = Trait.NEGATIVE
        if finding.clone and finding.clone in less_sensitive(knowledge, finding.marker):
            out |= Trait.MISSED
        return out
    if finding.value in POSITIVE:
        return Trait.POSITIVE
    return Trait.HIGH if finding.percent is not None and finding.percent >= HIGH_KI67 else Trait.NONE


def less_sensitive(knowledge: Knowledge, marker: str) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Clone -> counts of a stain, for the clones that miss some positives."""
    stains = knowledge.network.get("kinase_fusion", {}).get("stains", {})
    clones: Mapping[str, Sequence[Mapping[str, object]]] = stains.get(marker, {}).get("clones", {})
    return clones


@dataclass
class Facts:
    """What flags look at, every array of shape (cases, ...).

    Attributes:
        n_findings: findings that carry weight.
        stains, negative: stains with a result, and those of them that are negative.
        contradicted: a marker is told both ways.
        implausible: an organ that the other sex has.
        compromised: P(compromised tissue).
        top: indices of the three most probable diagnoses, shape (cases, 3).
        probability: diagnosis -> its probability, for `unlisted` and ``igg4rd`` where they are known.
        conflict: Jensen's conflict (bits).
        p_value: of the fit; ``None`` where it was not worked out.
        has: (marker, trait) -> cases whose finding has it.
        at: sites -> cases from one of them.
    """

    n_findings: Codes
    stains: Codes
    negative: Codes
    contradicted: Mask
    implausible: Mask
    compromised: Array
    top: Codes
    probability: Mapping[str, Array]
    conflict: Array
    p_value: Array | None
    has: Callable[[str, Trait], Mask]
    at: Callable[[Sequence[str]], Mask]


def predicates(model: Compiled, facts: Facts) -> dict[str, Mask]:
    """Flag -> whether it is raised, shape (cases,), in the order of `COLUMN_FLAGS`.

    Args:
        model: the compiled network.
        facts: of the cases.
    """
    place = {d: k for k, d in enumerate(model.diagnoses)}
    no = np.zeros(len(facts.n_findings), bool)

    def leads(diagnosis: str) -> Mask:
        return facts.top[:, 0] == place[diagnosis] if diagnosis in place else no

    def among_three(diagnosis: str) -> Mask:
        return (facts.top == place[diagnosis]).any(axis=1) if diagnosis in place else no

    remarks = model.knowledge.remarks
    open_leads, enough = leads(UNLISTED), facts.n_findings >= FEW_FINDINGS
    misfit = open_leads if facts.p_value is None else open_leads | (facts.p_value < MISFIT)
    none_positive = (facts.stains >= FEW_FINDINGS) & (facts.negative == facts.stains)
    missed, unlisted, outside, igg4 = no, no, no, no
    for marker in model.knowledge.network.get("kinase_fusion", {}).get("stains", {}):
        missed = missed | facts.has(marker, Trait.MISSED)
    if UNLISTED in place:
        # where it leads the misfit says so already
        unlisted = (facts.probability[UNLISTED] >= UNLISTED_SHARE) & ~open_leads
        for marker in model.knowledge.network.get("unlisted", {}).get("suggests", {}):
            outside = outside | facts.has(marker, Trait.POSITIVE)
        outside = outside & (facts.probability[UNLISTED] >= UNLISTED_SHARE)
    if "igg4rd" in place:
        near = among_three("igg4rd") & (facts.probability["igg4rd"] >= IGG4_SHARE)
        igg4 = facts.has("IGG4", Trait.POSITIVE) | near
    keratin = no
    if remarks.keratin is not None:
        keratin = facts.at(remarks.keratin.sites) & facts.has("CK", Trait.POSITIVE) & among_three("imt")
    return {
        "contradiction": facts.contradicted,
        "site_sex": facts.implausible,
        "tissue_quality": tissue_rose(model, facts.compromised) | none_positive,
        "few_findings": ~enough,
        "no_fit": misfit & (facts.n_findings > 0),
        "conflict": (facts.conflict > CONFLICT_BITS) & enough,
        "unlisted": unlisted,
        "outside_list": outside,
        "clone_sensitivity": missed,
        "alk_mimics": facts.has("ALK", Trait.POSITIVE),
        "igg4_overlap": igg4,
        "keratin_bladder": keratin,
        "ki67_high": leads("imt") & facts.has("KI67", Trait.HIGH),
    }


def is_from(model: Compiled, sites: Sequence[str], evidence: Evidence) -> bool:
    """Whether a case may come from one of some sites, by what was told of its site."""
    states = model.network.states(SITE)
    return SITE in evidence and any(evidence[SITE][states.index(s)] == 1.0 for s in sites if s in states)


def is_implausible(model: Compiled, site: Evidence, sex: Evidence) -> bool:
    """Whether a case has an organ that the other sex has, by what was told of its site and its sex."""
    if SITE not in site or SEX not in sex:
        return False
    sites, sexes = model.network.states(SITE), model.network.states(SEX)
    told = [s for s, yes in zip(sites, site[SITE], strict=True) if yes]
    of = model.knowledge.network["context"].get("sex_of_site", {})
    return bool(told) and all(s in of and sex[SEX][sexes.index(of[s])] == 0 for s in told)


def tissue_rose(model: Compiled, compromised: Array) -> Mask:
    """Where the chance of compromised tissue has risen far above its prior."""
    prior = model.network.structure.compromised
    out: Mask = (compromised >= TISSUE_RISE * prior) & (prior > 0)
    return out


def flag_bits(model: Compiled, facts: Facts) -> NDArray[np.uint16]:
    """`predicates` as bits, shape (cases,)."""
    bits = np.zeros(len(facts.n_findings), np.uint16)
    for k, mask in enumerate(predicates(model, facts).values()):
        bits |= mask.astype(np.uint16) << np.uint16(k)
    return bits


# --- one case ----------------------------------------------------------------------------------------------------------------


def raised(case: Case, fit: Conflict) -> list[str]:
    """Ids of the flags of one case, in the order in which they are told.

    Args:
        case: the case.
        fit: how its findings go together.
    """
    markers = case.model.knowledge.markers
    kinds = [markers[f.marker].kind for f in case.weighed]
    told = predicates(case.model, _facts(case, fit))
    out = [name for name in COLUMN_FLAGS if told[name][0]]
    if "biopsy" in case.specimen.casefold():
        out.append("biopsy")
    if "morphology" not in kinds:
        out.append("no_morphology")
    return out


def _facts(case: Case, fit: Conflict) -> Facts:
    """The facts of one case."""
    knowledge, diagnoses = case.model.knowledge, case.model.diagnoses
    stains = [f for f in case.weighed if knowledge.markers[f.marker].is_stain]
    traits = {f.marker: trait(f, knowledge) for f in case.panel.informative}
    return Facts(
        n_findings=np.array([len(case.weighed)]),
        stains=np.array([len(stains)]),
        negative=np.array([sum(f.value == "negative" for f in stains)]),
        contradicted=np.array([bool(case.panel.contradictions)]),
        implausible=np.array([is_implausible(case.model, case.evidence, case.evidence)]),
        compromised=np.array([case.tissue["compromised"]]),
        top=np.array([case.order[:3]]),
        probability={d: case.posterior[[k]] for k, d in enumerate(diagnoses)},
        conflict=np.array([fit.conf]),
        p_value=np.array([fit.p_value]),
        has=lambda marker, wanted: np.array([bool(traits.get(marker, Trait.NONE) & wanted)]),
        at=lambda sites: np.array([is_from(case.model, sites, case.evidence)]),
    )
