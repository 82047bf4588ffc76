"""Who is on a shift: members of its groups join, leave, ask for a replacement and take over, each as they like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from skyhub.db import Database, Viewer, naive_utc
from skyhub.errors import Conflict, NotFound, PermissionRefused
from skyhub.followup._shifts import SHIFTS, Member, Shift
from skyhub.records import amend, require_editor

__all__ = ["current_shifts", "join", "leave", "need_replacement", "replace"]

_SCOPE = "scan"


def join(db: Database, viewer: Viewer, shift_id: int) -> dict[str, Any]:
    """Go on a shift of one of one's groups.

    Returns
    -------
    dict
        The shift, and under ``overlaps`` the viewer's other shifts at the same time.

    Raises
    ------
    PermissionRefused
        If the viewer is in none of its groups.
    Conflict
        If it is over or has all its members.
    """

    def change(shift: Shift) -> Sequence[Member]:
        if _place(shift, viewer.name) is not None:
            return shift.members
        if shift.required_users is not None and len(shift.members) >= shift.required_users:
            asking = [member.user for member in shift.members if member.needs_replacement]
            hint = f"take the place of {' or '.join(asking)}" if asking else "ask a member whose place you may take"
            raise Conflict(f"the shift has its {shift.required_users} members: {hint}.", "members")
        return [*shift.members, Member(user=viewer.name)]

    return _with_overlaps(db, viewer, _change(db, viewer, shift_id, change))


def leave(db: Database, viewer: Viewer, shift_id: int, user: str | None = None) -> dict[str, Any]:
    """Go off a shift, or take somebody else off it if one may change the shift."""
    name = user or viewer.name

    def change(shift: Shift) -> Sequence[Member]:
        _require_member(shift, name)
        return [member for member in shift.members if member.user != name]

    return _change(db, viewer, shift_id, change, for_others=name != viewer.name)


def need_replacement(db: Database, viewer: Viewer, shift_id: int, needed: bool = True) -> dict[str, Any]:
    """Say that anybody of the groups may take one's place, or that it is no longer needed."""

    def change(shift: Shift) -> Sequence[Member]:
        at = _require_member(shift, viewer.name)
        return [*shift.members[:at], Member(user=viewer.name, needs_replacement=needed), *shift.members[at + 1 :]]

    return _change(db, viewer, shift_id, change)


def replace(db: Database, viewer: Viewer, shift_id: int, user: str) -> dict[str, Any]:
    """Take the place of a member who asks for it; like `join` it tells of overlaps.

    Raises
    ------
    Conflict
        If that member does not ask for it, or the viewer is on the shift already.
    """

    def change(shift: Shift) -> Sequence[Member]:
        at = _require_member(shift, user)
        if not shift.members[at].needs_replacement:
            raise Conflict(f"{user} does not ask for a replacement: only who does can be replaced.", "user")
        if _place(shift, viewer.name) is not None:
            raise Conflict(f"{viewer.name} is on this shift already.", "user")
        return [*shift.members[:at], Member(user=viewer.name), *shift.members[at + 1 :]]

    return _with_overlaps(db, viewer, _change(db, viewer, shift_id, change))


def current_shifts(
    db: Database, viewer: Viewer, at: datetime | None = None, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The viewer's shifts that are under way at a time (now), those that end first first."""
    moment = naive_utc(at or as_of or datetime.now(UTC))
    rows = db.reader.rows(
        viewer,
        "SELECT * FROM @shifts WHERE start_date <= ? AND end_date > ? ORDER BY end_date, shift_id",
        [moment] * 2,
        as_of,
    )
    return [SHIFTS.document(db, viewer, row) for row in rows if _place(SHIFTS.record(row), viewer.name) is not None]


def _change(
    db: Database,
    viewer: Viewer,
    shift_id: int,
    change: Callable[[Shift], Sequence[Member]],
    for_others: bool = False,
) -> dict[str, Any]:
    viewer.require(_SCOPE)

    def amended(shift: Shift, row: Mapping[str, Any]) -> dict[str, Any]:
        _require_group(db, viewer, row, shift_id)
        if for_others and viewer.name not in shift.admins:
            require_editor(db, viewer, row, f"shift {shift_id}")
        if shift.end_date <= datetime.now(UTC):
            raise Conflict(f"shift {shift_id} ended at {shift.end_date}: what was stays.", f"shifts/{shift_id}")
        members = list(change(shift))
        return {} if members == shift.members else {"members": members}

    return amend(db, viewer, SHIFTS, shift_id, amended)


def _require_group(db: Database, viewer: Viewer, row: Mapping[str, Any], shift_id: int) -> None:
    groups, _ = db.access.members(row["acl"])
    if not (groups & db.access.group_ids(viewer) or row["author"] == viewer.name):
        raise PermissionRefused(f"shift {shift_id} is for members of its groups alone.", f"shifts/{shift_id}")


def _place(shift: Shift, user: str) -> int | None:
    return next((at for at, member in enumerate(shift.members) if member.user == user), None)


def _require_member(shift: Shift, user: str) -> int:
    at = _place(shift, user)
    if at is None:
        on_it = ", ".join(member.user for member in shift.members) or "nobody"
        raise NotFound(f"{user} is not on this shift: {on_it} is.", "user")
    return at


def _with_overlaps(db: Database, viewer: Viewer, document: dict[str, Any]) -> dict[str, Any]:
    start, end = (datetime.fromisoformat(document[name]).replace(tzinfo=None) for name in ("start_date", "end_date"))
    rows = db.reader.rows(
        viewer,
        "SELECT * FROM @shifts WHERE start_date < ? AND end_date > ? AND shift_id != ? ORDER BY start_date, shift_id",
        [end, start, int(document["shift_id"])],
    )
    mine = [SHIFTS.document(db, viewer, row) for row in rows if _place(SHIFTS.record(row), viewer.name) is not None]
    shown = ("shift_id", "name", "start_date", "end_date")
    return {**document, "overlaps": [{name: other[name] for name in shown} for other in mine]}
