"""Conditions that the rows of a scan must meet, as plain data that a worker sends and the service binds.

A condition is a list: ``["and", …]``, ``["or", …]``, ``["not", condition]``, ``[op, column, value]`` with one of the six
comparisons, ``["in", column, values]``, ``["valid", column]`` or ``["null", column]``. ``["and"]`` holds for all rows.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

__all__ = ["MOST_VALUES", "Unsaid", "count_values", "plain_value", "quoted", "where_clause"]

MOST_VALUES = 10_000
"""At most so many values in the conditions of one scan."""

_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
_LARGEST_IN = 256


class Unsaid(Exception):
    """There is no condition that says this."""


def plain_value(value: Any) -> Any:
    """A value as JSON carries it. Raises `Unsaid` if it cannot."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return {"timestamp": value.isoformat(" ")}
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"date": value.isoformat()}
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise Unsaid


def count_values(condition: list[Any]) -> int:
    """How many values a condition has."""
    if condition[0] in ("and", "or", "not"):
        return sum(map(count_values, condition[1:]))
    return len(condition[2]) if condition[0] == "in" else 1


def where_clause(condition: list[Any], types: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """A condition as SQL, and the values that it finds in ``getvariable('given')``.

    Parameters
    ----------
    condition
        From a worker, which may have sent anything.
    types
        The columns and their SQL types.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError
        If it is no condition on these columns.

    Examples
    --------
    >>> where_clause(["and", [">", "mjd", 60000.5]], {"mjd": "DOUBLE"})
    ('("mjd" > getvariable(\\'given\\').v0::DOUBLE)', {'v0': 60000.5})
    """
    if not isinstance(condition, list) or count_values(condition) > MOST_VALUES:
        raise ValueError("no condition, or too many values")
    values: dict[str, Any] = {}
    return _clause(condition, types, values), values


def _clause(condition: list[Any], types: dict[str, str], values: dict[str, Any]) -> str:
    kind, *rest = condition
    if kind in ("and", "or"):
        parts = [_clause(part, types, values) for part in rest]
        return f"({f' {kind} '.join(parts)})" if parts else "true"
    if kind == "not":
        return f"(NOT {_clause(rest[0], types, values)})"
    type_ = types[rest[0]]
    column = quoted(rest[0])
    if kind in ("valid", "null"):
        return f"({column} IS {'NOT ' if kind == 'valid' else ''}NULL)"
    name = f"v{len(values)}"
    given = f"getvariable('given').{name}"
    if kind == "in":
        if not isinstance(rest[1], list):
            raise TypeError("no list of values")
        values[name] = [_bound(value) for value in rest[1]]
        return f"({column} IN ({_items(given, type_, len(rest[1]))}))"
    if kind not in _COMPARISONS:
        raise ValueError(f"{kind!r} is no comparison")
    values[name] = _bound(rest[1])
    return f"({column} {kind} {given}::{type_})"


def _items(given: str, type_: str, count: int) -> str:
    """The items of an ``IN``; few of them are constants by which row groups are skipped."""
    if count == 0:
        raise ValueError("an empty list")
    if count > _LARGEST_IN:
        return f"SELECT unnest({given})::{type_}"
    return ", ".join(f"{given}[{place}]::{type_}" for place in range(1, count + 1))


def _bound(value: Any) -> Any:
    if isinstance(value, dict):
        [text] = value.values()
        return str(text)
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"{value!r} is no value")
    return value


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
