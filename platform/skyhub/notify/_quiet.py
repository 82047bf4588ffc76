"""Quiet hours: a part of the day, by a place's own clocks, in which nobody is to be woken."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

__all__ = ["is_quiet"]


def is_quiet(now: datetime, begin: time, end: time, zone: ZoneInfo) -> bool:
    """Whether a moment lies in quiet hours.

    Parameters
    ----------
    now
        The moment, with a time zone.
    begin, end
        When they begin and end (local time); an end before the begin is meant on the next day, the same time is all day.
    zone
        Where the clock hangs.

    Examples
    --------
    >>> from datetime import UTC
    >>> night = time(22), time(7), ZoneInfo("Europe/Berlin")
    >>> is_quiet(datetime(2026, 7, 1, 4, 59, tzinfo=UTC), *night), is_quiet(datetime(2026, 7, 1, 5, tzinfo=UTC), *night)
    (True, False)
    """
    local = now.astimezone(zone).time()
    if begin < end:
        return begin <= local < end
    return local >= begin or local < end
