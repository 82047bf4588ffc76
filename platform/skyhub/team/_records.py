"""Streams, groups and visits as rows of the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from skyhub.db import PERSONAL, Database, Transaction, Viewer
from skyhub.team._groups import new_group_rows

__all__ = ["add_groups", "add_streams", "groups_of", "personal_group", "record_visit"]

_STREAMS_OF = "SELECT * EXCLUDE (known_at, known_until) FROM groups WHERE known_until IS NULL"


def add_streams(db: Database, names: Iterable[str]) -> None:
    """Make sure that streams exist."""

    def write(transaction: Transaction) -> None:
        known = {row["name"] for row in transaction.rows("SELECT name FROM streams")}
        rows = [{"stream_id": transaction.next_id("streams", "stream_id"), "name": n} for n in sorted({*names} - known)]
        transaction.insert("streams", rows)

    db.writer.write(write)
    db.reload_groups()


def add_groups(db: Database, groups: Mapping[str, Sequence[str]]) -> None:
    """Make sure that groups exist and have (at least) the streams named for each."""
    add_streams(db, {stream for streams in groups.values() for stream in streams})
    wanted = {name: {db.access.streams[stream] for stream in streams} for name, streams in groups.items()}

    def write(transaction: Transaction) -> None:
        known = {row["name"]: row for row in transaction.rows(_STREAMS_OF)}
        rows = new_group_rows(transaction, groups)
        transaction.insert("groups", [{**row, "stream_ids": sorted(wanted[row["name"]])} for row in rows])
        for name in groups.keys() & known.keys():
            row = known[name]
            if not wanted[name] <= {*(row["stream_ids"] or ())}:
                version, streams = row["version"] + 1, sorted({*(row["stream_ids"] or ()), *wanted[name]})
                transaction.insert("groups", [{**row, "stream_ids": streams, "version": version, "edited_by": None}])
                transaction.supersede("groups", "group_id", {row["group_id"]: version})

    db.writer.write(write)
    db.reload_groups()


def groups_of(db: Database, viewer: Viewer) -> list[str]:
    """Names of the viewer's groups that the database knows; all of them for an administrator."""
    return db.access.group_names(db.access.group_ids(viewer))


def personal_group(db: Database, viewer: Viewer) -> int:
    """The number of the group that holds only this viewer; made at first need."""
    name = f"{PERSONAL}{viewer.name}"
    if name not in db.access.groups:
        add_groups(db, {name: ()})
    return db.access.groups[name]


def record_visit(db: Database, viewer: Viewer) -> None:
    """Note that the viewer opened the landing page."""
    db.writer.write(lambda transaction: transaction.insert("visits", [{"user_name": viewer.name}]))
