"""The engine alone, codes in and posteriors out, against pgmpy and pyAgrum on the same network and the same cases.

    python benchmarks/bench_engine.py [--cases 1000000] [--rival-cases 40] [--growth]

All run in this one process on one core, rivals and imtdx in turn over several rounds; medians per case and ratios are
printed, after a check that the three agree. The rivals keep their compiled state from case to case: pgmpy one
`VariableElimination`, pyAgrum one `LazyPropagation` with a target and changed evidence.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from statistics import median
from typing import Any

# one core for everybody: before numpy is imported
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from facts import machine  # noqa: E402

import imtdx  # noqa: E402
from imtdx.batch.engine import BatchEngine  # noqa: E402
from imtdx.variables import DIAGNOSIS  # noqa: E402

PANEL = ("ALK", "SMA", "VIM", "DES", "KIT", "S100", "DOG1", "KI67")


def hard_vocabulary(model: imtdx.Model, name: str) -> list[dict[str, np.ndarray]]:
    """Nothing, then every state of a variable."""
    return [{}, *({name: row} for row in np.eye(len(model.network.states(name))))]


class Pgmpy:
    name = "pgmpy VariableElimination"

    def __init__(self, model: imtdx.Model) -> None:
        from pgmpy.inference import VariableElimination

        self._inference = VariableElimination(model.to_pgmpy())
        self._diagnoses = model.diagnoses

    def posterior(self, evidence: dict[str, str]) -> np.ndarray:
        factor = self._inference.query([DIAGNOSIS], evidence=evidence, show_progress=False)
        states = factor.state_names[DIAGNOSIS]
        return np.array([factor.values[states.index(d)] for d in self._diagnoses])


class PyAgrum:
    name = "pyAgrum LazyPropagation"

    def __init__(self, model: imtdx.Model) -> None:
        import pyagrum

        pyagrum.setNumberOfThreads(1)
        net = model.to_pgmpy()
        self._network = pyagrum.BayesNet("imtdx")
        self._states: dict[str, list[str]] = {}
        for node in net.nodes():
            # names with signs in them are trouble elsewhere; positions are the same
            self._states[node] = [str(s) for s in net.get_cpds(node).state_names[node]]
            labels = [f"s{k}" for k in range(len(self._states[node]))]
            self._network.add(pyagrum.LabelizedVariable(node, node, labels))
        for node in net.nodes():
            for parent in net.get_cpds(node).variables[1:]:
                self._network.addArc(parent, node)
        for node in net.nodes():
            cpd: Any = net.get_cpds(node)
            # fillWith wants the first variable of the table to change fastest
            order = [list(cpd.variables).index(n) for n in reversed(self._network.cpt(node).names)]
            self._network.cpt(node).fillWith(np.transpose(cpd.values, order).ravel().tolist())
        self._inference = pyagrum.LazyPropagation(self._network)
        self._inference.setTargets({DIAGNOSIS})
        self._order = [self._states[DIAGNOSIS].index(d) for d in model.diagnoses]

    def posterior(self, evidence: dict[str, str]) -> np.ndarray:
        self._inference.setEvidence({n: self._states[n].index(s) for n, s in evidence.items()})
        self._inference.makeInference()
        return np.array(self._inference.posterior(DIAGNOSIS).toarray())[self._order]


def compare(cases: int, rival_cases: int, rounds: int) -> None:
    warnings.simplefilter("ignore")
    model = imtdx.load()
    rng = np.random.default_rng(1)
    vocabularies = [hard_vocabulary(model, n) for n in PANEL]
    # every stain is told: code 0 is left out
    codes = [rng.integers(1, len(v), cases).astype(np.int16) for v in vocabularies]
    engine = BatchEngine(model.engine, vocabularies)
    rivals = [Pgmpy(model), PyAgrum(model)]
    panels = [
        {n: model.network.states(n)[int(c[row]) - 1] for n, c in zip(PANEL, codes, strict=True)}
        for row in range(rival_cases)
    ]
    ours = engine.posterior([c[:rival_cases] for c in codes])
    for rival in rivals:
        worst = max(np.abs(rival.posterior(p) - ours[k]).max() for k, p in enumerate(panels[:10]))
        assert worst < 1e-9, f"{rival.name} differs by {worst:.1e}"
    times: dict[str, list[float]] = {r.name: [] for r in rivals} | {"imtdx": []}
    for _ in range(rounds):
        for rival in rivals:
            start = time.perf_counter()
            for panel in panels:
                rival.posterior(panel)
            times[rival.name].append((time.perf_counter() - start) / rival_cases)
        start = time.perf_counter()
        engine.posterior(codes)
        times["imtdx"].append((time.perf_counter() - start) / cases)
    print(machine("pgmpy", "pyagrum"))
    print(
        f"8 stains, {len(model.diagnoses)} diagnoses, {len(model.network.nodes) + 2} variables; "
        f"median of {rounds} rounds, one core"
    )
    own = median(times["imtdx"])
    print(f"  {'imtdx':28s} {own * 1e6:12.3f} us/case   {1 / own:14,.0f} cases/s (target: at least 1,500,000)")
    for rival, target in zip(rivals, (1000, 250), strict=True):
        their = median(times[rival.name])
        print(
            f"  {rival.name:28s} {their * 1e6:12.1f} us/case   imtdx is {their / own:10,.0f} times as fast "
            f"(target: at least {target:,})"
        )


def growth() -> None:
    """Time per case by number of stains, and by number of cases."""
    model = imtdx.load()
    rng = np.random.default_rng(2)
    names = list(model.knowledge.markers)
    print(machine())
    for stains in (2, 4, 8, 16, 32, 48, 64, len(names)):
        vocabularies = [hard_vocabulary(model, n) for n in names[:stains]]
        engine = BatchEngine(model.engine, vocabularies)
        # half the stains of a row are told, as in a registry's many columns
        codes = [
            (rng.integers(1, len(v), 100_000) * (rng.random(100_000) < 0.5)).astype(np.int16) for v in vocabularies
        ]
        start = time.perf_counter()
        for _ in engine.blocks(codes):
            pass
        print(f"  {stains:3d} stains  {(time.perf_counter() - start) * 1e4:8.0f} ns/case")
    vocabularies = [hard_vocabulary(model, n) for n in PANEL]
    engine = BatchEngine(model.engine, vocabularies)
    for cases in (1_000, 10_000, 100_000, 1_000_000):
        codes = [rng.integers(0, len(v), cases).astype(np.int16) for v in vocabularies]
        start = time.perf_counter()
        for _ in engine.blocks(codes):
            pass
        spent = time.perf_counter() - start
        print(f"  {cases:9,} cases  {spent * 1e3:9.2f} ms  {spent / cases * 1e9:6.0f} ns/case")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rival-cases", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", action="store_true", help="time by number of stains and of cases instead")
    options = parser.parse_args()
    if options.growth:
        growth()
    else:
        compare(options.cases, options.rival_cases, options.rounds)
