"""What was asked for in many cases at once: the likelihood of `imtdx.orders`, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.orders import Orders

__all__ = ["RowOrders"]


@dataclass(frozen=True)
class RowOrders:
    """Which stains each row mentions, and whether that is evidence; rows that mention the same share their likelihood.

    Attributes:
        table: log of each distinct likelihood over Diagnosis, largest 0, shape (distinct, diagnoses).
        place: which of them is a row's, shape (rows,).
        complete: rows that tell all they asked for, shape (rows,); the others have the likelihood 1.
    """

    table: Array
    place: NDArray[np.intp]
    complete: NDArray[np.bool_]

    @classmethod
    def of(cls, orders: Orders, told: NDArray[np.bool_], complete: NDArray[np.bool_]) -> RowOrders:
        """From which of ``orders.markers`` each row mentions.

        Args:
            orders: the weights.
            told: shape (rows, markers).
            complete: shape (rows,).
        """
        packed = np.packbits(told & complete[:, None], axis=1)
        packed = np.column_stack([packed, complete.astype(np.uint8)])
        # rows of bytes as one number each, so that they are sorted as numbers
        padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
        padded[:, : packed.shape[1]] = packed
        key = np.zeros(len(packed), np.int64)
        for word in padded.view(np.int64).T:
            _, code = np.unique(word, return_inverse=True)
            _, key = np.unique(key * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        log = orders.log_likelihood(told[first])
        log -= log.max(axis=1, keepdims=True)
        log[~complete[first]] = 0.0
        return cls(log, place, complete)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> RowOrders:
        """The same for some rows."""
        return RowOrders(self.table, self.place[rows], self.complete[rows])

    @cached_property
    def _likelihoods(self) -> Array:
        out: Array = np.exp(self.table)
        return out

    def log_likelihood(self, start: int, stop: int) -> Array:
        """log of the likelihood over Diagnosis, largest 0, shape (rows, diagnoses)."""
        return self.table[self.place[start:stop]]

    def likelihood(self, start: int, stop: int) -> Array:
        """The likelihood over Diagnosis, largest 1, shape (rows, diagnoses)."""
        return self._likelihoods[self.place[start:stop]]

    def codes(self) -> NDArray[np.int64]:
        """One number per distinct likelihood, shape (rows,)."""
        return self.place.astype(np.int64)
