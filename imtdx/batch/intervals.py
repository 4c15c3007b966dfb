"""95 % credible intervals of P(IMT) for many cases: the draws of `Engine.draws`, with everything that cases share
worked out once.

Each tree of the network gives, for one combination of codes, the likelihoods of all draws; combinations repeat from
case to case and are remembered. A case then costs one product of (draws, tissue, diagnoses) arrays per tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.orders import RowOrders
from imtdx.engine import known_site
from imtdx.intervals import draw_weights, weighted_quantiles
from imtdx.variables import ORDERED

if TYPE_CHECKING:
    from imtdx.engine import Engine, Evidence

__all__ = ["IntervalTables"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

#: Bytes of remembered likelihoods.
_MEMORY = 128 << 20


class IntervalTables:
    """Intervals from codes. Not for several threads at once.

    Args:
        engine: the compiled network.
        draws, seed (int): as in `Engine.draws`; the same seed gives the same intervals as for a single case.
    """

    def __init__(self, engine: Engine, draws: int, seed: int) -> None:
        self._engine, self._draws, self._seed = engine, draws, seed
        self._drawn: dict[tuple[str, int | None], Array] = {}
        self._known: dict[tuple[tuple[str, bytes], ...], tuple[Array, Array]] = {}
        d, t = engine.log_spine.shape
        self._prior = np.exp(engine.log_spine - engine.log_spine.max())
        self._most = max(16, _MEMORY // (8 * draws * d * t))

    def intervals(
        self,
        vocabularies: Sequence[Sequence[Evidence]],
        codes: Sequence[Codes],
        diagnosis: int,
        ordered: RowOrders | None = None,
    ) -> tuple[Array, Array]:
        """2.5 % and 97.5 % quantiles of the probability of one diagnosis, each of shape (cases,).

        Args:
            vocabularies: of each column.
            codes: one array of shape (cases,) per column.
            diagnosis (int): index.
            ordered: what was asked for in each row.
        """
        n = len(codes[0])
        low, high = np.empty(n), np.empty(n)
        for start in range(0, n, 256):
            part = range(start, min(start + 256, n))
            for row in part:
                evidence: dict[str, Array] = {}
                for vocabulary, code in zip(vocabularies, codes, strict=True):
                    evidence.update(vocabulary[int(code[row])])
                if ordered is not None and ordered.complete[row]:
                    evidence[ORDERED] = ordered.likelihood(row, row + 1)[0]
                drawn, weights = self._one(evidence, diagnosis)
                (low[row],), (high[row],) = weighted_quantiles(drawn[:, None], weights, (0.025, 0.975))
        return low, high

    def _one(self, evidence: Mapping[str, Array], diagnosis: int) -> tuple[Array, Array]:
        """Probability of a diagnosis in every draw, and the weights of the draws, each of shape (draws,)."""
        product = np.broadcast_to(self._prior, (self._draws, *self._prior.shape))
        scale = np.zeros(self._draws)
        for step, members in enumerate(self._engine.trees(evidence).values(), start=1):
            likelihood, log_scale = self._tree({m: evidence[m] for m in members})
            product = product * likelihood
            scale = scale + log_scale
            if step % 8 == 0:
                # keeps long panels within the range of doubles
                most = product.max(axis=(1, 2), keepdims=True)
                product = product / most
                scale = scale + np.log(most[:, 0, 0])
        joint = product.sum(axis=2)
        total = joint.sum(axis=1)
        return joint[:, diagnosis] / total, draw_weights(np.log(total) + scale)

    def _tree(self, evidence: Mapping[str, Array]) -> tuple[Array, Array]:
        """Likelihoods of the evidence of one tree in every draw, scaled to a largest value of 1, shape (draws,
        diagnoses, tissue), and the natural log of the scale, shape (draws,)."""
        key = tuple((name, vector.tobytes()) for name, vector in evidence.items())
        if key not in self._known:
            if len(self._known) >= self._most:
                self._known.clear()
            site = known_site(evidence)
            (logs,) = self._engine.log_likelihoods(evidence, lambda name: self._table(name, site)).values()
            most = np.broadcast_to(logs, (self._draws, *logs.shape[-2:])).max(axis=(-1, -2))
            self._known[key] = (np.exp(logs - most[:, None, None]), most)
        return self._known[key]

    def _table(self, name: str, site: int | None) -> Array:
        if (name, site) not in self._drawn:
            self._drawn[name, site] = self._engine.network.draw(name, self._draws, self._seed, site)
        return self._drawn[name, site]
