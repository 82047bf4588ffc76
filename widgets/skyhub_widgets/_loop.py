"""From worker threads to the thread that runs the kernel: widgets may be changed there only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["MainLoop"]


class MainLoop:
    """Runs callables in the thread of the kernel's event loop, or at once where no loop runs.

    The loop is the one that is running where the object is made: in a kernel that is the kernel's own loop, because
    cells run inside it. In a plain script there is none and calls are made directly, one at a time.
    """

    def __init__(self) -> None:
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._thread = threading.get_ident()
        self._lock = threading.RLock()

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Run ``function(*args)`` in the main thread, soon; in the main thread itself, now."""
        if self._loop is None:
            with self._lock:
                function(*args)
        elif threading.get_ident() == self._thread:
            function(*args)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)
