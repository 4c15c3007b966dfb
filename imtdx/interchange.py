"""The network elsewhere: files other programs read, and the comparison of the engine with pgmpy."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.engine import Engine
from imtdx.exchange import Variable, plain_variables, writer_for
from imtdx.files import check, write_text
from imtdx.network import Network
from imtdx.variables import DIAGNOSIS, FUSION, ORDERED

__all__ = [
    "Agreement",
    "export_network",
    "network_variables",
    "pgmpy_posterior",
    "random_evidence",
    "reference_posterior",
    "verify_engine",
]


def export_network(network: Network, path: Path) -> None:
    """Write the network in the format of the file's ending, see `imtdx.exchange`.

    Names that a format cannot hold ("<=5", "0-1") are written as plain identifiers ("le_5", "s0_1").

    Args:
        network: the network.
        path: .bif, .bifxml, .xmlbif, .net or .xdsl.

    Raises:
        UsageError: another ending.
        OutputError: the file cannot be written.
    """
    write = writer_for(path)
    check(path)
    write_text(path, write(plain_variables(network_variables(network)), "imtdx"))


def network_variables(network: Network) -> list[Variable]:
    """Every variable with its parents and table, as pgmpy holds them after its own check; parents before children.

    Args:
        network: the network.
    """
    with _quiet_pgmpy():
        model = network.to_pgmpy()
    out: dict[str, Variable] = {}
    waiting = list(model.get_cpds())
    while waiting:
        ready = [c for c in waiting if all(p in out for p in c.variables[1:])]
        for cpd in ready:
            # pgmpy's axes: the variable, then the parents in the order of the columns
            table = np.moveaxis(np.asarray(cpd.values, dtype=float), 0, -1)
            states = tuple(str(s) for s in cpd.state_names[cpd.variable])
            out[cpd.variable] = Variable(cpd.variable, states, tuple(cpd.variables[1:]), table)
        waiting = [c for c in waiting if c.variable not in out]
    return list(out.values())


def random_evidence(network: Network, rng: np.random.Generator, size: int | None = None) -> dict[str, Array]:
    """Evidence on random variables, about two thirds hard and one third soft.

    Args:
        network: the network.
        rng: source of randomness.
        size (int | None): how many variables; random from none to all when ``None``.
    """
    names = [n for n in network.nodes if n != FUSION]
    if size is None:
        size = int(rng.integers(0, len(names) + 1))
    out: dict[str, Array] = {}
    if rng.random() < 0.5:
        out[ORDERED] = rng.uniform(0.01, 1.0, len(network.diagnoses))
    for name in rng.permutation(names)[:size]:
        states = len(network.states(name))
        if rng.random() < 2 / 3:
            out[str(name)] = np.eye(states)[rng.integers(states)]
        else:
            out[str(name)] = rng.uniform(0.05, 1.0, states)
    return out


def pgmpy_posterior(network: Network, inference: Any, evidence: dict[str, Array], variable: str = DIAGNOSIS) -> Array:
    """P(variable | evidence) by pgmpy's VariableElimination, in the order of the network's states.

    Args:
        network: the network.
        inference: a ``VariableElimination`` on ``network.to_pgmpy()``.
        evidence: variable -> likelihood vector.
        variable (str): what to ask for.
    """
    from pgmpy.factors.discrete import TabularCPD

    hard, soft = {}, []
    for told, vector in evidence.items():
        # what was asked for is virtual evidence on the root itself
        name, states = DIAGNOSIS if told == ORDERED else told, list(network.states(told))
        if np.count_nonzero(vector) == 1 and told != ORDERED:
            hard[name] = states[int(np.argmax(vector))]
        else:
            soft.append(TabularCPD(name, len(states), (vector / vector.sum())[:, None], state_names={name: states}))
    result = inference.query([variable], evidence=hard, virtual_evidence=soft or None, show_progress=False)
    states = list(network.diagnoses) if variable == DIAGNOSIS else list(network.states(variable))
    return np.array([result.get_value(**{variable: s}) for s in states])


@contextmanager
def _quiet_pgmpy() -> Iterator[None]:
    """pgmpy warns of its own future and logs what it does; neither is for who asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("pgmpy").setLevel(logging.ERROR)
        yield


def reference_posterior(network: Network, evidence: Mapping[str, Array]) -> Array:
    """P(Diagnosis | evidence) by pgmpy, shape (diagnoses,).

    Args:
        network: the network.
        evidence: variable -> likelihood vector.
    """
    with _quiet_pgmpy():
        from pgmpy.inference import VariableElimination

        return pgmpy_posterior(network, VariableElimination(network.to_pgmpy()), dict(evidence))


@dataclass(frozen=True)
class Agreement:
    """How the engine and pgmpy compare.

    Attributes:
        worst: largest absolute difference of a probability.
        panels: panels that were compared.
        impossible: panels of probability zero, which have no posterior: pgmpy answers them with ordinary-looking numbers, or
            with NaN, depending on where in the network the contradiction lies, so they are told apart by the engine and only counted.
    """

    worst: float
    panels: int
    impossible: int


def verify_engine(network: Network, panels: int = 200, seed: int = 0) -> Agreement:
    """Compare the engine with pgmpy over random panels: P(Diagnosis) and one random unobserved variable each.

    Args:
        network: the network.
        panels (int): how many.
        seed (int): seed of the panels.
    """
    with _quiet_pgmpy():
        from pgmpy.inference import VariableElimination

        inference = VariableElimination(network.to_pgmpy())
        engine, rng, worst, impossible = Engine(network), np.random.default_rng(seed), 0.0, 0
        names = list(network.nodes)
        for k in range(panels):
            # every size from none to all
            evidence = random_evidence(network, rng, round(k * (len(names) - 1) / max(panels - 1, 1)))
            asked = str(rng.choice([n for n in names if n not in evidence]))
            with np.errstate(divide="ignore"):
                if not np.isfinite(engine.spine(evidence)).any():
                    impossible += 1
                    continue
                ours, ours_of = engine.posterior(evidence), engine.marginals((asked,), evidence)[asked]
            theirs = pgmpy_posterior(network, inference, evidence)
            theirs_of = pgmpy_posterior(network, inference, evidence, asked)
            worst = max(worst, float(np.abs(ours - theirs).max()), float(np.abs(ours_of - theirs_of).max()))
    return Agreement(worst, panels - impossible, impossible)
