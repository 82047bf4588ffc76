"""Tables in a worker that hold nothing: the engine asks for columns and rows when it scans them, and they are fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from skyhub.sql._conditions import MOST_VALUES, Unsaid, count_values, plain_value
from skyhub.sql._fetch import Fetch, Rows

try:  # DuckDB 2.0
    from duckdb._sources import ArrowScanSource as _Source
    from duckdb._sources.nodes import Binary, Col, In, Lit, Postfix, Unary
except ImportError:
    _Source = None

__all__ = ["register"]

_COMPARISONS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def register(
    engine: duckdb.DuckDBPyConnection, view: str, name: str, schema: pa.Schema, fetch: Fetch, rows: Rows, selects: bool
) -> None:
    """Make a table known to an engine.

    Parameters
    ----------
    engine, view
        The engine, and the name by which statements call the table.
    name
        Its name at the other end.
    schema
        Its columns.
    fetch
        How rows are asked for.
    rows
        Tells how many there are of a table, about: what joins are planned by.
    selects
        Whether the other end looks for the rows that meet a condition.
    """
    if _Source is None:
        from skyhub.sql._dataset import DistantDataset

        engine.register(view, DistantDataset(name, schema, fetch, selects))
    else:
        engine._register_arrow_source(view, _DistantTable(name, schema, fetch, rows, selects))


if _Source is not None:

    class _DistantTable(_Source):  # type: ignore[misc, valid-type]
        """A table whose rows are elsewhere, as the engine's scan sees it."""

        schema_is_stable = True

        def __init__(self, name: str, schema: pa.Schema, fetch: Fetch, rows: Rows, selects: bool) -> None:
            super().__init__(self)
            self._name, self._schema, self._fetch = name, schema, fetch
            self._rows, self._selects = rows, selects

        def __arrow_c_schema__(self) -> object:
            return self._schema.__arrow_c_schema__()

        def rows(self) -> int:
            """About how many rows there are."""
            return self._rows(self._name)

        def accepts(self, predicate: Any) -> bool:
            """Whether only rows are fetched for which a predicate holds; else the engine looks for them."""
            try:
                return self._selects and count_values(_condition(predicate)) <= MOST_VALUES
            except (Unsaid, RecursionError):
                return False

        def stream(self, columns: Sequence[int] | None, filters: Sequence[Any]) -> tuple[object, bool]:
            """The rows; nothing is asked for before the first is read."""
            schema = self._schema if columns is None else pa.schema([self._schema.field(n) for n in columns])
            condition = ["and", *map(_condition, filters)]
            batches = self._fetch(self._name, schema.names, condition)
            return pa.RecordBatchReader.from_batches(schema, batches).__arrow_c_stream__(), columns is not None


def _condition(node: Any) -> list[Any]:
    """A node of the engine's predicates as a condition. Raises `Unsaid` if there is none."""
    match node:
        case Binary(op="AND" | "OR", left=left, right=right):
            return [node.op.lower(), _condition(left), _condition(right)]
        case Unary(op="NOT", operand=operand):
            return ["not", _condition(operand)]
        case Postfix(op="IS NULL", operand=Col(parts=(column,))):
            return ["null", column]
        case Postfix(op="IS NOT NULL", operand=Col(parts=(column,))):
            return ["valid", column]
        case In(operand=Col(parts=(column,)), values=values) if values:
            return ["in", column, [_literal(value) for value in values]]
        case Binary(op=op, left=Col(parts=(column,)), right=value) if op in _COMPARISONS:
            return [_COMPARISONS[op], column, _literal(value)]
    raise Unsaid


def _literal(node: Any) -> Any:
    if not isinstance(node, Lit) or node.type == "TIMESTAMP WITH TIME ZONE":
        raise Unsaid
    return plain_value(node.value)
