"""Visibility: nights of sites, where things stand in their sky, airmass, and when positions can be observed.

Everything is airless (no refraction but in rising and setting) and needs nothing from a network. Against astropy, altitude and
azimuth agree to 0.2 arcsec (to 1.5 within a degree of the Sun), the Sun to 0.1 and the Moon to 1 arcsec.

Examples
--------
>>> from datetime import date
>>> palomar = Site(33.3574, -116.8599, 1712)
>>> hours = hours_by_night(palomar, [date(2026, 11, 21)], 83.63, 22.01, Constraints(airmass=2.0))
>>> hours.round(1).tolist()
[[8.2]]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science._airmass import AIRMASS_FORMULAS, AirmassFormula, airmass, altitude_of_airmass
from skyhub.science._constraints import Constraints, Horizon, Window, observable, windows
from skyhub.science._globe import Globe, globe_at
from skyhub.science._local_sky import LocalSky, Site, local_sky
from skyhub.science._sun_moon import sun_and_moon
from skyhub.science._twilights import TWILIGHTS, Dark, Night, current_night, night_at, night_window

__all__ = [
    "AIRMASS_FORMULAS",
    "TWILIGHTS",
    "AirmassFormula",
    "Constraints",
    "Dark",
    "Globe",
    "Horizon",
    "LocalSky",
    "Night",
    "Site",
    "Window",
    "airmass",
    "altitude_of_airmass",
    "current_night",
    "globe_at",
    "hours_by_night",
    "local_sky",
    "night_at",
    "night_sky",
    "night_window",
    "observable",
    "sun_and_moon",
    "windows",
]

_MINUTES = 1440


def night_sky(site: Site, night: date, minutes: float = 5.0) -> LocalSky:
    """The sky over a site from noon to noon, in steps (min; the last one may be shorter than asked for)."""
    steps = int(np.ceil(_MINUTES / minutes))
    return local_sky(site, np.linspace(*night_window(site, night), steps + 1))


def hours_by_night(
    site: Site, nights: Sequence[date], ra: ArrayLike, dec: ArrayLike, constraints: Constraints, minutes: float = 5.0
) -> NDArray[np.float64]:
    """Hours in which N positions (ICRS, deg) can be observed in each of K nights, shape (N, K).

    Times in the middle of steps (min) are counted: hours are right to about one step.

    Raises
    ------
    InvalidInput
        If a position is outside of the sky, or a night not between 1972 and 2100.
    """
    steps = int(np.ceil(_MINUTES / minutes))
    middles = (np.arange(steps) + 0.5) / steps
    noons = np.array([night_window(site, night)[0] for night in nights])
    sky = local_sky(site, (noons[:, None] + middles).ravel())
    ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
    counted = np.empty((ra.size, noons.size))
    for n in range(ra.size):
        kept = observable(sky, ra[n : n + 1], dec[n : n + 1], constraints)
        counted[n] = kept.reshape(noons.size, steps).sum(axis=1)
    return counted * (24 / steps)
