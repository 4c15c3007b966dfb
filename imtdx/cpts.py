"""Rates to conditional probability tables: stains, links, sites, kinase fusions, context.

Every table has the layout

    (diagnoses, tissue states, states of one further parent, states of the variable)

with 1 where a parent is missing, and a leading axis of draws when the rates are drawn instead of taken at their means.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.distributions import context_alphas, ki67_alphas, mix_with_pooled, sexes_of_sites, stated_by_site
from imtdx.drivers import DriverFit, fit_driver
from imtdx.judgement import expand_sites
from imtdx.knowledge import Knowledge
from imtdx.rates import Rates
from imtdx.structure import Structure
from imtdx.variables import AGE, FUSION, SEX, SITE, Node

__all__ = ["CptMaker", "Draws"]


#: Pseudo-cases of the background behind the rate of a driver stain without the fusion, where a judged rate lies under its cell.
_BEHIND_JUDGED = 0.5


@dataclass
class Draws:
    """Draws of the rates of one marker, or their means when ``n`` is ``None``. Seeded by marker, so a marker draws the same in every panel.

    Attributes:
        site: place of the one site that is known; what depends on the site is then made for it alone, which is most of the work.
    """

    n: int | None = None
    seed: int = 0
    site: int | None = None

    def rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def beta(self, name: str, alpha: Array, beta: Array) -> Array:
        if self.n is None:
            return alpha / (alpha + beta)
        drawn = self.rng(name).beta(alpha, beta, size=(self.n, *alpha.shape))
        # a table never holds a 0 or a 1
        out: Array = np.clip(drawn, 1e-9, 1 - 1e-9)
        return out

    def rows(self, names: Sequence[str], alpha: Array) -> Array:
        """Dirichlet draws, shape (..., rows, categories), each row seeded by its own name, so that any of them can be drawn alone."""
        if self.n is None:
            return self.dirichlet("", alpha)
        gamma = np.stack(
            [self.rng(name).gamma(a, size=(self.n, len(a))) for name, a in zip(names, alpha, strict=True)], axis=1
        )
        gamma += 1e-12
        drawn: Array = gamma / gamma.sum(axis=-1, keepdims=True)
        return drawn

    def dirichlet(self, name: str, alpha: Array) -> Array:
        if self.n is None:
            out: Array = alpha / alpha.sum(axis=-1, keepdims=True)
            return out
        gamma = self.rng(name).gamma(alpha, size=(self.n, *alpha.shape)) + 1e-12
        drawn: Array = gamma / gamma.sum(axis=-1, keepdims=True)
        return drawn


@dataclass
class CptMaker:
    """Makes the tables of one network.

    Args:
        knowledge: the knowledge.
        structure: which parts are built.
        rates: the rates.
        nodes: variables by name.
        clipped: (diagnosis, child) -> how far a link's phi reached beyond the Frechet bound (probability); filled as
            tables are made.
    """

    knowledge: Knowledge
    structure: Structure
    rates: Rates
    nodes: Mapping[str, Node]
    clipped: dict[tuple[str, str], float] = field(default_factory=dict)
    _fits: dict[str, DriverFit] = field(default_factory=dict)
    _contexts: dict[str, tuple[Array, Array, Array]] = field(default_factory=dict)
    _places: dict[str, tuple[Any, list[str], Array, Array]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.diagnoses: tuple[str, ...] = tuple(self.knowledge.diagnoses)
        self.scale = self.rates.scale

    def make(self, name: str, draws: Draws) -> Array:
        """The table of a variable, for the mean of the rates or for draws of them.

        Args:
            name (str): variable.
            draws: which.

        Returns:
            Array: shape (..., diagnoses, tissue or 1, parent states or 1, states).
        """
        if name in (SITE, AGE, SEX):
            return self._context_table(name, draws)
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
            if name in s.links and self.knowledge.markers[s.links[name].parent].is_stain:
                # a mutation is there or not in compromised tissue too; the stain it goes with may be lost
                tissue = np.array([1.0, s.retained]) if s.compromised > 0 else np.array([1.0])
                return _two_states(self._linked_rates(name, theta, tissue, draws, np.ones_like(tissue))[..., [0, 1, 1]])
            if name in s.links:
                return _two_states(self._linked_rates(name, theta, np.array([1.0]), draws))
            return _two_states(theta)[..., :, None, None, :]
        phi = draws.beta(name + " focal", r.focal_alpha, r.focal_beta)
        if name in s.links:
            return self._linked_table(name, theta, phi, draws)
        if name in s.site_dependent:
            sites = self._site_rates(name, theta, draws)
            if draws.site is not None:
                sites = sites[..., draws.site : draws.site + 1]
            return self._stain(sites, phi[..., None])
        return self._stain(theta[..., None], phi[..., None])

    def _context_table(self, name: str, draws: Draws) -> Array:
        """Site; age and sex, given the site where the judgement tells sites apart."""
        variable = {SITE: "site", AGE: "age", SEX: "sex"}[name]
        if variable not in self._contexts:
            self._contexts[variable] = context_alphas(self.knowledge, variable)
        alphas, pooled, share = self._contexts[variable]
        if name == SITE and draws.site is not None:
            # of the known site: its marginal share, and nothing of the others
            own, total = alphas[:, draws.site] * self.scale, alphas.sum(axis=1) * self.scale
            out = np.zeros((*(() if draws.n is None else (draws.n,)), *alphas.shape))
            drawn = draws.beta(f"{name}@{draws.site}", own, total - own)
            out[..., draws.site] = share * drawn + (1 - share) * pooled[draws.site]
            return out[..., :, None, None, :]
        if self.nodes[name].parent is None:
            return mix_with_pooled(draws.dirichlet(name, alphas * self.scale), pooled, share)[..., :, None, None, :]
        # one row per diagnosis, and one more for every site that has its own; sites repeat the row that speaks of them
        if variable not in self._places:
            stated = stated_by_site(self.knowledge, variable)
            weight = self.knowledge.network["judgement"][variable]["weight"]
            place = np.repeat(np.arange(len(alphas))[:, None], len(self.nodes[SITE].states), axis=1)
            for k, cell in enumerate(stated):
                place[cell] = len(alphas) + k
            own = np.array([weight * row for row in stated.values()]).reshape(-1, alphas.shape[1])
            names = [f"{name} {d}" for d in self.diagnoses]
            names += [f"{name} {self.diagnoses[d]}@{self.nodes[SITE].states[k]}" for d, k in stated]
            shares = np.concatenate([share, share[[d for d, _ in stated]]])
            self._places[variable] = place, names, np.concatenate([alphas, own]), shares
        place, names, rows, shares = self._places[variable]
        sites = list(range(place.shape[1])) if draws.site is None else [draws.site]
        wanted = [[int(place[d, k]) for k in sites] for d in range(len(place))]
        used = sorted({k for row in wanted for k in row})
        at = {k: n for n, k in enumerate(used)}
        drawn = draws.rows([names[k] for k in used], rows[np.array(used)] * self.scale)
        mixed = mix_with_pooled(drawn, pooled, shares[np.array(used)])
        table = np.stack(
            [mixed[..., np.array([at[row[n]] for row in wanted]), :] for n in range(len(wanted[0]))], axis=-2
        )
        if name == SEX:
            one = sexes_of_sites(self.knowledge)
            for k, site in enumerate(sites):
                if site in one:
                    table[..., k, :] = one[site]
        return table[..., :, None, :, :]

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

    def _linked_table(self, name: str, theta: Array, phi: Array, draws: Draws) -> Array:
        """Table of a stain given the linked stain: negative, or focal and diffuse alike."""
        s = self.structure
        tissue = np.array([1.0, s.retained]) if s.compromised > 0 else np.array([1.0])
        rate = self._linked_rates(name, theta, tissue, draws)[..., [0, 1, 1]]
        share = phi[..., None, None]
        if s.compromised > 0:
            share = np.stack([phi, phi + s.focal_shift * (1 - phi)], axis=-1)[..., None]
        return np.stack(np.broadcast_arrays(1 - rate, rate * share, rate * (1 - share)), axis=-1)

    def _linked_rates(self, name: str, theta: Array, tissue: Array, draws: Draws, kept: Array | None = None) -> Array:
        """Rate of a finding without and with the linked one, shape (..., diagnoses, tissue or 1, 2).

        Args:
            name: the finding.
            theta: its rate in adequate tissue, shape (..., diagnoses).
            tissue: share of positives that each tissue state retains, shape (tissue or 1,).
            draws: which draws of the linked rate.
            kept: the same for the finding itself, where it is not the stain's.
        """
        link = self.structure.links[name]
        parent = self.rates.marker(link.parent)
        theta_parent = draws.beta(link.parent, parent.alpha, parent.beta)
        p, c = theta_parent[..., None] * tissue, theta[..., None] * (tissue if kept is None else kept)
        if kept is None:
            both = p * c + link.phi * np.sqrt(p * (1 - p) * c * (1 - c))
        else:
            # the two go together in the lesion; what tissue takes from the stain it takes whether the finding is there or not
            whole = theta_parent[..., None] * np.ones_like(tissue)
            both = tissue * (whole * c + link.phi * np.sqrt(whole * (1 - whole) * c * (1 - c)))
        if link.counted:
            k = self.diagnoses.index(link.counted)
            given_negative = self._rate_given(link.counted, name, link.parent, "negative", draws)
            if given_negative is not None:
                # the counts speak of adequate tissue; in compromised tissue the loss applies to the child alike
                both[..., k, :] = c[..., k, :] - (1 - p[..., k, :]) * given_negative[..., None] * tissue
        # no link goes the whole way from independence to the Frechet bounds, where one finding would forbid or force the other
        low, high = np.maximum(0.0, p + c - 1), np.minimum(p, c)
        reach = np.full((len(self.diagnoses), 1), self.structure.link_reach)
        if link.counted:
            reach[self.diagnoses.index(link.counted)] = 1.0
        low, high = p * c + reach * (low - p * c), p * c + reach * (high - p * c)
        if draws.n is None:
            beyond = np.maximum(low - both, both - high)
            self.clipped.update(
                {(d, name): float(b) for d, b in zip(self.diagnoses, beyond[:, 0], strict=True) if b > 0}
            )
        # a hair inside the Frechet bounds, so that no conditional rate is 0 or 1
        width = high - low
        both = np.clip(both, low + 0.005 * width, high - 0.005 * width)
        rates: Array = np.stack([(c - both) / (1 - p), both / p], axis=-1)
        return rates

    def _rate_given(self, diagnosis: str, marker: str, given: str, state: str, draws: Draws) -> Array | None:
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

    def _site_rates(self, name: str, theta: Array, draws: Draws) -> Array:
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
            judged = self.knowledge.judgement.rate(dependence.diagnosis, name)
            for group in (*dependence.groups, elsewhere):
                in_group = [
                    s
                    for s in rows
                    if _series_in(expand_sites(self.knowledge.network, s.site), group, group is elsewhere)
                ]
                # a group's own rate may be far from the judged one, which speaks of all sites: it rules only elsewhere
                cell = self.rates.pool(marker, in_group, judged=judged if group is elsewhere else None)
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
            # the stain's own cell holds a stated rate already: the background behind it then weighs next to nothing
            judged = [self.knowledge.judgement.rate(d, stain.marker) is not None for d in self.diagnoses]
            behind = np.where(judged, _BEHIND_JUDGED, weight)
            without_a, without_b = behind * background, behind * (1 - background)
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
            # counts of the tests alone: the judgement speaks of the share itself, not of what a test shows
            cells = [(t.marker, self._counted(d, t.marker)) for t in tests]
            # a test that sees only some of the fusions (ETV6) gives a lower bound: the higher rate counts
            told = [(m, c) for m, c in cells if c[0] + c[1] > 0]
            counts.append(max(told, key=lambda x: self._pseudo_rate(*x))[1] if told else (0.0, 0.0))
            among = any(
                sum(self._among_positive(d, t.marker, x.marker))
                for t in tests
                for x in self.structure.stains.values()
                if x.fusion == fusion
            )
            # counts among stain-positive cases are evidence too: the background then weighs as little as elsewhere
            weight = (
                self.rates.pooling["background_weight"]
                if told or among
                else self.knowledge.network["kinase_fusion"]["fusion_weight"]
            )
            rate = background
            judged = self.knowledge.judgement.diagnoses.get(d)
            if judged and fusion in judged.fusions:
                # a share of one in a thousand is not stated by the hundred: at least half a pseudo-case has the fusion
                rate = judged.fusions[fusion]
                weight = max(self.knowledge.network["judgement"]["fusion_weight"], 0.5 / rate)
            elif self.structure.defined.get(d) == fusion:
                rate, weight = self.rates.pooling["definition"]["rate"], self.rates.pooling["definition"]["weight"]
            share.append((weight * rate, weight * (1 - rate)))
        shares, counted = np.array(share).T, np.array(counts).T
        return (shares[0], shares[1]), (counted[0], counted[1])

    def _counted(self, diagnosis: str, marker: str) -> tuple[float, float]:
        """Effective counts (positive, negative) of a genetic test, words and definitions as pseudo-cases, without any prior."""
        cell = self.rates.cell(diagnosis, marker)
        if cell.kind in ("background", "judged"):
            return 0.0, 0.0
        bare = self.rates.without_judgement(diagnosis, marker)
        weight, behind = self.rates.pooling["background_weight"], self.knowledge.markers[marker].background
        return bare.alpha - weight * behind, bare.beta - weight * (1 - behind)

    def _pseudo_rate(self, marker: str, counts: tuple[float, float]) -> float:
        weight, behind = self.rates.pooling["background_weight"], self.knowledge.markers[marker].background
        return float((counts[0] + weight * behind) / (sum(counts) + weight))

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

    def _shares(self, fusion: str, draws: Draws) -> tuple[Array, Array | None]:
        """Share of a fusion and, where it has a stain, the stain's rate without it; shape (..., diagnoses)."""
        if any(x.fusion == fusion for x in self.structure.stains.values()):
            fit = self.fit(fusion)
            return fit.mean() if draws.n is None else fit.draw(draws.rng("fusion " + fusion), draws.n)
        share, tested = self._tested(fusion)
        return draws.beta("fusion " + fusion, share[0] + tested[0], share[1] + tested[1]), None

    def _fusion_table(self, draws: Draws) -> Array:
        shares = np.stack([self._shares(f, draws)[0] for f in self.structure.states[1:]], axis=-1)
        total = shares.sum(axis=-1, keepdims=True)
        # exclusive drivers: where shares add up to nearly one or more, they are scaled back
        shares = np.where(total > 0.985, shares * 0.985 / total, shares)
        none = 1 - shares.sum(axis=-1, keepdims=True)
        out: Array = np.concatenate([none, shares], axis=-1)[..., :, None, None, :]
        return out

    def _driver_stain_table(self, name: str, draws: Draws) -> Array:
        stain, states = self.structure.stains[name], self.structure.states
        _, without = self._shares(stain.fusion, draws)
        assert without is not None
        a, b = stain.sensitivity
        sensitivity = draws.beta(name + " sensitivity", np.array(a), np.array(b - a))
        r = self.rates.marker(name)
        # the told focal share is that of cases with the fusion only as far as these make up the positives
        share = self._shares(stain.fusion, Draws())
        true = share[0] * a / b
        true = true / (true + (1 - share[0]) * (share[1] if share[1] is not None else 0.0))
        typical, _ = self.rates.focal_curve(name, a / b)
        phi_fusion = true * draws.beta(name + " focal", r.focal_alpha, r.focal_beta) + (1 - true) * typical
        theta = np.repeat(without[..., None], len(states), axis=-1)
        theta[..., states.index(stain.fusion)] = np.broadcast_to(sensitivity[..., None], without.shape)
        # without the fusion the protein is at most weakly expressed: the focal share of a rare positive
        phi, _ = self.rates.focal_curve(name, theta)
        phi[..., states.index(stain.fusion)] = phi_fusion
        return self._stain(theta, phi)

    def _driver_test_table(self, name: str, draws: Draws) -> Array:
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
        fusion_share = self._shares(fusion, Draws())[0]
        alpha, beta = [], []
        for k, d in enumerate(self.diagnoses):
            cell = self.rates.without_judgement(d, name)
            if cell.kind == "background":
                alpha.append(1.0)
                beta.append(2.0)
            else:
                seen = min(cell.mean / max(float(fusion_share[k]), 1e-6), 0.95)
                size = 2.0 + cell.alpha
                alpha.append(size * max(seen, 0.05))
                beta.append(size * (1 - max(seen, 0.05)))
        return np.array(alpha), np.array(beta)

    def _pattern_table(self, name: str, draws: Draws) -> Array:
        assert self.structure.pattern is not None
        states, fusion = self.structure.states, self.structure.pattern[1]
        r = self.rates.marker(name)
        background = self.knowledge.markers[name].background
        lead = () if draws.n is None else (draws.n,)
        theta = np.full((*lead, len(self.diagnoses), len(states)), background)
        theta[..., states.index(fusion)] = draws.beta(name, r.alpha, r.beta)
        return _two_states(theta)[..., :, None, :, :]


def _two_states(theta: Array) -> Array:
    return np.stack([1 - theta, theta], axis=-1)


def _series_in(series_sites: tuple[str, ...], group: tuple[str, ...], is_rest: bool) -> bool:
    """Whether a series belongs to a group of sites: it lies wholly inside; series of any site belong to the rest."""
    if not series_sites:
        return is_rest
    return all(s in group for s in series_sites)
