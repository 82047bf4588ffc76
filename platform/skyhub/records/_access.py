"""Who may see and change a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.team import personal_group

__all__ = ["EVERYBODY", "chosen_groups", "knows_objects", "require_editor", "require_objects", "streams_of"]

EVERYBODY = "public"
"""What stands for everybody in a list of groups."""

_LARGEST_CACHE = 100_000


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


def _seen(db: Database) -> dict[str, set[int]]:
    """The acls under which objects are known, to begin with; objects never go away, so what is found stays true."""
    return {}


def require_objects(db: Database, viewer: Viewer, object_ids: set[str]) -> None:
    """Raise `NotFound` if one of the objects is not among those that the viewer may see."""
    for object_id in sorted(object_ids):
        if not _sees(db, viewer, object_id):
            raise NotFound(f"there is no object {object_id!r} among those that you may see.", object_id)


def knows_objects(db: Database, viewer: Viewer, object_ids: set[str]) -> bool:
    """Whether it is known already, without looking, that the viewer may see all of these objects."""
    known, mask = db.part(_seen), db.access.visible(viewer)
    return all(any(mask[acl] for acl in known.get(object_id, ())) for object_id in object_ids)


def streams_of(db: Database, viewer: Viewer, object_id: str | None) -> list[int]:
    """The streams through which a viewer sees an object: what is said of it is for those entitled to them as well."""
    if object_id is None:
        return []
    mask = db.access.visible(viewer)
    seen = [sorted(db.access.members(acl)[1]) for acl in db.part(_seen).get(object_id, ()) if mask[acl]]
    return min(seen, key=lambda streams: (len(streams), streams), default=[])


def _sees(db: Database, viewer: Viewer, object_id: str) -> bool:
    if knows_objects(db, viewer, {object_id}):
        return True
    known = db.part(_seen)
    rows = db.reader.rows(viewer, "SELECT DISTINCT acl FROM @objects WHERE object_id = ?", [object_id])
    if len(known) >= _LARGEST_CACHE:
        known.clear()
    known.setdefault(object_id, set()).update(row["acl"] for row in rows)
    return bool(rows)
