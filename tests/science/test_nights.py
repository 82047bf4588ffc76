"""Nights run from noon to noon in UTC−12."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.nights import datetime_of_mjd, dayobs_of_mjd, dayobs_range_mjd, mjd_of_datetime, parse_dayobs
from support.strategies import mjd

_BAD = [
    "",
    "2026",
    "2026-13-01",
    "2026-02-30",
    "20261121x",
    "21-11-2026",
    "2026-1121x",
    "last-night",
    "2026/11/21",
    "0000-01-01",
]


@pytest.mark.parametrize("text", _BAD)
def test_what_is_no_night_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no night"):
        parse_dayobs(text)


@pytest.mark.parametrize("text", ["2026-11-21", "20261121", " 2026-11-21 "])
def test_forms_of_a_night(text: str) -> None:
    assert parse_dayobs(text) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2026-11-21T12:00:00", "2026-11-21"),
        ("2026-11-21T11:59:59.999", "2026-11-20"),
        ("2026-11-22T00:00:00", "2026-11-21"),
        ("2026-11-22T11:59:59.999", "2026-11-21"),
        ("2026-11-22T12:00:00", "2026-11-22"),
        ("2028-02-29T12:00:00", "2028-02-29"),
        ("2027-01-01T03:00:00", "2026-12-31"),
    ],
)
def test_boundaries(moment: str, night: str) -> None:
    assert dayobs_of_mjd(Time(moment, scale="utc").mjd).isoformat() == night


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))
def test_a_night_is_the_local_date_twelve_hours_west_half_a_day_late(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    west = (moment.astimezone(timezone(-timedelta(hours=12)))).date()
    near_noon = abs((moment - moment.replace(hour=12, minute=0, second=0, microsecond=0)).total_seconds()) < 1e-3
    assert near_noon or dayobs_of_mjd(mjd_of_datetime(moment)) == west


@given(mjd)
def test_every_time_lies_in_its_night_alone(time: float) -> None:
    night = dayobs_of_mjd(time)
    begin, end = dayobs_range_mjd(night)
    assert begin <= time < end
    assert dayobs_range_mjd(night + timedelta(days=1))[0] == end


@pytest.mark.filterwarnings("ignore:.*dubious year")
@given(mjd)
def test_times_agree_with_astropy(time: float) -> None:
    expected = Time(time, format="mjd", scale="utc").to_datetime(timezone=UTC)
    assert abs((datetime_of_mjd(time) - expected).total_seconds()) < 1e-4
    assert mjd_of_datetime(datetime_of_mjd(time)) == pytest.approx(time, abs=1e-10)
