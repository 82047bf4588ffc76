"""Columns of tables as numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["floats"]


def floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column as floats, NaN where it is null."""
    return np.asarray(table[name].cast(pa.float64()).to_numpy(zero_copy_only=False))
