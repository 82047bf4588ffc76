"""Executed observations through the client: logs of telescopes in, tables out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from skyhub.client._photometry import arrow_of
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport

__all__ = ["Observations"]


class Observations:
    """Executed observations: call it for a table, `add` the log of a telescope.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.observations.add("ztf_20190425.csv", "ZTF")                        # doctest: +SKIP
    >>> sky.observations(instrument="ZTF", localization=3, level=0.9)          # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, as_of: datetime | str | None = None, limit: int = 1000, **asked: Any) -> SkyTable:
        """The observations that you may see, newest first.

        Parameters
        ----------
        as_of
            As they were known then.
        limit
            At most so many.
        **asked
            ``instrument, filter`` (one or several), ``field_id``, ``start, end`` (UTC), ``deeper_than`` (mag), ``at`` (a position)
            with ``radius`` (deg), ``localization`` (a number) with ``level``.
        """
        return SkyTable(self._transport.get_arrow("/api/observations", as_of=iso_time(as_of), limit=limit, **asked))

    def add(self, log: Any, instrument: str, groups: Sequence[str] | None = None) -> dict[str, Any]:
        """Store a log, all of it or nothing: ``{"read", "stored", "revised", "duplicates", "rejected"}``.

        Parameters
        ----------
        log
            The path of a file (CSV, ECSV, JSON, Parquet, FITS, VOTable), or a table of any library.
        instrument
            What observed.
        groups
            Who shall see it: some of your groups, all by default.

        Raises
        ------
        InvalidInput
            If a row cannot be used, naming the first.
        """
        if isinstance(log, str | Path):
            from skyhub.observations import read_observation_file

            table = read_observation_file(Path(log))
        else:
            table = arrow_of(log)
        answer: dict[str, Any] = self._transport.post_arrow(
            "/api/observations", table, instrument=instrument, group=groups and [*groups]
        )
        return answer

    def remove(self, observation_ids: Sequence[int]) -> int:
        """End observations; what was known earlier still tells of them. Returns how many."""
        body = {"observation_ids": [int(number) for number in observation_ids]}
        return int(self._transport.post("/api/observations/remove", body)["removed"])
