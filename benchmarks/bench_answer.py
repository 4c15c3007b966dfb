"""What is said about one case: next tests, best panel and conflict, against pyAgrum on the same network.

    python benchmarks/bench_answer.py [--rounds 5]

The worth of every open test is its mutual information with the diagnosis given the panel; pyAgrum computes the same figure (`InformationTheory`), and
conflict is a ratio of probabilities of evidence that pyAgrum can be asked for too. Figures are compared before they are timed. pyAgrum has no
counterpart of the best panel of four tests, of the surprise of a panel or of stains to repeat, so these are timed alone.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

from bench_engine import PyAgrum
from facts import machine

import imtdx
from imtdx.variables import DIAGNOSIS

PANEL = "ALK-, SMA+, desmin+, CD117-, S-100-, CD34-"


class Rival(PyAgrum):
    """pyAgrum, asked for more than posteriors."""

    def __init__(self, model: imtdx.Model) -> None:
        super().__init__(model)
        import pyagrum

        self._any = pyagrum.LazyPropagation(self._network)
        self._theory = pyagrum.InformationTheory

    def tell(self, evidence: dict[str, int]) -> None:
        self._any.setEvidence(evidence)

    def information(self, name: str) -> float:
        """Mutual information of a variable and the diagnosis in bits."""
        return float(self._theory(self._any, DIAGNOSIS, name).mutualInformationXY())

    def log_evidence(self, evidence: dict[str, int]) -> float:
        self._any.setEvidence(evidence)
        return math.log2(self._any.evidenceProbability())


def timed(work: Callable[[], Any], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return median(spent)


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")
    model = imtdx.load()
    rival = Rival(model)

    def case() -> Any:
        return model.diagnose(PANEL, draws=2)

    dx = case()
    # set-valued findings ("positive") have no hard counterpart; the panel of the comparison is one of hard states
    states = {"ALK": 0, "SMA": 2, "DES": 2, "KIT": 0, "S100": 0, "CD34": 0}
    words = ("negative", "focal", "diffuse")
    hard = {m: words[k] for m, k in states.items()}

    def graded() -> Any:
        return model.diagnose(hard, draws=2)

    open_tests = [t.marker for t in graded().next_tests(999)]

    def theirs() -> dict[str, float]:
        rival.tell(states)
        return {name: rival.information(name) for name in open_tests}

    def their_conflict() -> float:
        return sum(rival.log_evidence({m: s}) for m, s in states.items()) - rival.log_evidence(states)

    ours = {t.marker: t.bits for t in graded().next_tests(999)}
    worst = max(abs(v - ours[k]) for k, v in theirs().items())
    assert worst < 1e-6, f"information differs by {worst:.1e} bit"
    off = abs(their_conflict() - graded().conflict.conf)
    assert off < 1e-6, f"conflict differs by {off:.1e} bit"
    print(machine("pyagrum"))
    print(
        f"{len(dx.panel.findings)} findings, {len(open_tests)} open tests; median of {rounds} rounds, both figures equal to 1e-6 bit"
    )
    for name, own, other in (
        ("worth of every open test", lambda: graded().next_tests(999), theirs),
        ("conflict, surprise and stains to repeat", lambda: graded().conflict, their_conflict),
        ("best panel of four tests", lambda: graded().best_panel(4), None),
    ):
        mine = timed(own, rounds)
        told = f"  {name:42s} {mine * 1e3:8.1f} ms"
        if other is not None:
            its = timed(other, rounds)
            told += f"   pyAgrum {its * 1e3:8.1f} ms ({its / mine:.1f} times as long)"
        print(told)
    fifteen = "; ".join(f"{m.label}-" for m in [m for m in model.knowledge.markers.values() if m.kind == "ihc"][:15])
    print(
        f"  {'conflict of fifteen stains':42s} {timed(lambda: model.diagnose(fifteen, draws=2).conflict, rounds) * 1e3:8.1f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args().rounds)
