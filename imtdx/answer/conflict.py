"""Do the findings go together, and does the panel fit any listed diagnosis?

Conflict (Jensen, Chamberlain, Nordahl & Jensen 1990, "Analysis in HUGIN of data conflict"):

    conf(e) = log2( P(e1) P(e2) ... P(en) / P(e1, e2, ..., en) )        in bits

Findings of one lesion support each other, so their joint probability exceeds the product and conf is negative; above 0 they
contradict each other under every diagnosis the network knows. Age, sex and site are not findings but the ground they stand on:
every probability is conditional on them, so an unusual age alone is no conflict between stains.

Surprise is an exact test of goodness of fit: the chance, under the leading listed diagnosis, of a panel of the same tests that
is at most as probable as this one. All outcomes are enumerated where they are few and drawn (seeded) where they are many.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.answer.case import Case
from imtdx.knowledge import UNLISTED
from imtdx.variables import AGE, ORDERED, SEX, SITE
from imtdx.words import percent

if TYPE_CHECKING:
    from imtdx.engine import Engine

__all__ = ["GROUND", "MISFIT", "Conflict", "Recheck", "assess", "jensen", "surprise"]


#: Below this p-value (probability) the panel fits no listed diagnosis well: one panel in fifty of the leading diagnosis itself is
#: called a misfit, rare enough that the sentence is read and not waved away.
MISFIT = 0.02
#: A finding rarer than this in the leading diagnosis (probability) is worth repeating when it also pulls against it.
RARE = 0.05
#: Up to this many outcomes the surprise is exact; both ways take a few milliseconds.
_ENUMERATE = 60_000
_DRAWS = 4000
#: An impossible panel has infinite conflict; JSON and tables have no infinity.
_MOST_BITS = 999.0
#: The variables that findings are judged against, not with.
GROUND = (SITE, AGE, SEX, ORDERED)


@dataclass(frozen=True, slots=True)
class Recheck:
    """A finding worth repeating.

    Attributes:
        marker: marker id.
        probability: chance of such a finding in the leading diagnosis (probability), given age, sex and site.
        text: the sentence.
    """

    marker: str
    probability: float
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"marker": self.marker, "probability": self.probability, "text": self.text}


@dataclass(frozen=True, slots=True)
class Conflict:
    """How well the findings go together.

    Attributes:
        conf: Jensen's conflict (bits); above 0 the findings contradict each other.
        shares: marker -> how much conf falls when it is left out (bits); above 0 it clashes with the others. Leave-one-out
            shares do not add up to conf: of two clashing findings each carries the whole clash.
        diagnosis: id of the leading listed diagnosis, under which the panel is judged.
        p_value: chance of a panel at most as probable as this one under that diagnosis (probability).
        exact: whether every outcome was enumerated; simulated with a seed otherwise.
        fits: False when the p-value is low or `unlisted` leads.
        sentence: the fit in words.
        recheck: findings worth repeating, rarest first.
    """

    conf: float
    shares: Mapping[str, float]
    diagnosis: str
    p_value: float
    exact: bool
    fits: bool
    sentence: str
    recheck: tuple[Recheck, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data; every number is finite."""
        return {
            "conf": self.conf,
            "shares": dict(self.shares),
            "diagnosis": self.diagnosis,
            "p_value": self.p_value,
            "exact": self.exact,
            "fits": self.fits,
            "sentence": self.sentence,
            "recheck": [r.to_dict() for r in self.recheck],
        }


def assess(case: Case) -> Conflict:
    """Conflict, fit and stains worth repeating of one panel."""
    m = case.model
    ground = {k: v for k, v in case.evidence.items() if k in GROUND}
    findings = _variables(case)
    base = m.engine.probability(ground)
    whole = m.engine.probability(case.evidence) - base
    # log P(finding | ground), natural
    single = {k: m.engine.probability({**ground, **v}) - base for k, v in findings.items()}
    without = {k: m.engine.spine({n: x for n, x in case.evidence.items() if n not in v}) for k, v in findings.items()}
    shares = {}
    for marker, spine in without.items():
        top = spine.max()
        others = float(top + np.log(np.exp(spine - top).sum())) - base
        # conf(e) - conf(e without it) = log2 P(finding) P(others) / P(all)
        shares[marker] = _bits(single[marker] + others - whole)
    alone = np.array([sum(single.values())])
    conf = float(jensen(np.array([whole]), alone, np.array([len(findings)]))[0])

    lead = _leading(case)
    p, exact = surprise(m.engine, case.evidence, lead, tuple(ground), seed=case.seed)
    unlisted_leads = m.diagnoses[int(case.posterior.argmax())] == UNLISTED
    fits = bool(not findings or (p >= MISFIT and not unlisted_leads))
    return Conflict(
        conf=conf,
        shares=shares,
        diagnosis=m.diagnoses[lead],
        p_value=p,
        exact=exact,
        fits=fits,
        sentence=_sentence(case, lead, p, fits, unlisted_leads, bool(findings)),
        recheck=_recheck(case, lead, findings, ground, without),
    )


def jensen(together: Array, alone: Array, told: NDArray[np.integer]) -> Array:
    """Jensen's conflict in bits, shape (cases,), kept finite; 0 with fewer than two findings.

    Args:
        together: natural log P(findings | ground), shape (cases,).
        alone: sum of the natural logs P(finding | ground), shape (cases,).
        told: findings, shape (cases,).
    """
    with np.errstate(invalid="ignore"):
        bits = (alone - together) / np.log(2)
    bits[told < 2] = 0.0
    out: Array = np.clip(np.nan_to_num(bits, nan=_MOST_BITS), -_MOST_BITS, _MOST_BITS)
    return out


def _bits(nats: float) -> float:
    """Natural log to bits, kept finite."""
    return max(-_MOST_BITS, min(_MOST_BITS, nats / math.log(2))) if not math.isnan(nats) else _MOST_BITS


def _variables(case: Case) -> dict[str, dict[str, Array]]:
    """Marker -> its evidence. A stain whose pattern was told speaks for two variables and is one finding."""
    coder, out = case.model.coder, {}
    taken: set[str] = set()
    for finding in reversed(case.panel.informative):
        # where two findings speak of one variable the last one counts, as in the evidence itself
        own = {k: case.evidence[k] for k in coder.finding(finding, case.panel.readings) if k not in taken}
        taken |= own.keys()
        if own:
            out[finding.marker] = own
    return dict(reversed(out.items()))


def _leading(case: Case) -> int:
    """Index of the most probable listed diagnosis."""
    listed = np.array([d != UNLISTED for d in case.model.diagnoses])
    return int(np.where(listed, case.posterior, -1.0).argmax())


def _sentence(case: Case, lead: int, p: float, fits: bool, unlisted_leads: bool, any_finding: bool) -> str:
    name = case.model.knowledge.diagnoses[case.model.diagnoses[lead]].abbreviation
    if not any_finding:
        return "No finding to judge the fit by"
    if fits:
        return f"Compatible with {name}: {percent(p)} of {name} panels are at least as unusual as this one"
    if unlisted_leads:
        share = float(case.posterior[case.model.diagnoses.index(UNLISTED)])
        return (
            f"Fits no listed diagnosis well: a lesion that is not listed is the most probable answer ({percent(share)})"
        )
    return (
        f"Fits no listed diagnosis well: {percent(p)} of panels of the nearest one, {name}, are at least as unusual; "
        "consider repeating what is rare in it, and a diagnosis that is not listed"
    )


# --- surprise ----------------------------------------------------------------------------------------------------------------


def outcomes(likelihood: Array, kind: str) -> Array:
    """What the same test could have shown, as likelihood vectors that add up to 1 in every state.

    A stain told as negative or positive could have been one or the other; a stain graded focal or diffuse any of the three; of an
    index, the range told or any other bin.

    Args:
        likelihood: the evidence, shape (states,).
        kind (str): kind of the marker.

    Returns:
        Array: shape (outcomes, states), what was observed first.
    """
    rest = 1.0 - likelihood
    graded = kind == "ihc" and likelihood[0] == 0 and likelihood.max() == 1 and likelihood.sum() == 1
    others = np.diag(rest)[rest > 0] if graded or kind == "index" else rest[None, :]
    out: Array = np.vstack([likelihood[None, :], others])
    return out


def surprise(
    engine: Engine, evidence: Mapping[str, Array], diagnosis: int, ground: tuple[str, ...] = (), seed: int = 0
) -> tuple[float, bool]:
    """How surprising a panel is under one diagnosis.

    Args:
        engine: the compiled network.
        evidence: variable -> likelihood vector of shape (states,).
        diagnosis (int): index of the diagnosis.
        ground: variables of ``evidence`` that are held fixed.
        seed (int): seed of the simulation, used only where the outcomes are too many to enumerate.

    Returns:
        tuple[float, bool]: probability of a panel at most as probable as this one; whether it is exact.
    """
    log_tissue = np.log(engine.network.tissue_prior)
    trees = []
    for root, members in engine.trees(evidence).items():
        # what was asked for weighs the diagnoses and says nothing of one of them
        if root == ORDERED:
            continue
        # an equivocal result leaves nothing to be surprised at: how often stains are read so is not known
        free = [n for n in members if n not in ground and evidence[n].max() == 1.0]
        fixed = [n for n in members if n in ground]
        if free:
            trees.append(_tree_table(engine, evidence, diagnosis, free, fixed, len(log_tissue)))
    if not trees:
        return 1.0, True
    observed = _log_sum(log_tissue + sum(t[0] for t in trees))
    limit = observed + 1e-9
    if math.prod(len(t) for t in trees) <= _ENUMERATE:
        joint = log_tissue[None, :]
        for t in trees:
            joint = (joint[:, None, :] + t[None, :, :]).reshape(-1, len(log_tissue))
        logs = _log_sum(joint)
        return min(1.0, float(np.exp(logs[logs <= limit]).sum())), True
    rng = np.random.default_rng(seed)
    tissue = (
        rng.random(_DRAWS) < float(engine.network.tissue_prior[-1]) if len(log_tissue) > 1 else np.zeros(_DRAWS, bool)
    )
    joint = np.broadcast_to(log_tissue, (_DRAWS, len(log_tissue)))
    for t in trees:
        cumulative = np.cumsum(np.exp(t), axis=0)
        u = rng.random(_DRAWS)
        drawn = np.empty(_DRAWS, dtype=int)
        for state, chosen in ((0, ~tissue), (-1, tissue)):
            drawn[chosen] = np.searchsorted(cumulative[:, state], u[chosen] * cumulative[-1, state], side="right")
        joint = joint + t[np.minimum(drawn, len(t) - 1)]
    # one is added above and below: the panel itself is one of the possible ones, and p is never 0
    return float((np.count_nonzero(_log_sum(joint) <= limit) + 1) / (_DRAWS + 1)), False


def _tree_table(
    engine: Engine, evidence: Mapping[str, Array], diagnosis: int, free: list[str], fixed: list[str], tissue_states: int
) -> Array:
    """log P(outcome | diagnosis, TissueQuality, ground) of one tree, shape (outcomes, tissue); the observed outcome first."""
    markers = engine.network.knowledge.markers
    kernels = [outcomes(evidence[n], markers[n].kind) for n in free]
    grid = np.indices([len(k) for k in kernels]).reshape(len(free), -1)
    cases: dict[str, Array] = {n: kernel[rows] for n, kernel, rows in zip(free, kernels, grid, strict=True)}
    cases |= {n: np.broadcast_to(evidence[n], (grid.shape[1], len(evidence[n]))) for n in fixed}
    # only the row of this diagnosis is needed
    (logs,) = engine.log_likelihoods(cases, lambda n: engine.network.table(n)[diagnosis : diagnosis + 1]).values()
    out = np.broadcast_to(logs[:, 0, :], (grid.shape[1], tissue_states))
    normalised: Array = out - _log_sum(out.T)[None, :] if fixed else out
    return normalised


def _log_sum(logs: Array) -> Array:
    """Log of the sum of exponentials over the last axis."""
    top = logs.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        out: Array = np.log(np.exp(logs - top).sum(axis=-1)) + top[..., 0]
    return out


# --- what to repeat ------------------------------------------------------------------------------------------------------------


def _recheck(
    case: Case,
    lead: int,
    findings: Mapping[str, Mapping[str, Array]],
    ground: Mapping[str, Array],
    without: Mapping[str, Array],
) -> tuple[Recheck, ...]:
    """Findings that are rare in the leading diagnosis and whose absence would make it more probable."""
    m, out = case.model, []
    abbreviation = m.knowledge.diagnoses[m.diagnoses[lead]].abbreviation
    base = m.engine.log_evidence(ground)[..., lead]
    for marker, own in findings.items():
        if marker not in own or own[marker].max() < 1:
            continue
        finding, kind = case.panel[marker], m.knowledge.markers[marker].kind
        likelihood = own[marker].copy()
        if kind == "ihc" and finding.value in ("focal", "diffuse"):
            # what matters is that it is positive at all, not its grade
            likelihood = np.array([0.0, 1.0, 1.0])
        elif finding.value == "negative":
            likelihood = np.eye(len(likelihood))[0]
        p = float(np.exp(m.engine.log_evidence({**ground, marker: likelihood})[..., lead] - base))
        weights = np.exp(without[marker] - without[marker].max()).sum(axis=-1)
        if p < RARE and weights[lead] / weights.sum() > case.posterior[lead]:
            out.append(
                Recheck(marker, p, _advice(m.knowledge.markers[marker].label, finding.value, kind, p, abbreviation))
            )
    return tuple(sorted(out, key=lambda r: r.probability))


def _advice(label: str, value: str, kind: str, p: float, abbreviation: str) -> str:
    """One sentence on a finding worth repeating."""
    share = f"in {percent(p)} of {abbreviation}"
    if kind == "index":
        return f"{label} {value} % lies in a range seen {share}: consider recounting in a hot spot of tumour cells"
    sign = "-" if value == "negative" else "+"
    if kind == "morphology":
        return f"{label} {'absent' if sign == '-' else 'present'} is seen {share}: consider looking at the slide again"
    if kind != "ihc":
        return f"{label} {sign} is seen {share}: consider confirming it by a second method"
    if sign == "-":
        return f"{label} - is seen {share}: consider checking the internal control or repeating it on another block"
    return f"{label} + is seen {share}: consider confirming that it is in tumour cells"
