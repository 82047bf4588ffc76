"""What the Earth hides of a sky map from a spacecraft near it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skyhub.errors import InvalidInput
from skyhub.science._sky_map import SkyMap
from skyhub.science.cells import cells_between, directions, joined_ranges
from skyhub.science.coordinates import HPX_ORDER, separations
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["EarthDisc", "earth_disc", "hidden_by_earth", "without_earth"]

_EARTH_KM = 6378.1
"""Equatorial radius of the Earth (IAU 2015 resolution B3)."""
_ORDER = 8
"""HEALPix order at which the disc is drawn: pixels of 0.23 deg."""


class EarthDisc(NamedTuple):
    """The Earth as a spacecraft sees it."""

    ra: float
    """Of its centre (ICRS, deg)."""
    dec: float
    radius: float
    """Of the disc (deg)."""


def earth_disc(position: ArrayLike) -> EarthDisc:
    """The disc of the Earth, a sphere of its equatorial radius without air, from a place in space.

    Parameters
    ----------
    position
        Of the spacecraft from the centre of the Earth along the axes of the GCRS (km), shape ``(3,)``.

    Raises
    ------
    InvalidInput
        If it is not outside of the Earth.

    Examples
    --------
    >>> earth_disc([6378.1 + 535, 0, 0])._replace(dec=0.0, radius=round(earth_disc([6378.1 + 535, 0, 0]).radius, 1))
    EarthDisc(ra=180.0, dec=0.0, radius=67.3)
    """
    place = np.asarray(position, dtype=float)
    away = float(np.linalg.norm(place))
    if place.shape != (3,) or not _EARTH_KM < away < np.inf:
        raise InvalidInput(
            f"the position {np.round(place, 3).tolist()} km is not in space: three numbers, farther than {_EARTH_KM} km from the "
            "centre of the Earth, are needed.",
            "position",
        )
    ra, dec = lonlat(-place / away)
    return EarthDisc(float(ra) % 360, float(dec), float(np.degrees(np.arcsin(_EARTH_KM / away))))


def hidden_by_earth(sky_map: SkyMap, ra: float, dec: float, radius: float) -> float:
    """The probability of a map that lies behind the Earth; cells that its edge cuts count in part.

    The disc is made of cells of order 8, whose centres it holds: its edge is good to 0.25 deg.

    Parameters
    ----------
    sky_map
        The map.
    ra, dec, radius
        Centre of the Earth as the spacecraft sees it (ICRS, deg), and its radius (deg).

    Raises
    ------
    InvalidInput
        If the numbers are no disc.
    """
    _check_disc(ra, dec, radius)
    cells = cells_between(ra, dec, -1.0, radius, _ORDER)
    [axis] = unit_vectors([ra], [dec])
    cells = cells[directions(cells, _ORDER) @ axis >= np.cos(np.radians(radius))]
    if not len(cells):
        return 0.0
    width = 4 ** (HPX_ORDER - _ORDER)
    low, high = joined_ranges(np.sort(cells))
    return float(sky_map.probability_of(low * width, high * width).sum())


def without_earth(sky_map: SkyMap, ra: float, dec: float, radius: float) -> SkyMap:
    """The map without the cells whose centres the Earth hides from a spacecraft, normalised again.

    Parameters
    ----------
    sky_map
        A map in two dimensions or three.
    ra, dec, radius
        Centre of the Earth as the spacecraft sees it (ICRS, deg), and its radius (deg).

    Raises
    ------
    InvalidInput
        If nothing is left, or the numbers are no cone.
    """
    _check_disc(ra, dec, radius)
    seen = separations(*sky_map.centres, ra, dec) > radius
    return sky_map.kept(seen)


def _check_disc(ra: float, dec: float, radius: float) -> None:
    if not (0 <= ra <= 360 and -90 <= dec <= 90 and 0 < radius < 180):
        raise InvalidInput(f"ra {ra}, dec {dec}, radius {radius} deg is no disc on the sky.", "earth")
