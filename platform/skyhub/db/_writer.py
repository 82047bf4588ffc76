"""The one writer: a thread that drains a queue, commits in groups and acknowledges after the commit."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any, Protocol, TypeVar

import duckdb
import pyarrow as pa

from skyhub.db._access import AccessTable
from skyhub.db._changes import Change, ChangeFeed
from skyhub.db._room import Room
from skyhub.db._transaction import Rows, Transaction, Update
from skyhub.errors import StorageError

_log = logging.getLogger(__name__)
_LARGEST_GROUP = 512
_IDLE_SECONDS = 5.0
_LONGEST_LOG = 512 * 2**20
_MOST_TOUCHED = 200_000
_UPDATE = {
    "known_until": "UPDATE {table} SET known_until = new.at FROM skyhub_batch AS new "
    "WHERE {table}.{column} = new.id AND {table}.version < new.version AND {table}.known_until IS NULL",
    "acl": "UPDATE {table} SET acl = new.acl FROM skyhub_batch AS new WHERE {table}.{column} = new.id",
}

T = TypeVar("T")


class _Unwritable(Exception):
    """The rows that the group has gathered cannot be written; any of its pieces of work may be at fault."""


class Watcher(Protocol):
    """Hears in the writer's thread what is about to be committed to a table; the commit may still fail."""

    def inserted(self, batch: pa.Table) -> None:
        """Rows."""

    def updated(self, cursor: duckdb.DuckDBPyConnection, update: Update) -> None:
        """Changes of rows; more may be written with them."""


@dataclass
class _Chore:
    run: Callable[[duckdb.DuckDBPyConnection], Any]
    done: Future[Any] = field(default_factory=Future)


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
    room
        The room on the disk, without which nothing is written.
    open_again
        Gives a new connection when the engine has given the file up.
    latest
        When the latest fact was known (UTC): later ones are not known earlier, whatever the clock says.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        access: AccessTable,
        feed: ChangeFeed,
        room: Room,
        open_again: Callable[[], duckdb.DuckDBPyConnection],
        latest: datetime,
    ) -> None:
        self._connection = connection
        self.access = access
        self._feed = feed
        self._room = room
        self._open_again = open_again
        self._given_up = False
        self._failure = ""
        self._held = 0
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._chores: queue.SimpleQueue[_Chore] = queue.SimpleQueue()
        self._pending: dict[str, list[Rows]] = {}
        self._updates: list[Update] = []
        self._touched: dict[Hashable, int] = {}
        self._forgotten = 0
        self.commits = 0
        """Number of the last commit; what was read after it was taken down holds all commits up to it."""
        self._counters: dict[tuple[str, str], int] = {}
        self._lowest: dict[tuple[str, str], int] = {}
        self._watchers: dict[str, Watcher] = {}
        self._schemas: dict[str, pa.Schema] = {}
        self._stored_acls = len(access)
        self._closed = False
        self._closing = threading.Lock()
        self._last = latest
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

    def between(self, run: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Run something in the writer's thread between two commits, outside of a transaction, and wait for it."""
        chore = _Chore(run)
        with self._closing:
            if self._closed:
                raise StorageError("the database is closed: open it again.")
            self._chores.put(chore)
            self._queue.put(_Work(lambda transaction: None))
        result: T = chore.done.result()
        return result

    @contextmanager
    def checkpoint_held(self, mark: Callable[[duckdb.DuckDBPyConnection], T]) -> Iterator[T]:
        """A checkpoint, after which the database's file stays as it is for a ``with`` block; writes go on beside it.

        Parameters
        ----------
        mark
            Called before the next commit; what it returns is the value of the block.
        """

        def work(connection: duckdb.DuckDBPyConnection) -> T:
            connection.execute("CHECKPOINT")
            return mark(connection)

        with self._closing:
            self._held += 1
        try:
            yield self.between(work)
        finally:
            with self._closing:
                self._held -= 1

    @property
    def trouble(self) -> str:
        """Why writes fail at present; empty if they do not."""
        return self._failure or self._room.lack() or ""

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
            self._counters[key] = max(int(top), self._lowest.get(key, 0))
        first = self._counters[key] + 1
        self._counters[key] += count
        return first

    def number_from(self, table: str, column: str, last: int) -> None:
        """Numbers up to the last one were given to rows that are stored elsewhere."""
        self._lowest[table, column] = last

    def watch(self, table: str, watcher: Watcher) -> None:
        """Tell somebody what is about to be committed to a table."""
        self._watchers[table] = watcher

    def touch(self, key: Hashable) -> None:
        """What is known under a key changes with the coming commit (called in the writer's thread)."""
        if len(self._touched) >= _MOST_TOUCHED:
            self._touched.clear()
            self._forgotten = self.commits + 1
        self._touched[key] = self.commits + 1

    def touched_since(self, key: Hashable, commit: int) -> bool:
        """Whether what is known under a key may have changed after a commit (called in the writer's thread)."""
        return commit < self._forgotten or self._touched.get(key, 0) > commit

    def _distrust(self) -> None:
        """A commit has failed: its number is never used again, and whatever was known by then is suspect."""
        self.commits += 2
        self._touched.clear()
        self._forgotten = self.commits

    def flush(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Insert what earlier work of the group has gathered, one statement per table."""
        if self._pending or self._updates:
            self._room.require()
        try:
            for table, parts in self._pending.items():
                batch = self._batch(table, parts)
                cursor.register("skyhub_batch", batch)
                cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM skyhub_batch")
                cursor.unregister("skyhub_batch")
                if table in self._watchers:
                    self._watchers[table].inserted(batch)
            for update in self._updates:
                cursor.register("skyhub_batch", update.rows)
                cursor.execute(_UPDATE[update.what].format(table=update.table, column=update.column))
                cursor.unregister("skyhub_batch")
                if update.table in self._watchers:
                    self._watchers[update.table].updated(cursor, update)
        except Exception as error:  # values of the wrong type fail in many ways
            raise _Unwritable(str(error)) from error
        self._forget_pending()

    def _forget_pending(self) -> None:
        self._pending.clear()
        self._updates.clear()

    def _loop(self) -> None:
        closing = False
        while not closing:
            group, closing = self._drain()
            if self._given_up:
                self._recover()
            self._commit(group)
            self._do_chores()
            if closing or not group or self._room.log_bytes() > _LONGEST_LOG:
                self._checkpoint()

    def _do_chores(self) -> None:
        with suppress(queue.Empty):
            while True:
                chore = self._chores.get_nowait()
                try:
                    chore.done.set_result(chore.run(self._connection))
                except Exception as error:  # it is told to who asked
                    self._notice(error)
                    chore.done.set_exception(error)

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
        if not group:
            return
        try:
            results = self._run(group)
        except Exception as error:  # whatever work does, the thread goes on for the others
            self._refuse(group, error)
            return
        for work, (result, failure) in zip(group, results, strict=True):
            if failure is not None:
                work.done.set_exception(failure)
            else:
                work.done.set_result(result)

    def _refuse(self, group: list[_Work], error: Exception) -> None:
        if self._notice(error):
            told: Exception = StorageError(
                f"{error}. It is not known what was written: look, before you send it again."
            )
        elif len(group) > 1:
            for work in group:
                self._commit([work])
            return
        elif isinstance(error, StorageError):
            told = error
        else:
            told = StorageError(f"nothing was written: {error}")
        _log.error("a write failed", exc_info=error)
        for work in group:
            work.done.set_exception(told)

    def _notice(self, error: Exception) -> bool:
        """Whether the engine has given the file up; then it is opened again."""
        cause = error.__cause__ if isinstance(error, _Unwritable) else error
        if not isinstance(cause, duckdb.FatalException):
            return False
        self._given_up, self._failure = True, str(error)
        self._recover()
        return True

    def _recover(self) -> None:
        _log.error("the database is opened again: %s", self._failure)
        try:
            self._connection = self._open_again()
        except (StorageError, duckdb.Error) as error:
            self._failure = str(error)
            _log.exception("the database cannot be opened again")
        else:
            self._given_up, self._failure = False, ""

    def _run(self, group: list[_Work]) -> list[tuple[Any, Exception | None]]:
        if self._given_up:
            raise StorageError(f"nothing was written: {self._failure}")
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
            self._forget_pending()
            self._distrust()
            with suppress(duckdb.Error):
                cursor.rollback()
            raise
        self._stored_acls += len(acls)
        self._last = now
        self.commits += 1
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
        self._updates += transaction.updates
        changes += transaction.changes
        for run in transaction.last:
            run()
        return result, None

    def _gather(self, table: str, rows: Rows, now: datetime) -> None:
        if not len(rows):
            return
        stamp = now.replace(tzinfo=None)
        if not isinstance(rows, pa.Table):
            rows = [{**row, "known_at": stamp} for row in rows]
        elif "known_at" not in rows.column_names:
            known_at = pa.repeat(pa.scalar(stamp, pa.timestamp("us")), len(rows))
            rows = rows.append_column("known_at", known_at)
        self._pending.setdefault(table, []).append(rows)

    def _batch(self, table: str, parts: Sequence[Rows]) -> pa.Table:
        """All rows for a table in their order; neighbouring mappings are converted together."""
        schema, tables = self._schema(table), []
        for columnar, run in groupby(parts, lambda part: isinstance(part, pa.Table)):
            if columnar:
                tables += [_with_schema(part, schema) for part in run]
            else:
                tables.append(pa.Table.from_pylist(list(chain.from_iterable(run)), schema=schema))
        return pa.concat_tables(tables)

    def _schema(self, table: str) -> pa.Schema:
        if table not in self._schemas:
            self._schemas[table] = self._connection.sql(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
        return self._schemas[table]

    def _now(self) -> datetime:
        return max(datetime.now(UTC), self._last)

    def _checkpoint(self) -> None:
        if self._held or self._given_up or self._room.lack():
            return
        try:
            self._connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            if not self._notice(error):
                _log.debug("checkpoint postponed: %s", error)


def _with_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    for f in schema:
        if f.name not in rows.column_names:
            rows = rows.append_column(f, pa.nulls(len(rows), f.type))
    return rows.select(schema.names).cast(schema)
