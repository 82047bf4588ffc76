"""Reading spectra: the arrays of one, and the file as it came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from skyhub.attachments import blobs_of
from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.science.spectra import flux_densities

__all__ = ["original_file", "spectrum_row", "spectrum_table"]

_DENSITY = "erg / (Angstrom s cm2)"


def spectrum_table(
    db: Database, viewer: Viewer, spectrum_id: int, version: int | None = None, as_of: datetime | None = None
) -> pa.Table:
    """The arrays of a spectrum.

    Parameters
    ----------
    db, viewer, spectrum_id
        The database, who asks, and for which spectrum.
    version
        One that was superseded; the one in force by default.
    as_of
        Only facts known at this time.

    Returns
    -------
    pyarrow.Table
        ``wavelength`` (Å), ``flux`` and ``error`` (as they came), ``flux_density`` and ``flux_density_error``
        (erg/s/cm²/Å, null if the unit is none of a flux density). The fields' metadata have the units.
    """
    row = spectrum_row(db, viewer, spectrum_id, ("flux_unit", "wavelengths", "fluxes", "errors"), version, as_of)
    unit: str | None = row["flux_unit"].as_py()
    wavelengths, fluxes = (row[name].values.to_numpy() for name in ("wavelengths", "fluxes"))
    errors = row["errors"].values.to_numpy(zero_copy_only=False) if row["errors"].is_valid else None
    columns = {
        "wavelength": (wavelengths, "Angstrom"),
        "flux": (fluxes, unit),
        "error": (errors, unit),
        "flux_density": (flux_densities(wavelengths, fluxes, unit), _DENSITY),
        "flux_density_error": (None if errors is None else flux_densities(wavelengths, errors, unit), _DENSITY),
    }
    arrays = [_column(values, len(wavelengths)) for values, _ in columns.values()]
    fields = [
        pa.field(name, pa.float64(), metadata={"unit": said} if said else None) for name, (_, said) in columns.items()
    ]
    return pa.table(arrays, schema=pa.schema(fields))


def original_file(
    db: Database, viewer: Viewer, spectrum_id: int, version: int | None = None, as_of: datetime | None = None
) -> tuple[str, bytes]:
    """The name and the bytes of the file that a spectrum came in. Raises `NotFound` if it came in none."""
    row = spectrum_row(db, viewer, spectrum_id, ("original_file", "file_digest"), version, as_of)
    name, digest = row["original_file"].as_py(), row["file_digest"].as_py()
    if digest is None:
        raise NotFound(f"spectrum {spectrum_id} came in no file: its arrays are at …/data.", str(spectrum_id))
    return name or f"spectrum-{spectrum_id}", blobs_of(db).read(digest)


def _column(values: Any, length: int) -> pa.Array:
    if values is None:
        return pa.nulls(length, pa.float64())
    return pa.array(values, pa.float64(), from_pandas=True)


def spectrum_row(
    db: Database,
    viewer: Viewer,
    spectrum_id: int,
    columns: Sequence[str],
    version: int | None,
    as_of: datetime | None,
) -> dict[str, Any]:
    """Some columns of a spectrum as Arrow scalars: long arrays never become Python's lists."""
    which, values = ("@spectra", [spectrum_id]) if version is None else ("@spectra*", [spectrum_id, version])
    condition = "" if version is None else "AND version = ?"
    table = db.reader.query(
        viewer, f"SELECT {', '.join(columns)} FROM {which} WHERE spectrum_id = ? {condition}", values, as_of
    )
    if not len(table):
        what = f"spectrum {spectrum_id}" if version is None else f"version {version} of spectrum {spectrum_id}"
        raise NotFound(f"there is no {what} among those that you may see.", f"spectra/{spectrum_id}")
    return {name: table[name][0] for name in columns}
