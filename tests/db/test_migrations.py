"""Migrations: refused when the file does not fit to the release, never applied by halves."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from skyhub.db import Database
from skyhub.db import _migrations as migrations
from skyhub.errors import StorageError


def _change(data_dir: Path, sql: str) -> None:
    with duckdb.connect(str(data_dir / "skyhub.duckdb")) as connection:
        connection.execute(sql)


def test_a_migration_changed_after_it_was_applied_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    _change(tmp_path, "UPDATE migrations SET checksum = 'another' WHERE number = 1")
    with pytest.raises(StorageError, match=r"migration 1 .* was changed after it was applied"):
        Database(tmp_path)


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    _change(tmp_path, "INSERT INTO migrations VALUES (9999, 'of the future', 'x', now()::TIMESTAMP)")
    with pytest.raises(StorageError, match="schema 9999"):
        Database(tmp_path)
    _change(tmp_path, "DELETE FROM migrations WHERE number = 9999")
    Database(tmp_path).close()


def test_a_failing_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(tmp_path).close()
    known = migrations.shipped()
    broken = migrations.Migration(len(known) + 1, "broken", "CREATE TABLE half (x INTEGER); SELECT * FROM nothing;")
    monkeypatch.setattr(migrations, "shipped", lambda: [*known, broken])
    with pytest.raises(StorageError, match="broken"):
        Database(tmp_path)
    monkeypatch.undo()
    with Database(tmp_path) as db:
        assert "half" not in db.reader.columns
        assert db.schema == known[-1].number


def test_migrations_are_numbered_without_gaps() -> None:
    assert [m.number for m in migrations.shipped()] == list(range(1, len(migrations.shipped()) + 1))


def test_opening_twice_applies_nothing_twice(tmp_path: Path) -> None:
    Database(tmp_path).close()
    Database(tmp_path).close()
    with duckdb.connect(str(tmp_path / "skyhub.duckdb")) as connection:
        rows = connection.execute("SELECT number FROM migrations ORDER BY number").fetchall()
    assert rows == [(m.number,) for m in migrations.shipped()]


def test_the_file_can_be_read_by_the_older_engine(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with duckdb.connect(str(tmp_path / "skyhub.duckdb")) as connection:
        [(tags,)] = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()
    assert tags["storage_version"].startswith("v1.5")
