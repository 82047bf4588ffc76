"""Who may write filters, and who may take them live and off."""

from __future__ import annotations

from skyhub.db import Database, Viewer
from skyhub.errors import PermissionRefused

__all__ = ["audience_of", "group_to_write_for", "leads", "require_writer"]


def group_to_write_for(db: Database, viewer: Viewer, group: str | None) -> int | None:
    """The number of a group that the viewer may write filters of; None stands for everybody's.

    Raises
    ------
    PermissionRefused
        If the viewer may not save for the group; everybody's filters are the platform's administrators'.
    """
    viewer.require("save")
    number = None if group is None else db.access.groups.get(group, -1)
    _require(db, viewer, number, group or "everybody")
    return number


def require_writer(db: Database, viewer: Viewer, group_id: int | None) -> None:
    """Raise `PermissionRefused` unless the viewer may write filters of a group that they know."""
    viewer.require("save")
    _require(db, viewer, group_id, db.access.names_of_groups().get(group_id or 0, "everybody"))


def leads(db: Database, viewer: Viewer, group_id: int | None) -> bool:
    """Whether the viewer administers a group, or for filters of everybody the platform."""
    return viewer.administers if group_id is None else group_id in db.access.administered(viewer)


def audience_of(db: Database, viewer: Viewer, group_id: int | None) -> Viewer:
    """One who sees what all members of a group may see, or everybody: what is told to them may be based on that."""
    group = db.access.group_names([] if group_id is None else [group_id])
    return Viewer(viewer.name, frozenset(group), personal=False)


def _require(db: Database, viewer: Viewer, group_id: int | None, name: str) -> None:
    if group_id is None and not viewer.administers:
        raise PermissionRefused(
            f"{viewer.name} may not write filters of everybody: administrators of the platform may. Name a group.",
            "group",
        )
    permitted = db.access.savable(viewer)
    if group_id is not None and group_id not in permitted:
        shown = ", ".join(db.access.group_names(permitted)) or "none"
        raise PermissionRefused(f"{viewer.name} may not write filters of {name}: {shown} are permitted.", "group")
