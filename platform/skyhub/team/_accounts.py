"""Accounts: users, their roles and memberships, where there is no hub to ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from skyhub.db import ADMINISTRATOR, PERSONAL, ROLES, Database, Transaction, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.team._records import add_groups, add_streams

__all__ = ["AccountDirectory", "add_user", "viewer_of_account"]

_NAME_LIMIT = 64
_ROLE = "SELECT coalesce(role, 'scanner') AS role FROM users WHERE user_name = ? ORDER BY known_at DESC LIMIT 1"
_PRESENT = (
    "SELECT user_name, group_id FROM user_groups "
    "QUALIFY row_number() OVER (PARTITION BY user_name, group_id ORDER BY known_at DESC, rowid DESC) = 1 AND present"
)


def add_user(
    db: Database, name: str, groups: Sequence[str] = (), streams: Sequence[str] = (), role: str | None = None
) -> dict[str, Any]:
    """Make sure that an account exists, in groups (made if missing), with streams and a role.

    Raises
    ------
    InvalidInput
        If a name is empty or too long, or the role is none of `ROLES`.
    """
    _check([name, *groups, *streams], role)
    add_groups(db, {group: () for group in groups})
    add_streams(db, streams)

    def write(transaction: Transaction) -> None:
        known = transaction.rows(_ROLE, [name])
        mine = _memberships(transaction, name)
        if not known or role not in (None, known[0]["role"]):
            transaction.insert("users", [{"user_name": name, "role": role or "scanner"}])
        ids = {db.access.groups[g] for g in groups} - mine["group_id"]
        transaction.insert("user_groups", [_membership(name, g, True) for g in sorted(ids)])
        ids = {db.access.streams[s] for s in streams} - mine["stream_id"]
        transaction.insert("user_streams", [{"user_name": name, "stream_id": s} for s in sorted(ids)])

    db.writer.write(write)
    viewer = viewer_of_account(db, name)
    return {"user": name, "groups": sorted(viewer.groups), "streams": sorted(viewer.streams)}


def viewer_of_account(db: Database, name: str) -> Viewer:
    """The rights of an account: its groups and streams, and what its role may do.

    Raises
    ------
    NotFound
        If there is no such account.
    """

    def read(transaction: Transaction) -> tuple[str, dict[str, set[int]]] | None:
        known = transaction.rows(_ROLE, [name])
        return (known[0]["role"], _memberships(transaction, name)) if known else None

    found = db.writer.write(read)
    if found is None:
        raise NotFound(f"there is no user {name!r}: add one with `skyhub user add {name} --group …`.", name)
    role, mine = found
    groups = frozenset(group for group, number in db.access.groups.items() if number in mine["group_id"])
    streams = frozenset(stream for stream, number in db.access.streams.items() if number in mine["stream_id"])
    return Viewer(name, groups, streams, ROLES[role])


class AccountDirectory:
    """Users and members as the accounts of a database say.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def users(self) -> list[str]:
        """Names of all users."""
        rows = self._db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT user_name FROM @users ORDER BY ALL")
        return [row["user_name"] for row in rows]

    def members(self) -> dict[str, Sequence[str]]:
        """All groups with their members."""
        members: dict[int, list[str]] = {}
        for row in self._db.writer.write(lambda t: t.rows(_PRESENT)):
            members.setdefault(row["group_id"], []).append(row["user_name"])
        groups = self._db.access.groups
        return {name: members.get(number, []) for name, number in groups.items() if not name.startswith(PERSONAL)}

    def groups_of(self, user: str) -> list[str]:
        """The groups of a user."""
        return sorted(name for name, members in self.members().items() if user in members)

    def viewer(self, user: str) -> Viewer | None:
        """The rights that a user has now."""
        try:
            return viewer_of_account(self._db, user)
        except NotFound:
            return None

    def create(self, group: str) -> None:
        """Accounts may be in any group that the database has: there is nothing to make."""

    def add(self, group: str, user: str) -> None:
        """Put a user into a group."""
        self._write([_membership(user, self._db.access.groups[group], True)])

    def remove(self, group: str, user: str) -> None:
        """Take a user out of a group."""
        self._write([_membership(user, self._db.access.groups[group], False)])

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self._db.writer.write(lambda transaction: transaction.insert("user_groups", rows))


def _membership(user: str, group_id: int, present: bool) -> dict[str, Any]:
    return {"user_name": user, "group_id": group_id, "present": present}


def _memberships(transaction: Transaction, name: str) -> dict[str, set[int]]:
    present = f"SELECT group_id FROM ({_PRESENT}) WHERE user_name = ?"
    streams = "SELECT stream_id FROM user_streams WHERE user_name = ?"
    return {
        "group_id": {row["group_id"] for row in transaction.rows(present, [name])},
        "stream_id": {row["stream_id"] for row in transaction.rows(streams, [name])},
    }


def _check(names: Iterable[str], role: str | None) -> None:
    for given in names:
        if not 1 <= len(given.strip()) <= _NAME_LIMIT or given.startswith(PERSONAL):
            raise InvalidInput(
                f"{given!r} is no name: 1 to {_NAME_LIMIT} characters, not beginning with {PERSONAL!r}, are permitted.",
                "name",
            )
    if role is not None and role not in ROLES:
        raise InvalidInput(f"{role!r} is no role: {', '.join(ROLES)} are permitted.", "role")
