"""Photometry in the database: which points of a batch of packets are new."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db import Transaction

__all__ = ["new_points"]

_NSIGMA = 5.0
"""What the limiting magnitudes of alerts stand for."""

_NEW = """
    WITH first AS (
        SELECT * FROM skyhub_points
        QUALIFY row_number() OVER (PARTITION BY object_id, origin, point_id ORDER BY point_id != candid, candid) = 1)
    SELECT first.* EXCLUDE (candid) FROM first ANTI JOIN (
        SELECT object_id, origin, point_id FROM photometry
        WHERE mjd >= (SELECT min(mjd) - 1 FROM skyhub_points) AND mjd <= (SELECT max(mjd) + 1 FROM skyhub_points)
    ) AS stored USING (object_id, origin, point_id)
    ORDER BY object_id, mjd
"""


def new_points(transaction: Transaction, packets: pa.Table) -> pa.Table:
    """The points in the histories of packets that are not stored yet, each once.

    Two packets may give slightly different times to one point, so a day more is searched on either side. They may also
    differ in the last digits: a point's own alert comes first, then the earliest alert.

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
    return transaction.with_table("skyhub_points", points, _NEW)
