"""The owner of the shared database: one file, one process, one writer, many readers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import duckdb

from skyhub.db._access import AccessTable
from skyhub.db._changes import ChangeFeed
from skyhub.db._injections import Injection
from skyhub.db._keeper import Keeper
from skyhub.db._migrations import migrate
from skyhub.db._packs import PackStore
from skyhub.db._reader import Reader
from skyhub.db._room import Room
from skyhub.db._runs import Photometry
from skyhub.db._tables import columns_of, latest_known_at, ledger_of
from skyhub.db._writer import Writer
from skyhub.errors import DamagedFile, StorageError

__all__ = ["Database"]

_FILE = "skyhub.duckdb"
_CONFIG: dict[str, Any] = {
    "storage_compatibility_version": "v1.5.0",
    "checkpoint_threshold": "1TB",  # checkpoints are the writer's
    "threads": 2,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_OPEN_INJECTIONS = (
    "SELECT injection_id, group_id, author, scanners, object_ids FROM injections WHERE known_until IS NULL AND open"
)

_owned: set[Path] = set()
_owning = threading.Lock()

T = TypeVar("T")


class Database:
    """The database of a data directory, opened by its owner.

    Parameters
    ----------
    data_dir
        The directory; created if missing, readable by its owner alone.

    Raises
    ------
    StorageError
        If another process owns it, it is open in this one already, or the file cannot be read.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._parts: dict[Any, Any] = {}
        self._making = threading.RLock()
        try:
            data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(f"{data_dir} cannot be used as data directory: {error}", str(data_dir)) from error
        self._path = _own(data_dir / _FILE)
        try:
            self._connection = _open(self._path)
        except BaseException:
            _disown(self._path)
            raise
        try:
            self._load()
        except duckdb.Error as error:
            self._release()
            raise _damaged(self._path, error) from error
        except BaseException:
            self._release()
            raise

    def _load(self) -> None:
        self.resources = ExitStack()
        """What others keep beside the database, and what ends before it."""
        self.schema = migrate(self._connection)
        self.access = _load_access(self._connection)
        self.changes = ChangeFeed()
        self.packs = PackStore(self.data_dir / "packs")
        self.ledger = ledger_of(self._connection)
        columns = columns_of(self._connection, self.ledger)
        self.reader = Reader(self._connection.cursor(), self.access, columns)
        self.reload_injections()
        latest = latest_known_at(self._connection, columns)
        self.writer = Writer(self._connection, self.access, self.changes, Room(self._path), self._open_again, latest)
        try:
            self.photometry = Photometry(self.reader, self.writer, self.data_dir / "runs")
        except BaseException:
            self.writer.close()
            self.reader.close()
            raise
        self.reader.photometry = self.photometry
        self.keeper = Keeper(self.photometry, self.writer)

    def _open_again(self) -> duckdb.DuckDBPyConnection:
        """A new connection after the engine gave the file up; what was committed is in it."""
        self.reader.reconnect(self._reconnected)
        return self._connection

    def _reconnected(self) -> duckdb.DuckDBPyConnection:
        self._connection.close()
        self._connection = _open(self._path)
        self.photometry.attach_again(self._connection)
        return self._connection.cursor()

    def reload_groups(self) -> None:
        """Take in groups, streams and which streams a group has, after they were written."""
        with self.reader.borrowed() as cursor:
            _load_names(self.access, cursor)
        self.access.changed()

    def reload_injections(self) -> None:
        """Take in which injections are open, after one was opened or closed."""
        with self.reader.borrowed() as cursor:
            rows = cursor.execute(_OPEN_INJECTIONS).fetchall()
        self.reader.injections.load(
            Injection(number, group, author, frozenset(scanners), frozenset(names))
            for number, group, author, scanners, names in rows
        )

    def part(self, make: Callable[[Database], T]) -> T:
        """What a capability keeps in memory with this database, made at first need."""
        with self._making:
            if make not in self._parts:
                self._parts[make] = make(self)
            found: T = self._parts[make]
            return found

    def version(self) -> int:
        """The number of the last committed change: two equal versions mean equal data."""
        with self.reader.borrowed() as cursor:
            [(latest,)] = cursor.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchall()
        return int(latest)

    def close(self) -> None:
        """Finish queued writes, write a checkpoint and release the file."""
        self.resources.close()
        self.keeper.close()
        self.writer.close()
        self.photometry.close()
        self.reader.close()
        self.packs.close()
        self._release()

    def _release(self) -> None:
        self._connection.close()
        _disown(self._path)

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _own(path: Path) -> Path:
    """DuckDB lets one process open a file twice, and then two writers would number their rows alike."""
    resolved = path.resolve()
    with _owning:
        if resolved in _owned:
            raise StorageError(f"{path} is open in this process already: use that one, or close it first.", str(path))
        _owned.add(resolved)
    return resolved


def _disown(path: Path) -> None:
    with _owning:
        _owned.discard(path)


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), config=_CONFIG)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise StorageError(
                f"{path} is owned by another process. Talk to the service that runs on it, or stop it first.", str(path)
            ) from error
        raise _damaged(path, error) from error
    except duckdb.Error as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: duckdb.Error) -> DamagedFile:
    return DamagedFile(
        f"{path} cannot be opened: {error}. Restore the last backup: skyhub restore BACKUP --data-dir {path.parent} --replace.",
        str(path),
    )


def _load_access(connection: duckdb.DuckDBPyConnection) -> AccessTable:
    access = AccessTable()
    _load_names(access, connection)
    for row in connection.execute("SELECT acl, group_ids, stream_ids FROM acls ORDER BY acl").fetchall():
        access.load(*row)
    return access


def _load_names(access: AccessTable, connection: duckdb.DuckDBPyConnection) -> None:
    access.streams = dict(connection.execute("SELECT name, stream_id FROM streams").fetchall())
    found = connection.execute(
        "SELECT name, group_id, stream_ids, admins, savers, private FROM groups WHERE known_until IS NULL"
    )
    rows = found.fetchall()
    access.groups = {name: group for name, group, *_ in rows}
    access.group_streams = {group: set(streams or ()) for _, group, streams, *_ in rows}
    access.group_admins = {group: set(admins or ()) for _, group, _, admins, *_ in rows}
    access.group_savers = {group: set(savers) for _, group, _, _, savers, _ in rows if savers is not None}
    access.private = {group for _, group, *_, private in rows if private}
