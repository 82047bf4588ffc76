"""What becomes of records on their way into the database: new ones, new versions, and those that stay as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from skyhub.db import ADMINISTRATOR, Database, Stale, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput
from skyhub.records._access import require_editor
from skyhub.records._audience import Audience, moved
from skyhub.records._kind import Kind
from skyhub.records._record import Record

__all__ = [
    "Planned",
    "announce",
    "journal_of",
    "key_of",
    "known_by_key",
    "named",
    "new_version",
    "plan",
    "require_editor_of",
    "require_fresh",
    "require_open",
    "store",
    "told",
    "touch",
    "versions_of",
]

R = TypeVar("R", bound=Record)

_ANNOUNCED_ONE_BY_ONE = 20


@dataclass(frozen=True)
class Planned:
    """What is to become of one record."""

    action: str
    """``added``, ``revised`` or ``unchanged``."""
    row: dict[str, Any]
    before: Mapping[str, Any] | None = None
    """Of a revised one the row that was in force: it may have been about another object."""


def told(db: Database, transaction: Transaction, viewer: Viewer, kind: Kind[R], planned: Planned) -> dict[str, Any]:
    """A planned record as its author is told of it."""
    now = {} if planned.action == "unchanged" else {"known_at": transaction.now, "known_until": None}
    return kind.document(db, viewer, {**planned.row, **now})


def plan(
    db: Database,
    transaction: Transaction,
    viewer: Viewer,
    kind: Kind[R],
    records: Sequence[tuple[R, Audience]],
    known: Mapping[tuple[Any, ...], dict[str, Any]],
    revise: bool,
) -> list[Planned]:
    """What is to become of each of some records, given who shall see it and those whose key is there already."""
    found = [known.get(key_of(kind, record)) if kind.key else None for record, _ in records]
    new_id = transaction.next_id(kind.table, kind.id_column, found.count(None))
    planned: list[Planned] = []
    seen: set[tuple[Any, ...]] = set()
    for (record, audience), old in zip(records, found, strict=True):
        key = key_of(kind, record) if kind.key else (len(seen),)
        if key in seen:
            raise InvalidInput(f"{named(kind, record)} occurs twice: give each once.", kind.key[0])
        seen.add(key)
        if old is None:
            base = {"version": 1, "author": viewer.name, "edited_by": viewer.name, kind.id_column: new_id}
            planned.append(Planned("added", {**kind.row(record), **base, "acl": transaction.acl(*audience)}))
            new_id += 1
        elif revise:
            planned.append(_revision(db, transaction, viewer, kind, record, audience.streams, old))
        else:
            raise Conflict(
                f"{named(kind, record)} is there already ({kind.singular} {old[kind.id_column]}): "
                "edit that one, or revise.",
                kind.key[0],
            )
    return planned


def _revision(
    db: Database,
    transaction: Transaction,
    viewer: Viewer,
    kind: Kind[R],
    record: R,
    streams: frozenset[int],
    old: dict[str, Any],
) -> Planned:
    if all(old[name] == value for name, value in kind.row(record).items()):
        return Planned("unchanged", old)
    require_editor_of(db, viewer, kind, old)
    return Planned("revised", new_version(db, transaction, viewer, kind, record, streams, old), old)


def new_version(
    db: Database,
    transaction: Transaction,
    viewer: Viewer,
    kind: Kind[R],
    record: R,
    streams: frozenset[int],
    old: Mapping[str, Any],
) -> dict[str, Any]:
    """The row that follows one: its groups are kept, its streams are those of what it is about now."""
    row = {**old, **kind.row(record), "version": old["version"] + 1, "edited_by": viewer.name}
    if moved(kind, old, record):
        row["acl"] = transaction.acl(db.access.members(old["acl"])[0], streams)
    return row


def store(transaction: Transaction, viewer: Viewer, kind: Kind[R], planned: Sequence[Planned]) -> None:
    """Write what has changed, and tell of it."""
    changed = [p for p in planned if p.action != "unchanged"]
    revised = {p.row[kind.id_column]: p.row["version"] for p in changed if p.action == "revised"}
    transaction.insert(kind.table, [p.row for p in changed])
    transaction.supersede(kind.table, kind.id_column, revised)
    for p in changed:
        touch(transaction, kind, p.row)
        if p.before is not None:
            touch(transaction, kind, p.before)
    if len(changed) <= _ANNOUNCED_ONE_BY_ONE:
        for p in changed:
            announce(transaction, viewer, kind, p.action, p.row)
    else:
        payload = {"action": "added", "user": viewer.name, "count": len(changed)}
        for acl in sorted({p.row["acl"] for p in changed}):
            transaction.announce(kind.table, payload, acl)


def require_editor_of(db: Database, viewer: Viewer, kind: Kind[R], row: Mapping[str, Any]) -> None:
    """Raise `PermissionRefused` unless the viewer may change a record, and `Conflict` if nobody may any more."""
    if not (kind.editors and viewer.name in row[kind.editors]):
        require_editor(db, viewer, row, f"{kind.singular} {row[kind.id_column]}")
    require_open(db, kind, row)


def require_open(db: Database, kind: Kind[R], row: Mapping[str, Any]) -> None:
    """Raise `Conflict` if a record is settled, so that nothing of it can be changed any more."""
    reason = kind.settled(db, row) if kind.settled else ""
    if reason:
        where = f"{kind.singular} {row[kind.id_column]}"
        raise Conflict(f"{where} cannot be changed: {reason}", where)


def known_by_key(
    db: Database, viewer: Viewer, kind: Kind[R], records: Sequence[R], author: str
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The visible rows in force that have the key of one of some records of an author, by key.

    What is personal is its author's: that others have the same name, whom administrators see too, is nothing to it.
    """
    if not kind.key:
        return {}
    wanted = {key_of(kind, record) for record in records}
    first = sorted({key[0] for key in wanted}, key=str)
    if len(first) == 1:
        rows = db.reader.rows(viewer, f"SELECT * FROM @{kind.table}({kind.key[0]})", first)
    else:
        rows = db.reader.rows(viewer, f"SELECT * FROM @{kind.table} WHERE {kind.key[0]} IN (SELECT unnest(?))", [first])
    if kind.sharing == "personal":
        rows = [row for row in rows if row["author"] == author]
    by_key = {tuple(row[name] for name in kind.key): row for row in rows}
    return {key: row for key, row in by_key.items() if key in wanted}


def key_of(kind: Kind[R], record: R) -> tuple[Any, ...]:
    """The key of a record."""
    return tuple(kind.value(record, name) for name in kind.key)


def named(kind: Kind[R], record: R) -> str:
    """A record as people would name it."""
    return f"{kind.singular} " + ", ".join(
        f"{name} {value!r}" for name, value in zip(kind.key, key_of(kind, record), strict=True)
    )


def require_fresh(transaction: Transaction, kind: Kind[R], key: Any, commit: int) -> None:
    """Raise `Stale` if a record may have changed after a commit."""
    if transaction.touched_since((kind.table, key), commit):
        raise Stale


def touch(transaction: Transaction, kind: Kind[R], row: Mapping[str, Any]) -> None:
    """Say that a record has changed."""
    transaction.touch((kind.table, row[kind.id_column]))
    if kind.key:
        transaction.touch((kind.table, tuple(row[name] for name in kind.key)))
    transaction.touch((kind.table,))
    for side in ("object_id", "other_id"):
        if row.get(side) is not None:
            transaction.touch(("object", row[side]))


def versions_of(db: Database, kind: Kind[R], record_id: int) -> list[dict[str, Any]]:
    """All versions of a record, with their acl and the columns by which they are looked up: these may differ."""
    sides = [name for name in ("object_id", "other_id") if name in kind.columns]
    columns = dict.fromkeys((kind.id_column, "acl", *sides, *kind.key))
    sql = f"SELECT DISTINCT {', '.join(columns)} FROM @{kind.table}* WHERE {kind.id_column} = ?"
    return db.reader.rows(ADMINISTRATOR, sql, [record_id])


def journal_of(db: Database, table: str, id_column: str, number: int) -> list[int]:
    """The entries of the journal that tell of a record: who may see them is who may see it."""
    told = json.dumps({id_column: str(number)})[1:-1]
    rows = db.reader.rows(
        ADMINISTRATOR, "SELECT seq FROM @changes WHERE kind = ? AND contains(payload, ?)", [table, told]
    )
    return [row["seq"] for row in rows]


def announce(transaction: Transaction, viewer: Viewer, kind: Kind[R], action: str, row: Mapping[str, Any]) -> None:
    """Tell of a change."""
    told = ["object_id"] if kind.about_object else []
    payload = {name: row[name] for name in (*told, *kind.announced)}
    change = {"action": action, "user": viewer.name, kind.id_column: str(row[kind.id_column]), **payload}
    transaction.announce(kind.table, change, row["acl"])
