"""HTTP routes of schedules: the calendar, and the watch over them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from skyhub.schedules import report_calendar, watch_schedules
from skyhub.web import AsOf, Caller, context_of

router = APIRouter(prefix="/api/schedules", tags=["reports"])


@router.post("/due")
async def due(request: Request, caller: Caller) -> dict[str, Any]:
    """Ask for the runs of schedules that are due."""
    caller.require("execute")
    context = context_of(request)
    return {"report_ids": await context.run(watch_schedules, context.db, datetime.now(UTC))}


@router.get("/calendar")
async def calendar(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    begin: Annotated[datetime, Query(description="UTC")],
    end: Annotated[datetime, Query(description="UTC, not included")],
) -> dict[str, Any]:
    """The runs that were due in some days, and those that the clock will make."""
    context = context_of(request)
    times = (at.replace(tzinfo=UTC) if at.tzinfo is None else at for at in (begin, end))
    return await context.run(report_calendar, context.db, caller, *times, as_of)
