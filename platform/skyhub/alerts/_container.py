"""Avro containers: a survey's files repeat the same schema of some 20 kB, which is parsed once, not for every file."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import fastavro

__all__ = ["container_records"]

_SYNC = {"type": "fixed", "name": "sync", "size": 16}
_HEADER: Any = fastavro.parse_schema(
    {
        "type": "record",
        "name": "header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "magic", "size": 4}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "sync", "type": _SYNC},
        ],
    }
)
_BLOCK: Any = fastavro.parse_schema(
    {
        "type": "record",
        "name": "block",
        "fields": [
            {"name": "count", "type": "long"},
            {"name": "data", "type": "bytes"},
            {"name": "sync", "type": _SYNC},
        ],
    }
)
_KNOWN_SCHEMAS = 32


class _Unusual(Exception):
    """A container that is left to fastavro's own reader."""


def container_records(data: bytes) -> tuple[list[Any], str]:
    """The records of an Avro container, and the whole name of their schema.

    What is not as usual in any way is read, and refused, by fastavro's own reader.
    """
    try:
        return _usual(data)
    except (
        Exception
    ):  # damaged bytes raise errors of many kinds: fastavro's reader says which, or reads them all the same
        reader = fastavro.reader(io.BytesIO(data))
        return list(reader), _name(reader.writer_schema)


def _usual(data: bytes) -> tuple[list[Any], str]:
    stream = io.BytesIO(data)
    header = _read(stream, _HEADER)
    meta = {key: value.decode() for key, value in header["meta"].items()}
    schema = _parsed(meta["avro.schema"])
    blocks = _blocks(stream, len(data), meta.get("avro.codec", "null"), header["sync"])
    return [_read(block, schema) for count, block in blocks for _ in range(count)], _name(schema)


def _blocks(stream: io.BytesIO, end: int, codec: str, sync: bytes) -> Iterator[tuple[int, io.BytesIO]]:
    """The number of records and the unpacked bytes of each block."""
    if codec not in ("null", "deflate"):
        raise _Unusual
    while stream.tell() < end:
        block = _read(stream, _BLOCK)
        if block["sync"] != sync:
            raise _Unusual
        packed = block["data"]
        yield block["count"], io.BytesIO(packed if codec == "null" else zlib.decompressobj(-15).decompress(packed))


def _read(stream: io.BytesIO, schema: Any) -> Any:
    return fastavro.schemaless_reader(stream, schema, None)


@lru_cache(_KNOWN_SCHEMAS)
def _parsed(schema: str) -> Any:
    return fastavro.parse_schema(json.loads(schema), _force=True)


def _name(schema: Any) -> str:
    return str(schema.get("name", "")) if isinstance(schema, Mapping) else ""
