"""The Earth at times: how it is turned, where it is, and where the Moon is, in axes of the GCRS.

Precession and nutation are IAU 2006/2000B (1 mas from 1995 to 2050) [1]_; they, the Earth [2]_ and the Moon [3]_ are computed
at nodes and interpolated between, to 0.01 arcsec. UT1 and the pole come from the tables of the IERS that are installed;
nothing is fetched. Beyond their last prediction, a year after their issue, the last value stays: as long as no leap
second is announced, UT1 is then wrong by tenths of a second (1 s is 15 arcsec).

References
----------
.. [1] McCarthy & Luzum 2003, Celest. Mech. Dyn. Astron. 85, 37. doi:10.1023/A:1021762727016
.. [2] Bretagnon & Francou 1988, A&A 202, 309 (VSOP87; simplified as ERFA's ``epv00``, 11 km)
.. [3] Meeus 1998, Astronomical Algorithms, ch. 47 (ERFA's ``moon98``, 10 arcsec)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import erfa
import numpy as np
from numpy.typing import NDArray

__all__ = ["MJD_ZERO", "Earth", "earth_at"]

Array = NDArray[np.float64]

MJD_ZERO = 2_400_000.5
"""Julian date of MJD 0."""

_EARTH_STEP, _MOON_STEP = 1.0, 0.25
"""Days between nodes."""


@dataclass(frozen=True)
class Earth:
    """The Earth at M times."""

    to_itrs: Array
    """Matrices from GCRS to ITRS, shape (M, 3, 3)."""
    velocity: Array
    """Barycentric velocity of its centre (au/d), shape (M, 3)."""
    sun: Array
    """From its centre to the Sun's (au), shape (M, 3)."""
    moon: Array
    """From its centre to the Moon's (au), shape (M, 3)."""


def earth_at(mjd: Array) -> Earth:
    """The Earth at times (MJD, UTC), shape (M,)."""
    with warnings.catch_warnings():
        # ERFA doubts leap seconds of years after its release; so does this module's text.
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        dut1, pole_x, pole_y = _iers(mjd)
        tt = np.add(*erfa.taitt(*erfa.utctai(MJD_ZERO, mjd))) - MJD_ZERO
        ut1 = erfa.utcut1(MJD_ZERO, mjd, dut1)
    celestial = erfa.c2ixys(*_interpolated(tt, _EARTH_STEP, _pole_nodes)[0].T)
    terrestrial = erfa.pom00(pole_x, pole_y, erfa.sp00(MJD_ZERO, tt))
    to_sun, velocity = _interpolated(tt, _EARTH_STEP, _earth_nodes)
    return Earth(
        to_itrs=erfa.c2tcio(celestial, erfa.era00(*ut1), terrestrial),
        velocity=velocity,
        sun=to_sun,
        moon=_interpolated(tt, _MOON_STEP, _moon_nodes)[0],
    )


def _interpolated(tt: Array, step: float, nodes: Callable[[Array], tuple[Array, ...]]) -> tuple[Array, ...]:
    """Vectors at times from what `nodes` gives at steps: vectors, their change per day, and others that change slowly."""
    from scipy.interpolate import CubicHermiteSpline

    first = np.floor(tt.min() / step)
    times = step * np.arange(first, np.floor(tt.max() / step) + 2)
    vectors, rates, *others = nodes(times)
    place = CubicHermiteSpline(times, vectors, rates)(tt)
    return (place, *(CubicHermiteSpline(times, x, np.gradient(x, step, axis=0))(tt) for x in others))


def _pole_nodes(tt: Array) -> tuple[Array, ...]:
    """The celestial pole and the locator of the origin (x, y, s in radian)."""
    half = _EARTH_STEP / 2
    before, at, after = (np.stack(erfa.xys00b(MJD_ZERO, tt + shift), axis=-1) for shift in (-half, 0.0, half))
    return at, (after - before) / (2 * half)


def _earth_nodes(tt: Array) -> tuple[Array, ...]:
    heliocentric, barycentric = erfa.epv00(MJD_ZERO, tt)
    return -heliocentric["p"], -heliocentric["v"], barycentric["v"]


def _moon_nodes(tt: Array) -> tuple[Array, ...]:
    moon = erfa.moon98(MJD_ZERO, tt)
    return moon["p"], moon["v"]


def _iers(mjd: Array) -> tuple[Array, Array, Array]:
    """UT1 − UTC (s) and the pole (radian) at times."""
    table = _iers_table()
    dut1, _ = table.ut1_utc(MJD_ZERO, mjd, return_status=True)
    pole_x, pole_y, _ = table.pm_xy(MJD_ZERO, mjd, return_status=True)
    return dut1.to_value("s"), pole_x.to_value("rad"), pole_y.to_value("rad")


@cache
def _iers_table() -> Any:
    import astropy_iers_data
    from astropy.utils.iers import IERS_A

    return IERS_A.open(astropy_iers_data.IERS_A_FILE)
