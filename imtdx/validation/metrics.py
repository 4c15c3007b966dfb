"""Figures of merit of probabilistic diagnoses, with intervals. Plain numpy; no model in here.

Proportions get exact intervals (Clopper & Pearson 1934, Biometrika 26:404), everything else percentile bootstrap intervals
over cases (seeded). Lower is better for log score, Brier score and calibration error, higher for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.rates import beta_interval

__all__ = [
    "Estimate",
    "Reliability",
    "auroc",
    "bootstrap",
    "brier",
    "calibration_error",
    "chance_calibration_error",
    "log_scores",
    "paired_difference",
    "proportion",
    "ranks",
    "reliability",
    "roc_curve",
    "smallest_sets",
]

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

#: Equal-width bins of the probability of the first diagnosis.
BINS = 10
#: A probability of zero would cost an infinite log score; no rival is punished for rounding.
_FLOOR = 1e-300


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; ``low`` and ``high`` are NaN where none can be given."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def to_dict(self) -> dict[str, float | None]:
        """Plain data; ``None`` for what is not known, as JSON has no NaN."""
        pairs = {"value": self.value, "low": self.low, "high": self.high}
        return {k: None if np.isnan(v) else round(float(v), 6) for k, v in pairs.items()}


@dataclass(frozen=True, slots=True)
class Reliability:
    """Cases whose first diagnosis got a probability in one bin.

    Attributes:
        n: cases.
        stated: mean stated probability.
        right: share in which the first diagnosis was right, with its exact 95 % interval.
    """

    low: float
    high: float
    n: int
    stated: float
    right: Estimate


def proportion(k: int, n: int) -> Estimate:
    """``k`` of ``n`` with the exact 95 % interval, from quantiles of the Beta distribution."""
    if n == 0:
        return Estimate(float("nan"))
    low = 0.0 if k == 0 else beta_interval(k, n - k + 1)[0]
    high = 1.0 if k == n else beta_interval(k + 1, n - k)[1]
    return Estimate(k / n, low, high)


def ranks(scores: Array, truth: Ints) -> Ints:
    """Rank of the truth in each case, 1 is first; ties count against it.

    Args:
        scores: higher is more probable, shape (cases, diagnoses).
        truth: index of the right diagnosis, shape (cases,).
    """
    own = scores[np.arange(len(truth)), truth]
    out: Ints = (scores >= own[:, None]).sum(axis=1)
    return out


def log_scores(posterior: Array, truth: Ints) -> Array:
    """Minus the natural log of the probability of the truth, shape (cases,)."""
    out: Array = -np.log(np.maximum(posterior[np.arange(len(truth)), truth], _FLOOR))
    return out


def brier(posterior: Array, truth: Ints) -> Array:
    """Multiclass Brier score of each case, 0 (certain and right) to 2 (certain and wrong), shape (cases,)."""
    target = np.zeros_like(posterior)
    target[np.arange(len(truth)), truth] = 1.0
    out: Array = ((posterior - target) ** 2).sum(axis=1)
    return out


def calibration_error(stated: Array, right: Bools | Array) -> float:
    """Expected calibration error: mean distance of stated and observed frequency over bins of the stated one, weighted by cases.

    Args:
        stated: probability of the first diagnosis, shape (..., cases).
        right: whether it was right, shape (cases,).
    """
    return float(_calibration_errors(np.asarray(stated), np.asarray(right, dtype=float)[None, :])[0])


def _calibration_errors(stated: Array, right: Array) -> Array:
    """The same for several outcomes of the same cases, ``right`` of shape (draws, cases)."""
    member = np.eye(BINS)[_bins(stated)]
    excess = np.abs((right - stated) @ member).sum(axis=1)
    out: Array = excess / max(len(stated), 1)
    return out


def chance_calibration_error(stated: Array, draws: int = 1000, seed: int = 0) -> float:
    """Mean calibration error of perfectly calibrated probabilities on as many cases; few cases never look calibrated."""
    if len(stated) == 0:
        return float("nan")
    rng = np.random.default_rng(seed)
    draws = min(draws, max(20, 2_000_000 // len(stated)))
    return float(_calibration_errors(stated, (rng.random((draws, len(stated))) < stated).astype(float)).mean())


def reliability(stated: Array, right: Bools) -> list[Reliability]:
    """The reliability diagram as records, empty bins left out."""
    bins = _bins(stated)
    return [
        Reliability(
            k / BINS,
            (k + 1) / BINS,
            int(m.sum()),
            float(stated[m].mean()),
            proportion(int(right[m].sum()), int(m.sum())),
        )
        for k in range(BINS)
        if (m := bins == k).any()
    ]


def _bins(stated: Array) -> Ints:
    return np.minimum((stated * BINS).astype(np.intp), BINS - 1)


def auroc(scores: Array, positive: Bools) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); NaN without both kinds of case.

    Args:
        scores: higher speaks for positive, shape (cases,).
        positive: shape (cases,).
    """
    n, m = int(positive.sum()), int((~positive).sum())
    if n == 0 or m == 0:
        return float("nan")
    _, back, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # mean rank of each distinct score
    rank = (np.cumsum(counts) - (counts - 1) / 2)[back]
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * m))


def roc_curve(scores: Array, positive: Bools) -> tuple[Array, Array]:
    """The ROC curve; equal scores are one step, so that its area is `auroc`.

    Args:
        scores: higher speaks for positive, shape (cases,).
        positive: shape (cases,), of both kinds.

    Returns:
        tuple: share of false positives and of true positives at each threshold, from (0, 0) to (1, 1).
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    true = np.concatenate([[0], np.cumsum(positive[order])[ends]]) / positive.sum()
    false = np.concatenate([[0], np.cumsum(~positive[order])[ends]]) / (~positive).sum()
    return false, true


def smallest_sets(posterior: Array, truth: Ints, mass: float = 0.95) -> tuple[Bools, Ints, Array]:
    """The smallest set of diagnoses that holds at least ``mass``.

    Returns:
        tuple: whether the truth lies inside, the size of the set, and the mass it holds; each of shape (cases,).
    """
    order = np.argsort(-posterior, axis=1, kind="stable")
    cumulative = np.cumsum(np.take_along_axis(posterior, order, axis=1), axis=1)
    size = np.minimum((cumulative < mass - 1e-12).sum(axis=1) + 1, posterior.shape[1])
    place = (order == truth[:, None]).argmax(axis=1)
    return place < size, size, np.take_along_axis(cumulative, size[:, None] - 1, axis=1)[:, 0]


def bootstrap(statistic: Callable[[Ints], float], n: int, draws: int = 1000, seed: int = 0) -> Estimate:
    """A statistic of cases with its percentile bootstrap 95 % interval.

    Args:
        statistic: takes the indices of cases.
        n (int): cases.
        draws (int): resamples, fewer for large tables, whose intervals are narrow anyway; no interval with 0.
        seed (int): of the resamples.
    """
    value = statistic(np.arange(n))
    if n < 2 or draws < 1 or np.isnan(value):
        return Estimate(value)
    rng = np.random.default_rng(seed)
    draws = min(draws, max(100, 5_000_000 // n))
    values = np.array([statistic(rng.integers(0, n, n)) for _ in range(draws)])
    low, high = np.nanquantile(values, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def paired_difference(a: Array, b: Array) -> tuple[float, float]:
    """Mean of ``a - b`` over the same cases and its standard error; NaN for the latter with fewer than two cases."""
    d = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    if len(d) < 2:
        return float(d.mean()) if len(d) else float("nan"), float("nan")
    return float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d)))
