"""Quantiles of weighted draws: the credible intervals of one case and of many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imtdx._types import Array

__all__ = ["draw_weights", "weighted_quantiles"]


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
