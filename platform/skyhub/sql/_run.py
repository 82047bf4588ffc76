"""SQL for users: one read statement in a process of its own, which is given only what the viewer may see.

The statement never reaches the owner's connection, nor its process. What runs it asks for the columns and rows that it
needs while it runs; these are read through the access filter with bound values. It may open no file, no network and no
extension, and is ended when it takes too much time or memory.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, StorageError
from skyhub.sql._catalog import catalog_of
from skyhub.sql._keeper import Keeper, Worker, encoded_schema
from skyhub.sql._limits import Limits
from skyhub.sql._streams import Progress, Streams
from skyhub.sql._wire import Message

__all__ = ["Job", "SqlResult", "Statement", "run_sql"]

_LIMITS = Limits()
_WHERE = "statement"
_LARGEST_MESSAGE = 64 * 2**20
_log = logging.getLogger(__name__)

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """What is asked."""

    text: str
    parameters: Parameters = ()
    """Values of its ``?`` (or ``$name``)."""
    as_of: datetime | None = None
    """Only facts known at this time."""
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    """Tables that came with it."""


@dataclass(frozen=True)
class SqlResult:
    """The answer to a statement."""

    data: bytes
    """An Arrow IPC stream."""
    rows: int
    truncated: bool
    """Whether rows beyond the limits were left out."""
    seconds: float
    rows_read: int

    @cached_property
    def table(self) -> pa.Table:
        """The answer as a table."""
        return pa.ipc.open_stream(self.data).read_all()


def run_sql(
    db: Database, viewer: Viewer, statement: str | Statement, as_of: datetime | None = None, job: Job | None = None
) -> SqlResult:
    """Run one SELECT statement over what a viewer may see.

    Parameters
    ----------
    db, viewer
        The database, and with whose rights the statement reads.
    statement
        In DuckDB's dialect, over the tables of the catalog.
    as_of
        Only facts known at this time.
    job
        By which it can be watched and cancelled.

    Raises
    ------
    InvalidInput
        If it is not one SELECT statement, names something else, fails, is cancelled, or exceeds time or memory.
    """
    asked = Statement(statement, as_of=as_of) if isinstance(statement, str) else statement
    job = job or Job()
    keeper = _keeper(db)
    try:
        return _Run(db, viewer, asked, job, keeper.take()).answer()
    finally:
        threading.Thread(target=_prepare, args=(db, keeper), daemon=True).start()


class Job:
    """A statement under way, as others see it."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.progress = Progress()
        self.cancelled = False
        self._worker: Worker | None = None
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long it has been running (s)."""
        return time.monotonic() - self.started

    def begin(self, worker: Worker) -> None:
        """It runs in a worker from now on."""
        with self._lock:
            self._worker = worker
            if self.cancelled:
                worker.kill()

    def cancel(self) -> None:
        """End it now."""
        with self._lock:
            self.cancelled = True
            if self._worker is not None:
                self._worker.kill()


_keepers: weakref.WeakKeyDictionary[Database, Keeper] = weakref.WeakKeyDictionary()
_starting = threading.Lock()


def _keeper(db: Database) -> Keeper:
    with _starting:
        keeper = _keepers.get(db)
        if keeper is None or keeper.limits != _LIMITS:
            if keeper is not None:
                keeper.close()
            catalog = catalog_of(db)
            tables = {name: table.schema for name, table in catalog.tables.items()}
            keeper = _keepers[db] = Keeper(tables, _LIMITS, lambda: catalog.rows)
            weakref.finalize(db, keeper.close)
        return keeper


def _prepare(db: Database, keeper: Keeper) -> None:
    with suppress(StorageError):
        catalog_of(db).count()
    keeper.prepare()


class _Run:
    """One statement in one worker."""

    def __init__(self, db: Database, viewer: Viewer, asked: Statement, job: Job, worker: Worker) -> None:
        self._asked = asked
        self._job = job
        self._worker = worker
        self._late = False
        self._parts: list[bytes] = []
        self._sent = {f"sent:{name}": table for name, table in asked.tables.items()}
        self._tables = catalog_of(db).tables
        self._streams = Streams(db, viewer, asked.as_of, worker.wire, self._tables, self._sent, job.progress)

    def answer(self) -> SqlResult:
        """Run it to its end."""
        watch = threading.Timer(_LIMITS.seconds, self._expire)
        watch.daemon = True
        try:
            self._job.begin(self._worker)
            watch.start()
            return self._converse()
        finally:
            watch.cancel()
            self._worker.end()
            self._streams.end()

    def _expire(self) -> None:
        self._late = True
        self._worker.kill()

    def _converse(self) -> SqlResult:
        wire = self._worker.wire
        try:
            wire.send({"statement": self._asked.text, "parameters": self._asked.parameters, "extra": self._extra()})
            while (message := wire.receive(_LARGEST_MESSAGE)) is not None:
                if message.header["kind"] == "done":
                    return self._done(message)
                self._handle(message)
        except (ConnectionError, OverflowError, KeyError, ValueError, TypeError) as error:
            _log.info("a worker for SQL ended: %r", error)
        raise self._why_it_ended()

    def _extra(self) -> list[dict[str, Any]]:
        return [
            {
                "key": f"sent:{name}",
                "names": [[name]],
                "schema": encoded_schema(table.schema),
                "rows": len(table),
                "selects": False,
            }
            for name, table in self._asked.tables.items()
        ]

    def _handle(self, message: Message) -> None:
        header = message.header
        kind = header["kind"]
        if kind == "answer":
            self._parts.append(message.payload)
        elif kind == "refused":
            raise InvalidInput(str(header["why"]), _WHERE)
        else:
            self._streams.release(header["done"])
            with suppress(ConnectionError):  # it has its answer, and has ended without hearing all
                self._serve(kind, header)

    def _serve(self, kind: str, header: dict[str, Any]) -> None:
        if kind == "open":
            self._streams.open(header["stream"], header["table"], header["columns"], header["condition"])
        elif kind == "more":
            self._streams.more(header["stream"])
        else:
            self._streams.close(header["stream"])

    def _done(self, message: Message) -> SqlResult:
        header, job = message.header, self._job
        rows = int(header["rows"])
        return SqlResult(b"".join(self._parts), rows, bool(header["truncated"]), job.seconds, job.progress.rows_read)

    def _why_it_ended(self) -> InvalidInput:
        if self._job.cancelled:
            return InvalidInput("the statement was cancelled.", _WHERE)
        if self._late:
            return InvalidInput(f"the statement took more than {_LIMITS.seconds:g} s: narrow it down.", _WHERE)
        return InvalidInput("the statement needed more memory than is permitted: narrow it down.", _WHERE)
