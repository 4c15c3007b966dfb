"""Published counts to rates: a Beta posterior for every diagnosis x marker cell.

Studies of one marker in one diagnosis disagree more than binomial noise allows, so each study counts for
``n / (1 + (n - 1) rho)`` cases (the effective size of a beta-binomial sample with intra-study correlation ``rho``; Williams 1982,
Appl Stat 31:144). ``rho`` is estimated per marker by moments from the spread between studies and shrunk to a common value.
Words instead of counts ("usual") enter as a few pseudo-cases; cells without evidence rest on the marker's stated background rate with
little weight. No rate is ever 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.intervals import beta_quantile
from imtdx.knowledge import UNLISTED, Knowledge, Marker, Study
from imtdx.records import JudgedRate

__all__ = ["Cell", "MarkerRates", "Rates"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one marker in one diagnosis.

    Attributes:
        alpha, beta: Beta posterior of the share of positive cases.
        focal_alpha, focal_beta: Beta posterior of the share of focal among the positive.
        kind: counted, defined, qualitative (words), judged or background: the strongest of what it rests on.
        positive, total, n_studies: the pooled counts behind it, as published (no weights).
        judged: the stated judgement under it (probability), ``None`` without one.
        trust: chance that the judged rate holds, given the counts; 0 without one.
    """

    alpha: float
    beta: float
    focal_alpha: float
    focal_beta: float
    kind: str
    positive: float = 0.0
    total: float = 0.0
    n_studies: int = 0
    judged: float | None = None
    trust: float = 0.0

    @property
    def mean(self) -> float:
        """Posterior mean rate of positive cases (probability)."""
        return self.alpha / (self.alpha + self.beta)

    def interval(self, mass: float = 0.95) -> tuple[float, float]:
        """Central credible interval of the rate, by quantiles of the Beta.

        Args:
            mass (float): posterior mass inside, 0 to 1.
        """
        return beta_interval(self.alpha, self.beta, mass)


@dataclass(frozen=True)
class MarkerRates:
    """One marker over all diagnoses: Beta parameters as arrays of shape (diagnoses,)."""

    alpha: Array
    beta: Array
    focal_alpha: Array
    focal_beta: Array

    @property
    def mean(self) -> Array:
        """Mean rate of positive cases, shape (diagnoses,)."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def focal(self) -> Array:
        """Mean share of focal among the positive, shape (diagnoses,)."""
        return self.focal_alpha / (self.focal_alpha + self.focal_beta)


@dataclass
class Rates:
    """Cells of the knowledge under the constants of ``pooling`` in network.yaml, made as they are asked for.

    Args:
        knowledge: the knowledge.
        scale: factor on every published count (for tests of interval widths).
    """

    knowledge: Knowledge
    scale: float = 1.0
    _cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    _markers: dict[str, MarkerRates] = field(default_factory=dict)
    _rho: dict[str, float] = field(default_factory=dict)

    @cached_property
    def pooling(self) -> Mapping[str, Any]:
        """The constants, from network.yaml."""
        pooling: Mapping[str, Any] = self.knowledge.network["pooling"]
        return pooling

    def heterogeneity(self, marker: str) -> float:
        """Between-study correlation rho of a marker, estimated by moments and shrunk to the common value."""
        if marker not in self._rho:
            groups = (
                pooled_counts(s for s in d.evidence.get(marker, ()) if s.use == "pooled")
                for d in self.knowledge.diagnoses.values()
            )
            self._rho[marker] = estimate_rho(
                groups, self.pooling["heterogeneity"], self.pooling["heterogeneity_weight"]
            )
        return self._rho[marker]

    def cell(self, diagnosis: str, marker: str) -> Cell:
        """The cell of a diagnosis and a marker."""
        key = (diagnosis, marker)
        if key not in self._cells:
            self._cells[key] = self._make_cell(diagnosis, self.knowledge.markers[marker])
        return self._cells[key]

    def without_judgement(self, diagnosis: str, marker: str) -> Cell:
        """The cell from counts, words and the background rate alone."""
        if not self.knowledge.judgement:
            return self.cell(diagnosis, marker)
        record = self.knowledge.markers[marker]
        pooled, defined = self._rows(diagnosis, record)
        return self.pool(record, pooled, defined_as(defined))

    def marker(self, marker: str) -> MarkerRates:
        """All diagnoses of one marker, in the order of ``knowledge.diagnoses``."""
        if marker not in self._markers:
            cells = [self.cell(d, marker) for d in self.knowledge.diagnoses]
            columns = np.array([(c.alpha, c.beta, c.focal_alpha, c.focal_beta) for c in cells]).T
            self._markers[marker] = MarkerRates(*columns)
        return self._markers[marker]

    def _make_cell(self, diagnosis: str, marker: Marker) -> Cell:
        studies = self.knowledge.diagnoses[diagnosis].evidence.get(marker.id, ())
        if diagnosis == UNLISTED and not studies:
            return self._unlisted_cell(marker)
        pooled, defined = self._rows(diagnosis, marker)
        return self.pool(marker, pooled, defined_as(defined), self.knowledge.judgement.rate(diagnosis, marker.id))

    def _rows(self, diagnosis: str, marker: Marker) -> tuple[list[Study], list[Study]]:
        """Rows of a cell that are pooled, and those that define the diagnosis."""
        studies = self.knowledge.diagnoses[diagnosis].evidence.get(marker.id, ())
        # a pattern is only ever read among positive stains, so its conditional rows are its rate
        pooled = [s for s in studies if s.use == "pooled" or (marker.kind == "pattern" and s.use == "conditional")]
        return pooled, [s for s in studies if s.use == "definition"]

    def pool(
        self, marker: Marker, studies: Iterable[Study], defined: str = "", judged: JudgedRate | None = None
    ) -> Cell:
        """Pool studies of one cell.

        Args:
            marker: the marker, for its background rate and heterogeneity.
            studies: rows to pool.
            defined (str): "positive" or "negative" where the diagnosis is defined by this marker, empty elsewhere.
            judged: the stated judgement under the counts.
        """
        p = self.pooling
        studies = list(studies)
        counts = pooled_counts(studies)
        words = [s.level for s in studies if s.level]
        positive = negative = 0.0
        rho = self.heterogeneity(marker.id)
        for k, n in counts:
            size = self.scale * n / (1 + (n - 1) * rho)
            positive += size * k / n
            negative += size * (1 - k / n)
        for word in words:
            level = p["levels"][word]
            positive += level["weight"] * level["rate"]
            negative += level["weight"] * (1 - level["rate"])
        if defined:
            size, rate = p["definition"]["weight"], p["definition"]["rate"]
            rate = rate if defined == "positive" else 1 - rate
            positive += size * rate
            negative += size * (1 - rate)
        weight = p["background_weight"] if counts or words or defined else p["unstudied_weight"]
        trust = 0.0
        if judged is None:
            alpha, beta = weight * marker.background + positive, weight * (1 - marker.background) + negative
        else:
            alpha, beta, trust = self._robust(judged, marker.background, weight, positive, negative)
        focal_alpha, focal_beta = self._focal(marker.id, alpha / (alpha + beta), studies, rho)
        kind = "counted" if counts else "defined" if defined else "qualitative" if words else "background"
        if kind == "background" and judged is not None:
            kind = "judged"
        told, total = sum(k for k, _ in counts), sum(n for _, n in counts)
        studied = len(counts) + len(words)
        stated = None if judged is None else judged.pooled
        return Cell(alpha, beta, focal_alpha, focal_beta, kind, told, total, studied, stated, trust)

    def _robust(
        self, judged: JudgedRate, background: float, weight: float, positive: float, negative: float
    ) -> tuple[float, float, float]:
        """Posterior under a robust prior: the judged Beta, or an open one, re-weighted by how well each foretold the counts.

        A mixture prior of an informative and a vague part gives way by itself where the counts speak against it (Schmidli et al. 2014,
        Biometrics 70:1023). The posterior mixture is handed on as the Beta of its mean and variance.

        Args:
            judged: the stated judgement.
            background: rate of the marker where it was not studied.
            weight: pseudo-cases of the open part.
            positive, negative: effective counts.

        Returns:
            tuple[float, float, float]: Beta parameters, and the chance that the judged rate holds.
        """
        spec = self.knowledge.network["judgement"]
        rate, size, trust = judged.pooled, spec["weight"][judged.confidence], spec["trust"][judged.confidence]
        centre = rate if spec["open"] == "judged" else background
        parts = ((size * rate, size * (1 - rate)), (weight * centre, weight * (1 - centre)))
        told = [_log_beta(a + positive, b + negative) - _log_beta(a, b) for a, b in parts]
        odds = (trust / (1 - trust)) * math.exp(min(told[0] - told[1], 700.0)) if trust < 1 else math.inf
        trust = 1.0 if odds == math.inf else odds / (1 + odds)
        mean = square = 0.0
        for share, (a, b) in zip((trust, 1 - trust), parts, strict=True):
            alpha, n = a + positive, a + b + positive + negative
            mean += share * alpha / n
            square += share * alpha * (alpha + 1) / (n * (n + 1))
        n = (mean - square) / (square - mean * mean)
        return mean * n, (1 - mean) * n, trust

    def focal_curve(self, marker: str, rate: Any) -> tuple[Any, float]:
        """Share of focal among the positive before any count, and its weight in pseudo-cases.

        Linear in the rate, since rare positives are mostly focal; the ends are the marker's own where they are stated.

        Args:
            marker (str): the marker.
            rate: rate of positive cases (probability), a number or an array.
        """
        curve = self.pooling["focal_share"]
        stated = self.knowledge.judgement.focal.get(marker)
        typical, atypical = stated or (curve["at_one"], curve["at_zero"])
        weight = self.knowledge.network["judgement"]["focal_weight"] if stated else curve["weight"]
        return atypical + (typical - atypical) * rate, weight

    def _focal(self, marker: str, rate: float, studies: Iterable[Study], rho: float) -> tuple[float, float]:
        """Beta parameters of the share of focal among the positive: counts where told, on top of the curve."""
        share, weight = self.focal_curve(marker, rate)
        alpha, beta = weight * share, weight * (1 - share)
        for s in studies:
            if s.focal is not None and s.positive:
                size = self.scale * s.positive / (1 + (s.positive - 1) * rho)
                alpha += size * s.focal / s.positive
                beta += size * (1 - s.focal / s.positive)
        return alpha, beta

    def _unlisted_cell(self, marker: Marker) -> Cell:
        """The open answer: average over the listed diagnoses, drawn a little towards even odds, with little weight."""
        spec = self.knowledge.network["unlisted"]
        listed = [self.cell(d, marker.id) for d in self.knowledge.diagnoses if d != UNLISTED]
        rate = sum(c.mean for c in listed) / len(listed)
        if marker.is_stain or marker.kind == "morphology":
            rate = (1 - spec["shrink"]) * rate + spec["shrink"] * spec["towards"]
        # a marker of lesions outside the list is not the average of those inside
        rate = max(rate, spec.get("suggests", {}).get(marker.id, {}).get("rate", 0.0))
        focal_alpha, focal_beta = self._focal(marker.id, rate, (), 0.0)
        return Cell(spec["weight"] * rate, spec["weight"] * (1 - rate), focal_alpha, focal_beta, "background")


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def defined_as(studies: Iterable[Study]) -> str:
    """Which result defines the diagnosis: "positive", "negative", or empty without a defining row."""
    for s in studies:
        if s.total:
            return "positive" if (s.positive or 0) * 2 >= s.total else "negative"
        return "negative" if s.level in ("negative", "rare") else "positive"
    return ""


def pooled_counts(studies: Iterable[Study]) -> list[tuple[float, float]]:
    """(positive, total) of each row with a count; the caller chooses the rows."""
    return [(s.positive, s.total) for s in studies if s.positive is not None and s.total]


def estimate_rho(groups: Iterable[list[tuple[float, float]]], common: float, weight: float) -> float:
    """Between-study correlation by moments, pooled over diagnoses and shrunk.

    For each diagnosis with two or more studies, the Pearson statistic of homogeneity exceeds its degrees of freedom by about
    ``rho * sum(n_i - 1) (1 - n_i / N)``; excesses and factors are summed over diagnoses before dividing.

    Args:
        groups: per diagnosis, (positive, total) of each study.
        common (float): value to shrink to.
        weight (float): weight of ``common`` in studies.

    Returns:
        float: rho in [0.005, 0.5].
    """
    excess = factor = studies = 0.0
    for counts in groups:
        if len(counts) < 2:
            continue
        total = sum(n for _, n in counts)
        rate = (sum(k for k, _ in counts) + 0.5) / (total + 1)
        variance = rate * (1 - rate)
        statistic = sum((k - n * rate) ** 2 / (n * variance) for k, n in counts)
        excess += statistic - (len(counts) - 1)
        factor += sum((n - 1) * (1 - n / total) for _, n in counts)
        studies += len(counts) - 1
    raw = max(0.0, excess / factor) if factor > 0 else common
    rho = (studies * raw + weight * common) / (studies + weight)
    return min(0.5, max(0.005, rho))


def beta_interval(alpha: float, beta: float, mass: float = 0.95) -> tuple[float, float]:
    """Central credible interval of a Beta distribution.

    Args:
        alpha, beta (float): parameters, above 0.
        mass (float): posterior mass inside.

    Returns:
        tuple[float, float]: lower and upper quantile, see `imtdx.intervals.beta_quantile`.
    """
    tail = (1 - mass) / 2
    return beta_quantile(alpha, beta, tail), beta_quantile(alpha, beta, 1 - tail)
