"""Requests for observations through the client: ask, follow, take back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.client._records import Records
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport

__all__ = ["Requests"]


class Requests(Records):
    """Requests for observations: call it for a table, submit them, follow them, take them back.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> form = {"optical_elements": ["gp", "rp"], "exposure_time": 120, "start": begin, "end": end}   # doctest: +SKIP
    >>> asked = sky.requests.submit(object_id="ZTF26abc", allocation_id=3, payload=form)               # doctest: +SKIP
    >>> sky.requests.status(asked["request_id"])["state"]                                             # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "requests")

    def queues(self) -> list[dict[str, Any]]:
        """The queues of telescopes.

        Returns
        -------
        list of dict
            ``name, kind, instruments``; ``forms`` (JSON schemas) and ``types`` (what an allocation must be for) by subject, target
            or plan; ``secrets``, ``updates``, ``follows`` and ``guarantee``.
        """
        rows: list[dict[str, Any]] = self._transport.get(f"{self._path()}/queues")["rows"]
        return rows

    def submit(
        self, request_id: int | str | None = None, *, groups: Sequence[str] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Let a request be sent: one that is kept, or a new one.

        Parameters
        ----------
        request_id
            A request that is kept, to be sent as it is now; one that the telescope has and that was edited is changed there.
        groups
            Who shall see a new one; by default those of your groups that see the allocation and what it is about.
        **fields
            Of a new one: ``allocation_id``; ``object_id``, ``plan_id``, or ``target, ra, dec`` (ICRS, deg); ``payload``, what
            the form of the queue says; ``comment``.

        Returns
        -------
        dict
            The request with its ``state``: queued, until the telescope has it.
        """
        if request_id is not None:
            return self._post(request_id, "submit")
        body = {"request": fields, "groups": groups and list(groups)}
        document: dict[str, Any] = self._transport.post(f"{self._path()}/submit", body)
        return document

    def status(self, request_id: int | str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """A request with its ``states`` and the ``transactions`` with the telescope, oldest first."""
        document: dict[str, Any] = self._transport.get(f"{self._path(request_id)}/status", as_of=iso_time(as_of))
        return document

    def cancel(self, request_id: int | str) -> dict[str, Any]:
        """Let a request be taken back; one of which nothing was sent is cancelled at once."""
        return self._post(request_id, "cancel")

    def retrieve(self, request_id: int | str) -> dict[str, Any]:
        """Let the telescope be asked now what became of a request, and for its data."""
        return self._post(request_id, "retrieve")

    def _post(self, request_id: int | str, what: str) -> dict[str, Any]:
        document: dict[str, Any] = self._transport.post(f"{self._path(request_id)}/{what}", {})
        return document
