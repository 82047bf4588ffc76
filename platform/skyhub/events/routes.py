"""HTTP routes of events and their notices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from skyhub.attachments import body_of, bytes_of, download
from skyhub.config import load_settings
from skyhub.db import Database, Viewer, json_rows
from skyhub.events import (
    again,
    claim_map,
    event_document,
    event_row,
    event_table,
    finish_map,
    ingest_notice,
    notice_bytes,
    notice_table,
    states_of_maps,
)
from skyhub.web import AsOf, Caller, Limit, Number, context_of, number_of, table_response

router = APIRouter(prefix="/api/events", tags=["events"])


class NoticeUpload(BaseModel):
    """A notice that is brought in."""

    model_config = ConfigDict(extra="forbid")

    content: str = Field(description="The notice as it came, in base64")
    file: str = Field(default="", max_length=1000, description="Where it is from")
    groups: list[str] | None = Field(default=None, description="Who alone shall see it; everybody by default")


class FetchedMap(BaseModel):
    """A map that was fetched, or why there is none."""

    model_config = ConfigDict(extra="forbid")

    event_notice_id: str = Field(description="The notice that names it")
    url: str = Field(max_length=4000, description="Its address, as it was claimed")
    content: str | None = Field(default=None, description="The file in base64")
    detail: str = Field(default="", max_length=2000, description="Why there is none")
    final: bool = Field(default=False, description="Whether it is of no use to ask again")


_BODY = {"requestBody": {"content": {"application/json": {"schema": NoticeUpload.model_json_schema()}}}}
_MAP = {"requestBody": {"content": {"application/json": {"schema": FetchedMap.model_json_schema()}}}}


class _Settings:
    """Which notices are passed over, as the settings said when the database was opened."""

    def __init__(self, db: Database) -> None:
        self.events = load_settings().events


@router.get("")
async def events(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    role: Annotated[list[str] | None, Query(description="Of these roles; observation by default")] = None,
    since: Annotated[datetime | None, Query(description="Seen at this time or later")] = None,
    until: Annotated[datetime | None, Query(description="Seen before this time")] = None,
    tag: Annotated[list[str] | None, Query(description="With all of these tags")] = None,
    retracted: Annotated[bool | None, Query(description="Only retracted ones, or only others")] = None,
    limit: Limit = 100,
) -> Any:
    """Events, newest first."""
    context = context_of(request)
    found = await context.run(
        event_table, context.db, caller, roles=role or ["observation"], since=since, until=until, tags=tag or [],
        retracted=retracted, limit=limit, as_of=as_of,
    )  # fmt: skip
    return table_response(request, found)


@router.get("/notices")
async def notices(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    action: Annotated[list[str] | None, Query(description="created, updated, ignored or rejected")] = None,
    limit: Limit = 1000,
) -> Any:
    """Notices of all events, also those that were passed over or refused, with the reason."""
    context = context_of(request)
    found = await context.run(notice_table, context.db, caller, actions=action or [], limit=limit, as_of=as_of)
    return table_response(request, found)


@router.post("/notices", openapi_extra=_BODY)
async def new_notice(request: Request, caller: Caller) -> dict[str, Any]:
    """Bring a notice in."""
    if "ingest" not in caller.scopes:
        caller.require("upload")
    context, body = context_of(request), await body_of(request, NoticeUpload)
    content = await context.run(bytes_of, body.content)
    settings = context.db.part(_Settings).events
    return await context.run(ingest_notice, context.db, caller, content, body.file, body.groups, settings)


@router.get("/notices/{event_notice_id:int}/file", response_class=Response)
async def notice_file(request: Request, caller: Caller, as_of: AsOf, event_notice_id: Number) -> Response:
    """A notice as it came, byte for byte, as a download."""
    context = context_of(request)
    content = await context.run(notice_bytes, context.db, caller, event_notice_id, as_of)
    return download(content, f"notice-{event_notice_id}")


@router.get("/maps")
async def maps(request: Request, caller: Caller, as_of: AsOf, event: str | None = None) -> dict[str, Any]:
    """Maps that notices name by their address, of one event or of all: waiting, got, given up, and why."""
    context = context_of(request)
    return {"rows": await context.run(_maps, context.db, caller, event, as_of)}


@router.post("/maps/claims")
async def claim(request: Request, caller: Caller) -> dict[str, Any]:
    """Take a lease on the map that is to be fetched next."""
    caller.require("execute")
    context = context_of(request)
    return {"claim": await context.run(claim_map, context.db, datetime.now(UTC))}


@router.post("/maps/outcome", openapi_extra=_MAP)
async def outcome(request: Request, caller: Caller) -> dict[str, Any]:
    """Hand in a map that was claimed, or say why it was not got."""
    caller.require("execute")
    context, body = context_of(request), await body_of(request, FetchedMap)
    content = None if body.content is None else await context.run(bytes_of, body.content)
    number = number_of(body.event_notice_id, "event_notice_id")
    return await context.run(finish_map, context.db, caller, number, body.url, content, body.detail, body.final)


@router.post("/{event}/maps/again")
async def fetch_again(request: Request, caller: Caller, event: str) -> dict[str, int]:
    """Have the maps of an event that were given up asked for once more."""
    caller.require("ingest")
    context = context_of(request)
    return {"waiting": await context.run(_again, context.db, caller, event)}


@router.get("/{event}")
async def event(request: Request, caller: Caller, as_of: AsOf, event: str) -> dict[str, Any]:
    """One event, by its time or one of its names, with its notices and localizations."""
    context = context_of(request)
    return await context.run(event_document, context.db, caller, event, as_of)


def _maps(db: Database, viewer: Viewer, event: str | None, as_of: datetime | None) -> list[dict[str, Any]]:
    number = None if event is None else event_row(db, viewer, event, as_of)["event_id"]
    return json_rows(states_of_maps(db, viewer, number, as_of))


def _again(db: Database, viewer: Viewer, event: str) -> int:
    return again(db, event_row(db, viewer, event)["event_id"])
