"""HTTP routes of candidate filters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from skyhub.candidates import (
    activate_filter,
    deactivate_filter,
    dry_run,
    explain_filter,
    filter_documents,
    filter_record,
    filter_trials,
    propose_filter,
    try_filter,
)
from skyhub.science.nights import parse_dayobs
from skyhub.web import AsOf, Caller, Limit, Number, context_of, number_of

router = APIRouter(prefix="/filters", tags=["filters"])

Version = Annotated[int | None, Query(ge=1, description="Which version")]
Nights = Annotated[list[str] | None, Query(description="Nights, by the dates of their evenings")]


class Proposal(BaseModel):
    """A filter, or a new version of one."""

    model_config = ConfigDict(extra="forbid")

    name: str
    expression: str = Field(description="An SQL condition on one alert")
    group: str | None = Field(None, description="Whose filter it is; everybody's by default")
    survey: str = "ZTF"
    guard: float | None = Field(None, description="Greatest fraction of alerts that may pass; as before, or 0.05")


class LiveVersion(BaseModel):
    """Which version goes live, and why."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(description="None: no version is live any more")
    reason: str | None = None


class Trial(BaseModel):
    """What to try a version on."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, description="The newest by default")
    nights: list[str] = Field([], description="Reference nights; the three newest with alerts by default")
    known_objects: list[str] = Field([], description="Objects that it should find")
    list_name: str | None = Field(None, description="A list of such objects")


@router.get("")
async def filters(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    every: Annotated[bool, Query(description="With those that are not live")] = False,
) -> dict[str, Any]:
    """The candidate filters that one may see and that are live."""
    context = context_of(request)
    return {"filters": await context.run(filter_documents, context.db, caller, as_of, every=every)}


@router.post("")
async def propose(request: Request, caller: Caller, body: Proposal) -> dict[str, Any]:
    """Store a filter, or a new version of it, which is not live yet."""
    context = context_of(request)
    return await context.run(propose_filter, context.db, caller, **body.model_dump())


@router.get("/dry-run")
async def try_out(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    nights: Nights = None,
    filter_id: Annotated[int | None, Query(ge=1)] = None,
    version: Version = None,
    expression: str | None = None,
    survey: str = "ZTF",
) -> dict[str, Any]:
    """What a version, or a condition that is given, would let through of some nights; nothing is stored."""
    context = context_of(request)
    what = {"filter_id": filter_id, "version": version, "expression": expression, "survey": survey}
    dates = [parse_dayobs(night) for night in nights or ()]
    return await context.run(dry_run, context.db, caller, dates, **what, as_of=as_of)


@router.get("/{filter_id}")
async def record(request: Request, caller: Caller, filter_id: Number, as_of: AsOf) -> dict[str, Any]:
    """One filter with its versions and states."""
    context = context_of(request)
    return await context.run(filter_record, context.db, caller, filter_id, as_of)


@router.put("/{filter_id}/live")
async def set_live(request: Request, caller: Caller, filter_id: Number, body: LiveVersion) -> dict[str, Any]:
    """Let a version go live, or let the filter pass nothing any more."""
    context = context_of(request)
    if body.version is None:
        return await context.run(deactivate_filter, context.db, caller, filter_id, body.reason)
    return await context.run(activate_filter, context.db, caller, filter_id, body.version, body.reason)


@router.post("/{filter_id}/trials")
async def run_trial(request: Request, caller: Caller, filter_id: Number, body: Trial) -> dict[str, Any]:
    """Run a version over reference nights and keep the result."""
    context = context_of(request)
    dates = [parse_dayobs(night) for night in body.nights]
    what = (body.version, dates, body.known_objects, body.list_name)
    return await context.run(try_filter, context.db, caller, filter_id, *what)


@router.get("/{filter_id}/trials")
async def trials(request: Request, caller: Caller, filter_id: Number, as_of: AsOf) -> dict[str, Any]:
    """The trials of a filter's versions."""
    context = context_of(request)
    return {"trials": await context.run(filter_trials, context.db, caller, filter_id, as_of)}


@router.get("/{filter_id}/explain")
async def explain(
    request: Request,
    caller: Caller,
    filter_id: Number,
    as_of: AsOf,
    candid: str | None = None,
    object_id: str | None = None,
    version: Version = None,
    limit: Limit = 10,
) -> dict[str, Any]:
    """What a filter makes of an alert, or of the newest alerts of an object: value and verdict of each cut."""
    context = context_of(request)
    asked = {"candid": number_of(candid, "candid") if candid else None, "object_id": object_id, "version": version}
    return await context.run(explain_filter, context.db, caller, filter_id, **asked, limit=limit, as_of=as_of)
