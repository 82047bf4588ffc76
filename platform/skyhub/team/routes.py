"""HTTP routes of the caller, groups, users, tokens, news, and why a row is visible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from skyhub.team import _group_routes, _token_routes, explain, groups_of, news, record_visit
from skyhub.web import AsOf, Caller, context_of

router = APIRouter()
_own = APIRouter(prefix="/api", tags=["team"])


@_own.get("/me")
async def me(request: Request, caller: Caller) -> dict[str, Any]:
    """Who I am: name, groups, scopes."""
    return {"name": caller.name, "groups": groups_of(context_of(request).db, caller), "scopes": sorted(caller.scopes)}


@_own.get("/news")
async def whats_new(request: Request, caller: Caller) -> dict[str, Any]:
    """What is new since the last visit."""
    context = context_of(request)
    return await context.run(news, context.db, caller, datetime.now(UTC))


@_own.post("/visits")
async def visit(request: Request, caller: Caller) -> dict[str, bool]:
    """Note that the landing page was opened."""
    context = context_of(request)
    await context.run(record_visit, context.db, caller)
    return {"noted": True}


@_own.get("/explain/{table}/{row_id}")
async def why(request: Request, caller: Caller, table: str, row_id: str, as_of: AsOf) -> dict[str, Any]:
    """By which rule one sees a row; of a hidden one no more than of one that does not exist."""
    context = context_of(request)
    return await context.run(explain, context.db, caller, table, row_id, as_of)


for _part in (_own, _group_routes.router, _token_routes.router):
    router.include_router(_part)
