"""A statement with tables as one message: how it comes over HTTP."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from skyhub.errors import InvalidInput

__all__ = ["LARGEST_MESSAGE", "MEDIA_TYPE", "pack", "unpack"]

MEDIA_TYPE = "application/vnd.skyhub.sql"
"""A header (JSON) that names the tables, and their Arrow IPC streams, each after its length (8 bytes, big-endian)."""

LARGEST_MESSAGE = 256 * 2**20
"""In bytes."""
_MOST_TABLES = 20
_LENGTH = struct.Struct(">Q")


def pack(header: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> bytes:
    """A header and named tables as one message."""
    parts = [json.dumps({**header, "tables": list(tables)}).encode()]
    for table in tables.values():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        parts.append(sink.getvalue().to_pybytes())
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """The header and the tables of a message. Raises `InvalidInput` if it is none."""
    try:
        parts: list[memoryview] = []
        at = 0
        while at < len(message) and len(parts) <= _MOST_TABLES:
            (size,) = _LENGTH.unpack_from(message, at)
            at += _LENGTH.size
            if size > len(message) - at:
                raise ValueError("it ends too early")
            parts.append(memoryview(message)[at : at + size])
            at += size
        header = json.loads(bytes(parts[0]))
        names = header.pop("tables")
        if at < len(message) or len(names) != len(parts) - 1 or len(set(names)) < len(names):
            raise ValueError(f"at most {_MOST_TABLES} tables, each with a name of its own, are permitted")
        return header, {str(name): _table(part) for name, part in zip(names, parts[1:], strict=True)}
    except (pa.ArrowException, OSError, struct.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InvalidInput(f"the message cannot be read: {error}.", "body") from error


def _table(content: memoryview) -> pa.Table:
    table = pa.ipc.open_stream(content).read_all()
    table.validate(full=True)
    return table
