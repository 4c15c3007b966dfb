"""Quantiles: of weighted draws (the credible intervals of one case and of many), and of the Beta distribution (those of a rate)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imtdx._types import Array

__all__ = ["beta_quantile", "credible_interval", "draw_weights", "holding", "weighted_quantiles"]


def draw_weights(log_evidence: Array) -> Array:
    """Weights of draws of the rates, given the panel.

    A draw under which the panel is more probable counts for more: the posterior of the rates is their prior times the
    probability of the panel. So the weighted mean over the draws is the posterior itself.

    Args:
        log_evidence: natural log P(panel | draw), shape (..., draws).

    Returns:
        Array: weights of the same shape that sum to 1 over the last axis.
    """
    weights = np.exp(log_evidence - log_evidence.max(axis=-1, keepdims=True))
    out: Array = weights / weights.sum(axis=-1, keepdims=True)
    return out


def weighted_quantiles(values: Array, weights: Array, probabilities: Sequence[float]) -> list[Array]:
    """Quantiles over the first axis, by linear interpolation of the weighted distribution function.

    Args:
        values: shape (draws, n).
        weights: shape (draws,), summing to 1.
        probabilities: each from 0 to 1.

    Returns:
        list[Array]: per probability an array of shape (n,).
    """
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    # each weight is the mass around its value, so the distribution function there lies halfway through it
    cumulative = np.cumsum(weights[order], axis=0) - weights[order] / 2
    return [
        np.array([np.interp(p, cumulative[:, k], ordered[:, k]) for k in range(values.shape[1])]) for p in probabilities
    ]


def credible_interval(values: Array, weights: Array, means: Array) -> tuple[Array, Array]:
    """Central 95 % credible intervals that hold the posterior mean.

    Args:
        values: draws, shape (draws, n).
        weights: of the draws, shape (draws,), summing to 1.
        means: posterior means, shape (n,).

    Returns:
        tuple[Array, Array]: lower and upper bounds, each of shape (n,).
    """
    low, high = weighted_quantiles(values, weights, (0.025, 0.975))
    return holding(low, high, means)


def holding(low: Array, high: Array, means: Array) -> tuple[Array, Array]:
    """Intervals widened where they leave their mean out: that of a skewed posterior may lie a hair outside its central interval."""
    return np.minimum(low, means), np.maximum(high, means)


def beta_quantile(a: float, b: float, p: float) -> float:
    """Quantile of the Beta distribution, as SciPy's ``beta.ppf`` to 1e-9, without SciPy, whose import takes longer than a diagnosis.

    Newton's method on the logit of the quantile, kept within a bracket that shrinks: the logit holds rates near 0 and near 1
    apart, where small counts pile up.

    Args:
        a, b (float): parameters, above 0.
        p (float): above 0 and below 1.

    Returns:
        float: from 0 to 1.
    """
    a, b, p = float(a), float(b), float(p)
    log_b = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    # the quantile of a parameter of 0.01 may lie below 1e-150
    low, high = -700.0, 700.0
    x = math.log(a / b)
    for _ in range(200):
        log_t, log_u = -_softplus(-x), -_softplus(x)
        front = math.exp(a * log_t + b * log_u - log_b)
        # the continued fraction converges fast on the near side of the mean
        if log_t < math.log((a + 1) / (a + b + 2)):
            off = front * _beta_fraction(a, b, math.exp(log_t)) / a - p
        else:
            off = (1 - p) - front * _beta_fraction(b, a, math.exp(log_u)) / b
        if off > 0:
            high = x
        else:
            low = x
        step = off / front if front > 0 else math.inf
        new = x - step
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - x) <= 1e-14 * max(1.0, abs(x)):
            break
        x = new
    return math.exp(-_softplus(-x))


def _softplus(x: float) -> float:
    """log(1 + exp(x))."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Continued fraction of the incomplete Beta function by Lentz's method (Abramowitz & Stegun 26.5.8)."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    out = d
    for m in range(1, 10_000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + numerator / c
            c = c if abs(c) > tiny else tiny
            out *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return out
