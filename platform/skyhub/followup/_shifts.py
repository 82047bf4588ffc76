"""Shifts: who of a group looks after the sky from when until when."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from skyhub.followup._allocations import Moment
from skyhub.records import Kind, Record

__all__ = ["SHIFTS", "Member", "Shift"]


class Member(BaseModel):
    """Somebody on a shift."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str = Field(min_length=1, max_length=200)
    needs_replacement: bool = Field(False, description="Whether anybody of the group may take over")


class Shift(Record):
    """A time in which members of a group look after the sky; it belongs to the groups that it is shared with."""

    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=10_000)
    start_date: Moment = Field(description="UTC")
    end_date: Moment = Field(description="UTC, not included")
    required_users: int | None = Field(None, ge=1, le=1000, description="So many are needed, and no more can join")
    admins: list[str] = Field([], max_length=100, description="Who may change it beside its author")
    members: list[Member] = Field([], max_length=1000, description="Who is on it")

    @field_validator("members")
    @classmethod
    def _each_once(cls, members: list[Member]) -> list[Member]:
        names = [member.user for member in members]
        if len(set(names)) < len(names):
            raise ValueError("somebody is named twice")
        return members

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end_date <= self.start_date:
            raise ValueError(f"the end, {self.end_date}, must come after the start, {self.start_date}")
        if self.required_users is not None and len(self.members) > self.required_users:
            raise ValueError(f"there are {len(self.members)} members and {self.required_users} are required")
        return self


SHIFTS: Kind[Any] = Kind("shifts", "shift", Shift, announced=("name",), editors="admins")
