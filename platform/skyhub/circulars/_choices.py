"""What people choose for a circular: objects, instruments, columns of photometry, from when to when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["PHOTOMETRY_COLUMNS", "chosen", "parse_columns", "parse_names", "parse_span", "why_rejected"]

PHOTOMETRY_COLUMNS = {
    "name": "Name",
    "time": "Time (UTC)",
    "mjd": "MJD (UTC)",
    "days": "T-T0 (d)",
    "filter": "Filter",
    "magnitude": "Magnitude (AB)",
    "instrument": "Instrument",
}
"""Columns that a table of photometry may have, and their heads."""
_MOST_TOLD = 50


def parse_names(text: str) -> list[str]:
    """Names that are separated by commas, each once.

    Examples
    --------
    >>> parse_names("ZTF26a, ZTF26b,ZTF26a")
    ['ZTF26a', 'ZTF26b']
    """
    return list(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))


def parse_columns(text: str) -> tuple[str, ...]:
    """Columns of a table of photometry, in their order.

    Raises
    ------
    InvalidInput
        If there is no such column, or no magnitude.

    Examples
    --------
    >>> parse_columns("mjd, filter, magnitude")
    ('mjd', 'filter', 'magnitude')
    """
    names = parse_names(text)
    unknown = [name for name in names if name not in PHOTOMETRY_COLUMNS]
    if unknown or "magnitude" not in names:
        told = f"{unknown[0]!r} is no column" if unknown else "there is no magnitude"
        raise InvalidInput(f"{told}: {', '.join(PHOTOMETRY_COLUMNS)} are permitted, magnitude among them.", "columns")
    return tuple(names)


def chosen(
    records: Sequence[Mapping[str, Any]], text: str, field: str = "object_id", where: str = "sources"
) -> list[Mapping[str, Any]]:
    """The records whose field is among the names, in the order of these; all of them if no name is given.

    Raises
    ------
    InvalidInput
        If a name is that of none; the message names those that there are.
    """
    names = parse_names(text)
    if not names:
        return list(records)
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        by_name.setdefault(str(record[field]), []).append(record)
    if missing := [name for name in names if name not in by_name]:
        told = ", ".join(list(by_name)[:_MOST_TOLD]) or "nothing"
        raise InvalidInput(f"{', '.join(missing)} is none of what was found: {told}.", where)
    return [record for name in names for record in by_name[name]]


def parse_span(begin: str, end: str, t0: datetime, n_days: float) -> tuple[datetime, datetime]:
    """From when to when objects are taken (UTC): from T0 on, for so many days, unless times are given (ISO 8601).

    Raises
    ------
    InvalidInput
        If one is no time, or the end is not after the beginning.
    """
    since = _time(begin, "begin") if begin else t0
    until = _time(end, "end") if end else since + timedelta(days=n_days)
    if until <= since:
        raise InvalidInput(
            f"end is {until:%Y-%m-%d %H:%M:%S}: a time after {since:%Y-%m-%d %H:%M:%S} is permitted.", "end"
        )
    return since, until


def why_rejected(held: Mapping[str, Any]) -> str:
    """Why an object is rejected, by the ``reason`` and the ``circular`` of what it is held for: in the words of people.

    Examples
    --------
    >>> why_rejected({"reason": "dwarf nova", "circular": 34753})
    'dwarf nova; GCN Circ. 34753'
    """
    circular = f"GCN Circ. {held['circular']}" if held["circular"] else ""
    return "; ".join(filter(None, (held["reason"], circular)))


def _time(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(
            f"{where} is {text!r}: a time such as 2026-11-22T03:00:00 (UTC) is permitted.", where
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
