"""HTTP routes of incoming packets and streams."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Base64Bytes, BaseModel, Field

from skyhub.db import json_rows
from skyhub.ingest import (
    Refused,
    StreamState,
    give_order,
    keep_position,
    night_packets,
    note_states,
    orders,
    position_of,
    quarantine,
    refused_bytes,
    refused_messages,
    store_packets,
    stream_states,
)
from skyhub.science.nights import parse_dayobs
from skyhub.web import AsOf, Caller, Limit, Number, arrow_response, context_of, read_arrow

router = APIRouter(prefix="/api", tags=["ingest"])


class RefusedMessage(BaseModel):
    """A message that a stream refused."""

    place: str
    reason: str
    n_records: int = Field(1, ge=1)
    data: Base64Bytes


class RefusedMessages(BaseModel):
    """Messages that a stream refused."""

    messages: list[RefusedMessage]


class OrderGiven(BaseModel):
    """What is wanted of a stream."""

    wanted: str


class Position(BaseModel):
    """Where a stream was left off."""

    position: str


class States(BaseModel):
    """What streams say of themselves."""

    streams: list[StreamState]


@router.post("/alerts/packets")
async def packets(request: Request, caller: Caller) -> dict[str, Any]:
    """Store a batch of decoded packets (an Arrow IPC stream); acknowledged after the commit."""
    caller.require("ingest")
    context = context_of(request)
    batch = await context.run(read_arrow, await request.body())
    stored = await context.run(store_packets, context.db, batch)
    return stored.to_json()


@router.get("/alerts/packets")
async def night(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    dayobs: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 200,
) -> Response:
    """Alerts of a night as packets (an Arrow IPC stream) in the order of their times, with the caller's rights."""
    context = context_of(request)
    table = await context.run(night_packets, context.db, caller, parse_dayobs(dayobs), offset, limit, as_of)
    return arrow_response(table)


@router.get("/streams")
async def streams(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """Each incoming stream: running, waiting or down with the reason, counts, rate, lag and time of its last packet."""
    context = context_of(request)
    return {"streams": await context.run(stream_states, context.db, caller, as_of)}


@router.post("/streams")
async def note(request: Request, caller: Caller, body: States) -> dict[str, Any]:
    """Take down how streams fare; the answer says what is wanted of them."""
    caller.require("ingest")
    context = context_of(request)
    written = await context.run(note_states, context.db, body.streams)
    wanted = await context.run(orders, context.db)
    return {"written": written, "orders": {name: order.model_dump() for name, order in wanted.items()}}


@router.post("/streams/{name}/orders")
async def order(request: Request, caller: Caller, name: str, body: OrderGiven) -> dict[str, Any]:
    """Pause a stream, let it go on, or have it try again at once; administrators only."""
    context = context_of(request)
    return await context.run(give_order, context.db, caller, name, body.wanted)


@router.get("/streams/{name}/position")
async def position(request: Request, caller: Caller, name: str) -> dict[str, Any]:
    """The position that a stream kept last."""
    caller.require("ingest")
    context = context_of(request)
    return {"position": await context.run(position_of, context.db, name)}


@router.put("/streams/{name}/position")
async def put_position(request: Request, caller: Caller, name: str, body: Position) -> dict[str, Any]:
    """Keep the position of a stream; acknowledged after the commit."""
    caller.require("ingest")
    context = context_of(request)
    await context.run(keep_position, context.db, name, body.position)
    return {"position": body.position}


@router.get("/streams/{name}/refused")
async def refused(request: Request, caller: Caller, as_of: AsOf, name: str, limit: Limit = 1000) -> dict[str, Any]:
    """Messages that a stream refused, newest first; administrators only."""
    context = context_of(request)
    rows = await context.run(refused_messages, context.db, caller, name, limit, as_of)
    return {"rows": json_rows(rows)}


@router.post("/streams/{name}/refused")
async def refuse(request: Request, caller: Caller, name: str, body: RefusedMessages) -> dict[str, Any]:
    """Keep messages that a stream refused; acknowledged after the commit."""
    caller.require("ingest")
    context = context_of(request)
    messages = [Refused(m.place, m.reason, m.n_records, m.data) for m in body.messages]
    return {"kept": await context.run(quarantine, context.db, name, messages)}


@router.get("/streams/refused/{number}", response_class=Response)
async def refused_message(request: Request, caller: Caller, as_of: AsOf, number: Number) -> Response:
    """The bytes of a refused message, as they came; administrators only."""
    context = context_of(request)
    data = await context.run(refused_bytes, context.db, caller, number, as_of)
    return Response(data, media_type="application/octet-stream")
