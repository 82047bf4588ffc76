"""The points of a light curve as a table with units, and as files. astropy is imported when a table is made, not before."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from skyhub.errors import InvalidInput

from skyhub_widgets._axes import LightCurveAxes
from skyhub_widgets._photometry import Photometry

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["FORMATS", "points_file", "points_table"]

FORMATS = {
    "csv": "text/csv;charset=utf-8",
    "ecsv": "text/plain;charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats of files, and their media types."""
_UNITS = {
    "mjd": "d", "mag": "mag", "magerr": "mag", "limiting_mag": "mag", "flux": "uJy", "fluxerr": "uJy", "absmag": "mag",
    "days": "d", "rest_days": "d", "days_ago": "d",
}  # fmt: skip
_WORDS = ("filter", "instrument", "origin", "photometry_id")


def points_table(photometry: Photometry, axes: LightCurveAxes, said: Mapping[str, Any]) -> QTable:
    """Points in the order of time, with units; besides their own columns the place on an axis that is none of these.

    Parameters
    ----------
    photometry
        Columns as `shown_photometry` gives them.
    axes
        What is plotted against what.
    said
        What was done with the points; becomes the table's ``meta``.
    """
    from astropy import units as u
    from astropy.table import QTable

    order = np.argsort(photometry["mjd"], kind="stable")
    columns = dict(photometry)
    if axes.x not in ("mjd", "utc"):
        columns[axes.x] = axes.times(photometry["mjd"])
    if axes.y == "absmag":
        columns["absmag"] = axes.values(photometry)[0]
    table = QTable(meta=dict(said))
    for name, values in columns.items():
        ordered = values[order]
        if name in _UNITS:
            table[name] = ordered * u.Unit(_UNITS[name])
        else:
            table[name] = ordered.astype(str) if name in _WORDS else ordered
    return table


def points_file(table: QTable, form: str) -> bytes:
    """A table as a file; ECSV and Parquet hold the units and what was done with the points as well.

    Raises
    ------
    InvalidInput
        If the format is none of `FORMATS`.
    """
    if form not in FORMATS:
        raise InvalidInput(f"The format {form!r} was given; permitted are {', '.join(FORMATS)}.", where="format")
    if form == "parquet":
        return _parquet(table)
    text = io.StringIO()
    table.write(text, format="ascii.ecsv" if form == "ecsv" else "ascii.csv")
    return text.getvalue().encode()


def _parquet(table: QTable) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [pa.array(np.asarray(getattr(table[name], "value", table[name]))) for name in table.colnames]
    units = [{"unit": _UNITS[name]} if name in _UNITS else None for name in table.colnames]
    fields = [
        pa.field(name, array.type, metadata=unit)
        for name, array, unit in zip(table.colnames, arrays, units, strict=True)
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, pa.schema(fields, {"skyhub": json.dumps(table.meta)})), sink)
    written: bytes = sink.getvalue().to_pybytes()
    return written
