"""HTTP routes of finding: offset stars, finding charts and starlists."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import ConfigDict

from skyhub.finding._chart import ChartFormat, finding_chart
from skyhub.finding._rules import StarRules
from skyhub.finding._starlist import object_starlist
from skyhub.finding._stars import offset_stars
from skyhub.science.starlists import StarlistFormat
from skyhub.web import AsOf, Caller, context_of

router = APIRouter(prefix="/api", tags=["finding"])

_MEDIA: dict[ChartFormat, str] = {"png": "image/png", "pdf": "application/pdf"}


class _Asked(StarRules):
    """The rules among the other parameters of a request."""

    model_config = ConfigDict(extra="ignore")


def _rules(rules: Annotated[_Asked, Query()]) -> StarRules:
    return rules


Rules = Annotated[StarRules, Depends(_rules)]
Day = Annotated[date | None, Query(description="When it is observed; today by default")]


@router.get("/objects/{object_id}/offset-stars")
async def stars_of_object(
    request: Request, caller: Caller, object_id: str, rules: Rules, as_of: AsOf, day: Day = None
) -> dict[str, Any]:
    """An object's mean place, and the stars that a telescope can offset from, nearest first."""
    context = context_of(request)
    return await context.run(offset_stars, context.db, caller, object_id, rules, day=day, as_of=as_of)


@router.get("/objects/{object_id}/finding-chart")
async def chart_of_object(
    request: Request,
    caller: Caller,
    object_id: str,
    rules: Rules,
    as_of: AsOf,
    format: ChartFormat = "png",
    size_arcmin: Annotated[float, Query(description="Width on the sky, 1 to 15 arcmin")] = 4.0,
    day: Day = None,
) -> Response:
    """A chart to find an object with, as PNG or PDF."""
    context = context_of(request)
    content = await context.run(
        finding_chart, context.db, caller, object_id, format, size_arcmin, rules, day=day, as_of=as_of
    )
    return Response(content, media_type=_MEDIA[format])


@router.get("/starlist")
async def starlist_of_objects(
    request: Request,
    caller: Caller,
    object_id: Annotated[list[str], Query(description="The objects, in the order of the list")],
    as_of: AsOf,
    format: StarlistFormat = "keck",
    day: Day = None,
) -> PlainTextResponse:
    """Objects, each with its offset stars, in the form that a telescope reads."""
    context = context_of(request)
    text = await context.run(object_starlist, context.db, caller, object_id, format, day=day, as_of=as_of)
    return PlainTextResponse(text)
