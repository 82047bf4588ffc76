"""What a comment or an annotation is about: an object, or any record that carries rights of its own."""

from __future__ import annotations

from typing import Any

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound

__all__ = ["object_of_record", "permitted_tables"]

_NAMED = {"alerts": "candid", "candidates": "candidate_id", "decisions": "decision_id", "photometry": "photometry_id"}
"""Tables from before the record kinds, and their columns of identifiers."""

_OF_EVERY_KIND = {"version", "author", "edited_by", "acl", "known_until"}


def permitted_tables(db: Database) -> dict[str, str]:
    """The tables whose records can be written about, and their columns of identifiers."""
    kinds = {name: columns[0] for name, columns in db.reader.columns.items() if set(columns) >= _OF_EVERY_KIND}
    return {**kinds, **{name: column for name, column in _NAMED.items() if column in db.reader.columns.get(name, ())}}


def object_of_record(db: Database, viewer: Viewer, table: str, record_id: int) -> str | None:
    """The object that a record is about, if any.

    Raises
    ------
    InvalidInput
        If there is no such table of records.
    NotFound
        If the viewer may not see the record.
    """
    columns = permitted_tables(db)
    if table not in columns:
        raise InvalidInput(f"about_table is {table!r}: {', '.join(sorted(columns))} are permitted.", "about_table")
    about = "object_id" if "object_id" in db.reader.columns[table] else "NULL"
    rows: list[dict[str, Any]] = db.reader.rows(
        viewer, f"SELECT {about} AS object_id FROM @{table} WHERE {columns[table]} = ? LIMIT 1", [record_id]
    )
    if not rows:
        raise NotFound(f"there is no {table}/{record_id} among those that you may see.", f"{table}/{record_id}")
    found: str | None = rows[0]["object_id"]
    return found
