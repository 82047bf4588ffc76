"""Looking again now and then, for as long as there is somebody to look."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Ticker"]

T = TypeVar("T")


class Ticker(Generic[T]):
    """Calls a method of an object every few seconds in a thread of its own, until the object is gone.

    Parameters
    ----------
    owner
        The object; it is not kept alive.
    work
        The method.
    seconds
        How often.
    """

    def __init__(self, owner: T, work: Callable[[T], object], seconds: float) -> None:
        self._owner, self._work, self._seconds = weakref.ref(owner), work, seconds
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_tick, args=(self._owner, self._work, self._seconds), name="skyhub-ticker", daemon=True
            )
            self._thread.start()


def _tick(owner: weakref.ReferenceType[T], work: Callable[[T], object], seconds: float) -> None:
    pause = threading.Event()
    while not pause.wait(seconds):
        found = owner()
        if found is None:
            return
        work(found)
        del found
