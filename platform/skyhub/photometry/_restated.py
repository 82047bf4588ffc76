"""Statistics of some objects anew, with what was known when: who sees points counts for all times, so sums follow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.db import Transaction
from skyhub.photometry._partials import partial_sums
from skyhub.photometry._statistics import POINTS, insert_sums

__all__ = ["COUNTED", "restate", "with_acls"]

COUNTED = ("photometry_id", "object_id", "acl", "filter", "origin", "mjd", "flux", "fluxerr", "limiting_mag", "known_at",
           "known_until")  # fmt: skip
"""Columns of points that statistics of all times depend on."""

_TABLE = "photometry_statistics"
_STILL = 2**62
"""Stands for the end of what is in force."""
_TOGETHER = ("acl", "known_at", "known_until")


def with_acls(points: pa.Table, acls: Mapping[int, int]) -> pa.Table:
    """Points, some of which (by ``photometry_id``) have another acl."""
    numbers, new = pa.array(acls.keys(), pa.int64()), pa.array(acls.values(), pa.int32())
    acl = pc.coalesce(new.take(pc.index_in(points["photometry_id"], numbers)), points["acl"])
    return points.set_column(points.column_names.index("acl"), "acl", acl)


def restate(transaction: Transaction, points: pa.Table) -> None:
    """Put new rows of statistics in the place of all that there are of some objects.

    Each row stands for points that were in force from one moment to another, so that whatever ``as_of`` is asked for,
    what it shows is what the points add up to that it shows. Nothing may fail after this in a transaction.

    Parameters
    ----------
    transaction
        The transaction, in which nobody has touched the objects since the points were read.
    points
        All points of the objects that ever were, with columns `COUNTED`.
    """
    objects = pc.unique(points["object_id"])
    held = points.filter(pc.fill_null(pc.less(points["known_at"], points["known_until"]), True))
    rows = _sums_by_time(held) if len(held) else None
    transaction.discard(
        _TABLE, "object_id IN (SELECT object_id FROM skyhub_discarded)", pa.table({"object_id": objects})
    )
    if rows is not None:
        insert_sums(transaction, rows)
    for object_id in objects.to_pylist():
        transaction.touch((POINTS, object_id))


def _sums_by_time(points: pa.Table) -> pa.Table:
    """Partial sums of points that have the same acl and were in force at the same times."""
    moments = np.stack([_whole(points[name]) for name in _TOGETHER], axis=1)
    kinds, kind = np.unique(moments, axis=0, return_inverse=True)
    of_kind = pa.array(kind.reshape(-1), pa.int32())
    sums = partial_sums(points.set_column(points.column_names.index("acl"), "acl", of_kind))
    if not len(sums):
        return sums
    for name, values in zip(_TOGETHER, kinds[sums["acl"].to_numpy()].T, strict=True):
        column = pa.array(values, mask=values == _STILL).cast(points.schema.field(name).type)
        sums = sums.drop_columns([name] if name in sums.column_names else []).append_column(name, column)
    return sums


def _whole(column: pa.ChunkedArray) -> NDArray[np.int64]:
    values: NDArray[np.int64] = pc.fill_null(column.cast(pa.int64()), _STILL).to_numpy()
    return values
