"""The answer to a statement, on its way out of the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from skyhub.sql._limits import Limits

__all__ = ["Answer"]

_MEGABYTE = 2**20


class Answer:
    """Sends the answer as an Arrow stream, as much of it as is permitted, in pieces that are worth a message.

    Parameters
    ----------
    send
        Sends a header, and bytes with it.
    limits
        How large it may be.
    """

    closed = False

    def __init__(self, send: Callable[..., None], limits: Limits) -> None:
        self._send = send
        self._limits = limits
        self._kept = bytearray()

    def write_table(self, reader: pa.RecordBatchReader) -> None:
        """Send the rows of a reader, and whether some were left out."""
        rows, room, truncated = 0, self._limits.answer_mb * _MEGABYTE, False
        with pa.ipc.new_stream(pa.PythonFile(self, mode="w"), reader.schema) as writer:
            for batch in reader:
                room -= batch.nbytes
                part = batch.slice(0, self._limits.rows - rows if room >= 0 else 0)
                writer.write_batch(part)
                rows += len(part)
                truncated = len(part) < len(batch)
                if truncated:
                    break
        self._send({"kind": "answer"}, self._kept)
        self._send({"kind": "done", "truncated": truncated, "rows": rows})

    def write(self, content: Any) -> int:
        """What Arrow calls."""
        self._kept += content
        if len(self._kept) >= _MEGABYTE:
            self._send({"kind": "answer"}, self._kept)
            self._kept = bytearray()
        return len(content)

    def flush(self) -> None:
        """What Arrow calls; nothing waits."""

    def close(self) -> None:
        """What Arrow calls at the end."""
        self.closed = True
