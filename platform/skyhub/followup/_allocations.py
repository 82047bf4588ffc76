"""Allocations: time at an instrument that a group may use, and the secrets with which it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused, StorageError
from skyhub.facilities import instrument_named
from skyhub.followup._sealed import Sealer
from skyhub.records import Kind, Record, current_row

__all__ = ["ALLOCATIONS", "Allocation", "Moment", "Validity", "allocation_secrets", "require_member"]

_LONGEST_SECRET = 10_000
_WRITE_ONLY: dict[str, Any] = {"writeOnly": True, "stored_names": "secret_names"}


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time; without a zone it is UTC."""


class Validity(BaseModel):
    """From when until when an allocation may be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start_date: Moment = Field(description="UTC")
    end_date: Moment = Field(description="UTC, not included")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end_date <= self.start_date:
            raise ValueError(f"the end, {self.end_date}, must come after the start, {self.start_date}")
        return self


class Allocation(Record):
    """Time at an instrument.

    Secrets (accounts, passwords, keys of the telescope's interface) are given under ``secrets`` and never come back:
    only their names do. In a correction, those that are named are replaced, and removed if null; the others stay.
    """

    title: str = Field(min_length=1, max_length=200)
    pi: str = Field(min_length=1, max_length=200, description="Principal investigator")
    proposal_id: str | None = Field(None, max_length=100, description="As the observatory names it")
    instrument: str = Field(min_length=1, description="Name of the instrument")
    validity_ranges: list[Validity] = Field([], max_length=100, description="When it may be used; always if empty")
    hours_allocated: float | None = Field(None, gt=0, description="Time", json_schema_extra={"unit": "h"})
    types: list[Literal["triggered", "forced_photometry", "observation_plan"]] = Field(
        ["triggered"], min_length=1, description="What may be asked for"
    )
    admins: list[str] = Field([], max_length=100, description="Who may change it beside its author")
    default_share_groups: list[str] = Field([], max_length=100, description="Groups that results are shared with")
    secrets: dict[str, str | None] = Field(
        {}, max_length=50, description="By name; write only", json_schema_extra=_WRITE_ONLY
    )
    secret_names: list[str] = Field(
        [], description="Names of the secrets that it has; kept by the platform", json_schema_extra={"readOnly": True}
    )
    sealed: str | None = Field(
        None,
        description="The secrets, encrypted; kept by the platform",
        json_schema_extra={"readOnly": True, "writeOnly": True},
    )

    @field_validator("types", "admins", "default_share_groups")
    @classmethod
    def _each_once(cls, values: list[str]) -> list[str]:
        if len(set(values)) < len(values):
            raise ValueError("each may be given once")
        return values

    @field_validator("secrets")
    @classmethod
    def _short(cls, secrets: dict[str, str | None]) -> dict[str, str | None]:
        if any(not name or len(name) > 100 or len(value or "") > _LONGEST_SECRET for name, value in secrets.items()):
            raise ValueError(f"names have 1 to 100 characters, secrets at most {_LONGEST_SECRET}")
        return secrets


def _prepared(db: Database, viewer: Viewer, records: Sequence[Allocation]) -> list[Allocation]:
    """Allocations with the instrument's own name, groups that there are, and secrets sealed."""
    sealer = Sealer(db.data_dir)
    return [_checked(db, viewer, sealer, record) for record in records]


def _checked(db: Database, viewer: Viewer, sealer: Sealer, record: Allocation) -> Allocation:
    instrument: str = instrument_named(db, viewer, record.instrument)["name"]
    mine = db.access.group_names(db.access.group_ids(viewer))
    for group in record.default_share_groups:
        if group not in mine:
            raise InvalidInput(f"{group!r} is none of your groups: {', '.join(mine)} are.", "default_share_groups")
    secrets = _sealed_before(sealer, record.sealed) | record.secrets
    kept = {name: value for name, value in secrets.items() if value is not None}
    unchanged = record.sealed is not None and not record.secrets
    update: dict[str, Any] = {
        "instrument": instrument,
        "secrets": {},
        "secret_names": sorted(kept),
        "sealed": record.sealed if unchanged else sealer.seal(kept) if kept else None,
    }
    return record.model_copy(update=update)


def _sealed_before(sealer: Sealer, sealed: str | None) -> dict[str, str | None]:
    if sealed is None:
        return {}
    try:
        return {**sealer.open(sealed)}
    except StorageError as error:
        raise InvalidInput(f"{error.message} Set sealed to null to begin anew.", "sealed") from error


def allocation_secrets(db: Database, viewer: Viewer, allocation_id: int) -> dict[str, str]:
    """The secrets of an allocation, for the part of the platform that talks to its telescope; no route gives them.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see the allocation, or not ask for observations.
    """
    viewer.require(ALLOCATIONS.scope)
    sealed = current_row(db, viewer, ALLOCATIONS, allocation_id)["sealed"]
    if sealed is None:
        raise NotFound(f"allocation {allocation_id} has no secrets: add them with an edit.", str(allocation_id))
    return Sealer(db.data_dir).open(sealed)


ALLOCATIONS = Kind(
    "allocations",
    "allocation",
    Allocation,
    scope="trigger",
    secret=frozenset({"secrets", "sealed"}),
    announced=("title", "instrument"),
    editors="admins",
    prepare=_prepared,
)


def require_member(db: Database, viewer: Viewer, allocation: Mapping[str, Any]) -> None:
    """Raise `PermissionRefused` unless the viewer is in a group of an allocation (a row of its table), or wrote it."""
    groups, _ = db.access.members(allocation["acl"])
    if not (groups & db.access.group_ids(viewer) or allocation["author"] == viewer.name):
        raise PermissionRefused(
            f"allocation {allocation['allocation_id']} is for members of its groups alone.", "allocation_id"
        )
