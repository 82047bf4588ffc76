"""The Earth under the sky: over which places Sun, Moon and any positions stand at the zenith."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._earth import earth_at
from skyhub.science._local_sky import FIRST_MJD, LAST_MJD
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["Globe", "globe_at"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Globe:
    """The Earth at a time. Longitudes are from −180 to 180 deg, positive to the east; latitudes are geodetic."""

    mjd: float
    """The time (MJD, UTC)."""
    to_earth: Array
    """Matrix from the GCRS to the ITRS, shape (3, 3)."""
    sun: tuple[float, float]
    moon: tuple[float, float]
    """Longitude and latitude (deg) of the places at whose zenith they stand."""

    def under(self, ra: ArrayLike, dec: ArrayLike) -> tuple[Array, Array]:
        """Longitudes and latitudes (deg) of the places at whose zenith positions (ICRS, deg) stand, but for aberration."""
        return lonlat(unit_vectors(ra, dec) @ self.to_earth.T, 180.0)


def globe_at(mjd: float) -> Globe:
    """The Earth at a time (MJD, UTC).

    Raises
    ------
    InvalidInput
        If the time is not of 1972 to 2100.

    Examples
    --------
    >>> lon, lat = globe_at(61_120.6133).sun  # the equinox of 20 March 2026, 14:46 UTC
    >>> abs(round(lat, 1)), round(lon / 15 + 12, 1)
    (0.0, 9.4)
    """
    if not FIRST_MJD <= mjd <= LAST_MJD:
        raise InvalidInput(
            f"the time is MJD {mjd:g}: {FIRST_MJD:g} to {LAST_MJD:g} (1972 to 2100) is permitted.", "time"
        )
    earth = earth_at(np.array([mjd]))
    [turn], [sun], [moon] = earth.to_itrs, earth.sun, earth.moon
    (sun_lon, moon_lon), (sun_lat, moon_lat) = lonlat(np.stack([turn @ sun, turn @ moon]), 180.0)
    return Globe(mjd, turn, (float(sun_lon), float(sun_lat)), (float(moon_lon), float(moon_lat)))
