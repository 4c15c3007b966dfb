"""P(Diagnosis) before any finding: a profile of the knowledge, a user's own weights, fixed probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from imtdx._types import Array
from imtdx.errors import UnknownNameError, UsageError
from imtdx.knowledge import Knowledge

__all__ = ["build_prior"]


def build_prior(
    knowledge: Knowledge,
    profile: str,
    overrides: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
) -> Array:
    """P(Diagnosis) from a profile and fixed probabilities.

    Args:
        knowledge: the knowledge.
        profile (str): name of a profile in priors.yaml.
        overrides: diagnosis id -> probability that is fixed; the others share the rest as the profile has it.
        weights: relative weights of a user's own prior in place of the profile's.

    Returns:
        Array: shape (diagnoses,), sums to 1.

    Raises:
        UnknownNameError: no such profile or diagnosis.
        UsageError: a weight that is no number above 0; fixed probabilities that leave nothing or less for the rest.
    """
    if weights is None:
        if profile not in knowledge.priors:
            raise UnknownNameError("prior", profile, knowledge.priors)
        p = knowledge.priors[profile]
        weights = _incidence_weights(knowledge, p.incidence) if p.incidence is not None else p.weights
    ids = list(knowledge.diagnoses)
    # a diagnosis an overlay added without a weight gets the smallest stated one
    floor = min(weights.values()) if weights else 1.0
    out = np.array([weights.get(d, floor) for d in ids], dtype=float)
    if not (np.isfinite(out).all() and (out > 0).all() and np.isfinite(out.sum())):
        raise UsageError("the weights of a prior must be numbers above 0, and not beyond reckoning; 1 to 100 will do")
    out /= out.sum()
    if overrides:
        fixed = {knowledge.diagnosis_id(k): v for k, v in overrides.items()}
        if len(fixed) < len(overrides):
            raise UsageError("a prior is fixed twice for one diagnosis; keep one")
        for name, value in fixed.items():
            if not isinstance(value, (int, float)) or not 0 < value < 1:
                shown = "that" if isinstance(value, int) and abs(value) > 1e15 else str(value)
                raise UsageError(f"prior of {name} must be a number between 0 and 1, not {shown}")
        rest = 1 - sum(fixed.values())
        if rest <= 0:
            raise UsageError(f"the fixed priors add up to {1 - rest:g}; leave something for the other diagnoses")
        free = np.array([d not in fixed for d in ids])
        out[free] *= rest / out[free].sum()
        for name, value in fixed.items():
            out[ids.index(name)] = value
    normalised: Array = out / out.sum()
    return normalised


def _incidence_weights(knowledge: Knowledge, spec: Mapping[str, float]) -> dict[str, float]:
    """Mean usable published incidence per million per year; the stated stand-in where none is published."""
    out = {}
    for d in knowledge.diagnoses.values():
        rates = [r.count for r in d.context.get("incidence", ()) if r.use == "pooled"]
        out[d.id] = float(np.mean(rates)) if rates else float(spec.get(d.id, spec["unpublished"]))
    return out
