"""The network elsewhere: files other programs read, and the comparison of the engine with pgmpy."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.engine import Engine
from imtdx.errors import UsageError
from imtdx.network import Network
from imtdx.variables import DIAGNOSIS, FUSION, ORDERED

__all__ = ["export_network", "pgmpy_posterior", "random_evidence", "reference_posterior", "verify_engine"]

_FORMATS = (".bif", ".xmlbif", ".xdsl", ".net")


def export_network(network: Network, path: Path) -> None:
    """Write the network in the format of the file's ending.

    State names that a format cannot hold ("<=5", "0-1") are written as plain identifiers ("le_5", "s0_1").

    Args:
        network: the network.
        path: .bif, .xmlbif, .xdsl or .net.

    Raises:
        UsageError: another ending.
    """
    suffix = path.suffix.casefold()
    if suffix not in _FORMATS:
        raise UsageError(f"cannot tell the format of {path.name!r}; end the name in {', '.join(_FORMATS)}")
    model = with_plain_states(network)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=suffix)
    os.close(handle)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pgmpy.readwrite import BIFWriter, NETWriter, XDSLWriter, XMLBIFWriter

            if suffix == ".bif":
                BIFWriter(model, round_values=None).write(name)
            elif suffix == ".xmlbif":
                XMLBIFWriter(model).write(name)
            elif suffix == ".xdsl":
                XDSLWriter(model).write(name)
            else:
                NETWriter(model).write(name)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def plain(state: str) -> str:
    """A state name as an identifier that every format accepts."""
    out = state.replace("<=", "le_").replace(">", "gt_").replace("+", "_plus")
    out = "".join(c if c.isalnum() else "_" for c in out)
    return f"s{out}" if out[0].isdigit() else out


def with_plain_states(network: Network) -> Any:
    """The pgmpy model with state names made plain."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pgmpy.factors.discrete import TabularCPD
    model = network.to_pgmpy()
    renamed = []
    for cpd in model.get_cpds():
        names = {v: [plain(s) for s in states] for v, states in cpd.state_names.items()}
        evidence = cpd.variables[1:]
        renamed.append(
            TabularCPD(
                cpd.variable,
                cpd.variable_card,
                cpd.get_values(),
                evidence=evidence or None,
                evidence_card=[len(names[e]) for e in evidence] or None,
                state_names=names,
            )
        )
    model.cpds = renamed
    model.check_model()
    return model


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


def verify_engine(network: Network, panels: int = 200, seed: int = 0) -> float:
    """Largest difference between the engine and pgmpy over random panels: P(Diagnosis) and one random unobserved variable each.

    Args:
        network: the network.
        panels (int): how many.
        seed (int): seed of the panels.

    Returns:
        float: largest absolute difference of a probability.
    """
    with _quiet_pgmpy():
        from pgmpy.inference import VariableElimination

        inference = VariableElimination(network.to_pgmpy())
        engine, rng, worst = Engine(network), np.random.default_rng(seed), 0.0
        names = list(network.nodes)
        for k in range(panels):
            # every size from none to all
            evidence = random_evidence(network, rng, round(k * (len(names) - 1) / max(panels - 1, 1)))
            worst = max(
                worst, float(np.abs(engine.posterior(evidence) - pgmpy_posterior(network, inference, evidence)).max())
            )
            asked = str(rng.choice([n for n in names if n not in evidence]))
            ours = engine.marginals((asked,), evidence)[asked]
            worst = max(worst, float(np.abs(ours - pgmpy_posterior(network, inference, evidence, asked)).max()))
    return worst
