"""Which tables a database has, and their columns: what follows from its migrations is asked once a process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb

__all__ = ["Columns", "Ledger", "columns_of", "latest_known_at", "ledger_of", "read_columns"]

Ledger = tuple[tuple[int, str], ...]
"""Numbers and checksums of the migrations that made a database: those with equal ones have the same tables."""
Columns = Mapping[str, list[str]]

_LEDGER = "SELECT number, checksum FROM migrations ORDER BY number"
_COLUMNS = """SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
    WHERE NOT internal AND database_name = current_database() GROUP BY table_name"""

_known: dict[Ledger, Columns] = {}


def ledger_of(connection: duckdb.DuckDBPyConnection) -> Ledger:
    """The migrations that were applied, in order."""
    return tuple(connection.execute(_LEDGER).fetchall())


def columns_of(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> Columns:
    """The columns of all tables by name; the engine's own catalogue takes 15 ms to ask, and longer than the rest."""
    if ledger not in _known:
        _known[ledger] = read_columns(connection)
    return _known[ledger]


def read_columns(connection: duckdb.DuckDBPyConnection) -> Columns:
    """The columns of all tables by name, as the engine's catalogue has them."""
    return dict(connection.execute(_COLUMNS).fetchall())


def latest_known_at(connection: duckdb.DuckDBPyConnection, columns: Columns) -> datetime:
    """The time of the latest fact in any table (UTC); the earliest there is if there are none."""
    facts = (f"SELECT known_at FROM {name}" for name, names in columns.items() if "known_at" in names)
    [(found,)] = connection.execute(f"SELECT max(known_at) FROM ({' UNION ALL '.join(facts)})").fetchall()
    return datetime.min.replace(tzinfo=UTC) if found is None else found.replace(tzinfo=UTC)
