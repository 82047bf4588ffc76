"""The short way to the points of a few objects: a statement that names them need not go through all of photometry."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from skyhub.db import Database, Viewer
from skyhub.sql._catalog import Table
from skyhub.sql._conditions import quoted, where_clause

__all__ = ["light_curves"]

_TABLE = "photometry"
_COLUMN = "object_id"
_MOST_OBJECTS = 200


def light_curves(
    db: Database, viewer: Viewer, table: Table, columns: list[str], condition: list[Any], as_of: datetime | None
) -> pa.Table | None:
    """Columns of the visible points that meet a condition; None if it does not name few objects.

    Parameters
    ----------
    db, viewer, as_of
        The database, who reads, and of which time.
    table, columns, condition
        What a scan asks for; the condition has been checked.
    """
    named = _objects(condition) if table.name == _TABLE else None
    if named is None:
        return None
    schema = pa.schema([table.schema.field(name) for name in columns])
    if all(part is named or part == ["valid", _COLUMN] for part in condition[1:]):
        return db.reader.points(viewer, _names(named), columns, as_of).cast(schema)
    where, values = where_clause(condition, table.types)
    looked_at = [name for name in table.types if name in columns or quoted(name) in where]
    points = db.reader.points(viewer, _names(named), looked_at, as_of)
    with _engine().cursor() as cursor:
        cursor.execute("SET VARIABLE given = ?", [values])
        cursor.register("points", points)
        chosen = ", ".join(map(quoted, columns))
        found = cursor.sql(f"SELECT {chosen} FROM points WHERE {where}").to_arrow_table()
    return found.cast(schema)


def _objects(condition: list[Any]) -> list[Any] | None:
    """The part of a conjunction that names objects."""
    for part in condition[1:] if condition[0] == "and" else ():
        if part[:2] == ["==", _COLUMN] or (part[:2] == ["in", _COLUMN] and len(part[2]) <= _MOST_OBJECTS):
            named: list[Any] = part
            return named
        if part[0] == "and" and (inner := _objects(part)):
            return inner
    return None


def _names(named: list[Any]) -> list[str]:
    given = named[2] if named[0] == "in" else [named[2]]
    return list(dict.fromkeys(map(str, given)))


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """An engine that holds nothing."""
    return duckdb.connect(config={"threads": 1, "enable_external_access": False})
