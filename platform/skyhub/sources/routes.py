"""HTTP routes of objects and sources."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from skyhub.db import json_value
from skyhub.objects import ensure_object
from skyhub.sources import find_objects, object_record, save_source, sources_table, unsave_source
from skyhub.web import AsOf, Caller, Limit, context_of

router = APIRouter(prefix="/api", tags=["sources"])


class NewObject(BaseModel):
    """An object, and where it is."""

    object_id: str
    ra: float = Field(description="Right ascension (deg, ICRS)", allow_inf_nan=False)
    dec: float = Field(description="Declination (deg, ICRS)", allow_inf_nan=False)
    groups: list[str] | None = None


class SourceGroups(BaseModel):
    """For which groups an object is saved; its position, if it is not known yet."""

    groups: list[str] | None = Field(None, description="Some of one's groups; those that see it by default")
    ra: float | None = Field(None, allow_inf_nan=False)
    dec: float | None = Field(None, allow_inf_nan=False)


@router.get("/objects")
async def find(request: Request, caller: Caller, as_of: AsOf, q: str, radius: float = 60.0) -> dict[str, Any]:
    """Find objects by name, or by coordinates within a radius (arcsec)."""
    context = context_of(request)
    return {"objects": await context.run(find_objects, context.db, caller, q, radius, as_of)}


@router.get("/objects/{object_id}")
async def one_object(request: Request, caller: Caller, object_id: str, as_of: AsOf) -> dict[str, Any]:
    """All that is known of an object."""
    context = context_of(request)
    record: dict[str, Any] = json_value(await context.run(object_record, context.db, caller, object_id, as_of))
    return record


@router.post("/objects")
async def add_object(request: Request, caller: Caller, body: NewObject) -> dict[str, Any]:
    """Make an object that is not known yet."""
    context = context_of(request)
    new = await context.run(ensure_object, context.db, caller, body.object_id, body.ra, body.dec, body.groups)
    return {"object_id": body.object_id, "new": new}


@router.put("/sources/{object_id}")
async def save(request: Request, caller: Caller, object_id: str, body: SourceGroups) -> dict[str, Any]:
    """Save an object as a source of groups."""
    context = context_of(request)
    return await context.run(save_source, context.db, caller, object_id, body.groups, body.ra, body.dec)


@router.post("/sources/{object_id}/unsave")
async def unsave(request: Request, caller: Caller, object_id: str, body: SourceGroups) -> dict[str, Any]:
    """Take an object off the sources of groups."""
    context = context_of(request)
    return await context.run(unsave_source, context.db, caller, object_id, body.groups)


@router.get("/sources")
async def sources(request: Request, caller: Caller, as_of: AsOf, limit: Limit = 1000) -> dict[str, Any]:
    """The sources of one's groups, newest first."""
    context = context_of(request)
    return {"sources": await context.run(sources_table, context.db, caller, limit, as_of)}
