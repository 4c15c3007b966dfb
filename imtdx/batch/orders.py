"""What was asked for in many cases at once: the likelihood of `imtdx.orders`, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imtdx._types import Array
from imtdx.orders import Orders

__all__ = ["RowOrders"]


@dataclass(frozen=True)
class RowOrders:
    """Which stains each row mentions, and whether that is evidence.

    Attributes:
        orders: the weights.
        told: which of ``orders.markers`` are mentioned, shape (rows, markers).
        complete: rows that tell all they asked for, shape (rows,).
    """

    orders: Orders
    told: NDArray[np.bool_]
    complete: NDArray[np.bool_]

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> RowOrders:
        """The same for some rows."""
        return RowOrders(self.orders, self.told[rows], self.complete[rows])

    def log_likelihood(self, start: int, stop: int) -> Array:
        """log of the likelihood over Diagnosis, largest 0, all 0 where it is no evidence, shape (rows, diagnoses)."""
        log = self.orders.log_likelihood(self.told[start:stop])
        log -= log.max(axis=1, keepdims=True)
        log[~self.complete[start:stop]] = 0.0
        return log

    def likelihood(self, start: int, stop: int) -> Array:
        """The likelihood over Diagnosis, largest 1, shape (rows, diagnoses)."""
        log = self.log_likelihood(start, stop)
        return np.exp(log, out=log)

    def codes(self) -> NDArray[np.int64]:
        """One number per distinct likelihood, shape (rows,)."""
        packed = np.packbits(np.column_stack([self.told & self.complete[:, None], self.complete]), axis=1)
        _, back = np.unique(packed, axis=0, return_inverse=True)
        return back.ravel().astype(np.int64)
