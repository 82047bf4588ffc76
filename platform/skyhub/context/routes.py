"""HTTP routes of what was found around alerts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from skyhub.context._read import object_context
from skyhub.context._store import match_again
from skyhub.web import AsOf, Caller, context_of

router = APIRouter(prefix="/api", tags=["context"])


class MatchRequest(BaseModel):
    """Which alerts to compare with the catalogues again."""

    object_ids: list[str] = Field(default_factory=list, description="All alerts of these objects")
    nights: list[date] = Field(default_factory=list, description="All alerts of these nights")


@router.get("/objects/{object_id}/context")
async def context_of_object(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    object_id: str,
    limit: Annotated[int, Query(description="At most so many alerts")] = 10,
) -> dict[str, Any]:
    """What catalogues say of the place of an object: host, TNS, stars, active nuclei, variables, minor planets."""
    context = context_of(request)
    return await context.run(object_context, context.db, caller, object_id, limit, as_of)


@router.post("/context/match")
async def match_alerts_again(request: Request, caller: Caller, body: MatchRequest) -> dict[str, int]:
    """Compare alerts with the catalogues of now; what differs is kept as a new version of their context."""
    context = context_of(request)
    caller.require("upload")
    done = await context.run(match_again, context.db, caller, body.object_ids, body.nights)
    return done.to_json()
