"""Reading what detectors measure of themselves: when they took data, and their noise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["datetime_of_gps", "read_intervals", "read_spectrum"]

_GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_LEAP_SECONDS = (
    46828800, 78364801, 109900802, 173059203, 252028804, 315187205, 346723206, 393984007, 425520008, 457056009,
    504489610, 551750411, 599184012, 820108813, 914803214, 1025136015, 1119744016, 1167264017,
)  # fmt: skip
"""GPS times (s) from which UTC is one second more behind GPS (IERS Bulletin C)."""


def datetime_of_gps(seconds: float) -> datetime:
    """A GPS time (s) in UTC.

    Examples
    --------
    >>> datetime_of_gps(1240215503).isoformat()
    '2019-04-25T08:18:05+00:00'
    """
    return _GPS_EPOCH + timedelta(seconds=seconds - sum(seconds >= leap for leap in _LEAP_SECONDS))


def read_intervals(path: Path) -> Iterator[dict[str, Any]]:
    """The intervals of a segment list: begin and end (GPS s) in its last columns but one for the duration, or alone."""
    for number, words in _rows(path):
        values = [_number(path, number, word) for word in words]
        begin, end = values[1:3] if len(values) > 2 else values[:2] if len(values) == 2 else (0.0, 0.0)
        if not 0 < begin < end:
            raise InvalidInput(f"{path} has no interval in line {number}: begin and end (GPS s) are needed.", str(path))
        yield {"start_time": datetime_of_gps(begin).isoformat(), "end_time": datetime_of_gps(end).isoformat()}


def read_spectrum(path: Path) -> dict[str, list[float]]:
    """Frequencies (Hz) and amplitude spectral density (Hz^-1/2) of a file with two columns."""
    pairs = [[_number(path, n, word) for word in words[:2]] for n, words in _rows(path)]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise InvalidInput(f"{path} is no spectrum: two columns are needed, frequency and amplitude.", str(path))
    return {"frequency": [pair[0] for pair in pairs], "amplitude": [pair[1] for pair in pairs]}


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as text: {error}", str(path)) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith(("#", "%")):
            yield number, line.replace(",", " ").split()


def _number(path: Path, line: int, word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise InvalidInput(f"{path} has {word!r} for a number in line {line}.", str(path)) from None
