"""Age, sex, site and Ki-67: published summaries to Dirichlet posteriors over categories.

Published distributions are biased by hospital and by what gets reported, and case reports favour odd sites. So each
diagnosis keeps only a share of its published distribution; the other share is the distribution pooled over diagnoses.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.knowledge import ContextRow, Diagnosis, Ki67Row, Knowledge

__all__ = ["age_band", "context_alphas", "ki67_alphas", "ki67_likelihood", "mix_with_pooled"]


def context_alphas(knowledge: Knowledge, variable: str) -> tuple[Array, Array, Array]:
    """Dirichlet parameters of a context variable.

    Args:
        knowledge: the knowledge.
        variable (str): "site", "age" or "sex".

    Returns:
        tuple[Array, Array, Array]: parameters of shape (diagnoses, categories), the pooled distribution of shape (categories,),
        and the share of the own distribution, shape (diagnoses,).
    """
    spec = knowledge.network["context"]
    categories = {"site": spec["sites"], "age": spec["age_bands"], "sex": spec["sexes"]}[variable]
    counts = np.zeros((len(knowledge.diagnoses), len(categories)))
    for row, d in enumerate(knowledge.diagnoses.values()):
        counts[row] = _published_counts(d, variable, categories, spec)
    known = counts.sum(axis=1) > 0
    shares = counts[known] / counts[known].sum(axis=1, keepdims=True)
    pooled = (shares.sum(axis=0) + 1.0) / (shares.sum() + len(categories))
    defined = [any(r.use == "definition" for r in d.context.get(variable, ())) for d in knowledge.diagnoses.values()]
    share = np.where(defined, spec["defined_share"], spec["published_share"][variable])
    return counts + spec["weight"] * pooled, pooled, share


def mix_with_pooled(published: Array, pooled: Array, share: Array) -> Array:
    """``share`` (diagnoses,) of the published distribution (..., diagnoses, categories) and the rest of the pooled one."""
    return share[:, None] * published + (1 - share[:, None]) * pooled


def _published_counts(d: Diagnosis, variable: str, categories: Sequence[str], spec: Mapping[str, Any]) -> Array:
    """Cases per category over all usable series of a diagnosis, no series above the cap."""
    by_source: dict[str, list[ContextRow]] = defaultdict(list)
    for r in d.context.get(variable, ()):
        if r.use in ("pooled", "definition"):
            by_source[r.source].append(r)
    out = np.zeros(len(categories))
    for rows in by_source.values():
        series = np.zeros(len(categories))
        for r in rows:
            if r.category in categories:
                series[categories.index(r.category)] += r.count
        if variable == "age" and not series.any():
            series = _ages_from_summary(rows, spec["age_edges"])
        total = series.sum()
        if total > 0:
            out += series * min(1.0, spec["study_cap"] / total)
    return out


def _ages_from_summary(rows: Iterable[ContextRow], edges: Sequence[float]) -> Array:
    """Expected cases per age band of a series known by mean or median and range: a normal curve cut at the range."""
    told = {r.category: r for r in rows}
    centre = told.get("median") or told.get("mean")
    if centre is None or not centre.total:
        return np.zeros(len(edges) - 1)
    low = told["min"].count if "min" in told else 0.0
    high = told["max"].count if "max" in told else 95.0
    middle = centre.count
    if "min" in told and "max" in told:
        # range of a sample of n spans about 4 standard deviations for the sizes published
        sd = max((high - low) / 4, 1.0)
    else:
        sd = max(0.7 * middle if middle < 20 else 15.0, 1.0)
    cumulative = np.array([_normal_cdf((min(max(e, low), high + 1) - middle) / sd) for e in edges])
    band = np.diff(cumulative)
    total = band.sum()
    return centre.total * band / total if total > 0 else np.zeros(len(edges) - 1)


def age_band(age: float, edges: Sequence[float]) -> int:
    """Index of the age band of an age in years; ages on an edge belong to the upper band."""
    return min(int(np.searchsorted(edges, age, side="right")) - 1, len(edges) - 2)


def ki67_alphas(knowledge: Knowledge) -> Array:
    """Dirichlet parameters of Ki-67 over its bins, shape (diagnoses, bins)."""
    spec = knowledge.network["ki67"]
    background = np.array(spec["background"], dtype=float)
    background /= background.sum()
    rows = [
        spec["weight"] * background
        + sum((_ki67_counts(r, spec, background) for r in d.ki67 if r.use == "pooled"), np.zeros_like(background))
        for d in knowledge.diagnoses.values()
    ]
    return np.array(rows)


def _ki67_counts(row: Ki67Row, spec: Mapping[str, Any], background: Array) -> Array:
    """Expected cases per bin of one published summary, by the most exact figure it gives."""
    edges = np.array(spec["edges"], dtype=float)
    if row.values:
        counts: Array = np.bincount([ki67_bin(v, edges) for v in row.values], minlength=len(background)).astype(float)
        return counts
    if row.threshold and row.n and row.n_above_threshold is not None:
        cut = float(row.threshold.lstrip("<>="))
        above = ki67_overlap(cut, 100.0, edges) * background
        below = ki67_overlap(0.0, cut, edges) * background
        split: Array = (
            row.n_above_threshold * above / above.sum() + (row.n - row.n_above_threshold) * below / below.sum()
        )
        return split
    middle = row.median or row.mean
    if not row.n:
        return np.zeros_like(background)
    sigma = spec["sigma"]
    if middle:
        mu = math.log(middle) - (0.0 if row.median else sigma**2 / 2)
    elif row.max:
        mu = (math.log(max(row.min or 0.0, 1.0)) + math.log(row.max)) / 2
    elif row.min is not None and row.max is not None:
        mu = math.log(0.5)  # every case zero
    else:
        return np.zeros_like(background)
    cumulative = [0.0, *(_normal_cdf((math.log(e) - mu) / sigma) for e in edges[1:-1]), 1.0]
    out: Array = spec["summary_weight"] * row.n * np.diff(cumulative)
    return out


def ki67_bin(percent: float, edges: Sequence[float] | Array) -> int:
    """Index of the bin of a percentage; bins hold their upper edge (5 % is in "<=5")."""
    return min(max(int(np.searchsorted(edges, percent, side="left")) - 1, 0), len(edges) - 2)


def ki67_overlap(low: float, high: float, edges: Array) -> Array:
    """Share of each bin that the percentages from ``low`` to ``high`` cover, shape (bins,)."""
    covered = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
    overlap: Array = np.clip(covered / np.diff(edges), 0.0, 1.0)
    return overlap


def ki67_likelihood(low: float, high: float, edges: Sequence[float]) -> Array:
    """Evidence of a reported percentage or range on the bins, shape (bins,).

    A single figure lies in one bin; a range or "<5 %" is set-valued: every bin it touches, by the share of the bin it covers.

    Args:
        low, high (float): bounds in percent.
        edges: bin edges in percent.
    """
    e = np.array(edges, dtype=float)
    out = np.zeros(len(e) - 1)
    if high - low < 1e-9:
        out[ki67_bin(low, e)] = 1.0
        return out
    out = ki67_overlap(low, high, e)
    if not out.any():
        out[ki67_bin(low, e)] = 1.0
    best: Array = out / out.max()
    return best


def _normal_cdf(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
