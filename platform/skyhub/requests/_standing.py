"""How far requests have come: states that are appended, the newest in force; and what was said with the telescopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, json_rows

__all__ = ["NEWEST", "RequestState", "put_state", "standing_of", "state_in", "states_of", "transactions_of"]

NEWEST = "QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY request_state_id DESC) = 1"
_STANDING = f"""
    SELECT request_id, state, action, detail, remote_id, unsure, user_name AS submitted_by, version AS sent_version,
        known_at AS changed_at
    FROM @request_states WHERE list_contains(?, request_id) {NEWEST}
"""
_RULES = """
    SELECT request_id, sending_rule_id, state FROM @rule_sendings WHERE list_contains(?, request_id)
    QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY rule_sending_id DESC) = 1
"""
_STATES = "SELECT * EXCLUDE (acl, key) FROM @request_states WHERE request_id = ? ORDER BY request_state_id"
_TRANSACTIONS = "SELECT * EXCLUDE (acl) FROM @request_transactions WHERE request_id = ? ORDER BY request_transaction_id"
_OF_ONE = f"SELECT * FROM request_states WHERE request_id = ? {NEWEST}"
_NEWS = ("state", "version", "detail", "remote_id")
_DRAFT = {
    "state": "draft", "action": None, "detail": None, "remote_id": None, "unsure": False, "submitted_by": None,
    "sent_version": None, "changed_at": None,
}  # fmt: skip


@dataclass(frozen=True)
class RequestState:
    """How far a request has come, and what is to be done next."""

    request_id: int
    version: int
    """Of the request, as it was submitted."""
    user_name: str
    """Who submitted it."""
    key: str
    state: str = "queued"
    """queued, submitted, completed, expired, cancelled, ended, rejected, failed or withdrawn."""
    action: str | None = None
    """submit, update, cancel, status or retrieve; None if nothing is to be done."""
    running: bool = False
    """Whether a worker does it, until `next_at`."""
    attempts: int = 0
    next_at: datetime | None = None
    """When it is to be done (UTC, without a zone)."""
    unsure: bool = False
    """Whether a try may have arrived of which nothing was heard."""
    remote_id: str | None = None
    detail: str | None = None
    request_state_id: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> RequestState:
        """A row of the table."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def but(self, **changes: Any) -> RequestState:
        """The same with changes."""
        return replace(self, **changes)


def state_in(transaction: Transaction, request_id: int) -> RequestState | None:
    """The state of a request that is in force; None if it was never submitted."""
    rows = transaction.rows(_OF_ONE, [request_id])
    return RequestState.of(rows[0]) if rows else None


def put_state(
    transaction: Transaction, before: RequestState | None, state: RequestState, row: Mapping[str, Any]
) -> RequestState:
    """Append a state for those who see the request (its row), and tell of it if there is news in it."""
    number = transaction.next_id("request_states", "request_state_id")
    new = state.but(request_state_id=number, detail=(state.detail or "")[:2000] or None)
    transaction.insert("request_states", [{**vars(new), "acl": row["acl"]}])
    if before is not None and all(getattr(before, name) == getattr(new, name) for name in _NEWS):
        return new
    about = {"request_id": str(state.request_id), "object_id": row["object_id"], "plan_id": row["plan_id"]}
    told = {"action": "state", "user": state.user_name, **about, "state": state.state, "next": state.action}
    transaction.announce("requests", told, row["acl"])
    return new


def standing_of(
    db: Database, viewer: Viewer, request_ids: Sequence[int], as_of: datetime | None = None
) -> dict[int, dict[str, Any]]:
    """How far requests have come, by their number; a draft has a state alone.

    ``state, action, detail, remote_id, unsure, submitted_by, sent_version, changed_at``, and ``sending_rule_id``: the rule that has
    submitted it, null if a person did.
    """
    rows = json_rows(db.reader.rows(viewer, _STANDING, [list(request_ids)], as_of))
    found = {int(row.pop("request_id")): row for row in rows}
    ruled = db.reader.rows(ADMINISTRATOR, _RULES, [list(request_ids)], as_of)
    rules = {row["request_id"]: str(row["sending_rule_id"]) for row in ruled if row["state"] != "taken over"}
    return {number: {**found.get(number, _DRAFT), "sending_rule_id": rules.get(number)} for number in request_ids}


def states_of(db: Database, viewer: Viewer, request_id: int, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The states of a request that the viewer may see, oldest first."""
    return json_rows(db.reader.rows(viewer, _STATES, [request_id], as_of))


def transactions_of(
    db: Database, viewer: Viewer, request_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """What was said with the telescope about a request, oldest first: without secrets."""
    return json_rows(db.reader.rows(viewer, _TRANSACTIONS, [request_id], as_of))
