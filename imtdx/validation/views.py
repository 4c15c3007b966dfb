"""Some cases seen one way, what the model and its rivals said of them, and every figure that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.panel import Panel
from imtdx.validation import metrics
from imtdx.validation.asking import IMT
from imtdx.validation.cases import LabelledCase
from imtdx.validation.metrics import Estimate
from imtdx.validation.rivals import Answer

__all__ = ["Figures", "Miss", "View"]

Ints = NDArray[np.intp]

#: Bands of the number of findings.
_FINDINGS = ((1, 3), (4, 6), (7, 9), (10, 999))


@dataclass(frozen=True)
class Figures:
    """Figures of merit of one method on some cases.

    Attributes:
        n: cases.
        top: k -> share of cases with the truth among the first k.
        log_score, brier, calibration_error: ``None`` for a method without probabilities.
        chance_error: calibration error that perfect calibration would show on as many cases.
        auroc: IMT against the rest, prior-free.
    """

    n: int
    top: dict[int, Estimate]
    auroc: Estimate
    log_score: Estimate | None = None
    brier: Estimate | None = None
    calibration_error: Estimate | None = None
    chance_error: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        out: dict[str, Any] = (
            {"n": self.n} | {f"top{k}": v.to_dict() for k, v in self.top.items()} | {"auroc": self.auroc.to_dict()}
        )
        for name in ("log_score", "brier", "calibration_error"):
            value = getattr(self, name)
            out[name] = None if value is None else value.to_dict()
        out["chance_calibration_error"] = None if self.chance_error is None else round(self.chance_error, 6)
        return out


@dataclass(frozen=True, slots=True)
class Miss:
    """A case whose truth did not come first.

    Attributes:
        findings: the panel in canonical text.
        contributions: (variable, words, log10 likelihood ratio of the truth against what came first), heaviest first.
    """

    case: str
    truth: str
    first: str
    p_truth: float
    p_first: float
    rank: int
    findings: str
    contributions: tuple[tuple[str, str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        out = {name: getattr(self, name) for name in self.__slots__}
        out["contributions"] = [{"marker": m, "value": v, "log10_lr": round(w, 4)} for m, v, w in self.contributions]
        return out


@dataclass
class View:
    """All cases seen one way: with or without their H&E features.

    Attributes:
        name: which way.
        cases: as seen.
        truth: index of each case's diagnosis, shape (cases,).
        answer: the model's.
        rivals: name -> answer.
        misses: the worst ones.
        first_try: bootstrap resamples and their seed.
    """

    name: str
    cases: Sequence[LabelledCase]
    diagnoses: tuple[str, ...]
    truth: Ints
    answer: Answer
    rivals: dict[str, Answer]
    misses: list[Miss] = field(default_factory=list)
    draws: int = 1000
    seed: int = 0

    @cached_property
    def figures(self) -> Figures:
        """The model's figures."""
        return self.figures_of(self.answer)

    @cached_property
    def rival_figures(self) -> dict[str, Figures]:
        """Name -> figures of each rival; what counts is the paired difference, so they carry no bootstrap intervals."""
        return {name: self.figures_of(a, intervals=False) for name, a in self.rivals.items()}

    @cached_property
    def losses(self) -> Array:
        """Log score of each case, shape (cases,)."""
        return metrics.log_scores(self.answer.scores, self.truth)

    def figures_of(self, answer: Answer, rows: Ints | None = None, intervals: bool = True) -> Figures:
        """Figures of one answer.

        Args:
            answer: what a method said.
            rows: some of the cases; all when ``None``.
            intervals (bool): bootstrap intervals; the exact ones of proportions cost nothing and are always given.
        """
        rows = np.arange(len(self.truth)) if rows is None else rows
        scores, truth, imt = answer.scores[rows], self.truth[rows], answer.imt[rows]
        n = len(rows)
        rank = metrics.ranks(scores, truth)
        top = {k: metrics.proportion(int((rank <= k).sum()), n) for k in (1, 3, 5)}
        positive = truth == (self.diagnoses.index(IMT) if IMT in self.diagnoses else -1)

        def estimate(statistic: Callable[[Ints], float]) -> Estimate:
            return metrics.bootstrap(statistic, n, self.draws if intervals else 0, self.seed)

        area = estimate(lambda k: metrics.auroc(imt[k], positive[k]))
        if not answer.probabilistic or n == 0:
            return Figures(n, top, area)
        losses, squares = metrics.log_scores(scores, truth), metrics.brier(scores, truth)
        stated, right = scores.max(axis=1), rank == 1
        return Figures(
            n,
            top,
            area,
            estimate(lambda k: float(losses[k].mean())),
            estimate(lambda k: float(squares[k].mean())),
            estimate(lambda k: metrics.calibration_error(stated[k], right[k])),
            metrics.chance_calibration_error(stated, seed=self.seed),
        )

    def difference(self, rival: str) -> dict[str, tuple[float, float] | None]:
        """Model less rival, per case: mean and standard error of top-1, top-3 and log score (below 0 is better for the last)."""
        other = self.rivals[rival]
        own_rank, rank = metrics.ranks(self.answer.scores, self.truth), metrics.ranks(other.scores, self.truth)
        out: dict[str, tuple[float, float] | None] = {
            f"top{k}": metrics.paired_difference((own_rank <= k).astype(float), (rank <= k).astype(float))
            for k in (1, 3)
        }
        out["log_score"] = (
            metrics.paired_difference(self.losses, metrics.log_scores(other.scores, self.truth))
            if other.probabilistic
            else None
        )
        return out

    @cached_property
    def reliability(self) -> list[metrics.Reliability]:
        """Stated against observed frequency of the first diagnosis being right."""
        return metrics.reliability(self.answer.scores.max(axis=1), metrics.ranks(self.answer.scores, self.truth) == 1)

    @cached_property
    def sets(self) -> dict[str, Any]:
        """How often the smallest set that holds 95 % held the truth, the mean mass it stated, and its median size."""
        inside, size, mass = metrics.smallest_sets(self.answer.scores, self.truth)
        return {
            "coverage": metrics.proportion(int(inside.sum()), len(inside)),
            "stated": float(mass.mean()),
            "median_size": float(np.median(size)),
        }

    @cached_property
    def groups(self) -> dict[str, dict[str, Figures]]:
        """Kind of group -> group -> figures without bootstrap intervals."""
        count = np.array([len(c.panel.informative) for c in self.cases])
        found: dict[str, dict[str, Any]] = {"findings": {}, "ALK": {}}
        for low, high in _FINDINGS:
            found["findings"][f"{low}-{high}" if high < 999 else f"{low} or more"] = (count >= low) & (count <= high)
        status = np.array([_alk(c.panel) for c in self.cases])
        for word in ("positive", "negative", "equivocal", "not told"):
            found["ALK"][word] = status == word
        return {
            kind: {
                name: self.figures_of(self.answer, np.flatnonzero(m), intervals=False)
                for name, m in members.items()
                if m.any()
            }
            for kind, members in found.items()
        }

    @cached_property
    def confusions(self) -> list[tuple[str, str, int]]:
        """(truth, what came first instead, cases), most frequent first."""
        first = self.answer.scores.argmax(axis=1)
        pairs = Counter(
            (self.diagnoses[t], self.diagnoses[f]) for t, f in zip(self.truth, first, strict=True) if t != f
        )
        return [(t, f, n) for (t, f), n in sorted(pairs.items(), key=lambda x: (-x[1], x[0]))]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        sets = self.sets
        return {
            "name": self.name,
            "model": self.figures.to_dict(),
            "rivals": {
                name: {
                    **self.rival_figures[name].to_dict(),
                    "difference": {
                        k: None
                        if d is None
                        else {"mean": round(d[0], 6), "se": None if np.isnan(d[1]) else round(d[1], 6)}
                        for k, d in self.difference(name).items()
                    },
                }
                for name in self.rivals
            },
            "set95": {
                "coverage": sets["coverage"].to_dict(),
                "stated": round(sets["stated"], 6),
                "median_size": sets["median_size"],
            },
            "reliability": [
                {"low": r.low, "high": r.high, "n": r.n, "stated": round(r.stated, 6), "right": r.right.to_dict()}
                for r in self.reliability
            ],
            "groups": {
                kind: {name: f.to_dict() for name, f in members.items()} for kind, members in self.groups.items()
            },
            "confusions": [{"truth": t, "first": f, "n": n} for t, f, n in self.confusions],
            "misses": [m.to_dict() for m in self.misses],
        }


def _alk(panel: Panel) -> str:
    """ALK by stain or FISH: a positive of either counts."""
    values = {f.value for f in panel.informative if f.marker in ("ALK", "FISH_ALK")}
    if values & {"positive", "focal", "diffuse"}:
        return "positive"
    return "negative" if "negative" in values else "equivocal" if values else "not told"
