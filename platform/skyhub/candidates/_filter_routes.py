"""HTTP routes of candidate filters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.candidates import explain_filter, filter_documents
from skyhub.web import AsOf, Caller, Limit, Number, context_of, number_of

router = APIRouter(prefix="/filters", tags=["filters"])

Version = Annotated[int | None, Query(ge=1, description="Which version; the live one by default")]


@router.get("")
async def filters(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """The candidate filters in force that one may see."""
    context = context_of(request)
    return {"filters": await context.run(filter_documents, context.db, caller, as_of)}


@router.get("/{filter_id}/explain")
async def explain(
    request: Request,
    caller: Caller,
    filter_id: Number,
    as_of: AsOf,
    candid: str | None = None,
    object_id: str | None = None,
    version: Version = None,
    limit: Limit = 10,
) -> dict[str, Any]:
    """What a filter makes of an alert, or of the newest alerts of an object: value and verdict of each cut."""
    context = context_of(request)
    asked = {"candid": number_of(candid, "candid") if candid else None, "object_id": object_id, "version": version}
    return await context.run(explain_filter, context.db, caller, filter_id, **asked, limit=limit, as_of=as_of)
