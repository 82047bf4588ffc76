"""Avro containers around single records: for brokers that send a record as value of a message and its schema as key.

References
----------
.. [1] Apache Avro 1.12 specification, object container files.
"""

from __future__ import annotations

import hashlib

__all__ = ["container", "is_schema"]

_MAGIC = b"Obj\x01"


def is_schema(key: bytes | None) -> bool:
    """Whether the key of a message is the schema of an Avro record, as Fink's are."""
    return key is not None and key.lstrip()[:1] == b"{" and b'"record"' in key and b'"fields"' in key


def container(schema: bytes, record: bytes) -> bytes:
    """An Avro object container [1]_ with one record, which stays byte for byte as it came."""
    sync = hashlib.md5(schema, usedforsecurity=False).digest()
    metadata = _text(b"avro.schema") + _text(schema) + _text(b"avro.codec") + _text(b"null")
    header = _MAGIC + _long(2) + metadata + _long(0) + sync
    return header + _long(1) + _text(record) + sync


def _text(data: bytes) -> bytes:
    return _long(len(data)) + data


def _long(number: int) -> bytes:
    """A number as zigzag varint."""
    rest, out = number << 1, bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])
