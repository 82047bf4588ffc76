"""Corrections never overwrite: a new version supersedes, and what was known before stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.db._tables import read_columns

_TABLE = """CREATE TABLE notes_of_test (note_id BIGINT, version INTEGER, text VARCHAR, acl INTEGER,
    known_at TIMESTAMP, known_until TIMESTAMP)"""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        opened.writer._connection.execute(_TABLE)
        opened.reader.columns = read_columns(opened.writer._connection)
        yield opened


def _write(db: Database, note_id: int, version: int, text: str | None, acl: int = 0) -> datetime:
    def run(transaction: Transaction) -> datetime:
        if text is not None:
            row = {"note_id": note_id, "version": version, "text": text, "acl": acl}
            transaction.insert("notes_of_test", [row])
        transaction.supersede("notes_of_test", "note_id", {note_id: version})
        return transaction.now

    return db.writer.write(run)


def _texts(db: Database, as_of: datetime | None = None, viewer: Viewer = ADMINISTRATOR) -> list[str]:
    return [r["text"] for r in db.reader.rows(viewer, "SELECT text FROM @notes_of_test ORDER BY ALL", (), as_of)]


def test_each_version_is_read_as_of_its_time(db: Database) -> None:
    first = _write(db, 1, 1, "first")
    second = _write(db, 1, 2, "second")
    other = _write(db, 2, 1, "other")
    removed = _write(db, 1, 3, None)
    assert _texts(db, first) == ["first"]
    assert _texts(db, second) == ["second"]
    assert _texts(db, other) == ["other", "second"]
    assert _texts(db, removed) == ["other"]
    assert _texts(db) == ["other"]


def test_versions_written_in_one_group_supersede_each_other(db: Database) -> None:
    def insert(version: int) -> object:
        def run(transaction: Transaction) -> None:
            transaction.insert("notes_of_test", [{"note_id": 1, "version": version, "text": str(version), "acl": 0}])
            transaction.supersede("notes_of_test", "note_id", {1: version})

        return db.writer.submit(run)

    for done in [insert(version) for version in range(1, 20)]:
        done.result()  # type: ignore[attr-defined]
    assert _texts(db) == ["19"]


def test_sharing_changes_all_versions(db: Database) -> None:
    hidden = db.writer.write(lambda t: t.acl(groups=[99]))
    first = _write(db, 1, 1, "first", hidden)
    _write(db, 1, 2, "second", hidden)
    viewer = Viewer("somebody")
    assert _texts(db, None, viewer) == _texts(db, first, viewer) == []
    db.writer.write(lambda t: t.share("notes_of_test", "note_id", {1: 0}))
    assert _texts(db, None, viewer) == ["second"]
    assert _texts(db, first, viewer) == ["first"]


def test_what_was_touched_after_a_read_is_known(db: Database) -> None:
    before = db.writer.commits
    db.writer.write(lambda t: t.touch("object A"))
    assert db.writer.write(lambda t: t.touched_since("object A", before))
    assert not db.writer.write(lambda t: t.touched_since("object B", before))
    after = db.writer.commits
    assert not db.writer.write(lambda t: t.touched_since("object A", after))


def test_forgetting_what_was_touched_makes_everything_suspect(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyhub.db._writer._MOST_TOUCHED", 3)
    before = db.writer.commits
    for number in range(5):
        db.writer.write(lambda t, n=number: t.touch(n))  # type: ignore[misc]
    assert db.writer.write(lambda t: t.touched_since("never touched", before))
    latest = db.writer.commits
    assert not db.writer.write(lambda t: t.touched_since("never touched", latest))
