"""What catalogues say of the places of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Contexts"]


class Contexts:
    """What lies around objects: call it for one, or compare older alerts with the catalogues again.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.context("ZTF26abc")["context"]["host"]         # doctest: +SKIP
    >>> sky.context.match(nights=["2026-11-21"])           # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, object_id: str, *, limit: int = 10, as_of: datetime | str | None = None) -> dict[str, Any]:
        """Host, TNS name, stars, active nuclei, variables and minor planets at an object's place.

        Parameters
        ----------
        object_id
            The object.
        limit
            At most so many of its newest alerts.
        as_of
            As it was known at this time.

        Returns
        -------
        dict
            ``object_id``, ``context`` (of the newest alert) and ``alerts``: of each ``candid, survey, mjd, context``.
        """
        path = f"/api/objects/{path_part(object_id)}/context"
        document: dict[str, Any] = self._transport.get(path, limit=limit, as_of=iso_time(as_of))
        return document

    def match(self, object_ids: Sequence[str] = (), nights: Sequence[date | str] = ()) -> dict[str, int]:
        """Compare alerts with the catalogues of now; what differs is kept as a new version of their context.

        Parameters
        ----------
        object_ids, nights
            All alerts of these objects, and of these nights.

        Returns
        -------
        dict
            How many ``alerts`` were looked at, and how many ``changed``.
        """
        body = {"object_ids": list(object_ids), "nights": [str(night) for night in nights]}
        answer: dict[str, int] = self._transport.post("/api/context/match", body)
        return answer
