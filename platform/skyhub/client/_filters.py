"""Candidate filters through the client."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Filters"]


class Filters:
    """Candidate filters: call it for a table of those that you may see, or ask what they make of an alert.

    Filters are named by their number, or by their name where that is enough.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.filters.explain("Bright and new", object_id="ZTF26aaaaaaa")    # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, as_of: datetime | str | None = None) -> SkyTable:
        """The candidate filters in force: what each lets through, and since when."""
        return SkyTable.from_rows(self.list(as_of=as_of))

    def list(self, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """The same as documents."""
        filters: list[dict[str, Any]] = self._transport.get("/api/filters", as_of=iso_time(as_of))["filters"]
        return filters

    def explain(
        self,
        name: int | str,
        *,
        candid: int | str | None = None,
        object_id: str | None = None,
        version: int | None = None,
        limit: int = 10,
        as_of: datetime | str | None = None,
    ) -> dict[str, Any]:
        """What a filter makes of an alert, or of the newest alerts of an object.

        Parameters
        ----------
        name
            The filter.
        candid, object_id
            The alert, or the object.
        version
            Which version to try now, instead of the live one.
        limit
            At most so many alerts of an object.
        as_of
            With what was known at this time.

        Returns
        -------
        dict
            ``filter`` and ``alerts``: of each ``at_alert`` (by the version that was live when it came) and ``now``, with
            the ``cuts``: text, verdict (true, false, null), columns with their values.
        """
        asked = {"candid": candid, "object_id": object_id, "version": version, "limit": limit}
        return self._document(name, "explain", as_of=as_of, **asked)

    def _document(
        self, name: int | str, *parts: str, as_of: datetime | str | None = None, **asked: Any
    ) -> dict[str, Any]:
        document: dict[str, Any] = self._transport.get(self._path(name, *parts), as_of=iso_time(as_of), **asked)
        return document

    def _path(self, name: int | str, *parts: str) -> str:
        return "/".join(["/api/filters", *map(path_part, (self._number(name), *parts))])

    def _number(self, name: int | str) -> str:
        """The number of a filter that is named by it, or by its name."""
        if isinstance(name, int) or name.isdecimal():
            return str(name)
        filters = self.list()
        found = [f for f in filters if f["name"] == name]
        if not found:
            raise NotFound(
                f"there is no filter {name!r}: {', '.join(repr(f['name']) for f in filters) or 'none'}.", name
            )
        if len(found) > 1:
            numbers = ", ".join(f"{f['filter_id']} ({f['group'] or 'public'})" for f in found)
            raise InvalidInput(f"several filters are named {name!r}: give the number of one, {numbers}.", name)
        return str(found[0]["filter_id"])

    def __repr__(self) -> str:
        return "<filters: (), list, explain>"
