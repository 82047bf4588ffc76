"""The Treasure Map through the client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport

__all__ = ["TreasureMapPointings"]


class TreasureMapPointings:
    """Pointings at the Treasure Map: call it for a table of what was shared; share, fetch, cancel, ask for a DOI.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> shown = sky.treasuremap.share(3, "S190425z", localization_id=1)                       # doctest: +SKIP
    >>> sky.treasuremap.share(3, "S190425z", localization_id=1, approved=shown["digest"])     # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, graceid: str | None = None, *, as_of: datetime | str | None = None) -> SkyTable:
        """The pointings that were shared and that you may see, newest first."""
        found = self._transport.get("/api/treasuremap/pointings", graceid=graceid, as_of=iso_time(as_of))
        return SkyTable.from_rows(found["rows"])

    def share(self, allocation_id: int, graceid: str, *, approved: str | None = None, **what: Any) -> dict[str, Any]:
        """Show which pointings would be shared, or, with the digest of what was shown, share them.

        Parameters
        ----------
        allocation_id
            Whose token is used, and whose instrument it is about.
        graceid
            The event.
        approved
            The ``digest`` of what was shown; without it nothing is sent.
        **what
            ``localization_id`` (its observations, until ``end``) or ``plan_id`` (an approved plan); ``request_doi``,
            ``creators`` (``[{"name", "affiliation"}]``).
        """
        body = {"allocation_id": allocation_id, "graceid": graceid, "approved": approved, **what}
        answer: dict[str, Any] = self._transport.post("/api/treasuremap/pointings", body)
        return answer

    def fetch(self, allocation_id: int, graceid: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Bring the completed pointings of an event in as observations."""
        body = {"allocation_id": allocation_id, "graceid": graceid, "groups": groups and [*groups]}
        answer: dict[str, Any] = self._transport.post("/api/treasuremap/fetch", body)
        return answer

    def cancel(self, allocation_id: int, pointing_ids: Sequence[int]) -> int:
        """Say that planned pointings will not be observed; how many."""
        body = {"allocation_id": allocation_id, "pointing_ids": [*map(int, pointing_ids)]}
        return int(self._transport.post("/api/treasuremap/cancel", body)["cancelled"])

    def request_doi(
        self, allocation_id: int, pointing_ids: Sequence[int], creators: Sequence[dict[str, str]] = ()
    ) -> str:
        """Ask for a DOI of completed pointings; its address."""
        body = {"allocation_id": allocation_id, "pointing_ids": [*map(int, pointing_ids)], "creators": [*creators]}
        return str(self._transport.post("/api/treasuremap/doi", body)["doi_url"])
