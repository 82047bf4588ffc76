"""HTTP routes of messages: for their readers, and for the worker that delivers them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from skyhub.notify import (
    Outcome,
    claim_delivery,
    finish_delivery,
    list_messages,
    read_messages,
    unread_messages,
    watch_journal,
)
from skyhub.web import AsOf, Caller, Number, context_of, number_of

router = APIRouter(prefix="/api/messages", tags=["messages"])


class ReadRequest(BaseModel):
    """Which messages were read."""

    message_ids: list[str] | None = Field(None, max_length=1000, description="All of one's own if it is not given")


class OutcomeRequest(BaseModel):
    """What came of sending."""

    state: Literal["sent", "retry", "failed"]
    detail: str = Field("", max_length=2000)
    unsure: bool = False
    retry_after: float | None = Field(None, ge=0)


@router.get("")
async def messages(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    unread: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many")] = 50,
    before: Annotated[str | None, Query(description="Only older than this one: the next page")] = None,
) -> dict[str, Any]:
    """One's own messages, newest first."""
    context = context_of(request)
    last = number_of(before, "before") if before else None
    options: dict[str, Any] = {"unread": unread, "limit": limit, "before": last, "as_of": as_of}
    return {"rows": await context.run(list_messages, context.db, caller, **options)}


@router.get("/unread")
async def count_unread(request: Request, caller: Caller, as_of: AsOf) -> dict[str, int]:
    """How many of one's newest hundred messages were not read."""
    context = context_of(request)
    return {"unread": await context.run(unread_messages, context.db, caller, as_of)}


@router.post("/read")
async def mark_read(request: Request, caller: Caller, body: ReadRequest) -> dict[str, int]:
    """Note that messages of one's own were read."""
    context = context_of(request)
    given = body.message_ids
    numbers = None if given is None else [number_of(text, "message_ids") for text in given]
    return await context.run(read_messages, context.db, caller, numbers)


@router.post("/due")
async def due(request: Request, caller: Caller) -> dict[str, int]:
    """Look at what has happened, and write down whom to tell of it."""
    caller.require("execute")
    context = context_of(request)
    return {"messages": await context.run(watch_journal, context.db)}


@router.post("/claims")
async def claim(request: Request, caller: Caller) -> dict[str, Any]:
    """Take a lease on the next delivery that is due; its address stays encrypted."""
    caller.require("execute")
    context = context_of(request)
    return {"claim": await context.run(claim_delivery, context.db, datetime.now(UTC))}


@router.post("/deliveries/{delivery_id}/outcome")
async def outcome(request: Request, caller: Caller, delivery_id: Number, body: OutcomeRequest) -> dict[str, Any]:
    """Close a delivery that was claimed, or have it tried again."""
    caller.require("execute")
    context = context_of(request)
    return await context.run(finish_delivery, context.db, delivery_id, Outcome(**body.model_dump()))
