"""What follows from the migrations is taken from memory, and is what the engine's catalogue has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
from skyhub.db import Database
from skyhub.db._tables import columns_of, latest_known_at, ledger_of, read_columns


def test_columns_in_memory_are_those_of_the_catalogue(db: Database, house: Database) -> None:
    assert db.ledger == house.ledger
    assert db.reader.columns is house.reader.columns
    for each in (db, house):
        with each.reader.borrowed() as cursor:
            assert each.reader.columns == read_columns(cursor)


def test_other_migrations_have_other_columns(db: Database, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE migrations (number INTEGER, checksum VARCHAR)")
        connection.execute("INSERT INTO migrations VALUES (?, ?)", [db.ledger[0][0], "other"])
        ledger = ledger_of(connection)
        assert ledger == ((db.ledger[0][0], "other"),)
        assert columns_of(connection, ledger) == {"migrations": ["number", "checksum"]}


def test_the_latest_fact_is_found_in_whatever_table_it_lies(house: Database) -> None:
    columns = house.reader.columns
    with house.reader.borrowed() as cursor:
        each = [
            cursor.execute(f"SELECT max(known_at) FROM {name}").fetchall()[0][0]
            for name, names in columns.items()
            if "known_at" in names
        ]
        latest = max(found for found in each if found is not None).replace(tzinfo=UTC)
        assert latest_known_at(cursor, columns) == latest
        assert latest_known_at(cursor, {"spectra": columns["spectra"]}) == datetime.min.replace(tzinfo=UTC)
