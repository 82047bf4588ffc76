"""HTTP routes of galaxies, extended sources and known objects; their catalogues have the routes of all kinds of records."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.catalogs._models import ReferenceKind
from skyhub.catalogs._schemas import GALAXIES, REFERENCE_ENTRIES, SPATIAL_ENTRIES, Entries
from skyhub.catalogs._search import galaxies_near, inside_of
from skyhub.catalogs._store import store_entries
from skyhub.errors import InvalidInput
from skyhub.objects import position_of
from skyhub.science.coordinates import Position, parse_position
from skyhub.web import AsOf, Caller, Context, Limit, context_of, read_arrow, table_response

router = APIRouter(prefix="/api", tags=["catalogs"])

_At = Annotated[str | None, Query(description="A position (deg or sexagesimal)")]
_Object = Annotated[str | None, Query(description="Or the position of this object")]
_Replace = Annotated[bool, Query(description="This is the whole catalogue: other entries of it end")]
_Catalog = Annotated[str | None, Query(description="Only of this catalogue")]


@router.get("/galaxies")
async def galaxies(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    at: _At = None,
    object_id: _Object = None,
    radius: Annotated[float, Query(description="How far from there (arcsec)")] = 10.0,
    catalog: _Catalog = None,
    limit: Limit = 1000,
) -> Any:
    """Galaxies near a position or an object, nearest first."""
    context = context_of(request)
    position = await _position(context, caller, at, object_id, as_of)
    found = await context.run(galaxies_near, context.db, caller, position, radius, catalog, limit=limit, as_of=as_of)
    return table_response(request, found)


@router.post("/galaxies")
async def new_galaxies(request: Request, caller: Caller, catalog: str, replace: _Replace = False) -> dict[str, int]:
    """Store galaxies of a catalogue (an Arrow IPC stream)."""
    return await _stored(request, caller, GALAXIES, catalog, replace=replace)


@router.get("/spatial_entries")
async def spatial_entries(
    request: Request, caller: Caller, as_of: AsOf, at: _At = None, object_id: _Object = None, catalog: _Catalog = None
) -> Any:
    """Extended sources in whose cone or ellipse a position or an object lies."""
    context = context_of(request)
    position = await _position(context, caller, at, object_id, as_of)
    return table_response(request, await context.run(inside_of, context.db, caller, position, catalog, as_of))


@router.post("/spatial_entries")
async def new_spatial_entries(request: Request, caller: Caller, catalog: str) -> dict[str, int]:
    """Store extended sources of a catalogue (an Arrow IPC stream)."""
    return await _stored(request, caller, SPATIAL_ENTRIES, catalog)


@router.post("/reference_entries")
async def new_reference_entries(
    request: Request, caller: Caller, catalog: str, kind: ReferenceKind, replace: _Replace = False
) -> dict[str, int]:
    """Store known objects of a catalogue (an Arrow IPC stream)."""
    return await _stored(request, caller, REFERENCE_ENTRIES, catalog, kind=kind, replace=replace)


async def _stored(request: Request, caller: Caller, entries: Entries, catalog: str, **options: Any) -> dict[str, int]:
    context = context_of(request)
    caller.require(entries.kind.scope)
    table = await context.run(read_arrow, await request.body())
    done = await context.run(store_entries, context.db, caller, entries, catalog, table, **options)
    return done.to_json()


async def _position(context: Context, caller: Caller, at: str | None, object_id: str | None, as_of: AsOf) -> Position:
    if object_id is not None and at is None:
        return await context.run(position_of, context.db, caller, object_id, as_of)
    position = parse_position(at) if at is not None and object_id is None else None
    if position is None:
        raise InvalidInput(
            f"at is {at!r} and object_id {object_id!r}: give either a position such as 150.1 2.2, or an object.", "at"
        )
    return position
