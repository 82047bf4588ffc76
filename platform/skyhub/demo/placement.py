"""Where a target falls on the detector, and what of its stamps survives there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.profiles import CENTRE
from skyhub.demo.sky import FIELD_WIDTH, Field
from skyhub.demo.stamps import Stamps
from skyhub.demo.target import Target
from skyhub.science.coordinates import galactic

__all__ = ["COLUMNS", "ROWS", "Placement", "place", "trim"]

COLUMNS, ROWS = 3072, 3080
"""Size of the image of one readout channel (pixels)."""
_CHANNELS = 8


@dataclass(frozen=True)
class Placement:
    """Readout channel and position (pixels) of a target, and its galactic latitude (deg)."""

    field_id: int
    rcid: int
    x: float
    y: float
    galactic_latitude: float

    @property
    def shift(self) -> tuple[float, float]:
        """Place within the nearest pixel."""
        return self.x - round(self.x), self.y - round(self.y)

    def reference_id(self, fid: int) -> int:
        """Processing id of the reference image."""
        return self.field_id * 10**6 + 120000 + fid * 100 + self.rcid


def place(target: Target, field: Field) -> Placement:
    """Place a target on its field's grid of 8 × 8 readout channels; columns grow to the west, rows to the south."""
    west = (field.ra - target.ra + 180) % 360 - 180
    u = west * np.cos(np.radians(target.dec)) / FIELD_WIDTH + 0.5
    v = (field.dec - target.dec) / FIELD_WIDTH + 0.5
    u, v = (float(np.clip(value, 0.001, 0.999)) * _CHANNELS for value in (u, v))
    x, y = (u % 1) * COLUMNS, (v % 1) * ROWS
    x, y = (float(np.clip(value, 8, size - 9)) for value, size in ((x, COLUMNS), (y, ROWS)))
    return Placement(field.field_id, int(v) * _CHANNELS + int(u), x, y, galactic(target.ra, target.dec)[1])


def trim(stamps: Stamps, where: Placement, missing: int | None) -> Stamps:
    """Cut what lies off the detector; blank rows farther than ``missing`` pixels below the centre."""
    images = (_cut(image, where, missing) for image in (stamps.science, stamps.template, stamps.difference))
    return Stamps(*images)


def _cut(image: NDArray[np.float64], where: Placement, missing: int | None) -> NDArray[np.float64]:
    if missing is not None:
        image = image.copy()
        slope = (np.arange(image.shape[1]) - CENTRE) * (0.15 if where.rcid % 2 else 0.0)
        image[np.arange(len(image))[:, None] > CENTRE + missing + slope] = np.nan
    return image[_kept(where.y, ROWS), _kept(where.x, COLUMNS)]


def _kept(at: float, size: int) -> slice:
    low, high = round(at) - CENTRE, round(at) + CENTRE + 1
    return slice(max(0, -low), 2 * CENTRE + 1 - max(0, high - size))
