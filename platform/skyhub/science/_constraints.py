"""When positions can be observed from a site: limits of airmass, twilight, Moon and telescope, as masks and windows.

Each limit is a margin that is positive where it is kept. A mask is where all margins are; windows end where the first of
them, taken as straight between two times, becomes zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._airmass import AirmassFormula, altitude_of_airmass
from skyhub.science._local_sky import LocalSky

__all__ = ["Constraints", "Horizon", "Window", "observable", "windows"]

Array = NDArray[np.float64]


class Horizon(NamedTuple):
    """How high something must stand (deg), by azimuth (deg, from north to east); straight lines between."""

    azimuth: tuple[float, ...]
    altitude: tuple[float, ...]


class Window(NamedTuple):
    """A time (MJD, UTC) during which a position can be observed."""

    begin: float
    end: float


@dataclass(frozen=True)
class Constraints:
    """Under which conditions a position counts as observable.

    Raises
    ------
    InvalidInput
        If one of them cannot be.
    """

    airmass: float | None = 2.0
    """Largest airmass."""
    formula: AirmassFormula = "secant"
    """How airmass is computed (see `airmass`)."""
    sun_altitude: float | None = -18.0
    """Highest altitude of the Sun's centre (deg); None for the day as well."""
    moon_separation: float = 0.0
    """Smallest angle to the Moon (deg); at full Moon, if `moon_by_illumination`."""
    moon_by_illumination: bool = False
    """Whether the angle shrinks with the illuminated fraction of the Moon's disk."""
    moon_up_only: bool = False
    """Whether a Moon below the horizon does not count."""
    moon_illumination: float = 1.0
    """Largest illuminated fraction of the Moon's disk while it is up."""
    altitude: float = 0.0
    """Lowest altitude (deg)."""
    hour_angle: float | None = None
    """Largest distance from the meridian (h)."""
    horizon: Horizon | None = None
    """Lowest altitudes by azimuth, where they differ."""
    lowest: float = field(init=False, repr=False)
    """The altitude (deg) that `airmass` and `altitude` ask for."""

    def __post_init__(self) -> None:
        limits = {
            "sun_altitude": (-90, 90),
            "moon_separation": (0, 180),
            "moon_illumination": (0, 1),
            "altitude": (-90, 90),
            "hour_angle": (0, 12),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidInput(f"{name} is {value}: {low} to {high} is permitted.", name)
        if self.horizon is not None and (not self.horizon.azimuth or len(set(map(len, self.horizon))) > 1):
            raise InvalidInput("a horizon has as many azimuths as altitudes, one at least.", "horizon")
        by_airmass = -90.0 if self.airmass is None else altitude_of_airmass(self.airmass, self.formula)
        object.__setattr__(self, "lowest", max(self.altitude, by_airmass))


def observable(sky: LocalSky, ra: ArrayLike, dec: ArrayLike, constraints: Constraints) -> NDArray[np.bool_]:
    """Whether N positions (ICRS, deg) keep all constraints at the M times of a sky, shape (N, M).

    Raises
    ------
    InvalidInput
        If a position is outside of the sky.
    """
    first, *others = margins(sky, ra, dec, constraints)
    mask = first >= 0
    for margin in others:
        mask &= margin >= 0
    return mask


def windows(sky: LocalSky, ra: ArrayLike, dec: ArrayLike, constraints: Constraints) -> list[list[Window]]:
    """When N positions (ICRS, deg) keep all constraints, for each of them in the order of time.

    The times of the sky must ascend, in steps that no window is shorter than; with steps of 5 minutes begins and ends are right
    to a few seconds.

    Raises
    ------
    InvalidInput
        If times do not ascend, or a position is outside of the sky.
    """
    if np.any(np.diff(sky.mjd) <= 0):
        raise InvalidInput("times of windows must ascend.", "mjd")
    parts = [np.broadcast_to(m, (np.size(ra), sky.mjd.size)) for m in margins(sky, ra, dec, constraints)]
    return [_windows_of_one(sky.mjd, np.stack([part[n] for part in parts])) for n in range(np.size(ra))]


def margins(sky: LocalSky, ra: ArrayLike, dec: ArrayLike, constraints: Constraints) -> list[Array]:
    """What is left until each limit, positive where it is kept; the first has the shape (N, M), others broadcast to it."""
    sine = sky.towards(ra, dec, sky.up)
    found = [sine - np.sin(np.radians(constraints.lowest))]
    if constraints.sun_altitude is not None:
        sun = np.einsum("mi,mi->m", sky.sun, sky.up)
        found.append((np.sin(np.radians(constraints.sun_altitude)) - sun)[None])
    if constraints.moon_separation > 0:
        found.append(_moon_margin(sky, ra, dec, constraints))
    if constraints.moon_illumination < 1:
        darker = constraints.moon_illumination - sky.illumination
        found.append(np.maximum(darker, -np.sin(np.radians(sky.moon_altitude)))[None])
    if constraints.hour_angle is not None:
        found.append(constraints.hour_angle - np.abs(sky.hour_angle(ra, dec)))
    if constraints.horizon is not None:
        lowest = np.interp(sky.azimuth(ra, dec), constraints.horizon.azimuth, constraints.horizon.altitude, period=360)
        found.append(sine - np.sin(np.radians(lowest)))
    return found


def _moon_margin(sky: LocalSky, ra: ArrayLike, dec: ArrayLike, constraints: Constraints) -> Array:
    part = sky.illumination if constraints.moon_by_illumination else 1.0
    margin = np.cos(np.radians(constraints.moon_separation * part)) - sky.towards(ra, dec, sky.moon)
    return np.maximum(margin, -np.sin(np.radians(sky.moon_altitude))) if constraints.moon_up_only else margin


def _windows_of_one(mjd: Array, parts: Array) -> list[Window]:
    """Windows from the margins of one position, shape (limits, M)."""
    kept = np.all(parts >= 0, axis=0)
    change = np.diff(kept.astype(np.int8))
    begins = [_crossing(mjd, parts, i + 1, i) for i in np.flatnonzero(change > 0).tolist()]
    ends = [_crossing(mjd, parts, i, i + 1) for i in np.flatnonzero(change < 0).tolist()]
    if kept[0]:
        begins.insert(0, float(mjd[0]))
    if kept[-1]:
        ends.append(float(mjd[-1]))
    return [Window(begin, end) for begin, end in zip(begins, ends, strict=True)]


def _crossing(mjd: Array, parts: Array, inside: int, outside: int) -> float:
    """When the first limit is passed on the way from a time inside a window to the next one outside."""
    a, b = parts[:, inside], parts[:, outside]
    passed = b < 0
    share = float(np.min(a[passed] / (a[passed] - b[passed])))
    return float(mjd[inside] + share * (mjd[outside] - mjd[inside]))
