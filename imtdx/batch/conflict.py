"""Jensen's conflict of many cases at once, as `imtdx.conflict` defines it for one.

    conf = log2( P(e1 | g) ... P(en | g) / P(e1, ..., en | g) )        in bits, g = age, sex and site

The probability of one finding given one combination of age, sex and site is a table, filled as combinations occur.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.engine import BatchEngine
from imtdx.batch.orders import RowOrders
from imtdx.variables import AGE, SEX, SITE

if TYPE_CHECKING:
    from imtdx.engine import Engine, Evidence

__all__ = ["GROUND", "ConflictTables"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

#: The variables that findings are judged against, not with.
GROUND = (SITE, AGE, SEX)
#: An impossible panel has infinite conflict; tables have no infinity.
MOST_BITS = 999.0


class ConflictTables:
    """Conflict from codes. Safe to use from several threads.

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

    def conflict(self, codes: Sequence[Codes], log_evidence: Array, ordered: RowOrders | None = None) -> Array:
        """Conflict in bits, shape (cases,); 0 with fewer than two findings.

        Args:
            codes: one array of shape (cases,) per column.
            log_evidence: natural log of P(evidence), shape (cases,).
            ordered: what was asked for in each row; findings are judged against it as against age, sex and site.
        """
        out, told = self._tabled(codes, log_evidence)
        rows = np.flatnonzero(ordered.complete) if ordered is not None else ()
        if ordered is not None and len(rows):
            out[rows] = self._ordered([c[rows] for c in codes], log_evidence[rows], ordered[rows])
        out /= np.log(2)
        out[told < 2] = 0.0
        return np.clip(out, -MOST_BITS, MOST_BITS, out=out)

    def _ordered(self, codes: Sequence[Codes], log_evidence: Array, ordered: RowOrders) -> Array:
        """Conflict in natural logs of rows with evidence of their own on the diagnosis, which no table holds, shape (rows,)."""
        ground = [codes[k] for k in self._ground]
        base = self._log_evidence(self._base_engine, [*ground, np.zeros(len(log_evidence), np.intp)], ordered)
        out: Array = base - log_evidence
        for column, engine in self._engines.items():
            told = np.flatnonzero(codes[column])
            if len(told):
                own = [c[told] for c in (*ground, codes[column])]
                out[told] += self._log_evidence(engine, own, ordered[told]) - base[told]
        return out

    def _tabled(self, codes: Sequence[Codes], log_evidence: Array) -> tuple[Array, NDArray[np.int16]]:
        """Conflict in natural logs from the tables, and how many findings there are, each of shape (cases,)."""
        key = np.zeros(len(log_evidence), np.intp)
        for column, size in zip(self._ground, self._sizes, strict=True):
            key *= size
            key += codes[column]
        self._fill(key)
        out = self._base[key] - log_evidence
        told = np.zeros(len(out), np.int16)
        for column in self._findings:
            table = self._single[column]
            place = key * table.shape[1]
            place += codes[column]
            out += table.ravel()[place]
            told += codes[column] > 0
        return out, told

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
