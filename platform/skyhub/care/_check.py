"""All checks, gathered in one document."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from skyhub.care import _disk, _rows
from skyhub.care._files import free_bytes, tree_bytes
from skyhub.care._manifest import DATABASE, LastBackup, last_backup
from skyhub.care._problem import Problem
from skyhub.care._tables import Schema
from skyhub.db import Database
from skyhub.errors import StorageError

__all__ = ["check", "check_unopened"]


def check(db: Database, deep: bool = False) -> dict[str, Any]:
    """Look whether rows and files fit together, whether there is room, and whether there is a backup.

    Parameters
    ----------
    db
        The database, opened by its owner.
    deep
        Also read every run and pack and compare its checksum, and read every column of the database.

    Returns
    -------
    dict
        ``ok`` (no errors; warnings do not count), ``problems``, ``counts`` per table, ``last_backup``, ``schema``,
        ``sizes`` (bytes).
    """
    schema = Schema.of(db)
    problems, counts = [*_readable(db, schema, deep)], dict[str, int]()
    if not problems:
        counts = _rows.count_rows(db, schema)
        filled = {table for table, number in counts.items() if number}
        problems += [
            *_rows.duplicates(db, schema, filled),
            *_rows.orphans(db, schema, filled),
            *_rows.unknown_acls(db, schema, filled),
            *_disk.packs(db, schema),
            *_disk.clock(db, schema),
            *_disk.runs(db, deep),
            *_disk.kept_files(db, deep),
        ]
    if deep:
        problems += _disk.changed_since_backup(db)
    problems += _disk.room(db)
    return _document(db.data_dir, problems, counts, db.schema)


def check_unopened(data_dir: Path, reason: StorageError) -> dict[str, Any]:
    """The same document for a database that cannot be opened, with the reason among the problems."""
    found = Problem("database", reason.where or str(data_dir / DATABASE), reason.message, _disk.RESTORE)
    return _document(data_dir, [found], {}, None)


def _readable(db: Database, schema: Schema, deep: bool) -> Iterable[Problem]:
    """Tables that cannot be read; deeply, every value of them is."""
    for table in schema.tables:
        what = "bit_xor(hash(COLUMNS(*)))" if deep else "count(*)"
        try:
            with db.reader.borrowed() as cursor:
                cursor.execute(f"SELECT {what} FROM {table}").fetchall()
        except Exception as error:
            yield Problem("database", str(db.data_dir / DATABASE), f"{table} cannot be read: {error}", _disk.RESTORE)


def _document(data_dir: Path, problems: list[Problem], counts: dict[str, int], schema: int | None) -> dict[str, Any]:
    last = last_backup(data_dir)
    problems += _disk.backup_age(data_dir, last)
    return {
        "ok": not any(problem.severity == "error" for problem in problems),
        "problems": [problem.to_json() for problem in problems],
        "counts": counts,
        "last_backup": _last(last),
        "schema": schema,
        "sizes": {
            "database": tree_bytes(data_dir / DATABASE),
            "log": tree_bytes(data_dir / f"{DATABASE}.wal"),
            "packs": tree_bytes(data_dir / "packs"),
            "runs": tree_bytes(data_dir / "runs"),
            "disk_free": free_bytes(data_dir),
        },
    }


def _last(last: LastBackup | None) -> dict[str, Any] | None:
    return None if last is None else {"path": last.path, "age_hours": round(last.age_hours, 3)}
