"""Scales of time: MJDs of other scales as MJD in UTC, by the table of leap seconds that ERFA has.

TT is 32.184 s ahead of TAI; TDB differs from TT by less than 2 ms [1]_ and is taken as TT.

References
----------
.. [1] IAU 2006 Resolution B3. Soffel et al. 2003, AJ 126, 2687. doi:10.1086/378162
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

import erfa

from skyhub.errors import InvalidInput

__all__ = ["TIME_SCALES", "utc_mjd"]

_DAY = 86_400.0
_JD_OF_MJD = 2_400_000.5
_AHEAD_OF_TAI = {"tai": 0.0, "tt": 32.184, "tdb": 32.184}

TIME_SCALES = ("utc", *_AHEAD_OF_TAI)
"""Scales that are understood."""


def utc_mjd(mjd: float, scale: str = "utc") -> float:
    """An MJD of a scale as MJD in UTC, from 1972 on, each day of 86400 s.

    Parameters
    ----------
    mjd
        Time (MJD) in the scale.
    scale
        A name in `TIME_SCALES`.

    Raises
    ------
    InvalidInput
        If the scale is not known.

    Examples
    --------
    >>> round((60000.0 - utc_mjd(60000.0, "tai")) * 86400)  # leap seconds since 2017
    37
    """
    if scale == "utc":
        return mjd
    if scale not in _AHEAD_OF_TAI:
        raise InvalidInput(f"time scale {scale!r} is not known: {', '.join(TIME_SCALES)} are permitted.", "scale")
    tai = mjd - _AHEAD_OF_TAI[scale] / _DAY
    begins, seconds = _leap_seconds()
    return tai - seconds[max(bisect_right(begins, tai) - 1, 0)] / _DAY


@cache
def _leap_seconds() -> tuple[list[float], list[float]]:
    """From which MJD (TAI) on TAI is how many seconds ahead of UTC."""
    table = [row for row in erfa.leap_seconds.get() if row["year"] >= 1972]
    seconds = [float(row["tai_utc"]) for row in table]
    days = [float(sum(erfa.cal2jd(row["year"], row["month"], 1))) - _JD_OF_MJD for row in table]
    return [day + ahead / _DAY for day, ahead in zip(days, seconds, strict=True)], seconds
