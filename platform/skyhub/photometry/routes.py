"""HTTP routes of photometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Literal

import pyarrow as pa
from fastapi import APIRouter, Query, Request

from skyhub.db import Viewer
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
from skyhub.web import AsOf, Caller, Context, TableEndpoint, context_of, table_response

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
    if versions == "all" and duplicates != "all":
        raise InvalidInput(f"versions=all shows what was superseded: leave duplicates={duplicates} out.", "duplicates")
    read = photometry_history if versions == "all" else partial(photometry_table, duplicates=duplicates)
    return table_response(request, await _points(context_of(request), caller, object_id, partial(read, as_of=as_of)))


async def _points(
    context: Context, caller: Viewer, object_id: str, read: Callable[..., pa.Table] = photometry_table
) -> pa.Table:
    table = await context.run(read, context.db, caller, object_id)
    if not len(table):
        raise NotFound(f"there is no photometry of {object_id!r} among what you may see.", object_id)
    return table


SHORT: dict[str, TableEndpoint] = {"/api/photometry": _points}
"""The light curves as they are asked for most often, by the path before the object's name."""


@router.get("/{object_id}/statistics")
async def object_statistics(request: Request, caller: Caller, object_id: str, as_of: AsOf) -> dict[str, Any]:
    """What the points of an object add up to."""
    context = context_of(request)
    found = await context.run(statistics, context.db, caller, [object_id], as_of)
    if object_id not in found:
        raise NotFound(f"there is no photometry of {object_id!r} among what you may see.", object_id)
    return {"object_id": object_id, **found[object_id]}
