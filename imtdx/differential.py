"""The result of one panel. Every writer reads this object and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from imtdx._types import Array
from imtdx.answer import advice, conflict, remarks
from imtdx.answer.case import Case, Compiled
from imtdx.answer.contributions import Contribution, bayes_factor, weights_of_evidence
from imtdx.answer.reasons import reason
from imtdx.intervals import credible_interval
from imtdx.knowledge import UNLISTED
from imtdx.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA", "Differential", "RankedDiagnosis"]

SCHEMA = "imtdx.differential/1"


@dataclass(frozen=True, slots=True)
class RankedDiagnosis:
    """One line of the ranking.

    Attributes:
        probability: posterior probability.
        low, high: 95 % credible interval of the probability over the uncertainty of the published rates.
        log10_bf: log10 Bayes factor of the whole panel for this diagnosis against the rest.
        prior: prior probability.
        first: share of draws in which this diagnosis comes first.
    """

    rank: int
    id: str
    name: str
    probability: float
    low: float
    high: float
    log10_bf: float
    prior: float
    first: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the keys of the JSON output."""
        return {name: getattr(self, name) for name in self.__slots__}


class Differential(Case):
    """A `Case` with its answers: ranked diagnoses, with intervals, reasons, what-if, conflict and next tests.

    Made by `Model.diagnose`; everything but the posterior is computed when first asked for.

    Args:
        model: the model that was asked.
        panel: the panel as read.
        draws (int): draws for the credible intervals.
        seed (int): their seed.
        case_id (str): the caller's name of the case, shown and escaped by the writers.
        specimen (str): "biopsy", "resection" or empty.
        stock: markers the laboratory can do, with optional cost; ``None`` for every marker.
    """

    def __init__(
        self,
        model: Compiled,
        panel: Panel,
        *,
        draws: int = 400,
        seed: int = 0,
        case_id: str = "",
        specimen: str = "",
        stock: Mapping[str, float] | None = None,
        engine: str = "compiled",
    ) -> None:
        super().__init__(model, panel, seed=seed, specimen=specimen, stock=stock, engine=engine)
        self.n_draws = draws
        self.case_id = case_id

    def __repr__(self) -> str:
        top = self.rows[0]
        return f"<Differential {top.name} {top.probability:.3f}, {len(self.panel.informative)} findings>"

    # --- ranking -----------------------------------------------------------------------------------------------------

    @cached_property
    def draws(self) -> tuple[Array, Array]:
        """Posterior for draws of the published rates, shape (draws, diagnoses), and their weights, shape (draws,)."""
        return self.model.engine.draws(self.evidence, self.n_draws, self.seed)

    @cached_property
    def rows(self) -> tuple[RankedDiagnosis, ...]:
        """The ranking as records, most probable first."""
        m = self.model
        drawn, weights = self.draws
        low, high = credible_interval(drawn, weights, self.posterior)
        first = np.bincount(drawn.argmax(axis=1), weights=weights, minlength=len(m.diagnoses))
        return tuple(
            RankedDiagnosis(
                rank=rank,
                id=m.diagnoses[k],
                name=m.knowledge.diagnoses[m.diagnoses[k]].name,
                probability=float(self.posterior[k]),
                low=float(low[k]),
                high=float(high[k]),
                log10_bf=float(bayes_factor(m.engine, self.spine, int(k))),
                prior=float(m.prior[k]),
                first=float(first[k]),
            )
            for rank, k in enumerate(self.order, start=1)
        )

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """DataFrame with columns rank, id, name, probability, low, high, log10_bf, prior, first."""
        import pandas as pd

        return pd.DataFrame([r.to_dict() for r in self.rows])

    def top(self, n: int = 3) -> tuple[RankedDiagnosis, ...]:
        """The first ``n`` diagnoses."""
        return self.rows[:n]

    # --- reasons -------------------------------------------------------------------------------------------------------

    def contributions(self, diagnosis: str = "imt", versus: str | None = None) -> list[Contribution]:
        """Weight of evidence of each finding, heaviest first; they add up to the log10 Bayes factor.

        Args:
            diagnosis (str): id, name or abbreviation.
            versus (str | None): a rival; the rest of the differential when ``None``.

        Raises:
            UnknownNameError: no such diagnosis.
        """
        m = self.model
        index, rival = m.index(diagnosis), None if versus is None else m.index(versus)
        weights = weights_of_evidence(m.engine, self.evidence, index, rival)
        labels = dict(m.coder.labels(self.panel))
        groups: dict[str, list[str]] = {}
        for name in weights:
            groups.setdefault(m.engine.root(name), []).append(name)
        records = m.knowledge.diagnoses
        d = records[m.diagnoses[index]]
        r = None if rival is None else records[m.diagnoses[rival]]
        out = []
        for name, weight in weights.items():
            members = groups[m.engine.root(name)]
            value = labels.get(name) or self._implied(name)
            out.append(
                Contribution(
                    marker=name,
                    value=value,
                    log10_lr=weight,
                    why=reason(m.network.rates, d, name, value, r),
                    group="+".join(members) if len(members) > 1 else name,
                    joint=sum(weights[x] for x in members),
                )
            )
        # equal weights stay in the order of the panel, whatever their last digit
        return sorted(out, key=lambda c: -round(abs(c.log10_lr), 9))

    def _implied(self, name: str) -> str:
        """Words for evidence that a finding of another marker carried along (the pattern of a driver stain)."""
        states = self.model.network.states(name)
        return states[int(np.argmax(self.evidence[name]))]

    def what_if(self) -> list[advice.WhatIf]:
        """Each finding flipped and removed: the new first diagnosis and the new P(IMT)."""
        return advice.what_if(self)

    def next_tests(self, k: int = 5) -> advice.NextTests:
        """The ``k`` tests that would tell most; a list that is empty, with a reason, when none is worth doing."""
        return advice.next_tests(self, k)

    def best_panel(self, k: int = 4) -> list[advice.BestPanel]:
        """The best panels of 1 to ``k`` tests together, overlap accounted for; each holds the one before it."""
        return advice.best_panel(self, k)

    @cached_property
    def sums(self) -> dict[str, dict[str, float]]:
        """P(behaviour | panel) and P(lineage | panel), most probable first: what many answers share, they decide together.

        Returns:
            dict: "behaviour" and "lineage" -> class -> probability; the open answer stands apart as ``unlisted``.
        """
        out: dict[str, dict[str, float]] = {}
        for kind in ("behaviour", "lineage"):
            sums: dict[str, float] = {}
            for d, p in zip(self.model.diagnoses, self.posterior, strict=True):
                name = UNLISTED if d == UNLISTED else getattr(self.model.knowledge.diagnoses[d], kind)
                sums[name] = sums.get(name, 0.0) + float(p)
            out[kind] = dict(sorted(sums.items(), key=lambda x: -x[1]))
        return out

    @cached_property
    def conflict(self) -> conflict.Conflict:
        """How well the findings go together, and whether the panel fits any listed diagnosis."""
        return conflict.assess(self)

    @cached_property
    def flags(self) -> tuple[remarks.Flag, ...]:
        """What a reader should not overlook."""
        return remarks.raise_flags(self, self.conflict)

    # --- writers -------------------------------------------------------------------------------------------------------

    def to_dict(self, *, contributions_for: int = 3, next_k: int = 5) -> dict[str, Any]:
        """Everything as plain data; the JSON of the command line.

        Args:
            contributions_for (int): contributions of this many leading diagnoses (IMT always included).
            next_k (int): how many next tests.
        """
        from imtdx.provenance import stamp

        m = self.model
        ids = list(
            dict.fromkeys([*(r.id for r in self.rows[:contributions_for]), *(["imt"] if "imt" in m.diagnoses else [])])
        )
        return {
            "schema": SCHEMA,
            **stamp(m.knowledge),
            "case_id": self.case_id,
            "prior": m.prior_name,
            "judgement": {
                "used": bool(m.knowledge.judgement),
                "statement": m.knowledge.judgement.statement,
            },
            "panel": {
                "text": self.panel.text,
                "findings": [f.to_dict() for f in self.panel.findings],
                "context": self.panel.context.to_dict(),
                "complete": self.panel.complete,
                "unread": [{"text": u.text, "reason": u.reason, "suggestion": u.suggestion} for u in self.panel.unread],
                "unrecognised": [
                    {"text": u.text, "reason": u.reason, "suggestion": u.suggestion} for u in self.panel.unrecognised
                ],
                "context_words": dict(self.panel.words),
                "ignored": [{"text": text, "why": why} for text, why in self.panel.ignored],
                "contradictions": [c.to_dict() for c in self.panel.contradictions],
                "remarks": [r.to_dict() for r in self.panel.remarks],
            },
            "ranking": [r.to_dict() for r in self.rows],
            "sums": self.sums,
            "interval": {"mass": 0.95, "kind": "credible", "draws": self.n_draws, "seed": self.seed},
            "contributions": {i: [c.to_dict() for c in self.contributions(i)] for i in ids},
            "what_if": [w.to_dict() for w in self.what_if()],
            "conflict": self.conflict.to_dict(),
            "next_tests": self.next_tests(next_k).to_dict(),
            "best_panel": [p.to_dict() for p in self.best_panel(min(next_k, 4))],
            "drivers": self.drivers,
            "tissue_quality": self.tissue,
            "flags": [f.to_dict() for f in self.flags],
        }

    def to_json(self, **kwargs: Any) -> str:
        """`to_dict` as JSON text."""
        import json

        return json.dumps(self.to_dict(**kwargs), ensure_ascii=False, indent=2, allow_nan=False)

    def to_html(self, *, accession: str = "", date: str = "") -> str:
        """A self-contained HTML report: one sheet for the tumour board, the details behind it.

        Args:
            accession (str): accession number of the specimen; the case id by default.
            date (str): of the report; a line to write on by default.
        """
        from imtdx.report.html import case_report

        return case_report(self, accession=accession, date=date)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from imtdx.report.notebook import differential_html

        return differential_html(self)

    def plot(self, *, top: int = 6, figure: Any = None) -> Any:
        """The case as a picture: probabilities with intervals beside the weights for the first diagnosis.

        Args:
            top (int): how many diagnoses.
            figure (matplotlib.figure.Figure | None): drawn into; a new one by default.

        Returns:
            matplotlib.figure.Figure: nothing is shown or saved.

        Raises:
            UsageError: matplotlib (extra ``plot``) is not installed.
        """
        from imtdx.report.plot import plot_case

        return plot_case(self, top=top, figure=figure)

    def to_text(self, **kwargs: Any) -> str:
        """The report of the terminal, without colour."""
        from imtdx.report.text import case_text

        return case_text(self, **kwargs)

    def to_fhir(self) -> dict[str, Any]:
        """A FHIR R4 Bundle as plain data."""
        from imtdx.report.fhir import bundle

        return bundle(self)
