"""Alerts in Avro containers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import fastavro

from skyhub.errors import InvalidInput

__all__ = ["is_avro", "record_of_avro"]


def is_avro(content: bytes) -> bool:
    """Whether bytes begin like an Avro container."""
    return content.startswith(b"Obj\x01")


def record_of_avro(content: bytes) -> Mapping[str, Any]:
    """The one record of a container.

    Raises
    ------
    InvalidInput
        If it is damaged or packed, its records could take no room, or there are none or several.
    """
    try:
        reader = fastavro.reader(io.BytesIO(content))
        if reader.codec != "null":
            raise InvalidInput(f"the container is packed by {reader.codec[:20]!r}: null is permitted.", "content")
        if not _takes_room(reader.writer_schema):
            raise InvalidInput("the container's schema has lists of things that take no room.", "content")
        records = [record for record, _ in zip(reader, range(2), strict=False)]
    except InvalidInput:
        raise
    except Exception as error:  # damaged bytes raise errors of many kinds; each refuses the container
        raise InvalidInput(f"it is no Avro container: {type(error).__name__}: {error}", "content") from None
    if len(records) != 1 or not isinstance(records[0], Mapping):
        raise InvalidInput("the container has no or several records: notices come one by one.", "content")
    return records[0]


def _takes_room(schema: Any) -> bool:
    """Whether each item of the lists of a schema takes a byte at least: a few bytes could stand for any number of others."""
    if isinstance(schema, list):
        return all(map(_takes_room, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") in ("array", "map"):
        item = schema.get("items", schema.get("values"))
        kind = item.get("type") if isinstance(item, Mapping) else item
        return kind not in ("null", "record", "fixed") and _takes_room(item)
    fields = schema.get("fields", ())
    return _takes_room(schema.get("type")) and all(_takes_room(f.get("type")) for f in fields)
