"""How a worker asks for the rows of a table that it does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

__all__ = ["Fetch", "Rows"]

Fetch = Callable[[str, list[str], list[Any]], Iterator[pa.RecordBatch]]
"""Batches of a table's columns, of the rows that meet a condition."""

Rows = Callable[[str], int]
"""About how many rows a table has."""
