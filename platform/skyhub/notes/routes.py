"""HTTP routes of notes beyond those that every kind of record has."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from skyhub.db import json_rows
from skyhub.notes import annotated, toggle, watches_at
from skyhub.web import AsOf, Caller, Limit, context_of

router = APIRouter(prefix="/api", tags=["notes"])

Right = Annotated[float, Query(ge=0, le=360, description="Right ascension (deg, ICRS)")]
Declination = Annotated[float, Query(ge=-90, le=90, description="Declination (deg, ICRS)")]


class Toggle(BaseModel):
    """An object to put on a list of one's own, or to take off it."""

    object_id: str
    list_name: str


@router.get("/annotations/search")
async def search_annotations(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    key: str,
    origin: str | None = None,
    low: Annotated[float | None, Query(alias="min", allow_inf_nan=False)] = None,
    high: Annotated[float | None, Query(alias="max", allow_inf_nan=False)] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """What has a number under a key between two bounds."""
    context = context_of(request)
    found = await context.run(
        annotated, context.db, caller, key, origin=origin, low=low, high=high, limit=limit, as_of=as_of
    )
    return {"rows": json_rows(found)}


@router.post("/list_entries/toggle")
async def toggle_entry(request: Request, caller: Caller, body: Toggle) -> dict[str, Any]:
    """Put an object on a list of one's own, or take it off."""
    context = context_of(request)
    return await context.run(toggle, context.db, caller, body.object_id, body.list_name)


@router.get("/list_entries/watching")
async def watching(request: Request, caller: Caller, as_of: AsOf, ra: Right, dec: Declination) -> dict[str, Any]:
    """The entries of watch lists that a position lies within."""
    context = context_of(request)
    return {"rows": json_rows(await context.run(watches_at, context.db, caller, ra, dec, as_of))}
