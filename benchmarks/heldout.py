"""How well the pooled figures predict a series that was left out of them: evidence on the stated constants beside test cases.

Each source is left out in turn and its counts are predicted by what the others leave: the mean -ln probability of one of its
cases. A difference between two settings is averaged over held-out series, its standard error clustered by source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imtdx.distributions import context_alphas, judged_context, mix_with_pooled, published_counts
from imtdx.knowledge import ContextRow, Knowledge, Marker
from imtdx.rates import Rates, defined_as

__all__ = ["clustered_difference", "context_losses", "held_out", "rate_losses"]

Array = NDArray[np.float64]

#: (what was predicted, source) -> mean -ln probability of one of the source's cases.
Losses = Mapping[tuple[str, str], float]


def held_out(path: Sequence[str], knowledge: Knowledge) -> Losses | None:
    """The losses that a constant of network.yaml bears on; ``None`` where published series cannot tell.

    Args:
        path: keys of the constant, as in ``("pooling", "background_weight")``.
        knowledge: with the value to judge.
    """
    if path[0] == "pooling" and path[1] != "focal_share":
        return rate_losses(knowledge)
    if path[:2] == ("context", "published_share"):
        return context_losses(knowledge, path[2])
    if path[0] == "judgement" and path[1] in ("weight", "trust", "open"):
        return rate_losses(knowledge)
    if path[0] == "judgement" and path[1] in ("site", "age", "sex"):
        return context_losses(knowledge, path[1])
    if path[0] == "context" or path == ("judgement", "study_cap"):
        return {
            (f"{v} {what}", source): x
            for v in ("site", "age", "sex")
            for (what, source), x in context_losses(knowledge, v).items()
        }
    return None


def predicted(marker: Marker) -> bool:
    """Whether the counts of a marker are predicted: stains and H&E features; genetic results are fitted by other means."""
    return marker.is_stain or marker.kind == "morphology"


def rate_losses(knowledge: Knowledge) -> dict[tuple[str, str], float]:
    """Rates of stains and H&E features: every series with a count in a cell, predicted by the rest of the cell."""
    rates, out = Rates(knowledge), {}
    for d in knowledge.diagnoses.values():
        for name, rows in d.evidence.items():
            marker = knowledge.markers[name]
            pooled = [s for s in rows if s.use == "pooled"]
            defined = defined_as([s for s in rows if s.use == "definition"])
            judged = knowledge.judgement.rate(d.id, name)
            for source in {s.source for s in pooled if s.positive is not None} if predicted(marker) else ():
                own = [
                    (s.positive, s.total) for s in pooled if s.source == source and s.positive is not None and s.total
                ]
                positive, total = sum(k for k, _ in own), sum(n for _, n in own)
                rate = rates.pool(marker, [s for s in pooled if s.source != source], defined, judged).mean
                out[f"{d.id} {name}", source] = float(
                    -(positive * np.log(rate) + (total - positive) * np.log(1 - rate)) / total
                )
    return out


def context_losses(knowledge: Knowledge, variable: str) -> dict[tuple[str, str], float]:
    """Age, sex or site: every series of a diagnosis, predicted by its other series.

    Args:
        knowledge: the knowledge.
        variable (str): "age", "sex" or "site".
    """
    spec = knowledge.network["context"]
    out = {}
    for row, d in enumerate(knowledge.diagnoses.values()):
        rows = [r for r in d.context.get(variable, ()) if r.use == "pooled"]
        for source in {r.source for r in rows}:
            own, _ = _counts(knowledge, row, d.id, variable, [r for r in rows if r.source == source])
            rest, pooled = _counts(knowledge, row, d.id, variable, [r for r in rows if r.source != source])
            if own.sum() < 1e-9 or rest.sum() < 1e-9:
                continue
            judged = judged_context(knowledge, variable)
            if judged is None:
                alpha, share = rest + spec["weight"] * pooled, spec["published_share"][variable]
            else:
                how = knowledge.network["judgement"][variable]
                alpha, share = rest + how["weight"] * judged[row], how["own"]
            predicted = mix_with_pooled((alpha / alpha.sum())[None], pooled, np.array([share]))[0]
            out[d.id, source] = float(-(own / own.sum()) @ np.log(predicted))
    return out


def _counts(
    knowledge: Knowledge, row: int, diagnosis: str, variable: str, rows: Sequence[ContextRow]
) -> tuple[Array, Array]:
    """Counts per category of some rows of one diagnosis, and the distribution pooled over all diagnoses with only these."""
    d = knowledge.diagnoses[diagnosis]
    changed = replace(d, context={**d.context, variable: tuple(rows)})
    _, pooled, _ = context_alphas(replace(knowledge, diagnoses={**knowledge.diagnoses, diagnosis: changed}), variable)
    return published_counts(knowledge, changed, variable), pooled


def clustered_difference(losses: Losses, base: Losses) -> tuple[float, float]:
    """Mean difference over held-out series and its standard error, series of one source taken together."""
    by_source: dict[str, float] = {}
    differences = {key: losses[key] - base[key] for key in base if key in losses}
    mean = float(np.mean(list(differences.values())))
    for (_, source), d in differences.items():
        by_source[source] = by_source.get(source, 0.0) + d - mean
    return mean, float(np.sqrt(np.sum(np.square(list(by_source.values())))) / len(differences))
