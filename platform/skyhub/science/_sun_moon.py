"""Where Sun and Moon stand, seen from the Earth's centre: good for a map of the sky.

References
----------
.. [1] Bretagnon & Francou 1988, A&A 202, 309 (VSOP87; simplified as ERFA's ``epv00``)
.. [2] Meeus 1998, Astronomical Algorithms, ch. 47 (ERFA's ``moon98``)
"""

from __future__ import annotations

import warnings

import erfa
import numpy as np

from skyhub.science._earth import MJD_ZERO
from skyhub.science.vectors import lonlat

__all__ = ["sun_and_moon"]


def sun_and_moon(mjd: float) -> dict[str, tuple[float, float]]:
    """Right ascension and declination (deg, GCRS, geometric) of ``sun`` [1]_ and ``moon`` [2]_ at a time (MJD, UTC).

    Light time is left out (20 arcsec for the Sun); from a site the Moon stands up to one degree elsewhere.

    Examples
    --------
    At the equinox of March 2024 (20th, 03:06 UTC) the Sun crosses the equator of that date, which has moved by precession:

    >>> ra, dec = sun_and_moon(60389.1292)["sun"]
    >>> abs(ra - 360) < 0.35, abs(dec) < 0.15
    (True, True)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", erfa.ErfaWarning)  # leap seconds of years after its release
        tt = np.add(*erfa.taitt(*erfa.utctai(MJD_ZERO, mjd))) - MJD_ZERO
        heliocentric, _ = erfa.epv00(MJD_ZERO, tt)
        moon = erfa.moon98(MJD_ZERO, tt)
    places = {"sun": -heliocentric["p"], "moon": moon["p"]}
    return {name: (float(lon), float(lat)) for name, (lon, lat) in ((n, lonlat(v)) for n, v in places.items())}
