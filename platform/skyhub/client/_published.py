"""Circulars that were published, through the client: tables of them and of the numbers in them, and taking magnitudes over."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport
from skyhub.science.nights import mjd_of_datetime

__all__ = ["PublishedCirculars"]

_AT_ONCE = 200
_COUNTS = ("read", "stored", "revised", "duplicates")


class PublishedCirculars:
    """Circulars that others published: call it for a table, newest first.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.published_circulars.ingest("archive.json.tar.gz")                          # doctest: +SKIP
    >>> sky.published_circulars(event="GRB 230812B")["number", "subject"]              # doctest: +SKIP
    >>> sky.published_circulars.readings(event="S230518h", kinds=["magnitude"])        # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(
        self,
        *,
        event: str | None = None,
        statuses: Sequence[str] = (),
        text: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int = 100,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """The circulars that are here, without their text.

        Parameters
        ----------
        event
            About this event, by its time or one of its names; ``linked_by`` says how that is known, ``status`` what people say.
        statuses
            Of those about the event only these: ``related``, ``unrelated``, ``retracted``, ``unsaid``.
        text
            With this in subject or text.
        since, until
            Published within these times (UTC).
        limit
            At most so many.
        as_of
            As they were known at this time.
        """
        found = self._transport.get_arrow(
            "/api/published-circulars", event=event, status=list(statuses), text=text, since=iso_time(since, "since"),
            until=iso_time(until, "until"), limit=limit, as_of=iso_time(as_of),
        )  # fmt: skip
        return SkyTable(found)

    def get(self, number: int, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One circular with its text (``body``), the numbers in it (``readings``) and the ``events`` that it is about."""
        path = f"/api/published-circulars/{int(number)}"
        document: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of))
        return document

    def readings(
        self,
        *,
        event: str | None = None,
        number: int | None = None,
        kinds: Sequence[str] = (),
        limit: int = 1000,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Positions, redshifts and magnitudes that were read in circulars, each with its ``sentence``.

        Of an event those of circulars that are unrelated to it, or retracted, are left out.

        Parameters
        ----------
        event, number
            In circulars about this event, or in this one.
        kinds
            Only these: ``position``, ``redshift``, ``magnitude``.
        limit
            At most so many.
        as_of
            As they were known at this time.
        """
        found = self._transport.get_arrow(
            "/api/published-circulars/readings", event=event, number=number, kind=list(kinds), limit=limit,
            as_of=iso_time(as_of),
        )  # fmt: skip
        return SkyTable(found)

    def ingest(self, *paths: str | Path) -> dict[str, Any]:
        """Bring circulars in: ``{"read", "stored", "revised", "duplicates", "rejected"}``.

        Parameters
        ----------
        *paths
            Files (JSON as GCN serves it, or text), directories, or GCN's archive (``archive.json.tar.gz``).

        Raises
        ------
        InvalidInput
            If a path cannot be read; what is no circular is listed as rejected.
        """
        total: dict[str, Any] = {**dict.fromkeys(_COUNTS, 0), "rejected": []}
        files = _files(paths)
        while some := list(islice(files, _AT_ONCE)):
            done = self._transport.post("/api/published-circulars", {"circulars": some})
            for name in _COUNTS:
                total[name] += done[name]
            total["rejected"] += done["rejected"]
        return total

    def mark(self, number: int, status: str, event: str | None = None, *, reason: str | None = None) -> dict[str, Any]:
        """Say what a circular is: ``related`` or ``unrelated`` to an event, or ``retracted`` by its authors.

        It may be said again and otherwise; ``sky.circular_statuses`` has the history, and takes a word back (``remove``).
        """
        body = {"status": status, "event": event, "reason": reason}
        said: dict[str, Any] = self._transport.post(f"/api/published-circulars/{int(number)}/status", body)
        return said

    def confirm(
        self,
        circular_reading_id: int | str,
        object_id: str,
        time: datetime | str | float,
        filter: str,
        *,
        groups: Sequence[str] | None = None,
        **said: Any,
    ) -> dict[str, Any]:
        """Take a magnitude over as a point of an object, with the circular as its origin.

        Parameters
        ----------
        circular_reading_id
            Which of the `readings`.
        object_id
            Whose it is.
        time
            When it was measured: UTC, or MJD.
        filter
            In which bandpass, such as ``sdssr``.
        groups
            Who shall see the point; by default those of yours that see the object.
        **said
            What was not read, or not rightly: ``mag``, ``magerr``, ``is_limit``, ``nsigma``, ``magsys`` (``ab`` or ``vega``),
            ``telescope``.
        """
        point = {"object_id": object_id, "mjd": _mjd(time), "filter": filter, **said}
        path = f"/api/published-circulars/readings/{int(circular_reading_id)}/points"
        stored: dict[str, Any] = self._transport.post(path, {"point": point, "groups": groups and list(groups)})
        return stored


def _files(paths: Sequence[str | Path]) -> Iterator[dict[str, str]]:
    from skyhub.published import archive_members

    for file, content in archive_members(map(Path, paths)):
        yield {"file": file, "content": b64encode(content).decode()}


def _mjd(time: datetime | str | float) -> float:
    if isinstance(time, int | float):
        return float(time)
    try:
        return float(str(time))
    except ValueError:
        moment = datetime.fromisoformat(iso_time(time, "time") or "")
    return mjd_of_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
