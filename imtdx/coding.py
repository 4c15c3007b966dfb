"""A panel as evidence on the network: findings and context to likelihood vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from imtdx._types import Array
from imtdx.distributions import age_band, ki67_likelihood
from imtdx.judgement import expand_sites
from imtdx.network import Network
from imtdx.orders import Orders, mentioned, order_words, read_orders
from imtdx.panel import Context, Finding, Panel
from imtdx.structure import DriverTest
from imtdx.variables import AGE, FUSION, ORDERED, SEX, SITE
from imtdx.words import age_words

__all__ = ["Coder"]


#: Likelihood of a reported value given the true state (negative, focal, diffuse) of a stain.
STAIN_LIKELIHOOD = {
    "negative": (1.0, 0.0, 0.0),
    "focal": (0.0, 1.0, 0.0),
    "diffuse": (0.0, 0.0, 1.0),
    "positive": (0.0, 1.0, 1.0),
    # even odds between negative and a weak positive; a diffuse stain is not called equivocal
    "equivocal": (0.5, 0.5, 0.0),
}
#: The same for tests with two states (negative, positive).
TEST_LIKELIHOOD = {
    "negative": (1.0, 0.0),
    "focal": (0.0, 1.0),
    "diffuse": (0.0, 1.0),
    "positive": (0.0, 1.0),
    "equivocal": (0.5, 0.5),
}


@dataclass
class Coder:
    """Turns findings and context into evidence for one network.

    Args:
        network: the network whose variables the evidence is for.
    """

    network: Network

    def evidence(self, panel: Panel) -> dict[str, Array]:
        """Variable -> likelihood vector of shape (states,), for everything in the panel that carries weight."""
        out: dict[str, Array] = {}
        for finding in panel.informative:
            for name, vector in self.finding(finding, panel.readings).items():
                if name == FUSION:
                    # results of several genes, each by sequencing
                    out[name] = out.get(name, 1.0) * vector
                # what was told of a variable itself goes before what another stain implies
                elif name == finding.marker or name not in panel:
                    out[name] = vector
        out.update(self.context(panel.context))
        if panel.complete:
            out.update(self.ordered(mentioned(panel)))
        return out

    @cached_property
    def orders(self) -> Orders | None:
        """The weights of what is asked for; ``None`` in a network without that judgement."""
        return read_orders(self.network.knowledge, self.network.diagnoses, self.network.prior)

    def ordered(self, markers: Iterable[str]) -> dict[str, Array]:
        """Evidence of which stains were asked for, whatever their result: a likelihood over Diagnosis, largest 1.

        Args:
            markers: those mentioned by a report that mentions all it asked for.
        """
        if self.orders is None:
            return {}
        log = self.orders.log_likelihood(self.orders.indicator(markers))
        return {ORDERED: np.exp(log - log.max())}

    def finding(self, finding: Finding, readings: Iterable[Finding] = ()) -> dict[str, Array]:
        """Evidence of one finding; a stain of a driver may speak of its pattern too, sequencing of the driver itself.

        Args:
            finding: the finding.
            readings: the results as told, of which those of its marker may be by several methods; these multiply.
        """
        if not finding.informative or finding.marker not in self.network.nodes:
            return {}
        test = self.network.structure.tests.get(finding.marker)
        if test is not None:
            told = [r for r in readings if r.marker == finding.marker and r.informative and not r.component]
            methods = {r.method: r for r in told} if len({r.method for r in told}) > 1 else {finding.method: finding}
            return {k: v for r in methods.values() for k, v in self._test(r, test).items()}
        out = {finding.marker: self.likelihood(finding)}
        pattern = self.network.structure.pattern
        if (
            pattern
            and finding.marker == pattern[2]
            and finding.pattern
            and finding.value in ("positive", "focal", "diffuse")
        ):
            out[pattern[0]] = np.array(TEST_LIKELIHOOD["positive" if finding.pattern == pattern[3] else "negative"])
        return out

    def _test(self, finding: Finding, test: DriverTest) -> dict[str, Array]:
        """A genetic test of a driver: the usual method has a variable of its own, others are evidence on the driver."""
        how = self.network.structure.methods.get(finding.method)
        if how is None:
            return {finding.marker: self.likelihood(finding)}
        sensitivity, false_positive = how
        positive = np.full(len(self.network.structure.states), false_positive)
        positive[self.network.structure.states.index(test.fusion)] = sensitivity
        negative, told = TEST_LIKELIHOOD[finding.value]
        return {FUSION: negative * (1 - positive) + told * positive}

    def likelihood(self, finding: Finding) -> Array:
        """Likelihood vector of one finding on its own variable, shape (states,)."""
        kind = self.network.knowledge.markers[finding.marker].kind
        if kind == "index":
            assert finding.low is not None and finding.high is not None
            return _ki67(finding.low, finding.high, tuple(self.network.knowledge.network["ki67"]["edges"]))
        if kind != "ihc":
            return np.array(TEST_LIKELIHOOD[finding.value])
        out = np.array(STAIN_LIKELIHOOD[finding.value])
        stain = self.network.structure.stains.get(finding.marker)
        if stain and stain.clones and finding.clone and finding.clone in stain.clones and finding.value == "negative":
            detected, of = stain.clones[finding.clone]
            if of:
                # a less sensitive clone misses some positives: its negative leaves room for them (one pseudo-case each way)
                out[1:] = 1 - (detected + 1) / (of + 2)
        return out

    def context(self, context: Context) -> dict[str, Array]:
        """Evidence of age, sex and site."""
        out: dict[str, Array] = {}
        spec = self.network.knowledge.network["context"]
        if context.age is not None:
            out[AGE] = np.eye(len(spec["age_bands"]))[age_band(context.age, spec["age_edges"])]
        if context.sex is not None:
            out[SEX] = np.eye(len(spec["sexes"]))[spec["sexes"].index(context.sex)]
        if context.site is not None:
            # a word that names a set of sites ("pelvis") leaves each of them open
            out[SITE] = np.isin(spec["sites"], expand_sites(self.network.knowledge.network, [context.site])).astype(
                float
            )
        return out

    def labels(self, panel: Panel) -> list[tuple[str, str]]:
        """(variable, words) of every piece of evidence, in reading order: context after the findings."""
        known: Iterable[tuple[str, str]] = (
            (f.marker, f.value) for f in panel.informative if f.marker in self.network.nodes
        )
        out = list(known)
        if FUSION in (told := {k for f in panel.informative for k in self.finding(f, panel.readings)}):
            tests = [f for f in panel.informative if f.marker in self.network.structure.tests]
            by = [f for f in tests if FUSION in self.finding(f, panel.readings)]
            out = [x for x in out if x[0] in told]
            out.append((FUSION, ", ".join(f"{self.network.structure.tests[f.marker].fusion} {f.value}" for f in by)))
        c = panel.context
        if c.age is not None:
            out.append((AGE, age_words(c.age)))
        if c.sex is not None:
            out.append((SEX, c.sex))
        if c.site is not None:
            out.append((SITE, c.site))
        if panel.complete and self.orders is not None:
            asked = self.orders.indicator(mentioned(panel))
            out.append((ORDERED, order_words(self.network.knowledge, self.orders.markers, asked)))
        return out


@lru_cache(maxsize=4096)
def _ki67_cached(low: float, high: float, edges: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(ki67_likelihood(low, high, edges))


def _ki67(low: float, high: float, edges: tuple[float, ...]) -> Array:
    return np.array(_ki67_cached(low, high, edges))
