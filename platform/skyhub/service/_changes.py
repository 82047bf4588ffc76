"""Live changes as server-sent events, each listener hearing only what it may see.

A listener that was away says with ``Last-Event-ID`` what it heard last and receives what it missed from the journal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse

from skyhub.db import Change, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.web import Caller, context_of

__all__ = ["Broadcaster", "router"]

router = APIRouter(prefix="/api", tags=["changes"])

_LONGEST_QUEUE = 1000
_PING_SECONDS = 15
_LONGEST_NUMBER = 18
_LONGEST_SECONDS = 120.0
"""A stream ends after this time, so that the listener comes again with a token that is checked anew."""
_MISSED = "SELECT seq, kind, payload, acl FROM @changes WHERE seq > ? ORDER BY seq LIMIT 5000"


class Broadcaster:
    """Carries committed changes from the writer's thread to the listeners of the event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._queues: dict[asyncio.Queue[Change | None], str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to listen to the database (in the event loop)."""
        self._loop = asyncio.get_running_loop()
        self._stop = self._db.changes.listen(self._receive)

    def stop(self) -> None:
        """End all streams; may be called from any thread, and twice."""
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for queue in self._queues:
            queue.put_nowait(None)

    def end_streams_of(self, user: str) -> None:
        """End the streams of a user whose rights have changed (in the event loop): they come again with those of now."""
        for queue, name in self._queues.items():
            if name == user:
                queue.put_nowait(None)

    def subscribe(self, user: str) -> asyncio.Queue[Change | None]:
        """A queue of changes to come for a user; None ends it."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._queues[queue] = user
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Change | None]) -> None:
        """Forget a queue."""
        self._queues.pop(queue, None)

    def _receive(self, changes: Sequence[Change]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, changes)

    def _spread(self, changes: Sequence[Change]) -> None:
        for queue in self._queues:
            for change in changes:
                queue.put_nowait(change if queue.qsize() < _LONGEST_QUEUE else None)


@router.get("/changes", response_class=EventSourceResponse)
async def changes(
    request: Request, caller: Caller, last_event_id: Annotated[str | None, Header()] = None
) -> EventSourceResponse:
    """The stream of changes (server-sent events); ``Last-Event-ID`` resumes it without a gap."""
    if last_event_id is not None and not (last_event_id.isdecimal() and len(last_event_id) <= _LONGEST_NUMBER):
        raise InvalidInput(f"Last-Event-ID is {last_event_id!r}: a number is permitted.", "last-event-id")
    stream = _stream(request, caller, None if last_event_id is None else int(last_event_id))
    return EventSourceResponse(stream, ping=_PING_SECONDS)


@router.get("/changes/next")
async def next_change(
    request: Request,
    caller: Caller,
    kind: Annotated[list[str], Query(description="Of one of these kinds")],
    seconds: Annotated[float, Query(gt=0, le=30, description="At most so long")] = 1.0,
) -> dict[str, str | None]:
    """Wait for a change of whatever groups, of which the kind alone is told: for workers, who then look what there is to do."""
    caller.require("execute")
    broadcaster: Broadcaster = request.app.state.broadcaster
    queue = broadcaster.subscribe(caller.name)
    deadline = asyncio.get_running_loop().time() + seconds
    try:
        while (change := await _next(queue, deadline)) is not None and change.kind not in kind:
            pass
    finally:
        broadcaster.unsubscribe(queue)
    return {"kind": None if change is None else change.kind}


async def _stream(request: Request, caller: Viewer, last: int | None) -> AsyncIterator[dict[str, Any]]:
    context = context_of(request)
    broadcaster: Broadcaster = request.app.state.broadcaster
    queue = broadcaster.subscribe(caller.name)
    deadline = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    try:
        newest = await context.run(context.db.version)
        heard = newest if last is None else min(last, newest)
        yield {"event": "hello", "id": str(heard), "data": json.dumps({"seq": heard})}
        while missed := await context.run(context.db.reader.rows, caller, _MISSED, [heard]):
            for row in missed:
                heard = row["seq"]
                yield _event(heard, row["kind"], json.loads(row["payload"]))
        while (change := await _next(queue, deadline)) is not None:
            if change.seq > heard and _hears(context.db, caller, change):
                heard = change.seq
                yield _event(change.seq, change.kind, change.payload)
    finally:
        broadcaster.unsubscribe(queue)


def _hears(db: Database, caller: Viewer, change: Change) -> bool:
    told = db.reader.injections.shows(caller, change.kind, change.payload, change.injection_id)
    return told and bool(db.access.visible(caller)[change.acl])


async def _next(queue: asyncio.Queue[Change | None], deadline: float) -> Change | None:
    """The next change; None at the end of the stream or at the deadline (a time of the event loop)."""
    try:
        return await asyncio.wait_for(queue.get(), deadline - asyncio.get_running_loop().time())
    except TimeoutError:
        return None


def _event(seq: int, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"event": "change", "id": str(seq), "data": json.dumps({"seq": seq, "kind": kind, **payload})}
