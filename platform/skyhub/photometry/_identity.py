"""Which points of an upload are new, which are there already, and which are another reduction of one that is there."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer

__all__ = ["KEY", "STORED", "Verdicts", "compare"]

KEY = ("object_id", "instrument", "origin", "filter", "mjd")
"""What makes a point the same point, together with ``repeat``."""
STORED = (*KEY, "photometry_id", "repeat", "version", "flux", "fluxerr", "limiting_mag", "owner", "acl")
"""Columns of stored points that are compared."""

_TOLERANCE = 2e-6
"""Relative difference up to which two values are one: magnitudes in single precision are not known any better."""
_USING = ", ".join(KEY)


def _close(name: str) -> str:
    one, other = f"n.{name}", f"s.{name}"
    near = f"abs({one} - {other}) <= {_TOLERANCE} * greatest(abs({one}), abs({other}))"
    return f"(({one} IS NULL AND {other} IS NULL) OR coalesce({near}, false))"


_COMPARE = f"""
    WITH once AS (
        SELECT * FROM skyhub_new
        QUALIFY row_number() OVER (PARTITION BY {_USING}, flux, fluxerr, limiting_mag ORDER BY place) = 1),
    same AS (
        SELECT n.place, s.photometry_id FROM once AS n JOIN skyhub_stored AS s USING ({_USING})
        WHERE {" AND ".join(map(_close, ("flux", "fluxerr", "limiting_mag")))}),
    rest AS (
        SELECT *, row_number() OVER (PARTITION BY {_USING} ORDER BY place) AS turn FROM once
        WHERE place NOT IN (SELECT place FROM same)),
    open AS (
        SELECT *, row_number() OVER (PARTITION BY {_USING} ORDER BY repeat, photometry_id) AS turn FROM skyhub_stored
        WHERE editable AND photometry_id NOT IN (SELECT photometry_id FROM same)),
    top AS (SELECT {_USING}, max(repeat) AS last FROM skyhub_stored GROUP BY ALL)
    SELECT place, open.photometry_id AS revises, coalesce(open.version, 0) + 1 AS version,
        coalesce(open.repeat, coalesce(last, -1) + row_number() OVER (
            PARTITION BY {_USING}, open.photometry_id IS NULL ORDER BY place)) AS repeat
    FROM rest LEFT JOIN open USING ({_USING}, turn) LEFT JOIN top USING ({_USING}) ORDER BY place
"""


class Verdicts(NamedTuple):
    """What becomes of the points of an upload that are not there already."""

    place: NDArray[np.int64]
    """Places in the upload; those not listed are duplicates."""
    revises: NDArray[np.int64]
    """Number of the stored point that each is another reduction of; 0 for new ones."""
    version: NDArray[np.int64]
    repeat: NDArray[np.int64]


def compare(db: Database, viewer: Viewer, new: pa.Table, stored: pa.Table) -> Verdicts:
    """Compare the points of an upload with the stored ones that the viewer may see.

    Parameters
    ----------
    db, viewer
        The database, and who uploads.
    new
        Columns `KEY` and ``flux, fluxerr, limiting_mag``.
    stored
        Columns `STORED`.
    """
    new = new.append_column("place", pa.array(np.arange(len(new))))
    stored = stored.append_column("editable", pa.array(_editable(db, viewer, stored)))
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("skyhub_new", new)
        connection.register("skyhub_stored", stored)
        found = connection.sql(_COMPARE).to_arrow_table()
    revises = found["revises"].fill_null(0)
    return Verdicts(
        *(np.asarray(c, dtype=np.int64) for c in (found["place"], revises, found["version"], found["repeat"]))
    )


def _editable(db: Database, viewer: Viewer, stored: pa.Table) -> NDArray[np.bool_]:
    """Which points the viewer may correct: own ones, and those of groups that the viewer looks after; never alerts'."""
    led = db.access.administered(viewer)
    pairs = list(zip(stored["owner"].to_pylist(), stored["acl"].to_pylist(), strict=True))
    may = {
        (owner, acl): owner is not None
        and (viewer.administers or owner == viewer.name or bool(db.access.members(acl)[0] & led))
        for owner, acl in set(pairs)
    }
    return np.array([may[pair] for pair in pairs], dtype=bool)
