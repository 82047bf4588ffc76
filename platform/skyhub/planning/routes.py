"""HTTP routes of planning."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from skyhub.adapters.telescopes import Program
from skyhub.attachments import body_of, download
from skyhub.pictures import PICTURES, PictureForm
from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import draft_plan
from skyhub.planning._explanation import ExplanationAsked, explain_kept_plan, explain_plan
from skyhub.planning._exports import ExportFormat, export_plan
from skyhub.planning._instrument import outlines_of
from skyhub.planning._joint import JointAsked, draft_plans
from skyhub.planning._kept import document_of, observations_of
from skyhub.planning._pictures import picture_of_plan
from skyhub.planning._progress import lines_of
from skyhub.planning._timeline import (
    JointTimelineAsked,
    TimelineAsked,
    timeline_of_kept_plan,
    timeline_of_plan,
    timeline_of_plans,
)
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/plans", tags=["planning"])

_MEDIA: dict[str, str] = {
    "pdf": "application/pdf",
    "gif": "image/gif",
    "csv": "text/csv",
    "json": "application/json",
    "ztf": "application/json",
    "rubin": "application/json",
}
_ENDINGS: dict[str, str] = {"ztf": "queue.json", "rubin": "list.json", "gcn": "txt", "ds9": "reg"}

_DRAFT = {"requestBody": {"content": {"application/json": {"schema": PlanAsked.model_json_schema()}}}}
_TOGETHER = {"requestBody": {"content": {"application/json": {"schema": JointAsked.model_json_schema()}}}}
_EXPLAIN = {"requestBody": {"content": {"application/json": {"schema": ExplanationAsked.model_json_schema()}}}}
_TIMELINE = {"requestBody": {"content": {"application/json": {"schema": TimelineAsked.model_json_schema()}}}}
_TIMELINES = {"requestBody": {"content": {"application/json": {"schema": JointTimelineAsked.model_json_schema()}}}}
Fields = Annotated[list[int] | None, Query(description="Only these fields; all that matter by default")]


@router.post("/draft", openapi_extra=_DRAFT)
async def draft(request: Request, caller: Caller) -> dict[str, Any]:
    """Plan observations of a localization; nothing is stored."""
    context, asked = context_of(request), await body_of(request, PlanAsked)
    return await context.run(draft_plan, context.db, caller, asked)


@router.post("/draft/progress", openapi_extra=_DRAFT, response_class=StreamingResponse)
async def draft_with_progress(request: Request, caller: Caller) -> StreamingResponse:
    """Plan, and tell how far it is: a JSON document a line, at last ``plan`` or ``error``; closing the connection ends it."""
    context, asked = context_of(request), await body_of(request, PlanAsked)
    lines = lines_of(partial(draft_plan, context.db, caller, asked), asked.budget)
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.post("/draft/together", openapi_extra=_TOGETHER)
async def draft_together(request: Request, caller: Caller) -> dict[str, Any]:
    """Plan observations of a localization with several telescopes that share its probability; nothing is stored."""
    context, asked = context_of(request), await body_of(request, JointAsked)
    return await context.run(draft_plans, context.db, caller, asked)


@router.post("/draft/together/progress", openapi_extra=_TOGETHER, response_class=StreamingResponse)
async def draft_together_with_progress(request: Request, caller: Caller) -> StreamingResponse:
    """Plan with several telescopes, and tell how far it is, as for one: a stage has the instrument before it."""
    context, asked = context_of(request), await body_of(request, JointAsked)
    lines = lines_of(partial(draft_plans, context.db, caller, asked), asked.budget)
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.post("/timeline/together", openapi_extra=_TIMELINES)
async def timeline_together(request: Request, caller: Caller) -> dict[str, Any]:
    """Plans of several telescopes along their nights, each and all together."""
    context, asked = context_of(request), await body_of(request, JointTimelineAsked)
    return await context.run(timeline_of_plans, context.db, caller, asked)


@router.post("/timeline", openapi_extra=_TIMELINE)
async def timeline(request: Request, caller: Caller) -> dict[str, Any]:
    """A plan that is not kept along its nights: twilights, Moon, airmass, how the probability grows."""
    context, asked = context_of(request), await body_of(request, TimelineAsked)
    return await context.run(timeline_of_plan, context.db, caller, asked)


@router.get("/{plan_id:int}/timeline")
async def timeline_of_kept(request: Request, caller: Caller, as_of: AsOf, plan_id: Number) -> dict[str, Any]:
    """A kept plan along its nights, by what was known when it was made."""
    context = context_of(request)
    return await context.run(timeline_of_kept_plan, context.db, caller, plan_id, as_of)


@router.post("/explain", openapi_extra=_EXPLAIN)
async def explain(request: Request, caller: Caller) -> dict[str, Any]:
    """Why fields are in a plan that is not kept, or not."""
    context, asked = context_of(request), await body_of(request, ExplanationAsked)
    return await context.run(explain_plan, context.db, caller, asked)


@router.get("/{plan_id:int}/explanation")
async def explanation(
    request: Request, caller: Caller, as_of: AsOf, plan_id: Number, field_id: Fields = None
) -> dict[str, Any]:
    """Why fields are in a kept plan, or not, by what was known when it was made."""
    context = context_of(request)
    return await context.run(explain_kept_plan, context.db, caller, plan_id, field_id, as_of)


@router.get("/{plan_id:int}/observations")
async def observations(request: Request, caller: Caller, as_of: AsOf, plan_id: Number) -> dict[str, Any]:
    """The exposures of a kept plan, in order."""
    context = context_of(request)
    return {"rows": await context.run(observations_of, context.db, caller, plan_id, as_of)}


@router.get("/{plan_id:int}/export", response_class=Response)
async def export(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    plan_id: Number,
    format: ExportFormat | PictureForm = "csv",
    program_id: Annotated[int, Query(ge=1, le=3, description="1 public, 2 partnership, 3 Caltech")] = 2,
    program_pi: str = "",
    subprogram_name: str = "ToO",
    queue_name: str = "",
) -> Response:
    """A kept plan as a file: a table, the queue of ZTF, a list for Rubin, the text of a circular, regions of ds9, pages with its
    figures (pdf), or an animation (gif)."""
    context = context_of(request)
    if format in PICTURES:
        content = await context.run(picture_of_plan, context.db, caller, plan_id, format, as_of)
        return download(content, f"plan-{plan_id}.{format}", _MEDIA[format])
    plan = await context.run(document_of, context.db, caller, plan_id, as_of)
    fields = await context.run(outlines_of, context.db, caller, plan, as_of) if format == "ds9" else ()
    content = export_plan(plan, format, Program(program_id, program_pi, subprogram_name, queue_name), fields)
    name = f"plan-{plan_id}.{_ENDINGS.get(format, format)}"
    return download(content, name, _MEDIA.get(format, "text/plain"))
