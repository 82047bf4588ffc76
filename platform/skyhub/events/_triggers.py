"""What was decided about an event with the time of an allocation: that its telescope is triggered, or that it is passed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.followup import ALLOCATIONS, require_member
from skyhub.records import Kind, Record, Subject, current_row

__all__ = ["EVENT_TRIGGERS"]


class EventTrigger(Record):
    """The decision of those who may use an allocation about an event."""

    event_id: int = Field(ge=1, description="Number of the event")
    allocation_id: int = Field(ge=1, description="On whose time")
    decision: Literal["triggered", "passed"] = Field(description="Whether the telescope was triggered, or passed on it")
    reason: str | None = Field(None, max_length=1000, description="Why")


def _prepared(db: Database, viewer: Viewer, triggers: Sequence[EventTrigger]) -> Sequence[EventTrigger]:
    """Decisions of people who may use the allocation."""
    for trigger in triggers:
        require_member(db, viewer, current_row(db, viewer, ALLOCATIONS, trigger.allocation_id))
    return triggers


def _made_from(db: Database, viewer: Viewer, trigger: EventTrigger) -> set[int]:
    """The access set of the allocation."""
    return {current_row(db, viewer, ALLOCATIONS, trigger.allocation_id)["acl"]}


EVENT_TRIGGERS = Kind(
    "event_triggers",
    "event_trigger",
    EventTrigger,
    scope="trigger",
    key=("event_id", "allocation_id"),
    announced=("event_id", "allocation_id", "decision"),
    about=lambda trigger: Subject("events", trigger.event_id),
    made_from=_made_from,
    prepare=_prepared,
)
"""The kind of record."""
