"""HTTP routes of history and audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.history import audit, object_history
from skyhub.web import AsOf, Caller, Limit, context_of, number_of

router = APIRouter(prefix="/api", tags=["history"])


@router.get("/objects/{object_id}/history")
async def history(request: Request, caller: Caller, object_id: str, as_of: AsOf) -> dict[str, Any]:
    """Everything that was known of an object, in the order of time."""
    context = context_of(request)
    return {"rows": await context.run(object_history, context.db, caller, object_id, as_of)}


@router.get("/audit")
async def changes(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    user: str | None = None,
    table: str | None = None,
    object_id: str | None = None,
    since: Annotated[datetime | None, Query(description="Only at or after this time (ISO 8601, UTC)")] = None,
    before: Annotated[str | None, Query(description="Only older than this seq: the next page")] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """Who wrote what, newest first."""
    context = context_of(request)
    moment = since if since is None or since.tzinfo else since.replace(tzinfo=UTC)
    last = number_of(before, "before") if before else None
    rows = await context.run(
        audit,
        context.db,
        caller,
        user=user,
        table=table,
        object_id=object_id,
        since=moment,
        before=last,
        limit=limit,
        as_of=as_of,
    )
    return {"rows": rows, "next": rows[-1]["seq"] if len(rows) == limit else None}
