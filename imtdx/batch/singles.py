"""Findings on their own for many cases at once: P(finding | age, sex and site), which Jensen's conflict sets against P(all).

The probability of one finding given one combination of age, sex and site is a table, filled as combinations occur.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imtdx.answer.conflict import GROUND
from imtdx.batch.engine import BatchEngine
from imtdx.batch.orders import RowOrders

if TYPE_CHECKING:
    from imtdx.engine import Engine, Evidence

__all__ = ["Singles"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]


class Singles:
    """Probabilities of single findings from codes. Safe to use from several threads.

    Args:
        engine: the compiled network.
        names: variable of each column.
        vocabularies: of each column, entry 0 empty.
    """

    def __init__(self, engine: Engine, names: Sequence[str], vocabularies: Sequence[Sequence[Evidence]]) -> None:
        self._ground = [k for k, name in enumerate(names) if name in GROUND]
        self._findings = [k for k, name in enumerate(names) if name not in GROUND and len(vocabularies[k]) > 1]
        self._sizes = [len(vocabularies[k]) for k in self._ground]
        n = int(np.prod(self._sizes)) if self._sizes else 1
        ground = [vocabularies[k] for k in self._ground]
        self._engines = {k: BatchEngine(engine, [*ground, vocabularies[k]], table_rows=256) for k in self._findings}
        self._base_engine = BatchEngine(engine, [*ground, [{}]], table_rows=256)
        self._done = np.zeros(n, bool)
        self._base = np.zeros(n)
        #: finding column -> log P(entry | ground), shape (ground combinations, entries)
        self._single = {k: np.zeros((n, len(vocabularies[k]))) for k in self._findings}
        self._lock = threading.Lock()

    def log_alone(
        self, codes: Sequence[Codes], n: int, ordered: RowOrders | None = None
    ) -> tuple[Array, Array, NDArray[np.int16]]:
        """Natural log of P(ground), sum of the natural logs of P(finding | ground), and the number of findings, each of shape
        (cases,).

        Args:
            codes: one array of shape (cases,) per column.
            n (int): cases.
            ordered: what was asked for in each row; findings are judged against it as against age, sex and site.
        """
        base, alone, told = self._tabled(codes, n)
        if ordered is not None and ordered.complete.any():
            rows = np.flatnonzero(ordered.complete)
            base[rows], alone[rows] = self._ordered([c[rows] for c in codes], ordered[rows])
        return base, alone, told

    def _ordered(self, codes: Sequence[Codes], ordered: RowOrders) -> tuple[Array, Array]:
        """The same of rows with evidence of their own on the diagnosis, which no table holds."""
        ground = [codes[k] for k in self._ground]
        base = self._log_evidence(self._base_engine, [*ground, np.zeros(len(ordered.complete), np.intp)], ordered)
        alone = np.zeros(len(base))
        for column, engine in self._engines.items():
            told = np.flatnonzero(codes[column])
            if len(told):
                own = [c[told] for c in (*ground, codes[column])]
                alone[told] += self._log_evidence(engine, own, ordered[told]) - base[told]
        return base, alone

    def _tabled(self, codes: Sequence[Codes], n: int) -> tuple[Array, Array, NDArray[np.int16]]:
        """The same from the tables."""
        key = np.zeros(n, np.intp)
        for column, size in zip(self._ground, self._sizes, strict=True):
            key *= size
            key += codes[column]
        self._fill(key)
        out, told = np.zeros(n), np.zeros(n, np.int16)
        for column in self._findings:
            table = self._single[column]
            place = key * table.shape[1]
            place += codes[column]
            out += table.ravel()[place]
            told += codes[column] > 0
        return self._base[key], out, told

    def _fill(self, key: NDArray[np.intp]) -> None:
        """Work out the combinations of age, sex and site that occur for the first time."""
        if self._done[key].all():
            return
        with self._lock:
            new = np.unique(key[~self._done[key]])
            ground = [np.asarray(c) for c in np.unravel_index(new, self._sizes)] if self._sizes else []
            base = self._log_evidence(self._base_engine, [*ground, np.zeros(len(new), np.intp)])
            self._base[new] = base
            for column, table in self._single.items():
                entries = table.shape[1]
                codes = [np.repeat(c, entries) for c in ground] + [np.tile(np.arange(entries), len(new))]
                table[new] = self._log_evidence(self._engines[column], codes).reshape(len(new), entries) - base[:, None]
            self._done[new] = True

    @staticmethod
    def _log_evidence(engine: BatchEngine, codes: Sequence[Codes], ordered: RowOrders | None = None) -> Array:
        out = np.empty(len(codes[0]))
        for block in engine.blocks(codes, ordered=ordered):
            out[block.start : block.stop] = block.log_evidence
        return out
