"""HTTP routes of circulars that were published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from skyhub.attachments import body_of, bytes_of
from skyhub.db import Database, Viewer
from skyhub.published import (
    STATUSES,
    ConfirmedPoint,
    circular_table,
    confirm_reading,
    mark_circular,
    published_circular,
    reading_table,
    store_circulars,
)
from skyhub.web import AsOf, Caller, Limit, Number, context_of, table_response

router = APIRouter(prefix="/api/published-circulars", tags=["circulars"])

Event = Annotated[str | None, Query(description="About this event, by its time or one of its names")]


class CircularFile(BaseModel):
    """A circular as it came."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(description="The circular in base64: JSON as GCN serves it, or text with headers")
    file: str = Field(default="", max_length=1000, description="Where it is from")


class CircularFiles(BaseModel):
    """Circulars that are brought in."""

    model_config = ConfigDict(extra="forbid")

    circulars: list[CircularFile] = Field(min_length=1, max_length=1000)


class Confirmation(BaseModel):
    """A magnitude that is taken over, and for whom."""

    model_config = ConfigDict(extra="forbid")

    point: ConfirmedPoint
    groups: list[str] | None = Field(None, description="Who shall see it; by default who sees the object")


class Mark(BaseModel):
    """What is said of a circular."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(description="related or unrelated (to the event), or retracted")
    event: str | None = Field(None, description="The event, by its time or one of its names; none if it was retracted")
    reason: str | None = Field(None, description="Why")


_BODY = {"requestBody": {"content": {"application/json": {"schema": CircularFiles.model_json_schema()}}}}


@router.get("")
async def circulars(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    event: Event = None,
    status: Annotated[
        list[str] | None, Query(description=f"Of those about the event only these: {', '.join(STATUSES)}")
    ] = None,
    text: Annotated[str | None, Query(max_length=200, description="With this in subject or text")] = None,
    since: Annotated[datetime | None, Query(description="Published at this time or later")] = None,
    until: Annotated[datetime | None, Query(description="Published before this time")] = None,
    limit: Limit = 100,
) -> Any:
    """Circulars that were published, newest first, without their text."""
    context = context_of(request)
    found = await context.run(
        circular_table, context.db, caller, event=event, statuses=status or [], text=text, since=since, until=until,
        limit=limit, as_of=as_of,
    )  # fmt: skip
    return table_response(request, found)


@router.post("", openapi_extra=_BODY)
async def new_circulars(request: Request, caller: Caller) -> dict[str, Any]:
    """Bring circulars in that were published; what is none is listed with the reason."""
    caller.require("ingest")
    context, body = context_of(request), await body_of(request, CircularFiles)
    return await context.run(_store, context.db, caller, body)


@router.get("/readings")
async def readings(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    event: Event = None,
    number: Annotated[int | None, Query(ge=0, description="In this circular")] = None,
    kind: Annotated[list[Literal["position", "redshift", "magnitude"]] | None, Query(description="Of these")] = None,
    limit: Limit = 1000,
) -> Any:
    """Numbers that were read in circulars, each with its sentence."""
    context = context_of(request)
    found = await context.run(
        reading_table, context.db, caller, event=event, number=number, kinds=kind or [], limit=limit, as_of=as_of
    )
    return table_response(request, found)


@router.post("/readings/{circular_reading_id:int}/points")
async def confirm(request: Request, caller: Caller, circular_reading_id: Number, body: Confirmation) -> dict[str, Any]:
    """Take a magnitude over as a point of an object, with the circular as its origin."""
    context = context_of(request)
    return await context.run(confirm_reading, context.db, caller, circular_reading_id, body.point, body.groups)


@router.get("/{number:int}")
async def circular(request: Request, caller: Caller, as_of: AsOf, number: Number) -> dict[str, Any]:
    """One circular with its text, the numbers in it and the events that it is about."""
    context = context_of(request)
    return await context.run(published_circular, context.db, caller, number, as_of)


@router.post("/{number:int}/status")
async def mark(request: Request, caller: Caller, number: Number, body: Mark) -> dict[str, Any]:
    """Say that a circular is about an event or not, or that its authors took it back."""
    caller.require("save")
    context = context_of(request)
    return await context.run(mark_circular, context.db, caller, number, body.status, body.event, body.reason)


def _store(db: Database, viewer: Viewer, body: CircularFiles) -> dict[str, Any]:
    return store_circulars(db, viewer, [(one.file, bytes_of(one.content)) for one in body.circulars]).to_json()
