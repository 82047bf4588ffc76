"""What is planned when a localization comes, on whose time, for which events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.followup import ALLOCATIONS
from skyhub.notify import Conditions
from skyhub.planning import PlanAsked
from skyhub.records import Kind, Record, check, current_row

__all__ = ["DEFAULT_PLANS", "DefaultPlan", "asked_by"]

_NOT_WISHED = ("localization_id", "content", "instrument", "start", "end", "as_of")
_HOURS = 24.0


class DefaultPlan(Record):
    """A plan that is drafted with the rights of its author for each localization of events that are as the conditions ask."""

    name: str = Field(min_length=1, max_length=60, description="What it is called; plans are named after it")
    allocation_id: int = Field(ge=1, description="On whose time: its instrument is planned with")
    conditions: Conditions = Field(Conditions(), description="What a notice of the event must be like")
    wishes: dict[str, Any] = Field(
        description="Filters, exposure and more, as drafts take them; from the arrival on, for 24 hours if none are said"
    )
    for_group: str | None = Field(None, description="Who sees the plans; by default the author's groups that may")
    active: bool = Field(True, description="Whether it is followed")


def asked_by(default: DefaultPlan, allocation: Mapping[str, Any], localization_id: int, start: datetime) -> PlanAsked:
    """What a default plan asks for a localization, from a time (UTC) on. Raises `InvalidInput` if its wishes cannot be."""
    there = {"localization_id": localization_id, "instrument": allocation["instrument"], "start": start}
    asked: PlanAsked = check(PlanAsked, {"hours": _HOURS, **default.wishes, **there}, "wishes")
    return asked


def _prepared(db: Database, viewer: Viewer, defaults: Sequence[DefaultPlan]) -> list[DefaultPlan]:
    """Default plans that could be drafted, on time that their author may use."""
    mine = db.access.group_names(db.access.group_ids(viewer))
    for default in defaults:
        allocation = current_row(db, viewer, ALLOCATIONS, default.allocation_id)
        if "observation_plan" not in allocation["types"]:
            raise InvalidInput(
                f"allocation {default.allocation_id} is not for plans ({', '.join(allocation['types'])}): take one that is, or "
                "add observation_plan to its types.",
                "allocation_id",
            )
        if said := sorted(set(default.wishes) & set(_NOT_WISHED)):
            raise InvalidInput(
                f"{said[0]} is told by the event and the allocation: leave it out of the wishes.", f"wishes.{said[0]}"
            )
        if default.for_group is not None and default.for_group not in mine:
            raise InvalidInput(
                f"{default.for_group!r} is none of your groups: {', '.join(mine) or 'none'} are.", "for_group"
            )
        asked_by(default, allocation, 1, datetime.now(UTC))
    return list(defaults)


DEFAULT_PLANS = Kind(
    "default_plans",
    "default_plan",
    DefaultPlan,
    scope="trigger",
    sharing="personal",
    key=("name",),
    announced=("name",),
    prepare=_prepared,
)
"""The kind of record."""
