"""Memory that the service shares with a worker: Arrow batches written once, read where they lie, and used again."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

__all__ = ["MappedSegments", "Segments", "batches_size", "write_batches"]

_SMALLEST = 2 * 2**20
_ROOM = 1.25
_SCHEMA_ROOM = 2**16


class Segments:
    """The service's end: segments that only it makes, and that no worker can shrink.

    Parameters
    ----------
    largest
        All together (bytes).
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._maps: list[mmap.mmap] = []
        self._free: set[int] = set()

    @staticmethod
    def available() -> bool:
        """Whether this system has memory that can be shared so."""
        return sys.platform == "linux"

    def take(self, size: int) -> tuple[int, mmap.mmap, list[int]]:
        """A free segment of at least `size` bytes: its number, its memory, and its file if the worker has not got it."""
        fitting = [n for n in self._free if len(self._maps[n]) >= size]
        if fitting:
            number = min(fitting, key=lambda n: len(self._maps[n]))
            self._free.discard(number)
            return number, self._maps[number], []
        return self._make(max(_SMALLEST, int(size * _ROOM)))

    def release(self, numbers: Sequence[int]) -> None:
        """The worker has done with these."""
        self._free.update(n for n in numbers if 0 <= n < len(self._maps))

    def close(self) -> None:
        """Give the memory back."""
        for segment in self._maps:
            segment.close()

    def _make(self, size: int) -> tuple[int, mmap.mmap, list[int]]:
        import fcntl

        if sum(map(len, self._maps)) + size > self._largest:
            raise MemoryError("too much is held of what was read")
        file = os.memfd_create("skyhub-sql", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(file, size)
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
        self._maps.append(mmap.mmap(file, size))
        return len(self._maps) - 1, self._maps[-1], [file]


class MappedSegments:
    """The worker's end: segments as they come, and which of them are done with."""

    def __init__(self) -> None:
        self._maps: dict[int, Any] = {}
        self._done: list[int] = []

    def add(self, number: int, file: int) -> None:
        """Map a segment that came; its file is closed."""
        self._maps[number] = pa.py_buffer(mmap.mmap(file, 0, prot=mmap.PROT_READ))
        os.close(file)

    def buffer(self, number: int, size: int) -> pa.Buffer:
        """The first bytes of a segment; when nothing refers to them any more, the segment is done with."""
        return pa.foreign_buffer(self._maps[number].address, size, base=_Lease(self, number))

    def done(self) -> list[int]:
        """The segments that were done with since the last call."""
        done, self._done = self._done, []
        return done

    def release(self, number: int) -> None:
        """Note that a segment is done with."""
        self._done.append(number)


class _Lease:
    def __init__(self, segments: MappedSegments, number: int) -> None:
        self._segments, self._number = segments, number

    def __del__(self) -> None:
        self._segments.release(self._number)


def batches_size(batches: Sequence[pa.RecordBatch]) -> int:
    """An upper bound of the size of batches as an Arrow stream (bytes)."""
    return _SCHEMA_ROOM + sum(int(pa.ipc.get_record_batch_size(batch)) for batch in batches)


def write_batches(sink: Any, schema: pa.Schema, batches: Sequence[pa.RecordBatch]) -> int:
    """Write batches as an Arrow stream; its size (bytes)."""
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return int(sink.tell())
