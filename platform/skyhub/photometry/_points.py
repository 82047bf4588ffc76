"""From a table of the field to points as the platform stores them, with a reason for each that cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.photometry._options import UploadOptions
from skyhub.photometry._rows import Floats, Mask, Rows, Texts, by_distinct
from skyhub.photometry._times import mjd_of
from skyhub.photometry._values import measured
from skyhub.science.bandpasses import filter_name, instrument_of

__all__ = ["Points", "Problem", "points_of"]

_FID = {1: "ztfg", 2: "ztfr", 3: "ztfi"}
_EARLIEST, _LATEST = 10_000.0, 100_000.0
"""MJD of 1886 and 2132."""


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be used."""

    record: int
    """Number of the row, from 1."""
    reason: str
    kind: str
    """``filter`` if its filter is not known, else ``invalid``."""


@dataclass
class Points:
    """Rows that can be stored, in columns of equal length, and those that cannot."""

    columns: dict[str, NDArray[Any]]
    """Columns of the table ``photometry``."""
    record: NDArray[np.int64]
    """Numbers of the rows, from 1."""
    problems: list[Problem] = field(default_factory=list)
    n_read: int = 0

    def __len__(self) -> int:
        return len(self.record)


def points_of(table: pa.Table, options: UploadOptions) -> Points:
    """The points of a table.

    Parameters
    ----------
    table
        Columns by any of the names in `skyhub.photometry._columns.NAMES`.
    options
        What holds for rows that do not say.

    Raises
    ------
    InvalidInput
        If there is no time, no filter or nothing measured in it.
    """
    rows = Rows(table, options)
    columns: dict[str, NDArray[Any]] = {"mjd": _mjd(rows), **_filters(rows), **_position(rows)}
    columns["object_id"] = rows.texts("object_id", options.object_id)
    rows.refuse(columns["object_id"] == "", "no object is named: add a column object_id, or say whose points they are")
    columns["origin"] = rows.texts("origin", options.origin or "upload")
    columns |= measured(rows, columns["filter"])
    good = rows.reasons == ""
    problems = [Problem(int(at) + 1, rows.reasons[at], rows.kinds[at]) for at in np.flatnonzero(~good)]
    return Points(
        {name: values[good] for name, values in columns.items()}, np.flatnonzero(good) + 1, problems, len(rows)
    )


def _mjd(rows: Rows) -> Floats:
    name = next(n for n in ("mjd", "jd", "time") if n in rows.names)
    values = mjd_of(rows.column(name)) if name == "time" else rows.floats(name) - (2_400_000.5 if name == "jd" else 0.0)
    bad = ~((values > _EARLIEST) & (values < _LATEST))
    called, column = rows.names[name], rows.column(name)
    rows.refuse(bad, lambda at: f"{called} is {column[at].as_py()}: a date in UTC is permitted, as MJD, JD or ISO 8601")
    return values


def _filters(rows: Rows) -> dict[str, NDArray[Any]]:
    if not rows.names.keys() & {"filter", "fid"} and rows.options.filter is None:
        raise InvalidInput("no column is a filter: add one, or say which filter it is.", "filter")
    given = _named_filters(rows)
    instrument, telescope = rows.texts("instrument"), rows.texts("telescope")
    said = np.where(instrument != "", instrument, np.where(telescope != "", telescope, rows.options.instrument or ""))
    filters = _resolved(rows, given, instrument, telescope)
    rows.refuse(filters == "", lambda at: _unknown_filter(given[at]), "filter")
    own = by_distinct(lambda name: instrument_of(name) if name else "", filters)
    return {"filter": filters, "instrument": np.where(said != "", said, own)}


def _named_filters(rows: Rows) -> Texts:
    if "filter" in rows.names or "fid" not in rows.names:
        return rows.texts("filter", rows.options.filter)
    return np.array(
        [_FID.get(int(fid), f"fid {fid:g}") if fid == fid else "" for fid in rows.floats("fid")], dtype=object
    )


def _resolved(rows: Rows, given: Texts, instrument: Texts, telescope: Texts) -> Texts:
    """Names of bandpasses, empty where unknown."""

    def name(text: str, instrument: str, telescope: str) -> str:
        where = f"{instrument} {telescope} {rows.options.instrument or ''}"
        return filter_name(rows.options.bands.get(text, text), where) or ""

    return by_distinct(name, given, instrument, telescope)


def _unknown_filter(text: str) -> str:
    if not text:
        return "no filter is named"
    return (
        f"filter {text!r} is not known: names are as in sncosmo (ztfg, sdssr, atlaso …); "
        "say of which instrument it is, or which of those it stands for"
    )


def _position(rows: Rows) -> dict[str, NDArray[Any]]:
    ra, dec = rows.floats("ra"), rows.floats("dec")
    bare: Mask = np.isnan(ra) & np.isnan(dec)
    inside = (ra >= 0) & (ra <= 360) & (np.abs(dec) <= 90)
    rows.refuse(
        ~bare & ~inside,
        lambda at: f"ra {ra[at]:g}, dec {dec[at]:g}: 0 to 360 and -90 to 90 deg are permitted, or neither",
    )
    return {"ra": ra, "dec": dec}
