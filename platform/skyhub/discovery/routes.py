"""HTTP routes of what is looked for in an event."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import json_rows
from skyhub.discovery import CounterpartSearch, GalaxySearch, event_counterparts, event_galaxies, set_status
from skyhub.records import from_query, query_parameters
from skyhub.web import ARROW, AsOf, Caller, arrow_response, context_of

router = APIRouter(prefix="/api/events", tags=["events"])


class NewStatus(BaseModel):
    """What an object is held for in an event."""

    model_config = ConfigDict(extra="forbid")

    object_id: str = Field(description="The object")
    status: str = Field(description="pending, confirmed, ambiguous or rejected")
    reason: str | None = Field(default=None, description="Why, in a few words")
    notes: str | None = Field(default=None, description="More about it")
    circular: int | None = Field(default=None, description="Number of the GCN circular from which it is known")


@router.get("/{event}/counterparts", openapi_extra={"parameters": query_parameters(CounterpartSearch)})
async def counterparts(request: Request, caller: Caller, as_of: AsOf, event: str) -> Any:
    """Objects inside the event's localization, the likeliest first."""
    context, asked = context_of(request), from_query(CounterpartSearch, request.query_params, "search")
    table, about = await context.run(event_counterparts, context.db, caller, event, asked, as_of)
    return _answer(request, table, about)


@router.get("/{event}/galaxies", openapi_extra={"parameters": query_parameters(GalaxySearch)})
async def galaxies(request: Request, caller: Caller, as_of: AsOf, event: str) -> Any:
    """Galaxies inside the event's localization, the likeliest first."""
    context, asked = context_of(request), from_query(GalaxySearch, request.query_params, "search")
    table, about = await context.run(event_galaxies, context.db, caller, event, asked, as_of)
    return _answer(request, table, about)


@router.post("/{event}/counterparts")
async def new_status(request: Request, caller: Caller, event: str, body: NewStatus) -> dict[str, Any]:
    """Say what an object is held for."""
    caller.require("save")
    context = context_of(request)
    said = (body.object_id, body.status, body.reason, body.notes, body.circular)
    return await context.run(set_status, context.db, caller, event, *said)


def _answer(request: Request, table: pa.Table, about: dict[str, str]) -> Any:
    if ARROW in request.headers.get("accept", ""):
        return arrow_response(table, about)
    return {**about, "rows": json_rows(table.to_pylist())}
