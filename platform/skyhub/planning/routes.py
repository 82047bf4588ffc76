"""HTTP routes of planning."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.attachments import body_of
from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import draft_plan
from skyhub.web import Caller, context_of

router = APIRouter(prefix="/api/plans", tags=["planning"])

_DRAFT = {"requestBody": {"content": {"application/json": {"schema": PlanAsked.model_json_schema()}}}}


@router.post("/draft", openapi_extra=_DRAFT)
async def draft(request: Request, caller: Caller) -> dict[str, Any]:
    """Plan observations of a localization; nothing is stored."""
    context, asked = context_of(request), await body_of(request, PlanAsked)
    return await context.run(draft_plan, context.db, caller, asked)
