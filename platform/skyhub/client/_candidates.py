"""Candidates through the client: queues, cards, and what is known of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.client._changes import Changes
from skyhub.client._search import sent
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Candidates"]


class Candidates:
    """Candidates of a night: call it for a table, or use its methods to scan.

    Parameters
    ----------
    transport
        How the data service is reached.
    changes
        The live changes.
    """

    def __init__(self, transport: Transport, changes: Changes) -> None:
        self._transport = transport
        self.subscribe = changes.subscribe

    def __call__(self, dayobs: str | None = None, *, as_of: datetime | str | None = None, **selection: Any) -> SkyTable:
        """The candidates of a night (the newest by default) as a table, one row per object.

        Parameters
        ----------
        dayobs
            The night, as ``2026-11-21``.
        as_of
            Only what was known at this time.
        **selection
            The fields of `skyhub.candidates.Selection`: ``group``, ``status``, ``saved_status``, ``annotations``, ``limit``
            and so on; of those with several values also a list.
        """
        return SkyTable.from_rows(self.queue(dayobs=dayobs, as_of=as_of, **selection)["candidates"])

    def queue(self, *, as_of: datetime | str | None = None, **selection: Any) -> dict[str, Any]:
        """The scan queue: ``{"dayobs", "candidates", "counts", "total", "cursor"}``."""
        document: dict[str, Any] = self._transport.get("/api/candidates", as_of=iso_time(as_of), **sent(selection))
        return document

    def explain(self, candidate_id: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """Why a candidate is here: the filters that let its object through in its night, each with its cuts."""
        path = f"/api/candidates/{path_part(candidate_id)}/explain"
        document: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of))
        return document

    def nights(self, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """The newest nights that have candidates."""
        path = "/api/candidates/nights"
        nights: list[dict[str, Any]] = self._transport.get(path, as_of=iso_time(as_of))["nights"]
        return nights

    def population(self, *, as_of: datetime | str | None = None, **selection: Any) -> SkyTable:
        """What is known of all candidates of a selection, one row per object: to plot, and to choose from.

        Parameters
        ----------
        as_of
            Only what was known at this time.
        **selection
            The fields of `skyhub.candidates.Selection`, as for the table of candidates; no limit holds.

        Returns
        -------
        SkyTable
            The columns of `skyhub.candidates.population`.
        """
        given = {"as_of": iso_time(as_of), **sent(selection)}
        return SkyTable(self._transport.get_arrow("/api/candidates/population", **given))

    def cards(self, ids: Sequence[str], *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """All that a scanner sees of some candidates."""
        if not ids:
            return []
        cards: list[dict[str, Any]] = self._transport.get(
            "/api/candidates/cards", ids=",".join(map(str, ids)), as_of=iso_time(as_of)
        )["cards"]
        return cards

    def centroid(self, candidate_id: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """Where a candidate's object was detected (arcsec from the median), with the nearest reference source."""
        path = f"/api/candidates/{path_part(candidate_id)}/centroid"
        document: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of))
        return document

    def distributions(self, dayobs: str, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """How the annotations of the candidates of a night are distributed."""
        given = {"dayobs": dayobs, "as_of": iso_time(as_of)}
        rows: list[dict[str, Any]] = self._transport.get("/api/candidates/distributions", **given)["distributions"]
        return rows

    def agreement(
        self,
        nights: Sequence[str],
        groups: Sequence[str] = (),
        *,
        me: bool = False,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """How far the scanners of groups (all of yours by default) agree on the candidates of nights.

        Parameters
        ----------
        nights, groups
            Nights as ``2026-11-21``, and some of your groups.
        me
            Also your own decisions against all others'. No figures of others are told by name.
        as_of
            Only what was known at this time.

        Returns
        -------
        dict
            As `skyhub.candidates.scanner_agreement` says: ``agreement, kappa, confusion, mine, disagreements`` and so on.
        """
        asked = {"dayobs": [*nights], "group": [*groups], "me": me, "as_of": iso_time(as_of)}
        document: dict[str, Any] = self._transport.get("/api/candidates/agreement", **asked)
        return document

    def decide(self, key: str, candidate_id: str, verdict: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Save or reject a candidate, or undo one's last decision on it; sent twice with one key, it is stored once."""
        body = {"key": key, "candidate_id": candidate_id, "verdict": verdict, "groups": groups and list(groups)}
        answer: dict[str, Any] = self._transport.post("/api/decisions", body)
        return answer
