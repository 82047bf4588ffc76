"""Statistics of every object, as its visible points add up: kept with each write, read by object or as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db import ADMINISTRATOR, Database, Stale, Transaction, Viewer, json_value
from skyhub.photometry._added import added_up
from skyhub.photometry._partials import partial_sums
from skyhub.photometry._sums import MERGED, MERGED_FILTERS

__all__ = [
    "POINTS",
    "STATISTICS_SQL",
    "Standing",
    "add_up",
    "add_up_again",
    "first_and_last_detections",
    "insert_sums",
    "read_standing",
    "require_same_points",
    "statistics",
    "statistics_table",
]

STATISTICS_SQL = {
    "statistics": MERGED.replace("{rows}", "@photometry_statistics"),
    "filter_statistics": MERGED_FILTERS.replace("{rows}", "@photometry_statistics"),
}
"""Statements of the tables that users may name in SQL."""

POINTS = "points"
"""With an object's name, the key under which transactions say that its points have changed."""

_OF_OBJECTS = "@photometry_statistics WHERE object_id IN (SELECT unnest(?))"
_FIRST_AND_LAST = f"""
    SELECT object_id, sum(n_detections)::BIGINT AS n_detections, min(first_mjd) AS first_mjd, max(last_mjd) AS last_mjd
    FROM {_OF_OBJECTS} AND (? OR NOT forced) GROUP BY object_id HAVING sum(n_detections) > 0
"""
_NEEDED = ("photometry_id", "object_id", "acl", "filter", "origin", "mjd", "flux", "fluxerr", "limiting_mag")


def add_up(transaction: Transaction, points: pa.Table) -> None:
    """Take new points into the statistics of their objects, which have changed; belongs into the transaction that stores them.

    Parameters
    ----------
    transaction
        The transaction.
    points
        Columns ``object_id, acl, filter, origin, mjd, flux, fluxerr, limiting_mag``.
    """
    if not len(points):
        return
    insert_sums(transaction, partial_sums(points))
    for object_id in pc.unique(points["object_id"]).to_pylist():
        transaction.touch((POINTS, object_id))


def insert_sums(transaction: Transaction, rows: pa.Table) -> None:
    """Number and append rows of statistics."""
    if not len(rows):
        return
    first = transaction.next_id("photometry_statistics", "statistics_id", len(rows))
    rows = rows.append_column("statistics_id", pa.array(np.arange(first, first + len(rows)), pa.int64()))
    rows = rows.append_column("version", pa.repeat(pa.scalar(1, pa.int16()), len(rows)))
    transaction.insert("photometry_statistics", rows)


def require_same_points(transaction: Transaction, object_ids: Iterable[str], commit: int) -> None:
    """Raise `Stale` if points of one of some objects may have changed after a commit."""
    if any(transaction.touched_since((POINTS, object_id), commit) for object_id in object_ids):
        raise Stale("other points of these objects came in.")


@dataclass(frozen=True)
class Standing:
    """What is known of some objects at a commit: their points, and the rows of statistics that stand for these."""

    points: pa.Table
    rows: tuple[int, ...]


def read_standing(db: Database, object_ids: Sequence[str]) -> Standing:
    """The points of objects and their rows of statistics; holds unless one of the objects is touched meanwhile."""
    found = db.reader.query(ADMINISTRATOR, f"SELECT statistics_id FROM {_OF_OBJECTS}", [list(object_ids)])
    points = db.reader.points(ADMINISTRATOR, list(object_ids), _NEEDED)
    return Standing(points, tuple(found["statistics_id"].to_pylist()))


def add_up_again(transaction: Transaction, standing: Standing, without: Sequence[int], points: pa.Table) -> None:
    """Statistics anew after a correction or removal: some points give way to others.

    Parameters
    ----------
    transaction
        The transaction that corrects them, in which none of the objects has been touched since the standing was read.
    standing
        What was known before.
    without
        Numbers of points that are superseded.
    points
        New ones, with the columns that `add_up` needs.
    """
    for object_id in pc.unique(standing.points["object_id"]).to_pylist():
        transaction.touch((POINTS, object_id))
    stays = pc.invert(pc.is_in(standing.points["photometry_id"], pa.array(list(without), pa.int64())))
    columns = _NEEDED[1:]
    kept = standing.points.filter(stays).select(columns)
    transaction.supersede("photometry_statistics", "statistics_id", dict.fromkeys(standing.rows, 2))
    add_up(transaction, pa.concat_tables([kept, points.select(columns).cast(kept.schema)]))


def statistics_table(db: Database, viewer: Viewer, as_of: datetime | None = None) -> pa.Table:
    """Statistics of all objects, one row each, of the points that the viewer may see (at a time, by default now)."""
    return db.reader.query(viewer, STATISTICS_SQL["statistics"], (), as_of)


def statistics(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """Statistics of objects by name, as JSON: those of `statistics_table`, ``filters`` and mean ``colours``.

    Objects of which the viewer may see no point are left out.
    """
    rows = db.reader.rows(viewer, f"SELECT * FROM {_OF_OBJECTS}", [list(object_ids)], as_of)
    found: dict[str, dict[str, Any]] = json_value(added_up(rows))
    return found


def first_and_last_detections(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None, *, forced: bool = True
) -> list[dict[str, Any]]:
    """``object_id, n_detections, first_mjd, last_mjd`` (MJD, UTC) of objects of which the viewer may see a detection.

    Parameters
    ----------
    db, viewer, object_ids, as_of
        The database, who asks, of which objects, and for what time.
    forced
        Whether forced photometry counts.
    """
    return db.reader.rows(viewer, _FIRST_AND_LAST, [list(object_ids), forced], as_of)
