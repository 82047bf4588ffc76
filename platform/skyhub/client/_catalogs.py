"""Instruments with their fields and footprints, detectors with what they measure, galaxies and extended sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.client._records import Records
from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part
from skyhub.errors import InvalidInput

__all__ = ["Catalogs", "Detectors", "Galaxies", "Instruments"]

_KINDS = ("galaxy", "tns", "star", "agn", "variable")


class Instruments(Records):
    """Instruments: call it for a table; fields and footprint of one by its name.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "instruments")

    def fields(self, name: str, *, at: str | None = None, as_of: datetime | str | None = None) -> SkyTable:
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
        path = f"/api/instruments/{path_part(name)}/fields"
        return SkyTable(self._transport.get_arrow(path, at=at, as_of=iso_time(as_of)))

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
            table = grid if isinstance(grid, pa.Table) else pa.Table.from_pylist(list(grid), FIELD_SCHEMA)
            found = Grid("", read=len(table))
        else:
            table = pa.Table.from_pylist([field._asdict() for field in found.fields], FIELD_SCHEMA)
        summary = {"read": found.read, "stored": 0, "duplicates": found.repeated, "ended": 0}
        if len(table):
            metadata = {"footprint": footprint} if footprint else None
            path = f"/api/instruments/{path_part(name)}/fields?keep={str(keep).lower()}"
            answer = self._transport.post_arrow(path, table.replace_schema_metadata(metadata))
            summary = {**summary, **answer, "duplicates": answer["duplicates"] + found.repeated}
        return {**summary, "rejected": [rejection.to_json() for rejection in found.rejected]}

    def footprint(self, name: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """What an instrument sees at once: ``polygons`` (offsets, deg), ``area`` (deg²), ``radius`` (deg)."""
        path = f"/api/instruments/{path_part(name)}/footprint"
        document: dict[str, Any] = self._transport.get(path, as_of=iso_time(as_of))
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


class Galaxies:
    """Galaxies of all catalogues: call it for those near a place, or add a catalogue.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.galaxies(cone=(197.45, -23.38, 60))            # doctest: +SKIP
    >>> sky.galaxies("ZTF26abc", radius=30)                # doctest: +SKIP
    >>> sky.galaxies.add("CLU.hdf5", catalog="CLU")        # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(
        self,
        object_id: str | None = None,
        *,
        cone: tuple[float, float, float] | None = None,
        radius: float = 10.0,
        catalog: str | None = None,
        limit: int = 1000,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Galaxies near an object or in a cone, nearest first, with the separation (arcsec) and the offset (kpc).

        Parameters
        ----------
        object_id
            The object, and
        radius
            how far from it (arcsec).
        cone
            Instead of them: right ascension, declination (deg) and radius (arcsec).
        catalog
            Only of this catalogue.
        limit
            At most so many.
        as_of
            Only what was known at this time.
        """
        at = None if cone is None else f"{cone[0]:.9f} {cone[1]:.9f}"
        reach = radius if cone is None else cone[2]
        where = {"at": at, "object_id": object_id, "radius": reach, "catalog": catalog, "limit": limit}
        return SkyTable(self._transport.get_arrow("/api/galaxies", as_of=iso_time(as_of), **where))

    def add(self, data: Any, catalog: str, columns: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Add galaxies to a catalogue, which is made if there is none of this name.

        Parameters
        ----------
        data
            A file's path (CSV, Parquet, FITS, VOTable, HDF5), or an Arrow table with our columns.
        catalog
            Its name.
        columns
            Columns of the file for ours, where they cannot be told by their names: ``{"distance": "D_Mpc"}``.

        Returns
        -------
        dict
            ``read, stored, duplicates, ended, rejected, columns`` (the file's for each of ours) and ``unknown_columns``.
        """
        from skyhub.catalogs import GALAXIES

        return _send(self._transport, GALAXIES, data, catalog, columns)


class Catalogs:
    """Extended sources of all spatial catalogues: what a position lies inside of.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.catalogs.inside(33.04, 53.36)                  # doctest: +SKIP
    >>> sky.catalogs.inside("ZTF26abc")                    # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def inside(
        self,
        ra: float | str,
        dec: float | None = None,
        *,
        catalog: str | None = None,
        as_of: datetime | str | None = None,
    ) -> SkyTable:
        """Entries in whose cone or ellipse a position (deg) or an object (by its name) lies, nearest first."""
        if isinstance(ra, str) == (dec is not None):
            raise InvalidInput(f"{ra!r}, {dec!r} is no place: give ra and dec (deg), or the name of an object.", "ra")
        where = {"object_id": ra} if dec is None else {"at": f"{ra:.9f} {dec:.9f}"}
        found = self._transport.get_arrow("/api/spatial_entries", catalog=catalog, as_of=iso_time(as_of), **where)
        return SkyTable(found)

    def add(
        self, data: Any, catalog: str, columns: Mapping[str, str] | None = None, radius: float | None = None
    ) -> dict[str, Any]:
        """Add extended sources to a catalogue, which is made if there is none of this name.

        Parameters
        ----------
        data, catalog, columns
            As for `Galaxies.add`; ellipses have ``amaj, amin, phi`` (deg), cones ``radius`` (deg).
        radius
            Extent (deg) of entries without one.
        """
        from skyhub.catalogs import SPATIAL_ENTRIES

        return _send(self._transport, SPATIAL_ENTRIES, data, catalog, columns, radius)

    def load(
        self, data: Any, name: str, kind: str, columns: Mapping[str, str] | None = None, *, keep: bool = False
    ) -> dict[str, Any]:
        """Load a catalogue that alerts are compared with as they come; a newer copy replaces the one there.

        Parameters
        ----------
        data, columns
            As for `Galaxies.add`.
        name
            The catalogue; made if there is none of this name.
        kind
            What its entries are: ``galaxy, tns, star, agn`` or ``variable``.
        keep
            Whether entries that are not in it stay.

        Returns
        -------
        dict
            As of `Galaxies.add`. All that can be used is stored at once, or, after an error, nothing.
        """
        from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES

        if kind not in _KINDS:
            raise InvalidInput(f"{kind!r} is no kind of catalogue: {', '.join(_KINDS)} are permitted.", "kind")
        entries, told = (GALAXIES, None) if kind == "galaxy" else (REFERENCE_ENTRIES, kind)
        return _send(self._transport, entries, data, name, columns, kind=told, replace=not keep)


def _send(
    transport: Transport,
    entries: Any,
    data: Any,
    catalog: str,
    columns: Mapping[str, str] | None,
    radius: float | None = None,
    **options: Any,
) -> dict[str, Any]:
    from skyhub.catalogs import CatalogFile, read_catalog

    if isinstance(data, str | Path):
        content = read_catalog(Path(data), entries, columns, radius)
    else:
        content = CatalogFile("", data, read=len(data))
    counts = {"stored": 0, "duplicates": 0, "ended": 0}
    if len(content.table):
        path = f"/api/{entries.table}"
        counts = transport.post_arrow(path, content.table, patient=True, catalog=catalog, **options)
    counts["duplicates"] += content.repeated
    rest = {"rejected": content.rejected, "columns": content.columns, "unknown_columns": content.unknown_columns}
    return {"read": content.read, **counts, **rest}
