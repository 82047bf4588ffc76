"""Nights of a site: when Sun and Moon rise and set, and when it is dark, also where the Sun does not set or does not rise.

Rising and setting are those of almanacs: the upper limb at the sea's horizon under 34 arcmin of refraction, whatever the
elevation of the site.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from skyhub.science._local_sky import LocalSky, Site, local_sky
from skyhub.science.nights import MJD_EPOCH

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

__all__ = ["TWILIGHTS", "Dark", "Night", "current_night", "night_at", "night_window"]

TWILIGHTS = {"sunset": -50 / 60, "civil": -6.0, "nautical": -12.0, "astronomical": -18.0}
"""Altitudes of the Sun's centre (deg) at which a night begins and ends, by name."""

_RISING = -50 / 60
_SAMPLES = 145
"""Every 10 minutes of a day: splines through them are right to a tenth of a second."""


@dataclass(frozen=True)
class Dark:
    """The part of a night in which the Sun is below an altitude; times are MJD (UTC)."""

    state: Literal["sets", "always", "never"]
    """Whether the Sun passes the altitude; or it is below it from noon to noon, or never."""
    begin: float | None
    end: float | None
    """None where it is never below; of a night in which it does not pass the altitude on one side, noon."""

    @property
    def hours(self) -> float:
        """How long it lasts (h)."""
        return 0.0 if self.begin is None or self.end is None else 24 * (self.end - self.begin)


@dataclass(frozen=True)
class Night:
    """A night of a site, from noon to noon of local mean time; times are MJD (UTC)."""

    night: date
    """The date of its evening at the site."""
    begin: float
    end: float
    """The noons between which it lies."""
    midnight: float
    """When the Sun is on the meridian below the pole."""
    dark: dict[str, Dark]
    """By the names of `TWILIGHTS`."""
    moonrise: float | None
    moonset: float | None
    """The first ones between the noons; None if there is none."""
    moon_illumination: float
    """Illuminated fraction of the Moon's disk at midnight, 0 to 1."""


def night_window(site: Site, night: date) -> tuple[float, float]:
    """The noons of local mean time (MJD, UTC) between which the night of an evening lies.

    Examples
    --------
    >>> night_window(Site(0.0, -90.0), date(2026, 11, 21))
    (61365.75, 61366.75)
    """
    noon = (night - MJD_EPOCH.date()).days + 0.5 - _turned(site)
    return noon, noon + 1.0


def current_night(site: Site, mjd: float) -> date:
    """The night that a time (MJD, UTC) belongs to at a site: before noon the one that ends, then the one to come."""
    return date.fromordinal(MJD_EPOCH.date().toordinal() + int(np.floor(mjd - 0.5 + _turned(site))))


def night_at(site: Site, night: date) -> Night:
    """The night of an evening at a site: twilights, midnight, the Moon's rising and setting.

    Raises
    ------
    InvalidInput
        If the night is not between 1972 and 2100.

    Examples
    --------
    >>> night_at(Site(78.22, 15.65), date(2026, 6, 21)).dark["sunset"].state  # Longyearbyen
    'never'
    """
    begin, end = night_window(site, night)
    sky = local_sky(site, np.linspace(begin, end, _SAMPLES))
    sun = _spline(sky, sky.sun, sky.up)
    middle = (begin + end) / 2
    transits = _spline(sky, sky.sun, sky.east).roots(extrapolate=False)
    midnight = float(transits[np.argmin(np.abs(transits - middle))])
    moon = _spline(sky, sky.moon, sky.up)
    rises, sets = _passages(moon, _RISING)
    return Night(
        night=night,
        begin=begin,
        end=end,
        midnight=midnight,
        dark={name: _dark(sun, altitude, begin, midnight, end) for name, altitude in TWILIGHTS.items()},
        moonrise=float(rises[0]) if rises.size else None,
        moonset=float(sets[0]) if sets.size else None,
        moon_illumination=float(np.interp(midnight, sky.mjd, sky.illumination)),
    )


def _dark(sun: CubicSpline, altitude: float, begin: float, midnight: float, end: float) -> Dark:
    if sun(midnight) >= np.sin(np.radians(altitude)):
        return Dark("never", None, None)
    rises, sets = _passages(sun, altitude)
    before, after = sets[sets <= midnight], rises[rises >= midnight]
    state: Literal["sets", "always"] = "sets" if before.size or after.size else "always"
    return Dark(state, float(before[-1]) if before.size else begin, float(after[0]) if after.size else end)


def _passages(up: CubicSpline, altitude: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When a body rises above an altitude (deg), and when it sinks below it, each ascending."""
    times = np.unique(up.solve(np.sin(np.radians(altitude)), extrapolate=False))
    rate = up(times, 1)
    return times[rate > 0], times[rate < 0]


def _spline(sky: LocalSky, body: NDArray[np.float64], axis: NDArray[np.float64]) -> CubicSpline:
    from scipy.interpolate import CubicSpline

    return CubicSpline(sky.mjd, np.einsum("mi,mi->m", body, axis))


def _turned(site: Site) -> float:
    """Longitude in days, from −0.5 to 0.5."""
    return ((site.longitude + 180) % 360 - 180) / 360
