"""Who sees uploaded points, and that they are no longer held to be so: by upload, by object, or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db import Database, Transaction, Viewer, already, settled
from skyhub.errors import InvalidInput
from skyhub.photometry._editing import Choice, Sharing, chosen_points, editable, objects_of
from skyhub.photometry._identity import KEY
from skyhub.photometry._restated import COUNTED, restate, with_acls
from skyhub.photometry._statistics import add_up_again, read_standing, require_same_points
from skyhub.records import EVERYBODY, chosen_groups

__all__ = ["announce_points", "earlier_reductions", "remove_photometry", "share_photometry"]

HELD = tuple(dict.fromkeys((*COUNTED, *KEY, "repeat", "version", "owner", "upload_id")))
"""Columns of all points of the objects that are to change."""

_ANNOUNCED_ONE_BY_ONE = 20
_Members = tuple[frozenset[int], frozenset[int]]
T = TypeVar("T")


class _Found(NamedTuple):
    """What is known at a commit: all points of some objects, and those of them that are meant."""

    commit: int
    points: pa.Table
    meant: pa.Table


def share_photometry(db: Database, viewer: Viewer, sharing: Sharing) -> dict[str, Any]:
    """Say which groups see points from now on, together with their earlier reductions.

    Streams that one must be entitled to stay as they are.

    Parameters
    ----------
    db, viewer
        The database, and who shares: whoever uploaded the points, an administrator of one of their groups, or of the
        platform.
    sharing
        Which points, and which groups: the viewer's own, and those that see the points already.

    Returns
    -------
    dict
        ``shared`` (points that other groups see than before), ``unchanged``, ``object_ids``.

    Raises
    ------
    InvalidInput
        If no group is named.
    NotFound
        If there are no such points among those that the viewer may see.
    PermissionRefused
        If the viewer may not change them, or not share with one of the groups.
    """
    viewer.require("upload")
    if not sharing.groups:
        raise InvalidInput("no group was given: name those that shall see the points.", "groups")

    def attempt() -> Future[dict[str, Any]]:
        found = _find(db, viewer, sharing)
        members = {acl: _members_after(db, viewer, acl, sharing) for acl in pc.unique(found.meant["acl"]).to_pylist()}
        changed = found.meant.filter(_differs(db, found.meant, members))
        told = {
            "shared": len(changed),
            "unchanged": len(found.meant) - len(changed),
            "object_ids": _objects(found.meant),
        }
        if not len(changed):
            return already(told)
        acl_of = dict(zip(changed["photometry_id"].to_pylist(), changed["acl"].to_pylist(), strict=True))
        earlier = earlier_reductions(db, viewer, found.points, changed)

        def write(transaction: Transaction) -> dict[str, Any]:
            require_same_points(transaction, _objects(changed), found.commit)
            new = {old: transaction.acl(*map(sorted, members[old])) for old in set(acl_of.values())}
            acls = {number: new[old] for number, old in acl_of.items()}
            acls |= {number: acls[later] for number, later in earlier.items()}
            announce_points(transaction, viewer.name, "shared", with_acls(changed, acls))
            db.photometry.share(transaction, acls)
            theirs = found.points.filter(pc.is_in(found.points["object_id"], pc.unique(changed["object_id"])))
            restate(transaction, with_acls(theirs, acls))
            return told

        return db.writer.submit(write)

    return settled(attempt)


def remove_photometry(db: Database, viewer: Viewer, choice: Choice) -> dict[str, Any]:
    """End points: they were known until now; ``as_of`` and all versions of a light curve still tell of them.

    Returns
    -------
    dict
        ``removed`` (a number of points), ``object_ids``.

    Raises
    ------
    NotFound
        If there are no such points among those that the viewer may see.
    PermissionRefused
        If the viewer may not change them.
    """
    viewer.require("upload")

    def attempt() -> Future[dict[str, Any]]:
        found = _find(db, viewer, choice)
        objects, numbers = _objects(found.meant), found.meant["photometry_id"].to_pylist()
        standing = read_standing(db, objects)

        def write(transaction: Transaction) -> dict[str, Any]:
            require_same_points(transaction, objects, found.commit)
            db.photometry.supersede(transaction, numbers)
            add_up_again(transaction, standing, numbers, standing.points.slice(0, 0))
            announce_points(transaction, viewer.name, "removed", found.meant)
            return {"removed": len(numbers), "object_ids": objects}

        return db.writer.submit(write)

    return settled(attempt)


def earlier_reductions(db: Database, viewer: Viewer, points: pa.Table, later: pa.Table) -> dict[int, int]:
    """Numbers of superseded points, and of those of some later ones that superseded them, one way or another.

    Parameters
    ----------
    db, viewer
        The database, and who may change the later ones.
    points, later
        Columns `HELD`: all points of the objects, and those in force.
    """
    before = points.filter(pc.is_valid(points["known_until"]))
    before = before.filter(pa.array(editable(db, viewer, before)))
    names = (*KEY, "repeat", "version")
    ended = {(*(row[name] for name in names), row["known_until"]): row for row in before.to_pylist()}
    found: dict[int, int] = {}
    for row in later.to_pylist() if ended else ():
        number = row["photometry_id"]
        while row := ended.get((*(row[name] for name in names[:-1]), row["version"] - 1, row["known_at"])):
            found[row["photometry_id"]] = number
    return found


def announce_points(transaction: Transaction, user: str, action: str, points: pa.Table) -> None:
    """Tell those who may see points (columns ``object_id, acl``) that something was done with them."""
    for acl in pc.unique(points["acl"]).to_pylist():
        names = points["object_id"].filter(pc.equal(points["acl"], acl))
        objects = pc.unique(names).to_pylist()
        said = {"user": user, "action": action}
        if len(objects) > _ANNOUNCED_ONE_BY_ONE:
            transaction.announce("photometry", {**said, "objects": len(objects), "count": len(names)}, acl)
            continue
        for name in objects:
            transaction.announce("photometry", {**said, "object_id": name}, acl)


def _find(db: Database, viewer: Viewer, choice: Choice) -> _Found:
    commit = db.writer.commits
    points = db.photometry.points(objects_of(db, viewer, choice), HELD).select(HELD)
    return _Found(commit, points, chosen_points(db, viewer, choice, points))


def _members_after(db: Database, viewer: Viewer, acl: int, sharing: Sharing) -> _Members:
    """The groups and streams that points shall have whose acl is known."""
    before, streams = db.access.members(acl)
    named = set(sharing.groups)
    known = named.intersection(db.access.names_known_to(viewer, before))
    added = chosen_groups(db, viewer, sorted(named - known)) if named - known else []
    if EVERYBODY in named or (sharing.keep and not before):
        return frozenset(), streams
    groups = {db.access.groups[name] for name in known}.union(added, before if sharing.keep else ())
    return frozenset(groups), streams


def _differs(db: Database, points: pa.Table, members: Mapping[int, _Members]) -> pa.Array:
    differ = [acl for acl, after in members.items() if db.access.members(acl) != after]
    return pc.is_in(points["acl"], pa.array(differ, pa.int32()))


def _objects(points: pa.Table) -> list[str]:
    names: list[str] = pc.unique(points["object_id"]).to_pylist()
    return names
