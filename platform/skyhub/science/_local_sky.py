"""The sky over a site: altitude and azimuth of positions, Sun and Moon, without refraction.

Positions are carried to the horizon by one matrix per time, with annual and diurnal aberration. Left out are refraction, proper
motion and the deflection of light (0.02 arcsec at 30 deg from the Sun).
"""

from __future__ import annotations

from dataclasses import dataclass

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._earth import earth_at

__all__ = ["FIRST_MJD", "LAST_MJD", "LocalSky", "Site", "local_sky"]

Array = NDArray[np.float64]

FIRST_MJD, LAST_MJD = 41_317.0, 88_069.0
"""From 1972, when UTC began to leap by seconds, to 2100."""

_CELLS = 8192

_SPIN = 7.292115e-5 * 86_400
"""Rotation of the Earth (radian/d; GRS 80)."""


@dataclass(frozen=True)
class Site:
    """A place on the ground (WGS84).

    Raises
    ------
    InvalidInput
        If it is no place on the Earth.
    """

    latitude: float
    """Geodetic latitude (deg)."""
    longitude: float
    """Longitude (deg), positive to the east."""
    elevation: float = 0.0
    """Height above the ellipsoid (m)."""

    def __post_init__(self) -> None:
        for name, low, high in (("latitude", -90, 90), ("longitude", -180, 360), ("elevation", -500, 100_000)):
            if not low <= getattr(self, name) <= high:
                raise InvalidInput(f"{name} is {getattr(self, name)}: {low} to {high} is permitted.", name)

    @property
    def axes(self) -> Array:
        """Unit vectors to north, east and up in the ITRS, shape (3, 3)."""
        lat, lon = np.radians([self.latitude, self.longitude])
        north = [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)]
        up = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        return np.array([north, [-np.sin(lon), np.cos(lon), 0.0], up])


@dataclass(frozen=True)
class LocalSky:
    """The sky over a site at M times; vectors are unit vectors in axes of the GCRS, as seen by the moving site."""

    site: Site
    mjd: Array
    """Times (MJD, UTC), shape (M,)."""
    north: Array
    east: Array
    up: Array
    """To the north, the east and the zenith, shape (M, 3)."""
    velocity: Array
    """Of the site with respect to the barycentre, in units of the speed of light, shape (M, 3)."""
    sun: Array
    moon: Array
    """To the centres of Sun and Moon, shape (M, 3)."""
    illumination: Array
    """Illuminated fraction of the Moon's disk, 0 to 1, shape (M,)."""

    @property
    def sun_altitude(self) -> Array:
        """Altitude of the Sun's centre (deg), shape (M,)."""
        return _altitude(np.einsum("mi,mi->m", self.sun, self.up))

    @property
    def moon_altitude(self) -> Array:
        """Altitude of the Moon's centre (deg), shape (M,)."""
        return _altitude(np.einsum("mi,mi->m", self.moon, self.up))

    def towards(self, ra: ArrayLike, dec: ArrayLike, axis: Array) -> Array:
        """Cosines of the angles between N positions (ICRS, deg) and a direction at each time, shape (N, M).

        Parameters
        ----------
        ra, dec
            Positions (ICRS, deg), shape (N,).
        axis
            One of `north`, `east`, `up`, `sun`, `moon`.
        """
        n = _vectors(ra, dec)
        cosines = _cosines(n, axis)
        cosines += np.einsum("mi,mi->m", self.velocity, axis)
        # |n + v| without its square, which is below 1e-8
        cosines /= _cosines(n, self.velocity) + 1
        return cosines

    def altitude(self, ra: ArrayLike, dec: ArrayLike) -> Array:
        """Altitudes (deg) of N positions (ICRS, deg), shape (N, M)."""
        return _altitude(self.towards(ra, dec, self.up))

    def azimuth(self, ra: ArrayLike, dec: ArrayLike) -> Array:
        """Azimuths (deg, from north to east, 0 to 360) of N positions (ICRS, deg), shape (N, M)."""
        east, north = self.towards(ra, dec, self.east), self.towards(ra, dec, self.north)
        return np.asarray(np.degrees(np.arctan2(east, north)) % 360)

    def moon_separation(self, ra: ArrayLike, dec: ArrayLike) -> Array:
        """Angles (deg) between the Moon and N positions (ICRS, deg), shape (N, M)."""
        return np.asarray(np.degrees(np.arccos(np.clip(self.towards(ra, dec, self.moon), -1, 1))))

    def hour_angle(self, ra: ArrayLike, dec: ArrayLike) -> Array:
        """Hour angles (h, −12 to 12, positive to the west) of N positions (ICRS, deg), shape (N, M)."""
        west, equator, _ = self._equatorial(ra, dec)
        return np.asarray(np.degrees(np.arctan2(west, equator)) / 15)

    def parallactic_angle(self, ra: ArrayLike, dec: ArrayLike) -> Array:
        """Angles (deg, −180 to 180) at N positions (ICRS, deg) from the pole to the zenith, by east, shape (N, M)."""
        west, equator, pole = self._equatorial(ra, dec)
        lat = np.radians(self.site.latitude)
        across = np.hypot(west, equator)
        return np.asarray(
            np.degrees(np.arctan2(west * np.cos(lat), np.sin(lat) * across**2 - pole * equator * np.cos(lat)))
        )

    @staticmethod
    def circle(axis: Array, radius: float, points: int = 181) -> Array:
        """Positions (ICRS, deg) at an angle (deg) from a direction at each time, shape (M, points, 2); a closed line.

        Parameters
        ----------
        axis
            One of `up` (then 90 deg is the horizon), `sun`, `moon` and so on; aberration (20 arcsec) is left out.
        radius
            The angle.
        points
            How many.

        Examples
        --------
        >>> sky = local_sky(Site(90.0, 0.0), 61366.0)
        >>> bool(np.ptp(LocalSky.circle(sky.up, 90)[0, :, 1]) < 0.4)  # the horizon of the pole, but for precession
        True
        """
        away = np.where(np.abs(axis[:, 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
        first = _unit(np.cross(away, axis))
        second = np.cross(axis, first)
        turn, tilt = np.linspace(0, 2 * np.pi, points)[:, None], np.radians(radius)
        ring = np.cos(turn) * first[:, None] + np.sin(turn) * second[:, None]
        x, y, z = np.moveaxis(np.cos(tilt) * axis[:, None] + np.sin(tilt) * ring, -1, 0)
        return np.stack([np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arcsin(np.clip(z, -1, 1)))], axis=-1)

    def _equatorial(self, ra: ArrayLike, dec: ArrayLike) -> tuple[Array, Array, Array]:
        """Cosines towards the west, the equator on the meridian, and the pole."""
        lat = np.radians(self.site.latitude)
        north, up = self.towards(ra, dec, self.north), self.towards(ra, dec, self.up)
        equator, pole = np.cos(lat) * up - np.sin(lat) * north, np.sin(lat) * up + np.cos(lat) * north
        return -self.towards(ra, dec, self.east), equator, pole


def local_sky(site: Site, mjd: ArrayLike) -> LocalSky:
    """The sky over a site at times (MJD, UTC), shape (M,).

    Raises
    ------
    InvalidInput
        If there is no time, or one outside of 1972 to 2100.
    """
    times = np.atleast_1d(np.asarray(mjd, dtype=float))
    if times.ndim != 1 or not times.size or not np.all((times >= FIRST_MJD) & (times <= LAST_MJD)):
        raise InvalidInput(f"times must be one or more MJDs from {FIRST_MJD:g} to {LAST_MJD:g} (1972 to 2100).", "mjd")
    earth = earth_at(times)
    to_gcrs = earth.to_itrs.transpose(0, 2, 1)
    north, east, up = np.moveaxis(to_gcrs @ site.axes.T, 2, 0)
    geocentric = np.asarray(
        erfa.gd2gc(1, np.radians(site.longitude), np.radians(site.latitude), site.elevation) / erfa.DAU
    )
    place = to_gcrs @ geocentric
    spin = to_gcrs @ (_SPIN * np.array([-geocentric[1], geocentric[0], 0.0]))
    velocity = (earth.velocity + spin) / erfa.DC
    return LocalSky(
        site=site,
        mjd=times,
        north=north,
        east=east,
        up=up,
        velocity=velocity,
        sun=_unit(_unit(earth.sun - place) + velocity),
        moon=_unit(earth.moon - place),
        illumination=_illumination(earth.sun, earth.moon),
    )


def _illumination(sun: Array, moon: Array) -> Array:
    """The illuminated fraction of the Moon's disk from geocentric places."""
    return np.asarray((1 + np.einsum("mi,mi->m", _unit(moon), _unit(moon - sun))) / 2)


def _cosines(n: Array, axis: Array) -> Array:
    """Products of N vectors with M, shape (N, M), in parts so small that BLAS starts no threads, which wait for busy cores."""
    columns = np.ascontiguousarray(axis.T)
    cosines = np.empty((len(n), columns.shape[1]))
    width = min(columns.shape[1], _CELLS)
    height = _CELLS // width
    for left in range(0, columns.shape[1], width):
        times = slice(left, left + width)
        for top in range(0, len(n), height):
            np.matmul(n[top : top + height], columns[:, times], out=cosines[top : top + height, times])
    return cosines


def _vectors(ra: ArrayLike, dec: ArrayLike) -> Array:
    a, d = (np.radians(np.atleast_1d(np.asarray(x, dtype=float))) for x in (ra, dec))
    if a.shape != d.shape or a.ndim != 1:
        raise InvalidInput(f"ra has the shape {a.shape} and dec {d.shape}: arrays of one length are permitted.", "ra")
    if not (np.all(np.isfinite(a)) and np.all(np.abs(d) <= np.pi / 2)):
        raise InvalidInput("a position is outside of the sky: numbers with −90 ≤ dec ≤ 90 deg are permitted.", "dec")
    return np.asarray(erfa.s2c(a, d))


def _altitude(sine: Array) -> Array:
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1))))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
