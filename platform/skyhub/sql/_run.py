"""SQL for users: one read statement in a process of its own, which is given only what the viewer may see.

The statement never reaches the owner's connection, nor its process. What runs it asks for the columns and rows that it
needs while it runs; these are read through the access filter with bound values. It may open no file, no network and no
extension, and is ended when it takes too much time or memory.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import datetime
from typing import Any

from skyhub.confined import Message
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, StorageError
from skyhub.sql._catalog import catalog_of
from skyhub.sql._extras import extras_of
from skyhub.sql._job import Job, SqlResult, Statement
from skyhub.sql._keeper import Keeper, encoded_schema
from skyhub.sql._limits import Limits
from skyhub.sql._streams import Streams

__all__ = ["run_sql"]

_LIMITS = Limits()
_WHERE = "statement"
_LONGEST_REASON = 4000
_BEGINNING_SECONDS = 0.5
_LARGEST_MESSAGE = 64 * 2**20
_log = logging.getLogger(__name__)


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
    keeper = keeper_of(db)
    try:
        return _answer(db, viewer, asked, job or Job(), keeper)
    finally:
        threading.Thread(target=_prepare, args=(db, keeper), daemon=True).start()


def keeper_of(db: Database) -> Keeper:
    """The keeper of a database's workers."""
    return db.part(_Keepers).current()


class _Keepers:
    """The keeper of a database; another one once the limits are others."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._keeper: Keeper | None = None

    def current(self) -> Keeper:
        with self._lock:
            if self._keeper is None or self._keeper.limits != _LIMITS:
                if self._keeper is not None:
                    self._keeper.close()
                catalog = catalog_of(self._db)
                tables = {name: table.schema for name, table in catalog.tables.items()}
                self._keeper = Keeper(tables, _LIMITS, lambda: catalog.rows)
                self._db.resources.callback(self._keeper.close)
            return self._keeper


def _answer(db: Database, viewer: Viewer, asked: Statement, job: Job, keeper: Keeper) -> SqlResult:
    """The answer; of a second worker if the first one ended without a word, as one does whose keeper has ended."""
    try:
        return _Run(db, viewer, asked, job, keeper).answer()
    except _Speechless:
        return _Run(db, viewer, asked, job, keeper).answer()


def _prepare(db: Database, keeper: Keeper) -> None:
    with suppress(StorageError):
        catalog_of(db).count(db)
    keeper.prepare()


class _Speechless(InvalidInput):
    """A worker that has just begun has ended and said nothing."""


class _Run:
    """One statement in one worker."""

    def __init__(self, db: Database, viewer: Viewer, asked: Statement, job: Job, keeper: Keeper) -> None:
        self._asked = asked
        self._job = job
        self._late = self._heard = False
        self._parts: list[bytes] = []
        self._tables: set[str] = set()
        found = extras_of(db, viewer, asked.text, asked.tables, asked.as_of)
        self._extras = {f"extra {number}": extra for number, extra in enumerate(found)}
        tables = catalog_of(db).tables
        self._worker = keeper.take()
        self._streams = Streams(db, viewer, asked.as_of, self._worker.wire, tables, self._extras, job.progress)

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
                self._heard = True
                if message.header["kind"] == "done":
                    return self._done(message)
                self._handle(message)
        except (ConnectionError, OverflowError, KeyError, ValueError, TypeError) as error:
            _log.info("a worker for SQL ended: %r", error)
        raise self._why_it_ended()

    def _extra(self) -> list[dict[str, Any]]:
        return [
            {"key": key, "names": e.names, "schema": encoded_schema(e.schema), "rows": e.rows, "selects": False}
            for key, e in self._extras.items()
        ]

    def _handle(self, message: Message) -> None:
        header = message.header
        kind = header["kind"]
        if kind == "answer":
            self._parts.append(message.payload)
        elif kind == "refused":
            raise InvalidInput(str(header["why"])[:_LONGEST_REASON], _WHERE)
        else:
            self._streams.release(header["done"])
            with suppress(ConnectionError):  # it has its answer, and has ended without hearing all
                self._serve(kind, header)

    def _serve(self, kind: str, header: dict[str, Any]) -> None:
        if kind == "open":
            self._tables.add(header["table"])
            self._streams.open(header["stream"], header["table"], header["columns"], header["condition"])
        elif kind == "more":
            self._streams.more(header["stream"])
        else:
            self._streams.close(header["stream"])

    def _done(self, message: Message) -> SqlResult:
        header, job = message.header, self._job
        rows = int(header["rows"])
        return SqlResult(
            data=b"".join(self._parts),
            rows=rows,
            truncated=bool(header["truncated"]),
            seconds=job.seconds,
            rows_read=job.progress.rows_read,
            tables=tuple(sorted(self._tables - self._extras.keys())),
        )

    def _why_it_ended(self) -> InvalidInput:
        if self._job.cancelled:
            return InvalidInput("the statement was cancelled.", _WHERE)
        if self._late:
            return InvalidInput(f"the statement took more than {_LIMITS.seconds:g} s: narrow it down.", _WHERE)
        begun = self._heard or self._job.seconds > _BEGINNING_SECONDS
        kind = InvalidInput if begun else _Speechless
        return kind("the statement needed more memory than is permitted: narrow it down.", _WHERE)
