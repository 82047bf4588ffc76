"""Who sees what is written: by default the groups, and always the streams, of what it is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from skyhub.db import PERSONAL, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.records._about import subject_rows
from skyhub.records._access import chosen_groups, seen_through, sees_object, through
from skyhub.records._kind import Kind
from skyhub.records._record import Record
from skyhub.team import personal_group

__all__ = ["Audience", "audiences", "bounds_of", "groups_about", "moved", "require_within"]

R = TypeVar("R", bound=Record)

_SIDES = ("object_id", "other_id")
"""Fields that name objects."""


class Audience(NamedTuple):
    """Numbers of the groups (none: everybody) and of the streams of what is to be written."""

    groups: frozenset[int]
    streams: frozenset[int]


class Bounds(NamedTuple):
    """Through which groups (none: as everybody) and with which streams a viewer sees what a record is about."""

    groups: list[frozenset[int]]
    """Of the record that it is about, or of each object."""
    streams: frozenset[int]


def audiences(
    db: Database,
    viewer: Viewer,
    kind: Kind[R],
    records: Sequence[R],
    names: Sequence[str] | None,
    made_from: Collection[int] = (),
) -> list[Audience]:
    """Who shall see each of some new records.

    Parameters
    ----------
    db, viewer, kind, records
        The database, who writes, and what.
    names
        The groups that were named. By default they are the author's; of what is about a record or an object that not
        everybody sees, those of the author's groups that see it.
    made_from
        The acls of rows that all of them were computed from, which bound them as well.

    Raises
    ------
    PermissionRefused, InvalidInput
        If the viewer may not share with a group that was named, or records of this kind are not shared.
    NotFound
        If one is about a record that the viewer may not see.
    """
    fixed = _fixed_groups(db, viewer, kind, names)
    others = [db.access.members(acl) for acl in made_from]
    found = []
    for own in bounds_of(db, viewer, kind, records):
        bounds = Bounds(
            [*own.groups, *(seen for seen, _ in others)], own.streams.union(*(needed for _, needed in others))
        )
        groups = frozenset(_within(db, viewer, bounds.groups) if fixed is None else fixed)
        if kind.made_from or made_from:
            require_within(db, viewer, bounds, groups)
        found.append(Audience(groups, bounds.streams))
    return found


def require_within(db: Database, viewer: Viewer, bounds: Bounds, groups: frozenset[int]) -> None:
    """Raise `PermissionRefused` if groups (none: everybody) may not see all that a record was computed from."""
    closed = [bound for bound in bounds.groups if bound]
    if not closed or groups == {personal_group(db, viewer)}:
        return
    shared = frozenset.intersection(*closed)
    if not groups or not groups <= shared:
        permitted = ", ".join(db.access.names_known_to(viewer, shared)) or "you alone"
        raise PermissionRefused(
            f"not everybody whom you named may see what this was computed from: {permitted} may.", "groups"
        )


def bounds_of(db: Database, viewer: Viewer, kind: Kind[R], records: Sequence[R]) -> list[Bounds]:
    """The bounds of each of some records. Raises `NotFound` if one is about what the viewer may not see.

    Of a record on an object that the viewer does not see (a public point among hidden ones), its own rights are all there is.
    """
    subjects = [kind.about(record) if kind.about else None for record in records]
    rows = subject_rows(db, viewer, {subject for subject in subjects if subject})
    found = []
    for record, subject in zip(records, subjects, strict=True):
        known = [name for name in _sides(record) if subject is None or sees_object(db, viewer, name)]
        seen = [seen_through(db, viewer, object_id) for object_id in known]
        groups, streams = [own for own, _ in seen], [needed for _, needed in seen]
        if subject:
            own, needed = db.access.members(rows[subject]["acl"])
            groups, streams = [own], [*streams, needed]
        for acl in kind.made_from(db, viewer, record) if kind.made_from else ():
            own, needed = db.access.members(acl)
            groups, streams = [*groups, own], [*streams, needed]
        found.append(Bounds(groups, frozenset[int]().union(*streams)))
    return found


def groups_about(db: Database, viewer: Viewer, object_ids: Collection[str]) -> dict[str, list[int]]:
    """The groups that by default see what a viewer says of objects, of those that the viewer may see, by object."""
    sql = (
        "SELECT object_id, list(DISTINCT acl) AS acls FROM @objects WHERE object_id IN (SELECT unnest(?)) GROUP BY ALL"
    )
    acls = {row["object_id"]: frozenset(row["acls"]) for row in db.reader.rows(viewer, sql, [list(object_ids)])}
    groups = {some: _within(db, viewer, [through(db, some)[0]]) for some in set(acls.values())}
    return {object_id: groups[some] for object_id, some in acls.items()}


def moved(kind: Kind[R], before: Mapping[str, Any], record: R) -> bool:
    """Whether a new version of a record is about something else than the row before it."""
    if kind.made_from is not None:
        return True
    if any(before[name] != getattr(record, name) for name in _SIDES if name in kind.columns):
        return True
    return kind.about is not None and kind.about(kind.record(before)) != kind.about(record)


def _sides(record: Record) -> list[str]:
    """The objects that a record is about."""
    given = (getattr(record, name, None) for name in _SIDES)
    return [object_id for object_id in given if object_id is not None]


def _fixed_groups(db: Database, viewer: Viewer, kind: Kind[R], names: Sequence[str] | None) -> list[int] | None:
    """The groups of all records of a kind; None if they depend on what each is about."""
    if kind.sharing in ("groups", "own") and names is not None:
        return chosen_groups(db, viewer, names)
    if names is not None:
        raise InvalidInput(f"{kind.table} are {kind.sharing}: leave the groups out.", "groups")
    if kind.sharing == "groups":
        return None
    return [] if kind.sharing == "public" else [personal_group(db, viewer)]


def _within(db: Database, viewer: Viewer, bounds: Sequence[frozenset[int]]) -> list[int]:
    """Those of a viewer's groups that lie within bounds, of which an empty one is none; else the viewer alone."""
    closed = [bound for bound in bounds if bound]
    if not closed:
        return chosen_groups(db, viewer, None)
    shared = frozenset.intersection(*closed)
    if viewer.administers and shared:
        return sorted(shared)
    mine = db.access.group_ids(viewer) | {db.access.groups.get(f"{PERSONAL}{viewer.name}", -1)}
    return sorted(shared & mine) or [personal_group(db, viewer)]
