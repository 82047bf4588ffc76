"""Schedules of people: what makes a report run by itself, with the rights that its owner has then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import ground_telescopes
from skyhub.notify import Conditions
from skyhub.records import Kind, Record
from skyhub.reports import LONGEST_TIMEOUT, ReportTemplate, due_times, find_template

__all__ = ["SCHEDULES", "ReportSchedule", "Trigger", "told_parameters"]

Trigger: TypeAlias = Literal["cron", "new_event", "new_localization", "end_of_night", "end_of_shift"]
_NEEDED = {"cron": "cron", "end_of_night": "telescope"}
_EXAMPLES = {"event": "latest", "dayobs": "last-night", "shift": ""}
"""What triggers tell the parameters of these names, or (of nights) of this type."""
_TOLD: dict[Trigger, frozenset[str]] = {
    "cron": frozenset(),
    "new_event": frozenset({"event"}),
    "new_localization": frozenset({"event"}),
    "end_of_night": frozenset({"dayobs"}),
    "end_of_shift": frozenset({"shift", "dayobs"}),
}


class ReportSchedule(Record):
    """When a report runs by itself for its author, or for a group of the author's with the rights of that group alone."""

    name: str = Field(min_length=1, max_length=60, description="What it is called")
    report: str = Field(description="Which report runs")
    parameters: dict[str, Any] = Field({}, description="Its parameters; the trigger gives event, night and shift")
    trigger: Trigger = Field(description="A time (cron), a new event or localization, the end of a night or of a shift")
    cron: str | None = Field(None, description="Five cron fields, UTC, such as 0 16 * * *")
    conditions: Conditions = Field(Conditions(), description="What the event's notice must be like")
    telescope: str | None = Field(None, description="At whose site the night ends")
    twilight: Literal["sunset", "civil", "nautical", "astronomical"] = Field(
        "astronomical", description="With which twilight the night ends"
    )
    for_group: str | None = Field(None, description="Who gets the results; the author alone if none is given")
    catch_up: Literal["none", "latest", "all"] = Field(
        "latest",
        description="Which of the runs that were missed for more than ten minutes, because nothing ran, follow",
    )
    retries: int = Field(1, ge=0, le=5, description="How often a run that failed is tried again")
    timeout: int | None = Field(None, ge=10, le=LONGEST_TIMEOUT, description="A run may take so long (s)")
    active: bool = Field(True, description="Whether it is followed")

    @model_validator(mode="after")
    def _has_what_its_trigger_needs(self) -> Self:
        for trigger, field in _NEEDED.items():
            if (getattr(self, field) is not None) != (self.trigger == trigger):
                raise ValueError(f"{field} is given with the trigger {trigger}, and with no other")
        if self.cron is not None:
            try:
                due_times(self.cron, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
            except InvalidInput as error:
                raise ValueError(error.message) from error
        return self


def told_parameters(template: ReportTemplate, schedule: ReportSchedule, told: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a run: those of its schedule, and what its trigger tells where the schedule says nothing."""
    known = template.sidecar.parameters
    found = {name: value for name, value in told.items() if name in known}
    if "dayobs" in told:
        found |= {name: told["dayobs"] for name, parameter in known.items() if parameter.type == "dayobs"}
    return {**found, **schedule.parameters}


def _prepared(db: Database, viewer: Viewer, schedules: Sequence[ReportSchedule]) -> list[ReportSchedule]:
    """Schedules of reports that their author may run as is asked."""
    for schedule in schedules:
        template = find_template(db, viewer, schedule.report)
        for scope in template.sidecar.scopes:
            viewer.require(scope)
        told = {name: _EXAMPLES[name] for name in _TOLD[schedule.trigger]}
        template.sidecar.values(told_parameters(template, schedule, told), datetime.now(UTC))
        mine = db.access.group_names(db.access.group_ids(viewer))
        if schedule.for_group is not None and schedule.for_group not in mine:
            raise InvalidInput(
                f"{schedule.for_group!r} is none of your groups: {', '.join(mine) or 'none'} are.", "for_group"
            )
        if schedule.telescope is not None:
            ground_telescopes(db, viewer, [schedule.telescope])
    return list(schedules)


SCHEDULES = Kind(
    "schedules",
    "schedule",
    ReportSchedule,
    scope="report",
    sharing="personal",
    key=("name",),
    announced=("name",),
    prepare=_prepared,
)
