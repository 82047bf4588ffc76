"""What became known of an object as records: each version of each, with what it changed, and each removal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, naive_utc
from skyhub.history._entry import Entry
from skyhub.kinds import KINDS
from skyhub.records import Kind

__all__ = ["record_entries"]

_FRAME = {"version", "author", "edited_by", "known_at", "known_until", "groups", "public"}
_REMOVALS = """
    SELECT kind, payload FROM @changes
    WHERE known_at IN (SELECT unnest(?)) AND kind IN (SELECT unnest(?)) AND contains(payload, '"action": "removed"')
"""

Rows = Sequence[Mapping[str, Any]]


def record_entries(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> list[Entry]:
    """All versions and removals of the records about an object that the viewer may see."""
    found = {kind: _rows(db, viewer, kind, object_id, as_of) for kind in KINDS if kind.about_object}
    removed = {kind: [row for row in _last(rows, kind) if _ended(row, as_of)] for kind, rows in found.items()}
    removers = _removers(db, viewer, removed)
    entries = [entry for kind, rows in found.items() for entry in _versions(db, viewer, kind, rows)]
    for kind, rows in removed.items():
        entries += [
            _removal(db, viewer, kind, row, removers.get((kind.table, str(row[kind.id_column])))) for row in rows
        ]
    return entries


def _rows(db: Database, viewer: Viewer, kind: Kind[Any], object_id: str, as_of: datetime | None) -> Rows:
    sides = [name for name in ("object_id", "other_id") if name in kind.columns]
    return db.reader.rows(
        viewer,
        f"SELECT {', '.join(kind.shown)} FROM @{kind.table}* WHERE {' OR '.join(f'{side} = ?' for side in sides)} "
        f"ORDER BY {kind.id_column}, version",
        [object_id] * len(sides),
        as_of,
    )


def _versions(db: Database, viewer: Viewer, kind: Kind[Any], rows: Rows) -> Iterator[Entry]:
    previous: Mapping[str, Any] | None = None
    for row in rows:
        number = row[kind.id_column]
        if previous is not None and previous[kind.id_column] != number:
            previous = None
        before = _fields(db, viewer, kind, previous) if previous is not None else {}
        after = _fields(db, viewer, kind, row)
        changed = [name for name in after if name not in before or before[name] != after[name]]
        yield Entry(
            row["known_at"],
            kind.table,
            "added" if row["version"] == 1 else "revised",
            row["edited_by"],
            number,
            {name: after[name] for name in changed if previous is not None or after[name] not in (None, [], {})},
            {name: before[name] for name in changed} if previous is not None else None,
        )
        previous = row


def _removal(db: Database, viewer: Viewer, kind: Kind[Any], row: Mapping[str, Any], who: str | None) -> Entry:
    before = {name: value for name, value in _fields(db, viewer, kind, row).items() if value not in (None, [], {})}
    return Entry(row["known_until"], kind.table, "removed", who, row[kind.id_column], None, before)


def _fields(db: Database, viewer: Viewer, kind: Kind[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    document = kind.document(db, viewer, row)
    return {name: document[name] for name in document if name not in _FRAME | {kind.id_column}}


def _last(rows: Rows, kind: Kind[Any]) -> list[Mapping[str, Any]]:
    """The newest version of each record."""
    return list({row[kind.id_column]: row for row in rows}.values())


def _ended(row: Mapping[str, Any], as_of: datetime | None) -> bool:
    until = row["known_until"]
    return until is not None and (as_of is None or until <= naive_utc(as_of))


def _removers(db: Database, viewer: Viewer, removed: Mapping[Kind[Any], Rows]) -> dict[tuple[str, str], str]:
    """Who removed records, as the journal says, by table and identifier."""
    times = sorted({row["known_until"] for rows in removed.values() for row in rows})
    if not times:
        return {}
    columns = {kind.table: kind.id_column for kind, rows in removed.items() if rows}
    found: dict[tuple[str, str], str] = {}
    for row in db.reader.rows(viewer, _REMOVALS, [times, sorted(columns)]):
        payload = json.loads(row["payload"])
        found[row["kind"], str(payload.get(columns[row["kind"]]))] = payload["user"]
    return found
