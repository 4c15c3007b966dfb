"""Knowledge to Bayesian network: variables, parents and conditional probability tables; the same network in pgmpy.

`Network.table` gives the posterior-mean tables, `Network.draw` the same tables for draws of the rates. Their layout is that of
`imtdx.cpts`, so that the engine needs no special cases. pgmpy is imported only when asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from imtdx._types import Array
from imtdx.cpts import CptMaker, Draws
from imtdx.distributions import states_context
from imtdx.drivers import DriverFit
from imtdx.errors import NetworkError, UsageError
from imtdx.knowledge import Knowledge
from imtdx.rates import Rates
from imtdx.structure import Structure
from imtdx.variables import (
    AGE,
    DIAGNOSIS,
    FUSION,
    ORDERED,
    SEX,
    SITE,
    STAIN_STATES,
    TEST_STATES,
    TISSUE,
    TISSUE_STATES,
    Node,
)

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork

__all__ = ["Network"]


@dataclass
class Network:
    """A Bayesian network over Diagnosis, TissueQuality and everything that can be observed.

    Args:
        knowledge: the knowledge.
        structure: which parts to build.
        prior: P(Diagnosis), shape (diagnoses,), sums to 1.
        scale: factor on published counts (tests of interval widths).
    """

    knowledge: Knowledge
    structure: Structure
    prior: Array
    scale: float = 1.0
    rates: Rates = field(init=False)
    nodes: dict[str, Node] = field(init=False)
    tissue_prior: Array = field(init=False)
    _tables: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rates = Rates(self.knowledge, self.scale)
        self.diagnoses: tuple[str, ...] = tuple(self.knowledge.diagnoses)
        c = self.structure.compromised
        self.tissue_prior = np.array([1 - c, c]) if c > 0 else np.array([1.0])
        self.nodes = {n.name: n for n in self._make_nodes()}
        self.maker = CptMaker(self.knowledge, self.structure, self.rates, self.nodes)

    @property
    def clipped(self) -> dict[tuple[str, str], float]:
        """(diagnosis, child) -> how far a link's phi reached beyond the Frechet bound, of the tables made so far."""
        return self.maker.clipped

    def fit(self, fusion: str) -> DriverFit:
        """Joint posterior of the share of a fusion and of its stain's rate without it, for every diagnosis."""
        return self.maker.fit(fusion)

    # --- variables ---------------------------------------------------------------------------------------------------

    def _make_nodes(self) -> list[Node]:
        """Every variable, parents before children."""
        s, context = self.structure, self.knowledge.network["context"]
        # age and sex depend on the site where the judgement tells sites apart
        by_site = SITE if s.site_context and states_context(self.knowledge, "age") else None
        nodes = [
            Node(SITE, tuple(context["sites"])),
            Node(AGE, tuple(context["age_bands"]), parent=by_site),
            Node(SEX, tuple(context["sexes"]), parent=by_site),
        ]
        if s.states:
            nodes.append(Node(FUSION, s.states))
        tissue = s.compromised > 0
        for m in self.knowledge.markers.values():
            if m.kind == "index":
                nodes.append(Node(m.id, tuple(self.knowledge.network["ki67"]["states"])))
            elif m.id in s.stains:
                nodes.append(Node(m.id, STAIN_STATES, tissue, FUSION))
            elif m.id in s.tests or (s.pattern and m.id == s.pattern[0]):
                nodes.append(Node(m.id, TEST_STATES, False, FUSION))
            elif m.is_stain:
                parents = [
                    p
                    for p in (
                        s.links[m.id].parent if m.id in s.links else None,
                        SITE if m.id in s.site_dependent else None,
                    )
                    if p
                ]
                if len(parents) > 1:
                    raise NetworkError(
                        f"{m.id} is both linked to {parents[0]} and site-dependent; drop one in network.yaml",
                        s.links[m.id].at,
                    )
                nodes.append(Node(m.id, STAIN_STATES, tissue, parents[0] if parents else None))
            else:
                above = s.links[m.id].parent if m.id in s.links else None
                # what goes with a stain depends on the tissue through it
                through = tissue and above is not None and self.knowledge.markers[above].is_stain
                nodes.append(Node(m.id, TEST_STATES, through, above))
        order: list[Node] = []
        names = {n.name for n in nodes}
        placed: set[str] = set()
        while nodes:
            ready = [n for n in nodes if n.parent is None or n.parent in placed or n.parent not in names]
            if not ready:
                raise NetworkError(f"a circle among {', '.join(n.name for n in nodes)}; remove a link in network.yaml")
            order += ready
            placed |= {n.name for n in ready}
            nodes = [n for n in nodes if n.name not in placed]
        return order

    def children(self, name: str) -> tuple[str, ...]:
        """Variables whose further parent is ``name``."""
        return tuple(n.name for n in self.nodes.values() if n.parent == name)

    def states(self, name: str) -> tuple[str, ...]:
        """State names of a variable; those of Diagnosis for Diagnosis and for what was asked for."""
        if name in (DIAGNOSIS, ORDERED):
            return self.diagnoses
        return self.nodes[name].states

    # --- tables ------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Array:
        """Posterior-mean CPT of a variable, shape (diagnoses, tissue or 1, parent states or 1, states).

        Raises:
            NetworkError: the table does not sum to one.
        """
        if name not in self._tables:
            table = np.ascontiguousarray(self.maker.make(name, Draws()))
            off = np.abs(table.sum(axis=-1) - 1).max()
            if off > 1e-9 or (table < 0).any():
                raise NetworkError(
                    f"the table of {name} does not sum to one (off by {off:.2g}); check its figures in the knowledge"
                )
            self._tables[name] = table
        return self._tables[name]

    def draw(self, name: str, n: int, seed: int, site: int | None = None) -> Array:
        """``n`` draws of a CPT, shape (n, diagnoses, tissue or 1, parent states or 1, states).

        Args:
            name: the variable.
            n (int): draws.
            seed (int): the same seed gives the same draws.
            site (int | None): place of the site where it is known: what depends on the site is drawn for it alone, with 1 in place
                of the parent's states, and of the site itself only its own share.
        """
        return self.maker.make(name, Draws(n, seed, site))

    # --- pgmpy ---------------------------------------------------------------------------------------------------------

    def to_pgmpy(self) -> DiscreteBayesianNetwork:
        """The same network as a checked pgmpy model, with nodes and states named as in this package.

        Raises:
            UsageError: pgmpy is not installed.
            NetworkError: pgmpy's own check fails.
        """
        try:
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from pgmpy.factors.discrete import TabularCPD
                from pgmpy.models import DiscreteBayesianNetwork
        except ImportError as exc:
            raise UsageError("this needs pgmpy: pip install 'pgmpy>=1.1,<1.3'") from exc
        model = DiscreteBayesianNetwork()
        names = {DIAGNOSIS: list(self.diagnoses)}
        cpds = [TabularCPD(DIAGNOSIS, len(self.diagnoses), self.prior[:, None], state_names=dict(names))]
        model.add_node(DIAGNOSIS)
        if len(self.tissue_prior) > 1:
            names[TISSUE] = list(TISSUE_STATES)
            model.add_node(TISSUE)
            cpds.append(TabularCPD(TISSUE, 2, self.tissue_prior[:, None], state_names={TISSUE: names[TISSUE]}))
        for node in self.nodes.values():
            names[node.name] = list(node.states)
            parents = [DIAGNOSIS, *([TISSUE] if node.tissue else []), *([node.parent] if node.parent else [])]
            model.add_node(node.name)
            model.add_edges_from([(p, node.name) for p in parents])
            cards = [len(names[p]) for p in parents]
            table = np.broadcast_to(
                self.table(node.name),
                (
                    len(self.diagnoses),
                    2 if node.tissue else 1,
                    len(names[node.parent]) if node.parent else 1,
                    len(node.states),
                ),
            )
            values = table.reshape(-1, len(node.states)).T
            values = values / values.sum(axis=0)
            cpds.append(
                TabularCPD(
                    node.name,
                    len(node.states),
                    values,
                    evidence=parents,
                    evidence_card=cards,
                    state_names={n: names[n] for n in (node.name, *parents)},
                )
            )
        model.add_cpds(*cpds)
        if not model.check_model():
            raise NetworkError("pgmpy finds the network inconsistent")
        return model
