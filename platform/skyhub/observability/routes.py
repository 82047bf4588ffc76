"""HTTP routes of observability: of objects, and of free positions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from skyhub.attachments import body_of
from skyhub.observability._asked import Asked
from skyhub.observability._horizon import sky_over
from skyhub.observability._nights import hours_of_year, night_curves, observability
from skyhub.observability._observers import observers_of
from skyhub.observability._targets import TargetsAsked, observability_of_targets
from skyhub.records import UtcTime
from skyhub.web import AsOf, Caller, Number, context_of, table_response

router = APIRouter(prefix="/api", tags=["observability"])


def _asked(asked: Annotated[Asked, Query()]) -> Asked:
    return asked


Conditions = Annotated[Asked, Depends(_asked)]
Position = Annotated[str, Query(description="ICRS, in degrees or sexagesimal: 150.1 2.2 or 10:00:24 +02:12:00")]
Nights = Annotated[int, Query(description="How many nights, at most 366")]
Moment = Annotated[UtcTime | None, Query(description="When (UTC); now by default")]
Every = Annotated[int, Query(description="Days from one of them to the next")]


@router.get("/objects/{object_id}/observability")
async def of_object(
    request: Request, caller: Caller, object_id: str, asked: Conditions, as_of: AsOf
) -> dict[str, list[dict[str, Any]]]:
    """When an object can be observed in a night, from each telescope, the longest first."""
    context = context_of(request)
    rows = await context.run(observability, context.db, caller, asked, object_id=object_id, as_of=as_of)
    return {"telescopes": rows}


@router.get("/objects/{object_id}/observability/curves")
async def curves_of_object(request: Request, caller: Caller, object_id: str, asked: Conditions, as_of: AsOf) -> Any:
    """Where an object stands along a night, from each telescope."""
    context = context_of(request)
    table = await context.run(night_curves, context.db, caller, asked, object_id=object_id, as_of=as_of)
    return table_response(request, table)


@router.get("/objects/{object_id}/observability/year")
async def year_of_object(
    request: Request,
    caller: Caller,
    object_id: str,
    asked: Conditions,
    as_of: AsOf,
    nights: Nights = 365,
    every: Every = 1,
) -> Any:
    """In how many hours of each night an object can be observed from each telescope."""
    context = context_of(request)
    options = {"nights": nights, "every": every, "object_id": object_id, "as_of": as_of}
    return table_response(request, await context.run(hours_of_year, context.db, caller, asked, **options))


@router.get("/observability")
async def of_position(
    request: Request, caller: Caller, position: Position, asked: Conditions, as_of: AsOf
) -> dict[str, list[dict[str, Any]]]:
    """When a position can be observed in a night, from each telescope, the longest first."""
    context = context_of(request)
    rows = await context.run(observability, context.db, caller, asked, position=position, as_of=as_of)
    return {"telescopes": rows}


@router.get("/observability/curves")
async def curves_of_position(
    request: Request, caller: Caller, position: Position, asked: Conditions, as_of: AsOf
) -> Any:
    """Where a position stands along a night, from each telescope."""
    context = context_of(request)
    table = await context.run(night_curves, context.db, caller, asked, position=position, as_of=as_of)
    return table_response(request, table)


@router.get("/observability/year")
async def year_of_position(
    request: Request,
    caller: Caller,
    position: Position,
    asked: Conditions,
    as_of: AsOf,
    nights: Nights = 365,
    every: Every = 1,
) -> Any:
    """In how many hours of each night a position can be observed from each telescope."""
    context = context_of(request)
    options = {"nights": nights, "every": every, "position": position, "as_of": as_of}
    return table_response(request, await context.run(hours_of_year, context.db, caller, asked, **options))


@router.post(
    "/observability/targets",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": TargetsAsked.model_json_schema()}}}},
)
async def of_targets(request: Request, caller: Caller, as_of: AsOf) -> Any:
    """How long and when best each of many targets can be observed from each telescope in a night."""
    context, asked = context_of(request), await body_of(request, TargetsAsked)
    return table_response(request, await context.run(observability_of_targets, context.db, caller, asked, as_of))


@router.get("/observability/sky")
async def sky(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    telescope: Annotated[str, Query(description="A telescope on the ground, by name")],
    time: Moment = None,
) -> dict[str, Any]:
    """The horizon of a telescope, airmass 2 and the night side at a time, as lines on the sky (ICRS, deg)."""
    context = context_of(request)
    return await context.run(sky_over, context.db, caller, telescope, time or datetime.now(UTC), as_of)


@router.get("/localizations/{localization_id:int}/observers")
async def observers(
    request: Request, caller: Caller, localization_id: Number, asked: Conditions, as_of: AsOf, time: Moment = None
) -> dict[str, Any]:
    """The telescopes on the ground, with the probability of a localization that each can see at a time and in its night."""
    context, moment = context_of(request), time or datetime.now(UTC)
    what = {"localization_id": localization_id, "as_of": as_of}
    return await context.run(observers_of, context.db, caller, asked, moment, **what)


@router.get("/observability/observers")
async def observers_of_target(
    request: Request,
    caller: Caller,
    asked: Conditions,
    as_of: AsOf,
    object_id: str | None = None,
    position: str | None = None,
    time: Moment = None,
) -> dict[str, Any]:
    """The telescopes on the ground, with whether each can see an object or a position at a time and in its night."""
    context, moment = context_of(request), time or datetime.now(UTC)
    what = {"object_id": object_id, "position": position, "as_of": as_of}
    return await context.run(observers_of, context.db, caller, asked, moment, **what)
