"""Few rows of statistics in the place of many: what came in batch by batch is added up, without changing any sum."""

from __future__ import annotations

import pyarrow.compute as pc

from skyhub.db import Database, Transaction
from skyhub.photometry._statistics import insert_sums

__all__ = ["merge_sums"]

_OBJECTS_AT_A_TIME = 200

_IN_FORCE = "photometry_statistics WHERE known_until IS NULL"
_TOP = "SELECT coalesce(max(statistics_id), 0) AS top FROM photometry_statistics"
_DUE = f"""
    SELECT DISTINCT object_id FROM (
        SELECT object_id FROM {_IN_FORCE} GROUP BY object_id, acl, filter, forced HAVING count(*) > ?)
    ORDER BY object_id LIMIT {_OBJECTS_AT_A_TIME}
"""
_MERGE = f"""
    WITH rows AS (
        SELECT *, min(first_mjd) FILTER (NOT forced) OVER (PARTITION BY object_id, acl) AS detected_mjd
        FROM {_IN_FORCE} AND object_id IN (SELECT unnest(?::VARCHAR[]))),
    merged AS (
        SELECT object_id, acl, filter, forced, list(statistics_id) AS instead_of, any_value(detected_mjd) AS detected_mjd,
            sum(n_points)::INTEGER AS n_points, sum(n_detections)::INTEGER AS n_detections,
            min(struct_pack(m := first_mjd, b := first_mag)) FILTER (first_mjd IS NOT NULL) AS first,
            max(struct_pack(m := last_mjd, b := -last_mag)) FILTER (last_mjd IS NOT NULL) AS last,
            max(recent_mjd) AS recent_mjd,
            min(struct_pack(b := peak_mag, m := peak_mjd)) FILTER (peak_mag IS NOT NULL) AS peak,
            max(faintest_mag) AS faintest_mag, max(deepest_limit) AS deepest_limit,
            sum(sum_mag) AS sum_mag, sum(sum_square) AS sum_square,
            list_zip(flatten(list(limit_mjds)), flatten(list(limit_mags))) AS limits
        FROM rows GROUP BY object_id, acl, filter, forced HAVING count(*) > 1)
    SELECT object_id, acl, filter, forced, instead_of, n_points, n_detections,
        first.m AS first_mjd, first.b AS first_mag, last.m AS last_mjd, -last.b AS last_mag, recent_mjd,
        peak.m AS peak_mjd, peak.b AS peak_mag, faintest_mag, deepest_limit, sum_mag, sum_square,
        [pair[1] for pair in limits if detected_mjd IS NULL OR pair[1] < detected_mjd] AS limit_mjds,
        [pair[2] for pair in limits if detected_mjd IS NULL OR pair[1] < detected_mjd] AS limit_mags
    FROM merged
"""


class _Looked:
    """How far it has been looked for objects that have many rows."""

    def __init__(self, db: Database) -> None:
        self.top: int | None = None


def merge_sums(db: Database, most_rows: int = 8, worth_looking: int = 256) -> bool:
    """Merge the rows of statistics of some objects that have many; whether there may be more of them.

    The rows that are merged were in force until now, and what they add up to is from now on: at whatever time one asks
    for, the sums are the same.

    Parameters
    ----------
    db
        The database.
    most_rows
        Rows of one object, acl and filter that may stay as they are.
    worth_looking
        New rows of any objects after which it is looked again for those that have many.
    """
    looked = db.part(_Looked)
    with db.reader.borrowed() as cursor:
        [(top,)] = cursor.execute(_TOP).fetchall()
        if looked.top is not None and top - looked.top < worth_looking:
            return False
        objects: list[str] = [name for (name,) in cursor.execute(_DUE, [most_rows]).fetchall()]
    if objects and _merge_those(db, objects):
        return True
    looked.top = top
    return False


def _merge_those(db: Database, object_ids: list[str]) -> int:
    return db.writer.write(lambda transaction: _merge(transaction, object_ids))


def _merge(transaction: Transaction, object_ids: list[str]) -> int:
    merged = transaction.query(_MERGE, [object_ids])
    if len(merged):
        gone = pc.list_flatten(merged["instead_of"]).to_pylist()
        transaction.supersede("photometry_statistics", "statistics_id", dict.fromkeys(gone, 2))
        insert_sums(transaction, merged.drop_columns(["instead_of"]))
    return len(merged)
