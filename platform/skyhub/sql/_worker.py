"""The process in which a user's statement runs: it holds no table, and few means to do harm.

A *keeper* process imports what is needed and knows the tables' columns. For each statement it forks a worker that
gives up files, network and processes and rehearses before the statement comes. When the engine scans a table, the
worker asks the service for columns and rows, and gets those that the viewer may see. It has no token, and ends with its
statement.
"""

from __future__ import annotations

import gc
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from queue import SimpleQueue
from typing import Any

import duckdb
import pyarrow as pa

from skyhub.confined import Message, Wire, confine, keep
from skyhub.sql._answer import Answer
from skyhub.sql._engine import Engine, Refused, decoded_schema
from skyhub.sql._limits import Limits
from skyhub.sql._segments import MappedSegments

__all__ = ["main"]

_MEGABYTE = 2**20
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_PROCESSOR_SECONDS_FOR_STARTING = 5
_NICE = 5
"""The service, which hands rows to all, comes first."""


def main() -> None:
    """Keep: get ready, then fork a worker for each statement."""
    keep(_ready)


def _ready(first: Mapping[str, Any]) -> Callable[[Wire, Mapping[str, Any]], None]:
    engine = Engine({name: decoded_schema(text) for name, text in first["tables"].items()})
    engine.rehearse(Limits())
    gc.collect()
    gc.freeze()

    def work(wire: Wire, told: Mapping[str, Any]) -> None:
        engine.rows = told["rows"]
        os.nice(_NICE)
        _Worker(wire, engine, Limits(**told["limits"])).run()

    return work


class _Worker:
    """One statement, from its arrival to its answer."""

    def __init__(self, wire: Wire, engine: Engine, limits: Limits) -> None:
        self._wire = wire
        self._limits = limits
        self._segments = MappedSegments()
        self._streams = count(1)
        self._sending = threading.Lock()
        self._statements: SimpleQueue[Message] = SimpleQueue()
        self._waiting: dict[int, SimpleQueue[Message]] = {}
        self._engine = engine
        confine(
            2 * limits.memory_mb * _MEGABYTE, int(limits.threads * limits.seconds) + _PROCESSOR_SECONDS_FOR_STARTING
        )
        # Only now: threads that are there already would not be confined.
        engine.restrict(limits)
        if not wire.waiting():
            engine.rehearse(limits)
        engine.fetch = self._fetch
        threading.Thread(target=self._receive, daemon=True).start()

    def run(self) -> None:
        """Wait for the statement and answer it."""
        asked = self._statements.get().header
        try:
            self._engine.add_tables(asked["extra"])
            answer = self._engine.answer(asked["statement"], asked["parameters"], self._limits.rows)
            Answer(self._send, self._limits).write_table(answer)
        except (Refused, duckdb.Error, pa.ArrowInvalid, ValueError, TypeError, RecursionError) as error:
            self._send({"kind": "refused", "why": _LINE.sub(_own_line, str(error))})
        except (MemoryError, pa.ArrowMemoryError):
            self._send({"kind": "refused", "why": "Out of Memory Error: the answer is too large"})

    def _fetch(self, table: str, columns: list[str], condition: list[Any]) -> Iterator[pa.RecordBatch]:
        """Batches of a table as the service hands them over, one message ahead."""
        stream = next(self._streams)
        self._waiting[stream] = SimpleQueue()
        self._ask("open", stream, table=table, columns=columns, condition=condition)
        try:
            while (message := self._waiting[stream].get()).header["kind"] == "batches":
                yield from pa.ipc.open_stream(self._content(message))
                self._ask("more", stream)
        finally:
            self._ask("close", stream)

    def _ask(self, kind: str, stream: int, **rest: Any) -> None:
        self._send({"kind": kind, "stream": stream, "done": self._segments.done(), **rest})

    def _send(self, header: dict[str, Any], payload: Any = b"") -> None:
        with self._sending:
            self._wire.send(header, payload)

    def _receive(self) -> None:
        """Take what comes at once, so that the service never waits to hand it over."""
        while (message := self._wire.receive()) is not None:
            for file in message.files:
                self._segments.add(message.header["segment"], file)
            stream = message.header.get("stream")
            (self._statements if stream is None else self._waiting[stream]).put(message)
        os._exit(3)

    def _content(self, message: Message) -> Any:
        segment = message.header["segment"]
        return message.payload if segment is None else self._segments.buffer(segment, message.header["size"])


def _own_line(match: re.Match[str]) -> str:
    """The engine counts the line that was put before the statement."""
    return f"LINE {max(1, int(match[1]) - 1)}:"


if __name__ == "__main__":
    main()
