"""HTTP routes of alerts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from skyhub.alerts import alert_record, cutout_blob, png_of_cutout
from skyhub.db import json_value
from skyhub.errors import NotFound
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/alerts", tags=["alerts"])

_MEDIA = {"png": "image/png", "fits": "application/fits"}


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
