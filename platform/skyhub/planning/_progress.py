"""Long work that tells how far it is, line by line, and ends when nobody listens any more."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from skyhub.errors import SkyhubError
from skyhub.web import unforeseen

__all__ = ["lines_of"]

_log = logging.getLogger(__name__)
_BEAT = 0.25
"""Between lines while there is nothing new (s)."""

Told = Callable[[str, float], None]


class _Abandoned(Exception):
    """Nobody waits for the work any more."""


async def lines_of(work: Callable[[Told], dict[str, Any]], seconds: float) -> AsyncIterator[bytes]:
    """The progress of work as JSON documents, one a line.

    Parameters
    ----------
    work
        Is called in a thread with what it tells its stage and the share that is done; what that raises ends it.
    seconds
        How long the longest stage takes at most: its share grows with time.

    Yields
    ------
    bytes
        ``{"stage", "share"}`` while it is under way, then ``{"plan"}`` or ``{"error"}``.
    """
    stage, share, since = "begin", 0.0, time.monotonic()
    abandoned = threading.Event()

    def told(name: str, part: float) -> None:
        nonlocal stage, share, since
        if abandoned.is_set():
            raise _Abandoned
        stage, share, since = name, part, time.monotonic()

    running = asyncio.ensure_future(asyncio.to_thread(work, told))
    try:
        while not running.done():
            grown = 0.5 * min((time.monotonic() - since) / seconds, 1.0) if stage == "optimise" else 0.0
            yield _line({"stage": stage, "share": round(share + grown, 3)})
            await asyncio.wait([running], timeout=_BEAT)
        yield _line(_outcome(running))
    finally:
        abandoned.set()


def _outcome(running: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
    error = running.exception()
    if error is None:
        return {"plan": running.result()}
    if isinstance(error, SkyhubError):
        return {**error.to_json(), "status": error.status}
    _log.error("planning failed", exc_info=error)
    failed = unforeseen()
    return {**failed.to_json(), "status": failed.status}


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, allow_nan=False).encode() + b"\n"
