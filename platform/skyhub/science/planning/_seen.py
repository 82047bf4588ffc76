"""What the fields of a grid see, each computed when it is first needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science.field_tiles import FieldRanges, field_ranges
from skyhub.science.footprints import Footprint

__all__ = ["FieldsSeen"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class FieldsSeen:
    """What the fields of a grid see.

    Parameters
    ----------
    footprint
        What the camera sees at once.
    ra, dec
        Where the fields are centred (ICRS, deg), shape ``(n_fields,)``.
    """

    def __init__(self, footprint: Footprint, ra: Floats, dec: Floats) -> None:
        self._footprint, self._ra, self._dec = footprint, ra, dec
        self._parts: dict[int, Indices] = {}

    def ranges(self, fields: Indices) -> FieldRanges:
        """What some fields, by their places in the grid, see."""
        new = np.array([place for place in fields.tolist() if place not in self._parts], dtype=np.int64)
        if len(new):
            found = field_ranges(self._footprint, new, self._ra[new], self._dec[new])
            self._parts |= {place: found.of(n) for n, place in enumerate(new.tolist())}
        parts = [self._parts[place] for place in fields.tolist()]
        joined = np.concatenate([np.empty((0, 2), dtype=np.int64), *parts])
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)
        return FieldRanges(fields, starts, joined[:, 0], joined[:, 1])
