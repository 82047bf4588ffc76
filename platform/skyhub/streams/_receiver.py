"""The data service as receiver of packets: reached anew whenever it has been away."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from skyhub.client import Transport
from skyhub.errors import InvalidInput, NotAuthenticated, Unavailable
from skyhub.ingest import Order, Refused, Stored, StreamState

__all__ = ["ServiceReceiver"]

T = TypeVar("T")


class ServiceReceiver:
    """Sends packets, refused messages, positions and states to the data service.

    Parameters
    ----------
    connect
        Finds the service; called again when it has gone, since it may come back elsewhere. Raises `Unavailable` if it is
        not there.
    """

    def __init__(self, connect: Callable[[], Transport]) -> None:
        self._connect = connect
        self._transport: Transport | None = None
        self._lock = threading.Lock()

    def store(self, batch: pa.Table) -> Stored:
        """Store packets."""
        return Stored(**self._ask(lambda service: service.post_arrow("/api/alerts/packets", batch)))

    def refuse(self, stream: str, messages: Sequence[Refused]) -> None:
        """Keep refused messages in quarantine, one request each: they may be large."""
        for message in messages:
            document = {**vars(message), "data": base64.b64encode(message.data).decode()}
            self._ask(lambda s, d=document: s.post(f"/api/streams/{stream}/refused", {"messages": [d]}))  # type: ignore[misc]

    def notice(self, place: str, data: bytes) -> str:
        """Bring a notice in; what became of it."""
        body = {"content": base64.b64encode(data).decode(), "file": place}
        action: str = self._ask(lambda service: service.post("/api/events/notices", body))["action"]
        return action

    def circular(self, place: str, data: bytes) -> str:
        """Bring a circular in that was published; what became of it. Raises `InvalidInput` if it is none."""
        body = {"circulars": [{"content": base64.b64encode(data).decode(), "file": place}]}
        done = self._ask(lambda service: service.post("/api/published-circulars", body))
        if done["rejected"]:
            raise InvalidInput(done["rejected"][0]["reason"], place)
        return "duplicate" if done["duplicates"] else "updated" if done["revised"] else "created"

    def note(self, states: Sequence[StreamState]) -> dict[str, Order]:
        """Say how streams fare; what is wanted of them."""
        document = {"streams": [state.model_dump(mode="json") for state in states]}
        answer = self._ask(lambda service: service.post("/api/streams", document))
        return {name: Order(**given) for name, given in answer["orders"].items()}

    def load(self, stream: str) -> str | None:
        """The position that a stream kept last."""
        position: str | None = self._ask(lambda service: service.get(f"/api/streams/{stream}/position"))["position"]
        return position

    def save(self, stream: str, position: str) -> None:
        """Keep the position of a stream."""
        self._ask(lambda service: service.send("PUT", f"/api/streams/{stream}/position", {"position": position}))

    def _ask(self, question: Callable[[Transport], Any]) -> Any:
        with self._lock:
            transport = self._transport = self._transport or self._connect()
        try:
            return question(transport)
        except (Unavailable, NotAuthenticated):
            with self._lock:
                self._transport = None if self._transport is transport else self._transport
            raise
