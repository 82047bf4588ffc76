"""What people do with requests: submit, cancel, ask what became of them. Nothing is sent here: a worker does what is queued."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from skyhub.db import Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput
from skyhub.followup import ALLOCATIONS, require_member
from skyhub.planning import PLANS, KeptPlan
from skyhub.records import current_row, get
from skyhub.requests._models import REQUESTS, FollowupRequest
from skyhub.requests._queues import QueueBook
from skyhub.requests._rights import require_in_force
from skyhub.requests._rule_sendings import RuleSending, put_sending, sending_in, was_decided
from skyhub.requests._standing import RequestState, put_state, state_in, states_of, transactions_of

__all__ = ["cancel_request", "request_status", "require_sendable", "retrieve_request", "submit_request"]

_OVER = ("rejected", "withdrawn", "cancelled", "expired", "ended", "completed")


def submit_request(
    db: Database, viewer: Viewer, request_id: int, *, by_rule: RuleSending | None = None
) -> dict[str, Any]:
    """Let a request, as it is now, be sent; one that the telescope has already is changed there, if it was edited.

    Asked twice, it is sent once.

    Parameters
    ----------
    db, viewer, request_id
        The database, who submits, and what.
    by_rule
        What is noted of the rule that submits it: once for each plan. Without, a person does, whose request it is from then on.

    Raises
    ------
    PermissionRefused
        If the viewer is in no group of the allocation.
    Conflict
        If the allocation or the plan may not be used now, or the telescope has the request, or cannot change it.
    """
    viewer.require(REQUESTS.scope)
    row = current_row(db, viewer, REQUESTS, request_id)
    require_sendable(db, viewer, REQUESTS.record(row))
    updates = db.part(QueueBook).kind_for(row["instrument"]).updates

    def change(state: RequestState | None, now: datetime) -> RequestState | None:
        _require_idle(state, now)
        fresh = RequestState(request_id, row["version"], viewer.name, uuid.uuid4().hex, action="submit", next_at=now)
        if state is None or state.state in _OVER:
            return fresh
        if state.state in ("queued", "failed"):
            if state.unsure and state.version != row["version"]:
                raise Conflict(
                    f"nobody knows whether version {state.version} of request {request_id} has arrived: cancel it, then "
                    "submit it again."
                )
            same = state.state == "queued" and state.version == row["version"] and state.action == "submit"
            return None if same else fresh.but(key=state.key, unsure=state.unsure)
        if state.version == row["version"]:
            raise Conflict(f"the telescope has request {request_id} already: edit it to have it changed there.")
        if not updates:
            raise Conflict("requests cannot be changed at this telescope: cancel this one, then submit it again.")
        return fresh.but(key=state.key, state="submitted", action="update", remote_id=state.remote_id)

    return _change(db, viewer, row, change, by_rule, submits=True)


def cancel_request(
    db: Database, viewer: Viewer, request_id: int, *, by_rule: RuleSending | None = None
) -> dict[str, Any]:
    """Let a request be taken back; one of which nothing was sent is cancelled at once.

    Parameters
    ----------
    db, viewer, request_id
        The database, who takes it back, and what.
    by_rule
        What is noted of the rule that does.

    Raises
    ------
    PermissionRefused
        If the viewer is in no group of the allocation.
    Conflict
        If it was not submitted, is over, or is being sent at this moment.
    """
    row = _askable(db, viewer, request_id)

    def change(state: RequestState | None, now: datetime) -> RequestState | None:
        _require_idle(state, now)
        if state is None:
            raise Conflict(f"request {request_id} was not submitted: remove it.")
        if state.state in _OVER:
            raise Conflict(f"request {request_id} is {state.state}: there is nothing to cancel.")
        if state.action == "cancel":
            return None
        if state.state == "queued" and not state.attempts and not state.unsure:
            return state.but(state="cancelled", action=None, next_at=None, detail="nothing had been sent")
        return state.but(action="cancel", attempts=0, next_at=now, detail=None, running=False)

    return _change(db, viewer, row, change, by_rule)


def retrieve_request(db: Database, viewer: Viewer, request_id: int) -> dict[str, Any]:
    """Let the telescope be asked now what became of a request, and for its data.

    Raises
    ------
    InvalidInput
        If nobody there can be asked.
    Conflict
        If the telescope does not have it.
    """
    row = _askable(db, viewer, request_id)
    if not db.part(QueueBook).kind_for(row["instrument"]).follows:
        raise InvalidInput("people were asked by a letter: they tell what becomes of it.", "request_id")

    def change(state: RequestState | None, now: datetime) -> RequestState | None:
        _require_idle(state, now)
        if state is None or not state.remote_id:
            raise Conflict(f"the telescope does not have request {request_id}: submit it first.")
        if state.action in ("cancel", "update"):
            raise Conflict(f"request {request_id} has another step to take first ({state.action}).")
        action = "status" if state.state == "submitted" else "retrieve"
        return state.but(action=action, attempts=0, next_at=now, running=False)

    return _change(db, viewer, row, change)


def request_status(db: Database, viewer: Viewer, request_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """A request with its ``states`` and the ``transactions`` with the telescope, oldest first."""
    document = get(db, viewer, REQUESTS, request_id, as_of)
    said = transactions_of(db, viewer, request_id, as_of)
    return {**document, "states": states_of(db, viewer, request_id, as_of), "transactions": said}


def require_sendable(db: Database, viewer: Viewer, request: FollowupRequest) -> Mapping[str, Any]:
    """The row of the allocation of a request that may be sent by a viewer now.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see or use the allocation, or see the plan or the object.
    Conflict
        If the allocation may not be used now, or the plan is not approved as it was when the request was made.
    """
    viewer.require(REQUESTS.scope)
    allocation = current_row(db, viewer, ALLOCATIONS, request.allocation_id)
    require_member(db, viewer, allocation)
    require_in_force(allocation, datetime.now(UTC))
    if request.plan_id is not None:
        plan: KeptPlan = PLANS.record(current_row(db, viewer, PLANS, request.plan_id))
        if plan.state not in ("approved", "sent") or plan.digest != request.plan_digest:
            raise Conflict(
                f"plan {request.plan_id} is {plan.state} and not approved as it was when the request was made: look at "
                "it, approve it, and send it again.",
                "plan_id",
            )
    return allocation


def _askable(db: Database, viewer: Viewer, request_id: int) -> dict[str, Any]:
    viewer.require(REQUESTS.scope)
    row = current_row(db, viewer, REQUESTS, request_id)
    require_member(db, viewer, current_row(db, viewer, ALLOCATIONS, row["allocation_id"]))
    return row


def _require_idle(state: RequestState | None, now: datetime) -> None:
    """Raise `Conflict` while a worker changes something at the telescope."""
    busy = state is not None and state.running and state.action in ("submit", "update", "cancel")
    if busy and state is not None and state.next_at is not None and state.next_at > now:
        raise Conflict(f"request {state.request_id} is being sent at this moment: try again in a minute.")


def _change(
    db: Database,
    viewer: Viewer,
    row: dict[str, Any],
    change: Callable[[RequestState | None, datetime], RequestState | None],
    by_rule: RuleSending | None = None,
    *,
    submits: bool = False,
) -> dict[str, Any]:
    """Append what a change makes of the state in force, if anything; the request as it is then."""

    def write(transaction: Transaction) -> None:
        before = state_in(transaction, row["request_id"])
        new = change(before, transaction.now.replace(tzinfo=None))
        ruled = sending_in(transaction, row["request_id"])
        if new is None or (by_rule is not None and submits and was_decided(transaction, by_rule)):
            return
        put_state(transaction, None, new, row)
        if by_rule is not None:
            put_sending(transaction, by_rule)
        elif submits and ruled is not None:
            put_sending(transaction, ruled.but(state="taken over", detail="", user_name=viewer.name))

    db.writer.write(write)
    return get(db, viewer, REQUESTS, row["request_id"])
