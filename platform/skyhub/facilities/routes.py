"""HTTP routes of instruments' fields and footprints; their records have the routes of all kinds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.errors import InvalidInput
from skyhub.facilities._coverage import camera, fields_at
from skyhub.facilities._fields import fields_table, store_fields
from skyhub.science.coordinates import parse_position
from skyhub.web import AsOf, Caller, context_of, read_arrow, table_response

router = APIRouter(prefix="/api/instruments", tags=["instruments"])


@router.get("/{name:path}/fields")
async def fields(
    request: Request,
    caller: Caller,
    name: str,
    as_of: AsOf,
    at: Annotated[str | None, Query(description="Only fields that see this position (deg or sexagesimal)")] = None,
) -> Any:
    """The fields of an instrument."""
    context = context_of(request)
    if at is None:
        return table_response(request, await context.run(fields_table, context.db, caller, name, as_of))
    position = parse_position(at)
    if position is None:
        raise InvalidInput(f"{at!r} is no position: give it as 150.1 2.2 or 10:00:24 +02:12:00.", "at")
    return table_response(request, await context.run(fields_at, context.db, caller, name, position, as_of))


@router.post("/{name:path}/fields")
async def new_grid(request: Request, caller: Caller, name: str, keep: bool = False) -> dict[str, Any]:
    """Store the grid of an instrument (an Arrow IPC stream; a footprint in its metadata)."""
    context = context_of(request)
    grid = await context.run(read_arrow, await request.body())
    metadata = grid.schema.metadata or {}
    footprint = metadata[b"footprint"].decode() if b"footprint" in metadata else None
    stored = await context.run(store_fields, context.db, caller, name, grid, footprint, keep=keep)
    return stored.to_json()


@router.get("/{name:path}/footprint")
async def footprint(request: Request, caller: Caller, name: str, as_of: AsOf) -> dict[str, Any]:
    """What an instrument sees at once: corners as offsets (deg) from where it points, area (deg²), radius (deg)."""
    context = context_of(request)
    seen = await context.run(camera, context.db, caller, name, as_of)
    polygons = [polygon.tolist() for polygon in seen.polygons]
    return {"polygons": polygons, "area": float(seen.areas.sum()), "radius": seen.radius}
