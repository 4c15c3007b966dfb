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
from imtdx.judgement import expand_sites
from imtdx.knowledge import ContextRow, Diagnosis, Ki67Row, Knowledge

__all__ = [
    "age_band",
    "context_alphas",
    "ki67_alphas",
    "ki67_likelihood",
    "mix_with_pooled",
    "published_counts",
    "sexes_of_sites",
    "stated_by_site",
    "states_context",
]


def context_alphas(knowledge: Knowledge, variable: str) -> tuple[Array, Array, Array]:
    """Dirichlet parameters of a context variable.

    Under the published counts lies the stated judgement; without one, the distribution pooled over diagnoses.

    Args:
        knowledge: the knowledge.
        variable (str): "site", "age" or "sex".

    Returns:
        tuple[Array, Array, Array]: parameters of shape (diagnoses, categories), the pooled distribution of shape (categories,),
        and the share of the own distribution, shape (diagnoses,).
    """
    spec = knowledge.network["context"]
    judged = judged_context(knowledge, variable)
    counts = np.array([published_counts(knowledge, d, variable) for d in knowledge.diagnoses.values()])
    defined = [any(r.use == "definition" for r in d.context.get(variable, ())) for d in knowledge.diagnoses.values()]
    if judged is None:
        known = counts.sum(axis=1) > 0
        shares = counts[known] / counts[known].sum(axis=1, keepdims=True)
        pooled = (shares.sum(axis=0) + 1.0) / (shares.sum() + counts.shape[1])
        share = np.where(defined, spec["defined_share"], spec["published_share"][variable])
        return counts + spec["weight"] * pooled, pooled, share
    how = knowledge.network["judgement"][variable]
    pooled = site_weights(knowledge) if variable == "site" else judged.mean(axis=0)
    share = np.where(defined, spec["defined_share"], how["own"])
    return counts + how["weight"] * judged, pooled, share


def judged_context(knowledge: Knowledge, variable: str) -> Array | None:
    """Stated distribution of a context variable over all sites, shape (diagnoses, categories); ``None`` without judgement.

    Of sites it is P(site | d) = w(site) mix(d | site) / mix(d), with w the weights of the sites, mix what a lesion of a site can be and
    mix(d) its sum over the sites: then P(d | site) is the prior of d times mix(d | site) / mix(d), normalised.
    """
    if not states_context(knowledge, variable):
        return None
    rows = []
    sites = knowledge.network["context"]["sites"]
    weights = site_weights(knowledge)
    for key in knowledge.diagnoses:
        judged = knowledge.judgement.diagnoses.get(key)
        if variable == "site":
            joint = weights * [knowledge.judgement.mix[s].get(key, 0.0) for s in sites]
            rows.append(joint / joint.sum() if joint.sum() > 0 else None)
        elif variable == "age":
            rows.append(np.array(judged.age["all"]) if judged and "all" in judged.age else None)
        else:
            rows.append(_sexes(knowledge, judged.male["all"]) if judged and "all" in judged.male else None)
    # a diagnosis of which nothing is stated (an overlay's) takes the mean of the others
    mean = weights if variable == "site" else np.mean([r for r in rows if r is not None], axis=0)
    return np.array([mean if r is None else r for r in rows])


def states_context(knowledge: Knowledge, variable: str) -> bool:
    """Whether the judgement states a context variable: "site", "age" or "sex"."""
    if variable == "site":
        return bool(knowledge.judgement.mix)
    return any(d.age if variable == "age" else d.male for d in knowledge.judgement.diagnoses.values())


def site_weights(knowledge: Knowledge) -> Array:
    """Share of each site among the lesions in question, shape (sites,)."""
    spec = knowledge.network["context"]
    stated = spec.get("site_weights", {})
    weights = np.array([stated.get(s, 1.0) for s in spec["sites"]], dtype=float)
    out: Array = weights / weights.sum()
    return out


def stated_by_site(knowledge: Knowledge, variable: str) -> dict[tuple[int, int], Array]:
    """Age or sex where a site has its own: (diagnosis, site) -> stated distribution of shape (categories,).

    A site that one sex has (the uterus) states the sex of every diagnosis.
    """
    spec = knowledge.network["context"]
    sites = list(spec["sites"])
    out: dict[tuple[int, int], Array] = {}
    for row, key in enumerate(knowledge.diagnoses):
        judged = knowledge.judgement.diagnoses.get(key)
        groups: Mapping[str, Any] = {} if judged is None else judged.age if variable == "age" else judged.male
        # sets of sites first, so that a site's own figure counts
        for group in sorted(groups, key=lambda g: g in sites):
            for site in expand_sites(knowledge.network, [group]) if group != "all" else ():
                value = groups[group]
                out[row, sites.index(site)] = np.array(value) if variable == "age" else _sexes(knowledge, value)
    return out


def sexes_of_sites(knowledge: Knowledge) -> dict[int, Array]:
    """Site of one sex -> distribution over the sexes, shape (sexes,)."""
    spec = knowledge.network["context"]
    error = spec["sex_error"]
    return {
        spec["sites"].index(site): np.array([1 - error if s == sex else error for s in spec["sexes"]])
        for site, sex in spec.get("sex_of_site", {}).items()
    }


def _sexes(knowledge: Knowledge, male: float) -> Array:
    return np.array([male if s == "male" else 1 - male for s in knowledge.network["context"]["sexes"]])


def mix_with_pooled(published: Array, pooled: Array, share: Array) -> Array:
    """``share`` (diagnoses,) of the published distribution (..., diagnoses, categories) and the rest of the pooled one."""
    return share[:, None] * published + (1 - share[:, None]) * pooled


def published_counts(knowledge: Knowledge, d: Diagnosis, variable: str) -> Array:
    """Cases per category over all usable series of a diagnosis, no series above the cap, shape (categories,).

    With a stated mix of the sites, only series that cover several sites speak of them: the others come from clinics of one organ.
    """
    spec = knowledge.network["context"]
    categories = list({"site": spec["sites"], "age": spec["age_bands"], "sex": spec["sexes"]}[variable])
    by_source: dict[str, list[ContextRow]] = defaultdict(list)
    for r in d.context.get(variable, ()):
        if r.use in ("pooled", "definition"):
            by_source[r.source].append(r)
    judged = states_context(knowledge, variable)
    out = np.zeros(len(categories))
    for rows in by_source.values():
        if variable == "site" and judged:
            named = {r.category for r in rows if r.count > 0}
            if len(named) < spec["series_sites"] and all(r.use != "definition" for r in rows):
                continue
        series = np.zeros(len(categories))
        for r in rows:
            members = [categories.index(c) for c in expand_sites(knowledge.network, [r.category]) if c in categories]
            # a count of a set of sites is spread as the set's sites are weighed
            part = site_weights(knowledge)[members] if variable == "site" else np.ones(len(members))
            series[members] += r.count * part / part.sum() if members else 0.0
        if variable == "age" and not series.any():
            series = _ages_from_summary(rows, spec["age_edges"])
        total = series.sum()
        if total > 0:
            cap = knowledge.network["judgement"]["study_cap"] if judged else spec["study_cap"]
            out += series * min(1.0, cap / total)
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
    rows = []
    for key, d in knowledge.diagnoses.items():
        judged = knowledge.judgement.diagnoses.get(key)
        stated, weight = background, spec["weight"]
        if judged and judged.ki67:
            how = knowledge.network["judgement"]["ki67"]
            stated, weight = how["own"] * np.array(judged.ki67) + (1 - how["own"]) * background, how["weight"]
        counts = sum((_ki67_counts(r, spec, stated) for r in d.ki67 if r.use == "pooled"), np.zeros_like(background))
        rows.append(weight * stated + counts)
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
