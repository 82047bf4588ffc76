"""HTTP route of incoming packets."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from skyhub.ingest import store_packets
from skyhub.web import Caller, context_of, read_arrow

router = APIRouter(prefix="/api/alerts", tags=["ingest"])


@router.post("/packets")
async def packets(request: Request, caller: Caller) -> dict[str, Any]:
    """Store a batch of decoded packets (an Arrow IPC stream); acknowledged after the commit."""
    caller.require("ingest")
    context = context_of(request)
    batch = await context.run(read_arrow, await request.body())
    stored = await context.run(store_packets, context.db, batch)
    return stored.to_json()
