"""Rules: of what a user wants to be told, and through which channels beside the dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from skyhub.config import EventSettings
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.notices import Role
from skyhub.notify._channels import CHANNELS
from skyhub.records import Kind, Record, find

__all__ = ["RULES", "Conditions", "Occasion", "Rule"]

Occasion: TypeAlias = Literal["new_event", "updated_event", "retracted_event", "save", "mention", "sending"]


class Conditions(EventSettings):
    """What an event's notice must be like. A retraction is told if any notice of its event was so."""

    roles: list[Role] = Field(["observation"], description="Roles of notices")
    types: list[str] = Field(["*"], description="Types of notices, as patterns; types are written as GCN's topics")
    ignored_types: list[str] = Field([], description="Types that are left out, as patterns")
    ignored_tags: list[str] = Field([], description="Tags that it must not have, such as Subthreshold")
    tags: list[str] = Field([], description="Tags that it must have, such as Significant")
    highest_far: float | None = Field(None, gt=0, description="Highest false-alarm rate (Hz), if it states one")
    lowest: dict[str, float] = Field({}, description="Lowest values of properties, such as HasNS, if it states them")
    highest: dict[str, float] = Field({}, description="Highest values of properties, if it states them")
    largest_area: float | None = Field(None, gt=0, description="Largest area of the 90 % region (deg²), if it has one")


class Rule(Record):
    """Of what its author is told. It shows in the dashboards, and goes through the channels that are named."""

    name: str = Field(min_length=1, max_length=60, description="What it is called")
    occasions: list[Occasion] = Field(
        min_length=1,
        description="new_event, updated_event, retracted_event, save (of a source by others), mention, sending (by a sending rule)",
    )
    conditions: Conditions = Field(Conditions(), description="What events must be like; the others have no conditions")
    saved_for: list[str] = Field([], max_length=100, description="Groups for whose saves; all of one's own if empty")
    channels: list[str] = Field([], max_length=20, description="Names of own channels")
    urgent: bool = Field(False, description="Whether it is told in quiet hours too")
    active: bool = Field(True, description="Whether it is followed")

    @field_validator("occasions", "saved_for", "channels")
    @classmethod
    def _each_once(cls, values: list[str]) -> list[str]:
        if len(set(values)) < len(values):
            raise ValueError("each may be given once")
        return values


def _prepared(db: Database, viewer: Viewer, rules: Sequence[Rule]) -> list[Rule]:
    """Rules whose groups and channels are known to their author."""
    mine = db.access.group_names(db.access.group_ids(viewer))
    channels = [channel["name"] for channel in find(db, viewer, CHANNELS, {"author": viewer.name})]
    for rule in rules:
        _require_known(rule.saved_for, mine, "groups", "saved_for")
        _require_known(rule.channels, channels, "channels", "channels")
    return list(rules)


def _require_known(given: Sequence[str], known: Sequence[str], what: str, where: str) -> None:
    for name in given:
        if name not in known:
            raise InvalidInput(f"{name!r} is none of your {what}: {', '.join(known) or 'none'} are.", where)


RULES = Kind("rules", "rule", Rule, sharing="personal", key=("name",), announced=("name",), prepare=_prepared)
