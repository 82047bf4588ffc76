"""A server for a moment: it ends when it is told to, and not at its next look at the clock."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

__all__ = ["BriefServer"]


class BriefServer(uvicorn.Server):
    """Answers from a thread of its own.

    Uvicorn looks every 0.1 s whether it should end, and then waits for another 0.1 s whether or not anybody is connected.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    @contextmanager
    def running(self, listener: socket.socket) -> Iterator[None]:
        """Answer what comes to a socket for the duration of a ``with`` block."""
        thread = threading.Thread(target=self.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.should_exit = True
            with suppress(RuntimeError):  # it has ended by itself
                if self._loop is not None:
                    self._loop.call_soon_threadsafe(self._told.set)
            thread.join()

    async def main_loop(self) -> None:
        """Answer until it should end."""
        self._loop = asyncio.get_running_loop()
        seconds = 0
        while not await self.on_tick(10 * seconds):
            seconds += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; answers under way are waited for as Uvicorn does."""
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for each in (*self.servers, *(sockets or ())):
            each.close()
        await self.lifespan.shutdown()
