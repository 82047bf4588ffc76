"""Tiles for telescopes without fields: rows of pointings over the credible region, one alone if it holds the region."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science.cells import PIXEL_DEG, directions
from skyhub.science.coordinates import HPX_ORDER, separations
from skyhub.science.footprints import Footprint
from skyhub.science.skymaps import SkyMap
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["Tiling", "own_tiles"]

_LEVEL = 0.99
_MOST_TILES = 20_000


class Tiling(NamedTuple):
    """Pointings of a telescope's own (ICRS, deg)."""

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]


def own_tiles(sky_map: SkyMap, footprint: Footprint, level: float = _LEVEL, overlap: float = 0.05) -> Tiling:
    """Tiles that cover a credible region of a map.

    A region that lies within the camera gets one tile, at its middle; others rows of equal declination, as far apart as
    the camera is wide and high, less the overlap. Tiles that see nothing of the region are left out.

    Parameters
    ----------
    sky_map, footprint
        The localization, and what the camera sees at once.
    level
        Of the credible region.
    overlap
        Part of the width and height by which tiles overlap.

    Raises
    ------
    InvalidInput
        If more than 20,000 tiles are needed.
    """
    corners = np.concatenate(footprint.polygons)
    width, height = np.ptp(corners, axis=0) * (1 - overlap)
    expected = sky_map.area_within(level) / (width * height)
    if expected > _MOST_TILES:
        raise InvalidInput(
            f"about {expected:.0f} tiles of this camera would be needed: at most {_MOST_TILES} are permitted. Take a smaller "
            "credible level or a camera with a larger field.",
            "credible_level",
        )
    ra, dec = _places(sky_map, level, min(width, height) / 8)
    middle = _middle(ra, dec)
    if float(separations(ra, dec, *middle).max()) <= min(width, height) / 2:
        return Tiling(np.array([middle[0]]), np.array([middle[1]]))
    row = np.round((dec - middle[1]) / height)
    tile_dec = np.clip(middle[1] + row * height, -90, 90)
    step = width / np.maximum(np.cos(np.radians(tile_dec)), width / 360)
    count = np.maximum(np.round(360 / step), 1)
    column = np.round((ra - middle[0]) / 360 * count) % count
    tiles = np.unique(np.column_stack([tile_dec, (middle[0] + column * 360 / count) % 360]), axis=0)
    return Tiling(tiles[:, 1], tiles[:, 0])


def _places(sky_map: SkyMap, level: float, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (ICRS, deg) all over a credible region, about a step (deg) apart."""
    order = int(np.clip(np.ceil(np.log2(PIXEL_DEG / step)), 0, HPX_ORDER))
    shift = 2 * (HPX_ORDER - order)
    low, high = sky_map.region(level).T
    first, last = low >> shift, (high - 1) >> shift
    count = last - first + 1
    cells = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
    lon, lat = lonlat(directions(np.unique(cells), order))
    return lon, lat


def _middle(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> tuple[float, float]:
    """The middle of what positions span."""
    lon = float(lonlat(unit_vectors(ra, dec).mean(axis=0))[0])
    off = (ra - lon + 180) % 360 - 180
    return (lon + float(off.min() + off.max()) / 2) % 360, float(dec.min() + dec.max()) / 2
