"""How much of a sky map what was observed covers: prefix sums over the map, one bisection for each edge of a footprint."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science._sky_map import PIXEL_DEG2, SkyMap
from skyhub.science.cells import PIXEL_DEG, united_ranges
from skyhub.science.field_tiles import FieldRanges, field_ranges, tile_order
from skyhub.science.footprints import Footprint

__all__ = ["Coverage", "cover", "cover_pointings", "cover_within", "pointing_order", "probability_by_field"]

_PIXELS = 4_000_000
"""How many pixels all pointings together may have, if they are to be finer than what suits a field."""
_ACROSS = 400
"""How many of them the radius of a footprint may be wide."""
_FINEST = 14


class Coverage(NamedTuple):
    """What fields cover together."""

    probability: float
    """Of the map within them."""
    area: float
    """Of the sky (deg²): what several fields cover counts once."""


def cover(sky_map: SkyMap, fields: FieldRanges) -> Coverage:
    """The probability and the area of the union of fields."""
    low, high = united_ranges(fields.low, fields.high)
    return Coverage(float(sky_map.probability_of(low, high).sum()), float((high - low).sum() * PIXEL_DEG2))


def cover_within(region: NDArray[np.int64], low: ArrayLike, high: ArrayLike) -> float:
    """The area (deg²) that ranges share with those of a region, shape ``(n, 2)``; both ascending and apart.

    Examples
    --------
    >>> region = np.array([[0, 4], [8, 12]])
    >>> round(cover_within(region, [2], [10]) / PIXEL_DEG2)
    4
    """
    begin, end = region.T
    before = np.concatenate([[0], np.cumsum(end - begin)])

    def held(index: ArrayLike) -> NDArray[np.int64]:
        at = np.asarray(index, dtype=np.int64)
        last = np.searchsorted(begin, at, side="right") - 1
        part = np.clip(at - begin[last], 0, (end - begin)[last])
        return np.where(last >= 0, before[last] + part, 0)

    return float((held(high) - held(low)).sum() * PIXEL_DEG2) if len(region) else 0.0


def pointing_order(footprint: Footprint, n_pointings: int) -> int:
    """HEALPix order at which to draw so many pointings: the finer, the fewer they are."""
    spared = np.log2(_PIXELS / n_pointings / footprint.areas.sum() * PIXEL_DEG**2) / 2
    drawn = np.log2(_ACROSS * PIXEL_DEG / footprint.radius)
    return max(tile_order(footprint), int(min(spared, drawn, _FINEST)))


def cover_pointings(sky_map: SkyMap, footprint: Footprint, ra: ArrayLike, dec: ArrayLike) -> Coverage:
    """The probability and the area of what a camera saw in pointings (ICRS, deg); repeated ones are drawn once.

    Parameters
    ----------
    sky_map, footprint
        The map, and what the camera sees at once.
    ra, dec
        Where it pointed (ICRS, deg), shape ``(n,)``.
    """
    pointings = np.unique(np.column_stack([np.asarray(ra, dtype=float) % 360, np.asarray(dec, dtype=float)]), axis=0)
    order = pointing_order(footprint, len(pointings))
    return cover(sky_map, field_ranges(footprint, np.arange(len(pointings)), pointings[:, 0], pointings[:, 1], order))


def probability_by_field(sky_map: SkyMap, fields: FieldRanges) -> NDArray[np.float64]:
    """The probability within each field, shape ``(n_fields,)``."""
    sums = np.concatenate([[0.0], np.cumsum(sky_map.probability_of(fields.low, fields.high))])
    return np.asarray(np.diff(sums[fields.starts]))
