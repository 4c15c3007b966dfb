"""How often the model is right on labelled cases, and how far its probabilities can be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.answer.contributions import weights_of_evidence
from imtdx.errors import InputError
from imtdx.model import Model
from imtdx.provenance import stamp
from imtdx.validation import metrics
from imtdx.validation.asking import by_sources
from imtdx.validation.cases import LabelledCase
from imtdx.validation.rivals import RIVALS, Answer, ask_model, ask_rival
from imtdx.validation.views import Miss, View

__all__ = ["SCHEMA", "STAINS", "WITH_MORPHOLOGY", "Evaluation", "evaluate"]

Ints = NDArray[np.intp]

SCHEMA = "imtdx.evaluation/1"
STAINS, WITH_MORPHOLOGY = "without H&E features", "with H&E features"
_MISSES = 40


@dataclass
class Evaluation:
    """The result of `evaluate`; every writer reads only this.

    Attributes:
        model: the model that was judged.
        views: the cases without and with their H&E features (one view where none has any).
        left_out: (case, why) of cases that could not be judged.
        own_sources: source id -> cases judged without its counts.
        notes: what the reader of the figures should know.
    """

    model: Model
    views: list[View]
    left_out: list[tuple[str, str]] = field(default_factory=list)
    own_sources: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> View:
        """The view of one name."""
        return next(v for v in self.views if v.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data; the JSON of the command line."""
        return {
            "schema": SCHEMA,
            **stamp(self.model.knowledge),
            "prior": self.model.prior_name,
            "cases": len(self.views[0].cases),
            "left_out": [{"case": c, "why": w} for c, w in self.left_out],
            "own_sources_left_out": self.own_sources,
            "notes": self.notes,
            "views": [v.to_dict() for v in self.views],
        }

    def to_text(self, unicode: bool = True) -> str:
        """The report of the terminal."""
        from imtdx.validation.text import evaluation_text

        return evaluation_text(self, unicode)

    def to_html(self) -> str:
        """A self-contained page."""
        from imtdx.validation.html import evaluation_html

        return evaluation_html(self)


def evaluate(
    model: Model,
    cases: Sequence[LabelledCase],
    *,
    rivals: Sequence[str] = tuple(RIVALS),
    left_out: Sequence[tuple[str, str]] = (),
    draws: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Judge the model on cases whose diagnosis is known.

    Args:
        model: the model.
        cases: labelled cases; the counts of a case's own sources are left out when it is judged.
        rivals: names from `imtdx.validation.RIVALS`.
        left_out: (case, why) of rows of the table that could not be judged, to be reported.
        draws (int): bootstrap resamples behind the intervals that are not exact.
        seed (int): their seed.

    Raises:
        InputError: no case at all, or a truth the model does not know.
    """
    if not cases:
        raise InputError("no case to judge; give at least one with a diagnosis and a finding")
    for case in cases:
        if case.truth not in model.diagnoses:
            raise InputError(f"case {case.id}: the model does not know the diagnosis {case.truth!r}")
    bare = [c.without_morphology(model.knowledge) for c in cases]
    ways: dict[str, Sequence[LabelledCase]] = {STAINS: bare}
    if any(b.panel.findings != c.panel.findings for b, c in zip(bare, cases, strict=True)):
        ways[WITH_MORPHOLOGY] = cases
    views = [_view(name, model, seen, rivals, draws, seed) for name, seen in ways.items()]
    own = Counter(s for c in cases for s in c.sources)
    notes = []
    if model.knowledge.overlays:
        used = ", ".join(model.knowledge.overlays)
        notes.append(f"Overlays in use: {used}. Where they were learned from these cases, the figures flatter.")
    return Evaluation(model, views, list(left_out), dict(sorted(own.items())), notes)


def _view(name: str, model: Model, cases: Sequence[LabelledCase], rivals: Sequence[str], draws: int, seed: int) -> View:
    truth = np.array([model.diagnoses.index(c.truth) for c in cases], dtype=np.intp)
    shape = (len(cases), len(model.diagnoses))

    def blank() -> tuple[Array, Array]:
        return np.empty(shape), np.empty(len(cases))

    own, others = blank(), {r: blank() for r in rivals}
    probabilistic = dict.fromkeys(rivals, True)
    models: dict[int, Model] = {}
    for asked, members in by_sources(model, cases):
        panels = [cases[k].panel for k in members]
        given = ask_model(asked, panels)
        own[0][members], own[1][members] = given.scores, given.imt
        for r in rivals:
            given = ask_rival(r, asked, panels)
            others[r][0][members], others[r][1][members] = given.scores, given.imt
            probabilistic[r] = given.probabilistic
        models.update(dict.fromkeys(members, asked))
    view = View(
        name,
        cases,
        model.diagnoses,
        truth,
        Answer(*own),
        {r: Answer(*others[r], probabilistic[r]) for r in rivals},
        draws=draws,
        seed=seed,
    )
    rank = metrics.ranks(own[0], truth)
    worst = [int(k) for k in np.argsort(-view.losses, kind="stable") if rank[k] > 1][:_MISSES]
    view.misses = [_miss(models[k], cases[k], own[0][k], int(rank[k])) for k in worst]
    return view


def _miss(model: Model, case: LabelledCase, posterior: Array, rank: int) -> Miss:
    """Why the truth did not come first: the weight of each finding for the truth against what did."""
    truth, first = model.index(case.truth), int(posterior.argmax())
    evidence = model.coder.evidence(case.panel)
    weights = weights_of_evidence(model.engine, evidence, truth, first)
    words = dict(model.coder.labels(case.panel))
    parts = sorted(
        ((name, words.get(name, "told with another finding"), w) for name, w in weights.items()),
        key=lambda x: -abs(x[2]),
    )
    return Miss(
        case.id,
        case.truth,
        model.diagnoses[first],
        float(posterior[truth]),
        float(posterior[first]),
        rank,
        case.panel.to_text(),
        tuple(parts),
    )
