"""HTTP route of survey images: the service asks for them, never the browser."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.images import survey_image
from skyhub.web import Caller, context_of

router = APIRouter(prefix="/api", tags=["images"])


@router.get("/objects/{object_id}/survey-image")
async def image_of_object(request: Request, caller: Caller, object_id: str) -> dict[str, Any]:
    """An object's surroundings in a deep survey, where a service that gives such images is set up."""
    context = context_of(request)
    return await context.run(survey_image, context.db, caller, object_id)
