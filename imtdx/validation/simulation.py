"""Cases drawn from the network itself. On these the model is right by construction: what is checked is the machinery.

Diagnosis, tissue quality and every variable are drawn parents first from the posterior-mean tables; then a part of the
variables is shown to the engine, some stains only as "positive". The engine's probabilities must be calibrated and its
smallest sets must hold what they state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.engine import log_normalise
from imtdx.model import Model
from imtdx.validation import metrics
from imtdx.variables import AGE, DIAGNOSIS, FUSION, SEX, SITE, STAIN_STATES

__all__ = ["Simulation", "draw_states", "simulate"]

Ints = NDArray[np.intp]

_CHUNK = 500
#: Shown in most cases, as laboratories begin with these.
_COMMON = ("ALK", "SMA", "DES", "VIM", "S100", "KIT", "DOG1", "CD34", "CK", "KI67")


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the engine made of drawn cases.

    Attributes:
        n: cases.
        top1: share in which the first diagnosis was right.
        calibration_error: expected calibration error of the first diagnosis.
        coverage: share of smallest 95 % sets that held the truth.
        stated: mean mass of these sets; coverage should equal it.
    """

    n: int
    top1: float
    calibration_error: float
    coverage: float
    stated: float


def draw_states(model: Model, n: int, rng: np.random.Generator, truth: Ints | None = None) -> dict[str, Ints]:
    """Draw cases from the network.

    Args:
        model: the model.
        n (int): cases.
        rng: generator.
        truth: index of each case's diagnosis; drawn from the prior when ``None``.

    Returns:
        dict: variable -> index of its state, shape (cases,); ``Diagnosis`` among them.
    """
    network = model.network
    d = rng.choice(len(model.diagnoses), size=n, p=model.prior) if truth is None else truth
    t = rng.choice(len(network.tissue_prior), size=n, p=network.tissue_prior)
    out: dict[str, Ints] = {DIAGNOSIS: d}
    for node in network.nodes.values():
        table = network.table(node.name)
        parent = out[node.parent] if node.parent in out else np.zeros(n, np.intp)
        rows = table[d, t if table.shape[1] > 1 else 0, parent if table.shape[2] > 1 else 0]
        drawn = (rng.random(n)[:, None] > np.cumsum(rows, axis=1)).sum(axis=1)
        out[node.name] = np.minimum(drawn, table.shape[3] - 1)
    return out


def simulate(model: Model, n: int = 20_000, seed: int = 0) -> Simulation:
    """Draw cases, ask the engine, and see whether its probabilities hold.

    Args:
        model: the model.
        n (int): cases.
        seed (int): of the draws.
    """
    rng = np.random.default_rng(seed)
    states = draw_states(model, n, rng)
    truth = states.pop(DIAGNOSIS)
    posterior = np.empty((n, len(model.diagnoses)))
    for start in range(0, n, _CHUNK):
        rows = slice(start, min(start + _CHUNK, n))
        evidence = _show(model, {k: v[rows] for k, v in states.items()}, rng)
        posterior[rows] = log_normalise(np.logaddexp.reduce(model.engine.spine(evidence), axis=-1))[0]
    inside, _, mass = metrics.smallest_sets(posterior, truth)
    right = metrics.ranks(posterior, truth) == 1
    return Simulation(
        n,
        float(right.mean()),
        metrics.calibration_error(posterior.max(axis=1), right),
        float(inside.mean()),
        float(mass.mean()),
    )


def _show(model: Model, states: dict[str, Ints], rng: np.random.Generator) -> dict[str, Array]:
    """Evidence of drawn cases: the common stains and the context in most, others now and then, some stains only as "positive"."""
    network = model.network
    out: dict[str, Array] = {}
    n = len(next(iter(states.values())))
    others = [m for m in network.nodes if m not in (*_COMMON, SITE, AGE, SEX, FUSION)]
    # a chunk shares its choice of rare markers, so that the arrays stay small
    chosen = rng.choice(len(others), size=min(12, len(others)), replace=False)
    for name in [*(m for m in (*_COMMON, SITE, AGE, SEX) if m in network.nodes), *(others[k] for k in chosen)]:
        vectors = np.eye(len(network.states(name)))[states[name]]
        if network.states(name) == STAIN_STATES:
            vague = (rng.random(n) < 0.7) & (states[name] > 0)
            vectors[vague] = (0.0, 1.0, 1.0)
        shown = rng.random(n) < (0.7 if name in _COMMON else 0.8 if name in (SITE, AGE, SEX) else 0.2)
        vectors[~shown] = 1.0
        out[name] = vectors
    return out
