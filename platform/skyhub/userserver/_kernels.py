"""The kernels behind pages: a line to them without delay, and each ends when its page has gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from logging import Logger
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback

__all__ = ["ForgettingKernelManager", "PageKernels", "PromptConnection"]


class ForgettingKernelManager(AsyncMappingKernelManager):
    """The server's kernels, without those that could not start.

    The stock manager keeps such a kernel among the pending ones, and the server, told to stop, then fails to shut it
    down and runs on for ever.
    """

    async def _add_kernel_when_ready(self, kernel_id: str, km: Any, kernel_awaitable: Awaitable[Any]) -> None:
        await super()._add_kernel_when_ready(kernel_id, km, kernel_awaitable)
        self._pending_kernels.pop(kernel_id, None)


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The websocket of a kernel, each message sent at once.

    Left alone, the system holds a small message back until the one before it is acknowledged, and the browser
    acknowledges after 40 ms: each question to Python would take that long.
    """

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override]
        """Open the line."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class PageKernels:
    """Ends kernels of pages that no browser has been connected to for a while.

    The server's own culler looks at activity. That is not enough here: live events keep the kernel of a closed page
    active, and the notebooks of the same user must live much longer than pages.

    Parameters
    ----------
    manager
        Kernel manager of the server.
    timeout
        Seconds without a connection.
    log
        Log of the server.
    """

    def __init__(self, manager: Any, timeout: float, log: Logger) -> None:
        self._manager = manager
        self._timeout = timeout
        self._log = log
        self._seen: dict[str, float] = {}

    def watch(self) -> None:
        """Look every now and then, as long as the event loop runs."""
        PeriodicCallback(self.cull, 1000 * max(1.0, self._timeout / 10)).start()

    def add(self, kernel_id: str) -> None:
        """Count a kernel as that of a page, connected just now."""
        self._seen[kernel_id] = time.monotonic()

    async def end(self, kernel_id: str) -> None:
        """End a kernel if it still runs."""
        self._seen.pop(kernel_id, None)
        if kernel_id in self._manager:
            await ensure_async(self._manager.shutdown_kernel(kernel_id))

    async def cull(self) -> None:
        """End the kernels whose page has been away too long."""
        now = time.monotonic()
        for kernel_id, seen in list(self._seen.items()):
            if kernel_id not in self._manager:
                del self._seen[kernel_id]
            elif self._manager.kernel_model(kernel_id)["connections"]:
                self._seen[kernel_id] = now
            elif now - seen > self._timeout:
                self._log.info("Ending kernel %s: its page has been away for %.0f s", kernel_id, now - seen)
                await self.end(kernel_id)
