"""Pieces of text on their way to a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

__all__ = ["together"]


async def together(pieces: AsyncIterator[str], patience: float) -> AsyncGenerator[str, None]:
    """Join what comes at once, and break a long silence with an empty line.

    Parameters
    ----------
    pieces
        The text, often a few characters at a time. If it ends in an error, what came before is passed on first.
    patience
        Seconds of silence after which a line break is sent, so that no proxy gives up.
    """
    held: list[str] = []
    waiting: asyncio.Future[str] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(pieces))
            await asyncio.wait({waiting}, timeout=0 if held else patience)
            if waiting.done() and waiting.exception() is None:
                held.append(waiting.result())
                waiting = None
                continue
            if held or not waiting.done():
                yield "".join(held) or "\n"
                held.clear()
            if waiting.done():
                break
        _end(waiting)
    finally:
        if waiting is not None:
            waiting.cancel()


def _end(finished: asyncio.Future[str]) -> None:
    error = finished.exception()
    if error is not None and not isinstance(error, StopAsyncIteration):
        raise error
