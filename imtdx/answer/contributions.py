"""Why: the weight of evidence of each finding, for one diagnosis against the rest or against a rival.

The weight of evidence (Good 1950) of all findings together is the log10 Bayes factor. Findings are not independent (tissue quality,
fusion, links, and "the rest" is a mixture), so the share of one finding depends on what is already known; it is averaged over orders
of reading the panel (the Shapley value, estimated by seeded orders and their reverses). Every order adds up to the whole, so the average
does too, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.engine import Engine, Evidence

__all__ = ["Contribution", "bayes_factor", "bayes_factor_of", "seeded_orders", "strength", "weights_of_evidence"]

_ORDERS = 16


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one finding says about one diagnosis.

    Attributes:
        marker: marker id, or Site, AgeBand, Sex, or Ordered for what was asked for.
        value: the finding in words.
        log10_lr: weight of evidence (log10 likelihood ratio); positive speaks for the diagnosis.
        why: the counts and sources behind it.
        group: findings that share a node of the network and are to be read together carry the same group.
        joint: weight of the whole group (log10).
    """

    marker: str
    value: str
    log10_lr: float
    why: str = ""
    group: str = ""
    joint: float = 0.0

    @property
    def words(self) -> str:
        """The weight in words: "strong for", "weak against" ..."""
        return strength(self.log10_lr)

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return {
            "marker": self.marker,
            "value": self.value,
            "log10_lr": self.log10_lr,
            "why": self.why,
            "strength": self.words,
            "group": self.group,
            "joint_log10_lr": self.joint,
        }


def strength(log10_lr: float) -> str:
    """A weight of evidence in words, after the bands of Kass & Raftery 1995 (JASA 90:773): 1/2, 1 and 2 bans.

    Args:
        log10_lr (float): log10 likelihood ratio.
    """
    size = abs(log10_lr)
    if size < 0.1:
        return "neutral"
    word = "weak" if size < 0.5 else "moderate" if size < 1.0 else "strong"
    return f"{word} {'for' if log10_lr > 0 else 'against'}"


def seeded_orders(n: int, seed: int = 0) -> list[NDArray[np.intp]]:
    """Orders in which ``n`` findings are read: seeded permutations, each followed later by its reverse.

    Args:
        n (int): findings.
        seed (int): the same seed gives the same orders.
    """
    if n < 2:
        return [np.arange(n)]
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n) for _ in range(_ORDERS // 2)]
    return orders + [o[::-1] for o in orders]


def weights_of_evidence(
    engine: Engine, evidence: Evidence, diagnosis: int, versus: int | None = None, seed: int = 0
) -> dict[str, float]:
    """Weight of evidence of every variable with evidence.

    Args:
        engine: the compiled network.
        evidence: variable -> likelihood vector of shape (states,).
        diagnosis (int): index of the diagnosis.
        versus (int | None): index of a rival; all other diagnoses, weighted by the prior, when ``None``.
        seed (int): seed of the orders.

    Returns:
        dict[str, float]: variable -> log10 likelihood ratio; they add up to the log10 Bayes factor of the whole panel.
    """
    names = list(evidence)
    if not names:
        return {}
    orders = seeded_orders(len(names), seed)
    shape = engine.log_spine.shape
    parts: dict[frozenset[str], Array] = {}

    def part(members: frozenset[str]) -> Array:
        """Log-likelihood of some observed variables of one tree on the spine."""
        if members not in parts:
            (value,) = engine.log_likelihoods({m: evidence[m] for m in names if m in members}).values()
            parts[members] = np.broadcast_to(value, shape)
        return parts[members]

    cumulative = np.empty((len(orders), len(names) + 1, *shape))
    for row, order in enumerate(orders):
        spine = engine.log_spine.copy()
        seen: dict[str, frozenset[str]] = {}
        cumulative[row, 0] = spine
        for step, k in enumerate(order, start=1):
            root = engine.root(names[k])
            before = seen.get(root, frozenset())
            seen[root] = before | {names[k]}
            spine = spine + part(seen[root]) - (part(before) if before else 0.0)
            cumulative[row, step] = spine
    weights = bayes_factor(engine, cumulative, diagnosis, versus)
    steps = np.diff(weights, axis=1)
    out = dict.fromkeys(names, 0.0)
    for row, order in enumerate(orders):
        for step, k in enumerate(order):
            out[names[k]] += float(steps[row, step]) / len(orders)
    return out


def bayes_factor(engine: Engine, spine: Array, diagnosis: int, versus: int | None = None) -> Array:
    """log10 Bayes factor of a diagnosis from log P(evidence, spine).

    Args:
        engine: the compiled network.
        spine: natural logs, shape (..., diagnoses, tissue).
        diagnosis, versus (int): as in `weights_of_evidence`.

    Returns:
        Array: shape (...,).
    """
    # summed in logarithms: a long panel is out of the range of doubles under some diagnoses
    return bayes_factor_of(np.logaddexp.reduce(spine, axis=-1), engine.log_prior, diagnosis, versus)


def bayes_factor_of(log_joint: Array, log_prior: Array, diagnosis: int, versus: int | None = None) -> Array:
    """log10 Bayes factor of a diagnosis from log P(evidence, Diagnosis), or the log posterior: a common factor falls out.

    Args:
        log_joint: natural logs, shape (..., diagnoses).
        log_prior: natural logs, shape (diagnoses,).
        diagnosis, versus (int): as in `weights_of_evidence`.

    Returns:
        Array: shape (...,).
    """
    own = log_joint[..., diagnosis] - log_prior[diagnosis]
    if versus is not None:
        rival = log_joint[..., versus] - log_prior[versus]
    else:
        others = np.arange(log_joint.shape[-1]) != diagnosis
        rival = np.logaddexp.reduce(log_joint[..., others], axis=-1) - np.logaddexp.reduce(log_prior[others])
    out: Array = (own - rival) / np.log(10)
    return out
