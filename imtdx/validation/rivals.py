"""What the model is measured against: simpler ways to turn the same counts into a ranking.

Every rival but the prior alone sees the same findings, age, sex and site, and the same prior; they differ in what they
make of the stains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imtdx._types import Array
from imtdx.coding import Coder
from imtdx.engine import log_normalise
from imtdx.model import Model
from imtdx.panel import Panel
from imtdx.validation.asking import IMT, answers, variant
from imtdx.variables import AGE, SEX, SITE

__all__ = ["NAIVE", "RIVALS", "Answer", "ask_model", "ask_rival"]


NAIVE = "naive twin"
#: Name -> what it does, in the order of the tables.
RIVALS = {
    "prior alone": "the prior, whatever the panel says",
    NAIVE: "the same rates, every stain independent: no fusion, tissue quality, links or site dependence",
    "raw proportions": "product of pooled proportions (k + 1/2) / (n + 1); a cell without counts takes even odds",
    "likelihood ratios": "rate in the diagnosis over the mean of the others; a marker without counts in a diagnosis is skipped",
    "nearest profile": "mean squared distance between the findings and the profile of rates; gives a ranking, no probabilities",
}
_NO_STRUCTURE = dict.fromkeys(("fusion", "tissue", "links", "site_dependence", "site_context"), False)


@dataclass(frozen=True)
class Answer:
    """What one method said of some cases.

    Attributes:
        scores: higher is more probable, shape (cases, diagnoses); probabilities that add up to one where ``probabilistic``.
        imt: score of IMT against the rest, the prior not in it where the method allows, shape (cases,).
        probabilistic: whether ``scores`` are probabilities.
    """

    scores: Array
    imt: Array
    probabilistic: bool = True


def ask_model(model: Model, panels: Sequence[Panel]) -> Answer:
    """The model itself."""
    return Answer(*answers(model.engine, [model.coder.evidence(p) for p in panels]))


def ask_rival(name: str, model: Model, panels: Sequence[Panel]) -> Answer:
    """One of `RIVALS` on the knowledge and prior of the model.

    Args:
        name: key of `RIVALS`.
        model: the model.
        panels: the cases.
    """
    match name:
        case "prior alone":
            return Answer(np.tile(model.prior, (len(panels), 1)), np.zeros(len(panels)))
        case "naive twin":
            return ask_model(variant(model, parts=_NO_STRUCTURE), panels)
        case "nearest profile":
            scores = np.array([_nearness(model, p) for p in panels])
            return Answer(scores, _against_rest(model, scores), probabilistic=False)
    count = {"raw proportions": _raw, "likelihood ratios": _ratios}[name]
    log_likelihood = np.array([_context(model, p) + count(model, p) for p in panels])
    return Answer(log_normalise(log_likelihood + np.log(model.prior))[0], _log10_bayes_factor(model, log_likelihood))


def _context(model: Model, panel: Panel) -> Array:
    """Log-likelihood of age, sex, site and Ki-67 as the network has it, shape (diagnoses,)."""
    evidence = Coder(model.network).context(panel.context)
    evidence |= {k: v for f in panel.informative for k, v in model.coder.finding(f).items() if _is_index(model, k)}
    out = np.zeros(len(model.diagnoses))
    for name in (AGE, SEX, SITE, *(k for k in evidence if _is_index(model, k))):
        if name in evidence:
            out = out + np.log(model.network.table(name)[:, 0, 0, :] @ evidence[name])
    return out


def _is_index(model: Model, name: str) -> bool:
    return name in model.knowledge.markers and model.knowledge.markers[name].kind == "index"


def _observed(model: Model, panel: Panel) -> Mapping[str, float]:
    """Marker -> 1 for positive, 0 for negative, 1/2 for equivocal; the index has no such reading."""
    value = {"negative": 0.0, "equivocal": 0.5}
    return {
        f.marker: value.get(f.value, 1.0)
        for f in panel.informative
        if f.marker in model.knowledge.markers and not _is_index(model, f.marker)
    }


def _counts(model: Model, marker: str) -> Array:
    """(positive, total) as published in each diagnosis, shape (2, diagnoses)."""
    cells = [model.network.rates.cell(d, marker) for d in model.diagnoses]
    return np.array([(c.positive, c.total) for c in cells]).T


def _raw(model: Model, panel: Panel) -> Array:
    out = np.zeros(len(model.diagnoses))
    for marker, seen in _observed(model, panel).items():
        k, n = _counts(model, marker)
        # (0 + 1/2) / (0 + 1): a cell without counts is even odds
        rate = (k + 0.5) / (n + 1)
        out += np.log(seen * rate + (1 - seen) * (1 - rate))
    return out


def _ratios(model: Model, panel: Panel) -> Array:
    out = np.zeros(len(model.diagnoses))
    for marker, seen in _observed(model, panel).items():
        k, n = _counts(model, marker)
        known = n > 0
        if known.sum() < 2:
            continue
        rate = np.where(known, (k + 0.5) / (n + 1), 0.0)
        likelihood = np.where(known, seen * rate + (1 - seen) * (1 - rate), 0.0)
        others = (likelihood.sum() - likelihood) / (known.sum() - 1)
        out += np.where(known, np.log(np.where(known, likelihood, 1.0) / np.where(known, others, 1.0)), 0.0)
    return out


def _nearness(model: Model, panel: Panel) -> Array:
    """Minus the mean squared distance to each profile, shape (diagnoses,)."""
    observed = _observed(model, panel)
    if not observed:
        return np.zeros(len(model.diagnoses))
    distance = np.zeros(len(model.diagnoses))
    for marker, seen in observed.items():
        k, n = _counts(model, marker)
        distance += (seen - (k + 0.5) / (n + 1)) ** 2
    out: Array = -distance / len(observed)
    return out


def _log10_bayes_factor(model: Model, log_likelihood: Array) -> Array:
    if IMT not in model.diagnoses:
        return np.full(len(log_likelihood), np.nan)
    k = model.diagnoses.index(IMT)
    rest = np.delete(log_likelihood, k, axis=1) + np.log(np.delete(model.prior, k) / (1 - model.prior[k]))
    out: Array = (log_likelihood[:, k] - np.logaddexp.reduce(rest, axis=1)) / np.log(10)
    return out


def _against_rest(model: Model, scores: Array) -> Array:
    """A score that is no probability: that of IMT less the best of the others."""
    if IMT not in model.diagnoses:
        return np.full(len(scores), np.nan)
    k = model.diagnoses.index(IMT)
    out: Array = scores[:, k] - np.delete(scores, k, axis=1).max(axis=1)
    return out
