"""Expected information of tests not yet done, exact in the network.

The worth of a test is the expected fall of the entropy of the diagnosis when its result becomes known (Shannon 1948; Lindley
1956, Ann Math Stat 27:986), in bits, given everything already known. Tests overlap (KIT and DOG1, ALK stain and ALK FISH), so a
panel is not worth the sum of its tests: `best_panel` weighs the joint result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imtdx._types import Array
from imtdx.answer.case import Case, Known
from imtdx.answer.stock import Stock
from imtdx.errors import UnknownNameError

__all__ = ["ORDERED", "BestPanel", "Known", "best_panel", "candidates", "counted", "customary", "entropy", "preference"]


#: Kinds of markers that are ordered. H&E features are looked at, and a pattern is read off a stain already done.
ORDERED = frozenset({"ihc", "index", "fish", "mutation"})
#: A test is customary where the diagnoses still open have it in this share of their finished reports, by the stated judgement on orders,
#: or where one of at least `_OPEN` probability is known by it.
_CUSTOMARY, _OPEN = 0.1, 0.02
#: A genetic test is asked for where a diagnosis still open is positive in at least this share.
_GENETIC = 0.3
#: A further test must add this much (bits) to enter a panel.
_LEAST_GAIN = 0.005
#: Up to this many joint results the panel is weighed exactly; beyond, a seeded sample of this size stands for them.
_RESULTS = 243


def entropy(p: Array, axis: int = -1) -> Array:
    """Shannon entropy in bits over an axis of probabilities; 0 log 0 is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, -p * np.log2(p), 0.0)
    out: Array = terms.sum(axis=axis)
    return out


def candidates(case: Case) -> tuple[str, ...]:
    """Markers that could be ordered: in stock, within the sections left, and without an informative result so far.

    Raises:
        UnknownNameError: the stock names a marker that is not known.
    """
    m, stock = case.model, case.stock
    markers = m.knowledge.markers
    for name in stock or ():
        if name not in markers:
            raise UnknownNameError("marker", name, markers)
    known = {f.marker for f in case.panel.informative} | set(case.evidence)
    return tuple(
        k
        for k, marker in markers.items()
        if marker.kind in ORDERED
        and k not in known
        and k in m.network.nodes
        and (stock is None or k in stock)
        and customary(case, k)
        and _fits(case, [k])
    )


def customary(case: Case, marker: str) -> bool:
    """Whether a pathologist would ask for a test here, by what is ordered in the diagnoses still open.

    Args:
        case: the case; a stock states what can be had, so everything in it counts as customary.
        marker: marker id.
    """
    m = case.model
    if case.stock is not None or not m.knowledge.judgement.diagnoses:
        return True
    if marker == m.network.structure.witness:
        return False  # it shows that the tissue reacts, and every diagnosis has it
    judged = m.knowledge.judgement.diagnoses
    share = known = 0.0
    for k, d in enumerate(m.diagnoses):
        p = float(case.posterior[k])
        if d in judged and marker in judged[d].ordered:
            share, known = share + p * judged[d].ordered[marker], known + p
        if p < _OPEN:
            continue
        if marker in m.knowledge.diagnoses[d].signature:
            return True
        if (
            m.knowledge.markers[marker].kind in ("fish", "mutation")
            and m.network.rates.cell(d, marker).mean >= _GENETIC
        ):
            return True
    if m.knowledge.markers[marker].kind in ("fish", "mutation"):
        return False
    return known > 0 and share / known >= _CUSTOMARY


def counted(case: Case, marker: str) -> float:
    """Probability of the diagnoses whose rate of a marker is counted and not judged or a background."""
    rates = case.model.network.rates
    return float(
        sum(
            p
            for d, p in zip(case.model.diagnoses, case.posterior, strict=True)
            if p >= _OPEN / 10 and rates.cell(d, marker).kind in ("counted", "defined")
        )
    )


def _fits(case: Case, chosen: list[str]) -> bool:
    """Whether the tests fit the tissue sections left."""
    return (
        not isinstance(case.stock, Stock)
        or case.stock.left is None
        or sum(map(case.stock.sections, chosen)) <= case.stock.left
    )


def preference(case: Case, marker: str, bits: float) -> tuple[float, float, float]:
    """Sort key, best first: information in steps of 0.01 bit; among equals information per cost; then information itself.

    What rests on judgement or background alone counts half.
    """
    cost = 1.0 if case.stock is None else max(float(case.stock.get(marker, 1.0)), 1e-6)
    bits *= 0.5 + 0.5 * counted(case, marker)
    return (-round(bits, 2), -bits / cost, -bits)


@dataclass(frozen=True, slots=True)
class BestPanel:
    """A panel of tests weighed by its joint result.

    Attributes:
        markers: marker ids in the order chosen; each panel holds the one before it and one test more.
        bits: expected information of the joint result about the diagnosis (bits).
        gain: what the last test adds to the panel before it (bits).
        p_first: expected probability of whichever diagnosis will come first (probability).
        changes_first: chance that the joint result changes the first diagnosis (probability).
        cost: sum of the stated costs; 0 without a stock.
        sections: tissue sections used, one a test unless stated.
        exact: whether all joint results were enumerated; a seeded sample otherwise.
    """

    markers: tuple[str, ...]
    bits: float
    gain: float
    p_first: float
    changes_first: float
    cost: float
    sections: int
    exact: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {"markers": list(self.markers)}


def best_panel(case: Case, k: int = 4) -> list[BestPanel]:
    """Greedy best panels of 1 to ``k`` tests, overlap accounted for.

    Each step adds the test whose result, together with those already chosen, is expected to tell most. Greedy choice is not
    always the best set; where tests are independent given the diagnosis it tells at least 1 - 1/e (63 %) as much (Krause &
    Guestrin 2005).

    Args:
        case: the case.
        k (int): most tests.

    Returns:
        list[BestPanel]: nested, shortest first; it ends early when no further test adds 0.005 bits or none fits the stock.
    """
    known, engine = case.known, case.model.engine
    rng = np.random.default_rng(case.seed)
    open_tests = list(candidates(case))
    alone = {name: known.gain(name)[0] for name in open_tests}
    top = known.spine.max()
    total = np.log(np.exp(known.spine - top).sum()) + top
    # log P(results so far, spine | evidence), shape (results, diagnoses, tissue), and the results as rows of likelihood vectors
    joint, rows, exact = (known.spine - total)[None], dict[str, Array](), True
    out: list[BestPanel] = []
    first = int(case.posterior.argmax())
    while open_tests and len(out) < k:
        chosen = [*out[-1].markers] if out else []
        unsure = _expected_entropy(np.exp(joint).sum(axis=-1))
        best: tuple[tuple[float, float, float], str, float, float, Array] | None = None
        for name in open_tests:
            if not _fits(case, [*chosen, name]):
                continue
            kin = {x: r for x, r in rows.items() if engine.root(x) == engine.root(name)}
            if kin:
                # tests of one tree (KIT and DOG1) are weighed together: their earlier share is taken out first
                grown = joint[:, None] + known.gain(name, kin) - _share(known, kin)[:, None]
            else:
                grown = joint[:, None] + alone[name][None]
            weights = np.exp(grown).sum(axis=-1)
            # against the same results (or sample of them), so that a gain is never noise of the sample and never negative
            gain = unsure - _expected_entropy(weights)
            key = preference(case, name, gain)
            if best is None or key < best[0]:
                best = (key, name, gain, float(weights.max(axis=-1).sum()), grown)
        if best is None or best[2] < _LEAST_GAIN:
            break
        _, name, gain, p_first, grown = best
        markers = (*chosen, name)
        cost = float(sum(case.stock[x] for x in markers)) if case.stock is not None else 0.0
        sections = sum(case.stock.sections(x) if isinstance(case.stock, Stock) else 1 for x in markers)
        weights = np.exp(grown).sum(axis=-1)
        changes = float(weights[weights.argmax(axis=-1) != first].sum())
        bits = (out[-1].bits if out else 0.0) + gain
        out.append(BestPanel(markers, bits, gain, p_first, changes, cost, sections, exact))
        open_tests.remove(name)
        states = grown.shape[1]
        rows = {x: np.repeat(r, states, axis=0) for x, r in rows.items()}
        rows[name] = np.tile(np.eye(states), (len(joint), 1))
        joint = grown.reshape(-1, *grown.shape[2:])
        if len(joint) > _RESULTS and len(out) < k:
            joint, rows = _sample(joint, rows, rng)
            exact = False
    return out


def _share(known: Known, rows: Mapping[str, Array]) -> Array:
    """What results of one tree added to the spine, shape (cases, diagnoses, tissue or 1)."""
    engine = known.engine
    root, cases = engine.root(next(iter(rows))), len(next(iter(rows.values())))
    own = {k: np.broadcast_to(v, (cases, len(v))) for k, v in known.evidence.items() if engine.root(k) == root}
    (logs,) = engine.log_likelihoods(own | dict(rows)).values()
    out: Array = logs - known.parts.get(root, np.zeros((1, 1)))
    return out


def _expected_entropy(weights: Array) -> float:
    """Expected entropy (bits) of the last axis; ``weights`` is the joint probability of results and diagnosis and sums to 1."""
    return float(entropy(weights.reshape(1, -1))[0] - entropy(weights.sum(axis=-1).reshape(1, -1))[0])


def _sample(joint: Array, rows: Mapping[str, Array], rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
    """A sample of the joint results, each with the same weight."""
    weights = np.exp(joint).sum(axis=(-1, -2))
    pick = rng.choice(len(joint), size=_RESULTS, p=weights / weights.sum())
    even: Array = joint[pick] - np.log(weights[pick] * _RESULTS)[:, None, None]
    return even, {k: v[pick] for k, v in rows.items()}
