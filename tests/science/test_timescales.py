"""Scales of time: unknown ones are refused, the others agree with astropy on both sides of every leap second."""

from __future__ import annotations

import math

import erfa
import pytest
from astropy.time import Time
from hypothesis import assume, given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.timescales import TIME_SCALES, utc_mjd

_MICROSECOND = 1e-6 / 86_400
LEAPS = {
    round(sum(erfa.cal2jd(row["year"], row["month"], 1)) - 2_400_000.5)
    for row in erfa.leap_seconds.get()
    if row["year"] > 1972 or row["month"] > 1
}
"""Days (MJD) before which a second was put in."""


def test_unknown_scales_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"ut1.*tai"):
        utc_mjd(60000.0, "ut1")


@given(st.floats(41400.0, 62000.0), st.sampled_from(TIME_SCALES))
def test_scales_agree_with_astropy(mjd: float, scale: str) -> None:
    expected = Time(mjd, format="mjd", scale=scale).utc
    assume(math.floor(expected.mjd) + 1 not in LEAPS)  # ERFA stretches the days that end with a leap second
    assert utc_mjd(mjd, scale) == pytest.approx(expected.mjd, abs=2e-3 / 86_400 if scale == "tdb" else 2 * _MICROSECOND)


@pytest.mark.parametrize("day", sorted(day for day in LEAPS if day > 41400))
def test_leap_seconds_begin_where_they_do(day: int) -> None:
    for hours in (-30, 1):
        tai = Time(day, hours / 24, format="mjd", scale="utc").tai.mjd
        assert utc_mjd(tai, "tai") == pytest.approx(day + hours / 24, abs=2 * _MICROSECOND)
