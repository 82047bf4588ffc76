"""Distant tables for engines before DuckDB 2.0, which scan them as Arrow datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from skyhub.sql._expressions import pushed
from skyhub.sql._fetch import Fetch

__all__ = ["DistantDataset"]


class DistantDataset(ds.Dataset):  # type: ignore[misc]
    """A table whose rows are elsewhere.

    The engine takes it for an Arrow dataset and scans it by `scanner`, saying which columns it needs and which
    conditions the rows must meet.

    Parameters
    ----------
    name
        Its name at the other end.
    schema
        Its columns.
    fetch
        How rows are asked for.
    selects
        Whether the other end looks for the rows that meet a condition.
    """

    def __new__(cls, name: str, schema: pa.Schema, fetch: Fetch, selects: bool = True) -> DistantDataset:
        made: DistantDataset = ds.Dataset.__new__(cls)
        return made

    def __init__(self, name: str, schema: pa.Schema, fetch: Fetch, selects: bool = True) -> None:
        self._name, self._schema, self._fetch, self._selects = name, schema, fetch, selects

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self._schema

    def scanner(self, columns: Sequence[str] | None = None, filter: Any = None, **options: Any) -> _Scan:
        """What the engine calls to scan the table."""
        return _Scan(self, list(self._schema.names if columns is None else columns), filter)

    def batches(self, columns: list[str], expression: Any) -> Iterator[pa.RecordBatch]:
        """Rows that meet an expression; what cannot be said as a condition is applied here."""
        condition, exact, looked_at = pushed(expression)
        if expression is None or (exact and self._selects):
            yield from self._fetch(self._name, columns, condition)
            return
        needed = set(self._schema.names if looked_at is None else looked_at).union(columns)
        wanted = [name for name in self._schema.names if name in needed]
        for batch in self._fetch(self._name, wanted, condition if self._selects else ["and"]):
            yield from pa.Table.from_batches([batch]).filter(expression).select(columns).to_batches()


class _Scan:
    """One scan of a table."""

    def __init__(self, table: DistantDataset, columns: list[str], expression: Any) -> None:
        self._table, self._columns, self._expression = table, columns, expression

    @property
    def projected_schema(self) -> pa.Schema:
        """The columns of the scan."""
        return pa.schema([self._table.schema.field(name) for name in self._columns])

    def to_reader(self) -> pa.RecordBatchReader:
        """The rows; nothing is asked for before the first is read."""
        batches = self._table.batches(self._columns, self._expression)
        return pa.RecordBatchReader.from_batches(self.projected_schema, batches)
