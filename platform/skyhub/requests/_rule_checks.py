"""Whether a sending rule may send a plan: looked at when it decides, and again before each try at the telescope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.planning import KeptPlan, kept_plan
from skyhub.records import amend, current_row
from skyhub.requests._rule_sendings import RuleSending, in_force, put_sending
from skyhub.requests._sending_rules import SENDING_RULES, SendingRule, require_standing

__all__ = ["GONE", "hold_reason", "require_rule", "standing_reason", "stop"]

_LATE = timedelta(minutes=10)
"""A plan that should have begun so long ago is not sent any more."""
GONE = "there is no user {} any more."
_EVENT = "SELECT dateobs, retracted FROM @events WHERE event_id = ?"


def standing_reason(db: Database, owner: Viewer, row: Mapping[str, Any]) -> str:
    """Why a rule (its row) cannot stand with the rights that its owner has now; nothing if it can."""
    rule: SendingRule = SENDING_RULES.record(row)
    try:
        default, _ = require_standing(db, owner, rule)
    except (NotFound, PermissionRefused, InvalidInput) as error:
        return error.message
    if default["version"] != rule.default_plan_version:
        return (
            f"default plan {rule.default_plan_id} was changed since (version {default['version']}, not "
            f"{rule.default_plan_version}): look at it, and switch the rule on again."
        )
    return ""


def hold_reason(db: Database, owner: Viewer, rule: SendingRule, sending: RuleSending, now: datetime) -> str:
    """Why a plan is not to be sent by a rule, whoever may; nothing if it is.

    Raises
    ------
    NotFound
        If the owner may not see the plan.
    """
    events = db.reader.rows(owner, _EVENT, [sending.event_id])
    if not events:
        return f"{owner.name} does not see the event any more."
    if events[0]["retracted"]:
        return "the event has been retracted."
    plan = kept_plan(db, owner, sending.plan_id)
    return _too_little(rule, plan) or _too_late(rule, plan, events[0]["dateobs"].replace(tzinfo=UTC), now)


def _too_little(rule: SendingRule, plan: KeptPlan) -> str:
    if plan.probability < rule.lowest_probability:
        return (
            f"{100 * plan.probability:.3g} % of the probability is within its fields: the rule asks for "
            f"{100 * rule.lowest_probability:g} %."
        )
    hours = sum(each.exposure_s for each in plan.observations) / 3600
    if hours > rule.most_hours:
        return f"its exposures take {hours:.3g} h: the rule permits {rule.most_hours:g} h."
    return ""


def _too_late(rule: SendingRule, plan: KeptPlan, t0: datetime, now: datetime) -> str:
    begin = plan.observations[0].begin
    if begin > t0 + timedelta(hours=rule.latest_start):
        after = (begin - t0).total_seconds() / 3600
        return f"it begins {after:.3g} h after the event: the rule permits {rule.latest_start:g} h."
    if now > begin + _LATE:
        return f"it should have begun at {begin:%Y-%m-%d %H:%M} UTC: it is not sent so late."
    return ""


def stop(db: Database, row: Mapping[str, Any], sending: RuleSending, reason: str) -> None:
    """Switch a rule (its row) off by itself, and tell why."""

    def write(transaction: Transaction) -> None:
        put_sending(transaction, sending.but(state="stopped", detail=reason))

    db.writer.write(write)
    amend(
        db,
        ADMINISTRATOR,
        SENDING_RULES,
        row["sending_rule_id"],
        lambda rule, _: {"active": False} if rule.active else {},
    )


def require_rule(db: Database, owner: Viewer, request_id: int, now: datetime) -> None:
    """Look again whether what a rule has queued may be sent; of requests that people submitted there is nothing to look at.

    Raises
    ------
    Conflict
        If the rule is off, cannot stand any more (it is switched off then), or the plan is not to be sent now.
    """
    sending = in_force(db, request_id)
    if sending is None:
        return
    try:
        row = current_row(db, ADMINISTRATOR, SENDING_RULES, sending.sending_rule_id)
    except NotFound:
        raise Conflict(f"sending rule {sending.sending_rule_id} was removed.") from None
    if not row["active"]:
        raise Conflict(f"sending rule {sending.sending_rule_id} was switched off by {row['edited_by']}.")
    if reason := standing_reason(db, owner, row):
        stop(db, row, sending, reason)
        raise Conflict(f"sending rule {sending.sending_rule_id} has stopped: {reason}")
    if reason := hold_reason(db, owner, SENDING_RULES.record(row), sending, now):
        raise Conflict(f"not by rule: {reason}")
