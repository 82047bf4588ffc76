"""HTTP routes of photometry."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.errors import NotFound
from skyhub.photometry import photometry_table
from skyhub.web import AsOf, Caller, context_of, table_response

router = APIRouter(prefix="/api/photometry", tags=["photometry"])


@router.get("/{object_id}", response_model=None)
async def photometry(request: Request, caller: Caller, object_id: str, as_of: AsOf) -> Any:
    """The light curve of an object, as Arrow or JSON."""
    context = context_of(request)
    table = await context.run(photometry_table, context.db, caller, object_id, as_of)
    if not len(table):
        raise NotFound(f"there is no photometry of {object_id!r} among what you may see.", object_id)
    return table_response(request, table)
