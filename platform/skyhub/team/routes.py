"""HTTP routes of the caller, accounts and news."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from skyhub.team import add_user, groups_of, news, record_visit
from skyhub.web import Caller, context_of

router = APIRouter(prefix="/api", tags=["team"])


class UserRequest(BaseModel):
    """An account for embedded use."""

    name: str
    groups: list[str] = []
    streams: list[str] = []


@router.get("/me")
async def me(request: Request, caller: Caller) -> dict[str, Any]:
    """Who I am: name, groups, scopes."""
    return {"name": caller.name, "groups": groups_of(context_of(request).db, caller), "scopes": sorted(caller.scopes)}


@router.get("/news")
async def whats_new(request: Request, caller: Caller) -> dict[str, Any]:
    """What is new since the last visit."""
    context = context_of(request)
    return await context.run(news, context.db, caller, datetime.now(UTC))


@router.post("/visits")
async def visit(request: Request, caller: Caller) -> dict[str, bool]:
    """Note that the landing page was opened."""
    context = context_of(request)
    await context.run(record_visit, context.db, caller)
    return {"noted": True}


@router.post("/users")
async def user(request: Request, caller: Caller, body: UserRequest) -> dict[str, Any]:
    """Add an account."""
    caller.require("administer")
    context = context_of(request)
    return await context.run(add_user, context.db, body.name, body.groups, body.streams)
