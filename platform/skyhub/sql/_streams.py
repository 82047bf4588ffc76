"""What a worker asks for while its statement runs, read through the access filter and handed over batch by batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from skyhub.confined import Wire
from skyhub.db import Database, Viewer
from skyhub.sql._catalog import Table
from skyhub.sql._conditions import quoted, where_clause
from skyhub.sql._extras import Extra
from skyhub.sql._job import Progress
from skyhub.sql._light_curves import light_curves
from skyhub.sql._segments import Segments, batches_size, write_batches

__all__ = ["Streams"]

_AHEAD = 2
"""Messages sent before the first is asked for: the worker computes while the next is read."""
_LARGEST_MESSAGE = 8 * 2**20
_SMALLEST_SHARED = 2**17
_MOST_HELD = 2**30
_MOST_STREAMS = 64


@dataclass
class _Scan:
    """A scan of one table, under way."""

    name: str
    batches: Iterator[pa.RecordBatch]
    schema: pa.Schema
    resources: ExitStack
    fraction: Callable[[], float] = float
    grain: int = 1
    """How many batches go into the next message; it grows, so that the first comes at once."""
    ended: bool = False


@dataclass
class Streams:
    """The scans of one statement.

    Parameters
    ----------
    db, viewer, as_of
        The database, with whose rights, and of which time it is read.
    wire
        The conversation with the worker.
    tables
        What may be asked for.
    extras
        Tables of users by key; the worker looks for rows in them itself.
    """

    db: Database
    viewer: Viewer
    as_of: datetime | None
    wire: Wire
    tables: Mapping[str, Table]
    extras: Mapping[str, Extra]
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self._open: dict[int, _Scan] = {}
        self._segments = Segments(_MOST_HELD)

    def open(self, stream: int, name: str, columns: list[str], condition: list[Any]) -> None:
        """Begin a scan and hand over its first rows."""
        if len(self._open) >= _MOST_STREAMS:
            raise ValueError("too many scans at once")
        self._open[stream] = self._scan(name, columns, condition)
        for _ in range(_AHEAD):
            self.more(stream)

    def more(self, stream: int) -> None:
        """Hand over the next rows, or say that there are none."""
        scan = self._open.get(stream)
        if scan is None or scan.ended:
            return
        batches = _some(scan)
        self.progress.reading, self.progress.fraction = scan.name, scan.fraction() if batches else 1.0
        if not batches:
            scan.ended = True
            self.wire.send({"kind": "end", "stream": stream})
            return
        self.progress.rows_read += sum(len(batch) for batch in batches)
        self.progress.bytes_read += sum(batch.nbytes for batch in batches)
        self._hand_over(stream, scan.schema, batches)

    def close(self, stream: int) -> None:
        """End a scan."""
        if scan := self._open.pop(stream, None):
            scan.resources.close()

    def release(self, segments: list[int]) -> None:
        """The worker has done with these segments."""
        self._segments.release(segments)

    def end(self) -> None:
        """End all scans."""
        for stream in list(self._open):
            self.close(stream)
        self._segments.close()

    def _scan(self, name: str, columns: list[str], condition: list[Any]) -> _Scan:
        if extra := self.extras.get(name):
            schema = pa.schema([extra.schema.field(column) for column in columns])
            return _Scan(extra.names[-1][-1], extra.batches(columns), schema, ExitStack())
        table = self.tables[name]
        unknown = set(columns) - table.types.keys()
        if unknown:
            raise ValueError(f"{table.name} has no columns {unknown}")
        where, values = where_clause(condition, table.types)
        points = light_curves(self.db, self.viewer, table, columns, condition, self.as_of)
        if points is not None:
            return _Scan(name, iter(points.to_batches()), points.schema, ExitStack())
        resources = ExitStack()
        sql = f"SELECT {', '.join(map(quoted, columns))} FROM ({table.statement}) WHERE {where}"
        found = resources.enter_context(self.db.reader.stream(self.viewer, sql, values, self.as_of))
        return _Scan(name, iter(found.batches), found.batches.schema, resources, found.fraction)

    def _hand_over(self, stream: int, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
        header = {"kind": "batches", "stream": stream, "segment": None}
        if len(batches) > 1:
            batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
        size = batches_size(batches)
        if size < _SMALLEST_SHARED or not Segments.available():
            sink = pa.BufferOutputStream()
            write_batches(sink, schema, batches)
            self.wire.send(header, sink.getvalue())
            return
        number, memory, files = self._segments.take(size)
        written = write_batches(pa.FixedSizeBufferWriter(pa.py_buffer(memory)), schema, batches)
        self.wire.send({**header, "segment": number, "size": written}, files=files)
        for file in files:
            os.close(file)


def _some(scan: _Scan) -> list[pa.RecordBatch]:
    """The next batches of a scan: more each time, up to a size."""
    batches: list[pa.RecordBatch] = []
    size = 0
    while len(batches) < scan.grain and size < _LARGEST_MESSAGE:
        batch = next(scan.batches, None)
        if batch is None:
            break
        batches.append(batch)
        size += batch.nbytes
    scan.grain *= 4
    return batches
