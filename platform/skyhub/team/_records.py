"""Groups, streams and accounts of the database.

On a hub, who is in a group is the hub's knowledge and is read from it with each token; the accounts here serve
embedded use, where there is no hub.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skyhub.db import PERSONAL, ROLES, Database, Transaction, Viewer
from skyhub.errors import InvalidInput, NotFound

__all__ = ["add_groups", "add_streams", "add_user", "groups_of", "personal_group", "record_visit", "viewer_of_account"]

_NAME_LIMIT = 64


def add_streams(db: Database, names: Iterable[str]) -> None:
    """Make sure that streams exist."""
    db.writer.write(lambda transaction: _add_names(transaction, "streams", "stream_id", names))
    db.reload_groups()


def add_groups(db: Database, groups: Mapping[str, Sequence[str]]) -> None:
    """Make sure that groups exist and have (at least) the streams named for each."""
    add_streams(db, {stream for streams in groups.values() for stream in streams})

    def write(transaction: Transaction) -> None:
        numbers = _add_names(transaction, "groups", "group_id", groups)
        rows = [
            {"group_id": numbers[group], "stream_id": db.access.streams[stream]}
            for group, streams in groups.items()
            for stream in streams
            if db.access.streams[stream] not in db.access.group_streams.get(numbers[group], set())
        ]
        transaction.insert("group_streams", rows)

    db.writer.write(write)
    db.reload_groups()


def add_user(db: Database, name: str, groups: Sequence[str] = (), streams: Sequence[str] = ()) -> dict[str, Any]:
    """Make sure that an account exists, in groups (made if missing) and with streams.

    Raises
    ------
    InvalidInput
        If a name is empty or too long.
    """
    for given in (name, *groups, *streams):
        if not 1 <= len(given.strip()) <= _NAME_LIMIT or given.startswith(PERSONAL):
            raise InvalidInput(
                f"{given!r} is no name: 1 to {_NAME_LIMIT} characters, not beginning with {PERSONAL!r}, are permitted.",
                "name",
            )
    add_groups(db, {group: () for group in groups})
    add_streams(db, streams)

    def write(transaction: Transaction) -> None:
        known = {row["user_name"] for row in transaction.rows("SELECT user_name FROM users")}
        mine = _memberships(transaction, name)
        transaction.insert("users", [] if name in known else [{"user_name": name}])
        ids = {db.access.groups[g] for g in groups} - mine["group_id"]
        transaction.insert("user_groups", [{"user_name": name, "group_id": g} for g in sorted(ids)])
        ids = {db.access.streams[s] for s in streams} - mine["stream_id"]
        transaction.insert("user_streams", [{"user_name": name, "stream_id": s} for s in sorted(ids)])

    db.writer.write(write)
    viewer = viewer_of_account(db, name)
    return {"user": name, "groups": sorted(viewer.groups), "streams": sorted(viewer.streams)}


def viewer_of_account(db: Database, name: str) -> Viewer:
    """The rights of an account: its groups and streams, and what scanners may do.

    Raises
    ------
    NotFound
        If there is no such account.
    """

    def read(transaction: Transaction) -> dict[str, set[int]] | None:
        known = transaction.rows("SELECT user_name FROM users WHERE user_name = ?", [name])
        return _memberships(transaction, name) if known else None

    mine = db.writer.write(read)
    if mine is None:
        raise NotFound(f"there is no user {name!r}: add one with `skyhub user add {name} --group …`.", name)
    groups = frozenset(group for group, number in db.access.groups.items() if number in mine["group_id"])
    streams = frozenset(stream for stream, number in db.access.streams.items() if number in mine["stream_id"])
    return Viewer(name, groups, streams, ROLES["scanner"])


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


def _add_names(transaction: Transaction, table: str, column: str, names: Iterable[str]) -> dict[str, int]:
    known = {row["name"]: row[column] for row in transaction.rows(f"SELECT name, {column} FROM {table}")}
    missing = sorted(set(names) - known.keys())
    new = {name: transaction.next_id(table, column) for name in missing}
    transaction.insert(table, [{column: number, "name": name} for name, number in new.items()])
    return {**known, **new}


def _memberships(transaction: Transaction, name: str) -> dict[str, set[int]]:
    return {
        column: {row[column] for row in transaction.rows(f"SELECT {column} FROM {table} WHERE user_name = ?", [name])}
        for table, column in (("user_groups", "group_id"), ("user_streams", "stream_id"))
    }
