"""Kinase fusion shares and what their stains show without the fusion, fitted to the counts of each diagnosis.

For one fusion in one diagnosis, f is the share of cases with the fusion, q the rate of positive stains without it, s the
sensitivity of the stain for the fusion. Counts of genetic tests speak of f, counts of the stain of ``f s + (1 - f) q``, genetic tests
among stain-positive cases of ``t = f s / (f s + (1 - f) q)``. A genetic test misses some fusions and finds a few that are not there, in
whatever cases it is done: it is positive in ``t a + (1 - t) b`` of them, a its sensitivity and b its share of false positives. The posterior of (f, q) is taken on a grid, exactly up to the grid; s
is held at its mean there and drawn for intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imtdx._types import Array

__all__ = ["DriverFit", "fit_driver"]

_POINTS = 57


@dataclass(frozen=True)
class DriverFit:
    """Posterior of (f, q) for every diagnosis on a grid.

    Attributes:
        f, q: grid points (probability), shape (points * points,).
        weights: posterior weights, shape (diagnoses, points * points).
    """

    f: Array
    q: Array
    weights: Array

    def mean(self) -> tuple[Array, Array]:
        """Posterior means of f and q, each of shape (diagnoses,)."""
        return self.weights @ self.f, self.weights @ self.q

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        """``n`` draws of f and q, each of shape (n, diagnoses)."""
        cumulative = np.cumsum(self.weights, axis=1)
        u = rng.random((n, len(self.weights)))
        index = np.stack([np.searchsorted(c / c[-1], u[:, k]) for k, c in enumerate(cumulative)], axis=1)
        index = np.minimum(index, len(self.f) - 1)
        return self.f[index], self.q[index]


def fit_driver(
    share: tuple[Array, Array],
    tested: tuple[Array, Array],
    stained: tuple[Array, Array],
    without: tuple[Array, Array],
    among_positive: tuple[Array, Array],
    sensitivity: float,
    test_sensitivity: float,
    false_positive: float,
) -> DriverFit:
    """Fit f and q for every diagnosis.

    Args:
        share: prior Beta parameters of f, arrays (diagnoses,).
        tested: effective counts (positive, negative) of the genetic test.
        stained: effective counts of the stain, pseudo-cases included.
        without: prior Beta parameters of the stain's rate without the fusion.
        among_positive: counts (positive, negative) of the genetic test among stain-positive cases.
        sensitivity (float): of the stain for the fusion.
        test_sensitivity, false_positive (float): of the genetic test.
    """
    # logit grid: shares near 0 and near 1 need the resolution
    x = np.linspace(-11.5, 5.5, _POINTS)
    points = 1 / (1 + np.exp(-x))
    f, q = (g.ravel() for g in np.meshgrid(points, points, indexing="ij"))

    def shown(share: Array) -> Array:
        """How often the genetic test is positive where this share of the cases has the fusion."""
        out: Array = share * test_sensitivity + (1 - share) * false_positive
        return out

    p_test = shown(f)
    p_stain = f * sensitivity + (1 - f) * q
    p_among = shown(f * sensitivity / p_stain)

    def log_beta(p: Array, counts: tuple[Array, Array]) -> Array:
        out: Array = counts[0][:, None] * np.log(p) + counts[1][:, None] * np.log1p(-p)
        return out

    one = np.ones_like(tested[0])
    log_weight = (
        log_beta(f, (share[0] - one, share[1] - one))
        + log_beta(p_test, tested)
        + log_beta(p_stain, stained)
        + log_beta(q, (without[0] - one, without[1] - one))
        + log_beta(np.clip(p_among, 1e-12, 1 - 1e-12), among_positive)
        # Jacobian of the logit grid in both directions
        + np.log(f * (1 - f) * q * (1 - q))
    )
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weights = np.exp(log_weight)
    return DriverFit(f, q, weights / weights.sum(axis=1, keepdims=True))
