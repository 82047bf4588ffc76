"""HTTP routes of searching, and of searches that are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.records import from_query, query_parameters
from skyhub.search import (
    Search,
    run_due_searches,
    run_search,
    search_finds,
    search_objects,
    search_places,
    search_runs,
    search_table,
    similar_objects,
)
from skyhub.web import ARROW, AsOf, Caller, Limit, Number, arrow_response, context_of, number_of, table_response

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


@router.get("/objects/{object_id}/similar")
async def similar(request: Request, caller: Caller, object_id: str, as_of: AsOf, limit: Limit = 10) -> Any:
    """The objects whose light curves add up to the most similar figures, nearest first."""
    context = context_of(request)
    return table_response(request, await context.run(similar_objects, context.db, caller, object_id, limit, as_of))


@router.post("/searches/due")
async def due_searches(request: Request, caller: Caller) -> dict[str, Any]:
    """Run the nightly searches that are due."""
    caller.require("execute")
    context = context_of(request)
    return {"runs": await context.run(run_due_searches, context.db, datetime.now(UTC))}


@router.post("/searches/{search_id}/run")
async def run_one(request: Request, caller: Caller, search_id: Number) -> dict[str, Any]:
    """Run a persistent search now: what it finds that no earlier run did."""
    context = context_of(request)
    return await context.run(run_search, context.db, caller, search_id)


@router.get("/searches/{search_id}/runs")
async def runs_of(request: Request, caller: Caller, as_of: AsOf, search_id: Number) -> dict[str, Any]:
    """When a persistent search was run."""
    context = context_of(request)
    return {"rows": await context.run(search_runs, context.db, caller, search_id, as_of)}


@router.get("/searches/{search_id}/finds")
async def finds_of(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    search_id: Number,
    run: Annotated[str | None, Query(description="Only what this run found first")] = None,
) -> dict[str, Any]:
    """What a persistent search has found, with the run that first did."""
    context = context_of(request)
    number = None if run is None else number_of(run, "run")
    return {"rows": await context.run(search_finds, context.db, caller, search_id, number, as_of)}
