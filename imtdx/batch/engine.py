"""The engine for many cases at once: rows of integer codes in, posteriors out.

A column has a vocabulary: entry 0 is "not told", every other entry is a piece of evidence on one or more variables.
Given the spine (Diagnosis and TissueQuality) the trees of the network are independent, so each tree is a lookup table
from the codes of its columns to a likelihood on the spine. Small tables are fused until a panel is a handful of them:
a case then costs a few gathers and products of 64 numbers, without exp or log per diagnosis.

Tables are in linear space, each row scaled to a largest value of 1 with the logarithm of the scale kept beside it;
long panels are rescaled between tables before anything can underflow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imtdx.batch.orders import RowOrders
from imtdx.batch.tables import Group, Latent, Remembered, Table, connected, product
from imtdx.engine import Engine, Evidence
from imtdx.variables import FUSION

__all__ = ["BatchEngine", "Block"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]
Keys = NDArray[np.intp]

#: Rows of a fused table at most: 4096 rows of 64 doubles stay in a core's cache.
TABLE_ROWS = 4096
#: Cases worked on at a time, so that the arrays in hand stay in the cache.
BLOCK = 2048
#: Combinations of codes of one tree up to which those that occur are remembered; above, the root's state is summed out
#: case by case.
REMEMBERED = 1 << 15
#: Natural log of the smallest product allowed before rescaling (doubles reach to about -708).
_FLOOR = -600.0


@dataclass(slots=True)
class Block:
    """Results of a run of consecutive rows. The arrays are used again for the next block: copy what is to be kept.

    Attributes:
        start, stop (int): the rows, from ``start`` to before ``stop``.
        posterior: P(Diagnosis | evidence), shape (rows, diagnoses).
        log_evidence: natural log of P(evidence), shape (rows,).
        compromised: P(TissueQuality = compromised | evidence), shape (rows,); 0 in a network without tissue quality.
    """

    start: int
    stop: int
    posterior: Array
    log_evidence: Array
    compromised: Array


class BatchEngine:
    """Posteriors of many cases given as codes.

    Args:
        engine: the compiled network.
        vocabularies: one per column; entry 0 must be empty evidence, the others map variables to likelihood vectors of
        shape (states,).
            Where two columns speak of one variable, the later column counts, as in a dict.
        table_rows (int): largest fused table. Small frames do better with small tables.
    """

    def __init__(
        self, engine: Engine, vocabularies: Sequence[Sequence[Evidence]], *, table_rows: int = TABLE_ROWS
    ) -> None:
        self.engine = engine
        self.vocabularies = [list(v) for v in vocabularies]
        if any(not v or v[0] for v in self.vocabularies):
            raise ValueError("entry 0 of every vocabulary must be empty evidence")
        self.sizes = [len(v) for v in self.vocabularies]
        self.table_rows = table_rows
        #: (tissue, diagnoses): tissue is summed out by adding whole halves of a row
        self.tissues = engine.log_spine.shape[1]
        self.n_diagnoses = engine.log_spine.shape[0]
        self.width = self.tissues * self.n_diagnoses
        self._groups = self._plan()

    # --- tables --------------------------------------------------------------------------------------------------------

    def tabulate(self, columns: tuple[int, ...], keys: Keys) -> tuple[Array, Array]:
        """Scaled likelihoods of combinations of codes of some columns.

        Args:
            columns: positions of columns that share trees with no other column.
            keys: mixed-radix numbers of the codes, shape (combinations,).

        Returns:
            tuple[Array, Array]: values of shape (combinations, tissue * diagnoses) and log scales of shape (combinations,).
        """
        values, logs = np.empty((len(keys), self.width)), np.empty(len(keys))
        for start in range(0, len(keys), 512):
            part = slice(start, start + 512)
            flat = self.log_tabulate(columns, keys[part])
            top = flat.max(axis=1)
            values[part], logs[part] = np.exp(flat - top[:, None]), top
        return values, logs

    def log_tabulate(self, columns: tuple[int, ...], keys: Keys, given: Evidence | None = None) -> Array:
        """Log-likelihoods of combinations of codes, natural, shape (combinations, tissue * diagnoses).

        Args:
            columns, keys: as in `tabulate`.
            given: further evidence, the same for all.
        """
        codes = np.unravel_index(keys, [self.sizes[c] for c in columns])
        evidence: dict[str, Array] = {
            name: np.broadcast_to(vector, (len(keys), len(vector))) for name, vector in (given or {}).items()
        }
        for column, code in zip(columns, codes, strict=True):
            vocabulary = self.vocabularies[column]
            for name in dict.fromkeys(name for entry in vocabulary for name in entry):
                told = np.array([name in entry for entry in vocabulary])
                states = len(self.engine.network.states(name))
                vectors = np.array([entry.get(name, np.ones(states)) for entry in vocabulary], dtype=float)
                mine = vectors[code]
                if name in (given or {}) or (name == FUSION and name in evidence):
                    evidence[name] = evidence[name] * mine
                else:
                    evidence[name] = np.where(told[code][:, None], mine, evidence[name]) if name in evidence else mine
        total = np.zeros((len(keys), self.n_diagnoses, self.tissues))
        for part in self.engine.log_likelihoods(evidence).values():
            total += part
        return total.transpose(0, 2, 1).reshape(len(keys), self.width)

    def _plan(self) -> list[Group]:
        """Columns to groups: columns of one tree together, then small tables fused while they stay small."""
        groups: list[Group] = []
        tables = []
        touched = {c: {self.engine.root(n) for entry in v for n in entry} for c, v in enumerate(self.vocabularies)}
        for bundle in connected(touched):
            size = int(np.prod([self.sizes[c] for c in bundle], dtype=object))
            roots = set().union(*(touched[c] for c in bundle))
            # where a column tells the root, as with the site, its state need not be summed out
            told = any({n for e in self.vocabularies[c] for n in e} == roots for c in bundle)
            if len(roots) == 1 and (size > REMEMBERED or (told and size > TABLE_ROWS)):
                groups.append(Latent(self, bundle, roots.pop()))
            elif size > self.table_rows:
                groups.append(Remembered(self, bundle))
            else:
                values, logs = self.tabulate(bundle, np.arange(size))
                tables.append(Table(bundle, tuple(self.sizes[c] for c in bundle), values, logs))
        # the prior joins as a table of one row, so that it costs nothing per case
        prior = self.engine.log_spine.T.reshape(1, self.width)
        tables.append(Table((), (), np.exp(prior - prior.max()), np.array([prior.max()])))
        return [*self._fuse(tables), *groups]

    def _fuse(self, tables: list[Table]) -> list[Table]:
        """Fewest tables within the limit, largest first; each goes where it leaves least room over (best fit)."""
        bins: list[list[Table]] = []
        for table in sorted(tables, key=lambda t: -len(t.values)):
            room = [self.table_rows // int(np.prod([len(t.values) for t in b])) for b in bins]
            fitting = [k for k, r in enumerate(room) if r >= len(table.values)]
            if fitting:
                bins[min(fitting, key=lambda k: room[k])].append(table)
            else:
                bins.append([table])
        return [product(b) for b in bins]

    # --- running -------------------------------------------------------------------------------------------------------

    def blocks(self, codes: Sequence[Codes], block: int = BLOCK, ordered: RowOrders | None = None) -> Iterator[Block]:
        """Posteriors in blocks of rows.

        Args:
            codes: one array of shape (cases,) per column, entries of the column's vocabulary.
            block (int): rows at a time.
            ordered: what was asked for in each row, as further evidence on the diagnosis.

        Raises:
            IndexError: a code outside its vocabulary.
        """
        n = self._check(codes)
        rows = min(block, n)
        a, b = np.empty((rows, self.width)), np.empty((rows, self.width))
        joint = np.empty((rows, self.n_diagnoses))
        ones = np.ones(self.n_diagnoses)
        for start in range(0, n, block):
            stop = min(start + block, n)
            m = stop - start
            likelihood, logs = self._likelihood(codes, start, stop, a[:m], b[:m])
            if ordered is not None:
                spine = likelihood.reshape(m, self.tissues, self.n_diagnoses)
                spine *= ordered.likelihood(start, stop)[:, None, :]
            total = joint[:m]
            compromised: Array
            if self.tissues == 2:
                np.add(likelihood[:, : self.n_diagnoses], likelihood[:, self.n_diagnoses :], out=total)
            else:
                total[:] = likelihood.reshape(m, self.tissues, self.n_diagnoses).sum(axis=1)
            evidence = total @ ones
            compromised = likelihood[:, self.n_diagnoses :].reshape(m, -1) @ np.ones(self.width - self.n_diagnoses)
            inverse = 1.0 / evidence
            total *= inverse[:, None]
            compromised *= inverse
            yield Block(start, stop, total, np.log(evidence) + logs, compromised)

    def posterior(self, codes: Sequence[Codes]) -> Array:
        """P(Diagnosis | evidence) of every case, shape (cases, diagnoses)."""
        out = np.empty((self._check(codes), self.n_diagnoses))
        for block in self.blocks(codes):
            out[block.start : block.stop] = block.posterior
        return out

    def log_joint(self, codes: Sequence[Codes], ordered: RowOrders | None = None) -> Array:
        """log P(evidence, Diagnosis), natural, shape (cases, diagnoses); for cases whose ratios leave the range of doubles."""
        n = self._check(codes)
        out = np.empty((n, self.n_diagnoses))
        for start in range(0, n, BLOCK):
            total = np.zeros((min(BLOCK, n - start), self.width))
            for group in self._groups:
                values, logs, place = group.look_up(codes, start, start + len(total))
                with np.errstate(divide="ignore"):
                    total += np.log(values[place]) + logs[place][:, None]
            spine = total.reshape(len(total), self.tissues, self.n_diagnoses)
            out[start : start + BLOCK] = np.logaddexp.reduce(spine, axis=1)
            if ordered is not None:
                out[start : start + BLOCK] += ordered.log_likelihood(start, start + len(total))
        return out

    def _check(self, codes: Sequence[Codes]) -> int:
        if len(codes) != len(self.sizes):
            raise IndexError(f"{len(codes)} columns of codes for {len(self.sizes)} vocabularies")
        for k, (code, size) in enumerate(zip(codes, self.sizes, strict=True)):
            if len(code) and (int(code.max()) >= size or int(code.min()) < 0):
                raise IndexError(f"column {k}: codes must lie from 0 to {size - 1}")
        return len(codes[0]) if len(codes) else 0

    def _likelihood(self, codes: Sequence[Codes], start: int, stop: int, a: Array, b: Array) -> tuple[Array, Array]:
        """Scaled P(evidence, spine), shape (rows, tissue * diagnoses), and log scales of shape (rows,)."""
        n = stop - start
        scale = np.zeros(n)
        floor = 0.0
        for position, group in enumerate(self._groups):
            values, logs, place = group.look_up(codes, start, stop)
            target = b if position else a
            # codes are checked, and "clip" spares numpy a copy
            np.take(values, place, axis=0, out=target, mode="clip")
            scale += logs[place]
            if position:
                if floor + group.floor < _FLOOR:
                    top = a.max(axis=1)
                    a /= top[:, None]
                    scale += np.log(top)
                    floor = 0.0
                a *= b
            floor += group.floor
        return a, scale
