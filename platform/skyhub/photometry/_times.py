"""Times in any of the forms that tables have, as MJD (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["mjd_of"]

_EPOCH = 40587.0
"""MJD of 1970-01-01."""
_MICROSECONDS_PER_DAY = 86_400e6
_JD_FROM = 2_000_000.0


def mjd_of(column: pa.Array) -> NDArray[np.float64]:
    """Times as MJD (UTC), NaN where they are none.

    Parameters
    ----------
    column
        MJD, JD (told by their size), ISO 8601 in UTC, or timestamps.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        micro = column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False).astype(float)
        days: NDArray[np.float64] = micro / _MICROSECONDS_PER_DAY + _EPOCH
        return days
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        unique = column.dictionary_encode()
        values = np.array([_read(text) for text in unique.dictionary.to_pylist()] + [np.nan])
        return _as_mjd(values[pc.fill_null(unique.indices, len(values) - 1).to_numpy(zero_copy_only=False)])
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _as_mjd(column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float))
    return np.full(len(column), np.nan)


def _as_mjd(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > _JD_FROM, values - 2_400_000.5, values)


def _read(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return np.nan
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return utc.timestamp() / 86_400 + _EPOCH
