"""Which fields may see probability of a map at all: the others need not be looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science.cells import PIXEL_DEG
from skyhub.science.footprints import Footprint
from skyhub.science.skymaps import SkyMap
from skyhub.science.vectors import unit_vectors

__all__ = ["NEGLECTED", "near_probability"]

NEGLECTED = 1e-4
"""Probability of the least dense part of the map that need not be seen."""


def near_probability(
    sky_map: SkyMap, footprint: Footprint, ra: NDArray[np.float64], dec: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which fields may see a cell of the map that has probability."""
    from scipy.spatial import cKDTree

    cells = np.flatnonzero((sky_map.levels - sky_map.probability < 1 - NEGLECTED) & (sky_map.density > 0))
    lon, lat = (values[cells] for values in sky_map.centres)
    orders = sky_map.orders[cells]
    near = np.zeros(len(ra), dtype=bool)
    vectors = unit_vectors(ra, dec)
    for order in np.unique(orders).tolist():
        some = orders == order
        reach = np.radians(min(footprint.radius + PIXEL_DEG / 2**order, 180.0))
        distance, _ = cKDTree(unit_vectors(lon[some], lat[some])).query(vectors)
        near |= distance <= 2 * np.sin(reach / 2)
    return near
