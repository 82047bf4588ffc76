"""HTTP routes of blind injections."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from skyhub.candidates._injection_results import injection_result
from skyhub.candidates._injections import close_injection, injections, prepare_injection
from skyhub.science.nights import parse_dayobs
from skyhub.science.proportions import ONE_SIGMA
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/injections", tags=["injections"])


class NewInjection(BaseModel):
    """Known objects to offer to scanners again."""

    model_config = ConfigDict(extra="forbid")

    name: str
    group: str = Field(description="Whose scanners; one that the caller administers")
    object_ids: list[str] = Field(description="Candidates of the group's filters in the night")
    dayobs: str | None = Field(None, description="The newest night with candidates by default")


@router.post("")
async def prepare(request: Request, caller: Caller, body: NewInjection) -> dict[str, Any]:
    """Offer known objects to the scanners of a group again, unmarked."""
    context = context_of(request)
    assert context.directory is not None
    members = (await context.run(context.directory.members)).get(body.group, ())
    night = parse_dayobs(body.dayobs) if body.dayobs else None
    given = (context.db, caller, members, body.name, body.group, body.object_ids, night)
    return await context.run(prepare_injection, *given)


@router.get("")
async def known_injections(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """One's own injections, and those of one's groups that are closed."""
    context = context_of(request)
    return {"injections": await context.run(injections, context.db, caller, as_of)}


@router.post("/{injection_id}/close")
async def close(request: Request, caller: Caller, injection_id: Number) -> dict[str, Any]:
    """End an injection: all see again what stands."""
    context = context_of(request)
    return await context.run(close_injection, context.db, caller, injection_id)


@router.get("/{injection_id}/result")
async def result(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    injection_id: Number,
    confidence: Annotated[float, Query(gt=0, lt=1, description="Probability of the intervals")] = ONE_SIGMA,
) -> dict[str, Any]:
    """How many of the objects the scanners saved; one's own figures for oneself alone, if one has chosen so."""
    context = context_of(request)
    return await context.run(injection_result, context.db, caller, injection_id, confidence=confidence, as_of=as_of)
