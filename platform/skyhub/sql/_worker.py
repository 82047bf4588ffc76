"""The process in which a user's statement runs: it holds no table, and few means to do harm.

A *keeper* process imports what is needed and knows the tables' columns. For each statement it forks a worker that
gives up files, network and processes before the statement comes. When the engine scans a table, the worker asks the
service for columns and rows, and gets those that the viewer may see. It has no token, and ends with its statement.
"""

from __future__ import annotations

import base64
import gc
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import count
from queue import SimpleQueue
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

from skyhub.sql._confine import confine, die_with_parent
from skyhub.sql._limits import Limits
from skyhub.sql._scan import Fetch, register
from skyhub.sql._segments import MappedSegments
from skyhub.sql._wire import Message, Wire

__all__ = ["main"]

_SANDBOX: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "allow_community_extensions": False,
    "temp_directory": "",
}
_MEGABYTE = 2**20
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_PROCESSOR_SECONDS_FOR_STARTING = 5
_NICE = 5
"""The service, which hands rows to all, comes first."""
_WIRE_FILE = 3
"""The descriptor at which the keeper finds its wire."""
_ANSWER_ROWS = 65_536


class _Refused(Exception):
    """The statement cannot be answered; the message says why."""


def main() -> None:
    """Keep: fork a worker for each wire that comes, until the service hangs up."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    wire = Wire(socket.socket(fileno=_WIRE_FILE))
    first = wire.receive()
    if first is None:
        return
    engine = _Engine({name: _schema(text) for name, text in first.header["tables"].items()})
    gc.freeze()
    while (message := wire.receive()) is not None:
        [file] = message.files
        worker = os.fork()
        if worker == 0:
            wire.close()
            engine.rows = message.header["rows"]
            _work(file, engine, Limits(**message.header["limits"]))
        os.close(file)
        process = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else -1
        wire.send({"pid": worker}, files=[process] if process >= 0 else [])
        if process >= 0:
            os.close(process)


def _schema(encoded: str) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(encoded)))


def _work(file: int, engine: _Engine, limits: Limits) -> None:
    status = 1
    try:
        die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.nice(_NICE)
        _Worker(Wire(socket.socket(fileno=file)), engine, limits).run()
        status = 0
    finally:
        os._exit(status)


class _Engine:
    """An engine that knows the platform's tables; it has one thread, so that it can be forked."""

    def __init__(self, tables: dict[str, pa.Schema]) -> None:
        self.rows: dict[str, int] = {}
        """About how many rows each table has."""
        self.fetch: Fetch | None = None
        """How a worker asks for rows."""
        self.connection = _without_threads()
        self.connection.execute("SET python_enable_replacements = false")
        for name, schema in tables.items():
            self.add(name, name, schema, True)

    def add(self, view: str, name: str, schema: pa.Schema, selects: bool) -> None:
        """Make a table known."""
        register(self.connection, view, name, schema, self._fetch, lambda n: self.rows.get(n, 1), selects)

    def _fetch(self, name: str, columns: list[str], condition: list[Any]) -> Iterator[pa.RecordBatch]:
        assert self.fetch is not None
        return self.fetch(name, columns, condition)


def _without_threads() -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(config={**_SANDBOX, "threads": 1, "async_threads": 0})
    except duckdb.Error:  # an engine that has no such setting, nor such threads
        return duckdb.connect(config={**_SANDBOX, "threads": 1})


class _Worker:
    """One statement, from its arrival to its answer."""

    def __init__(self, wire: Wire, engine: _Engine, limits: Limits) -> None:
        self._wire = wire
        self._limits = limits
        self._segments = MappedSegments()
        self._streams = count(1)
        self._sending = threading.Lock()
        self._waiting: dict[int, SimpleQueue[Message]] = {}
        self._tables = engine
        self._tables.fetch = self._fetch
        self._engine = engine.connection
        confine(
            2 * limits.memory_mb * _MEGABYTE, int(limits.threads * limits.seconds) + _PROCESSOR_SECONDS_FOR_STARTING
        )
        # Only now: threads that are there already would not be confined.
        self._engine.execute(f"SET memory_limit = '{limits.memory_mb}MB'; SET threads = {limits.threads}")

    def run(self) -> None:
        """Wait for the statement and answer it."""
        message = self._wire.receive()
        if message is None:
            return
        threading.Thread(target=self._receive, daemon=True).start()
        try:
            self._add_tables(message.header["extra"])
            self._engine.execute("SET lock_configuration = true")
            self._answer(message.header["statement"], message.header["parameters"])
        except (_Refused, duckdb.Error, pa.ArrowInvalid, ValueError, TypeError, RecursionError) as error:
            self._send({"kind": "refused", "why": _LINE.sub(_own_line, str(error))})
        except (MemoryError, pa.ArrowMemoryError):
            self._send({"kind": "refused", "why": "Out of Memory Error: the answer is too large"})

    def _add_tables(self, extra: list[dict[str, Any]]) -> None:
        """Tables of users: each has a name of its own, and may be in a schema."""
        for number, table in enumerate(extra):
            hidden = f"skyhub_extra_{number}"
            self._tables.rows[table["key"]] = table["rows"]
            self._tables.add(hidden, table["key"], _schema(table["schema"]), table["selects"])
            for name in table["names"]:
                if len(name) > 1:
                    self._engine.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(name[0])}")
                path = ".".join(map(_quoted, name))
                self._engine.execute(f"CREATE OR REPLACE VIEW {path} AS SELECT * FROM temp.{hidden}")

    def _answer(self, statement: str, parameters: Any) -> None:
        text = self._one_select(statement)
        limited = f"SELECT * FROM (\n{text}\n) LIMIT {self._limits.rows + 1}"
        if parameters:
            found: Any = self._engine.execute(limited, _values(parameters))
        else:
            found = self._engine.sql(limited)
            if found is None:
                raise _Refused("one SELECT statement is permitted, nothing else.")
        make = getattr(found, "to_arrow_reader", None) or found.fetch_record_batch
        _Answer(self._send, self._limits).write_table(make(_ANSWER_ROWS))

    def _one_select(self, statement: str) -> str:
        try:
            statements = self._engine.extract_statements(statement)
        except duckdb.Error as error:
            raise _Refused(f"the statement cannot be read: {error}") from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise _Refused("one SELECT statement is permitted, nothing else.")
        return str(statements[0].query).strip().rstrip(";")

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
            self._waiting[message.header["stream"]].put(message)
        os._exit(3)

    def _content(self, message: Message) -> Any:
        segment = message.header["segment"]
        return message.payload if segment is None else self._segments.buffer(segment, message.header["size"])


class _Answer:
    """Sends the answer as an Arrow stream, as much of it as is permitted, in pieces that are worth a message."""

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


def _own_line(match: re.Match[str]) -> str:
    """The engine counts the line that was put before the statement."""
    return f"LINE {max(1, int(match[1]) - 1)}:"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _values(parameters: Any) -> Any:
    """Values of parameters, in order or by name, as JSON carries them."""
    if isinstance(parameters, dict):
        return {name: _value(value) for name, value in parameters.items()}
    return [_value(value) for value in parameters]


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        [(kind, text)] = value.items()
        return datetime.fromisoformat(text) if kind == "timestamp" else date.fromisoformat(text)
    return [_value(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
