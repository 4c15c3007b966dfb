"""Many cases asked of one network at once, each with the counts of its own sources left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from imtdx._types import Array
from imtdx.answer.contributions import bayes_factor
from imtdx.engine import Engine, log_normalise
from imtdx.knowledge import Knowledge
from imtdx.model import Model
from imtdx.validation.cases import LabelledCase

__all__ = ["IMT", "answers", "by_sources", "pack", "variant"]


#: The diagnosis whose discrimination against the rest is reported.
IMT = "imt"
_CHUNK = 256


def variant(model: Model, knowledge: Knowledge | None = None, parts: Mapping[str, bool] | None = None) -> Model:
    """The same model on other knowledge, or with parts of its structure switched.

    The prior is kept as it is, so that two variants differ in nothing but what was asked for.

    Args:
        model: the model.
        knowledge: in place of its own.
        parts: fusion, tissue, links, site_dependence, site_context -> whether to build it.
    """
    s = model.structure
    built = {
        "fusion": bool(s.states),
        "tissue": s.compromised > 0,
        "links": bool(s.links),
        "site_dependence": bool(s.site_dependent),
        "site_context": s.site_context,
    }
    prior = {d: float(p) for d, p in zip(model.diagnoses, model.prior, strict=True)}
    out = Model(knowledge or model.knowledge, prior, parts=built | dict(parts or {}), scale=model.network.scale)
    out.prior_name = model.prior_name
    return out


def by_sources(model: Model, cases: Sequence[LabelledCase]) -> Iterable[tuple[Model, list[int]]]:
    """The model for each group of cases that share own sources, and the positions of these cases.

    Args:
        model: the model.
        cases: with the sources to leave out.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for k, case in enumerate(cases):
        own = tuple(sorted(s for s in case.sources if s not in model.knowledge.left_out))
        groups.setdefault(own, []).append(k)
    for own, members in groups.items():
        yield (variant(model, model.knowledge.without_sources(own)) if own else model), members


def pack(engine: Engine, evidence: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Evidence of several cases as one array per variable; all ones say nothing.

    Args:
        engine: the compiled network.
        evidence: per case, variable -> likelihood vector of shape (states,).

    Returns:
        dict[str, Array]: variable -> shape (cases, states).
    """
    out: dict[str, Array] = {}
    for row, case in enumerate(evidence):
        for name, vector in case.items():
            if name not in out:
                out[name] = np.ones((len(evidence), len(engine.network.states(name))))
            out[name][row] = vector
    return out


def answers(engine: Engine, evidence: Sequence[Mapping[str, Array]]) -> tuple[Array, Array]:
    """Posterior and prior-free score of several cases.

    Args:
        engine: the compiled network.
        evidence: per case, variable -> likelihood vector of shape (states,).

    Returns:
        tuple[Array, Array]: P(Diagnosis | evidence), shape (cases, diagnoses), and the log10 Bayes factor of IMT against the
            rest, shape (cases,); NaN where the knowledge has no IMT.
    """
    diagnoses = engine.network.diagnoses
    posterior, score = np.empty((len(evidence), len(diagnoses))), np.full(len(evidence), np.nan)
    for start in range(0, len(evidence), _CHUNK):
        rows = slice(start, min(start + _CHUNK, len(evidence)))
        packed = pack(engine, evidence[rows])
        spine = np.broadcast_to(engine.spine(packed), (rows.stop - rows.start, *engine.log_spine.shape))
        posterior[rows] = log_normalise(np.logaddexp.reduce(spine, axis=-1))[0]
        if IMT in diagnoses:
            score[rows] = bayes_factor(engine, spine, diagnoses.index(IMT))
    return posterior, score
