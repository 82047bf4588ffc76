"""The sky over Palomar in closed forms: sidereal time, airmass, twilight, phase of the moon, fields.

Good to half a degree (precession is left out), which places a demo night; plans use the full ephemerides.

References
----------
.. [1] Meeus 1998, Astronomical Algorithms, 2nd ed.: eq. 12.4 (sidereal time), 13.6 (altitude),
       chapter 25 (low-precision sun), eq. 49.1 (mean new moon).
.. [2] Kasten & Young 1989, Appl. Opt. 28, 4735. doi:10.1364/AO.28.004735 (airmass)
.. [3] Bellm et al. 2019, PASP 131, 018002. doi:10.1088/1538-3873/aaecbe (Palomar, ZTF fields)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from skyhub.science.coordinates import galactic

__all__ = [
    "FIELD_WIDTH",
    "Field",
    "airmass",
    "ecliptic_latitude",
    "field_grid",
    "moon_illumination",
    "night_bounds",
]

_LONGITUDE, _LATITUDE = -116.8630, 33.3563
_OBLIQUITY = np.radians(23.4393)
FIELD_WIDTH = 6.9
"""Side of a field (deg)."""
_ROW_STEP, _FIRST_ROW, _FIRST_ID = 7.2, -24.0, 245

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """A square of the sky that one exposure covers; centre in degrees (ICRS)."""

    field_id: int
    ra: float
    dec: float
    galactic_latitude: float
    ecliptic_latitude: float


def ecliptic_latitude(ra: float, dec: float) -> float:
    """Ecliptic latitude (deg) of a position (deg)."""
    a, d = np.radians(ra), np.radians(dec)
    sine = np.sin(d) * np.cos(_OBLIQUITY) - np.cos(d) * np.sin(_OBLIQUITY) * np.sin(a)
    return float(np.degrees(np.arcsin(sine)))


@cache
def field_grid() -> tuple[Field, ...]:
    """Fields in rows of declination from −24° to +84°, numbered from south to north like ZTF's."""
    fields: list[Field] = []
    for dec in np.arange(_FIRST_ROW, 85.0, _ROW_STEP):
        count = int(np.ceil(360 * np.cos(np.radians(dec)) / FIELD_WIDTH))
        for ra in np.arange(count) * 360.0 / count:
            b = galactic(float(ra), float(dec))[1]
            number = _FIRST_ID + len(fields)
            fields.append(Field(number, float(ra), float(dec), b, ecliptic_latitude(float(ra), float(dec))))
    return tuple(fields)


def _altitude(jd: Floats, ra: Floats, dec: Floats) -> Floats:
    sidereal = 280.46061837 + 360.98564736629 * (jd - 2451545.0)
    hour = np.radians(sidereal + _LONGITUDE - ra)
    d, latitude = np.radians(dec), np.radians(_LATITUDE)
    sine = np.sin(latitude) * np.sin(d) + np.cos(latitude) * np.cos(d) * np.cos(hour)
    return np.asarray(np.degrees(np.arcsin(sine)))


def airmass(jd: Floats, ra: float, dec: float) -> Floats:
    """Airmass [2]_ from Palomar at Julian dates (UTC), shape (n,); infinite below the horizon."""
    altitude = _altitude(jd, np.full_like(jd, ra), np.full_like(jd, dec))
    above = np.clip(altitude, 0.5, None)
    value = 1 / (np.sin(np.radians(above)) + 0.50572 * (above + 6.07995) ** -1.6364)
    return np.where(altitude > 0.5, value, np.inf)


def _sun(jd: Floats) -> tuple[Floats, Floats]:
    days = jd - 2451545.0
    anomaly = np.radians(357.529 + 0.98560028 * days)
    longitude = np.radians(280.459 + 0.98564736 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    ra = np.arctan2(np.cos(_OBLIQUITY) * np.sin(longitude), np.cos(longitude))
    return np.degrees(ra), np.degrees(np.arcsin(np.sin(_OBLIQUITY) * np.sin(longitude)))


def night_bounds(midnight_utc: float) -> tuple[float, float]:
    """First and last Julian date with the sun below −15°, between 02:30 and 12:00 UTC.

    Parameters
    ----------
    midnight_utc
        Julian date of 00:00 UTC on the date of the morning.
    """
    times = midnight_utc + np.arange(2.5, 12.0, 1 / 60) / 24
    dark = times[_altitude(times, *_sun(times)) < -15]
    return float(dark[0]), float(dark[-1])


def moon_illumination(jd: Floats) -> Floats:
    """Illuminated fraction of the mean moon (0 new, 1 full), from its age in the synodic month [1]_."""
    age = (jd - 2451550.09766) / 29.530588861
    return np.asarray((1 - np.cos(2 * np.pi * age)) / 2)
