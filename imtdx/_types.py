"""The one array type of the package. numpy.typing is slow to import, so it is left to the type checker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    Array = np.ndarray

__all__ = ["Array"]
