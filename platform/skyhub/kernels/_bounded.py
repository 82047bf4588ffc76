"""A client of a kernel that takes so much of its output and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import zmq
from jupyter_client.channels import AsyncZMQSocketChannel

from skyhub.kernels._fast import FastKernelClient

__all__ = ["OutputBound", "bounded_client"]

_OUTPUT = {"stream", "display_data", "update_display_data", "execute_result", "error", "comm_open", "comm_msg"}


@dataclass
class OutputBound:
    """How much output is taken of a kernel (bytes of its messages), and how much came."""

    most: int
    received: int = 0

    @property
    def exceeded(self) -> bool:
        """Whether some was left out."""
        return self.received > self.most


def bounded_client(bound: OutputBound) -> type[FastKernelClient]:
    """A class of clients that drop what a kernel writes beyond a bound, and never take a message that is larger than that."""

    class BoundedChannel(AsyncZMQSocketChannel):
        async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
            while True:
                frames = await self.socket.recv_multipart(**kwargs)
                bound.received += sum(map(len, frames))
                message: dict[str, Any] = self.session.deserialize(self.session.feed_identities(frames)[1])
                if not bound.exceeded or message["msg_type"] not in _OUTPUT:
                    return message

    class BoundedClient(FastKernelClient):
        def connect_iopub(self, identity: bytes | None = None) -> Any:
            socket = self.context.socket(zmq.SUB)
            socket.linger = 1000
            socket.setsockopt(zmq.MAXMSGSIZE, bound.most)
            socket.setsockopt(zmq.SUBSCRIBE, b"")
            socket.connect(self._make_url("iopub"))
            return socket

    BoundedClient.iopub_channel_class = BoundedChannel  # type: ignore[assignment]
    return BoundedClient
