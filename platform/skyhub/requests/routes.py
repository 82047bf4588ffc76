"""HTTP routes of requests beyond those of all records: for people who ask, and for the worker that talks to telescopes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from skyhub.attachments import body_of
from skyhub.requests import (
    RequestOutcome,
    ask,
    cancel_request,
    claim_request,
    finish_request,
    list_queues,
    list_sendings,
    request_status,
    retrieve_request,
    send_by_rules,
    submit_request,
    switch_off,
)
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api", tags=["requests"])


class Asked(BaseModel):
    """A request that is kept and sent."""

    request: dict[str, Any] = Field(description="Fields of a request")
    groups: list[str] | None = Field(None, description="Who shall see it; those who see the allocation by default")


class PlanSent(BaseModel):
    """To which telescope a plan is sent."""

    allocation_id: int = Field(ge=1, description="On whose time")
    payload: dict[str, Any] = Field({}, description="What the queue's form says")
    comment: str = Field("", max_length=5000)
    groups: list[str] | None = Field(None, description="Who shall see the request")


_OUTCOME = {"requestBody": {"content": {"application/json": {"schema": RequestOutcome.model_json_schema()}}}}


@router.get("/requests/queues")
async def queues(request: Request, caller: Caller) -> dict[str, Any]:
    """The queues of telescopes, with the forms that they want filled in."""
    context = context_of(request)
    return {"rows": list_queues(context.db)}


@router.post("/requests/submit")
async def ask_for(request: Request, caller: Caller, body: Asked) -> dict[str, Any]:
    """Ask for observations: the request is kept, and sent by the worker."""
    caller.require("trigger")
    context = context_of(request)
    return await context.run(ask, context.db, caller, body.request, body.groups)


@router.post("/plans/{plan_id:int}/send")
async def send_plan(request: Request, caller: Caller, plan_id: Number, body: PlanSent) -> dict[str, Any]:
    """Send an approved plan to its telescope: the request that does so."""
    caller.require("trigger")
    context = context_of(request)
    fields = {"plan_id": plan_id, **body.model_dump(include={"allocation_id", "payload", "comment"})}
    return await context.run(ask, context.db, caller, fields, body.groups)


@router.post("/requests/{request_id:int}/submit")
async def submit(request: Request, caller: Caller, request_id: Number) -> dict[str, Any]:
    """Let a request be sent as it is now."""
    context = context_of(request)
    return await context.run(submit_request, context.db, caller, request_id)


@router.post("/requests/{request_id:int}/cancel")
async def cancel(request: Request, caller: Caller, request_id: Number) -> dict[str, Any]:
    """Let a request be taken back."""
    context = context_of(request)
    return await context.run(cancel_request, context.db, caller, request_id)


@router.post("/requests/{request_id:int}/retrieve")
async def retrieve(request: Request, caller: Caller, request_id: Number) -> dict[str, Any]:
    """Let the telescope be asked now what became of a request, and for its data."""
    context = context_of(request)
    return await context.run(retrieve_request, context.db, caller, request_id)


@router.get("/requests/{request_id:int}/status")
async def status(request: Request, caller: Caller, as_of: AsOf, request_id: Number) -> dict[str, Any]:
    """A request with its states and what was said with the telescope."""
    context = context_of(request)
    return await context.run(request_status, context.db, caller, request_id, as_of)


@router.post("/sending_rules/due")
async def due(request: Request, caller: Caller) -> dict[str, Any]:
    """Send the plans of default plans that rules are for."""
    caller.require("execute")
    context = context_of(request)
    return {"plan_ids": await context.run(send_by_rules, context.db, datetime.now(UTC))}


@router.get("/sending_rules/sendings")
async def sendings(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    sending_rule_id: Annotated[int | None, Query(ge=1, description="By this rule alone")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """What sending rules did with plans, newest first."""
    context = context_of(request)
    return {"rows": await context.run(list_sendings, context.db, caller, sending_rule_id, limit, as_of)}


@router.post("/sending_rules/{sending_rule_id:int}/off")
async def off(request: Request, caller: Caller, sending_rule_id: Number) -> dict[str, Any]:
    """Switch a sending rule off at once."""
    context = context_of(request)
    return await context.run(switch_off, context.db, caller, sending_rule_id)


@router.post("/requests/claims")
async def claim(request: Request, caller: Caller) -> dict[str, Any]:
    """Take a lease on the next step that is due; secrets stay encrypted."""
    caller.require("execute")
    context = context_of(request)
    return {"claim": await context.run(claim_request, context.db, datetime.now(UTC))}


@router.post("/requests/{request_id:int}/outcome", openapi_extra=_OUTCOME)
async def outcome(request: Request, caller: Caller, request_id: Number) -> dict[str, Any]:
    """Close a step that was claimed, or have it tried again."""
    caller.require("execute")
    context, body = context_of(request), await body_of(request, RequestOutcome)
    return await context.run(finish_request, context.db, request_id, body)
