"""What people say of an object as the counterpart of an event: a status with its reason, each change a new version."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import Conflict
from skyhub.events import event_row
from skyhub.records import Kind, Record, Subject, add, amend, check

__all__ = ["COUNTERPARTS", "STATUSES", "Counterpart", "counterpart_statuses", "set_status"]

Status = Literal["pending", "confirmed", "ambiguous", "rejected"]
STATUSES: tuple[str, ...] = get_args(Status)

_TRIES = 5
_NEWEST = """
    SELECT * FROM @counterparts WHERE event_id = ?
    QUALIFY row_number() OVER (PARTITION BY object_id ORDER BY known_at DESC, counterpart_id DESC) = 1
"""


class Counterpart(Record):
    """An object as the possible counterpart of an event."""

    event_id: int = Field(ge=1, description="Number of the event")
    object_id: str = Field(min_length=1, max_length=100, description="The object")
    status: Status = Field(description="What it is held for")
    reason: str | None = Field(None, max_length=200, description="Why, in a few words")
    notes: str | None = Field(None, max_length=4000, description="More about it")
    circular: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Number of the GCN circular from which it is known"
    )


COUNTERPARTS = Kind(
    "counterparts",
    "counterpart",
    Counterpart,
    key=("event_id", "object_id"),
    announced=("event_id", "status"),
    about=lambda counterpart: Subject("events", counterpart.event_id),
)


def set_status(
    db: Database,
    viewer: Viewer,
    event: str,
    object_id: str,
    status: str,
    reason: str | None = None,
    notes: str | None = None,
    circular: int | None = None,
) -> dict[str, Any]:
    """Say what an object is held for in an event; what was said before, by whoever, stays in its history.

    Parameters
    ----------
    db, viewer
        The database, and who says it.
    event, object_id
        The event, by its time or a name, and the object.
    status
        ``pending``, ``confirmed``, ``ambiguous`` or ``rejected``.
    reason, notes
        Why, in a few words and in more.
    circular
        Number of the GCN circular from which it is known.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If the viewer may not see one of them or not write, or the status is none of these.
    Conflict
        If others say something of the object at the same moment, again and again.
    """
    viewer.require(COUNTERPARTS.scope)
    number = event_row(db, viewer, event)["event_id"]
    said = {"status": status, "reason": reason, "notes": notes, "circular": circular}
    record = check(Counterpart, {"event_id": number, "object_id": object_id, **said})
    for _ in range(_TRIES):
        if known := counterpart_statuses(db, viewer, number).get(object_id):
            return amend(db, viewer, COUNTERPARTS, known["counterpart_id"], lambda before, _: _changes(before, said))
        with suppress(Conflict):  # a colleague was faster: theirs is changed
            document: dict[str, Any] = add(db, viewer, COUNTERPARTS, [record])["records"][0]
            return document
    raise Conflict(
        f"what {object_id} is held for in {event} was said by others at the same moment, {_TRIES} times: say it again.",
        "object_id",
    )


def counterpart_statuses(
    db: Database, viewer: Viewer, event_id: int, as_of: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """The statuses of an event that the viewer may see, the newest of each object, by object."""
    return {row["object_id"]: row for row in db.reader.rows(viewer, _NEWEST, [event_id], as_of)}


def _changes(before: Counterpart, said: dict[str, Any]) -> dict[str, Any]:
    return {} if all(getattr(before, name) == value for name, value in said.items()) else said
