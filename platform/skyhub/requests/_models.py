"""The record of a request: what is to be observed, on whose time, and what the form of the queue said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from skyhub.adapters.telescopes import Subject
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.followup import ALLOCATIONS, require_member
from skyhub.objects import position_of
from skyhub.planning import PLANS, KeptPlan
from skyhub.records import Kind, Record, current_row
from skyhub.requests._queues import QueueBook, checked_payload
from skyhub.requests._rights import require_type
from skyhub.requests._standing import standing_of

__all__ = ["REQUESTS", "FollowupRequest", "checked_request"]

_OURS: dict[str, Any] = {"readOnly": True}


class FollowupRequest(Record):
    """Observations that are asked for: of an object, of a place, or of the exposures of a plan."""

    allocation_id: int = Field(ge=1, description="On whose time")
    object_id: str | None = Field(None, description="The object; or")
    plan_id: int | None = Field(None, ge=1, description="the plan, which must be approved to be sent; or")
    target: str | None = Field(None, min_length=1, max_length=50, description="the name of a place, with")
    ra: float | None = Field(None, ge=0, lt=360, description="its position (ICRS)", json_schema_extra={"unit": "deg"})
    dec: float | None = Field(None, ge=-90, le=90, description="its position (ICRS)", json_schema_extra={"unit": "deg"})
    payload: dict[str, Any] = Field({}, description="What the queue's form says")
    comment: str = Field("", max_length=5000, description="Why; for the team, it is not sent")
    instrument: str | None = Field(None, description="The allocation's; kept by the platform", json_schema_extra=_OURS)
    plan_digest: str | None = Field(
        None, description="Of the plan as it was; kept by the platform", json_schema_extra=_OURS
    )

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return "target" if self.plan_id is None else "plan"

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.object_id is not None and self.plan_id is not None:
            raise ValueError("give an object or a plan, not both")
        place = (self.target, self.ra, self.dec)
        if self.object_id is None and self.plan_id is None and None in place:
            raise ValueError("give object_id, plan_id, or target with ra and dec")
        return self


def _prepare(db: Database, viewer: Viewer, requests: Sequence[FollowupRequest]) -> list[FollowupRequest]:
    return [checked_request(db, viewer, request) for request in requests]


def checked_request(db: Database, viewer: Viewer, request: FollowupRequest) -> FollowupRequest:
    """A request on time that the viewer may use, with what the queue wants to know, and with its position.

    Raises
    ------
    InvalidInput, NotFound, PermissionRefused
        If it cannot be asked for so.
    """
    row = current_row(db, viewer, ALLOCATIONS, request.allocation_id)
    require_member(db, viewer, row)
    instrument: str = row["instrument"]
    kind = db.part(QueueBook).kind_for(instrument)
    payload = checked_payload(kind, request.subject, request.payload)
    require_type(row, kind.types[request.subject])
    found: dict[str, Any] = {"instrument": instrument, "payload": payload, "plan_digest": None}
    if request.object_id is not None:
        position = position_of(db, viewer, request.object_id)
        found |= {"target": request.object_id, "ra": position.ra, "dec": position.dec}
    elif request.plan_id is not None:
        found |= {"target": None, "ra": None, "dec": None}
        found["plan_digest"] = _digest(db, viewer, request.plan_id, instrument)
    return request.model_copy(update=found)


def _digest(db: Database, viewer: Viewer, plan_id: int, instrument: str) -> str:
    plan: KeptPlan = PLANS.record(current_row(db, viewer, PLANS, plan_id))
    if plan.instrument != instrument:
        raise InvalidInput(
            f"plan {plan_id} is for {plan.instrument} and the allocation for {instrument}: choose one for the same.",
            "allocation_id",
        )
    return plan.digest


def _made_from(db: Database, viewer: Viewer, request: FollowupRequest) -> set[int]:
    """The access sets of the allocation and of the plan."""
    rows = [current_row(db, viewer, ALLOCATIONS, request.allocation_id)]
    if request.plan_id is not None:
        rows.append(current_row(db, viewer, PLANS, request.plan_id))
    return {row["acl"] for row in rows}


def _present(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Documents with how far each request has come."""
    standing = standing_of(db, viewer, [int(document["request_id"]) for document in documents], as_of)
    return [{**document, **standing[int(document["request_id"])]} for document in documents]


REQUESTS = Kind(
    "requests",
    "request",
    FollowupRequest,
    scope="trigger",
    announced=("allocation_id", "plan_id"),
    made_from=_made_from,
    prepare=_prepare,
    present=_present,
    parts=("request_states", "request_transactions"),
)
"""The kind of record."""
