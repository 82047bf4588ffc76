"""Advocates: who looks after an event, so that others know whom to ask."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import PermissionRefused
from skyhub.records import Kind, Record, Subject

__all__ = ["ADVOCATES"]


class Advocate(Record):
    """Somebody who looks after an event."""

    event_id: int = Field(ge=1, description="Number of the event")
    user_name: str | None = Field(None, max_length=100, description="Who; oneself if nobody is named")
    note: str | None = Field(None, max_length=1000, description="What for, or until when")


def _prepared(db: Database, viewer: Viewer, advocates: Sequence[Advocate]) -> list[Advocate]:
    """Advocates who come forward themselves; administrators may name anybody."""
    for advocate in advocates:
        if advocate.user_name not in (None, viewer.name) and not viewer.administers:
            raise PermissionRefused(
                f"{viewer.name} may not make {advocate.user_name} the advocate of an event: one comes forward oneself.",
                "user_name",
            )
    return [one.model_copy(update={"user_name": one.user_name or viewer.name}) for one in advocates]


ADVOCATES = Kind(
    "advocates",
    "advocate",
    Advocate,
    key=("event_id", "user_name"),
    announced=("event_id", "user_name"),
    about=lambda advocate: Subject("events", advocate.event_id),
    prepare=_prepared,
)
