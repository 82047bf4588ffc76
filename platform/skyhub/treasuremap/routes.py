"""HTTP routes of the Treasure Map."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.attachments import body_of
from skyhub.db import json_rows
from skyhub.treasuremap._asked import DoiAsked, Fetching, Sharing
from skyhub.treasuremap._fetch import fetch_pointings
from skyhub.treasuremap._kept import shared_pointings
from skyhub.treasuremap._share import cancel_pointings, request_doi, share_pointings
from skyhub.web import AsOf, Caller, context_of

router = APIRouter(prefix="/api/treasuremap", tags=["treasure map"])


def _body(model: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}}}


@router.get("/pointings")
async def pointings(request: Request, caller: Caller, as_of: AsOf, graceid: str | None = None) -> dict[str, Any]:
    """Pointings that were shared with the Treasure Map."""
    context = context_of(request)
    return {"rows": json_rows(await context.run(shared_pointings, context.db, caller, graceid, as_of))}


@router.post("/pointings", openapi_extra=_body(Sharing))
async def share(request: Request, caller: Caller) -> dict[str, Any]:
    """Show which pointings would be shared; share them if what was shown is approved."""
    caller.require("trigger")
    context, body = context_of(request), await body_of(request, Sharing)
    return await context.run(share_pointings, context.db, caller, body)


@router.post("/fetch", openapi_extra=_body(Fetching))
async def fetch(request: Request, caller: Caller) -> dict[str, Any]:
    """Bring the completed pointings of an event in as observations."""
    caller.require("trigger")
    context, body = context_of(request), await body_of(request, Fetching)
    return await context.run(fetch_pointings, context.db, caller, body)


@router.post("/cancel", openapi_extra=_body(DoiAsked))
async def cancel(request: Request, caller: Caller) -> dict[str, Any]:
    """Say that planned pointings will not be observed."""
    caller.require("trigger")
    context, body = context_of(request), await body_of(request, DoiAsked)
    return await context.run(cancel_pointings, context.db, caller, body)


@router.post("/doi", openapi_extra=_body(DoiAsked))
async def doi(request: Request, caller: Caller) -> dict[str, Any]:
    """Ask for a DOI of completed pointings."""
    caller.require("trigger")
    context, body = context_of(request), await body_of(request, DoiAsked)
    return await context.run(request_doi, context.db, caller, body)
