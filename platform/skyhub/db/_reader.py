"""Every read passes here: ``@table`` in a statement stands for the rows of the table that the viewer may see."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.db._access import AccessTable, Viewer
from skyhub.db._injections import COLUMN, Injections
from skyhub.db._records import naive_utc
from skyhub.db._tables import Columns
from skyhub.errors import StorageError

if TYPE_CHECKING:
    from skyhub.db._runs import Photometry, View

_TABLE = re.compile(r"@([a-z_]+)(\*?)(?:\(([a-z_]+)\))?")
_PATIENCE_SECONDS = 30
_BATCH_ROWS = 100_000
_WATCHED = "SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0"


class Stream(NamedTuple):
    """Rows as they are read."""

    batches: pa.RecordBatchReader
    fraction: Callable[[], float]
    """How much has been read of what has to be looked at."""


class Reader:
    """Reads with the one access filter and the one time filter.

    Parameters
    ----------
    connection
        The owner's connection; each thread reads through a cursor of its own.
    access
        The sets behind every ``acl``.
    columns
        The columns of the tables, by name.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, access: AccessTable, columns: Columns) -> None:
        self._connection = connection
        self._access = access
        self.injections = Injections(access)
        self._local = threading.local()
        self._cursors: weakref.WeakSet[Any] = weakref.WeakSet()
        self._state = threading.Condition()
        self._running = 0
        self._refusal = ""
        self.photometry: Photometry | None = None
        """Where the points are; without it, in their table."""
        self.columns = columns

    def query(
        self, viewer: Viewer, sql: str, parameters: Sequence[Any] = (), as_of: datetime | None = None
    ) -> pa.Table:
        """Run a statement of the platform over what the viewer may see.

        Parameters
        ----------
        viewer
            Who asks.
        sql
            A statement in which each table is written ``@name``, or ``@name*`` with the rows that were superseded, for
            administrators also those of injections.
            ``@name(column)`` are those whose column has the value of the next ``?``, taken by the column's index.
        parameters
            Values of the ``?`` in it.
        as_of
            Only facts known at this time; now by default.
        """
        with self.borrowed() as cursor, self._text(cursor, viewer, sql, as_of) as text:
            return cursor.sql(text, params=list(parameters)).to_arrow_table()

    def described(self, viewer: Viewer, sql: str) -> tuple[dict[str, str], pa.Schema]:
        """The columns of a statement, which is not run: their SQL types by name, and as Arrow has them."""
        with self.borrowed() as cursor, self._text(cursor, viewer, sql, None) as text:
            found = cursor.sql(text)
            return dict(zip(found.columns, map(str, found.types), strict=True)), found.limit(0).to_arrow_table().schema

    def points(
        self, viewer: Viewer, object_ids: Sequence[str], columns: Sequence[str], as_of: datetime | None = None
    ) -> pa.Table:
        """The points of objects that the viewer may see, by object and time: the fast way to light curves.

        Parameters
        ----------
        viewer, as_of
            As for `query`.
        object_ids
            The objects.
        columns
            Columns of ``photometry``.
        """
        assert self.photometry is not None
        table = self.photometry.points(object_ids, (*columns, "acl", "known_until", *(("known_at",) if as_of else ())))
        shown = np.append(self._access.visible(viewer), viewer.administers)[pc.fill_null(table["acl"], -1).to_numpy()]
        shown &= _known_rows(table, as_of)
        return table.select(columns) if shown.all() else table.select(columns).filter(pa.array(shown))

    @contextmanager
    def stream(
        self, viewer: Viewer, sql: str, values: Mapping[str, Any], as_of: datetime | None = None
    ) -> Iterator[Stream]:
        """Like `query`, batch by batch and read only as far as the batches are taken.

        Parameters
        ----------
        viewer, sql, as_of
            As for `query`.
        values
            In the statement, ``getvariable('given').NAME`` is the value of a name.
        """
        with self._reading(), self._connection.cursor() as cursor:
            cursor.execute(_WATCHED)
            if values:
                cursor.execute("SET VARIABLE given = ?", [dict(values)])
            with self._text(cursor, viewer, sql, as_of) as text:
                found = cursor.sql(text)
                read = getattr(found, "to_arrow_reader", None) or found.fetch_record_batch
                with read(_BATCH_ROWS) as batches:
                    yield Stream(batches, lambda: max(0.0, cursor.query_progress()) / 100)

    def close(self) -> None:
        """Wait for reads under way and release the file."""
        with self._state:
            self._refusal = "the database is closed: open it again."
            self._state.wait_for(lambda: not self._running)
            self._let_go()

    def reconnect(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        """Wait for reads under way, let go of the file, and read through another connection from now on.

        Raises
        ------
        StorageError
            If there is none; reads are refused until there is.
        """
        with self._state:
            self._refusal = "the database is being opened again: try again in a moment."
            if not self._state.wait_for(lambda: not self._running, _PATIENCE_SECONDS):
                raise StorageError(f"reads under way did not end within {_PATIENCE_SECONDS} s.")
            self._let_go()
            self._connection = connect()
            self._refusal = ""

    def _let_go(self) -> None:
        for cursor in (*self._cursors, self._connection):
            cursor.close()
        self._local = threading.local()
        self._cursors = weakref.WeakSet()

    def rows(
        self, viewer: Viewer, sql: str, parameters: Sequence[Any] = (), as_of: datetime | None = None
    ) -> list[dict[str, Any]]:
        """Like `query`, as dictionaries."""
        return self.query(viewer, sql, parameters, as_of).to_pylist()  # type: ignore[no-any-return]

    @contextmanager
    def _text(
        self, cursor: duckdb.DuckDBPyConnection, viewer: Viewer, sql: str, as_of: datetime | None
    ) -> Iterator[str]:
        """A statement with its tables, which holds for the duration of a ``with`` block."""

        def expand(points: View | None) -> str:
            return _TABLE.sub(lambda m: self._visible(viewer, m, as_of, points), sql)

        if self.photometry is None or not any(found[1] == "photometry" for found in _TABLE.finditer(sql)):
            yield expand(None)
        else:
            with self.photometry.view(cursor) as points:
                yield expand(points)

    def _visible(self, viewer: Viewer, named: re.Match[str], as_of: datetime | None, points: View | None) -> str:
        table, superseded, column = named[1], bool(named[2]), named[3]
        columns = self.columns.get(table)
        if columns is None:
            raise ValueError(f"@{table} is no table of the platform: {sorted(self.columns)}")
        conditions = []
        if "acl" in columns and not viewer.administers:
            numbers = self._access.visible(viewer).nonzero()[0]
            conditions.append(f"acl IN ({', '.join(map(str, numbers))})")
        if COLUMN in columns and table != "injections" and not (superseded and viewer.administers):
            conditions.append(self.injections.condition(viewer, table))
        conditions += _known([c for c in columns if not superseded or c != "known_until"], as_of)
        if points is not None and table == "photometry":
            return points.relation(conditions)
        where = " AND ".join(conditions) or "true"
        if column is not None:  # an index is used only where nothing else is asked for
            return f"(WITH found AS MATERIALIZED (SELECT * FROM {table} WHERE {column} = ?) SELECT * FROM found WHERE {where})"
        return f"(SELECT * FROM {table} WHERE {where})"

    @contextmanager
    def borrowed(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor, for the owner's own needs: nothing filters what it reads."""
        with self._reading():
            yield self._own_cursor()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._state:
            if self._refusal:
                raise StorageError(self._refusal)
            self._running += 1
        try:
            yield
        finally:
            with self._state:
                self._running -= 1
                self._state.notify_all()

    def _own_cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            with self._state:
                cursor = self._local.cursor = self._connection.cursor()
                self._cursors.add(cursor)
        return cursor


def _known(columns: Sequence[str], as_of: datetime | None) -> list[str]:
    """Conditions of time: the facts of now, or those that were known at a time and not superseded by then."""
    superseded = "known_until" in columns
    if as_of is None:
        return ["known_until IS NULL"] if superseded else []
    if "known_at" not in columns:
        return []
    at = f"TIMESTAMP '{naive_utc(as_of).isoformat(' ', 'microseconds')}'"
    until = [f"(known_until IS NULL OR known_until > {at})"] if superseded else []
    return [f"known_at <= {at}", *until]


def _known_rows(table: pa.Table, as_of: datetime | None) -> NDArray[np.bool_]:
    """The conditions of `_known`, shape ``(n_rows,)``."""
    until = table["known_until"]
    if as_of is None:
        return np.asarray(pc.is_null(until)) if until.null_count < len(until) else np.ones(len(until), dtype=bool)
    at = pa.scalar(naive_utc(as_of), pa.timestamp("us"))
    later = pc.fill_null(pc.greater(until, at), True)
    return np.asarray(pc.and_(pc.less_equal(table["known_at"], at), later))
