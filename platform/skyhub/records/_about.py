"""What a record is about: an object, or another record that carries rights of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Subject", "object_of_record", "subject_rows"]

_NAMED = {
    "alerts": "candid", "candidates": "candidate_id", "decisions": "decision_id", "events": "event_id",
    "photometry": "photometry_id",
}  # fmt: skip
"""Tables that are no record kinds, and their columns of identifiers."""

_OF_EVERY_KIND = {"version", "author", "edited_by", "acl", "known_until"}


class Subject(NamedTuple):
    """A record that another one is about."""

    table: str
    number: int


def object_of_record(db: Database, viewer: Viewer, subject: Subject) -> str | None:
    """The object that a record is about, if any (see `subject_rows`)."""
    found: str | None = subject_rows(db, viewer, {subject})[subject]["object_id"]
    return found


def subject_rows(db: Database, viewer: Viewer, subjects: Collection[Subject]) -> dict[Subject, dict[str, Any]]:
    """The object (None if there is none) and the ``acl`` of records that others are about.

    Raises
    ------
    InvalidInput
        If one is of no table of records.
    NotFound
        If the viewer may not see one of them.
    """
    permitted = db.part(_permitted_tables)
    by_table: dict[str, list[int]] = defaultdict(list)
    for table, number in subjects:
        if table not in permitted:
            raise InvalidInput(
                f"about_table is {table!r}: {', '.join(sorted(permitted))} are permitted.", "about_table"
            )
        by_table[table].append(number)
    found: dict[Subject, dict[str, Any]] = {}
    for table, numbers in by_table.items():
        about = "object_id" if "object_id" in db.reader.columns[table] else "NULL"
        rows = db.reader.rows(
            viewer,
            f"SELECT {permitted[table]} AS number, {about} AS object_id, acl FROM @{table} "
            f"WHERE {permitted[table]} IN (SELECT unnest(?))",
            [numbers],
        )
        found |= {Subject(table, row.pop("number")): row for row in rows}
    for table, number in sorted(set(subjects) - found.keys()):
        raise NotFound(f"there is no {table}/{number} among those that you may see.", f"{table}/{number}")
    return found


def _permitted_tables(db: Database) -> dict[str, str]:
    """The tables whose records can be written about, and their columns of identifiers."""
    kinds = {name: columns[0] for name, columns in db.reader.columns.items() if set(columns) >= _OF_EVERY_KIND}
    return {**kinds, **{name: column for name, column in _NAMED.items() if column in db.reader.columns.get(name, ())}}
