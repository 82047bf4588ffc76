"""What people say about objects, through the client: comments, annotations, classifications, lists, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Annotations", "Classifications", "Lists", "Sources", "Taxonomies"]


class Annotations(Records):
    """Annotations, which can be searched by their numbers.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "annotations")

    def search(
        self,
        key: str,
        *,
        origin: str | None = None,
        min: float | None = None,
        max: float | None = None,
        limit: int = 1000,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """What has a number under a key between two bounds, lowest first."""
        bounds = {"min": min, "max": max, "limit": limit, "as_of": iso_time(as_of)}
        return SkyTable.from_rows(self._transport.get(self._path("search"), key=key, origin=origin, **bounds)["rows"])


class Taxonomies(Records):
    """Taxonomies: trees of classes.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "taxonomies")

    def classes(
        self, taxonomy: str | None = None, edition: str | None = None, *, as_of: datetime | str | None = None
    ) -> SkyTable:
        """The classes of a taxonomy (the platform's own by default; its latest edition), with places and other names."""
        given = {"taxonomy": taxonomy, "edition": edition, "as_of": iso_time(as_of)}
        document = self._transport.get(self._path("classes"), **given)
        return SkyTable.from_rows(document["rows"])


class Classifications(Records):
    """Classifications of objects, and votes on them.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "classifications")

    def add_probabilities(
        self,
        object_id: str,
        probabilities: Mapping[str, float],
        groups: Sequence[str] | None = None,
        *,
        normalise: bool = False,
        **common: Any,
    ) -> list[dict[str, Any]]:
        """Give an object several classes at once.

        Parameters
        ----------
        object_id
            The object.
        probabilities
            By class; those below one parent sum to at most 1.
        groups
            Who shall see them: some of your groups (all of them by default).
        normalise
            Scale those below one parent so that their sum is 1.
        **common
            ``taxonomy, edition, ml, origin``.
        """
        body = {"object_id": object_id, "probabilities": dict(probabilities), "groups": groups and list(groups)}
        answer = self._transport.post(self._path("probabilities"), {**body, "normalise": normalise, **common})
        records: list[dict[str, Any]] = answer["records"]
        return records

    def vote(self, classification_id: int | str, vote: int) -> dict[str, Any]:
        """Vote for (1) or against (-1) a classification, or take your vote back (0); the classification with its votes."""
        answer: dict[str, Any] = self._transport.send("PUT", f"{self._path(classification_id)}/vote", {"vote": vote})
        return answer


class Lists(Records):
    """Lists of objects: favourites, rejected, watched, or of any other name.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "list_entries")

    def toggle(self, object_id: str, list_name: str = "favourites") -> bool:
        """Put an object on a list of yours, or take it off; whether it is on it now."""
        body = {"object_id": object_id, "list_name": list_name}
        return bool(self._transport.post(self._path("toggle"), body)["on_list"])

    def watching(self, ra: float, dec: float, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """The entries of watch lists that a position (ICRS, deg) lies within, nearest first."""
        given = {"ra": ra, "dec": dec, "as_of": iso_time(as_of)}
        rows: list[dict[str, Any]] = self._transport.get(self._path("watching"), **given)["rows"]
        return rows


class Sources:
    """Sources, the objects that groups have saved: call it for a table, or save and unsave.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.sources.save("ZTF26abc", groups=["transients"])   # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, as_of: datetime | str | None = None, limit: int = 1000) -> SkyTable:
        """The sources of your groups, newest first."""
        rows = self._transport.get("/api/sources", as_of=iso_time(as_of), limit=limit)["sources"]
        return SkyTable.from_rows(rows)

    def save(
        self,
        object_id: str,
        groups: Sequence[str] | None = None,
        *,
        ra: float | None = None,
        dec: float | None = None,
    ) -> dict[str, Any]:
        """Save an object as a source of groups (all of yours by default): ``{"object_id", "saved", "changed"}``.

        An object that is not known yet needs its position (ICRS, deg).
        """
        body = {"groups": groups and list(groups), "ra": ra, "dec": dec}
        answer: dict[str, Any] = self._transport.send("PUT", f"/api/sources/{path_part(object_id)}", body)
        return answer

    def unsave(self, object_id: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Take an object off the sources of groups (all of yours by default); its history stays."""
        body = {"groups": groups and list(groups)}
        answer: dict[str, Any] = self._transport.post(f"/api/sources/{path_part(object_id)}/unsave", body)
        return answer

    def __repr__(self) -> str:
        return "<sources: (), save, unsave>"
