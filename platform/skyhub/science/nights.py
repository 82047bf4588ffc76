"""Names of nights: a night is the date of its evening, noon to noon in UTC−12 (the dayobs of Rubin, SITCOMTN-032)."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta

from skyhub.errors import InvalidInput

__all__ = ["MJD_EPOCH", "datetime_of_mjd", "dayobs_of_mjd", "dayobs_range_mjd", "mjd_of_datetime", "parse_dayobs"]

MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_PATTERN = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


def dayobs_of_mjd(mjd: float) -> date:
    """The night that a time (MJD, UTC) belongs to.

    Examples
    --------
    >>> dayobs_of_mjd(61366.2)  # 2026-11-22 04:48 UTC
    datetime.date(2026, 11, 21)
    """
    return MJD_EPOCH.date() + timedelta(days=math.floor(mjd - 0.5))


def dayobs_range_mjd(dayobs: date) -> tuple[float, float]:
    """Begin and end (MJD, UTC) of a night: 12:00 UTC of its date and 24 h later."""
    begin = (dayobs - MJD_EPOCH.date()).days + 0.5
    return begin, begin + 1.0


def parse_dayobs(text: str) -> date:
    """A night from ``2026-11-21`` or ``20261121``.

    Raises
    ------
    InvalidInput
        If the text is no date.
    """
    found = _PATTERN.fullmatch(text.strip())
    try:
        if found:
            return date(*map(int, found.groups()))
    except ValueError:
        pass
    raise InvalidInput(f"{text!r} is no night: give the date of its evening as 2026-11-21.", "dayobs")


def mjd_of_datetime(moment: datetime) -> float:
    """MJD (UTC) of an aware time."""
    return (moment - MJD_EPOCH) / timedelta(days=1)


def datetime_of_mjd(mjd: float) -> datetime:
    """Time (UTC) of an MJD (UTC), to the microsecond."""
    return MJD_EPOCH + timedelta(days=mjd)
