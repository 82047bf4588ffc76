"""HTTP routes of alerts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from skyhub.alerts import alert_record, cutout_blob, find_alerts, png_of_cutout, thumbnails
from skyhub.db import json_value
from skyhub.errors import NotFound
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/alerts", tags=["alerts"])

_MEDIA = {"png": "image/png", "fits": "application/fits"}


@router.get("")
async def search_alerts(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    q: Annotated[str, Query(description="A candid, the name of an object, or coordinates (ICRS)")],
    radius: Annotated[float, Query(description="Around coordinates (arcsec)", allow_inf_nan=False)] = 5.0,
    limit: int = 100,
    cursor: Annotated[str | None, Query(description="From the answer before: the next page")] = None,
) -> dict[str, Any]:
    """Alerts by number, object or place, newest first; also those that no filter let through."""
    context = context_of(request)
    return await context.run(find_alerts, context.db, caller, q, radius, limit=limit, cursor=cursor, as_of=as_of)


@router.get("/thumbnails")
async def thumbnails_of_objects(
    request: Request, caller: Caller, as_of: AsOf, object_id: Annotated[list[str], Query(description="Up to 100")]
) -> dict[str, dict[str, str | None]]:
    """The cutouts of each object's newest alert, as PNGs in data URLs."""
    context = context_of(request)
    return await context.run(thumbnails, context.db, caller, object_id, as_of)


@router.get("/{candid}")
async def alert(
    request: Request, caller: Caller, candid: Number, as_of: AsOf, survey: str | None = None
) -> dict[str, Any]:
    """One alert with all fields of its packet; the survey tells alerts of the same number apart."""
    context = context_of(request)
    record = await context.run(alert_record, context.db, caller, candid, as_of, survey)
    record.pop("acl")
    shown: dict[str, Any] = json_value(record)
    return shown


@router.get("/{candid}/cutouts/{kind}.{form}", response_class=Response)
async def cutout(
    request: Request, caller: Caller, as_of: AsOf, candid: Number, kind: str, form: str, survey: str | None = None
) -> Response:
    """A cutout (science, template or difference) as ``png``, or as ``fits`` as in the packet."""
    context = context_of(request)
    if form not in _MEDIA:
        raise NotFound(f"{form!r} is no form of a cutout: {', '.join(_MEDIA)} are permitted.", form)
    blob = await context.run(cutout_blob, context.db, caller, candid, kind, as_of, survey)
    if form == "png":
        blob = await context.run(png_of_cutout, blob)
    return Response(blob, media_type=_MEDIA[form])
