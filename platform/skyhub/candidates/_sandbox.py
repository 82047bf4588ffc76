"""Where conditions on alerts are evaluated: a database that holds nothing, sees nothing but a batch and reaches no files."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

__all__ = ["DERIVED", "evaluate", "parse", "unparse", "unsteady_names"]

DERIVED = ("age",)
"""What a condition may use beside the columns of an alert: days since the first detection."""

_CONFIG = {
    "enable_external_access": False,
    "temp_directory": "",
    "lock_configuration": True,
    "threads": 1,
    "memory_limit": "512MB",
}
_VIEW = "SELECT *, mjd - first_mjd AS age FROM batch"
_SECONDS = 20.0


def evaluate(batch: pa.Table, conditions: Sequence[str], values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Verdicts of conditions (true, false, null), then values of expressions, for each alert of a batch.

    Returns
    -------
    list of tuple
        One for each alert, if each expression looks at one alert alone.

    Raises
    ------
    duckdb.Error
        If one of them is no expression over the columns of an alert, cannot be computed, or takes too long.
    """
    for expression in (*conditions, *values):
        duckdb.SQLExpression(expression)
    listed = [*(f"(\n{c}\n)::BOOLEAN" for c in conditions), *(f"(\n{v}\n)" for v in values)]
    return _run(f"SELECT {', '.join(listed)} FROM ({_VIEW})", batch=batch)


def parse(expression: str) -> str:
    """The syntax tree of ``SELECT (expression)``, as JSON."""
    duckdb.SQLExpression(expression)
    [(tree,)] = _run("SELECT json_serialize_sql($text)", {"text": f"SELECT (\n{expression}\n)"})
    return str(tree)


def unparse(tree: str) -> str:
    """The statement of a syntax tree, as DuckDB writes it."""
    [(text,)] = _run("SELECT json_deserialize_sql($tree::JSON)", {"tree": tree})
    return str(text)


@cache
def unsteady_names() -> frozenset[str]:
    """Functions whose value is another the next time: of the clock, of chance, of the session."""
    rows = _run("SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability != 'CONSISTENT'")
    return frozenset(name for (name,) in rows)


def _run(statement: str, values: dict[str, str] | None = None, batch: pa.Table | None = None) -> list[tuple[Any, ...]]:
    with _sandbox().cursor() as cursor:
        if batch is not None:
            cursor.register("batch", batch)
        watch = threading.Timer(_SECONDS, cursor.interrupt)
        watch.start()
        try:
            rows: list[tuple[Any, ...]] = cursor.execute(statement, values or {}).fetchall()
            return rows
        except (duckdb.FatalException, duckdb.InternalException):
            _sandbox.cache_clear()
            raise
        finally:
            watch.cancel()


@cache
def _sandbox() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config=_CONFIG)
