"""What if a finding were otherwise, and which test would tell most next.

Every sentence offers an option ("consider ...") with its reason; nothing here directs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.answer.case import Case
from imtdx.answer.information import BestPanel, best_panel, candidates, counted, entropy, preference
from imtdx.answer.stock import Stock, load_stock
from imtdx.answer.workup import driver_workup, request_words
from imtdx.knowledge import UNLISTED, Marker
from imtdx.variables import ORDERED
from imtdx.words import percent

__all__ = ["BestPanel", "NextTest", "NextTests", "Stock", "WhatIf", "best_panel", "load_stock", "next_tests", "what_if"]


#: A test is worth proposing while some available one changes the first diagnosis with more than this probability.
STOP = 0.05

#: A chance that is shown as nothing.
_NEVER = 0.0005

_FLIP = {
    "negative": "positive",
    "positive": "negative",
    "focal": "negative",
    "diffuse": "negative",
    "equivocal": "positive",
}


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One finding otherwise.

    Attributes:
        marker: marker id.
        change: "removed", or the value it was flipped to.
        top: id of the first diagnosis then.
        p_top, p_imt: its probability and that of IMT then.
        decisive: the first place changes.
    """

    marker: str
    change: str
    top: str
    p_top: float
    p_imt: float
    decisive: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class NextTest:
    """One test not yet done.

    Attributes:
        bits: expected information about the diagnosis (bits).
        bits_imt: expected information about IMT or not (bits).
        changes_first: chance that the result changes the first diagnosis (probability).
        results: per result: its probability and the first three diagnoses then.
        why: a sentence.
    """

    marker: str
    label: str
    bits: float
    bits_imt: float
    changes_first: float
    results: tuple[dict[str, Any], ...]
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {"results": list(self.results)}


@dataclass(frozen=True, slots=True)
class NextTests:
    """Tests worth considering, best first, or a reason to stop.

    Attributes:
        tests: most informative first.
        stop: why there is none; empty where there are some.
        driver_workup: sentences on the search for a targetable kinase fusion, empty where none is called for.
    """

    tests: tuple[NextTest, ...]
    stop: str = ""
    driver_workup: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[NextTest]:
        return iter(self.tests)

    def __len__(self) -> int:
        return len(self.tests)

    def __getitem__(self, k: int) -> NextTest:
        return self.tests[k]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "tests": [t.to_dict() for t in self.tests],
            "stop": self.stop,
            "driver_workup": list(self.driver_workup),
        }


def what_if(case: Case) -> list[WhatIf]:
    """Each informative finding flipped and removed."""
    m, out = case.model, []
    first = int(case.posterior.argmax())
    imt = m.index("imt") if "imt" in m.diagnoses else first
    for finding in case.panel.informative:
        if finding.marker not in m.network.nodes:
            continue
        panels = [("removed", case.panel.without(finding.marker))]
        if finding.value in _FLIP:
            flipped = replace(finding, value=_FLIP[finding.value], pattern=None)
            panels.append((flipped.value, case.panel.with_finding(flipped)))
        for change, panel in panels:
            # a hypothetical result was not asked for: what was asked for stays as it is
            asked = {k: v for k, v in case.evidence.items() if k == ORDERED}
            p = m.engine.posterior(m.coder.evidence(replace(panel, complete=False)) | asked)
            top = int(p.argmax())
            out.append(WhatIf(finding.marker, change, m.diagnoses[top], float(p[top]), float(p[imt]), top != first))
    return out


def next_tests(case: Case, k: int = 5) -> NextTests:
    """Expected information of every test not yet done, exact given all that is known.

    H&E features are not proposed: they are looked at, not ordered. Tests within 0.01 bit of each other are ranked by information
    per cost where the stock states costs. The list is empty when no available test would change the first diagnosis with a
    probability over 5 %; the search for a driver is told apart, since it may matter for treatment when it no longer matters for
    the diagnosis.

    Args:
        case: the case; only tests in ``case.stock`` are available where it is given.
        k (int): how many tests.

    Raises:
        UnknownNameError: the stock names a marker that is not known.
    """
    joints = {name: case.known.joint(name) for name in candidates(case)}
    first = int(case.posterior.argmax())
    changes = {name: float(j[j.argmax(axis=1) != first].sum()) for name, j in joints.items()}
    workup = driver_workup(case)
    bits = {name: _information(j) for name, j in joints.items()}
    if not joints or max(changes.values()) <= STOP:
        panels = best_panel(case, 3) if joints else []
        together = next((p for p in panels if p.changes_first > STOP), None)
        told = _stop(case, first, changes, panels[-1].changes_first if panels else 0.0)
        if together is None:
            return NextTests((), told + _undone(case, first), workup)
        names = [request_words(case.model.knowledge.markers[x]) for x in together.markers]
        told = (
            (
                f"No single test would change the first diagnosis with probability over {100 * STOP:.0f} %, but together "
                f"{', '.join(names[:-1])} and {names[-1]} would with {percent(together.changes_first)}: consider them together."
            )
            if len(names) > 1
            else ""
        )
        chosen = tuple(_next_test(case, n, joints[n], bits[n], changes[n]) for n in together.markers)
        return NextTests(chosen, told + _undone(case, first), workup)
    order = sorted(joints, key=lambda name: preference(case, name, bits[name]))
    return NextTests(tuple(_next_test(case, n, joints[n], bits[n], changes[n]) for n in order[: max(k, 0)]), "", workup)


def _information(joint: Array) -> float:
    """Mutual information (bits) of result and diagnosis from their joint probabilities, shape (results, diagnoses)."""
    value = entropy(joint.sum(axis=0)) + entropy(joint.sum(axis=1)) - entropy(joint.reshape(-1))
    # rounding may leave a test that tells nothing a hair below 0
    return max(0.0, float(value))


def _undone(case: Case, first: int) -> str:
    """The stains that define the first diagnosis and are not done; they are worth having even where they would change nothing."""
    m = case.model
    known = {f.marker for f in case.panel.informative}
    signature = m.knowledge.diagnoses[m.diagnoses[first]].signature
    names = [m.knowledge.markers[x].label for x in signature if m.knowledge.markers[x].kind == "ihc" and x not in known]
    if not names:
        return ""
    return f" Not done of the stains that are usual in it: {', '.join(names)}; consider them as confirmation."


def _stop(case: Case, first: int, changes: dict[str, float], together: float) -> str:
    """Why no test is proposed."""
    m = case.model
    lead = f"{m.knowledge.diagnoses[m.diagnoses[first]].abbreviation}, {percent(float(case.posterior[first]))}"
    available = "available test" if case.stock is None else "test in stock"
    if not changes:
        return f"No {available} is left to do; the first diagnosis is {lead}."
    name = max(changes, key=lambda x: changes[x])
    if changes[name] < _NEVER:
        more = (
            "nor could the best three together"
            if together < _NEVER
            else f"the best three together with {percent(together)}"
        )
        return f"No single {available} could change the first diagnosis ({lead}), {more}."
    most = f"most likely to: {request_words(m.knowledge.markers[name])}, {percent(changes[name])}"
    return (
        f"No single {available}, nor the best three together, would change the first diagnosis ({lead}) with probability over "
        f"{100 * STOP:.0f} % ({most}; three together, {percent(together)})."
    )


def _next_test(case: Case, name: str, joint: Array, bits: float, changes: float) -> NextTest:
    m = case.model
    marker = m.knowledge.markers[name]
    results = []
    for state, row in zip(m.network.states(name), joint, strict=True):
        posterior = row / row.sum()
        top = np.argsort(-posterior, kind="stable")[:3]
        results.append(
            {
                "value": state,
                "probability": float(row.sum()),
                "top": [{"id": m.diagnoses[d], "probability": float(posterior[d])} for d in top],
            }
        )
    bits_imt = 0.0
    if "imt" in m.diagnoses:
        imt = joint[:, m.diagnoses.index("imt")]
        bits_imt = _information(np.stack([imt, joint.sum(axis=1) - imt], axis=1).clip(0.0))
    return NextTest(name, marker.label, bits, bits_imt, changes, tuple(results), _why(case, marker, joint))


def _why(case: Case, marker: Marker, joint: Array) -> str:
    """What a test separates and what its results would do, as an option."""
    m = case.model
    names = [m.knowledge.diagnoses[d].abbreviation for d in m.diagnoses]
    a, b = _pair(case, joint)
    if marker.kind == "index":
        told = [(f"{s} %", row) for s, row in zip(m.network.states(marker.id), joint, strict=True)]
    else:
        told = [("positive", joint[1:].sum(axis=0)), ("negative", joint[0])]
    # the two results that move the pair furthest apart, the one that speaks for the rival first
    ratio = [float(np.log(row[b] / row[a])) for _, row in told]
    high, low = int(np.argmax(ratio)), int(np.argmin(ratio))
    parts = []
    for k, d in ((high, b), (low, a)):
        word, row = told[k]
        before, after = float(case.posterior[d]), float(row[d] / row.sum())
        move = f"raise {names[d]} from {percent(before)} to" if after > before else f"leave {names[d]} at"
        parts.append(f"{word} (chance {percent(float(row.sum()))}) would {move} {percent(after)}")
    basis = "" if counted(case, marker.id) >= 0.5 else "; mostly by judgement, not counts"
    return f"Consider {request_words(marker)}: separates {names[a]} from {names[b]}; {parts[0]}; {parts[1]}{basis}"


def _pair(case: Case, joint: Array) -> tuple[int, int]:
    """The two diagnoses a test tells apart best: both probable, and their results differ; the more probable first."""
    p = joint.sum(axis=0)
    listed = [d != UNLISTED for d in case.model.diagnoses]
    order = [int(d) for d in np.argsort(-p, kind="stable") if listed[d]][:8]
    rates = joint[:, order] / p[order]
    apart = np.abs(rates[:, :, None] - rates[:, None, :]).sum(axis=0) * p[order][:, None] * p[order][None, :]
    i, j = sorted(int(x) for x in np.unravel_index(int(np.triu(apart, 1).argmax()), apart.shape))
    # two diagnoses that never differ leave both at 0: the first two then
    return (order[i], order[j]) if i != j else (order[0], order[1])
