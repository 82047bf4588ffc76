"""What a piece of write work may do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias

import duckdb
import pyarrow as pa

from skyhub.db._access import AccessTable
from skyhub.db._changes import Change

__all__ = ["Rows", "Transaction", "Update"]

Rows: TypeAlias = "Sequence[Mapping[str, Any]] | pa.Table"
_UPDATES = pa.schema([("id", pa.int64()), ("version", pa.int32()), ("acl", pa.int32()), ("at", pa.timestamp("us"))])


class Update(NamedTuple):
    """Rows to change: what of them (``known_until`` or ``acl``), which ones, and to what (``id, version, acl, at``)."""

    table: str
    column: str
    what: str
    rows: pa.Table


class Group(Protocol):
    """What the writer does for the work of one commit."""

    access: AccessTable
    """The sets behind every ``acl``."""

    def flush(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Insert what the work before has gathered."""

    def next_id(self, table: str, column: str, count: int = 1) -> int:
        """The first of `count` fresh numbers for a column of identifiers."""

    def touch(self, key: Hashable) -> None:
        """Note that what is known under a key changes with this commit."""

    def touched_since(self, key: Hashable, commit: int) -> bool:
        """Whether something under a key may have changed after the commit of a number."""


class Transaction:
    """What a piece of write work may do: look first, then write.

    A look makes the writer insert what earlier work of the group has gathered, which costs more than the work itself.
    Work that looks up what it needs *before* it is submitted, and only asks here whether that was touched since, spares
    it.

    Rows become visible to others, and changes are announced, only after the commit.
    """

    def __init__(self, group: Group, cursor: duckdb.DuckDBPyConnection, now: datetime) -> None:
        self._group = group
        self._cursor = cursor
        self.now = now
        self.inserts: list[tuple[str, Rows]] = []
        self.updates: list[Update] = []
        self.changes: list[Change] = []
        self.last: list[Callable[[], None]] = []

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Read within the transaction; must come before the first insert of the same work."""
        if self.inserts or self.updates:
            raise RuntimeError("a transaction reads before it writes")
        self._group.flush(self._cursor)
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
        """Append rows (mappings or Arrow) to a table; missing columns are null, ``known_at`` is now.

        Arrow tables that have a column ``known_at`` keep it: sums of facts that were known earlier.
        """
        if len(rows):
            self.inserts.append((table, rows))

    def supersede(self, table: str, column: str, versions: Mapping[int, int]) -> None:
        """Rows of these identifiers with a lower version than given are known until now, and no longer."""
        ends: dict[str, list[Any]] = {
            "version": list(versions.values()),
            "at": [self.now.replace(tzinfo=None)] * len(versions),
        }
        self._update(table, column, "known_until", list(versions), ends)

    def share(self, table: str, column: str, acls: Mapping[int, int]) -> None:
        """All versions of the rows of these identifiers have another acl from now on."""
        self._update(table, column, "acl", list(acls), {"acl": list(acls.values())})

    def discard(self, table: str, condition: str, rows: pa.Table | None = None) -> None:
        """Delete rows that are stored elsewhere by now; `condition` may look into `rows` as ``skyhub_discarded``."""
        self._group.flush(self._cursor)
        if rows is not None:
            self._cursor.register("skyhub_discarded", rows)
        self._cursor.execute(f"DELETE FROM {table} WHERE {condition}")

    def touch(self, key: Hashable) -> None:
        """Say that what is known under a key has changed with this transaction."""
        self._group.touch(key)

    def afterwards(self, run: Callable[[], None]) -> None:
        """Call this, in the writer's thread, once the work has gone through without an error."""
        self.last.append(run)

    def touched_since(self, key: Hashable, commit: int) -> bool:
        """Whether something under a key may have changed after the commit of a number (`Writer.commits`)."""
        return self._group.touched_since(key, commit)

    def _update(self, table: str, column: str, what: str, ids: list[int], values: dict[str, list[Any]]) -> None:
        if ids:
            nothing = [None] * len(ids)
            columns = {f.name: pa.array(values.get(f.name, nothing), f.type) for f in _UPDATES}
            columns["id"] = pa.array(ids, pa.int64())
            self.updates.append(Update(table, column, what, pa.table(columns, schema=_UPDATES)))

    def next_id(self, table: str, column: str, count: int = 1) -> int:
        """The first of `count` fresh numbers for a column of identifiers."""
        return self._group.next_id(table, column, count)

    def acl(self, groups: Iterable[int] = (), streams: Iterable[int] = ()) -> int:
        """The acl of a set of groups and streams; a new set is stored with this transaction."""
        return self._group.access.number(groups, streams)

    def announce(self, kind: str, payload: Mapping[str, Any], acl: int, injection_id: int | None = None) -> None:
        """Put a change (that belongs to an injection) into the journal and, after the commit, into the live feed."""
        seq = self.next_id("changes", "seq")
        self.changes.append(Change(seq, kind, dict(payload), acl, self.now, injection_id))
