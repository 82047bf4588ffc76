"""Attempts to write: each looks up what it depends on, and is made again if that changes before it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from skyhub.errors import Conflict

__all__ = ["Stale", "already", "settled", "settled_soon"]

T = TypeVar("T")
_TRIALS = 20


class Stale(Exception):
    """What an attempt depends on is no longer known to hold; nothing of it was written."""


def already(value: T) -> Future[T]:
    """What an attempt gives that had nothing to write."""
    done: Future[T] = Future()
    done.set_result(value)
    return done


def settled(attempt: Callable[[], Future[T]]) -> T:
    """Attempt until it is not stale, and wait for what was written.

    Raises
    ------
    Conflict
        If it is stale again and again.
    """
    for _ in range(_TRIALS):
        try:
            return attempt().result()
        except Stale:
            continue
    raise _too_busy()


async def settled_soon(attempt: Callable[[], Future[T]]) -> T:
    """The same without holding up the event loop; the attempt itself must not block."""
    for _ in range(_TRIALS):
        try:
            return await asyncio.wrap_future(attempt())
        except Stale:
            continue
    raise _too_busy()


def _too_busy() -> Conflict:
    return Conflict("others change the same record all the time: try again in a moment.")
