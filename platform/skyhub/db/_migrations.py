"""Numbered SQL files that bring a database to the schema of this release."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import duckdb

from skyhub.errors import StorageError

_LEDGER = """CREATE TABLE IF NOT EXISTS migrations
    (number INTEGER, name VARCHAR, checksum VARCHAR, applied_at TIMESTAMP)"""


class Migration(NamedTuple):
    """One step of the schema: its number, its name and its SQL."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def shipped() -> tuple[Migration, ...]:
    """The migrations of this release, in order."""
    folder = files("skyhub.db") / "migrations"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(Migration(int(f.name[:4]), f.name[5:-4], f.read_text()) for f in found)


def newest_schema() -> int:
    """The number of the schema that this release brings a database to."""
    return shipped()[-1].number


def migrate(connection: duckdb.DuckDBPyConnection) -> int:
    """Apply what is missing: all of it in one transaction, so that an interruption leaves the earlier schema in force.

    Returns
    -------
    int
        The number of the schema now in force.

    Raises
    ------
    StorageError
        If the database was written by a newer release or a migration was changed after it was applied.
    """
    connection.execute(_LEDGER)
    applied = dict(connection.execute("SELECT number, checksum FROM migrations").fetchall())
    known = shipped()
    if applied and max(applied) > known[-1].number:
        raise StorageError(
            f"the database has schema {max(applied)} and this release knows up to {known[-1].number}: "
            "use the release that wrote it, or a newer one."
        )
    for migration in known:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise StorageError(
                f"migration {migration.number} ({migration.name}) was changed after it was applied: "
                "restore the file, and put the change in a new one."
            )
    missing = [migration for migration in known if migration.number not in applied]
    if missing:
        _apply(connection, missing)
    return known[-1].number


def _apply(connection: duckdb.DuckDBPyConnection, missing: Sequence[Migration]) -> None:
    connection.begin()
    try:
        for migration in missing:
            _run(connection, migration)
        connection.commit()
    except BaseException as error:
        with suppress(duckdb.Error):
            connection.rollback()
        if isinstance(error, duckdb.Error):
            raise StorageError(f"the migrations could not be committed, and none was: {error}") from error
        raise


def _run(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    try:
        connection.execute(migration.sql)
        connection.execute(
            "INSERT INTO migrations VALUES (?, ?, ?, now()::TIMESTAMP)",
            [migration.number, migration.name, migration.checksum],
        )
    except duckdb.Error as error:
        raise StorageError(
            f"migration {migration.number} ({migration.name}) failed, and none was applied: {error}"
        ) from error
