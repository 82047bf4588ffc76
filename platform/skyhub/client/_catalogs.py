"""Instruments with their fields and footprints, detectors with what they measure, galaxies and extended sources."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._transport import Transport

__all__ = ["Detectors", "Instruments"]

_MOST_AT_ONCE = 200_000


class Instruments(Records):
    """Instruments: call it for a table; fields and footprint of one by its name.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "instruments")

    def fields(self, name: str, *, at: str | None = None, as_of: datetime | None = None) -> SkyTable:
        """The fields of an instrument: ``field_id, name, ra, dec, reference_filters, reference_limits``.

        Parameters
        ----------
        name
            The instrument.
        at
            Only those that see this position (deg or sexagesimal), nearest first.
        as_of
            With the grid of this time.
        """
        path = f"/api/instruments/{_part(name)}/fields"
        if at is not None:
            return SkyTable.from_rows(self._transport.get(path, at=at, as_of=_time(as_of))["rows"])
        return SkyTable(self._transport.get_arrow(path, as_of=_time(as_of)))

    def set_fields(self, name: str, grid: Any, footprint: str | None = None, *, keep: bool = False) -> dict[str, Any]:
        """Store the grid of an instrument; the one there is superseded, and stays readable as of an earlier time.

        Parameters
        ----------
        name
            The instrument.
        grid
            Path of a table of fields, or an Arrow table, or rows ``{"field_id", "ra", "dec", …}``.
        footprint
            What the camera sees at once: a ds9 region, relative to its own centre.
        keep
            Whether fields that are not in it stay.

        Returns
        -------
        dict
            ``read, stored, duplicates, rejected``, and how many ``ended``.
        """
        from skyhub.facilities import FIELD_SCHEMA, Grid, read_grid

        found = grid if isinstance(grid, Grid) else read_grid(Path(grid)) if isinstance(grid, str | Path) else None
        if found is None:
            table = grid if isinstance(grid, pa.Table) else pa.Table.from_pylist(list(grid))
            found = Grid("", read=len(table))
        else:
            table = pa.Table.from_pylist([field._asdict() for field in found.fields], FIELD_SCHEMA)
        summary = {"read": found.read, "stored": 0, "duplicates": found.repeated, "ended": 0}
        if len(table):
            metadata = {"footprint": footprint} if footprint else None
            path = f"/api/instruments/{_part(name)}/fields?keep={str(keep).lower()}"
            answer = self._transport.post_arrow(path, table.replace_schema_metadata(metadata))
            summary = {**summary, **answer, "duplicates": answer["duplicates"] + found.repeated}
        return {**summary, "rejected": [rejection.to_json() for rejection in found.rejected]}

    def footprint(self, name: str, *, as_of: datetime | None = None) -> dict[str, Any]:
        """What an instrument sees at once: ``polygons`` (offsets, deg), ``area`` (deg²), ``radius`` (deg)."""
        path = f"/api/instruments/{_part(name)}/footprint"
        document: dict[str, Any] = self._transport.get(path, as_of=_time(as_of))
        return document


class Detectors(Records):
    """Detectors of gravitational waves, neutrinos and gamma rays: call it for a table.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "detectors")
        self.intervals = Records(transport, "detector_intervals")
        self.spectra = Records(transport, "detector_spectra")


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _part(text: object) -> str:
    return quote(str(text), safe="")
