"""Groups: what the database keeps of them, and changing it. Who is a member is read from the directory, never kept.

A correction is a new version of the group's row. Whoever may see a group finds it in SQL; one that is private is seen
by its members alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from skyhub.db import PERSONAL, PUBLIC, Database, Transaction, Viewer, json_value
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.web import Directory

__all__ = [
    "add_group_admin",
    "change_group",
    "create_group",
    "group_history",
    "group_record",
    "list_groups",
    "meet_groups",
    "new_group_rows",
    "remove_group_admin",
    "require_leader",
    "set_group_streams",
    "visible_group",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = "public"
"""What stands for everybody in lists of groups."""
_LONGEST = {"nickname": 64, "description": 4000}
_GROUP = "SELECT * FROM @groups WHERE name = ?"
_LISTED = f"SELECT * FROM @groups WHERE NOT starts_with(name, '{PERSONAL}') ORDER BY lower(name)"
_ROW = "SELECT * EXCLUDE (known_at, known_until) FROM groups WHERE name = ? AND known_until IS NULL"


def new_group_rows(transaction: Transaction, names: Iterable[str], **settings: Any) -> list[dict[str, Any]]:
    """First versions of those groups that the database does not know; inserted by the caller."""
    known = {row["name"] for row in transaction.rows("SELECT DISTINCT name FROM groups")}
    rows = []
    for name in sorted(set(names) - known):
        number = transaction.next_id("groups", "group_id")
        private = bool(settings.get("private")) or name.startswith(PERSONAL)
        fixed = {"group_id": number, "version": 1, "name": name, "private": private}
        acl = transaction.acl(groups=[number]) if private else PUBLIC
        rows.append({"admins": [], "stream_ids": [], **settings, **fixed, "acl": acl})
    return rows


def meet_groups(db: Database, names: Iterable[str]) -> None:
    """Give a number to groups that the directory has and the database has not seen yet."""
    new = {name for name in names if not name.startswith(PERSONAL)} - db.access.groups.keys()
    if new:
        db.writer.write(lambda transaction: transaction.insert("groups", new_group_rows(transaction, new)))
        db.reload_groups()


def create_group(
    db: Database, directory: Directory, viewer: Viewer, name: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Make a group, with the viewer as its first member and administrator.

    Parameters
    ----------
    db, directory, viewer
        The database, who knows the members, and who asks.
    name
        Letters, digits, ``.``, ``_``, ``-``; it never changes.
    settings
        ``nickname``, ``description``, ``private``, ``savers``.

    Raises
    ------
    Conflict
        If the name is taken, also by a group of the past, whose data would come with it.
    """
    viewer.require("save")
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is no name for a group: 1 to 64 letters, digits, '.', '_', '-' are permitted.", "name"
        )
    if name.lower() == _RESERVED:
        raise InvalidInput(f"{name!r} stands for everybody: choose another name.", "name")
    given = _checked(settings)
    if name in db.access.groups or name in directory.members():
        raise _taken(name)
    directory.create(name)
    who = {"admins": [viewer.name], "created_by": viewer.name, "edited_by": viewer.name}

    def write(transaction: Transaction) -> None:
        rows = new_group_rows(transaction, [name], **who, **given)
        if not rows:
            raise _taken(name)
        transaction.insert("groups", rows)
        _announce(transaction, viewer, "added", rows[0])

    db.writer.write(write)
    db.reload_groups()
    directory.add(name, viewer.name)
    return group_record(db, directory, replace(viewer, groups=viewer.groups | {name}), name)


def _taken(name: str) -> Conflict:
    return Conflict(f"the name {name!r} is taken: choose another.", "name")


def list_groups(
    db: Database, directory: Directory, viewer: Viewer, mine: bool = False, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The groups that a viewer may know of, or only those that the viewer is in."""
    members = directory.members()
    meet_groups(db, members)
    rows = db.reader.rows(viewer, _LISTED, (), as_of)
    return [_document(db, viewer, row, members) for row in rows if not mine or row["name"] in viewer.groups]


def group_record(
    db: Database, directory: Directory, viewer: Viewer, name: str, as_of: datetime | None = None
) -> dict[str, Any]:
    """One group. Raises `NotFound` if there is none that the viewer may know of."""
    return _document(db, viewer, visible_group(db, viewer, name, as_of), directory.members())


def group_history(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """All versions of a group's settings (known at a time), oldest first."""
    visible_group(db, viewer, name, as_of)
    rows = db.reader.rows(viewer, "SELECT * FROM @groups* WHERE name = ? ORDER BY version", [name], as_of)
    return [
        {**_settings(db, row), **json_value({k: row[k] for k in ("edited_by", "known_at", "known_until")})}
        for row in rows
    ]


def visible_group(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> dict[str, Any]:
    """The row of a group. Raises `NotFound` if there is none that the viewer may know of."""
    rows = [] if name.startswith(PERSONAL) else db.reader.rows(viewer, _GROUP, [name], as_of)
    if not rows:
        raise NotFound(f"there is no group {name!r} among those that you may see.", name)
    return rows[0]


def require_leader(db: Database, viewer: Viewer, name: str) -> dict[str, Any]:
    """The row of a group that the viewer administers.

    Raises
    ------
    NotFound
        If there is no such group among those that the viewer may know of.
    PermissionRefused
        If it is administered by others.
    """
    viewer.require("save")
    row = visible_group(db, viewer, name)
    if row["group_id"] not in db.access.administered(viewer):
        leaders = ", ".join(row["admins"] or []) or "administrators of the platform"
        raise PermissionRefused(f"{viewer.name} may not change the group {name}: {leaders} may.", name)
    return row


def change_group(db: Database, viewer: Viewer, name: str, changes: Mapping[str, Any]) -> None:
    """Correct ``nickname``, ``description``, ``private`` or ``savers`` of a group that the viewer administers."""
    given = _checked(changes)
    require_leader(db, viewer, name)
    _edit(db, viewer, name, lambda row: given)


def set_group_streams(db: Database, viewer: Viewer, name: str, streams: Sequence[str]) -> None:
    """Say which streams the members of a group are entitled to; for administrators of the platform."""
    viewer.require("administer")
    visible_group(db, viewer, name)
    unknown = sorted(set(streams) - db.access.streams.keys())
    if unknown:
        raise InvalidInput(f"there is no stream {unknown[0]!r}: {', '.join(sorted(db.access.streams))}.", "streams")
    numbers = sorted({db.access.streams[stream] for stream in streams})
    _edit(db, viewer, name, lambda row: {"stream_ids": numbers})


def add_group_admin(db: Database, directory: Directory, viewer: Viewer, name: str, user: str) -> None:
    """Let a member of a group look after it."""
    require_leader(db, viewer, name)
    if user not in directory.members().get(name, ()):
        raise NotFound(f"{user!r} is no member of the group {name}: add them as a member first.", user)
    _edit(db, viewer, name, lambda row: {"admins": sorted({*(row["admins"] or []), user})})


def remove_group_admin(db: Database, viewer: Viewer, name: str, user: str) -> None:
    """Take the care of a group from a member; somebody must be left, unless an administrator of the platform says so."""
    require_leader(db, viewer, name)

    def without(row: Mapping[str, Any]) -> dict[str, Any]:
        left = [admin for admin in row["admins"] or [] if admin != user]
        if len(left) == len(row["admins"] or []):
            raise NotFound(f"{user!r} does not administer the group {name}.", user)
        if not left and not viewer.administers:
            raise Conflict(f"{user} alone administers the group {name}: name another administrator first.", user)
        return {"admins": left}

    _edit(db, viewer, name, without)


def _edit(db: Database, viewer: Viewer, name: str, changed: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Store a new version of a group's row, unless nothing changes."""

    def write(transaction: Transaction) -> None:
        [before] = transaction.rows(_ROW, [name])
        row = {**before, **changed(before)}
        if row == before:
            return
        number, version = before["group_id"], before["version"] + 1
        row |= {"version": version, "edited_by": viewer.name}
        row["acl"] = transaction.acl(groups=[number]) if row["private"] else PUBLIC
        transaction.insert("groups", [row])
        transaction.supersede("groups", "group_id", {number: version})
        transaction.share("groups", "group_id", {number: row["acl"]})
        _announce(transaction, viewer, "edited", row)

    db.writer.write(write)
    db.reload_groups()


def _announce(transaction: Transaction, viewer: Viewer, action: str, row: Mapping[str, Any]) -> None:
    payload = {"user": viewer.name, "action": action, "group": row["name"]}
    transaction.announce("groups", payload, transaction.acl(groups=[row["group_id"]]))


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    for name, longest in _LONGEST.items():
        if len(given.get(name) or "") > longest:
            raise InvalidInput(f"the {name} has {len(given[name])} characters: {longest} are permitted.", name)
    savers = given.get("savers")
    return {**given, "savers": sorted(set(savers))} if savers is not None else dict(given)


def _settings(db: Database, row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = set(row["stream_ids"] or ())
    plain = {key: row[key] for key in ("name", "nickname", "description", "savers", "created_by", "version")}
    streams = sorted(name for name, number in db.access.streams.items() if number in numbers)
    return {**plain, "private": bool(row["private"]), "admins": row["admins"] or [], "streams": streams}


def _document(
    db: Database, viewer: Viewer, row: Mapping[str, Any], members: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """A group as it travels; who its members are is told to them and to administrators."""
    name = row["name"]
    inside = name in viewer.groups or viewer.administers
    return {
        **_settings(db, row),
        "known_at": json_value(row["known_at"]),
        "member": name in viewer.groups,
        "admin": row["group_id"] in db.access.administered(viewer),
        "present": name in members,
        "members": sorted(members.get(name, ())) if inside else None,
    }
