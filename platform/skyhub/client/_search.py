"""Searching through the client: objects by what is known of them, and searches that are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["ObjectSearch", "PersistentSearches", "SearchTable", "sent"]

_LIMIT = 1000


class SearchTable(SkyTable):
    """A page of objects that were found.

    Parameters
    ----------
    arrow
        Its columns; its metadata say ``total``, ``seen`` and ``cursor``.
    """

    def __init__(self, arrow: pa.Table) -> None:
        told = {key.decode(): value.decode() for key, value in (arrow.schema.metadata or {}).items()}
        super().__init__(arrow.replace_schema_metadata(None))
        self.total = int(told.get("total", len(arrow)))
        """How many objects were found, on all pages."""
        self.seen = int(told.get("seen", len(arrow)))
        """How many objects there are that one may see."""
        self.cursor = told.get("cursor") or None
        """Goes back for the next page; None at the end."""


class ObjectSearch:
    """Objects and sources by what is known of them.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.search(around="M31", radius=3600)                                            # doctest: +SKIP
    >>> sky.search(classification="SN Ia", max_redshift=0.1, sort="peak_mag", order="asc")  # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, as_of: datetime | str | None = None, limit: int = _LIMIT, **search: Any) -> SearchTable:
        """The objects that are as asked, of all that one may see.

        Parameters
        ----------
        as_of
            Only what was known at this time.
        limit
            At most so many; the answer's ``cursor`` leads on.
        **search
            The fields of `skyhub.search.Search`: ``around`` and ``radius`` (arcsec), ``name``, ``classification``,
            ``max_peak_mag``, ``annotations``, ``sort`` and so on; of those with several values also a list.
        """
        return SearchTable(self._transport.get_arrow("/api/search", as_of=iso_time(as_of), limit=limit, **sent(search)))

    def places(self, *, as_of: datetime | str | None = None, **search: Any) -> SkyTable:
        """Where all objects lie that are as asked, whatever page they are on."""
        return SkyTable(self._transport.get_arrow("/api/search/places", as_of=iso_time(as_of), **sent(search)))

    def similar(self, object_id: str, limit: int = 10, *, as_of: datetime | str | None = None) -> SkyTable:
        """The objects whose light curves add up to the most similar figures, of all that one may see, nearest first.

        Parameters
        ----------
        object_id, limit
            The object, and how many.
        as_of
            Only what was known at this time.

        Returns
        -------
        SkyTable
            As `skyhub.search.similar_objects` says: ``object_id, distance, n_shared`` and so on.
        """
        path = f"/api/objects/{path_part(object_id)}/similar"
        return SkyTable(self._transport.get_arrow(path, limit=limit, as_of=iso_time(as_of)))


class PersistentSearches(Records):
    """Searches that are kept: call it for a table, add and edit them, run them, see what they found.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.searches.add(name="young and near", conditions={"max_redshift": 0.05, "max_rise_rate": -0.1},
    ...                  groups=["ztf-transients"])                                     # doctest: +SKIP
    >>> sky.searches.run(3)["new"]                                                      # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "searches")

    def run(self, search_id: int | str) -> dict[str, Any]:
        """Run it now, with one's own rights: ``search_run_id`` and the names that are ``new``."""
        document: dict[str, Any] = self._transport.post(f"{self._path(search_id)}/run", {})
        return document

    def runs(self, search_id: int | str, *, as_of: datetime | str | None = None) -> SkyTable:
        """When it was run, newest first."""
        path = f"{self._path(search_id)}/runs"
        return SkyTable.from_rows(self._transport.get(path, as_of=iso_time(as_of))["rows"])

    def finds(
        self, search_id: int | str, run: int | str | None = None, *, as_of: datetime | str | None = None
    ) -> SkyTable:
        """What it has found (or what one run found first), of what one may see, newest first."""
        path = f"{self._path(search_id)}/finds"
        return SkyTable.from_rows(self._transport.get(path, run=run, as_of=iso_time(as_of))["rows"])


def sent(search: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a search or a selection as they travel in an address."""
    sent = {name: iso_time(value) if isinstance(value, datetime) else value for name, value in search.items()}
    if not isinstance(sent.get("annotations"), str | None):
        sent["annotations"] = json.dumps(sent["annotations"])
    return sent
