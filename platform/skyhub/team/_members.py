"""Adding and removing members of a group, which the directory (the hub) does and keeps."""

from __future__ import annotations

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.team._folders import follow_membership
from skyhub.team._groups import remove_group_admin, require_leader, visible_group
from skyhub.web import Directory

__all__ = ["add_member", "remove_member"]


def add_member(db: Database, directory: Directory, viewer: Viewer, group: str, user: str) -> None:
    """Put a user into a group that the viewer administers.

    Raises
    ------
    NotFound
        If there is no such user, or no such group among those that the viewer may know of.
    PermissionRefused
        If the group is administered by others.
    """
    row = require_leader(db, viewer, group)
    if user not in directory.users():
        raise NotFound(f"there is no user {user!r}: they must have logged in once.", user)
    if group not in directory.members():
        directory.create(group)
    directory.add(group, user)
    _announce(db, viewer, "member added", row["group_id"], group, user)
    follow_membership(db.data_dir, user, directory.groups_of(user))


def remove_member(db: Database, directory: Directory, viewer: Viewer, group: str, user: str) -> None:
    """Take a user out of a group that the viewer administers; everybody may leave a group themself."""
    viewer.require("save")
    leaving = user == viewer.name and group in viewer.groups
    row = visible_group(db, viewer, group) if leaving else require_leader(db, viewer, group)
    if user not in directory.members().get(group, ()):
        raise NotFound(f"{user!r} is no member of the group {group}.", user)
    if user in db.access.group_admins.get(row["group_id"], ()):
        remove_group_admin(db, viewer, group, user)
    directory.remove(group, user)
    _announce(db, viewer, "member removed", row["group_id"], group, user)
    follow_membership(db.data_dir, user, directory.groups_of(user))


def _announce(db: Database, viewer: Viewer, action: str, number: int, group: str, user: str) -> None:
    payload = {"user": viewer.name, "action": action, "group": group, "member": user}
    db.writer.write(lambda t: t.announce("groups", payload, t.acl(groups=[number])))
