"""HTTP routes of searching."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.records import from_query, query_parameters
from skyhub.search import Search, search_objects, search_places, search_table
from skyhub.web import ARROW, AsOf, Caller, arrow_response, context_of, table_response

router = APIRouter(prefix="/api", tags=["search"])

_PARAMETERS = {"parameters": query_parameters(Search)}


@router.get("/search", openapi_extra=_PARAMETERS)
async def search(request: Request, caller: Caller, as_of: AsOf) -> Any:
    """Objects that one may see, by what is known of them, a page at a time; as Arrow, if the caller accepts it."""
    context = context_of(request)
    asked = from_query(Search, request.query_params, "search")
    if ARROW in request.headers.get("accept", ""):
        return arrow_response(*await context.run(search_table, context.db, caller, asked, as_of))
    return await context.run(search_objects, context.db, caller, asked, as_of)


@router.get("/search/places", openapi_extra=_PARAMETERS)
async def places(request: Request, caller: Caller, as_of: AsOf) -> Any:
    """Where all objects of a search lie, whatever page they are on."""
    context = context_of(request)
    asked = from_query(Search, request.query_params, "search")
    return table_response(request, await context.run(search_places, context.db, caller, asked, as_of))
