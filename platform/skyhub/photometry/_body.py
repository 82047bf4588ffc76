"""The body of an upload: an Arrow stream with the options in its metadata, or JSON with both."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from skyhub.errors import InvalidInput
from skyhub.photometry._options import UploadOptions
from skyhub.records import check
from skyhub.web import ARROW, read_arrow

__all__ = ["OPTIONS_KEY", "read_body"]

OPTIONS_KEY = b"skyhub"
"""Key of the schema's metadata under which an Arrow stream carries the options, as JSON."""


def read_body(content_type: str, body: bytes) -> tuple[pa.Table, UploadOptions]:
    """The table and the options of an upload.

    Parameters
    ----------
    content_type
        That of an Arrow stream, else the body is JSON.
    body
        In JSON, an object of the options with ``rows`` (a list of objects) or ``columns`` (an object of lists).

    Raises
    ------
    InvalidInput
        If it is neither, or an option is not known.
    """
    if content_type.startswith(ARROW):
        table = read_arrow(body)
        said = (table.schema.metadata or {}).get(OPTIONS_KEY, b"{}")
        return table.replace_schema_metadata(None), check(UploadOptions, _json(said))
    document = _json(body)
    rows, columns = document.pop("rows", None), document.pop("columns", None)
    return _table(rows, columns), check(UploadOptions, document)


def _json(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"the body is neither an Arrow stream nor JSON: {error}", "body") from error
    if not isinstance(document, dict):
        raise InvalidInput("the body is no JSON object: give rows or columns, and options beside them.", "body")
    return document


def _table(rows: Any, columns: Any) -> pa.Table:
    try:
        if isinstance(rows, list) and rows:
            names = list(dict.fromkeys(name for row in rows for name in row))
            columns = {name: [row.get(name) for row in rows] for name in names}
        if isinstance(columns, dict) and columns:
            return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    except (pa.ArrowException, TypeError, AttributeError, ValueError) as error:
        raise InvalidInput(f"the rows are no table: {error}", "rows") from error
    raise InvalidInput("there are no points: give rows (a list of objects) or columns (an object of lists).", "rows")
