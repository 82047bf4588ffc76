"""Incoming streams through the client: how they fare, what they refused, and what administrators want of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Streams"]


class Streams:
    """Incoming streams: call it for a table, or use its methods to look after them (administrators only).

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, as_of: datetime | str | None = None) -> SkyTable:
        """Each stream: its state with the reason, counts, rate (packets/s), lag, when it is tried next."""
        return SkyTable.from_rows(self._transport.get("/api/streams", as_of=iso_time(as_of))["streams"])

    def pause(self, name: str) -> dict[str, Any]:
        """Have a stream take nothing until it may go on."""
        return self._order(name, "pause")

    def resume(self, name: str) -> dict[str, Any]:
        """Let a paused stream go on."""
        return self._order(name, "resume")

    def retry(self, name: str) -> dict[str, Any]:
        """Have a stream try again at once."""
        return self._order(name, "retry")

    def refused(self, name: str, limit: int = 1000, *, as_of: datetime | str | None = None) -> SkyTable:
        """What a stream has refused, newest first, with the reasons."""
        path = f"/api/streams/{path_part(name)}/refused"
        return SkyTable.from_rows(self._transport.get(path, limit=limit, as_of=iso_time(as_of))["rows"])

    def refused_message(self, number: int | str) -> bytes:
        """The bytes of a refused message, as they came."""
        return self._transport.get_bytes(f"/api/streams/refused/{path_part(number)}")

    def _order(self, name: str, wanted: str) -> dict[str, Any]:
        path = f"/api/streams/{path_part(name)}/orders"
        document: dict[str, Any] = self._transport.post(path, {"wanted": wanted})
        return document
