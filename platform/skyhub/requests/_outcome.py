"""What came of a step is written down: the next state, what was said, data that came in, and the plan's own state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import ADMINISTRATOR, Database, Transaction
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.requests._data import Retrieved, take_in
from skyhub.requests._plans import follow_plan
from skyhub.requests._queues import QueueBook
from skyhub.requests._standing import RequestState, put_state, state_in
from skyhub.requests._steps import Step, after_step

__all__ = ["RequestOutcome", "Said", "finish_request"]

_SENT_VERSION = "SELECT * FROM @requests* WHERE request_id = ? AND version = ?"
_NEWEST_VERSION = "SELECT * FROM @requests* WHERE request_id = ? ORDER BY version DESC LIMIT 1"

_HEARD = """
    SELECT url, status, received FROM request_transactions WHERE request_id = ? AND action = 'status'
    QUALIFY row_number() OVER (PARTITION BY url ORDER BY request_transaction_id DESC) = 1
"""


class Said(BaseModel):
    """One question to a telescope and its answer, without secrets."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(max_length=20)
    url: str = Field(max_length=4000)
    sent: str = Field("", max_length=20_000)
    status: int | None = None
    received: str = Field("", max_length=20_000)
    seconds: float = Field(0.0, ge=0)


class RequestOutcome(Step):
    """What came of a step that was claimed, with all that was said."""

    request_state_id: int = Field(description="Of the claim")
    said: list[Said] = Field([], max_length=200)
    retrieved: list[Retrieved] = Field([], max_length=100)


def finish_request(db: Database, request_id: int, outcome: RequestOutcome) -> dict[str, Any]:
    """Note what came of a step; what was said is kept in any case.

    Returns
    -------
    dict
        ``request_id, state, next``: what is to be done then.

    Raises
    ------
    NotFound, Conflict
        If there is no such request, or it has gone on without this step.
    SkyhubError
        If data came for somebody whose rights cannot be known now: then nothing is noted, and the step is taken again.
    """
    rows = db.reader.rows(ADMINISTRATOR, _NEWEST_VERSION, [request_id])
    if not rows:
        raise NotFound(f"there is no request {request_id}.", str(request_id))
    [row] = rows
    taken_in = take_in(db, row, outcome.retrieved) if outcome.retrieved else ""
    step = outcome.model_copy(update={"detail": taken_in[:2000]}) if taken_in else outcome
    poll = _poll(db, row["instrument"])

    def write(transaction: Transaction) -> tuple[str | None, RequestState] | None:
        before = state_in(transaction, request_id)
        _keep(transaction, before, row, outcome.said)
        if before is None or before.request_state_id != outcome.request_state_id or not before.running:
            return None
        after = after_step(before, step, transaction.now.replace(tzinfo=None), poll)
        return before.action, put_state(transaction, before, after, row)

    taken = db.writer.write(write)
    if taken is None:
        raise Conflict(f"request {request_id} has gone on without this step.", str(request_id))
    action, state = taken
    [sent] = db.reader.rows(ADMINISTRATOR, _SENT_VERSION, [request_id, state.version])
    if sent["plan_id"] is not None and (action != "update" or outcome.result == "done"):
        follow_plan(db, state, sent, in_place=action == "update")
    return {"request_id": str(request_id), "state": state.state, "next": state.action}


def _poll(db: Database, instrument: str) -> timedelta | None:
    book = db.part(QueueBook)
    try:
        settings = book.settings[book.name_for(instrument)]
    except InvalidInput:  # no queue is declared for it any more
        return None
    return timedelta(seconds=settings.poll_seconds) if book.kind_for(instrument).follows else None


def _keep(transaction: Transaction, state: RequestState | None, row: dict[str, Any], said: Sequence[Said]) -> None:
    """Keep what was said; of a question that is asked again and again, each answer that differs from the one before."""
    heard = transaction.rows(_HEARD, [row["request_id"]]) if state and state.action == "status" else []
    before = {(each["url"], each["status"], each["received"]) for each in heard}
    new = [each for each in said if (each.url, each.status, each.received) not in before]
    first = transaction.next_id("request_transactions", "request_transaction_id", len(new)) if new else 0
    about = {"request_id": row["request_id"], "action": state and state.action, "acl": row["acl"]}
    rows = [{"request_transaction_id": first + n, **about, **each.model_dump()} for n, each in enumerate(new)]
    transaction.insert("request_transactions", rows)
