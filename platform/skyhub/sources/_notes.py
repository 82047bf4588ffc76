"""What was noted of an object, from all tables at once and kept in memory while nothing touches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skyhub.classification import CLASSIFICATIONS
from skyhub.db import ADMINISTRATOR, Database, Memory, Viewer, naive_utc
from skyhub.notes import ANNOTATIONS, COMMENTS, LIST_ENTRIES, OBJECT_TAGS, REDSHIFTS
from skyhub.records import Kind
from skyhub.sources._names import ALIASES, SAME_AS

__all__ = ["NOTED", "notes_of"]

NOTED: tuple[Kind[Any], ...] = (
    CLASSIFICATIONS,
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
    kept = db.part(_Notes).rows(object_id)
    mask = db.access.visible(viewer)
    at = None if as_of is None else naive_utc(as_of)
    return {
        table: [row for row in reversed(rows) if mask[row["acl"]] and _known(row, at)] for table, rows in kept.items()
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
        self._memory: Memory[str, _Rows | None] = Memory(db.writer, "object", self._load_if_few)

    def rows(self, object_id: str) -> _Rows:
        """The rows about an object, by table, oldest first."""
        kept = self._memory.get(object_id).value
        return self._load(object_id) if kept is None else kept

    def _load_if_few(self, object_id: str) -> _Rows | None:
        rows = self._load(object_id)
        return rows if sum(map(len, rows.values())) <= _MOST_KEPT_ROWS else None

    def _load(self, object_id: str) -> _Rows:
        parts = [f"SELECT t AS {kind.table} FROM @{kind.table}* AS t WHERE {_about(kind)}" for kind in NOTED]
        found = self._db.reader.rows(ADMINISTRATOR, " UNION ALL BY NAME ".join(parts), [object_id] * (len(NOTED) + 1))
        rows = {kind.table: [row[kind.table] for row in found if row[kind.table] is not None] for kind in NOTED}
        return {
            kind.table: sorted(rows[kind.table], key=lambda row: (row[kind.id_column], row["version"]))
            for kind in NOTED
        }


def _about(kind: Kind[Any]) -> str:
    return "object_id = ? OR other_id = ?" if kind is SAME_AS else "object_id = ?"


def _known(row: Mapping[str, Any], at: datetime | None) -> bool:
    if at is None:
        return row["known_until"] is None
    return bool(row["known_at"] <= at and (row["known_until"] is None or row["known_until"] > at))
