"""Exact inference on the compiled network.

Given Diagnosis and TissueQuality (the spine) the network falls into small trees: single findings, linked ones, the kinase
fusion with its tests, the site with the stains that depend on it. Each tree contributes one log-likelihood per spine state, found by passing
messages from the leaves up (Pearl 1988, Probabilistic Reasoning in Intelligent Systems, ch. 4). A posterior is then a sum over trees and a
log-sum-exp over the spine.

Evidence is a likelihood vector per variable: one 1 for a hard finding, several for a set-valued one ("positive" = focal or
diffuse), fractions for soft evidence. What was asked for (`imtdx.variables.ORDERED`) is virtual evidence on Diagnosis itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from imtdx._types import Array
from imtdx.intervals import draw_weights
from imtdx.network import Network
from imtdx.variables import ORDERED, SITE

__all__ = ["Engine", "Evidence", "known_site", "log_normalise"]

#: variable -> likelihood of its states, shape (states,) or (cases, states)
Evidence = Mapping[str, Array]


def log_normalise(log_weights: Array, axis: int = -1) -> tuple[Array, Array]:
    """Probabilities and log total of log weights.

    Args:
        log_weights: natural logs, any shape.
        axis (int): axis to normalise over.

    Returns:
        tuple[Array, Array]: probabilities of the same shape, and the log of the sum with ``axis`` removed.
    """
    top = log_weights.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    weights = np.exp(log_weights - top)
    total = weights.sum(axis=axis, keepdims=True)
    return weights / total, np.squeeze(np.log(total) + top, axis=axis)


def known_site(evidence: Evidence) -> int | None:
    """Place of the site of one case, where it is told and one."""
    told = [k for k, v in enumerate(evidence[SITE]) if v] if SITE in evidence else []
    return told[0] if len(told) == 1 else None


@dataclass
class Engine:
    """Log-likelihoods and posteriors on one network.

    Args:
        network: the network; its tables are compiled as variables are first used.
    """

    network: Network
    _roots: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = self.network
        self.log_prior: Array = np.log(n.prior)
        #: log P(Diagnosis, TissueQuality), shape (diagnoses, tissue)
        self.log_spine: Array = self.log_prior[:, None] + np.log(n.tissue_prior)
        self._places = {name: k for k, name in enumerate(n.nodes)}

    def root(self, name: str) -> str:
        """The variable at the top of the tree that ``name`` belongs to."""
        if name == ORDERED:
            return name
        if name not in self._roots:
            parent = self.network.nodes[name].parent
            self._roots[name] = name if parent is None or parent not in self.network.nodes else self.root(parent)
        return self._roots[name]

    def trees(self, names: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
        """Root -> the observed variables in its tree, in the order given."""
        out: dict[str, list[str]] = {}
        for name in names:
            out.setdefault(self.root(name), []).append(name)
        return {root: tuple(members) for root, members in out.items()}

    # --- likelihoods ---------------------------------------------------------------------------------------------------

    def log_likelihoods(self, evidence: Evidence, table: Callable[[str], Array] | None = None) -> dict[str, Array]:
        """Log-likelihood of each tree with evidence.

        Args:
            evidence: variable -> likelihood vector.
            table: where tables come from; the posterior-mean tables by default.

        Returns:
            dict[str, Array]: root -> natural log, shape (..., diagnoses, tissue or 1).
        """
        table = table or self.network.table
        out = {}
        for root, members in self.trees(evidence).items():
            if root == ORDERED:
                with np.errstate(divide="ignore"):
                    out[root] = np.log(np.asarray(evidence[ORDERED]))[..., None]
                continue
            with np.errstate(divide="ignore"):
                out[root] = np.log(self._message(root, evidence, self._relevant(members), table)[..., 0])
        return out

    def _relevant(self, members: tuple[str, ...]) -> set[str]:
        """The observed variables and everything above them in their tree."""
        out: set[str] = set()
        for name in members:
            node: str | None = name
            while node is not None and node in self.network.nodes and node not in out:
                out.add(node)
                node = self.network.nodes[node].parent
        return out

    def _message(self, name: str, evidence: Evidence, relevant: set[str], table: Callable[[str], Array]) -> Array:
        """P(evidence at and below ``name`` | spine, parent state), shape (..., diagnoses, tissue or 1, parent states or 1)."""
        cpt = table(name)
        below: Array | None = None
        if name in evidence:
            below = np.asarray(evidence[name])[..., None, None, :]
        for child in self.network.children(name):
            if child in relevant:
                message = self._message(child, evidence, relevant, table)
                below = message if below is None else below * message
        assert below is not None
        # below: (..., diagnoses or 1, tissue or 1, states); cpt: (..., diagnoses, tissue or 1, parents or 1, states)
        message_up: Array = (cpt * below[..., None, :]).sum(axis=-1)
        return message_up

    def spine(self, evidence: Evidence, table: Callable[[str], Array] | None = None) -> Array:
        """log P(evidence, Diagnosis, TissueQuality), shape (..., diagnoses, tissue)."""
        return self.spine_of(self.log_likelihoods(evidence, table))

    def spine_of(self, parts: Mapping[str, Array]) -> Array:
        """The spine from the log-likelihoods of the trees, shape (..., diagnoses, tissue)."""
        total = self.log_spine
        # in the order of the network, so that the order of the panel does not show in the last digit
        for root in sorted(parts, key=lambda name: self._places.get(name, -1)):
            total = total + parts[root]
        return total

    def posterior(self, evidence: Evidence) -> Array:
        """P(Diagnosis | evidence), shape (..., diagnoses)."""
        return self.posterior_of(self.spine(evidence))

    def posterior_of(self, spine: Array) -> Array:
        """P(Diagnosis | evidence) from log P(evidence, Diagnosis, TissueQuality), shape (..., diagnoses)."""
        posterior, _ = log_normalise(self._over_tissue(spine))
        return posterior

    @staticmethod
    def _over_tissue(spine: Array) -> Array:
        """Tissue summed out in logs, shape (..., diagnoses)."""
        top = spine.max(axis=-1)
        summed: Array = top + np.log(np.exp(spine - top[..., None]).sum(axis=-1))
        return summed

    def log_evidence(self, evidence: Evidence) -> Array:
        """log P(evidence | Diagnosis), natural, shape (..., diagnoses)."""
        return self._over_tissue(self.spine(evidence)) - self.log_prior

    def probability(self, evidence: Evidence) -> float:
        """log P(evidence), natural."""
        spine = self.spine(evidence)
        top = spine.max()
        return float(top + np.log(np.exp(spine - top).sum()))

    # --- any other variable ----------------------------------------------------------------------------------------------

    def marginals(self, names: tuple[str, ...] | list[str], evidence: Evidence) -> dict[str, Array]:
        """P(variable | evidence) for variables, observed softly or not at all.

        Args:
            names: variables of the network (not Diagnosis, not TissueQuality).
            evidence: variable -> likelihood vector of shape (states,).

        Returns:
            dict[str, Array]: probabilities of shape (states,).
        """
        return {name: self._marginal(name, evidence) for name in names}

    def _marginal(self, name: str, evidence: Evidence) -> Array:
        joint = self._joint(name, evidence)
        weights = np.exp(joint - joint.max())
        totals = weights.sum(axis=(1, 2))
        out: Array = totals / totals.sum()
        return out

    def joint_with_diagnosis(self, name: str, evidence: Evidence) -> Array:
        """P(variable, Diagnosis | evidence), shape (states, diagnoses)."""
        joint = self._joint(name, evidence)
        weights = np.exp(joint - joint.max()).sum(axis=2)
        out: Array = weights / weights.sum()
        return out

    def _joint(self, name: str, evidence: Evidence) -> Array:
        """log P(variable = s, evidence, spine), shape (states, diagnoses, tissue); only the variable's own tree is done again."""
        states = len(self.network.states(name))
        root = self.root(name)
        rest = self.log_spine
        for part in self.log_likelihoods({k: v for k, v in evidence.items() if self.root(k) != root}).values():
            rest = rest + part
        own = {k: np.broadcast_to(v, (states, len(v))) for k, v in evidence.items() if self.root(k) == root}
        unit = np.eye(states)
        own[name] = unit * own[name] if name in own else unit
        part = self.log_likelihoods(own)[root]
        joint: Array = rest + np.broadcast_to(part, (states, *part.shape[1:]))
        return joint

    def tissue(self, evidence: Evidence) -> Array:
        """P(TissueQuality | evidence), shape (tissue states,)."""
        return self.tissue_of(self.spine(evidence))

    @staticmethod
    def tissue_of(spine: Array) -> Array:
        """P(TissueQuality | evidence) from log P(evidence, Diagnosis, TissueQuality), shape (tissue states,)."""
        weights = np.exp(spine - spine.max()).sum(axis=0)
        out: Array = weights / weights.sum()
        return out

    # --- credible intervals ------------------------------------------------------------------------------------------------

    def draws(self, evidence: Evidence, n: int = 400, seed: int = 0) -> tuple[Array, Array]:
        """Posterior over diagnoses for draws of every rate, and how much each draw counts.

        Args:
            evidence: variable -> likelihood vector of shape (states,).
            n (int): draws.
            seed (int): the same seed gives the same draws.

        Returns:
            tuple[Array, Array]: probabilities of shape (n, diagnoses), and weights of shape (n,) that sum to 1; the weighted
            mean estimates the posterior.
        """
        site = known_site(evidence)
        spine = self.spine(evidence, lambda name: self.network.draw(name, n, seed, site))
        spine = np.broadcast_to(spine, (n, *spine.shape[-2:]))
        posterior, log_evidence = log_normalise(self._over_tissue(spine))
        return posterior, draw_weights(log_evidence)
