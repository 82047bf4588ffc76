"""HTTP routes of candidates and decisions."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from skyhub.candidates import (
    Selection,
    cards,
    centroid,
    decide,
    distributions,
    explain_alert,
    explain_candidate,
    population,
    queue,
    queue_nights,
    scanner_agreement,
)
from skyhub.candidates._decisions import decides_without_looking, deciding
from skyhub.candidates._filter_routes import router as filters
from skyhub.candidates._injection_routes import router as injection_routes
from skyhub.db import Stale, Viewer, json_value
from skyhub.records import from_query, query_parameters
from skyhub.science.nights import parse_dayobs
from skyhub.web import (
    AsOf,
    Caller,
    Context,
    Endpoint,
    Limit,
    Number,
    checked_body,
    context_of,
    number_of,
    table_response,
)

router = APIRouter(prefix="/api", tags=["candidates"])
router.include_router(filters)
router.include_router(injection_routes)


class DecisionRequest(BaseModel):
    """A scanner's decision."""

    key: str = Field(description="Unique to this decision; sent twice, it is stored once")
    candidate_id: str
    verdict: str = Field(description="save, reject or undo")
    groups: list[str] | None = Field(None, description="For which of one's groups; those of the filters by default")


@router.get("/candidates", openapi_extra={"parameters": query_parameters(Selection)})
async def candidate_queue(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """The scan queue of a night (the newest by default) or of several, one entry per object, a page at a time."""
    context = context_of(request)
    selection = from_query(Selection, request.query_params, "selection")
    return await context.run(queue, context.db, caller, selection, as_of)


@router.get("/candidates/nights")
async def nights(request: Request, caller: Caller, as_of: AsOf, limit: Limit = 30) -> dict[str, Any]:
    """The newest nights with candidates."""
    context = context_of(request)
    return {"nights": await context.run(queue_nights, context.db, caller, limit, as_of)}


@router.get("/candidates/population", openapi_extra={"parameters": query_parameters(Selection)})
async def candidate_population(request: Request, caller: Caller, as_of: AsOf) -> Any:
    """What is known of all candidates of a selection, one row per object; as Arrow, if the caller accepts it."""
    context = context_of(request)
    selection = from_query(Selection, request.query_params, "selection")
    return table_response(request, await context.run(population, context.db, caller, selection, as_of))


@router.get("/candidates/cards")
async def candidate_cards(request: Request, caller: Caller, as_of: AsOf, ids: str) -> dict[str, Any]:
    """All that a scanner sees of some candidates (``ids`` separated by commas)."""
    context = context_of(request)
    numbers = [number_of(number, "ids") for number in ids.split(",")]
    return {"cards": await context.run(cards, context.db, caller, numbers, as_of)}


@router.get("/candidates/{candidate_id}/explain")
async def why_here(request: Request, caller: Caller, candidate_id: Number, as_of: AsOf) -> dict[str, Any]:
    """Why a candidate is here: the filters that let its object through in its night, each with its cuts at that time."""
    context = context_of(request)
    return await context.run(explain_candidate, context.db, caller, candidate_id, as_of)


@router.get("/candidates/{candidate_id}/centroid")
async def positions(request: Request, caller: Caller, candidate_id: Number, as_of: AsOf) -> dict[str, Any]:
    """Where a candidate's object was detected, around the median, with the nearest source of the reference image."""
    context = context_of(request)
    found: dict[str, Any] = json_value(await context.run(centroid, context.db, caller, candidate_id, as_of))
    return found


@router.get("/candidates/distributions")
async def annotation_distributions(request: Request, caller: Caller, as_of: AsOf, dayobs: str) -> dict[str, Any]:
    """How the annotations of the candidates of a night that one may see are distributed."""
    context = context_of(request)
    found = await context.run(distributions, context.db, caller, parse_dayobs(dayobs), as_of)
    return {"dayobs": dayobs, "distributions": found}


@router.get("/candidates/agreement")
async def agreement(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    dayobs: Annotated[list[str], Query(description="Nights; several are permitted")],
    group: Annotated[list[str], Query(description="Some of one's groups; all by default")] = [],  # noqa: B006
    me: Annotated[bool, Query(description="Also one's own decisions against all others'")] = False,
) -> dict[str, Any]:
    """How far scanners agree on the candidates of nights; no other's figures are told by name."""
    context = context_of(request)
    nights = [parse_dayobs(night) for night in dayobs]
    return await context.run(scanner_agreement, context.db, caller, nights, group, me=me, as_of=as_of)


@router.get("/alerts/{candid}/verdicts")
async def verdicts(
    request: Request, caller: Caller, candid: Number, as_of: AsOf, survey: str | None = None
) -> dict[str, Any]:
    """What each of one's filters makes of an alert; the survey tells alerts of the same number apart."""
    context = context_of(request)
    return {"verdicts": await context.run(explain_alert, context.db, caller, candid, as_of, survey)}


@router.post("/decisions")
async def decision(request: Request, caller: Caller, body: DecisionRequest) -> dict[str, Any]:
    """Save or reject a candidate, or undo the last decision on it."""
    return await decided(context_of(request), caller, body)


async def decided(context: Context, caller: Viewer, body: DecisionRequest) -> dict[str, Any]:
    """Store a decision; a thread of its own is for those that must look something up."""
    db, number = context.db, number_of(body.candidate_id, "candidate_id")
    given = (db, caller, body.key, number, body.verdict, body.groups)
    if decides_without_looking(db, caller, number):
        with suppress(Stale):
            return await asyncio.wrap_future(deciding(*given)())
    return await context.run(decide, *given)


async def _decided_shortly(context: Context, caller: Viewer, content: bytes) -> dict[str, Any]:
    return await decided(context, caller, checked_body(DecisionRequest, content))


SHORT: dict[str, Endpoint] = {"/api/decisions": _decided_shortly}
"""The small writes, by path."""
