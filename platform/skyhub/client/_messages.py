"""A user's messages through the client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport

__all__ = ["Messages"]


class Messages:
    """Your messages: call it for a table, ask how many are unread, or note that you have read them.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.rules.add(name="mergers", occasions=["new_event"], conditions={"tags": ["BNS"]})   # doctest: +SKIP
    >>> sky.messages.unread()                                                                  # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, unread: bool = False, limit: int = 50, as_of: datetime | str | None = None) -> SkyTable:
        """The messages, newest first."""
        rows = self.rows(unread=unread, limit=limit, as_of=as_of)
        plain = [{**row, "lines": "\n".join(row["lines"])} for row in rows]
        return SkyTable.from_rows([{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in plain])

    def rows(
        self,
        *,
        unread: bool = False,
        limit: int = 50,
        before: str | None = None,
        as_of: datetime | str | None = None,
    ) -> list[dict[str, Any]]:
        """The same as documents, with how each was delivered."""
        asked = {"unread": unread, "limit": limit, "before": before, "as_of": iso_time(as_of)}
        rows: list[dict[str, Any]] = self._transport.get("/api/messages", **asked)["rows"]
        return rows

    def unread(self, *, as_of: datetime | str | None = None) -> int:
        """How many of the newest hundred were not read."""
        return int(self._transport.get("/api/messages/unread", as_of=iso_time(as_of))["unread"])

    def read(self, message_ids: Sequence[str] | None = None) -> int:
        """Note that some messages, or all, were read; how many were not before."""
        ids = None if message_ids is None else [str(number) for number in message_ids]
        return int(self._transport.post("/api/messages/read", {"message_ids": ids})["read"])

    def __repr__(self) -> str:
        return "<messages: (), rows, unread, read>"
