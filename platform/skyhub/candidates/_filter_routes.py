"""HTTP routes of candidate filters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from skyhub.candidates import (
    activate_filter,
    deactivate_filter,
    dry_run,
    explain_filter,
    filter_completeness,
    filter_documents,
    filter_passes,
    filter_purity,
    filter_record,
    filter_status,
    filter_trials,
    propose_filter,
    try_filter,
)
from skyhub.candidates._filters import Language
from skyhub.science.nights import parse_dayobs
from skyhub.science.proportions import ONE_SIGMA
from skyhub.web import AsOf, Caller, Limit, Number, context_of, number_of

router = APIRouter(prefix="/filters", tags=["filters"])

Version = Annotated[int | None, Query(ge=1, description="Which version")]


class Proposal(BaseModel):
    """A filter, or a new version of one."""

    model_config = ConfigDict(extra="forbid")

    name: str
    expression: str = Field(description="An SQL condition on one alert, or the source of a function in Python")
    language: Language = "sql"
    annotations: dict[str, str] = Field({}, description="SQL expressions by key, noted of what passes")
    autosave: list[str] = Field([], description="Groups for which what passes is saved")
    group: str | None = Field(None, description="Whose filter it is; everybody's by default")
    survey: str = "ZTF"
    guard: float | None = Field(None, description="Greatest fraction of alerts that may pass; as before, or 0.05")


class DryRun(BaseModel):
    """What to try, and on which nights."""

    model_config = ConfigDict(extra="forbid")

    nights: list[str] = Field([], description="The three newest with alerts by default")
    filter_id: str | None = None
    version: int | None = Field(None, ge=1, description="The newest by default")
    expression: str | None = Field(None, description="A condition or a function to try instead of a version")
    language: Language = "sql"
    annotations: dict[str, str] = {}
    survey: str = "ZTF"
    as_of: datetime | None = Field(None, description="Only facts known at this time")


class Known(BaseModel):
    """Objects whose class is known, to run through filters again."""

    model_config = ConfigDict(extra="forbid")

    known: dict[str, bool] = Field(description="Of objects by name, whether a filter should let them through")
    nights: list[str] = Field([], description="The three newest with alerts by default")
    filter_ids: list[str] = Field([], description="All that are live by default")
    every_version: bool = Field(False, description="All versions, instead of the live or newest one")
    confidence: float = Field(ONE_SIGMA, gt=0, lt=1, description="Probability of the intervals")
    as_of: datetime | None = Field(None, description="Only facts known at this time")


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


@router.post("/dry-run")
async def try_out(request: Request, caller: Caller, body: DryRun) -> dict[str, Any]:
    """What a version, or a condition or function that is given, would let through of some nights; nothing is stored."""
    context = context_of(request)
    what = body.model_dump(exclude={"nights", "filter_id", "as_of"})
    as_of = _utc(body.as_of)
    number = None if body.filter_id is None else number_of(body.filter_id, "filter_id")
    dates = [parse_dayobs(night) for night in body.nights]
    return await context.run(dry_run, context.db, caller, dates, filter_id=number, **what, as_of=as_of)


@router.post("/completeness")
async def completeness(request: Request, caller: Caller, body: Known) -> dict[str, Any]:
    """Completeness and purity of filters by known objects, with their intervals; nothing is stored."""
    context = context_of(request)
    numbers = [number_of(number, "filter_ids") for number in body.filter_ids]
    what = (body.known, [parse_dayobs(night) for night in body.nights], numbers)
    told = {"every_version": body.every_version, "confidence": body.confidence, "as_of": _utc(body.as_of)}
    return {"filters": await context.run(filter_completeness, context.db, caller, *what, **told)}


@router.get("/purity")
async def purity(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    dayobs: Annotated[list[str], Query(description="Nights; several are permitted")],
    filter_id: Annotated[list[str], Query(description="Which filters; all by default")] = [],  # noqa: B006
    classification: Annotated[list[str], Query(description="Classes that count as real")] = [],  # noqa: B006
    confidence: Annotated[float, Query(gt=0, lt=1, description="Probability of the intervals")] = ONE_SIGMA,
) -> dict[str, Any]:
    """Purity of filters by what people decided on the candidates of nights, by version and night."""
    context = context_of(request)
    numbers = [number_of(number, "filter_id") for number in filter_id]
    asked = (caller, [parse_dayobs(night) for night in dayobs], numbers)
    told = {"classes": classification, "confidence": confidence, "as_of": as_of}
    return {"filters": await context.run(filter_purity, context.db, *asked, **told)}


@router.get("/passes")
async def passes(request: Request, caller: Caller, as_of: AsOf, dayobs: str | None = None) -> dict[str, Any]:
    """How many alerts each filter has let through in a night (the newest by default), and how it fares."""
    context = context_of(request)
    night = parse_dayobs(dayobs) if dayobs else None
    return await context.run(filter_passes, context.db, caller, night, as_of)


@router.get("/{filter_id}/status")
async def status(request: Request, caller: Caller, filter_id: Number, as_of: AsOf) -> dict[str, Any]:
    """How a filter has fared since its live version went live."""
    context = context_of(request)
    return await context.run(filter_status, context.db, caller, filter_id, as_of)


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


def _utc(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
