"""Which points of an upload are new, which are there already, and which are another reduction of one that is there."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.photometry._editing import editable

__all__ = ["KEY", "SAME", "STORED", "Verdicts", "compare"]

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


SAME = f"""FROM skyhub_new AS n JOIN skyhub_stored AS s USING ({_USING})
    WHERE {" AND ".join(map(_close, ("flux", "fluxerr", "limiting_mag")))}"""
"""Points of an upload (``n``) with the stored ones (``s``) that have the same key and values."""

_COMPARE = f"""
    WITH once AS (
        SELECT * FROM skyhub_new
        QUALIFY row_number() OVER (PARTITION BY {_USING}, flux, fluxerr, limiting_mag ORDER BY place) = 1),
    same AS (SELECT n.place, s.photometry_id {SAME.replace("skyhub_new", "once")}),
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

    Most points are the only ones of their key, or meet one stored point; these are compared at once. The rest, with
    several measurements of one key, are matched one by one in SQL.

    Parameters
    ----------
    db, viewer
        The database, and who uploads.
    new
        Columns `KEY` and ``flux, fluxerr, limiting_mag``.
    stored
        Columns `STORED`.
    """
    group = _groups(new, stored)
    mine, theirs = group[: len(new)], group[len(new) :]
    n_groups = int(group.max()) + 1 if len(group) else 0
    n_new, n_stored = np.bincount(mine, minlength=n_groups), np.bincount(theirs, minlength=n_groups)
    alone = np.flatnonzero((n_new == 1)[mine] & (n_stored == 0)[mine])
    crowded = np.flatnonzero(~((n_new == 1) & (n_stored <= 1))[mine])
    parts = [Verdicts(alone, *(np.full(len(alone), value) for value in (0, 1, 0)))]
    meeting = np.flatnonzero((n_new == 1)[mine] & (n_stored == 1)[mine])
    if len(meeting):
        partner = np.zeros(n_groups, dtype=np.int64)
        partner[theirs] = np.arange(len(stored))
        parts.append(_pairs(db, viewer, meeting, new.take(meeting), stored.take(partner[mine[meeting]])))
    if len(crowded):
        same = np.isin(theirs, mine[crowded])
        parts.append(_one_by_one(db, viewer, crowded, new.take(crowded), stored.filter(pa.array(same))))
    place = np.concatenate([part.place for part in parts])
    order = np.argsort(place, kind="stable")
    return Verdicts(*(np.concatenate(columns)[order] for columns in zip(*parts, strict=True)))


def _groups(new: pa.Table, stored: pa.Table) -> NDArray[np.int64]:
    """A number for each point, first the new and then the stored ones: equal for equal keys."""
    mjd = np.concatenate([new["mjd"].to_numpy(), stored["mjd"].to_numpy()])
    code = np.zeros(len(mjd), dtype=np.int64)
    for name in KEY[:-1]:
        together = pa.chunked_array([*new[name].chunks, *stored[name].chunks], pa.string()).combine_chunks()
        encoded = together.dictionary_encode()
        code = code * (len(encoded.dictionary) + 1) + encoded.indices.to_numpy()
    order = np.lexsort((mjd, code))
    changes = np.ones(len(order), dtype=np.int64)
    changes[1:] = (np.diff(code[order]) != 0) | (np.diff(mjd[order]) != 0)
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(changes) - 1
    return group


def _pairs(db: Database, viewer: Viewer, place: NDArray[np.int64], new: pa.Table, stored: pa.Table) -> Verdicts:
    """New points that each meet one stored point."""
    equal = np.ones(len(new), dtype=bool)
    for name in ("flux", "fluxerr", "limiting_mag"):
        one, other = (pc.fill_null(t[name].cast(pa.float64()), np.nan).to_numpy() for t in (new, stored))
        near = np.abs(one - other) <= _TOLERANCE * np.maximum(np.abs(one), np.abs(other))
        equal &= near | (np.isnan(one) & np.isnan(other))
    may = editable(db, viewer, stored)
    numbers, versions, repeats = (
        stored[name].to_numpy().astype(np.int64) for name in ("photometry_id", "version", "repeat")
    )
    found = Verdicts(
        place,
        np.where(may, numbers, 0),
        np.where(may, versions + 1, 1),
        np.where(may, repeats, repeats + 1),
    )
    return Verdicts(*(column[~equal] for column in found))


def _one_by_one(db: Database, viewer: Viewer, place: NDArray[np.int64], new: pa.Table, stored: pa.Table) -> Verdicts:
    new = new.append_column("place", pa.array(place))
    stored = stored.append_column("editable", pa.array(editable(db, viewer, stored)))
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("skyhub_new", new)
        connection.register("skyhub_stored", stored)
        found = connection.sql(_COMPARE).to_arrow_table()
    revises = found["revises"].fill_null(0)
    columns = (found["place"], revises, found["version"], found["repeat"])
    return Verdicts(*(np.asarray(column, dtype=np.int64) for column in columns))
