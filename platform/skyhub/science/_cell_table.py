"""Finding the cells of a map that hold many positions: a look into a table, and a bisection only where cells are small."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science.coordinates import HPX_ORDER

__all__ = ["CellTable"]

Indices = NDArray[np.int64]

_ORDER = 7
_SHIFT = 2 * (HPX_ORDER - _ORDER)
_PIXELS = 12 * 4**_ORDER


class CellTable:
    """Which cell begins at or before each pixel of a coarse order, and whether another one begins within the pixel.

    Parameters
    ----------
    low
        Where the cells begin: ascending order-29 NESTED indices, shape ``(n,)``.
    """

    def __init__(self, low: Indices) -> None:
        self._low = low
        begun = np.cumsum(np.bincount(-(-low >> _SHIFT), minlength=_PIXELS)[:_PIXELS])
        within = np.cumsum(np.bincount(low >> _SHIFT, minlength=_PIXELS)[:_PIXELS])
        self._first = (begun - 1).astype(np.int32)
        self._parted = within > begun

    def last_begun(self, hpx: Indices) -> NDArray[np.intp]:
        """Number of the last cell that begins at or before each order-29 index; −1 if none does."""
        pixel = np.clip(hpx >> _SHIFT, 0, _PIXELS - 1)
        found = self._first[pixel].astype(np.intp)
        parted = np.flatnonzero(self._parted[pixel])
        found[parted] = np.searchsorted(self._low, hpx[parted], side="right") - 1
        return np.where(hpx < 0, -1, found)
