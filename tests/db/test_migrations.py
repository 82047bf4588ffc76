"""Migrations: from the first release on, whole or not at all, refused when the file does not fit to the release."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from skyhub.candidates import DecisionBook, Place
from skyhub.care import check
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Database
from skyhub.db import _migrations as migrations
from skyhub.errors import StorageError
from skyhub.service import open_database, serving
from support.first_release import (
    ACLS,
    BLOB,
    GROUP_STREAMS,
    GROUPS,
    N_ALERTS,
    N_OBJECTS,
    N_POINTS,
    STREAMS,
    write_first_release,
)
from support.fresh import migrated

_REPLACED = {"group_streams"}
"""Tables of the first release whose facts are kept otherwise since; tests of their own look after them."""


def _change(data_dir: Path, sql: str) -> None:
    with duckdb.connect(str(data_dir / "skyhub.duckdb")) as connection:
        connection.execute(sql)


def _read(data_dir: Path, sql: str) -> list[Any]:
    with duckdb.connect(str(data_dir / "skyhub.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[no-any-return]


def _dump(data_dir: Path) -> dict[str, tuple[list[str], list[Any]]]:
    """Columns and rows of every table."""
    with duckdb.connect(str(data_dir / "skyhub.duckdb"), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        found = {}
        for name in names:
            result = connection.execute(f'SELECT * FROM "{name}" ORDER BY ALL')
            found[name] = ([column[0] for column in result.description], result.fetchall())
    return found


@pytest.fixture(autouse=True)
def _as_users_are() -> Iterator[None]:
    with migrated():
        yield


def test_a_migration_changed_after_it_was_applied_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    _change(tmp_path, "UPDATE migrations SET checksum = 'another' WHERE number = 1")
    before = _dump(tmp_path)
    with pytest.raises(StorageError, match=r"migration 1 .* was changed after it was applied"):
        Database(tmp_path)
    assert _dump(tmp_path) == before


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    Database(tmp_path).close()
    _change(tmp_path, "INSERT INTO migrations VALUES (9999, 'of the future', 'x', now()::TIMESTAMP)")
    before = _dump(tmp_path)
    with pytest.raises(StorageError, match="schema 9999"):
        Database(tmp_path)
    assert _dump(tmp_path) == before
    _change(tmp_path, "DELETE FROM migrations WHERE number = 9999")
    Database(tmp_path).close()


def test_a_failing_migration_leaves_the_first_release_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_first_release(tmp_path)
    before = _dump(tmp_path)
    known = migrations.shipped()
    sql = "CREATE TABLE half (x INTEGER); SELECT * FROM nothing;"
    broken = migrations.Migration(known[-1].number + 1, "broken", sql)
    monkeypatch.setattr(migrations, "shipped", lambda: [*known, broken])
    with pytest.raises(StorageError, match=r"broken.* none was applied"):
        Database(tmp_path)
    assert _dump(tmp_path) == before
    monkeypatch.undo()
    with Database(tmp_path) as db:
        assert "half" not in db.reader.columns
        assert db.schema == known[-1].number


def test_numbers_of_migrations_are_unique_and_grow() -> None:
    numbers = [m.number for m in migrations.shipped()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


def test_opening_twice_applies_nothing_twice(tmp_path: Path) -> None:
    write_first_release(tmp_path)
    open_database(tmp_path).close()
    before = _dump(tmp_path)
    open_database(tmp_path).close()
    assert _dump(tmp_path) == before
    assert before["migrations"][0][0] == "number"
    assert [row[0] for row in before["migrations"][1]] == [m.number for m in migrations.shipped()]


def test_the_file_can_be_read_by_the_older_engine(tmp_path: Path) -> None:
    Database(tmp_path).close()
    [(tags,)] = _read(tmp_path, "SELECT tags FROM duckdb_databases() WHERE NOT internal")
    assert tags["storage_version"].startswith("v1.5")


def _values_of(rows: list[tuple[Any, ...]], columns: list[str], wanted: list[str]) -> list[str]:
    places = [columns.index(column) for column in wanted]
    return sorted(repr([row[place] for place in places]) for row in rows)


def test_every_row_of_the_first_release_is_there_with_its_values(tmp_path: Path) -> None:
    write_first_release(tmp_path)
    old = _dump(tmp_path)
    Database(tmp_path).close()
    new = _dump(tmp_path)
    for table in old.keys() - _REPLACED - {"migrations"}:
        columns, rows = old[table]
        now, present = new[table]
        kept = [column for column in columns if column in now]
        assert len(kept) >= len(columns) - 2, table
        assert _values_of(present, now, kept) == _values_of(rows, columns, kept), table


def test_groups_and_rights_of_the_first_release_hold(tmp_path: Path) -> None:
    write_first_release(tmp_path)
    with Database(tmp_path) as db:
        assert db.access.groups == {name: number for number, name in GROUPS.items()}
        assert db.access.streams == {name: number for number, name in STREAMS.items()}
        streams = {group: db.access.group_streams.get(group, set()) for group in GROUPS}
        assert streams == GROUP_STREAMS
        for acl, (groups, of_streams) in ACLS.items():
            assert db.access.members(acl) == (set(groups), set(of_streams))


def test_everything_of_the_first_release_is_served(tmp_path: Path) -> None:
    write_first_release(tmp_path)
    with open_database(tmp_path) as db, serving(db) as address, Sky(Transport(address.url, address.token)) as sky:
        name = "ZTF26old00000"
        assert len(sky.photometry(name)) == N_POINTS
        assert sky.source(name)["object_id"] == name
        page = sky.candidates.queue(dayobs="2026-11-01", status="all")
        assert len(page["candidates"]) == N_OBJECTS
        cards = sky.candidates.cards([entry["candidate_id"] for entry in page["candidates"]])
        assert len(cards) == N_OBJECTS
        runs = sky.reports.runs()
        assert [(run["state"], run["detail"]) for run in runs] == [("failed", "the kernel died")]
        sql = "SELECT count(*) AS n FROM alerts"
        found = sky.transport.post_for_arrow("/api/sql", {"statement": sql})
        assert found["n"].to_pylist() == [N_OBJECTS * N_ALERTS]
        for row in db.reader.rows(ADMINISTRATOR, "SELECT pack, packet_at, packet_size FROM @alerts"):
            assert db.packs.read(*row.values()) == BLOB
        document = check(db, deep=True)
        assert [p for p in document["problems"] if p["severity"] == "error"] == []


def test_the_database_of_the_first_release_can_be_written(tmp_path: Path) -> None:
    write_first_release(tmp_path)
    with open_database(tmp_path) as db, serving(db) as address, Sky(Transport(address.url, address.token)) as sky:
        page = sky.candidates.queue(dayobs="2026-11-01", status="unreviewed")
        answer = sky.candidates.decide("a-new-key", page["candidates"][0]["candidate_id"], "save", ["transients"])
        assert int(answer["decision"]["decision_id"]) == 5
        assert db.version() > 4 * N_OBJECTS


_OPEN = """
import sys
from pathlib import Path
from skyhub.db import Database, _migrations
apply = _migrations._apply
def told(*arguments):
    print("migrating", flush=True)
    apply(*arguments)
    print("done", flush=True)
_migrations._apply = told
Database(Path(sys.argv[1])).close()
"""


@pytest.mark.slow
def test_killed_while_migrating_it_is_of_the_old_schema_or_the_new(tmp_path: Path) -> None:
    newest = migrations.shipped()[-1].number
    chance, seen = random.Random(4), set()
    for number in range(4):
        data_dir = tmp_path / str(number)
        write_first_release(data_dir, n_objects=3000)
        before = _read(data_dir, "SELECT count(*), sum(hash(photometry)) FROM photometry")
        arguments = [sys.executable, "-c", _OPEN, str(data_dir)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "migrating\n"
            time.sleep(0.15 * number * chance.random())
            os.kill(process.pid, signal.SIGKILL)
        [(schema,)] = _raw(data_dir, "SELECT max(number) FROM migrations")
        seen.add(schema)
        assert schema in (1, newest)
        if schema == 1:
            assert _raw(data_dir, "SELECT count(*), sum(hash(photometry)) FROM photometry") == before
        with Database(data_dir) as db:
            assert db.schema == newest
            assert db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @photometry")[0]["n"] == before[0][0]
    assert 1 in seen


def _raw(data_dir: Path, sql: str) -> list[Any]:
    """Opened to write, so that the log is replayed as the earlier release would."""
    with duckdb.connect(str(data_dir / "skyhub.duckdb")) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[no-any-return]


def test_what_a_decision_for_another_group_took_off_a_list_is_saved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier releases knew one decision per scanner and object: o was rejected for 2, q saved for 2, after a save for 1."""
    earlier = [migration for migration in migrations.shipped() if migration.number < 12]
    with monkeypatch.context() as patched, duckdb.connect(str(tmp_path / "skyhub.duckdb")) as connection:
        patched.setattr(migrations, "shipped", lambda: earlier)
        migrations.migrate(connection)
    decisions = [
        (1, "o", 5, "ann", "save", [1], None), (2, "o", 5, "ann", "reject", [2], None),
        (3, "o", None, "ben", "save", [2], None),
        (4, "p", 6, "ann", "save", [1], None), (5, "p", None, "ben", "unsave", [1], None),
        (6, "q", 7, "ann", "save", [1], None), (7, "q", 7, "ben", "save", [1], None), (8, "q", 7, "ann", "save", [2], None),
        (9, "r", 8, "ann", "save", [1], None), (10, "r", 8, "ann", "reject", [2], None), (11, "r", 8, "ann", "undo", [2], 10),
    ]  # fmt: skip
    sources = [
        ("o", 1, "ann", True, 1), ("o", 1, "ann", False, 2), ("o", 2, "ben", True, 3),
        ("p", 1, "ann", True, 4), ("p", 1, "ben", False, 5),
        ("q", 1, "ann", True, 6), ("q", 1, "ben", True, 8), ("q", 2, "ann", True, 8),
        ("r", 1, "ann", True, 9), ("r", 1, "ann", False, 10), ("r", 1, "ann", True, 11),
    ]  # fmt: skip
    with duckdb.connect(str(tmp_path / "skyhub.duckdb")) as connection:
        for number, *said in decisions:
            connection.execute(
                "INSERT INTO decisions BY NAME SELECT ? AS decision_id, ? AS object_id, ? AS candidate_id, ? AS user_name, "
                "? AS verdict, ? AS group_ids, ? AS undoes, 0 AS acl, TIMESTAMP '2026-11-01' AS known_at",
                [number, *said],
            )
        for row in sources:
            connection.execute("INSERT INTO sources VALUES (?, ?, ?, ?, ?, 0, TIMESTAMP '2026-11-01')", row)
    with Database(tmp_path) as db:
        saved = {name: DecisionBook(db).standing.get(Place(name)).value.saved for name in "opqr"}
        assert saved == {"o": {1: "ann", 2: "ben"}, "p": {}, "q": {1: "ann", 2: "ann"}, "r": {1: "ann"}}
        rows = db.reader.rows(
            ADMINISTRATOR, "SELECT object_id, group_id, decision_id FROM @sources ORDER BY known_at, 1"
        )
    new = [(row["object_id"], row["group_id"], row["decision_id"]) for row in rows[len(sources) :]]
    assert new == [("o", 1, 3), ("q", 1, 8)]
