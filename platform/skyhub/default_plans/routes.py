"""HTTP routes of default plans."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.default_plans import drafts_of_defaults, watch_default_plans
from skyhub.web import AsOf, Caller, context_of

router = APIRouter(prefix="/api/default_plans", tags=["planning"])


@router.post("/due")
async def due(request: Request, caller: Caller) -> dict[str, Any]:
    """Draft the plans of localizations that have come."""
    caller.require("execute")
    context = context_of(request)
    return {"plan_ids": await context.run(watch_default_plans, context.db, datetime.now(UTC))}


@router.get("/drafts")
async def drafts(
    request: Request, caller: Caller, as_of: AsOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """What became of one's default plans, newest first."""
    context = context_of(request)
    return {"rows": await context.run(drafts_of_defaults, context.db, caller, limit, as_of)}
