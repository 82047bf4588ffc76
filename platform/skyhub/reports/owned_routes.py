"""HTTP routes of runs of groups' reports: for the servers of those who asked, and for the house that puts them together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from skyhub.db import Change
from skyhub.errors import InvalidInput
from skyhub.reports import (
    LARGEST_HANDED_IN,
    claim_handed_in,
    claim_own_run,
    close_overdue,
    hand_in_run,
    own_runs_waiting,
    owners_waiting,
    release_own_runs,
)
from skyhub.reports.routes import ClaimRequest
from skyhub.web import Caller, bounded_body, context_of

router = APIRouter(prefix="/api/own-runs", tags=["reports"])


async def _set_before(news: asyncio.Event, deadline: float) -> bool:
    """Whether something came before the deadline (a time of the event loop)."""
    try:
        await asyncio.wait_for(news.wait(), deadline - asyncio.get_running_loop().time())
    except TimeoutError:
        return False
    return True


class OwnClaimRequest(BaseModel):
    """A given run, or the next that waits."""

    report_id: str | None = None


@router.get("")
async def waiting(
    request: Request,
    caller: Caller,
    seconds: Annotated[float, Query(ge=0, le=30, description="Wait so long for one, if there is none")] = 0.0,
) -> dict[str, Any]:
    """The caller's own runs of groups' reports that wait for the caller's server."""
    context, loop, news = context_of(request), asyncio.get_running_loop(), asyncio.Event()
    deadline = loop.time() + seconds

    def hear(changes: Sequence[Change]) -> None:
        if any(change.kind == "report" for change in changes):
            loop.call_soon_threadsafe(news.set)

    stop = context.db.changes.listen(hear)
    try:
        while True:
            news.clear()
            found = await context.run(own_runs_waiting, context.db, caller, datetime.now(UTC))
            if found or loop.time() >= deadline or not await _set_before(news, deadline):
                return {"report_ids": found}
    finally:
        stop()


@router.post("/claims")
async def claim(request: Request, caller: Caller, body: OwnClaimRequest) -> dict[str, Any]:
    """Take a lease on an own run: its notebook, its parameters and a token with the rights that it has."""
    context = context_of(request)
    found = await context.run(claim_own_run, context.db, caller, body.report_id)
    if found is None:
        return {"claim": None}
    claimed, template = found
    token = context.signer.issue(claimed.viewer, 2 * claimed.lease)
    return {"claim": {**claimed.to_json(), "notebook": template.source, "token": token}}


@router.post("/released")
async def release(request: Request, caller: Caller) -> dict[str, Any]:
    """Queue the caller's own runs again that were executed when the caller's server ended."""
    context = context_of(request)
    return {"report_ids": await context.run(release_own_runs, context.db, caller)}


@router.post("/owners")
async def owners(request: Request, caller: Caller) -> dict[str, Any]:
    """Close what was not handed in in time; whose servers are needed."""
    caller.require("execute")
    context, now = context_of(request), datetime.now(UTC)
    closed = await context.run(close_overdue, context.db, now)
    return {"closed": closed, "owners": await context.run(owners_waiting, context.db, now)}


@router.post("/handed-in")
async def handed_in(request: Request, caller: Caller, body: ClaimRequest) -> dict[str, Any]:
    """Take a lease on a run that was handed in, to put it together."""
    caller.require("execute")
    context = context_of(request)
    found = await context.run(claim_handed_in, context.db, body.worker, body.report_id)
    if found is None:
        return {"claim": None}
    version = found.template.version
    assert version is not None
    return {
        "claim": {
            **found.claim.to_json(),
            "title": found.template.sidecar.title,
            "notebook": found.template.source,
            "version": version.version,
            "sha256": version.sha256,
            "seconds": found.seconds,
            "content": found.content,
        }
    }


@router.post("/{report_id}/outputs")
async def hand_in(request: Request, caller: Caller, report_id: str) -> dict[str, Any]:
    """Hand in what an own run left behind: JSON of ``state, detail, outputs, queries``."""
    caller.require("report")
    context = context_of(request)
    told = f"{LARGEST_HANDED_IN} bytes are permitted to what a run hands in"
    body = await bounded_body(request, LARGEST_HANDED_IN, told)
    try:
        content = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"what was handed in is no text: {error}.", "content") from error
    return await context.run(hand_in_run, context.db, caller, report_id, content)
