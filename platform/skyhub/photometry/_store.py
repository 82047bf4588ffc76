"""Photometry in the database: which points of a batch of packets are new."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db import Database, Transaction

__all__ = ["new_points"]

_NSIGMA = 5.0
"""What the limiting magnitudes of alerts stand for."""

_FIRST = """
    SELECT * EXCLUDE (candid) FROM skyhub_points
    QUALIFY row_number() OVER (PARTITION BY object_id, origin, point_id ORDER BY point_id != candid, candid) = 1
"""
_KEY = ["object_id", "origin", "point_id"]


def new_points(db: Database, transaction: Transaction, packets: pa.Table) -> pa.Table:
    """The points in the histories of packets that are not stored yet, each once.

    Two packets may give slightly different times and values to one point: a point's own alert comes first, then the
    earliest alert.

    Returns
    -------
    pyarrow.Table
        Columns of ``photometry`` but the acl, and the name of each point's ``stream``.
    """
    histories = packets["photometry"].combine_chunks()
    owner = pc.list_parent_indices(histories)
    points = pa.Table.from_struct_array(pc.list_flatten(histories))
    points = points.append_column("object_id", packets["object_id"].take(owner))
    points = points.append_column("survey", packets["survey"].take(owner))
    points = points.append_column("instrument", points["survey"])
    points = points.append_column("limiting_nsigma", pa.repeat(pa.scalar(_NSIGMA, pa.float32()), len(points)))
    points = points.append_column("candid", packets["candid"].take(owner))
    first = transaction.with_table("skyhub_points", points, _FIRST)
    stored = db.photometry.stored(transaction, pc.unique(first["object_id"]).to_pylist(), _KEY)
    new = first.join(stored.select(_KEY), _KEY, join_type="left anti")
    return new.sort_by([("object_id", "ascending"), ("mjd", "ascending"), *((key, "ascending") for key in _KEY[1:])])
