"""The keeper of workers for SQL: they know the tables of a database."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict

import pyarrow as pa

from skyhub.confined import Keeper as AnyKeeper
from skyhub.confined import Worker
from skyhub.sql._limits import Limits

__all__ = ["Keeper", "Worker", "encoded_schema"]

_READY = 4


class Keeper(AnyKeeper):
    """Starts workers that know the tables of a database.

    Parameters
    ----------
    tables
        Names and columns.
    limits
        What each worker may use.
    rows
        About how many rows each table has.
    """

    def __init__(
        self, tables: Mapping[str, pa.Schema], limits: Limits, rows: Callable[[], Mapping[str, int]] = dict
    ) -> None:
        self.limits = limits
        first = {"tables": {name: encoded_schema(schema) for name, schema in tables.items()}}
        super().__init__(
            "skyhub.sql._worker", first, lambda: {"limits": asdict(limits), "rows": dict(rows())}, "SQL", _READY
        )


def encoded_schema(schema: pa.Schema) -> str:
    """Columns as text."""
    return base64.b64encode(schema.serialize()).decode()
