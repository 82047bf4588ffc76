"""Rows as JSON: identifiers as strings, times as ISO 8601 in UTC, no NaN."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["iso", "json_rows", "json_value", "naive_utc"]

_LARGEST_EXACT = 2**53


def iso(moment: datetime) -> str:
    """A time in UTC as ``2026-11-22T03:14:15.123Z``; naive times are UTC."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def naive_utc(moment: datetime, where: str = "as_of") -> datetime:
    """A time of a read as the database writes times. Raises `InvalidInput` if it has no zone, or lies beyond the calendar."""
    if moment.tzinfo is None:
        raise InvalidInput(f"{where} {moment} has no time zone: give it as 2026-11-22T03:00:00Z.", where)
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise InvalidInput(f"{where} {moment} lies outside of the calendar's years 1 to 9999.", where) from error


def json_value(value: Any, identifier: bool = False) -> Any:
    """A value as it travels in JSON; integers that a double cannot hold, and identifiers, become strings."""
    if isinstance(value, float | Decimal):
        value = float(value)
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value) if identifier or abs(value) > _LARGEST_EXACT else value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): json_value(v, _is_identifier(str(k))) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(v, identifier) for v in value]
    if isinstance(value, str):
        return value
    return str(value)


def json_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as JSON objects without the columns of access."""
    return [json_value({k: v for k, v in row.items() if k != "acl"}) for row in rows]


def _is_identifier(name: str) -> bool:
    return name in {"candid", "hpx"} or name.endswith("_id")
