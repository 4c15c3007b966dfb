"""What was asked for: which stains a report mentions, whatever their result, as evidence on the diagnosis.

A pathologist who asks for ALK and desmin thinks of other lesions than one who asks for STAT6 and MDM2. With p the stated share of finished reports of a
diagnosis d that mention a stain,

    L(d) = product over the stains of p^t where it is mentioned, (1 - p)^t where it is not,

and for the open answer the mean over the others, weighted by the prior: a likelihood over Diagnosis, given to the network as virtual evidence (Pearl 1988, section 2.2.2). The power t below 1 allows for stains that are asked for
together. It holds only for a report that tells all it asked for, and says nothing new where the reader's own suspicion is what it repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.knowledge import UNLISTED, Knowledge
from imtdx.panel import Panel

__all__ = ["Orders", "mentioned", "order_words", "read_orders"]

#: Tests that count as another marker asked for: the driver is the question, by whatever method.
_STANDS_FOR = {"FISH_ALK": "ALK"}
_NAMED = 4


@dataclass(frozen=True)
class Orders:
    """Log-likelihoods of what is asked for.

    Attributes:
        markers: stains whose mention is evidence.
        base: log L of a report that mentions none of them, natural, shape (diagnoses,).
        gain: what a mention adds, shape (markers, diagnoses).
        open: place of the open answer, ``None`` without one.
        weights: of the listed diagnoses, 0 for the open answer, shape (diagnoses,); sums to 1.
    """

    markers: tuple[str, ...]
    base: Array
    gain: Array
    open: int | None
    weights: Array

    def place(self, marker: str) -> int | None:
        """Position of the marker that a marker told is a mention of, ``None`` where its mention is no evidence."""
        name = _STANDS_FOR.get(marker, marker)
        return self.markers.index(name) if name in self.markers else None

    def indicator(self, told: Iterable[str]) -> NDArray[np.bool_]:
        """Which of the markers are among those mentioned, shape (markers,)."""
        names = {_STANDS_FOR.get(m, m) for m in told}
        return np.array([m in names for m in self.markers])

    def log_likelihood(self, told: NDArray[np.bool_]) -> Array:
        """log L, natural, shape (..., diagnoses), from which markers are mentioned, shape (..., markers)."""
        out: Array = self.base + told.astype(float) @ self.gain
        if self.open is not None:
            # nobody knows what would be asked of a lesion that is not listed: as much as of any other, so it is the mean over the listed
            top = out.max(axis=-1, keepdims=True)
            out[..., self.open] = np.log(np.exp(out - top) @ self.weights) + top[..., 0]
        return out


def mentioned(panel: Panel) -> frozenset[str]:
    """Markers of which a panel tells a result, equivocal, not interpretable and contradictory ones too, not those that were not done."""
    told = {f.marker for f in (*panel.findings, *panel.readings) if f.value != "not_done"}
    return frozenset(told | {c.marker for c in panel.contradictions})


def read_orders(knowledge: Knowledge, diagnoses: Sequence[str], prior: Array) -> Orders | None:
    """The stated judgement on orders; ``None`` where there is none.

    A diagnosis of which nothing is stated takes the mean of the others in log odds.

    Args:
        knowledge: the knowledge.
        diagnoses: the diagnoses, in the order of the network.
        prior: P(Diagnosis), the weights of the mean over the listed ones.
    """
    stated = {d: knowledge.judgement.diagnoses[d].ordered for d in diagnoses if d in knowledge.judgement.diagnoses}
    markers = tuple(dict.fromkeys(m for row in stated.values() for m in row))
    if not markers:
        return None
    odds = np.array(
        [[_log_odds(row[m]) if m in row else np.nan for m in markers] for row in (stated.get(d, {}) for d in diagnoses)]
    )
    odds = np.where(np.isnan(odds), np.nanmean(odds, axis=0), odds).T
    power = knowledge.network["judgement"]["ordered_power"]
    # log p - log(1 - p) is the log odds, and -log(1 - p) is log(1 + odds)
    place = list(diagnoses).index(UNLISTED) if UNLISTED in diagnoses else None
    weights = np.array([0.0 if d == UNLISTED else p for d, p in zip(diagnoses, prior, strict=True)])
    return Orders(markers, -power * np.logaddexp(0.0, odds).sum(axis=0), power * odds, place, weights / weights.sum())


def _log_odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def order_words(knowledge: Knowledge, markers: Sequence[str], told: NDArray[np.bool_]) -> str:
    """Words for what was asked for: the stains among those that are evidence, shortened."""
    names = [knowledge.markers[m].label for m, yes in zip(markers, told, strict=True) if yes]
    if not names:
        return "none of the stains that tell"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
