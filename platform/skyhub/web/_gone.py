"""Long work that ends when nobody waits for its answer any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from skyhub.errors import Unavailable

__all__ = ["gone", "run_while_asked"]

T = TypeVar("T")


async def gone(request: Request) -> None:
    """Returns when the connection of a request, whose body was read, is closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def run_while_asked(request: Request, work: Callable[[Callable[[], None]], T]) -> T:
    """Run blocking work in a thread while the connection is open.

    Parameters
    ----------
    request
        For which it is done.
    work
        Is called with what it has to call between its pieces: that ends it once the connection is closed.

    Raises
    ------
    Unavailable
        If the connection was closed.
    """
    closed = threading.Event()

    def proceed() -> None:
        if closed.is_set():
            raise Unavailable("nobody waits for the answer any more: ask again.")

    working = asyncio.ensure_future(run_in_threadpool(work, proceed))
    leaving = asyncio.ensure_future(gone(request))
    waiting: set[asyncio.Future[T] | asyncio.Future[None]] = {working, leaving}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        closed.set()
    return await working
