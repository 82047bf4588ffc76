"""HTTP routes of photometry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from skyhub.errors import InvalidInput, NotFound
from skyhub.photometry import (
    Choice,
    Duplicates,
    Sharing,
    photometry_history,
    photometry_table,
    remove_photometry,
    share_photometry,
    statistics,
    upload_photometry,
)
from skyhub.photometry._body import read_body
from skyhub.web import AsOf, Caller, context_of, table_response

router = APIRouter(prefix="/api/photometry", tags=["photometry"])

Versions = Annotated[Literal["current", "all"], Query(description="all: with what was superseded")]

_Duplicates = Annotated[Duplicates, Query(description="newest, forced, unforced: one point of each exposure")]


@router.post("")
async def upload(request: Request, caller: Caller) -> dict[str, Any]:
    """Store points: an Arrow stream, or JSON of rows or columns; the answer says what became of each row."""
    caller.require("upload")
    context = context_of(request)
    table, options = await context.run(read_body, request.headers.get("content-type", ""), await request.body())
    return asdict(await context.run(upload_photometry, context.db, caller, table, options))


@router.post("/share")
async def share(request: Request, caller: Caller, sharing: Sharing) -> dict[str, Any]:
    """Say which groups see points from now on."""
    context = context_of(request)
    return await context.run(share_photometry, context.db, caller, sharing)


@router.post("/remove")
async def remove(request: Request, caller: Caller, choice: Choice) -> dict[str, Any]:
    """End points; what was known earlier still tells of them."""
    context = context_of(request)
    return await context.run(remove_photometry, context.db, caller, choice)


@router.get("/{object_id}", response_model=None)
async def photometry(
    request: Request,
    caller: Caller,
    object_id: str,
    as_of: AsOf,
    versions: Versions = "current",
    duplicates: _Duplicates = "all",
) -> Any:
    """The light curve of an object, as Arrow or JSON."""
    context = context_of(request)
    if versions == "all":
        if duplicates != "all":
            raise InvalidInput(
                f"versions=all shows what was superseded: leave duplicates={duplicates} out.", "duplicates"
            )
        table = await context.run(photometry_history, context.db, caller, object_id, as_of)
    else:
        table = await context.run(photometry_table, context.db, caller, object_id, as_of, duplicates)
    if not len(table):
        raise NotFound(f"there is no photometry of {object_id!r} among what you may see.", object_id)
    return table_response(request, table)


@router.get("/{object_id}/statistics")
async def object_statistics(request: Request, caller: Caller, object_id: str, as_of: AsOf) -> dict[str, Any]:
    """What the points of an object add up to."""
    context = context_of(request)
    found = await context.run(statistics, context.db, caller, [object_id], as_of)
    if object_id not in found:
        raise NotFound(f"there is no photometry of {object_id!r} among what you may see.", object_id)
    return {"object_id": object_id, **found[object_id]}
