"""The one array type of the package, and what counts as no value. numpy.typing is slow to import, so it is left to the type checker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    Array = np.ndarray

__all__ = ["Array", "missing"]


def missing(value: Any) -> bool:
    """Whether a value is none: ``None``, NaN, and pandas' ``NA`` and ``NaT``, whose comparisons are no booleans.

    Args:
        value: anything.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(value != value)
