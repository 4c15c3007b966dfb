"""Tables from codes to likelihoods on the spine, for `imtdx.batch`: whole, remembered as they occur, or by branches of a tree.

Each has ``columns``, ``floor`` (natural log of the smallest value) and ``look_up``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from imtdx.batch.engine import BatchEngine

__all__ = ["Group", "Latent", "Remembered", "Table", "connected", "product"]

Array = NDArray[np.float64]
Codes = NDArray[np.integer]
#: Codes by column.
Columns = Sequence[Codes] | Mapping[int, Codes]
Keys = NDArray[np.intp]

#: Rows of a table that keeps the root's states apart.
#: The same for branches whose root is told, in multiples of it: they are larger by its states, and one is gathered.
_STATE_ROWS = 16
_LATENT_ROWS = 256


def mixed_radix(codes: Columns, columns: Sequence[int], sizes: Sequence[int], start: int, stop: int) -> Keys:
    """One number per row for the codes of some columns, shape (rows,)."""
    keys = np.zeros(stop - start, np.intp)
    for position, (column, size) in enumerate(zip(columns, sizes, strict=True)):
        if position:
            keys *= size
        keys += codes[column][start:stop]
    return keys


@dataclass
class Table:
    """Likelihoods on the spine of the codes of some columns.

    Attributes:
        columns: positions of the columns.
        sizes: vocabulary sizes of these columns; a key is the mixed-radix number of their codes.
        values: shape (product of sizes, tissue * diagnoses), each row's largest value is 1.
        logs: natural log of each row's scale, shape (product of sizes,).
        floor: natural log of the smallest value above 0.
    """

    columns: tuple[int, ...]
    sizes: tuple[int, ...]
    values: Array
    logs: Array
    floor: float = field(init=False)

    def __post_init__(self) -> None:
        # a site that is told leaves exact zeros for the others: they stay zeros and need no rescaling
        positive = self.values[self.values > 0]
        self.floor = float(np.log(positive.min())) if positive.size else 0.0

    def look_up(self, codes: Columns, start: int, stop: int) -> tuple[Array, Array, Keys]:
        """Values and logs, and where the rows from ``start`` to ``stop`` find theirs."""
        return self.values, self.logs, mixed_radix(codes, self.columns, self.sizes, start, stop)


class Remembered:
    """A tree with more combinations of codes than a table should hold: those that occur are computed once and remembered."""

    def __init__(self, batch: BatchEngine, columns: tuple[int, ...]) -> None:
        self.columns = columns
        self.sizes = tuple(batch.sizes[c] for c in columns)
        self._batch = batch
        self._lock = threading.Lock()
        self._known: tuple[Keys, Array, Array] = (np.empty(0, np.intp), np.empty((0, batch.width)), np.empty(0))
        # enough for any tree: no rate is below 1e-9
        self.floor = -21.0 * len(columns)

    def look_up(self, codes: Columns, start: int, stop: int) -> tuple[Array, Array, Keys]:
        """As `Table.look_up`."""
        distinct, back = np.unique(mixed_radix(codes, self.columns, self.sizes, start, stop), return_inverse=True)
        with self._lock:
            known, values, logs = self._known
            if len(known):
                place = np.minimum(np.searchsorted(known, distinct), len(known) - 1)
                new = distinct[known[place] != distinct]
            else:
                new = distinct
            if len(new):
                more_values, more_logs = self._batch.tabulate(self.columns, new)
                order = np.argsort(np.concatenate([known, new]))
                known = np.concatenate([known, new])[order]
                values = np.concatenate([values, more_values])[order]
                logs = np.concatenate([logs, more_logs])[order]
                self._known = known, values, logs
        return values, logs, np.searchsorted(known, distinct)[back]


class Latent:
    """A tree too large to remember, such as the kinase fusion with all its tests: one table per branch, kept apart by
    the state of the root.

    Given the root's state the branches are independent, so their tables multiply; then the state is summed out, case by case. Where
    the root itself is told, as the site mostly is, only the tables of that state are multiplied and nothing is summed.
    """

    def __init__(self, batch: BatchEngine, columns: tuple[int, ...], root: str) -> None:
        self.columns = columns
        self._batch, self._root = batch, root
        self._states = len(batch.engine.network.states(root))
        self._width = batch.width
        prior = batch.engine.network.table(root)[:, :, 0, :]
        shape = (batch.n_diagnoses, batch.tissues, self._states)
        #: P(root state | spine), shape (tissue * diagnoses, states)
        self._prior = np.broadcast_to(prior, shape).transpose(1, 0, 2).reshape(self._width, self._states)
        self._branches: list[Table] = []
        self.floor = -21.0 * len(columns)
        tables = [self._tabulate(members) for members in self._bundles()]
        for table in sorted(tables, key=lambda t: -len(t.values)):
            for k, other in enumerate(self._branches):
                if len(other.values) * len(table.values) <= _LATENT_ROWS:
                    self._branches[k] = product([other, table])
                    break
            else:
                self._branches.append(table)
        #: the column that tells the root and nothing else, and for each of its codes the one state it tells, or -1
        self._told, self._state_of = self._root_column()
        #: of each branch but that column's: values by state, shape (states * combinations, width), and log scales
        self._by_state = (
            []
            if self._told is None
            else [_by_state(t, self._width, self._states) for t in self._other_branches(tables)]
        )

    def _root_column(self) -> tuple[int | None, NDArray[np.intp]]:
        for column in self.columns:
            entries = self._batch.vocabularies[column]
            if {name for entry in entries for name in entry} == {self._root}:
                states = [np.flatnonzero(e[self._root]) if e else np.empty(0, np.intp) for e in entries]
                # a state told with less than certainty is left to the sum
                sure = [len(s) == 1 and e[self._root][s[0]] == 1.0 for s, e in zip(states, entries, strict=True)]
                return column, np.array([int(s[0]) if yes else -1 for s, yes in zip(states, sure, strict=True)])
        return None, np.empty(0, np.intp)

    def _other_branches(self, tables: list[Table]) -> list[Table]:
        """The branches without the column that tells the root, fused while they stay small."""
        out: list[Table] = []
        for table in sorted((t for t in tables if t.columns != (self._told,)), key=lambda t: -len(t.values)):
            for k, other in enumerate(out):
                if len(other.values) * len(table.values) * self._states <= _LATENT_ROWS * _STATE_ROWS:
                    out[k] = product([other, table])
                    break
            else:
                out.append(table)
        return out

    def _bundles(self) -> list[tuple[int, ...]]:
        """Columns that speak of the same branch of the tree together."""
        network = self._batch.engine.network

        def branch(name: str) -> str:
            parent = network.nodes[name].parent
            return name if name == self._root or parent == self._root or parent is None else branch(parent)

        # evidence on the root itself binds no branches together: given its state it is a factor of its own
        touched = {c: {branch(n) for e in self._batch.vocabularies[c] for n in e} - {self._root} for c in self.columns}
        return connected({c: names or {f"column {c}"} for c, names in touched.items()})

    def _tabulate(self, columns: tuple[int, ...]) -> Table:
        """P(codes | spine, root state), shape (combinations, tissue * diagnoses * states)."""
        sizes = tuple(self._batch.sizes[c] for c in columns)
        keys = np.arange(int(np.prod(sizes)))
        unit = np.eye(self._states)
        logs = np.stack([self._batch.log_tabulate(columns, keys, {self._root: row}) for row in unit], axis=-1)
        logs -= np.log(self._prior)
        flat = logs.reshape(len(keys), -1)
        top = flat.max(axis=1)
        return Table(columns, sizes, np.exp(flat - top[:, None]), top)

    def look_up(self, codes: Columns, start: int, stop: int) -> tuple[Array, Array, Keys]:
        """As `Table.look_up`."""
        if self._told is None:
            return self._summed(codes, start, stop)
        state = self._state_of[codes[self._told][start:stop]]
        known = state >= 0
        if known.all():
            return self._at_state(codes, start, stop, state)
        n = stop - start
        values, scale = np.empty((n, self._width)), np.empty(n)
        for rows, sure in ((np.flatnonzero(known), True), (np.flatnonzero(~known), False)):
            if len(rows):
                some = {c: codes[c][start:stop][rows] for c in self.columns}
                found = self._at_state(some, 0, len(rows), state[rows]) if sure else self._summed(some, 0, len(rows))
                values[rows], scale[rows] = found[0], found[1]
        return values, scale, np.arange(n)

    def _at_state(self, codes: Columns, start: int, stop: int, state: NDArray[np.intp]) -> tuple[Array, Array, Keys]:
        """`look_up` of rows whose root's state is told."""
        n = stop - start
        values, scale = self._prior.T[state], np.zeros(n)
        for columns, sizes, table, logs in self._by_state:
            place = mixed_radix(codes, columns, sizes, start, stop)
            values *= table[state * len(logs) + place]
            scale += logs[place]
        top = values.max(axis=1)
        values /= top[:, None]
        return values, scale + np.log(top), np.arange(n)

    def _summed(self, codes: Columns, start: int, stop: int) -> tuple[Array, Array, Keys]:
        """`look_up` with the root's state summed out."""
        n = stop - start
        values, scale = np.empty((n, self._width)), np.zeros(n)
        for first in range(0, n, 256):
            last = min(first + 256, n)
            found: Array | None = None
            for table in self._branches:
                _, logs, place = table.look_up(codes, start + first, start + last)
                scale[first:last] += logs[place]
                factor = table.values[place]
                found = factor if found is None else np.multiply(found, factor, out=found)
            assert found is not None
            np.einsum(
                "nws,ws->nw",
                found.reshape(last - first, self._width, self._states),
                self._prior,
                out=values[first:last],
            )
        top = values.max(axis=1)
        values /= top[:, None]
        return values, scale + np.log(top), np.arange(n)


def _by_state(table: Table, width: int, states: int) -> tuple[tuple[int, ...], tuple[int, ...], Array, Array]:
    """A branch with its values by state of the root, shape (states * combinations, width)."""
    values = table.values.reshape(len(table.values), width, states).transpose(2, 0, 1).reshape(-1, width)
    return table.columns, table.sizes, np.ascontiguousarray(values), table.logs


def connected(touched: Mapping[int, set[str]]) -> list[tuple[int, ...]]:
    """Columns that share something, directly or through others, together; columns that touch nothing are left out."""
    bundles: list[tuple[set[str], list[int]]] = []
    for column, names in touched.items():
        if not names:
            continue
        names, members = set(names), [column]
        for other in [b for b in bundles if b[0] & names]:
            names |= other[0]
            members = other[1] + members
            bundles.remove(other)
        bundles.append((names, members))
    return [tuple(sorted(members)) for _, members in bundles]


def product(tables: list[Table]) -> Table:
    """One table for the codes of all the columns of several."""
    values, logs = tables[0].values, tables[0].logs
    for table in tables[1:]:
        values = (values[:, None, :] * table.values[None, :, :]).reshape(-1, values.shape[1])
        logs = (logs[:, None] + table.logs[None, :]).ravel()
    top = values.max(axis=1)
    return Table(
        tuple(c for t in tables for c in t.columns),
        tuple(s for t in tables for s in t.sizes),
        values / top[:, None],
        logs + np.log(top),
    )


#: Any of them.
Group = Table | Remembered | Latent
