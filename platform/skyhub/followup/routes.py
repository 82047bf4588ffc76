"""HTTP routes of shifts beyond those of all records: going on and off them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from skyhub.followup import current_shifts, join, leave, need_replacement, replace
from skyhub.followup._allocations import Moment
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/shifts", tags=["shifts"])


class Leaving(BaseModel):
    """Who goes off a shift."""

    user: str | None = Field(None, description="Somebody else, if one may change the shift")


class Asking(BaseModel):
    """Whether a replacement is needed."""

    needed: bool = True


class TakingOver(BaseModel):
    """Whose place is taken."""

    user: str


@router.get("/current")
async def current(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    at: Annotated[Moment | None, Query(description="Under way at this time (UTC); now by default")] = None,
) -> dict[str, Any]:
    """My shifts that are under way."""
    context = context_of(request)
    moment: datetime | None = at
    return {"rows": await context.run(current_shifts, context.db, caller, moment, as_of)}


@router.post("/{shift_id:int}/join")
async def join_shift(request: Request, caller: Caller, shift_id: Number) -> dict[str, Any]:
    """Go on a shift of one of my groups; ``overlaps`` names my other shifts at the same time."""
    context = context_of(request)
    return await context.run(join, context.db, caller, shift_id)


@router.post("/{shift_id:int}/leave")
async def leave_shift(request: Request, caller: Caller, shift_id: Number, body: Leaving) -> dict[str, Any]:
    """Go off a shift."""
    context = context_of(request)
    return await context.run(leave, context.db, caller, shift_id, body.user)


@router.post("/{shift_id:int}/replacement")
async def ask_replacement(request: Request, caller: Caller, shift_id: Number, body: Asking) -> dict[str, Any]:
    """Say whether anybody of the groups may take my place."""
    context = context_of(request)
    return await context.run(need_replacement, context.db, caller, shift_id, body.needed)


@router.post("/{shift_id:int}/replace")
async def replace_member(request: Request, caller: Caller, shift_id: Number, body: TakingOver) -> dict[str, Any]:
    """Take the place of a member who asks for it."""
    context = context_of(request)
    return await context.run(replace, context.db, caller, shift_id, body.user)
