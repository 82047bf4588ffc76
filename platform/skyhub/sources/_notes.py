"""What was noted of objects, from all tables at once and kept in memory while nothing touches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skyhub.classification import CLASSIFICATION_VOTES, CLASSIFICATIONS
from skyhub.db import ADMINISTRATOR, Database, Memory, Viewer, naive_utc
from skyhub.notes import ANNOTATIONS, COMMENTS, LIST_ENTRIES, OBJECT_TAGS, REDSHIFTS
from skyhub.records import Kind
from skyhub.sources._names import ALIASES, SAME_AS

__all__ = ["NOTED", "notes_of", "notes_of_several"]

NOTED: tuple[Kind[Any], ...] = (
    CLASSIFICATIONS,
    CLASSIFICATION_VOTES,
    REDSHIFTS,
    ANNOTATIONS,
    ALIASES,
    OBJECT_TAGS,
    LIST_ENTRIES,
    COMMENTS,
    SAME_AS,
)
_MOST_KEPT_ROWS = 200

_Rows = Mapping[str, Sequence[dict[str, Any]]]


def notes_of(
    db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The rows about an object that the viewer may see, by table, newest first."""
    return notes_of_several(db, viewer, [object_id], as_of)[object_id]


def notes_of_several(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The same of each of several objects, which are looked up together."""
    mask = db.access.visible(viewer)
    at = None if as_of is None else naive_utc(as_of)
    return {
        object_id: {
            table: [row for row in reversed(rows) if mask[row["acl"]] and _known(row, at)]
            for table, rows in kept.items()
        }
        for object_id, kept in db.part(_Notes).of(object_ids).items()
    }


class _Notes:
    """All versions of all that was noted, by object.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._memory: Memory[str, _Rows | None] = Memory(db.writer, "object", lambda name: self._kept([name])[name])

    def of(self, object_ids: Sequence[str]) -> dict[str, _Rows]:
        """The rows about each of some objects, by table, oldest first."""
        kept = dict(zip(object_ids, self._memory.several(object_ids, self._kept), strict=True))
        large = [name for name, rows in kept.items() if rows is None]
        return {name: rows for name, rows in kept.items() if rows is not None} | (self._load(large) if large else {})

    def _kept(self, object_ids: Sequence[str]) -> dict[str, _Rows | None]:
        loaded = self._load(object_ids).items()
        return {name: rows if sum(map(len, rows.values())) <= _MOST_KEPT_ROWS else None for name, rows in loaded}

    def _load(self, object_ids: Sequence[str]) -> dict[str, _Rows]:
        found: dict[str, dict[str, list[dict[str, Any]]]] = {
            name: {kind.table: [] for kind in NOTED} for name in object_ids
        }
        for row in self._db.reader.rows(ADMINISTRATOR, *_statement(object_ids)):
            [(table, record)] = [(table, record) for table, record in row.items() if record is not None]
            for name in {record["object_id"], record.get("other_id")} & found.keys():
                found[name][table].append(record)
        for tables in found.values():
            for kind in NOTED:
                tables[kind.table].sort(key=lambda record, kind=kind: (record[kind.id_column], record["version"]))  # type: ignore[misc]
        return dict(found)


def _statement(object_ids: Sequence[str]) -> tuple[str, list[Any]]:
    """What asks for the rows about objects: of one object, by the index."""
    one = len(object_ids) == 1
    about, given = ("= ?", object_ids[0]) if one else ("IN (SELECT unnest(?::VARCHAR[]))", list(object_ids))
    sides = [("object_id", "other_id") if kind is SAME_AS else ("object_id",) for kind in NOTED]
    parts = [
        f"SELECT t AS {kind.table} FROM @{kind.table}* AS t WHERE {' OR '.join(f'{side} {about}' for side in own)}"
        for kind, own in zip(NOTED, sides, strict=True)
    ]
    return " UNION ALL BY NAME ".join(parts), [given] * sum(map(len, sides))


def _known(row: Mapping[str, Any], at: datetime | None) -> bool:
    if at is None:
        return row["known_until"] is None
    return bool(row["known_at"] <= at and (row["known_until"] is None or row["known_until"] > at))
