"""The time that a sentence or row tells: a date with a time of day, a JD or an MJD."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from skyhub.science.nights import mjd_of_datetime

__all__ = ["time_in"]

_JULIAN = re.compile(r"(?<![\d.])24(?P<days>[4-9]\d{4}\.\d+)")
_MODIFIED = re.compile(r"(?<![\d.])(?P<days>[4-9]\d{4}\.\d{2,})")
_DATE = re.compile(r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T\s|,]+(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?!\d)")
_HALF = 0.5


def time_in(sentence: str) -> float | None:
    """The only time (MJD, UTC) that a sentence or row of a table tells; None if it tells none or several.

    Whether it is the beginning or the middle of an exposure, the text has to say.

    Examples
    --------
    >>> time_in("2460181.50 | r | 20.3"), time_in("2023-08-13 03:34:56, 0.35"), time_in("from 60170.10 to 60170.20")
    (60181.0, 60169.149259, None)
    """
    found = {round(float(match["days"]) - _HALF, 6) for match in _JULIAN.finditer(sentence)}
    found |= {float(match["days"]) for match in _MODIFIED.finditer(sentence)}
    found |= {time for match in _DATE.finditer(sentence) if (time := _of_date(match)) is not None}
    return found.pop() if len(found) == 1 else None


def _of_date(match: re.Match[str]) -> float | None:
    year, month, day, hour, minute = (int(match[n]) for n in range(1, 6))
    seconds = float(match[6] or 0)
    try:
        begin = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return round(mjd_of_datetime(begin) + seconds / 86_400, 6)
