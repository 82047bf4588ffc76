"""What became of plans by sending rules: facts that are appended, the newest of a plan or a request in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, json_rows

__all__ = ["RuleSending", "in_force", "list_sendings", "put_sending", "sending_in", "was_decided"]

_NEWEST = "QUALIFY row_number() OVER (PARTITION BY {} ORDER BY rule_sending_id DESC) = 1"
_OF_REQUEST = f"SELECT * FROM {{}}rule_sendings WHERE request_id = ? {_NEWEST.format('request_id')}"
_DECIDED = "SELECT 1 FROM rule_sendings WHERE sending_rule_id = ? AND plan_id = ? LIMIT 1"
_LISTED = """
    SELECT * EXCLUDE (acl) FROM @rule_sendings WHERE ? IS NULL OR sending_rule_id = ? ORDER BY rule_sending_id DESC LIMIT ?
"""
_BY_RULE = ("sent", "updated", "cancelled")


@dataclass(frozen=True)
class RuleSending:
    """What a rule did with a plan."""

    sending_rule_id: int
    plan_id: int
    event_id: int
    event: str
    localization_id: int
    user_name: str
    """In whose name."""
    acl: int
    """Who is told: those who see the rule."""
    state: str = "held"
    """sent, updated (in the place of an earlier one), held, stopped, cancelled, or taken over by somebody."""
    detail: str = ""
    request_id: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> RuleSending:
        """A row of the table."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def but(self, **changes: Any) -> RuleSending:
        """The same with changes."""
        return replace(self, **changes)


def put_sending(transaction: Transaction, sending: RuleSending) -> None:
    """Append what a rule did, and tell of it."""
    number = transaction.next_id("rule_sendings", "rule_sending_id")
    transaction.insert("rule_sendings", [{"rule_sending_id": number, **vars(sending)}])
    numbers = {name: str(getattr(sending, name)) for name in ("sending_rule_id", "plan_id")}
    request = {} if sending.request_id is None else {"request_id": str(sending.request_id)}
    told = {"action": sending.state, "user": sending.user_name, **numbers, **request}
    transaction.announce("rule_sendings", {**told, "event": sending.event, "detail": sending.detail}, sending.acl)


def was_decided(transaction: Transaction, sending: RuleSending) -> bool:
    """Whether a rule did something with a plan already."""
    return bool(transaction.rows(_DECIDED, [sending.sending_rule_id, sending.plan_id]))


def sending_in(transaction: Transaction, request_id: int) -> RuleSending | None:
    """By which rule a request is sent; None if people do."""
    return _by_rule(transaction.rows(_OF_REQUEST.format(""), [request_id]))


def in_force(db: Database, request_id: int) -> RuleSending | None:
    """The same outside of a transaction."""
    return _by_rule(db.reader.rows(ADMINISTRATOR, _OF_REQUEST.format("@"), [request_id]))


def _by_rule(rows: list[dict[str, Any]]) -> RuleSending | None:
    return RuleSending.of(rows[0]) if rows and rows[0]["state"] in _BY_RULE else None


def list_sendings(
    db: Database, viewer: Viewer, sending_rule_id: int | None = None, limit: int = 100, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """What sending rules did with plans, newest first.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    sending_rule_id
        By this rule alone.
    limit
        At most so many.
    as_of
        By what was known at this time.

    Returns
    -------
    list of dict
        ``rule_sending_id, sending_rule_id, event_id, event, localization_id, plan_id, request_id``; ``state``: sent, updated (the
        plan took the place of an earlier one), held, stopped (the rule is off since), cancelled (the event was retracted), or
        taken over (somebody submitted the request); ``detail, user_name, known_at`` (UTC).
    """
    return json_rows(db.reader.rows(viewer, _LISTED, [sending_rule_id, sending_rule_id, limit], as_of))
