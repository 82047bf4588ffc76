"""The one writer: a thread that drains a queue, commits in groups and acknowledges after the commit."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import duckdb
import pyarrow as pa

from skyhub.db._access import AccessTable
from skyhub.db._changes import Change, ChangeFeed
from skyhub.errors import StorageError

_log = logging.getLogger(__name__)
_LARGEST_GROUP = 512
_IDLE_SECONDS = 5.0

T = TypeVar("T")
Rows: TypeAlias = "Sequence[Mapping[str, Any]] | pa.Table"


class Transaction:
    """What a piece of write work may do: look first, then insert.

    Rows become visible to others, and changes are announced, only after the commit.
    """

    def __init__(self, writer: Writer, cursor: duckdb.DuckDBPyConnection, now: datetime) -> None:
        self._writer = writer
        self._cursor = cursor
        self.now = now
        self.inserts: list[tuple[str, Rows]] = []
        self.changes: list[Change] = []

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Read within the transaction; must come before the first insert of the same work."""
        if self.inserts:
            raise RuntimeError("a transaction reads before it inserts")
        self._writer.flush(self._cursor)
        return self._cursor.sql(sql, params=list(parameters)).to_arrow_table()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Like `query`, as dictionaries."""
        return self.query(sql, parameters).to_pylist()  # type: ignore[no-any-return]

    def with_table(self, name: str, table: pa.Table, sql: str) -> pa.Table:
        """Read with an Arrow table joined in under a name."""
        self._cursor.register(name, table)
        found = self.query(sql)
        self._cursor.unregister(name)
        return found

    def insert(self, table: str, rows: Rows) -> None:
        """Append rows (mappings or Arrow) to a table; missing columns are null, ``known_at`` is now."""
        if len(rows):
            self.inserts.append((table, rows))

    def next_id(self, table: str, column: str, count: int = 1) -> int:
        """The first of `count` fresh numbers for a column of identifiers."""
        return self._writer.next_id(table, column, count)

    def acl(self, groups: Sequence[int] = (), streams: Sequence[int] = ()) -> int:
        """The acl of a set of groups and streams; a new set is stored with this transaction."""
        return self._writer.access.number(groups, streams)

    def announce(self, kind: str, payload: Mapping[str, Any], acl: int) -> None:
        """Put a change into the journal and, after the commit, into the live feed."""
        seq = self.next_id("changes", "seq")
        self.changes.append(Change(seq, kind, dict(payload), acl, self.now))


class _Unwritable(Exception):
    """The rows that the group has gathered cannot be written; any of its pieces of work may be at fault."""


@dataclass
class _Work:
    run: Callable[[Transaction], Any]
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Owns all writing to the database.

    Parameters
    ----------
    connection
        The owner's connection.
    access
        The sets behind every ``acl``; new ones are stored with the transaction that made them.
    feed
        Where committed changes are announced.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, access: AccessTable, feed: ChangeFeed) -> None:
        self._connection = connection
        self.access = access
        self._feed = feed
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._pending: dict[str, list[Rows]] = {}
        self._counters: dict[tuple[str, str], int] = {}
        self._schemas: dict[str, pa.Schema] = {}
        self._stored_acls = len(access)
        self._closed = False
        self._closing = threading.Lock()
        self._last = self._latest_known_at()
        self._thread = threading.Thread(target=self._loop, name="skyhub-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Transaction], T]) -> Future[T]:
        """Queue a piece of work; the future resolves after its rows are on disk.

        The work may be run again if the commit of its group fails, so it must have no other effects.
        """
        work = _Work(run)
        with self._closing:
            if self._closed:
                raise StorageError("the database is closed: open it again.")
            self._queue.put(work)
        return work.done

    def write(self, run: Callable[[Transaction], T]) -> T:
        """`submit` and wait."""
        return self.submit(run).result()

    def close(self) -> None:
        """Finish what is queued and stop the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def next_id(self, table: str, column: str, count: int = 1) -> int:
        """The first of `count` fresh numbers (called in the writer's thread)."""
        key = (table, column)
        if key not in self._counters:
            [(top,)] = self._connection.execute(f"SELECT coalesce(max({column}), 0) FROM {table}").fetchall()
            self._counters[key] = int(top)
        first = self._counters[key] + 1
        self._counters[key] += count
        return first

    def flush(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Insert what earlier work of the group has gathered, one statement per table."""
        try:
            for table, parts in self._pending.items():
                batch = pa.concat_tables([self._arrow(table, rows) for rows in parts])
                cursor.register("skyhub_batch", batch)
                cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM skyhub_batch")
                cursor.unregister("skyhub_batch")
        except Exception as error:  # values of the wrong type fail in many ways
            raise _Unwritable(str(error)) from error
        self._pending.clear()

    def _loop(self) -> None:
        while True:
            group, closing = self._drain()
            if group:
                self._commit(group)
            elif not closing:
                self._checkpoint()
            if closing:
                self._checkpoint()
                return

    def _drain(self) -> tuple[list[_Work], bool]:
        group: list[_Work] = []
        with suppress(queue.Empty):
            first = self._queue.get(timeout=_IDLE_SECONDS)
            while first is not None:
                group.append(first)
                if len(group) == _LARGEST_GROUP:
                    return group, False
                first = self._queue.get_nowait()
            return group, True
        return group, False

    def _commit(self, group: list[_Work]) -> None:
        try:
            results = self._run(group)
        except Exception as error:  # whatever work does, the thread goes on for the others
            if len(group) > 1:
                for work in group:
                    self._commit([work])
            else:
                _log.exception("a write failed")
                group[0].done.set_exception(StorageError(f"nothing was written: {error}"))
            return
        for work, (result, failure) in zip(group, results, strict=True):
            if failure is not None:
                work.done.set_exception(failure)
            else:
                work.done.set_result(result)

    def _run(self, group: list[_Work]) -> list[tuple[Any, Exception | None]]:
        now = self._now()
        changes: list[Change] = []
        cursor = self._connection
        cursor.begin()
        try:
            results = [self._do(work, Transaction(self, cursor, now), changes) for work in group]
            self._gather("changes", [c.row() for c in changes], now)
            acls = self.access.rows_from(self._stored_acls)
            self._gather("acls", acls, now)
            self.flush(cursor)
            cursor.commit()
        except BaseException:
            self._pending.clear()
            with suppress(duckdb.Error):
                cursor.rollback()
            raise
        self._stored_acls += len(acls)
        self._last = now
        self._feed.publish(changes)
        return results

    def _do(self, work: _Work, transaction: Transaction, changes: list[Change]) -> tuple[Any, Exception | None]:
        try:
            result = work.run(transaction)
        except (_Unwritable, duckdb.Error, OSError):
            raise
        except Exception as error:
            return None, error
        for table, rows in transaction.inserts:
            self._gather(table, rows, transaction.now)
        changes += transaction.changes
        return result, None

    def _gather(self, table: str, rows: Rows, now: datetime) -> None:
        if not len(rows):
            return
        stamp = now.replace(tzinfo=None)
        if isinstance(rows, pa.Table):
            known_at = pa.array([stamp] * len(rows), pa.timestamp("us"))
            rows = rows.append_column("known_at", known_at)
        else:
            rows = [{**row, "known_at": stamp} for row in rows]
        self._pending.setdefault(table, []).append(rows)

    def _arrow(self, table: str, rows: Rows) -> pa.Table:
        schema = self._schema(table)
        if isinstance(rows, pa.Table):
            missing = [f for f in schema if f.name not in rows.column_names]
            for f in missing:
                rows = rows.append_column(f, pa.nulls(len(rows), f.type))
            return rows.select(schema.names).cast(schema)
        return pa.Table.from_pylist(list(rows), schema=schema)

    def _schema(self, table: str) -> pa.Schema:
        if table not in self._schemas:
            self._schemas[table] = self._connection.sql(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
        return self._schemas[table]

    def _now(self) -> datetime:
        return max(datetime.now(UTC), self._last)

    def _latest_known_at(self) -> datetime:
        tables = self._connection.execute(
            "SELECT table_name FROM duckdb_columns() WHERE NOT internal AND column_name = 'known_at'"
        ).fetchall()
        latest = " UNION ALL ".join(f"SELECT max(known_at) AS latest FROM {name}" for (name,) in tables)
        [(found,)] = self._connection.execute(f"SELECT max(latest) FROM ({latest})").fetchall()
        return datetime.min.replace(tzinfo=UTC) if found is None else found.replace(tzinfo=UTC)

    def _checkpoint(self) -> None:
        try:
            self._connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            _log.debug("checkpoint postponed: %s", error)
