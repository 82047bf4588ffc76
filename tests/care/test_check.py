"""The check: a sound database has no errors, and each kind of damage is named with the way back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from skyhub.care import backup, check
from skyhub.care._tables import Schema
from skyhub.db import Database
from skyhub.service import open_database
from support.first_release import write_first_release


def errors(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(p["kind"], p["where"]) for p in document["problems"] if p["severity"] == "error"]


def warnings(document: dict[str, Any]) -> list[str]:
    return [p["kind"] for p in document["problems"] if p["severity"] == "warning"]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that came from the first release, with rows in all of its tables."""
    directory = tmp_path_factory.mktemp("migrated") / "old"
    write_first_release(directory)
    open_database(directory).close()
    return directory


@pytest.fixture
def old(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path / "old"))


def _execute(db: Database, *statements: str) -> None:
    """Behind the writer's back, as no code of ours does."""
    for statement in statements:
        db.writer.between(lambda connection, sql=statement: connection.execute(sql))


DAMAGE: dict[str, tuple[str, str, str]] = {
    "photometry without object": (
        "DELETE FROM objects WHERE object_id = 'ZTF26old00003'",
        "orphan",
        "photometry.object_id",
    ),
    "candidates without alert": ("DELETE FROM alerts WHERE object_id = 'ZTF26old00003'", "orphan", "candidates.candid"),
    "decisions without candidate": (
        "DELETE FROM candidates WHERE candidate_id = 4",
        "orphan",
        "decisions.candidate_id",
    ),
    "sources without object": ("UPDATE sources SET object_id = 'ZTF26gone'", "orphan", "sources.object_id"),
    "sources without decision": ("DELETE FROM decisions WHERE decision_id = 4", "orphan", "sources.decision_id"),
    "filters that do not exist": ("DELETE FROM filters WHERE filter_id = 1", "orphan", "candidates.filter_id"),
    "groups in lists": ("UPDATE decisions SET group_ids = [1, 77]", "orphan", "decisions.group_ids"),
    "states without run": ("DELETE FROM report_runs", "orphan", "report_states.report_id"),
    "unknown acl": ("UPDATE candidates SET acl = 1000 WHERE candidate_id = 1", "acl", "candidates"),
    "no acl": ("UPDATE photometry SET acl = NULL WHERE photometry_id = 1", "acl", "photometry"),
    "candidates twice": (
        "INSERT INTO candidates SELECT * FROM candidates WHERE candidate_id = 4",
        "duplicate",
        "candidates",
    ),
    "alerts twice": ("INSERT INTO alerts SELECT * FROM alerts LIMIT 1", "duplicate", "alerts"),
    "points twice": (
        "INSERT INTO photometry SELECT * FROM photometry WHERE photometry_id = 1",
        "duplicate",
        "photometry",
    ),
    "versions twice": ("INSERT INTO filters SELECT * FROM filters WHERE filter_id = 2", "duplicate", "filters"),
    "numbers of changes twice": ("UPDATE changes SET seq = 3 WHERE seq = 4", "duplicate", "changes"),
    "two points in force": (
        "INSERT INTO photometry SELECT * REPLACE (100000 AS photometry_id) FROM photometry WHERE photometry_id = 1",
        "two_in_force",
        "photometry",
    ),
    "pack too short": (
        "UPDATE alerts SET packet_at = packet_at + 1000000 WHERE candid % 7 = 1",
        "pack",
        "20261101.pack",
    ),
    "pack unheard of": ("UPDATE alerts SET pack = '19990101'", "pack", "19990101.pack"),
    "comments about nothing": (
        "INSERT INTO comments BY NAME SELECT 1 AS comment_id, 1 AS version, 'ZTF26old00001' AS object_id, "
        "'candidates' AS about_table, 12345 AS about_id, 0 AS acl",
        "orphan",
        "comments.about_id",
    ),
    "comments about no table": (
        "INSERT INTO comments BY NAME SELECT 1 AS comment_id, 1 AS version, 'ZTF26old00001' AS object_id, "
        "'weather' AS about_table, 1 AS about_id, 0 AS acl",
        "orphan",
        "comments.about_table",
    ),
    "lost attachments": (
        "INSERT INTO comments BY NAME SELECT 1 AS comment_id, 1 AS version, 'ZTF26old00001' AS object_id, "
        "[4] AS attachments, 0 AS acl",
        "orphan",
        "comments.attachments",
    ),
    "attachment without file": (
        f"INSERT INTO attachments BY NAME SELECT 1 AS attachment_id, 1 AS version, '{'ab' * 32}' AS digest, 0 AS acl",
        "file",
        f"attachments/ab/{'ab' * 32}",
    ),
    "user's table without file": (
        "INSERT INTO user_tables BY NAME SELECT 1 AS user_table_id, 1 AS version, 'mine' AS name, 'ann' AS owner, "
        "'1-1.parquet' AS file, 0 AS acl",
        "file",
        "user_tables/1-1.parquet",
    ),
    "known in the future": (f"UPDATE visits SET known_at = '{datetime(2222, 1, 1)}'", "clock", "visits"),
}


def _damages() -> Iterator[Any]:
    """Each damage; but the first of a kind they are slow together."""
    seen: set[str] = set()
    for name, (statement, kind, where) in DAMAGE.items():
        yield pytest.param(statement, kind, where, id=name, marks=[pytest.mark.slow] * (kind in seen))
        seen.add(kind)


@pytest.mark.parametrize(("statement", "kind", "where"), _damages())
def test_each_damage_is_found_where_it_is(old: Path, statement: str, kind: str, where: str) -> None:
    with open_database(old) as db:
        _execute(db, statement)
        document = check(db)
    assert not document["ok"]
    assert [(k, w) for k, w in errors(document) if k == kind and w.endswith(where)]
    assert all(p["message"] and p["what_to_do"] for p in document["problems"])
    json.dumps(document, allow_nan=False)


def test_a_sound_database_has_no_errors(old: Path, tmp_path: Path) -> None:
    with open_database(old) as db:
        first = check(db, deep=True)
        backup(db, tmp_path / "backups")
        second = check(db, deep=True)
    assert (first["ok"], warnings(first), first["last_backup"]) == (True, ["backup"], None)
    assert (second["ok"], second["problems"]) == (True, [])
    assert second["counts"]["alerts"] == 36
    assert second["last_backup"]["age_hours"] < 1
    assert second["sizes"]["database"] > second["sizes"]["packs"] > 0


def test_a_night_of_the_platform_has_no_errors(house: Database) -> None:
    assert errors(check(house, deep=True)) == []


def test_a_pack_that_was_altered_is_found_by_the_deep_check(old: Path, tmp_path: Path) -> None:
    with open_database(old) as db:
        backup(db, tmp_path / "backups")
        pack = old / "packs" / "20261101.pack"
        data = bytearray(pack.read_bytes())
        data[10] ^= 1
        pack.write_bytes(data)
        assert errors(check(db)) == []
        assert errors(check(db, deep=True)) == [("checksum", str(pack))]


def test_an_old_backup_and_a_lost_one_are_warned_of(old: Path, tmp_path: Path) -> None:
    with open_database(old) as db:
        path = Path(backup(db, tmp_path / "backups")["path"])
        note = old / "last-backup.json"
        ago = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
        note.write_text(json.dumps({"path": str(path), "taken_at": ago}))
        late = check(db)
        assert (warnings(late), round(late["last_backup"]["age_hours"])) == (["backup"], 30)
        shutil.rmtree(path)
        assert "not at" in check(db)["problems"][0]["message"]
        note.write_text("no JSON")
        assert check(db)["last_backup"] is None


def _with_runs(db: Database, data_dir: Path) -> Path:
    assert db.photometry.merge()
    return sorted((data_dir / "runs").glob("*.duckdb"))[0]


def _stray(path: Path) -> None:
    shutil.copy(path, path.with_name("000999.duckdb"))


def _alter(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "deep", "kind"),
    [
        (Path.unlink, False, "run"),
        pytest.param(lambda path: os.truncate(path, path.stat().st_size - 4096), False, "run", marks=pytest.mark.slow),
        (_alter, True, "run"),
    ],
    ids=["missing", "cut", "altered"],
)
def test_damaged_runs_are_found(old: Path, damage: Callable[[Path], None], deep: bool, kind: str) -> None:
    with open_database(old) as db:
        run = _with_runs(db, old)
        assert errors(check(db, deep=True)) == []
        damage(run)
        assert (kind, str(run)) in errors(check(db, deep=deep))


def test_a_run_that_belongs_to_nobody_is_warned_of(old: Path) -> None:
    with open_database(old) as db:
        _stray(_with_runs(db, old))
        assert "stray_run" in warnings(check(db))


def test_backups_hold_the_runs(old: Path, tmp_path: Path) -> None:
    from skyhub.care import restore

    with open_database(old) as db:
        _with_runs(db, old)
        points = db.reader.rows(_viewer(), "SELECT * FROM @photometry* ORDER BY photometry_id")
        path = Path(backup(db, tmp_path / "backups")["path"])
    restore(path, tmp_path / "new")
    with open_database(tmp_path / "new") as db:
        assert db.reader.rows(_viewer(), "SELECT * FROM @photometry* ORDER BY photometry_id") == points
        assert errors(check(db, deep=True)) == []


def _viewer() -> Any:
    from skyhub.db import ADMINISTRATOR

    return ADMINISTRATOR


def test_references_are_read_from_the_names() -> None:
    schema = Schema(
        {
            "galaxies": {"galaxy_id": "BIGINT", "name": "VARCHAR"},
            "spectra": {"spectrum_id": "BIGINT", "version": "INTEGER", "galaxy_id": "BIGINT"},
            "lists": {"list_id": "BIGINT", "spectrum_ids": "BIGINT[]", "galaxy_id": "VARCHAR", "galaxies": "BIGINT[]"},
            "links": {"galaxy_id": "BIGINT", "list_id": "INTEGER", "unknown_id": "BIGINT"},
        }
    )
    found = {(r.table, r.column, r.target, r.many) for r in schema.references()}
    assert found == {
        ("spectra", "galaxy_id", "galaxies", False),
        ("lists", "spectrum_ids", "spectra", True),
        ("lists", "galaxies", "galaxies", True),
        ("links", "galaxy_id", "galaxies", False),
        ("links", "list_id", "lists", False),
    }
    keys = dict(schema.identities())
    assert keys == {"galaxies": ("galaxy_id",), "spectra": ("spectrum_id", "version"), "lists": ("list_id",)}


def test_the_tables_of_this_release_point_where_they_should(db: Database) -> None:
    found = {(r.table, r.column, r.target) for r in Schema.of(db).references()}
    assert {
        ("photometry", "object_id", "objects"),
        ("candidates", "candid", "alerts"),
        ("candidates", "filter_id", "filters"),
        ("decisions", "candidate_id", "candidates"),
        ("sources", "object_id", "objects"),
        ("sources", "group_id", "groups"),
        ("report_states", "report_id", "report_runs"),
    } <= found
