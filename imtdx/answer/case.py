"""One case weighed: a panel, its evidence, and the posterior. What is said about a case takes this, and nothing above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from imtdx._types import Array
from imtdx.coding import Coder
from imtdx.engine import Engine, Evidence
from imtdx.errors import UsageError
from imtdx.knowledge import Knowledge
from imtdx.network import Network
from imtdx.panel import Finding, Panel
from imtdx.variables import FUSION

__all__ = ["Case", "Compiled", "Known"]


class Compiled(Protocol):
    """A compiled network and what it was made from: what `imtdx.Model` is to a case."""

    @property
    def knowledge(self) -> Knowledge: ...
    @property
    def network(self) -> Network: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def coder(self) -> Coder: ...
    @property
    def diagnoses(self) -> tuple[str, ...]: ...
    @property
    def prior(self) -> Array: ...
    @property
    def prior_name(self) -> str: ...
    def index(self, diagnosis: str) -> int:
        """Position of a diagnosis, given by id, name, abbreviation or synonym."""


@dataclass(frozen=True)
class Known:
    """What is known of one case, with the log-likelihood of every tree of the network found once.

    Args:
        engine: the compiled network.
        evidence: variable -> likelihood vector of shape (states,).
    """

    engine: Engine
    evidence: Evidence

    @cached_property
    def parts(self) -> dict[str, Array]:
        """Root -> log-likelihood of the evidence in its tree, shape (diagnoses, tissue or 1)."""
        return self.engine.log_likelihoods(self.evidence)

    @cached_property
    def spine(self) -> Array:
        """log P(evidence, Diagnosis, TissueQuality), shape (diagnoses, tissue)."""
        return np.broadcast_to(self.engine.spine_of(self.parts), self.engine.log_spine.shape)

    def gain(self, name: str, rows: Mapping[str, Array] | None = None) -> Array:
        """What each state of an unobserved variable adds to `spine`.

        Args:
            name: the variable.
            rows: further results in its tree, as likelihood vectors of shape (cases, states).

        Returns:
            Array: natural logs, shape (cases, states, diagnoses, tissue or 1); one case without ``rows``.
        """
        engine, rows = self.engine, rows or {}
        root, states = engine.root(name), len(engine.network.states(name))
        cases = max((len(v) for v in rows.values()), default=1)
        own = {
            k: np.broadcast_to(v, (cases * states, len(v))) for k, v in self.evidence.items() if engine.root(k) == root
        }
        own |= {k: np.repeat(v, states, axis=0) for k, v in rows.items()}
        own[name] = np.tile(np.eye(states), (cases, 1))
        (logs,) = engine.log_likelihoods(own).values()
        out: Array = logs.reshape(cases, states, *logs.shape[1:]) - self.parts.get(root, np.zeros((1, 1)))
        return out

    def joint(self, name: str) -> Array:
        """P(state of an unobserved variable, Diagnosis | evidence), shape (states, diagnoses)."""
        logs = self.spine + self.gain(name)[0]
        weights = np.exp(logs - logs.max()).sum(axis=-1)
        out: Array = weights / weights.sum()
        return out


class Case:
    """A panel weighed by the network.

    Args:
        model: the compiled network.
        panel: the panel as read.
        seed (int): of everything that is drawn.
        specimen (str): "biopsy", "resection" or empty.
        stock: markers the laboratory can do, with optional cost; ``None`` for every marker.
        engine (str): "compiled", or "pgmpy" for the posterior of pgmpy's VariableElimination.

    Attributes:
        evidence: variable -> likelihood vector of shape (states,).
        spine: log P(evidence, Diagnosis, TissueQuality), shape (diagnoses, tissue).
        posterior: P(Diagnosis | panel), shape (diagnoses,), in the order of ``model.diagnoses``.

    Raises:
        UsageError: another engine.
    """

    def __init__(
        self,
        model: Compiled,
        panel: Panel,
        *,
        seed: int = 0,
        specimen: str = "",
        stock: Mapping[str, float] | None = None,
        engine: str = "compiled",
    ) -> None:
        self.model = model
        self.panel = panel
        self.seed = seed
        self.specimen = specimen
        self.stock = stock
        self.evidence = model.coder.evidence(panel)
        #: the likelihoods of the trees, worked out once for all that is asked of the case
        self.known = Known(model.engine, self.evidence)
        self.spine = self.known.spine
        self.posterior: Array = self._posterior(engine)

    def _posterior(self, engine: str) -> Array:
        """P(Diagnosis | evidence) by the compiled engine, or by pgmpy as a reference."""
        if engine == "compiled":
            return self.model.engine.posterior_of(self.spine)
        if engine == "pgmpy":
            from imtdx.interchange import reference_posterior

            return reference_posterior(self.model.network, self.evidence)
        raise UsageError(f"unknown engine {engine!r}; use compiled or pgmpy")

    def probability(self, diagnosis: str = "imt") -> float:
        """Posterior probability of one diagnosis, by id, name or abbreviation.

        Raises:
            UnknownNameError: no such diagnosis.
        """
        return float(self.posterior[self.model.index(diagnosis)])

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Indices of the diagnoses, most probable first; the first of equals goes first."""
        return tuple(int(k) for k in np.argsort(-self.posterior, kind="stable"))

    @cached_property
    def weighed(self) -> tuple[Finding, ...]:
        """The findings that carry weight in this network."""
        return tuple(f for f in self.panel.informative if f.marker in self.model.network.nodes)

    @cached_property
    def drivers(self) -> dict[str, float]:
        """P(KinaseFusion state | panel); empty in a network without the fusion node."""
        m = self.model
        if FUSION not in m.network.nodes:
            return {}
        p = m.engine.marginals((FUSION,), self.evidence)[FUSION]
        return {s: float(v) for s, v in zip(m.network.states(FUSION), p, strict=True)}

    @cached_property
    def tissue(self) -> dict[str, float]:
        """P(TissueQuality state | panel)."""
        p = self.model.engine.tissue_of(self.spine)
        return {"adequate": float(p[0]), "compromised": float(p[1]) if len(p) > 1 else 0.0}
