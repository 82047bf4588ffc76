"""Tables that users keep: saved under a name of their own, in versions, and shared with groups.

Names are the owner's: in SQL a table is called ``NAME`` by its owner, and ``user_OWNER.NAME`` by everybody who may see it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.records import chosen_groups, journal_of
from skyhub.sql._catalog import catalog_of
from skyhub.sql._user_files import TableFiles, require_columns
from skyhub.team import personal_group

__all__ = [
    "MOST_BYTES_EACH",
    "MOST_ROWS",
    "drop_table",
    "names_in_use",
    "save_table",
    "schema_of_user",
    "share_table",
    "table_files",
    "user_table_rows",
    "user_tables",
]

MOST_ROWS = 10_000_000
"""In one table."""
MOST_BYTES_EACH = 1_000_000_000
"""Of one table as it comes (bytes)."""
_MOST_BYTES = 2_000_000_000
"""Of all files of one user (bytes)."""
_MOST_TABLES = 500
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_KEPT_FOR_THE_ENGINE = frozenset(("main", "temp", "system", "information_schema", "pg_catalog", "excluded", "df"))
_CURRENT = "SELECT * FROM @user_tables WHERE owner = ? AND name = ?"
_VERSIONS = (
    "SELECT user_table_id, version, file, name, acl, known_until FROM user_tables WHERE owner = ? ORDER BY known_at"
)


def save_table(
    db: Database,
    viewer: Viewer,
    name: str,
    table: pa.Table,
    description: str = "",
    groups: Sequence[str] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Keep a table for its owner; under a name that is taken it becomes a new version.

    Parameters
    ----------
    db, viewer
        The database, and whose table it is.
    name
        Lower-case letters, digits and ``_``; not one of the platform's tables.
    table
        Its rows.
    description
        What it is.
    groups
        Who else shall see it; by default those who see it already, at first nobody.
    dry_run
        Only say what would be stored.

    Raises
    ------
    InvalidInput
        If the name or the table cannot be used, or there is no room for it.
    """
    viewer.require("upload")
    _require_name(db, name)
    require_columns(table.schema)
    if len(table) > MOST_ROWS or table.nbytes > MOST_BYTES_EACH:
        raise InvalidInput(
            f"the table has {len(table)} rows and {table.nbytes / 1e6:.0f} MB: {MOST_ROWS} rows and "
            f"{MOST_BYTES_EACH / 1e6:.0f} MB are permitted. Leave columns or rows out, or split it.",
            "table",
        )
    plain = table.replace_schema_metadata(None)
    audience = None if groups is None else _audience(db, viewer, groups)
    row: dict[str, Any] = {
        "name": name,
        "owner": viewer.name,
        "description": description,
        "columns": _columns(table.schema),
    }
    if dry_run:
        return {
            **row,
            "columns": json.loads(row["columns"]),
            "n_rows": len(table),
            "n_bytes": table.nbytes,
            "stored": False,
        }
    own = _audience(db, viewer, ())
    names_in_use(db).add(name)
    files = table_files(db)
    file = files.write(plain)
    row |= {"n_rows": len(table), "n_bytes": files.size(file), "file": file, "author": viewer.name}
    try:
        return db.writer.write(lambda t: _store(db, t, viewer, {**row, "edited_by": viewer.name}, audience, own))
    except BaseException:
        files.remove(file)
        raise


def user_table_rows(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The rows of all users' tables that the viewer may see, one's own first."""
    order = "ORDER BY owner != ?, owner, name"
    return db.reader.rows(viewer, f"SELECT * FROM @user_tables {order}", [viewer.name], as_of)


def names_in_use(db: Database) -> set[str]:
    """All names that users' tables have or had: without one of them in a statement, none need be looked for."""
    return db.part(_stored_names)


def _stored_names(db: Database) -> set[str]:
    rows = db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT name FROM @user_tables*")
    return {row["name"] for row in rows}


def user_tables(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The same as documents."""
    return [_document(db, viewer, row) for row in user_table_rows(db, viewer, as_of)]


def drop_table(db: Database, viewer: Viewer, name: str) -> dict[str, Any]:
    """Remove one of one's tables from what is known now; with ``as_of`` it can still be read.

    Raises
    ------
    NotFound
        If there is none of this name.
    """
    row = _own(db, viewer, name)

    def write(transaction: Transaction) -> dict[str, Any]:
        transaction.supersede("user_tables", "user_table_id", {row["user_table_id"]: row["version"] + 1})
        _announce(transaction, viewer, "removed", row)
        return {"removed": True, "name": row["name"]}

    return db.writer.write(write)


def share_table(db: Database, viewer: Viewer, name: str, groups: Sequence[str]) -> dict[str, Any]:
    """Say which groups see a table besides its owner: some of the owner's groups, or none."""
    row = _own(db, viewer, name)
    audience = _audience(db, viewer, groups)
    journal = journal_of(db, "user_tables", "user_table_id", row["user_table_id"])

    def write(transaction: Transaction) -> dict[str, Any]:
        shared = {**row, "acl": transaction.acl(audience)}
        transaction.share("changes", "seq", dict.fromkeys(journal, shared["acl"]))
        transaction.share("user_tables", "user_table_id", {row["user_table_id"]: shared["acl"]})
        _announce(transaction, viewer, "shared", shared)
        return _document(db, viewer, shared)

    return db.writer.write(write)


def schema_of_user(owner: str) -> str:
    """The schema in SQL that holds a user's tables."""
    return f"user_{owner}"


def table_files(db: Database) -> TableFiles:
    """The files behind users' tables."""
    return TableFiles(db.data_dir / "user_tables")


def _store(
    db: Database,
    transaction: Transaction,
    viewer: Viewer,
    row: dict[str, Any],
    audience: list[int] | None,
    own: list[int],
) -> dict[str, Any]:
    versions = transaction.rows(_VERSIONS, [viewer.name])
    mine = [v for v in versions if v["name"] == row["name"]]
    if not mine and len({v["name"] for v in versions if v["known_until"] is None}) >= _MOST_TABLES:
        raise InvalidInput(f"you have {_MOST_TABLES} tables, and no more are permitted: drop some.", "table")
    shared = mine and audience is not None
    journal = journal_of(db, "user_tables", "user_table_id", mine[0]["user_table_id"]) if shared else []
    _make_room(table_files(db), versions, row["n_bytes"])
    version = max((v["version"] for v in mine), default=0) + 1
    number = mine[0]["user_table_id"] if mine else transaction.next_id("user_tables", "user_table_id")
    current = [v["acl"] for v in mine if v["known_until"] is None]
    acl = current[0] if current and audience is None else transaction.acl(audience if audience is not None else own)
    row |= {"user_table_id": number, "version": version, "acl": acl}
    transaction.insert("user_tables", [row])
    transaction.supersede("user_tables", "user_table_id", {number: version})
    transaction.share("user_tables", "user_table_id", {number: acl})
    transaction.share("changes", "seq", dict.fromkeys(journal, acl))
    _announce(transaction, viewer, "added" if version == 1 else "edited", row)
    return _document(db, viewer, {**row, "known_at": transaction.now, "known_until": None})


def _make_room(files: TableFiles, versions: list[dict[str, Any]], needed: int) -> None:
    """Remove files of superseded versions, oldest first, until there is room for a new one."""
    used = needed + sum(files.size(v["file"]) for v in versions)
    for version in versions:
        if used <= _MOST_BYTES:
            return
        if version["known_until"] is not None:
            used -= files.size(version["file"])
            files.remove(version["file"])
    if used > _MOST_BYTES:
        raise InvalidInput(
            f"your tables would take {used / 1e6:.0f} MB: {_MOST_BYTES / 1e6:.0f} MB are permitted. Drop some.", "table"
        )


def _own(db: Database, viewer: Viewer, name: str) -> dict[str, Any]:
    viewer.require("upload")
    rows = db.reader.rows(viewer, _CURRENT, [viewer.name, name])
    if not rows:
        raise NotFound(f"you have no table {name!r}: `sky.tables()` lists those that you have.", name)
    return rows[0]


def _audience(db: Database, viewer: Viewer, groups: Sequence[str]) -> list[int]:
    """Who sees a table: its owner, and some of the owner's groups; nobody in particular if it is public."""
    if not groups:
        return [personal_group(db, viewer)]
    chosen = chosen_groups(db, viewer, groups)
    return sorted({*chosen, personal_group(db, viewer)}) if chosen else []


def _require_name(db: Database, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:80]!r} is no name of a table: lower-case letters, digits and '_', 63 at most, not a digit first, "
            "are permitted.",
            "name",
        )
    if (
        name in catalog_of(db).tables
        or name in _KEPT_FOR_THE_ENGINE
        or name.startswith(("skyhub_", "duckdb_", "user_"))
    ):
        raise InvalidInput(f"{name!r} is a name of the platform's: choose another.", "name")


def _columns(schema: pa.Schema) -> str:
    return json.dumps(
        [
            {"name": field.name, "type": str(field.type), "unit": (field.metadata or {}).get(b"unit", b"").decode()}
            for field in schema
        ]
    )


def _document(db: Database, viewer: Viewer, row: dict[str, Any]) -> dict[str, Any]:
    groups, _ = db.access.members(row["acl"])
    shown = ("name", "owner", "description", "n_rows", "n_bytes", "version", "known_at")
    document: dict[str, Any] = json_value({key: row[key] for key in shown})
    mine = row["owner"] == viewer.name
    return {
        **document,
        "sql": row["name"] if mine else f'"{schema_of_user(row["owner"])}".{row["name"]}',
        "groups": db.access.group_names(groups & db.access.group_ids(viewer)),
        "columns": json.loads(row["columns"]),
    }


def _announce(transaction: Transaction, viewer: Viewer, action: str, row: dict[str, Any]) -> None:
    change = {"action": action, "user": viewer.name, "user_table_id": str(row["user_table_id"]), "name": row["name"]}
    transaction.announce("user_tables", change, row["acl"])
