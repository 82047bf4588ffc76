"""Messages as surveys send them over Kafka: a byte 0, the schema's number in four bytes, one record without its schema.

Schemas are read from directories: ``<number>.avsc``, or Rubin's ``lsst.v10_0.alert.avsc`` for the number 1000 (version
10.0) with the schemas that it refers to beside it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fastavro
import fastavro.schema

from skyhub.errors import PacketRejected

__all__ = ["SCHEMAS_FOLDER", "SchemaStore", "decoded_message", "is_message"]

SCHEMAS_FOLDER = "schemas"
"""Where a data directory has Avro schemas."""

_HEAD = 5
_BESIDE = ("", "*/", "*/*/")


def is_message(data: bytes) -> bool:
    """Whether the bytes begin like a message with the number of its schema."""
    return len(data) > _HEAD and data[0] == 0


class SchemaStore:
    """Avro schemas by number.

    Parameters
    ----------
    directories
        Where they are looked for, at any depth.
    """

    def __init__(self, directories: Sequence[Path] = ()) -> None:
        self._directories = tuple(directories)
        self._known: dict[int, Any] = {}

    def schema(self, number: int, beside: Path | None = None) -> Any:
        """The parsed schema of a number, looked for in the directories and then near a file, if there is one.

        Raises
        ------
        PacketRejected
            If there is none, or it is no schema.
        """
        if number not in self._known:
            path = self._path(number, beside)
            try:
                self._known[number] = fastavro.schema.load_schema(str(path))
            except Exception as error:  # damaged schemas fail in many ways; each refuses the packet
                raise PacketRejected(f"{path} is no schema: {type(error).__name__}: {error}", str(path)) from error
        return self._known[number]

    def _path(self, number: int, beside: Path | None) -> Path:
        major, minor = divmod(number, 100)
        names = (f"{number}.avsc", f"lsst.v{major}_{minor}.alert.avsc")
        for directory in self._directories:
            for name in names:
                if found := next(directory.rglob(name), None):
                    return found
        for directory in [] if beside is None else list(beside.resolve().parents)[:2]:
            for name in (f"{depth}{name}" for name in names for depth in _BESIDE):
                if found := next(directory.glob(name), None):
                    return found
        raise PacketRejected(
            f"there is no schema {number} ({' or '.join(names)}): put it into {SCHEMAS_FOLDER} of the data directory, "
            "or give its directory with --schemas",
            str(number),
        )


def decoded_message(data: bytes, store: SchemaStore, beside: Path | None = None) -> tuple[Any, str]:
    """The record of a message, and the whole name of its schema.

    Raises
    ------
    PacketRejected
        If there is no schema of its number, or the record does not end where the message does.
    """
    number = int.from_bytes(data[1:_HEAD], "big")
    schema = store.schema(number, beside)
    stream = io.BytesIO(data[_HEAD:])
    try:
        record = fastavro.schemaless_reader(stream, schema, None)
    except Exception as error:  # the decoder raises many kinds of errors on bad bytes
        raise PacketRejected(f"no record of schema {number}: {type(error).__name__}: {error}", str(number)) from error
    if left := len(data) - _HEAD - stream.tell():
        raise PacketRejected(f"{left} bytes are left behind a record of schema {number}: it is another's", str(number))
    return record, str(schema["name"])
