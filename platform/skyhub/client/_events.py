"""Events of the sky through the client: tables of them and of their notices, one event, and bringing notices in."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput, NotFound

__all__ = ["Events"]


class Events:
    """Events: call it for a table, newest first.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.events(tags=["GW", "BNS"])                     # doctest: +SKIP
    >>> sky.events.get("S230518h")["localizations"]        # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(
        self,
        *,
        roles: Sequence[str] = ("observation",),
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        tags: Sequence[str] = (),
        retracted: bool | None = None,
        limit: int = 100,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """The events that I may see.

        Parameters
        ----------
        roles
            Of these roles: observation, mock, test, utility.
        since, until
            Seen within these times (UTC).
        tags
            With all of these tags.
        retracted
            Only those that were retracted, or that were not.
        limit
            At most so many.
        as_of
            As they were known at this time.
        """
        found = self._transport.get_arrow(
            "/api/events", role=list(roles), since=iso_time(since, "since"), until=iso_time(until, "until"),
            tag=list(tags), retracted=retracted, limit=limit, as_of=iso_time(as_of),
        )  # fmt: skip
        return SkyTable(found)

    def get(self, name: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One event with its notices and localizations, by its time (``2019-04-25T08:18:05``) or a name (``S190425z``)."""
        document: dict[str, Any] = self._transport.get(f"/api/events/{path_part(name)}", as_of=iso_time(as_of))
        return document

    def newest(self, *, as_of: datetime | str | None = None) -> str:
        """The time of the newest observed event, by which `get` finds it. Raises `NotFound` if there is none."""
        rows = self(limit=1, as_of=as_of).to_rows()
        if not rows:
            raise NotFound(
                "there is no event among those that you may see: bring a notice in, or name an event.", "event"
            )
        return str(rows[0]["event"])

    def counterparts(self, name: str, *, as_of: datetime | str | None = None, **search: Any) -> SkyTable:
        """Objects inside the sky map of an event, the likeliest first.

        Parameters
        ----------
        name
            The event, by its time or a name.
        as_of
            As all was known at this time.
        **search
            The fields of `skyhub.discovery.CounterpartSearch`: ``localization``, ``level``, ``of``, ``first_after``,
            ``first_before``, ``with_predetections``, ``max_host_sigmas``, ``status`` and so on.
        """
        return self._inside("counterparts", name, as_of, search)

    def galaxies(self, name: str, *, as_of: datetime | str | None = None, **search: Any) -> SkyTable:
        """Galaxies inside the sky map of an event, the likeliest host first.

        Parameters
        ----------
        name, as_of
            The event, and as all was known at which time.
        **search
            The fields of `skyhub.discovery.GalaxySearch`: ``localization``, ``level``, ``weight``, ``catalog``, ``limit``.
        """
        return self._inside("galaxies", name, as_of, search)

    def hold(
        self,
        name: str,
        object_id: str,
        status: str,
        *,
        reason: str | None = None,
        notes: str | None = None,
        circular: int | None = None,
    ) -> dict[str, Any]:
        """Say what an object is held for in an event: ``pending``, ``confirmed``, ``ambiguous`` or ``rejected``.

        With the number of the GCN circular from which that is known, if there is one.
        """
        body = {"object_id": object_id, "status": status, "reason": reason, "notes": notes, "circular": circular}
        document: dict[str, Any] = self._transport.post(f"/api/events/{path_part(name)}/counterparts", body)
        return document

    def _inside(self, what: str, name: str, as_of: datetime | str | None, search: dict[str, Any]) -> SkyTable:
        asked = {key: iso_time(value, key) if key.startswith("first_") else value for key, value in search.items()}
        path = f"/api/events/{path_part(name)}/{what}"
        return SkyTable(self._transport.get_arrow(path, as_of=iso_time(as_of), **asked))

    def notices(
        self, *, actions: Sequence[str] = (), limit: int = 1000, as_of: datetime | str | None = None
    ) -> SkyTable:
        """Notices in their order, also those that were passed over or refused, with the reason.

        Parameters
        ----------
        actions
            Only those of which this became: created, updated, ignored, rejected.
        limit
            At most so many, the newest ones.
        as_of
            Those that had come by this time.
        """
        found = self._transport.get_arrow(
            "/api/events/notices", action=list(actions), limit=limit, as_of=iso_time(as_of)
        )
        return SkyTable(found)

    def original(self, event_notice_id: int | str, *, as_of: datetime | str | None = None) -> bytes:
        """A notice as it came, byte for byte."""
        path = f"/api/events/notices/{path_part(str(event_notice_id))}/file"
        return self._transport.get_bytes(path, as_of=iso_time(as_of))

    def maps(self, name: str | None = None, *, as_of: datetime | str | None = None) -> list[dict[str, Any]]:
        """Maps that notices name by their address: ``state`` is waiting, fetching, got, given_up or not_permitted.

        Parameters
        ----------
        name
            Of one event, by its time or a name; of all by default.
        as_of
            As they were known at this time.
        """
        rows: list[dict[str, Any]] = self._transport.get("/api/events/maps", event=name, as_of=iso_time(as_of))["rows"]
        return rows

    def fetch_again(self, name: str) -> int:
        """Have the maps of an event that were given up asked for once more; how many these are."""
        waiting: int = self._transport.post(f"/api/events/{path_part(name)}/maps/again", {})["waiting"]
        return waiting

    def ingest(self, notice: str | Path | bytes, *, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Bring a notice in: a VOEvent, an alert or notice in JSON or Avro, or a classic text.

        Parameters
        ----------
        notice
            Its file, or its bytes.
        groups
            Some of my groups, which alone shall see it and its event; everybody by default.

        Returns
        -------
        dict
            What became of it (``action``, ``reason``), its event, and what it says.

        Raises
        ------
        InvalidInput
            If the file cannot be read; a notice that is none is no error, but rejected and kept.
        """
        file = "" if isinstance(notice, bytes) else str(notice)
        try:
            content = notice if isinstance(notice, bytes) else Path(notice).read_bytes()
        except OSError as error:
            raise InvalidInput(f"{file} cannot be read: {error}", file) from error
        body = {"content": b64encode(content).decode(), "file": file, "groups": groups and list(groups)}
        answer: dict[str, Any] = self._transport.post("/api/events/notices", body)
        return answer
