"""What a record is about: an object, or another record that carries rights of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Subject", "subject_row", "subject_rows"]

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
    survey: str | None = None
    """Of an alert, where several surveys have alerts of this number."""


def subject_row(db: Database, viewer: Viewer, subject: Subject) -> dict[str, Any]:
    """The object, survey and ``acl`` of a record that another one is about (see `subject_rows`)."""
    return subject_rows(db, viewer, {subject})[subject]


def subject_rows(db: Database, viewer: Viewer, subjects: Collection[Subject]) -> dict[Subject, dict[str, Any]]:
    """The ``object_id`` (None if there is none), the ``survey`` (of an alert) and the ``acl`` of records that others are about.

    Raises
    ------
    InvalidInput
        If one is of no table of records, or an alert of which survey is not said where several have its number.
    NotFound
        If the viewer may not see one of them.
    """
    permitted = db.part(_permitted_tables)
    by_table: dict[str, list[Subject]] = defaultdict(list)
    for subject in sorted(subjects, key=str):
        if subject.table not in permitted:
            raise InvalidInput(
                f"about_table is {subject.table!r}: {', '.join(sorted(permitted))} are permitted.", "about_table"
            )
        by_table[subject.table].append(subject)
    found: dict[Subject, dict[str, Any]] = {}
    for table, asked in by_table.items():
        about = "object_id" if "object_id" in db.reader.columns[table] else "NULL"
        survey = "survey" if table == "alerts" else "NULL"
        rows = db.reader.rows(
            viewer,
            f"SELECT {permitted[table]} AS number, {about} AS object_id, {survey} AS survey, acl FROM @{table} "
            f"WHERE {permitted[table]} IN (SELECT unnest(?)) ORDER BY survey",
            [[subject.number for subject in asked]],
        )
        found |= {subject: _only(subject, rows) for subject in asked}
    return found


def _only(subject: Subject, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The row of a subject, of those of its table."""
    table, number, survey = subject
    own = [row for row in rows if row["number"] == number and survey in (None, row["survey"])]
    if not own:
        address = f"{table}/{number}" if survey is None else f"{table}/{survey}:{number}"
        raise NotFound(f"there is no {address} among those that you may see.", address)
    if table == "alerts" and len(own) > 1:
        surveys = [row["survey"] for row in own]
        raise InvalidInput(
            f"{number} is an alert of {', '.join(surveys)}: say which, such as about_id='{surveys[0]}:{number}'.",
            "about_id",
        )
    return {name: own[-1][name] for name in ("object_id", "survey", "acl")}


def _permitted_tables(db: Database) -> dict[str, str]:
    """The tables whose records can be written about, and their columns of identifiers."""
    kinds = {name: columns[0] for name, columns in db.reader.columns.items() if set(columns) >= _OF_EVERY_KIND}
    return {**kinds, **{name: column for name, column in _NAMED.items() if column in db.reader.columns.get(name, ())}}
