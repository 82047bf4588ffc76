"""Sending by rule: drafts of default plans are approved and submitted in the name of the owners of sending rules.

A decision is written down in the transaction that submits the request, and a plan on which a rule has decided is not looked at
again: whatever breaks, none is submitted twice. What breaks before leaves a draft of a request, which the next turn takes up.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.followup import ALLOCATIONS
from skyhub.planning import PLANS, KeptPlan
from skyhub.records import add, amend, current_row, edit
from skyhub.requests._clicks import cancel_request, require_sendable, submit_request
from skyhub.requests._models import REQUESTS, FollowupRequest, checked_request
from skyhub.requests._rights import require_in_force
from skyhub.requests._rule_checks import GONE, hold_reason, standing_reason, stop
from skyhub.requests._rule_sendings import RuleSending, put_sending, was_decided
from skyhub.requests._sending_rules import SENDING_RULES, SendingRule
from skyhub.requests._standing import NEWEST

__all__ = ["send_by_rules"]

_log = logging.getLogger(__name__)

_DRAFTS = """
    SELECT d.* EXCLUDE (acl), r.sending_rule_id, r.author AS user_name, r.acl
    FROM @default_plan_drafts AS d JOIN @sending_rules AS r USING (default_plan_id)
    WHERE r.active AND d.state = 'drafted' AND d.known_at >= r.known_at AND NOT EXISTS (
        SELECT 1 FROM @rule_sendings AS s WHERE s.sending_rule_id = r.sending_rule_id AND s.plan_id = d.plan_id)
    ORDER BY d.localization_id DESC, d.plan_id
"""
"""The newest localization first: what came before it is older news."""
_EARLIER = f"""
    SELECT s.plan_id, s.request_id, s.localization_id, q.state, p.digest FROM @rule_sendings AS s
    JOIN (SELECT * FROM @request_states {NEWEST}) AS q USING (request_id) JOIN @plans AS p USING (plan_id)
    WHERE s.sending_rule_id = ? AND s.event_id = ? AND s.state IN ('sent', 'updated')
        AND q.state NOT IN ('rejected', 'withdrawn')
    ORDER BY s.localization_id DESC, s.rule_sending_id DESC
"""
_REQUESTS = f"""
    SELECT r.request_id, r.author, r.comment, s.state FROM @requests AS r
    LEFT JOIN (SELECT * FROM @request_states {NEWEST}) AS s USING (request_id) WHERE r.plan_id = ? ORDER BY r.request_id
"""
_RETRACTED = f"""
    SELECT s.*, q.state AS request_state FROM @rule_sendings AS s JOIN @sending_rules AS r USING (sending_rule_id)
    JOIN @events AS e USING (event_id) JOIN (SELECT * FROM @request_states {NEWEST}) AS q USING (request_id)
    WHERE r.active AND r.cancel_retracted AND e.retracted AND s.state IN ('sent', 'updated')
        AND q.state IN ('queued', 'submitted', 'failed') AND q.action IS DISTINCT FROM 'cancel'
        AND NOT EXISTS (SELECT 1 FROM @rule_sendings AS c WHERE c.request_id = s.request_id
            AND c.state IN ('cancelled', 'taken over'))
    QUALIFY row_number() OVER (PARTITION BY s.request_id ORDER BY s.rule_sending_id DESC) = 1
"""
_LIVE = ("queued", "submitted", "failed")


def send_by_rules(db: Database, now: datetime) -> list[int]:
    """Decide on the drafts that sending rules are for, and take back what is to be taken back of retracted events.

    For owners whose rights cannot be known now it is looked at again, when they can be.

    Parameters
    ----------
    db
        The database.
    now
        The time (UTC).

    Returns
    -------
    list of int
        Numbers of the plans on which a rule has decided; what became of each tells `list_sendings`.
    """
    drafts = db.reader.rows(ADMINISTRATOR, _DRAFTS)
    retracted = db.reader.rows(ADMINISTRATOR, _RETRACTED)
    owners = db.part(OwnersBook).known(row["user_name"] for row in (*drafts, *retracted))
    sure = [row for row in drafts if row["user_name"] in owners]
    decided = [row["plan_id"] for row in sure if _decided(db, owners[row["user_name"]], row, now)]
    sure = [row for row in retracted if row["user_name"] in owners]
    return decided + [row["plan_id"] for row in sure if _taken_back(db, owners[row["user_name"]], row)]


def _decided(db: Database, owner: Viewer | None, draft: Mapping[str, Any], now: datetime) -> bool:
    """Decide on a draft; false if it is to be looked at again."""
    row = current_row(db, ADMINISTRATOR, SENDING_RULES, draft["sending_rule_id"])
    event_id = int(draft["key"].split("/")[2])
    taken = ("sending_rule_id", "plan_id", "event", "localization_id", "user_name", "acl")
    sending = RuleSending(**{name: draft[name] for name in taken}, event_id=event_id)
    if not row["active"]:
        return False
    if owner is None or (reason := standing_reason(db, owner, row)):
        stop(db, row, sending, reason if owner else GONE.format(row["author"]))
        return True
    try:
        return _sent(db, owner, SENDING_RULES.record(row), sending, now)
    except (NotFound, PermissionRefused, Conflict, InvalidInput) as error:
        return _held(db, sending, error.message)


def _held(db: Database, sending: RuleSending, reason: str) -> bool:
    _log.info("plan %s is not sent by rule %s: %s", sending.plan_id, sending.sending_rule_id, reason)

    def write(transaction: Transaction) -> bool:
        if was_decided(transaction, sending):
            return False
        put_sending(transaction, sending.but(state="held", detail=reason))
        return True

    return db.writer.write(write)


def _sent(db: Database, owner: Viewer, rule: SendingRule, sending: RuleSending, now: datetime) -> bool:
    if reason := hold_reason(db, owner, rule, sending, now) or _touched(db, owner, sending.plan_id):
        return _held(db, sending, reason)
    require_in_force(current_row(db, owner, ALLOCATIONS, int(rule.allocation_id or 0)), now)
    earlier = db.reader.rows(ADMINISTRATOR, _EARLIER, [sending.sending_rule_id, sending.event_id])
    if rule.newer == "send" or not earlier:
        return _send(db, owner, rule, sending, earlier)
    last = earlier[0]
    if rule.newer == "update" and last["localization_id"] < sending.localization_id and last["state"] in _LIVE:
        return _update(db, owner, sending, last["request_id"])
    told = f"plan {last['plan_id']} of this event was sent by it (request {last['request_id']}, {last['state']})"
    return _held(db, sending, f"{told}: the rule sends one for each event.")


def _touched(db: Database, owner: Viewer, plan_id: int) -> str:
    """Why a plan is not as it was drafted, if it is not: then it is for people."""
    row = current_row(db, owner, PLANS, plan_id)
    as_drafted = row["state"] == "draft" and row["version"] == 1
    approved = row["state"] == "approved" and row["version"] == 2
    if as_drafted or approved:
        return ""
    return f"the plan was changed by {row['edited_by']} (it is {row['state']}): people send it."


def _send(db: Database, owner: Viewer, rule: SendingRule, sending: RuleSending, earlier: list[dict[str, Any]]) -> bool:
    digest = current_row(db, owner, PLANS, sending.plan_id)["digest"]
    if same := next((each for each in earlier if each["digest"] == digest), None):
        return _held(db, sending, f"plan {same['plan_id']} with the same exposures was sent by it.")
    about = db.reader.rows(ADMINISTRATOR, _REQUESTS, [sending.plan_id])
    if by_others := next((each for each in about if each["state"] is not None), None):
        return _held(db, sending, f"request {by_others['request_id']} is for this plan already.")
    comment = f"Sent by rule {sending.sending_rule_id}"
    fields = {"allocation_id": rule.allocation_id, "plan_id": sending.plan_id, "payload": rule.payload}
    _approve(db, owner, sending.plan_id)
    request: FollowupRequest = checked_request(db, owner, FollowupRequest(**fields, comment=comment))
    require_sendable(db, owner, request)
    begun = [each for each in about if (each["author"], each["comment"]) == (owner.name, comment)]
    kept = begun[0] if begun else add(db, owner, REQUESTS, [request])["records"][0]
    number = int(kept["request_id"])
    submit_request(db, owner, number, by_rule=sending.but(state="sent", request_id=number))
    return True


def _update(db: Database, owner: Viewer, sending: RuleSending, request_id: int) -> bool:
    """Put a plan in the place of the one that a request is for; false if nobody knows by now whether that one has arrived."""
    _approve(db, owner, sending.plan_id)
    if current_row(db, owner, REQUESTS, request_id)["plan_id"] != sending.plan_id:
        edit(db, owner, REQUESTS, request_id, {"plan_id": sending.plan_id})
    try:
        submit_request(db, owner, request_id, by_rule=sending.but(state="updated", request_id=request_id))
    except Conflict as error:
        _log.info("request %s waits to be changed by rule: %s", request_id, error.message)
        return False
    return True


def _approve(db: Database, owner: Viewer, plan_id: int) -> None:
    def change(plan: KeptPlan, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"state": "approved", "approved": plan.digest} if plan.state == "draft" else {}

    amend(db, owner, PLANS, plan_id, change)


def _taken_back(db: Database, owner: Viewer | None, row: Mapping[str, Any]) -> bool:
    """Have a request of a retracted event taken back; false if it is being sent at this moment."""
    rule = current_row(db, ADMINISTRATOR, SENDING_RULES, row["sending_rule_id"])
    sending = RuleSending.of(row)
    if owner is None or (reason := standing_reason(db, owner, rule)):
        stop(db, rule, sending, reason if owner else GONE.format(row["user_name"]))
        return True
    told = sending.but(state="cancelled", detail="the event has been retracted.")
    try:
        cancel_request(db, owner, sending.request_id or 0, by_rule=told)
    except Conflict as error:
        _log.info("request %s waits to be taken back by rule: %s", sending.request_id, error.message)
        return False
    return True
