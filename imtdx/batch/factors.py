"""Columns of a frame as distinct values and integers, so that each distinct cell is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["Factor", "factor_pandas", "factor_polars", "factor_series", "factor_values"]


@dataclass(frozen=True, slots=True)
class Factor:
    """A column: ``values[codes[row]]`` is the cell of a row.

    Attributes:
        codes: shape (rows,); -1 is an empty cell.
        values: the distinct cells, in order of first appearance.
    """

    codes: NDArray[np.integer]
    values: Sequence[Any]

    def cell(self, row: int) -> Any:
        """The cell of one row, ``None`` when empty."""
        code = int(self.codes[row])
        return None if code < 0 else self.values[code]

    def spread(self, table: NDArray[Any]) -> NDArray[Any]:
        """One value per row from one value per distinct cell plus one, the last, for empty cells."""
        # numpy reads -1 as the last
        out: NDArray[Any] = table[self.codes]
        return out


def factor_values(cells: Sequence[Any]) -> Factor:
    """A column given as Python values."""
    # with its type, because True, 1 and 1.0 are one key of a dict
    places: dict[tuple[type, Any], int] = {}
    codes = np.array([-1 if c is None else places.setdefault((type(c), c), len(places)) for c in cells], dtype=np.int32)
    return Factor(codes, [value for _, value in places])


def factor_pandas(series: pd.Series[Any]) -> Factor:
    """A pandas column of any dtype."""
    import pandas as pd

    try:
        codes, values = pd.factorize(series, use_na_sentinel=True)
    except TypeError:
        # lists and the like cannot be hashed: as text
        codes, values = pd.factorize(series.map(lambda v: None if v is None else str(v)), use_na_sentinel=True)
    return Factor(codes, list(values))


def factor_polars(series: pl.Series) -> Factor:
    """A polars column of any dtype."""
    import polars as pl

    if series.dtype.is_nested():
        series = pl.Series(series.name, [None if v is None else str(v) for v in series.to_list()], dtype=pl.String)
    if isinstance(series.dtype, (pl.Categorical, pl.Enum)):
        series = series.cast(pl.String)
    array = series.to_arrow(compat_level=pl.CompatLevel.newest()).dictionary_encode()
    codes = array.indices
    codes = codes.fill_null(-1) if codes.null_count else codes
    return Factor(codes.to_numpy(zero_copy_only=False), array.dictionary.to_pylist())


def factor_series(factor: Factor) -> pl.Series:
    """A column as a polars series of texts."""
    import polars as pl

    values = pl.Series([None if v is None else str(v) for v in factor.values], dtype=pl.String)
    codes = pl.Series(factor.codes.astype(np.int64))
    return values.gather(pl.select(pl.when(codes >= 0).then(codes)).to_series())
