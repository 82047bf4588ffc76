"""The outbox: what people submitted is claimed with a lease, done by a worker at the telescope, and closed or tried again later.

What is guaranteed: nothing is done that nobody asked for, and what was submitted is what is sent. Before each try it is looked
again whether who submitted it may still use the allocation, whether the plan is still the one that was approved,
and, of what a rule has submitted, whether the rule still may. A try of
which nothing was heard is told to the next one, which looks the request up at the telescope, or uses its key, before it sends
it again: how often it can arrive depends on the telescope (`TelescopeQueue.guarantee`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.followup import ALLOCATIONS
from skyhub.planning import observations_of
from skyhub.records import current_row
from skyhub.requests._clicks import require_sendable
from skyhub.requests._models import REQUESTS, FollowupRequest
from skyhub.requests._queues import QueueBook
from skyhub.requests._rule_checks import require_rule
from skyhub.requests._standing import NEWEST, RequestState, put_state, state_in

__all__ = ["claim_request"]

_LEAST_LEASE = timedelta(minutes=2)
_ANSWERS = 8
"""As many answers may be waited for while one step is taken."""
_DUE = f"""
    SELECT * FROM (SELECT * FROM @request_states {NEWEST}) WHERE action IS NOT NULL AND next_at <= ?
        AND NOT (action IN ('submit', 'update') AND list_contains(?::VARCHAR[], user_name))
    ORDER BY action IN ('status', 'retrieve'), next_at LIMIT 100
"""
_VERSION = "SELECT * FROM @requests* WHERE request_id = ? AND version = ?"
_SENDING = ("submit", "update")
"""Actions for which who submitted the request needs rights."""
_REFUSALS = (NotFound, PermissionRefused, Conflict, InvalidInput)


def claim_request(db: Database, now: datetime) -> dict[str, Any] | None:
    """Take a lease on the next step that is due; None if there is none.

    What is to be sent for a user whose rights cannot be known now waits, and holds up nothing else.

    Returns
    -------
    dict or None
        ``request_id, request_state_id, queue, action, sealed`` (the allocation's secrets, encrypted) and ``order``: what
        `skyhub.adapters.telescopes.Order` has.
    """
    moment = now.astimezone(UTC).replace(tzinfo=None)
    due = db.part(OwnersBook).with_rights(
        lambda unknown: db.reader.rows(ADMINISTRATOR, _DUE, [moment, unknown]), lambda row: row["action"] in _SENDING
    )
    return next((claimed for row, viewer in due if (claimed := _claim(db, RequestState.of(row), viewer, now))), None)


def _claim(db: Database, state: RequestState, viewer: Viewer | None, now: datetime) -> dict[str, Any] | None:
    rows = db.reader.rows(ADMINISTRATOR, _VERSION, [state.request_id, state.version])
    if not rows:
        return None
    [row] = rows
    try:
        allocation = _allocation(db, state, viewer, row, now)
        queue = db.part(QueueBook).name_for(row["instrument"])
        order = _order(db, state, row, allocation)
    except _REFUSALS as error:
        _write(db, state, _given_up(state, error.message), row)
        return None
    seconds = db.part(QueueBook).settings[queue].timeout_seconds
    lease = max(_LEAST_LEASE, timedelta(seconds=_ANSWERS * seconds))
    again = state.unsure or state.running
    leased = state.but(
        running=True,
        attempts=state.attempts + 1,
        next_at=now.astimezone(UTC).replace(tzinfo=None) + lease,
        unsure=again if state.action in _SENDING else state.unsure,
    )
    number = _write(db, state, leased, row)
    if number is None:
        return None
    about = {"request_id": str(state.request_id), "request_state_id": str(number), "queue": queue}
    return {**about, "action": state.action, "sealed": allocation["sealed"], "order": {**order, "again": again}}


def _allocation(
    db: Database, state: RequestState, viewer: Viewer | None, row: Mapping[str, Any], now: datetime
) -> Mapping[str, Any]:
    """The allocation, if what is to be done may be done with it now; taking back is always permitted."""
    if state.action in _SENDING:
        if viewer is None:
            raise NotFound(f"there is no user {state.user_name} any more.", state.user_name)
        require_rule(db, viewer, state.request_id, now)
        current_row(db, viewer, REQUESTS, state.request_id)
        return require_sendable(db, viewer, REQUESTS.record(row))
    if state.action != "cancel":
        current_row(db, ADMINISTRATOR, REQUESTS, state.request_id)
    return current_row(db, ADMINISTRATOR, ALLOCATIONS, row["allocation_id"])


def _order(db: Database, state: RequestState, row: Mapping[str, Any], allocation: Mapping[str, Any]) -> dict[str, Any]:
    request: FollowupRequest = REQUESTS.record(row)
    target = None if request.plan_id else {"name": request.target, "ra": request.ra, "dec": request.dec}
    exposures = _exposures(db, request.plan_id, needed=state.action != "cancel") if request.plan_id else []
    return {
        "key": state.key,
        "instrument": request.instrument,
        "payload": request.payload,
        "requester": state.user_name,
        "proposal": allocation["proposal_id"] or "",
        "target": target,
        "observations": exposures,
        "remote_id": state.remote_id or "",
    }


def _exposures(db: Database, plan_id: int, needed: bool) -> list[dict[str, Any]]:
    try:
        return observations_of(db, ADMINISTRATOR, plan_id)
    except NotFound:
        if needed:
            raise
        return []


def _given_up(state: RequestState, reason: str) -> RequestState:
    """What is left of a step that may not be taken (any more)."""
    word = "withdrawn" if state.state == "queued" and not state.unsure else state.state
    return state.but(state=word, action=None, running=False, next_at=None, detail=f"stopped: {reason}")


def _write(db: Database, before: RequestState, after: RequestState, row: dict[str, Any]) -> int | None:
    """Append a state, unless another one came first; its number."""

    def write(transaction: Transaction) -> int | None:
        newest = state_in(transaction, before.request_id)
        if newest is None or newest.request_state_id != before.request_state_id:
            return None
        return put_state(transaction, before, after, row).request_state_id

    return db.writer.write(write)
