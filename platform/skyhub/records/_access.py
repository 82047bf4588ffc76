"""Who may see and change a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Memory, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.team import personal_group

__all__ = [
    "EVERYBODY",
    "chosen_groups",
    "knows_objects",
    "require_editor",
    "require_objects",
    "seen_through",
    "sees_object",
    "through",
]

EVERYBODY = "public"
"""What stands for everybody in a list of groups."""


def chosen_groups(db: Database, viewer: Viewer, names: Sequence[str] | None) -> list[int]:
    """Numbers of the groups that shall see what a viewer writes; none stands for everybody.

    Parameters
    ----------
    db, viewer
        The database, and who writes.
    names
        Some of the viewer's groups, or ``public``; by default all of the viewer's groups, or only the viewer if in none.

    Raises
    ------
    PermissionRefused
        If the viewer is not in one of them.
    InvalidInput
        If the list is empty.
    """
    mine = db.access.group_ids(viewer)
    if names is None:
        return sorted(mine) or [personal_group(db, viewer)]
    if not names:
        raise InvalidInput("no group was given: name those that shall see it, or leave groups out for yours.", "groups")
    if list(names) == [EVERYBODY]:
        viewer.require("administer")
        return []
    chosen = {db.access.groups.get(name, -1) for name in names}
    if not chosen <= mine:
        permitted = ", ".join(db.access.group_names(mine)) or "none"
        raise PermissionRefused(
            f"{viewer.name} may not share with {', '.join(names)}: {permitted} are permitted.", "groups"
        )
    return sorted(chosen)


def require_editor(db: Database, viewer: Viewer, row: Mapping[str, Any], what: str) -> None:
    """Raise `PermissionRefused` unless the viewer wrote a row, administers one of its groups, or the platform."""
    groups, _ = db.access.members(row["acl"])
    leads = groups & db.access.administered(viewer)
    if not (row["author"] == viewer.name or leads or viewer.administers):
        raise PermissionRefused(
            f"{viewer.name} may not change {what}: its author ({row['author']}) and administrators of its groups may.",
            what,
        )


def require_objects(db: Database, viewer: Viewer, object_ids: set[str]) -> None:
    """Raise `NotFound` if one of the objects is not among those that the viewer may see."""
    for object_id in sorted(object_ids):
        if not sees_object(db, viewer, object_id):
            raise NotFound(f"there is no object {object_id!r} among those that you may see.", object_id)


def sees_object(db: Database, viewer: Viewer, object_id: str) -> bool:
    """Whether a viewer may see an object."""
    return _in_sight(db, viewer, db.part(_Objects).acls.get(object_id).value)


def knows_objects(db: Database, viewer: Viewer, object_ids: set[str]) -> bool:
    """Whether it is known already, without looking, that the viewer may see all of these objects."""
    seen = db.part(_Objects).acls
    return all(_in_sight(db, viewer, seen.peek(object_id) or ()) for object_id in object_ids)


def seen_through(db: Database, viewer: Viewer, object_id: str) -> tuple[frozenset[int], frozenset[int]]:
    """The groups (none: everybody) and the streams through which a viewer sees an object.

    An object may be known under several acls: the fewest streams count, and the groups that see it with no others. Who is
    in one of these groups and entitled to these streams sees the object.

    Raises
    ------
    NotFound
        If the viewer may not see it.
    """
    require_objects(db, viewer, {object_id})
    acls = db.part(_Objects).acls.get(object_id).value
    mask = db.access.visible(viewer)
    return through(db, [acl for acl in acls if mask[acl]])


def through(db: Database, acls: Iterable[int]) -> tuple[frozenset[int], frozenset[int]]:
    """The groups (none: everybody) and the streams through which an object is seen, of some acls that are visible."""
    seen = [db.access.members(acl) for acl in acls]
    streams = min((own for _, own in seen), key=lambda own: (len(own), sorted(own)))
    groups = [own for own, needed in seen if needed == streams]
    return frozenset().union(*groups) if all(groups) else frozenset(), streams


class _Objects:
    """The acls under which objects are known, in memory.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        def load(object_id: str) -> tuple[int, ...]:
            sql = "SELECT DISTINCT acl FROM @objects WHERE object_id = ?"
            return tuple(row["acl"] for row in db.reader.rows(ADMINISTRATOR, sql, [object_id]))

        self.acls: Memory[str, tuple[int, ...]] = Memory(db.writer, "objects", load)


def _in_sight(db: Database, viewer: Viewer, acls: Iterable[int]) -> bool:
    mask = db.access.visible(viewer)
    return any(mask[acl] for acl in acls)
