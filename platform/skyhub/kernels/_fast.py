"""Kernel clients and managers without the fixed waits of `jupyter_client`.

The stock client ends its wait for a kernel with 0.2 s of silence on iopub, and the stock manager looks every 0.1 s
whether a kernel has ended. Here a client is ready when the kernel has reported that it is idle after *its* request:
messages come in order, so none is left to be flushed. The manager looks every 2 ms.
"""

from __future__ import annotations

import time
from queue import Empty
from typing import Any, ClassVar

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.client import KernelClient
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_core.utils import ensure_async, run_sync
from traitlets import default

from skyhub.kernels._spec import KERNEL_NAME

_REPLY_S = 1.0
_IDLE_S = 0.2
_POLL_S = 0.002


async def _wait_for_ready(self: KernelClient, timeout: float | None = None) -> None:
    """Wait until the kernel has answered a request for information and iopub is connected."""
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    while not await _answers(self):
        # A client without a manager knows its kernel by the heartbeat only, which may not have begun.
        if isinstance(self.parent, KernelManager) and not await self._async_is_alive():
            raise RuntimeError("Kernel died before replying to kernel_info")
        if time.monotonic() > deadline:
            raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")


async def _answers(client: KernelClient) -> bool:
    request = client.kernel_info()
    reply = await _answer_to(request, client.shell_channel, "kernel_info_reply", _REPLY_S)
    if reply is None or await _answer_to(request, client.iopub_channel, "status", _IDLE_S) is None:
        return False
    client._handle_kernel_info_reply(reply)
    return True


async def _answer_to(request: str, channel: Any, kind: str, timeout: float) -> dict[str, Any] | None:
    """The last message of a request on a channel: its reply, or the status that says idle."""
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        message = await _next(channel, left)
        if message is None or message["parent_header"].get("msg_id") != request or message["msg_type"] != kind:
            continue
        if message["content"].get("execution_state", "idle") == "idle":
            return message
    return None


async def _next(channel: Any, timeout: float) -> dict[str, Any] | None:
    try:
        message: dict[str, Any] = await ensure_async(channel.get_msg(timeout=timeout))
    except Empty:
        return None
    return message


class FastKernelClient(AsyncKernelClient):
    """An asynchronous client that is ready as soon as the kernel is."""

    wait_for_ready = _wait_for_ready


class FastBlockingKernelClient(BlockingKernelClient):
    """A blocking client that is ready as soon as the kernel is."""

    wait_for_ready = run_sync(_wait_for_ready)


class PromptManager(KernelManager):
    """What the fast managers have in common; mixed in before a manager class."""

    fast_client: ClassVar[type[KernelClient]] = FastKernelClient

    @default("client_factory")
    def _fast_client_factory(self) -> type[KernelClient]:
        return self.fast_client

    @property
    def ipykernel(self) -> bool:
        """Whether IPython options, such as a history in memory, may be given to the kernel."""
        return self.kernel_name == KERNEL_NAME or super().ipykernel

    async def _async_wait(self, pollinterval: float = _POLL_S) -> None:
        await super()._async_wait(pollinterval=min(pollinterval, _POLL_S))


class FastKernelManager(PromptManager, AsyncKernelManager):
    """An asynchronous manager of one kernel, for nbclient and papermill."""


class FastBlockingKernelManager(PromptManager):
    """A blocking manager of one kernel."""

    fast_client = FastBlockingKernelClient


def papermill_options() -> dict[str, Any]:
    """Keywords for `papermill.execute_notebook`: the zygote kernel and the fast manager.

    A kernel that has run its last cell is ended at once: nothing is left for it to do.
    """
    return {
        "kernel_name": KERNEL_NAME,
        "language": "python",
        "kernel_manager_class": FastKernelManager,
        "shutdown_kernel": "immediate",
    }
