"""The record of a sending rule: by which the plans of a default plan are sent without a click, under which conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.default_plans import DEFAULT_PLANS
from skyhub.errors import PermissionRefused
from skyhub.followup import ALLOCATIONS, require_member
from skyhub.planning import PLANS
from skyhub.records import Kind, Record, amend, current_row, get, require_editor_of
from skyhub.requests._queues import QueueBook, checked_payload
from skyhub.requests._rights import require_type
from skyhub.requests._rule_words import words_of

__all__ = ["SENDING_RULES", "SendingRule", "require_standing", "switch_off"]

_OURS: dict[str, Any] = {"readOnly": True}
_BOUNDS = "SELECT DISTINCT acl FROM @allocations* WHERE allocation_id = ?"
_DEFAULTS = """
    SELECT * FROM @default_plans* WHERE list_contains(?, default_plan_id)
    QUALIFY row_number() OVER (PARTITION BY default_plan_id ORDER BY version DESC) = 1
"""
_STOPS = """
    SELECT sending_rule_id, detail FROM @rule_sendings WHERE state = 'stopped' AND list_contains(?, sending_rule_id)
    QUALIFY row_number() OVER (PARTITION BY sending_rule_id ORDER BY rule_sending_id DESC) = 1
"""


class SendingRule(Record):
    """That the plans of a default plan are approved and sent with the rights of the rule's author, and when they are not."""

    default_plan_id: int = Field(ge=1, description="The default plan, one's own")
    payload: dict[str, Any] = Field({}, description="What the form of the queue says")
    lowest_probability: float = Field(ge=0, le=1, description="A plan with less within its fields is not sent")
    most_hours: float = Field(
        gt=0, description="A plan with longer exposures in total is not sent", json_schema_extra={"unit": "h"}
    )
    latest_start: float = Field(
        gt=0, description="A plan that begins so long after the event is not sent", json_schema_extra={"unit": "h"}
    )
    newer: Literal["draft", "send", "update"] = Field(
        "draft",
        description="Plans of newer localizations of an event: drafted only, sent too, or put in the place of what was sent",
    )
    cancel_retracted: bool = Field(False, description="Whether what was sent is taken back if the event is retracted")
    active: bool = Field(False, description="Whether it is in force: plans that are drafted from then on are sent")
    allocation_id: int | None = Field(
        None, description="The default plan's; kept by the platform", json_schema_extra=_OURS
    )
    default_plan_version: int | None = Field(
        None, description="Of the default plan that it was made for; kept by the platform", json_schema_extra=_OURS
    )


def require_standing(db: Database, viewer: Viewer, rule: SendingRule) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The rows of the default plan and of the allocation of a rule that a viewer may make, or whose author he still may be.

    Raises
    ------
    NotFound, PermissionRefused, InvalidInput
        If the viewer is not the author of the default plan, no administrator of the allocation, may not ask for observations
        or approve plans, or the queue does not take such plans.
    """
    for scope in (SENDING_RULES.scope, PLANS.scope):
        viewer.require(scope)
    default = current_row(db, viewer, DEFAULT_PLANS, rule.default_plan_id)
    if default["author"] != viewer.name:
        raise PermissionRefused(
            f"default plan {rule.default_plan_id} is of {default['author']}: make one of your own.", "default_plan_id"
        )
    allocation = current_row(db, viewer, ALLOCATIONS, default["allocation_id"])
    require_member(db, viewer, allocation)
    require_editor_of(db, viewer, ALLOCATIONS, allocation)
    kind = db.part(QueueBook).kind_for(allocation["instrument"])
    payload = checked_payload(kind, "plan", rule.payload)
    require_type(allocation, kind.types["plan"])
    return default, {**allocation, "payload": payload}


def switch_off(db: Database, viewer: Viewer, sending_rule_id: int) -> dict[str, Any]:
    """Switch a sending rule off at once, as every member of its groups may.

    What it has queued and no telescope has is not sent any more; what a telescope has stays there.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer does not see the rule, may not ask for observations, or is in none of its groups.
    """
    viewer.require(SENDING_RULES.scope)

    def change(rule: SendingRule, row: Mapping[str, Any]) -> dict[str, Any]:
        groups, _ = db.access.members(row["acl"])
        if not (groups & db.access.group_ids(viewer) or row["author"] == viewer.name):
            raise PermissionRefused(
                f"sending rule {sending_rule_id} is for members of its groups alone.", "sending_rule_id"
            )
        return {"active": False} if rule.active else {}

    amend(db, viewer, SENDING_RULES, sending_rule_id, change)
    return get(db, viewer, SENDING_RULES, sending_rule_id)


def _prepare(db: Database, viewer: Viewer, rules: Sequence[SendingRule]) -> list[SendingRule]:
    return [_checked(db, viewer, rule) for rule in rules]


def _checked(db: Database, viewer: Viewer, rule: SendingRule) -> SendingRule:
    """A rule that the viewer may make; what is switched off needs no more rights than its record."""
    if not rule.active and rule.default_plan_version is not None:
        return rule
    default, allocation = require_standing(db, viewer, rule)
    found = {"allocation_id": default["allocation_id"], "default_plan_version": default["version"]}
    return rule.model_copy(update={**found, "payload": allocation["payload"]})


def _made_from(db: Database, viewer: Viewer, rule: SendingRule) -> set[int]:
    """The access sets of the allocation, also if it is gone: a rule can be switched off in any case."""
    return {row["acl"] for row in db.reader.rows(viewer, _BOUNDS, [rule.allocation_id])}


def _present(
    db: Database, viewer: Viewer, documents: list[dict[str, Any]], as_of: datetime | None
) -> list[dict[str, Any]]:
    """Rules as they are read: in words. Who sees a rule is told what it is for, also of a default plan that is another's."""
    numbers = [int(document["default_plan_id"]) for document in documents]
    defaults = {row["default_plan_id"]: row for row in db.reader.rows(ADMINISTRATOR, _DEFAULTS, [numbers], as_of)}
    rules = [int(document["sending_rule_id"]) for document in documents]
    stops = {row["sending_rule_id"]: row["detail"] for row in db.reader.rows(ADMINISTRATOR, _STOPS, [rules], as_of)}
    return [
        {
            **document,
            "words": words_of(
                document, defaults.get(int(document["default_plan_id"])), stops.get(int(document["sending_rule_id"]))
            ),
        }
        for document in documents
    ]


SENDING_RULES = Kind(
    "sending_rules",
    "sending_rule",
    SendingRule,
    scope="trigger",
    key=("default_plan_id",),
    announced=("default_plan_id", "active"),
    made_from=_made_from,
    prepare=_prepare,
    present=_present,
    parts=("rule_sendings",),
)
"""The kind of record."""
