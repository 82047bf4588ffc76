"""Columns of whatever table one has at hand: a dictionary, pandas, polars, Arrow, astropy, or records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput

__all__ = ["columns_of", "floats_of"]


def columns_of(table: object, what: str) -> dict[str, Any]:
    """The columns of a table by name, as the table has them.

    Parameters
    ----------
    table
        A dictionary of columns, a table of the client, pandas, polars, Arrow or astropy, or a list of records.
    what
        What the table is of, for the message of an error.

    Raises
    ------
    InvalidInput
        If it is no such thing.
    """
    if isinstance(table, Mapping):
        return {str(name): values for name, values in table.items()}
    names = getattr(table, "colnames", None) or getattr(table, "column_names", None)
    if names is None:
        names = getattr(table, "columns", None)
    if names is not None:
        return {str(name): table[name] for name in names}  # type: ignore[index]
    if isinstance(table, Iterable) and not isinstance(table, str | bytes):
        return _from_records(list(table), what)
    raise InvalidInput(
        f"{what.capitalize()} was given as {type(table).__name__}. Give a dictionary of columns, a pandas, polars, Arrow "
        "or astropy table, or a list of records.",
        where=what,
    )


def _from_records(records: list[Any], what: str) -> dict[str, Any]:
    if not all(isinstance(record, Mapping) for record in records):
        raise InvalidInput(f"{what.capitalize()} records must be dictionaries, one per row.", where=what)
    names = {name: None for record in records for name in record}
    return {str(name): [record.get(name) for record in records] for name in names}


def floats_of(column: Any, unit: str | None = None) -> npt.NDArray[np.float64]:
    """A column as floats, in a unit if it has one; NaN where there is no value."""
    if unit and getattr(column, "unit", None) is not None:
        column = column.to_value(unit) if hasattr(column, "to_value") else column.quantity.to_value(unit)
    if hasattr(column, "filled"):
        return np.asarray(column.astype(float).filled(np.nan), dtype=float)
    if hasattr(column, "to_numpy"):
        column = column.to_numpy(dtype=float, na_value=np.nan) if hasattr(column, "astype") else column.to_numpy()
    values = np.asarray(column)
    if values.dtype.kind == "O":
        values = np.array([np.nan if value is None else value for value in values], dtype=float)
    return values.astype(float)
