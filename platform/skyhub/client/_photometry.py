"""Photometry from notebooks: frames and files as the service takes them in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.client._tables import SkyTable
from skyhub.client._transport import Transport
from skyhub.errors import InvalidInput

__all__ = ["arrow_of", "send_photometry"]


def send_photometry(transport: Transport, data: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Upload points; what became of each row.

    Parameters
    ----------
    transport
        How the data service is reached.
    data
        What `arrow_of` takes.
    options
        Fields of `skyhub.photometry.UploadOptions`; those that are None are left out.
    """
    said = {name: value for name, value in options.items() if value is not None}
    table = arrow_of(data)
    if isinstance(data, str | Path):
        said.setdefault("file", str(data))
    if table.schema.metadata:
        from skyhub.photometry import first_line_of

        said = {"first_line": first_line_of(table), **said}
    tagged = table.replace_schema_metadata({"skyhub": json.dumps(said)})
    answer: dict[str, Any] = transport.post_arrow("/api/photometry", tagged)
    return answer


def arrow_of(data: Any) -> pa.Table:
    """A table as Arrow.

    Parameters
    ----------
    data
        The path of a file; a pandas, polars or Arrow table; an astropy table, whose units of flux are kept; a table of
        skyhub; or a mapping of columns.

    Raises
    ------
    InvalidInput
        If it is none of these.
    """
    if isinstance(data, str | Path):
        from skyhub.photometry import read_photometry_file

        return read_photometry_file(Path(data))
    if isinstance(data, SkyTable):
        return data.arrow
    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "colnames"):
        from skyhub.photometry import arrow_of_astropy

        return arrow_of_astropy(data)
    if hasattr(data, "to_arrow"):
        return data.to_arrow()
    if hasattr(data, "iloc"):
        return pa.Table.from_pandas(data, preserve_index=False)
    if isinstance(data, Mapping):
        return pa.table({name: pa.array(values, from_pandas=True) for name, values in data.items()})
    raise InvalidInput(
        f"{type(data).__name__} is no table: give a path, a frame of pandas, polars, Arrow or astropy, or columns.",
        "data",
    )
