"""Positions on the sky without heavy imports: galactic coordinates, sexagesimal text, separations, HEALPix.

References
----------
.. [1] ESA 1997, The Hipparcos and Tycho Catalogues, ESA SP-1200, vol. 1, eq. 1.5.11 (galactic rotation matrix).
.. [2] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
.. [3] Sinnott 1984, Sky & Telescope 68, 158 (haversine)
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = [
    "HPX_ORDER",
    "Position",
    "galactic",
    "galactic_of",
    "hpx_index",
    "hpx_ranges",
    "icrs_of",
    "offsets",
    "parse_position",
    "separation",
    "separations",
    "sexagesimal",
]

HPX_ORDER = 29
"""Order of the NESTED HEALPix index that positional tables carry."""

_FINER = 2
"""How many orders finer than a cone its cells are: fewer positions to look at, for a few more ranges."""

_TO_GALACTIC = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [+0.4941094278755837, -0.4448296299600112, +0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, +0.4559837761750669],
    ]
)

_SEXAGESIMAL = re.compile(
    r"(\d{1,2}+)[h:\s]\s*(\d{1,2}+)[m:\s]\s*(\d{1,2}+(?:\.\d*+)?)(?:s|[\s,]|(?=[+\-−]))[\s,]*"
    r"([+\-−]?)\s*(\d{1,2}+)[d°:\s]\s*(\d{1,2}+)[m'′:\s]\s*(\d{1,2}(?:\.\d*)?)(?:s|\"|″)?"
)
_DEGREES = re.compile(r"([+\-]?\d+(?:\.\d*)?)d?[\s,]+([+\-−]?\d+(?:\.\d*)?)d?")


class Position(NamedTuple):
    """A position (ICRS, deg)."""

    ra: float
    dec: float


def galactic(ra: float, dec: float) -> tuple[float, float]:
    """Galactic longitude and latitude (deg) of a position (ICRS, deg) [1]_."""
    x, y, z = _TO_GALACTIC @ _unit(ra, dec)
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.asin(max(-1.0, min(1.0, z))))


def galactic_of(ra: ArrayLike, dec: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Galactic longitudes (0 to 360) and latitudes (deg) of positions (ICRS, deg) [1]_, shape of `ra`."""
    return _turned(_TO_GALACTIC, ra, dec)


def icrs_of(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right ascensions (0 to 360) and declinations (ICRS, deg) of galactic positions (deg) [1]_, shape of `lon`.

    Examples
    --------
    >>> ra, dec = icrs_of([0.0], [0.0])  # towards the galactic centre
    >>> float(ra[0].round(3)), float(dec[0].round(3))
    (266.405, -28.936)
    """
    return _turned(_TO_GALACTIC.T, lon, lat)


def sexagesimal(ra: float, dec: float) -> tuple[str, str]:
    """Right ascension as ``HH:MM:SS.sss`` and declination as ``±DD:MM:SS.ss`` of a position (deg).

    Examples
    --------
    >>> sexagesimal(231.413765, 17.680664)
    ('15:25:39.304', '+17:40:50.39')
    """
    sign = "-" if dec < 0 else "+"
    return _sixty(ra % 360 / 15, 3, 24), sign + _sixty(abs(dec), 2)


def parse_position(text: str) -> Position | None:
    """A position from degrees or sexagesimal text, or None if the text has not the form of one.

    Raises
    ------
    InvalidInput
        If it has the form of a position and lies outside of the sky.
    """
    if found := _SEXAGESIMAL.fullmatch(text.strip()):
        h, m, s, sign, d, arcmin, arcsec = found.groups()
        if max(float(m), float(s), float(arcmin), float(arcsec)) >= 60:
            raise InvalidInput(f"{text!r} has minutes or seconds of 60 or more: less is permitted.", "position")
        dec = float(d) + float(arcmin) / 60 + float(arcsec) / 3600
        position = Position(15 * (float(h) + float(m) / 60 + float(s) / 3600), -dec if sign in ("-", "−") else dec)
    elif found := _DEGREES.fullmatch(text.strip()):
        position = Position(float(found[1]), float(found[2].replace("−", "-")))
    else:
        return None
    if not (0 <= position.ra <= 360 and -90 <= position.dec <= 90):
        raise InvalidInput(
            f"{text!r} lies outside of the sky: 0 ≤ ra ≤ 360 and −90 ≤ dec ≤ 90 deg are permitted.", "position"
        )
    return position


def separation(ra: ArrayLike, dec: ArrayLike, position: Position) -> NDArray[np.float64]:
    """Angular distance (deg) of positions (deg) from one position, by haversines [3]_."""
    return separations(ra, dec, position.ra, position.dec)


def separations(ra: ArrayLike, dec: ArrayLike, other_ra: ArrayLike, other_dec: ArrayLike) -> NDArray[np.float64]:
    """Angular distances (deg) of positions (deg) from others, by haversines [3]_; arrays broadcast.

    They are right to 1e-9 deg, and to 5e-6 deg within 0.1 deg of the opposite point.
    """
    a1, d1, a2, d2 = (np.radians(np.asarray(v, dtype=float)) for v in (ra, dec, other_ra, other_dec))
    half = np.sin((d1 - d2) / 2) ** 2 + np.cos(d1) * np.cos(d2) * np.sin((a1 - a2) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))), dtype=float)


def offsets(ra: ArrayLike, dec: ArrayLike, position: Position) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """East and north offsets (arcsec) of positions (ICRS, deg) that are close to another, shape of `ra`.

    Differences of right ascension times the cosine of the declination: within an arc minute of the position, and more than
    a degree from a pole, they are right to 0.1 %.

    Examples
    --------
    >>> east, north = offsets([0.0], [60.001], Position(359.999, 60.0))
    >>> float(east[0].round(6)), float(north[0].round(6))
    (3.6, 3.6)
    """
    away = (np.asarray(ra, dtype=float) - position.ra + 180.0) % 360.0 - 180.0
    east = away * np.cos(np.radians(position.dec)) * 3600.0
    return east, (np.asarray(dec, dtype=float) - position.dec) * 3600.0


def hpx_index(ra: ArrayLike, dec: ArrayLike) -> NDArray[np.int64]:
    """Order-29 NESTED HEALPix index [2]_ of positions (ICRS, deg)."""
    from astropy import units as u
    from astropy_healpix import lonlat_to_healpix

    lon, lat = np.asarray(ra, dtype=float) * u.deg, np.asarray(dec, dtype=float) * u.deg
    return np.asarray(lonlat_to_healpix(lon, lat, 2**HPX_ORDER, order="nested"), dtype=np.int64)


def hpx_ranges(position: Position, radius: float) -> list[tuple[int, int]]:
    """Half-open ranges of order-29 indices, ascending, that cover a cone (radius in deg) and a little more."""
    from skyhub.science.cells import PIXEL_DEG, cells_touched, joined_ranges

    order = int(np.clip(np.floor(np.log2(PIXEL_DEG / max(radius, 1e-7))) + _FINER, 0, HPX_ORDER))
    cells, _ = cells_touched(position.ra, position.dec, radius, order)
    scale = 4 ** (HPX_ORDER - order)
    low, high = joined_ranges(np.sort(cells))
    return [(int(a) * scale, int(b) * scale) for a, b in zip(low, high, strict=True)]


def _turned(
    matrix: NDArray[np.float64], lon: ArrayLike, lat: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return lonlat(unit_vectors(lon, lat) @ matrix.T)


def _unit(ra: float, dec: float) -> NDArray[np.float64]:
    a, d = math.radians(ra), math.radians(dec)
    return np.array([math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)])


def _sixty(value: float, digits: int, wrap: int | None = None) -> str:
    unit = 10**digits
    ticks = round(value * 3600 * unit)
    if wrap is not None:
        ticks %= wrap * 3600 * unit
    whole, ticks = divmod(ticks, 3600 * unit)
    minutes, ticks = divmod(ticks, 60 * unit)
    return f"{whole:02d}:{minutes:02d}:{ticks / unit:0{3 + digits}.{digits}f}"
