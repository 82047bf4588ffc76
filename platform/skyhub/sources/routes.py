"""HTTP routes of objects and sources."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.db import json_value
from skyhub.sources import find_objects, object_record, sources_table
from skyhub.web import AsOf, Caller, Limit, context_of

router = APIRouter(prefix="/api", tags=["sources"])


@router.get("/objects")
async def find(request: Request, caller: Caller, q: str, radius: float = 60.0) -> dict[str, Any]:
    """Find objects by name, or by coordinates within a radius (arcsec)."""
    context = context_of(request)
    return {"objects": await context.run(find_objects, context.db, caller, q, radius)}


@router.get("/objects/{object_id}")
async def one_object(request: Request, caller: Caller, object_id: str, as_of: AsOf) -> dict[str, Any]:
    """All that is known of an object."""
    context = context_of(request)
    record: dict[str, Any] = json_value(await context.run(object_record, context.db, caller, object_id, as_of))
    return record


@router.get("/sources")
async def sources(request: Request, caller: Caller, as_of: AsOf, limit: Limit = 1000) -> dict[str, Any]:
    """The sources of one's groups, newest first."""
    context = context_of(request)
    return {"sources": await context.run(sources_table, context.db, caller, limit, as_of)}
