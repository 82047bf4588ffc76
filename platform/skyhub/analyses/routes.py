"""HTTP routes of analyses beyond those of all records: asking for a fit, handing one in, and its parts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from skyhub.analyses import (
    FitRequest,
    analysis_notebook,
    analysis_overlays,
    corner_plot,
    request_fit,
    store_fit,
)
from skyhub.attachments import body_of, bytes_of, download
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api", tags=["analyses"])


class FitResult(BaseModel):
    """A fit that was made."""

    analysis: dict[str, Any] = Field(description="Fields of an analysis without the object")
    corner: str | None = Field(None, description="The corner plot: a PNG in base64")
    groups: list[str] | None = None
    annotate: bool = False


_RESULT = {"requestBody": {"content": {"application/json": {"schema": FitResult.model_json_schema()}}}}


@router.post("/objects/{object_id}/fits")
async def ask(request: Request, caller: Caller, object_id: str, body: FitRequest) -> dict[str, str]:
    """Ask for a fit of an object with one's own rights; its run is among the reports."""
    for scope in ("report", "save"):
        caller.require(scope)
    context = context_of(request)
    return {"report_id": await context.run(request_fit, context.db, caller, object_id, body)}


@router.post("/objects/{object_id}/fits/results", openapi_extra=_RESULT)
async def hand_in(request: Request, caller: Caller, object_id: str) -> dict[str, Any]:
    """Keep a fit, for those who see all that it was made from."""
    caller.require("save")
    context, body = context_of(request), await body_of(request, FitResult)

    def work() -> dict[str, Any]:
        corner = bytes_of(body.corner) if body.corner else None
        fields = {**body.analysis, "object_id": object_id}
        return store_fit(context.db, caller, fields, corner, body.groups, annotate=body.annotate)

    return await context.run(work)


@router.get("/analyses/{analysis_id:int}/overlays")
async def overlays(request: Request, caller: Caller, as_of: AsOf, analysis_id: Number) -> dict[str, Any]:
    """The model over the light curve."""
    context = context_of(request)
    return {"overlays": await context.run(analysis_overlays, context.db, caller, analysis_id, as_of)}


@router.get("/analyses/{analysis_id:int}/corner", response_class=Response)
async def corner(request: Request, caller: Caller, as_of: AsOf, analysis_id: Number) -> Response:
    """The corner plot, a PNG."""
    context = context_of(request)
    content = await context.run(corner_plot, context.db, caller, analysis_id, as_of)
    return download(content, f"analysis-{analysis_id}.png", "image/png")


@router.get("/analyses/{analysis_id:int}/notebook", response_class=Response)
async def notebook(request: Request, caller: Caller, as_of: AsOf, analysis_id: Number) -> Response:
    """The notebook that made it."""
    context = context_of(request)
    content = await context.run(analysis_notebook, context.db, caller, analysis_id, as_of)
    return download(content, f"analysis-{analysis_id}.ipynb", "application/json")
