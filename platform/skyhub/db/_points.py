"""Appending points of light curves: numbered in the order of arrival, whole batches at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from skyhub.db._transaction import Transaction

__all__ = ["append_points"]

_DEFAULTS = {"repeat": 0, "version": 1}


def append_points(transaction: Transaction, points: pa.Table) -> int:
    """Append points to the photometry; their order is that of their numbers.

    Parameters
    ----------
    transaction
        The transaction with which they become visible.
    points
        Columns of ``photometry`` without ``photometry_id`` and ``known_at``. Without ``repeat`` and ``version`` they are
        the first of their kind (0 and 1); other columns that are missing are null.

    Returns
    -------
    int
        The ``photometry_id`` of the first; the others follow one by one.
    """
    first = transaction.next_id("photometry", "photometry_id", len(points))
    for name, value in _DEFAULTS.items():
        if name not in points.column_names:
            points = points.append_column(name, pa.repeat(pa.scalar(value, pa.int16()), len(points)))
    numbers = pa.array(np.arange(first, first + len(points)), pa.int64())
    transaction.insert("photometry", points.append_column("photometry_id", numbers))
    return first
