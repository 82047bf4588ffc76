"""Reading spectra: the arrays of one, and the file as it came."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.attachments import blobs_of
from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.records import current_row
from skyhub.science.spectra import flux_densities
from skyhub.spectra._models import SPECTRA

__all__ = ["original_file", "spectrum_table"]

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
    row = _row(db, viewer, spectrum_id, version, as_of)
    unit = row["flux_unit"]
    wavelengths, fluxes = (np.array(row[name], dtype=float) for name in ("wavelengths", "fluxes"))
    errors = None if row["errors"] is None else np.array(row["errors"], dtype=float)
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
    row = _row(db, viewer, spectrum_id, version, as_of)
    if row["file_digest"] is None:
        raise NotFound(f"spectrum {spectrum_id} came in no file: its arrays are at …/data.", str(spectrum_id))
    return row["original_file"] or f"spectrum-{spectrum_id}", blobs_of(db).read(row["file_digest"])


def _column(values: Any, length: int) -> pa.Array:
    if values is None:
        return pa.nulls(length, pa.float64())
    return pa.array(values, pa.float64(), from_pandas=True)


def _row(db: Database, viewer: Viewer, spectrum_id: int, version: int | None, as_of: datetime | None) -> dict[str, Any]:
    if version is None:
        return current_row(db, viewer, SPECTRA, spectrum_id, as_of)
    rows = db.reader.rows(
        viewer, "SELECT * FROM @spectra* WHERE spectrum_id = ? AND version = ?", [spectrum_id, version], as_of
    )
    if not rows:
        raise NotFound(
            f"there is no version {version} of spectrum {spectrum_id} among what you may see.", f"spectra/{spectrum_id}"
        )
    return rows[0]
