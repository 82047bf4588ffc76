"""Tables of any library as Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.client._tables import SkyTable
from skyhub.errors import InvalidInput

__all__ = ["frame_of", "is_frame"]

_READABLE = (".parquet", ".csv", ".arrow", ".feather")


def is_frame(data: object) -> bool:
    """Whether something is a table of pandas, polars, Arrow, astropy or skyhub."""
    return isinstance(data, SkyTable | pa.Table | pa.RecordBatch) or type(data).__name__ in (
        "DataFrame",
        "LazyFrame",
        "QTable",
        "Table",
    )


def frame_of(data: Any) -> pa.Table:
    """A table as Arrow; units of astropy's columns are kept as metadata of the fields.

    Parameters
    ----------
    data
        A table of pandas, polars, Arrow, astropy or skyhub; a mapping of columns; a list of rows; the path of a Parquet,
        Arrow or CSV file.

    Raises
    ------
    InvalidInput
        If it is none of these.
    """
    try:
        return _converted(data)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"the table cannot be read: {error}", "table") from error


def _converted(data: Any) -> pa.Table:
    if isinstance(data, SkyTable):
        return data.arrow
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, str | Path):
        return _file(Path(data))
    if hasattr(data, "colnames"):
        return _astropy(data)
    if type(data).__name__ == "LazyFrame":
        data = data.collect()
    if hasattr(data, "iloc"):
        return pa.Table.from_pandas(data, preserve_index=False).replace_schema_metadata(None)
    if isinstance(data, pa.Table) or hasattr(data, "__arrow_c_stream__"):
        return pa.table(data)
    if isinstance(data, Mapping):
        return pa.table({name: pa.array(values, from_pandas=True) for name, values in data.items()})
    if isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        return pa.Table.from_pylist([dict(row) for row in data])
    raise InvalidInput(
        f"{type(data).__name__} is no table: give a frame of pandas, polars, Arrow or astropy, columns, rows, or a path.",
        "table",
    )


def _file(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path)
    if path.suffix == ".csv":
        import pyarrow.csv

        return pyarrow.csv.read_csv(path)
    if path.suffix in (".arrow", ".feather"):
        import pyarrow.feather

        return pyarrow.feather.read_table(path)
    raise InvalidInput(f"{path.name} ends with none of {', '.join(_READABLE)}.", str(path))


def _astropy(table: Any) -> pa.Table:
    """Columns of an astropy table; masked values are null, times become ISO text."""
    import numpy as np

    arrays, fields = [], []
    for name in table.colnames:
        column = table[name]
        unit = getattr(column, "unit", None)
        values = getattr(column, "isot", getattr(column, "value", column))
        plain = np.ma.getdata(values)
        plain = plain.astype(plain.dtype.newbyteorder("=")) if plain.dtype.kind in "iuf" else plain
        items = list(plain) if plain.ndim > 1 else plain
        mask = np.ma.getmaskarray(values) if np.ma.isMaskedArray(values) else None
        array = pa.array(items, mask=mask if plain.ndim == 1 else None)
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata={"unit": str(unit)} if unit else None))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
