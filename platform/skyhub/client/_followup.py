"""Shifts through the client: going on and off them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.client._records import Records
from skyhub.client._transport import Transport

__all__ = ["Shifts"]


class Shifts(Records):
    """Shifts of one's groups: call it for a table, add and edit them, go on and off them.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.shifts.join(3)["overlaps"]                    # doctest: +SKIP
    >>> sky.shifts.ask_replacement(3)                     # doctest: +SKIP
    >>> [shift["name"] for shift in sky.shifts.current()] # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "shifts")

    def current(self, *, at: datetime | None = None, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """My shifts that are under way, now or at a time."""
        times = {
            name: None if moment is None else moment.isoformat() for name, moment in (("at", at), ("as_of", as_of))
        }
        rows: list[dict[str, Any]] = self._transport.get(f"{self._path()}/current", **times)["rows"]
        return rows

    def join(self, shift_id: int | str) -> dict[str, Any]:
        """Go on a shift; ``overlaps`` names my other shifts at the same time."""
        return self._post(shift_id, "join", {})

    def leave(self, shift_id: int | str, user: str | None = None) -> dict[str, Any]:
        """Go off a shift, or take somebody else off it if one may change it."""
        return self._post(shift_id, "leave", {"user": user})

    def ask_replacement(self, shift_id: int | str, needed: bool = True) -> dict[str, Any]:
        """Say whether anybody of the groups may take my place."""
        return self._post(shift_id, "replacement", {"needed": needed})

    def replace(self, shift_id: int | str, user: str) -> dict[str, Any]:
        """Take the place of a member who asks for it."""
        return self._post(shift_id, "replace", {"user": user})

    def _post(self, shift_id: int | str, what: str, body: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = self._transport.post(f"{self._path(shift_id)}/{what}", body)
        return document
