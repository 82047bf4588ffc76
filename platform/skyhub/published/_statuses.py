"""What people say of circulars that were published: about an event or not, or taken back; each change a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import Conflict, NotFound
from skyhub.events import event_row
from skyhub.records import Kind, Record, Subject, add, amend, check

__all__ = [
    "CIRCULAR_STATUSES",
    "STATUSES",
    "CircularStatus",
    "chosen_numbers",
    "events_said",
    "mark_circular",
    "statuses_of",
]

Status = Literal["related", "unrelated", "retracted"]
STATUSES: tuple[str, ...] = (*get_args(Status), "unsaid")
"""What can be asked for; ``unsaid`` is what nobody has said anything of."""

_TRIES = 5
_KNOWN = "SELECT number FROM @published_circulars WHERE list_contains(?, number)"
_SAID = """
    SELECT * FROM @circular_statuses WHERE (? IS NULL OR number = ?)
    QUALIFY row_number() OVER (PARTITION BY number, event_id ORDER BY known_at DESC, circular_status_id DESC) = 1
"""


class CircularStatus(Record):
    """What a person says of a published circular."""

    number: int = Field(ge=0, le=2**31 - 1, description="Number of the circular at GCN")
    event_id: int | None = Field(None, ge=1, description="Number of the event; none if the circular was retracted")
    status: Status = Field(description="Whether it is about the event, or was retracted by its authors")
    reason: str | None = Field(None, max_length=1000, description="Why")

    @model_validator(mode="after")
    def _of_an_event(self) -> CircularStatus:
        if (self.status == "retracted") != (self.event_id is None):
            raise ValueError(
                f"status {self.status!r} {'of an event' if self.event_id else 'without an event'}: related and unrelated are "
                "said of a circular and an event, retracted of a circular alone"
            )
        return self


def _prepared(db: Database, viewer: Viewer, said: Sequence[CircularStatus]) -> Sequence[CircularStatus]:
    """Statuses of circulars that are here."""
    numbers = {one.number for one in said}
    here = {row["number"] for row in db.reader.rows(viewer, _KNOWN, [sorted(numbers)])}
    if absent := sorted(numbers - here):
        raise NotFound(f"circular {absent[0]} is not here: bring it in by 'skyhub ingest circulars'.", "number")
    return said


CIRCULAR_STATUSES = Kind(
    "circular_statuses",
    "circular_status",
    CircularStatus,
    key=("number", "event_id"),
    announced=("number", "event_id", "status"),
    about=lambda said: None if said.event_id is None else Subject("events", said.event_id),
    prepare=_prepared,
)


def mark_circular(
    db: Database, viewer: Viewer, number: int, status: str, event: str | None = None, reason: str | None = None
) -> dict[str, Any]:
    """Say what a published circular is to an event, or that it was retracted; what was said before stays in the history.

    Parameters
    ----------
    db, viewer
        The database, and who says it.
    number
        The circular.
    status
        ``related``, ``unrelated`` (of an event) or ``retracted`` (of none).
    event
        The event, by its time or a name.
    reason
        Why.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If the viewer may not see the event or not write, the circular is not here, or the status does not fit.
    Conflict
        If others say something of it at the same moment, again and again.
    """
    viewer.require(CIRCULAR_STATUSES.scope)
    event_id = None if event is None else int(event_row(db, viewer, event)["event_id"])
    said = {"status": status, "reason": reason}
    record = check(CircularStatus, {"number": number, "event_id": event_id, **said})
    for _ in range(_TRIES):
        known = next((row for row in _rows(db, viewer, number) if row["event_id"] == event_id), None)
        if known:
            return amend(
                db, viewer, CIRCULAR_STATUSES, known["circular_status_id"], lambda before, _: _new(before, said)
            )
        with suppress(Conflict):  # a colleague was faster: theirs is changed
            document: dict[str, Any] = add(db, viewer, CIRCULAR_STATUSES, [record])["records"][0]
            return document
    raise Conflict(
        f"what circular {number} is was said by others at the same moment, {_TRIES} times: say it again.", "number"
    )


def statuses_of(
    db: Database, viewer: Viewer, event_id: int | None, as_of: datetime | None = None, number: int | None = None
) -> dict[int, dict[str, Any]]:
    """What is said of circulars (of one, or all) to an event, by number: that one was retracted goes before all else."""
    rows = [row for row in _rows(db, viewer, number, as_of) if row["event_id"] in (None, event_id)]
    return {row["number"]: row for row in sorted(rows, key=lambda row: row["event_id"] is None)}


def events_said(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> list[int]:
    """The events of which it is said that the circular is about them."""
    return sorted(row["event_id"] for row in _rows(db, viewer, number, as_of) if row["status"] == "related")


def chosen_numbers(numbers: Iterable[int], said: Mapping[int, Mapping[str, Any]], statuses: Sequence[str]) -> list[int]:
    """Those of the numbers whose status is one of these; all of them if none is named."""
    return [n for n in numbers if not statuses or said.get(n, {}).get("status", "unsaid") in statuses]


def _rows(db: Database, viewer: Viewer, number: int | None, as_of: datetime | None = None) -> list[dict[str, Any]]:
    return db.reader.rows(viewer, _SAID, [number, number], as_of)


def _new(before: CircularStatus, said: dict[str, Any]) -> dict[str, Any]:
    return {} if all(getattr(before, name) == value for name, value in said.items()) else said
