"""Blind injections, as notebooks use them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Injections"]


class Injections:
    """Known objects that are offered to the scanners of a group again, as if nobody had decided on them.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def prepare(self, name: str, group: str, object_ids: Sequence[str], *, dayobs: str | None = None) -> dict[str, Any]:
        """Offer objects to the scanners of a group that you administer, from now until it is closed.

        Parameters
        ----------
        name, group
            How you call it, and whose scanners.
        object_ids
            Candidates of the group's filters in the night.
        dayobs
            The night whose queue offers them, as ``2026-11-21``; the newest with candidates by default.

        Returns
        -------
        dict
            ``injection_id`` and so on, and ``revealing``: those of which scanners can read comments or classes.
        """
        body = {"name": name, "group": group, "object_ids": [*object_ids], "dayobs": dayobs}
        document: dict[str, Any] = self._transport.post("/api/injections", body)
        return document

    def close(self, injection_id: int | str) -> dict[str, Any]:
        """End an injection: its scanners see again what stands, and the group may read the result."""
        document: dict[str, Any] = self._transport.post(f"/api/injections/{path_part(str(injection_id))}/close", {})
        return document

    def list(self, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """Your injections, and those of your groups that are closed, newest first."""
        rows: list[dict[str, Any]] = self._transport.get("/api/injections", as_of=iso_time(as_of))["injections"]
        return rows

    def result(
        self, injection_id: int | str, *, confidence: float | None = None, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """The recall of the group and by filter; ``mine`` if you chose ``sky.preferences``: ``named_in_scanning``.

        Parameters
        ----------
        injection_id
            One that is closed.
        confidence
            Probability of the intervals; 0.68 by default.
        as_of
            Only what was known at this time.
        """
        path = f"/api/injections/{path_part(str(injection_id))}/result"
        given = {"confidence": confidence, "as_of": iso_time(as_of)}
        document: dict[str, Any] = self._transport.get(path, **given)
        return document

    def __repr__(self) -> str:
        return "<injections: prepare, close, list, result>"
