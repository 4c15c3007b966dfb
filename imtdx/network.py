"""Knowledge to Bayesian network: variables, parents and conditional probability tables; export to and from pgmpy.

The only module that touches pgmpy, and only when asked for it. Every table has the layout

    (diagnoses, tissue states, states of one further parent, states of the variable)

with 1 where a parent is missing, so that the engine needs no special cases. `Network.table` gives the posterior-mean tables,
`Network.draw` the same tables for draws of the rates (a leading axis of draws).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from imtdx._types import Array
from imtdx.distributions import context_alphas, ki67_alphas, mix_with_pooled
from imtdx.drivers import DriverFit, fit_driver
from imtdx.errors import NetworkError, UnknownNameError, UsageError
from imtdx.knowledge import Knowledge
from imtdx.rates import Rates
from imtdx.structure import Structure

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork

__all__ = ["STAIN_STATES", "TEST_STATES", "Network", "Node", "build_prior"]


STAIN_STATES = ("negative", "focal", "diffuse")
TEST_STATES = ("negative", "positive")
TISSUE_STATES = ("adequate", "compromised")
#: Names of the variables that are not markers.
DIAGNOSIS, TISSUE, FUSION, SITE, AGE, SEX = (
    "Diagnosis", "TissueQuality", "KinaseFusion", "Site", "AgeBand", "Sex",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A variable of the network other than Diagnosis and TissueQuality.

    Attributes:
        name: marker id, or KinaseFusion, Site, AgeBand, Sex.
        states: state names.
        tissue: whether TissueQuality is a parent.
        parent: the one further parent, or ``None``.
    """

    name: str
    states: tuple[str, ...]
    tissue: bool = False
    parent: str | None = None


@dataclass
class _Draws:
    """Draws of the rates of one marker, or their means when ``n`` is ``None``. Seeded by marker, so a marker draws the same in every panel."""

    n: int | None = None
    seed: int = 0

    def rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def beta(self, name: str, alpha: Array, beta: Array) -> Array:
        if self.n is None:
            return alpha / (alpha + beta)
        drawn = self.rng(name).beta(alpha, beta, size=(self.n, *alpha.shape))
        # a table never holds a 0 or a 1
        out: Array = np.clip(drawn, 1e-9, 1 - 1e-9)
        return out

    def dirichlet(self, name: str, alpha: Array) -> Array:
        if self.n is None:
            out: Array = alpha / alpha.sum(axis=-1, keepdims=True)
            return out
        gamma = self.rng(name).gamma(alpha, size=(self.n, *alpha.shape)) + 1e-12
        drawn: Array = gamma / gamma.sum(axis=-1, keepdims=True)
        return drawn


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
    clipped: dict[tuple[str, str], float] = field(default_factory=dict)
    _tables: dict[str, Array] = field(default_factory=dict)
    _fits: dict[str, DriverFit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rates = Rates(self.knowledge, self.scale)
        self.diagnoses: tuple[str, ...] = tuple(self.knowledge.diagnoses)
        c = self.structure.compromised
        self.tissue_prior = np.array([1 - c, c]) if c > 0 else np.array([1.0])
        self.nodes = {n.name: n for n in self._make_nodes()}

    # --- variables ---------------------------------------------------------------------------------------------------

    def _make_nodes(self) -> list[Node]:
        """Every variable, parents before children."""
        s, context = self.structure, self.knowledge.network["context"]
        nodes = [
            Node(SITE, tuple(context["sites"])),
            Node(AGE, tuple(context["age_bands"])),
            Node(SEX, tuple(context["sexes"])),
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
                nodes.append(Node(m.id, TEST_STATES))
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
        """State names of a variable."""
        return self.nodes[name].states

    # --- tables ------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> Array:
        """Posterior-mean CPT of a variable, shape (diagnoses, tissue or 1, parent states or 1, states).

        Raises:
            NetworkError: the table does not sum to one.
        """
        if name not in self._tables:
            table = np.ascontiguousarray(self._make_table(name, _Draws()))
            off = np.abs(table.sum(axis=-1) - 1).max()
            if off > 1e-9 or (table < 0).any():
                raise NetworkError(
                    f"the table of {name} does not sum to one (off by {off:.2g}); check its figures in the knowledge"
                )
            self._tables[name] = table
        return self._tables[name]

    def draw(self, name: str, n: int, seed: int) -> Array:
        """``n`` draws of a CPT, shape (n, diagnoses, tissue or 1, parent states or 1, states)."""
        return self._make_table(name, _Draws(n, seed))

    def _make_table(self, name: str, draws: _Draws) -> Array:
        if name in (SITE, AGE, SEX):
            variable = {SITE: "site", AGE: "age", SEX: "sex"}[name]
            alphas, pooled, share = context_alphas(self.knowledge, variable)
            return mix_with_pooled(draws.dirichlet(name, alphas * self.scale), pooled, share)[..., :, None, None, :]
        if name == FUSION:
            return self._fusion_table(draws)
        marker = self.knowledge.markers[name]
        if marker.kind == "index":
            return draws.dirichlet(name, ki67_alphas(self.knowledge) * self.scale)[..., :, None, None, :]
        s = self.structure
        if name in s.stains:
            return self._driver_stain_table(name, draws)
        if name in s.tests:
            return self._driver_test_table(name, draws)
        if s.pattern and name == s.pattern[0]:
            return self._pattern_table(name, draws)
        r = self.rates.marker(name)
        theta = draws.beta(name, r.alpha, r.beta)
        if not marker.is_stain:
            return _two_states(theta)[..., :, None, None, :]
        phi = draws.beta(name + " focal", r.focal_alpha, r.focal_beta)
        if name in s.links:
            return self._linked_table(name, theta, phi, draws)
        if name in s.site_dependent:
            sites = self._site_rates(name, theta, draws)
            return self._stain(sites, phi[..., None])
        return self._stain(theta[..., None], phi[..., None])

    def _stain(self, theta: Array, phi: Array) -> Array:
        """Three-state table of a stain from rate and focal share, shape (..., diagnoses, tissue, parents, 3).

        Args:
            theta: rate of positive in adequate tissue, shape (..., diagnoses, parents).
            phi: share of focal among positive, broadcast against ``theta``.
        """
        s = self.structure
        if s.compromised > 0:
            theta = np.stack([theta, s.retained * theta], axis=-2)
            phi = np.stack(np.broadcast_arrays(phi, phi + s.focal_shift * (1 - phi)), axis=-2)
        else:
            theta, phi = theta[..., None, :], phi[..., None, :]
        return np.stack(np.broadcast_arrays(1 - theta, theta * phi, theta * (1 - phi)), axis=-1)

    def _linked_table(self, name: str, theta: Array, phi: Array, draws: _Draws) -> Array:
        """Table of a stain given the linked stain: negative, or focal and diffuse alike."""
        link = self.structure.links[name]
        parent = self.rates.marker(link.parent)
        theta_parent = draws.beta(link.parent, parent.alpha, parent.beta)
        s = self.structure
        tissue = np.array([1.0, s.retained]) if s.compromised > 0 else np.array([1.0])
        p, c = theta_parent[..., None] * tissue, theta[..., None] * tissue
        both = p * c + link.phi * np.sqrt(p * (1 - p) * c * (1 - c))
        if link.counted:
            k = self.diagnoses.index(link.counted)
            given_negative = self._rate_given(link.counted, name, link.parent, "negative", draws)
            if given_negative is not None:
                # the counts speak of adequate tissue; in compromised tissue the loss applies to the child alike
                both[..., k, :] = c[..., k, :] - (1 - p[..., k, :]) * given_negative[..., None] * tissue
        low, high = np.maximum(0.0, p + c - 1), np.minimum(p, c)
        if draws.n is None:
            beyond = np.maximum(low - both, both - high)
            self.clipped.update(
                {(d, name): float(b) for d, b in zip(self.diagnoses, beyond[:, 0], strict=True) if b > 0}
            )
        # a hair inside the Frechet bounds, so that no conditional rate is 0 or 1
        width = high - low
        both = np.clip(both, low + 0.005 * width, high - 0.005 * width)
        given_positive, given_negative_all = both / p, (c - both) / (1 - p)
        rate = np.stack([given_negative_all, given_positive, given_positive], axis=-1)
        share = phi[..., None, None]
        if s.compromised > 0:
            share = np.stack([phi, phi + s.focal_shift * (1 - phi)], axis=-1)[..., None]
        return np.stack(np.broadcast_arrays(1 - rate, rate * share, rate * (1 - share)), axis=-1)

    def _rate_given(self, diagnosis: str, marker: str, given: str, state: str, draws: _Draws) -> Array | None:
        """Rate of a stain among cases with another stain in a state, from the conditional counts; ``None`` without any."""
        rows = [
            s
            for s in self.knowledge.diagnoses[diagnosis].evidence.get(marker, ())
            if s.given == ((given, state),) and s.positive is not None
        ]
        if not rows:
            return None
        cell = self.rates.pool(self.knowledge.markers[marker], rows)
        return draws.beta(f"{marker}|{given}", np.array(cell.alpha), np.array(cell.beta))

    def _site_rates(self, name: str, theta: Array, draws: _Draws) -> Array:
        """Rates of a stain by site, shape (..., diagnoses, sites); diagnoses without dependence repeat theirs."""
        sites = self.nodes[SITE].states
        out = np.repeat(theta[..., None], len(sites), axis=-1)
        marker = self.knowledge.markers[name]
        for dependence in self.structure.site_dependent[name]:
            rows = [
                s for s in self.knowledge.diagnoses[dependence.diagnosis].evidence.get(name, ()) if s.use == "pooled"
            ]
            k = self.diagnoses.index(dependence.diagnosis)
            grouped = {site for group in dependence.groups for site in group}
            elsewhere = tuple(s for s in sites if s not in grouped)
            for group in (*dependence.groups, elsewhere):
                in_group = [s for s in rows if _series_in(s.site, group, elsewhere, group is elsewhere)]
                cell = self.rates.pool(marker, in_group)
                overall = self.rates.cell(dependence.diagnosis, name).mean
                # a group's own series on top of the overall rate with little weight
                alpha = np.array(cell.alpha + dependence.weight * overall)
                beta = np.array(cell.beta + dependence.weight * (1 - overall))
                rate = draws.beta(f"{name}@{group[0] if group else ''}", alpha, beta)
                for site in group:
                    out[..., k, sites.index(site)] = rate
        return out

    # --- kinase fusions -----------------------------------------------------------------------------------------------

    def fit(self, fusion: str) -> DriverFit:
        """Joint posterior of the share of a fusion and of its stain's rate without it."""
        if fusion not in self._fits:
            s = self.structure
            stain = next(x for x in s.stains.values() if x.fusion == fusion)
            tests = [t for t in s.tests.values() if t.fusion == fusion and t.sensitivity]
            test = tests[0]
            assert test.sensitivity is not None
            share, tested = self._tested(fusion)
            r = self.rates.marker(stain.marker)
            background = self.knowledge.markers[stain.marker].background
            weight = self.rates.pooling["background_weight"]
            without_a = np.full(len(self.diagnoses), weight * background)
            without_b = np.full(len(self.diagnoses), weight * (1 - background))
            if stain.diagnosis:
                k = self.diagnoses.index(stain.diagnosis)
                without_a[k] += stain.without[0]
                without_b[k] += stain.without[1] - stain.without[0]
            among = np.array([self._among_positive(d, test.marker, stain.marker) for d in self.diagnoses]).T
            self._fits[fusion] = fit_driver(
                share,
                tested,
                (r.alpha, r.beta),
                (without_a, without_b),
                (among[0], among[1]),
                stain.sensitivity[0] / stain.sensitivity[1],
                test.sensitivity[0] / test.sensitivity[1],
                test.false_positive,
            )
        return self._fits[fusion]

    def _tested(self, fusion: str) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Prior Beta parameters of the share of a fusion, and effective counts (positive, negative) of its genetic tests."""
        tests = [t for t in self.structure.tests.values() if t.fusion == fusion]
        background = self.knowledge.markers[tests[0].marker].background
        share, counts = [], []
        for d in self.diagnoses:
            # a test that sees only some of the fusions (ETV6) gives a lower bound: the higher rate counts
            cells = [(t.marker, c) for t in tests if (c := self.rates.cell(d, t.marker)).kind != "background"]
            if cells:
                marker, best = max(cells, key=lambda x: x[1].mean)
                weight = self.rates.pooling["background_weight"]
                behind = self.knowledge.markers[marker].background
                counts.append((best.alpha - weight * behind, best.beta - weight * (1 - behind)))
            else:
                told = any(
                    sum(self._among_positive(d, t.marker, x.marker))
                    for t in tests
                    for x in self.structure.stains.values()
                    if x.fusion == fusion
                )
                # counts among stain-positive cases are evidence too: the background then weighs as little as elsewhere
                weight = (
                    self.rates.pooling["background_weight"]
                    if told
                    else self.knowledge.network["kinase_fusion"]["fusion_weight"]
                )
                counts.append((0.0, 0.0))
            rate = background
            if self.structure.defined.get(d) == fusion:
                rate, weight = self.rates.pooling["definition"]["rate"], self.rates.pooling["definition"]["weight"]
            share.append((weight * rate, weight * (1 - rate)))
        shares, counted = np.array(share).T, np.array(counts).T
        return (shares[0], shares[1]), (counted[0], counted[1])

    def _among_positive(self, diagnosis: str, test: str, stain: str) -> tuple[float, float]:
        """Effective counts (positive, negative) of a genetic test among stain-positive cases."""
        positive = negative = 0.0
        rho = self.rates.heterogeneity(stain)
        for s in self.knowledge.diagnoses[diagnosis].evidence.get(test, ()):
            if s.given == ((stain, "positive"),) and s.positive is not None and s.total:
                size = self.scale * s.total / (1 + (s.total - 1) * rho)
                positive += size * s.positive / s.total
                negative += size * (1 - s.positive / s.total)
        return positive, negative

    def _shares(self, fusion: str, draws: _Draws) -> tuple[Array, Array | None]:
        """Share of a fusion and, where it has a stain, the stain's rate without it; shape (..., diagnoses)."""
        if any(x.fusion == fusion for x in self.structure.stains.values()):
            fit = self.fit(fusion)
            return fit.mean() if draws.n is None else fit.draw(draws.rng("fusion " + fusion), draws.n)
        share, tested = self._tested(fusion)
        return draws.beta("fusion " + fusion, share[0] + tested[0], share[1] + tested[1]), None

    def _fusion_table(self, draws: _Draws) -> Array:
        shares = np.stack([self._shares(f, draws)[0] for f in self.structure.states[1:]], axis=-1)
        total = shares.sum(axis=-1, keepdims=True)
        # exclusive drivers: where shares add up to nearly one or more, they are scaled back
        shares = np.where(total > 0.985, shares * 0.985 / total, shares)
        none = 1 - shares.sum(axis=-1, keepdims=True)
        out: Array = np.concatenate([none, shares], axis=-1)[..., :, None, None, :]
        return out

    def _driver_stain_table(self, name: str, draws: _Draws) -> Array:
        stain, states = self.structure.stains[name], self.structure.states
        _, without = self._shares(stain.fusion, draws)
        assert without is not None
        a, b = stain.sensitivity
        sensitivity = draws.beta(name + " sensitivity", np.array(a), np.array(b - a))
        r = self.rates.marker(name)
        phi_fusion = draws.beta(name + " focal", r.focal_alpha, r.focal_beta)
        theta = np.repeat(without[..., None], len(states), axis=-1)
        theta[..., states.index(stain.fusion)] = np.broadcast_to(sensitivity[..., None], without.shape)
        # without the fusion the protein is at most weakly expressed: the focal share of a rare positive
        curve = self.rates.pooling["focal_share"]
        phi = curve["at_zero"] + (curve["at_one"] - curve["at_zero"]) * theta
        phi[..., states.index(stain.fusion)] = phi_fusion
        return self._stain(theta, phi)

    def _driver_test_table(self, name: str, draws: _Draws) -> Array:
        test, states = self.structure.tests[name], self.structure.states
        if test.sensitivity is not None:
            a, b = test.sensitivity
            detected = draws.beta(name + " sensitivity", np.array(a), np.array(b - a))[..., None]
        else:
            detected = draws.beta(name + " share", *self._partial_share(name, test.fusion))
        lead = () if draws.n is None else (draws.n,)
        theta = np.full((*lead, len(self.diagnoses), len(states)), test.false_positive)
        theta[..., states.index(test.fusion)] = np.broadcast_to(detected, (*lead, len(self.diagnoses)))
        return _two_states(theta)[..., :, None, :, :]

    def _partial_share(self, name: str, fusion: str) -> tuple[Array, Array]:
        """Beta parameters of the share of a fusion that a partner-specific test sees (ETV6 among NTRK), per diagnosis."""
        fusion_share = self._shares(fusion, _Draws())[0]
        alpha, beta = [], []
        for k, d in enumerate(self.diagnoses):
            cell = self.rates.cell(d, name)
            if cell.kind == "background":
                alpha.append(1.0)
                beta.append(2.0)
            else:
                seen = min(cell.mean / max(float(fusion_share[k]), 1e-6), 0.95)
                size = 2.0 + cell.alpha
                alpha.append(size * max(seen, 0.05))
                beta.append(size * (1 - max(seen, 0.05)))
        return np.array(alpha), np.array(beta)

    def _pattern_table(self, name: str, draws: _Draws) -> Array:
        assert self.structure.pattern is not None
        states, fusion = self.structure.states, self.structure.pattern[1]
        r = self.rates.marker(name)
        background = self.knowledge.markers[name].background
        lead = () if draws.n is None else (draws.n,)
        theta = np.full((*lead, len(self.diagnoses), len(states)), background)
        theta[..., states.index(fusion)] = draws.beta(name, r.alpha, r.beta)
        return _two_states(theta)[..., :, None, :, :]

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


def _two_states(theta: Array) -> Array:
    return np.stack([1 - theta, theta], axis=-1)


def _series_in(
    series_sites: tuple[str, ...], group: tuple[str, ...], elsewhere: tuple[str, ...], is_rest: bool
) -> bool:
    """Whether a series belongs to a group of sites: it lies wholly inside; series of any site belong to the rest."""
    if not series_sites:
        return is_rest
    return all(s in group for s in series_sites)


def build_prior(
    knowledge: Knowledge,
    profile: str,
    overrides: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
) -> Array:
    """P(Diagnosis) from a profile and fixed probabilities.

    Args:
        knowledge: the knowledge.
        profile (str): name of a profile in priors.yaml.
        overrides: diagnosis id -> probability that is fixed; the others share the rest as the profile has it.
        weights: relative weights of a user's own prior in place of the profile's.

    Returns:
        Array: shape (diagnoses,), sums to 1.

    Raises:
        UnknownNameError: no such profile or diagnosis.
        UsageError: fixed probabilities that leave nothing or less for the rest.
    """
    if weights is None:
        if profile not in knowledge.priors:
            raise UnknownNameError("prior", profile, knowledge.priors)
        p = knowledge.priors[profile]
        weights = _incidence_weights(knowledge, p.incidence) if p.incidence is not None else p.weights
    ids = list(knowledge.diagnoses)
    # a diagnosis an overlay added without a weight gets the smallest stated one
    floor = min(weights.values()) if weights else 1.0
    out = np.array([weights.get(d, floor) for d in ids], dtype=float)
    out /= out.sum()
    if overrides:
        fixed = {knowledge.diagnosis_id(k): v for k, v in overrides.items()}
        if len(fixed) < len(overrides):
            raise UsageError("a prior is fixed twice for one diagnosis; keep one")
        for name, value in fixed.items():
            if not 0 < value < 1:
                raise UsageError(f"prior of {name} must lie between 0 and 1, not {value:g}")
        rest = 1 - sum(fixed.values())
        if rest <= 0:
            raise UsageError(f"the fixed priors add up to {1 - rest:g}; leave something for the other diagnoses")
        free = np.array([d not in fixed for d in ids])
        out[free] *= rest / out[free].sum()
        for name, value in fixed.items():
            out[ids.index(name)] = value
    normalised: Array = out / out.sum()
    return normalised


def _incidence_weights(knowledge: Knowledge, spec: Mapping[str, float]) -> dict[str, float]:
    """Mean usable published incidence per million per year; the stated stand-in where none is published."""
    out = {}
    for d in knowledge.diagnoses.values():
        rates = [r.count for r in d.context.get("incidence", ()) if r.use == "pooled"]
        out[d.id] = float(np.mean(rates)) if rates else float(spec.get(d.id, spec["unpublished"]))
    return out
