"""Validation: how often the model is right on labelled cases, and whether its probabilities mean what they say.

cases.py       a table of labelled cases -> panels with their truth
asking.py      many cases of one network at once, each without the counts of its own source
rivals.py      simpler methods on the same counts, to measure against
metrics.py     accuracy, log score, Brier score, calibration error, AUROC, sets, with intervals
evaluation.py  all of it together: `evaluate` -> `Evaluation`
text.py, html.py  writers
simulation.py  cases drawn from the network itself: a check of the machinery
"""

from __future__ import annotations

from imtdx.validation.cases import CaseTable, LabelledCase, read_cases, read_frame
from imtdx.validation.evaluation import STAINS, WITH_MORPHOLOGY, Evaluation, evaluate
from imtdx.validation.metrics import Estimate
from imtdx.validation.rivals import RIVALS
from imtdx.validation.simulation import Simulation, simulate
from imtdx.validation.views import Figures, Miss, View

__all__ = [
    "RIVALS",
    "STAINS",
    "WITH_MORPHOLOGY",
    "CaseTable",
    "Estimate",
    "Evaluation",
    "Figures",
    "LabelledCase",
    "Miss",
    "Simulation",
    "View",
    "evaluate",
    "read_cases",
    "read_frame",
    "simulate",
]
