"""Writing the files of runs: sorted by object and time, complete on disk before anybody hears of them."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from skyhub.db._layout import Part
from skyhub.errors import StorageError

__all__ = ["RunFiles", "Slice", "Sources"]

_LAYOUT = "ROW_GROUP_SIZE 10240, BLOCK_SIZE 131072"
"""A light curve touches a dozen blocks: half the usual size is read in less time, and a scan of everything loses little."""
_VERSION = "v1.5.0"
_NICENESS = 10
_BUILDER: dict[str, Any] = {
    "threads": 1,
    "memory_limit": "2GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_SORTED = "ORDER BY object_id, mjd, photometry_id"
_FACTS = """SELECT count(*), min(object_id), max(object_id), min(mjd), max(mjd), max(photometry_id),
    coalesce(max(upload_id), 0) FROM target.run_points"""


class Slice(NamedTuple):
    """Objects from one name on up to, but without, another; None is open."""

    low: str | None
    high: str | None

    @property
    def condition(self) -> str:
        """In SQL."""
        ends = [f"object_id {sign} {_quoted(end)}" for sign, end in ((">=", self.low), ("<", self.high)) if end]
        return " AND ".join(ends) or "true"


class RunFiles:
    """The directory of the files ``NNNNNN.duckdb``.

    Parameters
    ----------
    directory
        Created if missing.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._connection: Any = None
        self._worker = ThreadPoolExecutor(1, "skyhub-runs", initializer=_give_way)

    def path(self, file_id: int) -> Path:
        """Where a file is."""
        return self.directory / f"{file_id:06d}.duckdb"

    def remove(self, file_id: int) -> None:
        """Remove a file with whatever belongs to it."""
        for path in self.directory.glob(f"{file_id:06d}.duckdb*"):
            path.unlink(missing_ok=True)

    def remove_others(self, known: Sequence[Part]) -> None:
        """Remove files that belong to nobody, which an interrupted process has left."""
        names = {part.path.name for part in known}
        for path in self.directory.iterdir():
            if path.name not in names:
                with suppress(OSError):
                    path.unlink()

    def write(self, run_id: int, files: Sequence[tuple[int, Sequence[Slice]]], sources: Sources) -> list[Part]:
        """Write the points of some sources as the files of one run.

        Parameters
        ----------
        run_id
            Number of the run.
        files
            Number of each file and the slices of objects that go into it, in order.
        sources
            Where the points come from.

        Raises
        ------
        StorageError
            If a file cannot be written; then none is left.
        """
        try:
            parts = self._worker.submit(self._write_all, run_id, files, sources).result()
        except (duckdb.Error, OSError) as error:
            for number, _ in files:
                self.remove(number)
            raise StorageError(f"a run cannot be written to {self.directory}: {error}. Free disk space.") from error
        return [part for part in parts if part is not None]

    def interrupt(self) -> None:
        """Give up the file that is being written."""
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.interrupt()

    def close(self) -> None:
        """End the thread that writes."""
        self._worker.shutdown()

    def _write_all(
        self, run_id: int, files: Sequence[tuple[int, Sequence[Slice]]], sources: Sources
    ) -> list[Part | None]:
        config = {**_BUILDER, "temp_directory": str(self.directory / "spill.tmp")}
        with duckdb.connect(config=config) as self._connection:
            select = sources.prepare(self._connection)
            return [self._write(self._connection, run_id, number, slices, select) for number, slices in files]

    def _write(self, builder: Any, run_id: int, file_id: int, slices: Sequence[Slice], select: str) -> Part | None:
        path = self.path(file_id)
        self.remove(file_id)
        builder.execute(f"ATTACH '{path}' AS target ({_LAYOUT}, STORAGE_VERSION '{_VERSION}')")
        builder.execute(f"CREATE TABLE target.run_points AS FROM ({select}) LIMIT 0")
        for one in slices:
            builder.execute(f"INSERT INTO target.run_points FROM ({select}) WHERE {one.condition} {_SORTED}")
        builder.execute(
            "CREATE TABLE target.run_objects AS SELECT object_id, min(rowid) AS first_row FROM target.run_points "
            "GROUP BY object_id ORDER BY first_row"
        )
        facts = builder.execute(_FACTS).fetchone()
        columns = [name for name, *_ in builder.execute("DESCRIBE target.run_points").fetchall()]
        _write_constants(builder, columns)
        builder.execute("DETACH target")
        if not facts[0]:
            self.remove(file_id)
            return None
        row = (file_id, run_id, *facts, path.stat().st_size, _finish(path))
        return Part.of_row(row, path, columns)


class Sources:
    """Where the points of a new run come from: rows in memory, or files with the changes made to them since.

    Parameters
    ----------
    rows
        Points in Arrow.
    parts
        Files whose points are taken.
    changes
        ``photometry_id, superseded_at, new_acl`` of points in the files, one row each.
    """

    def __init__(
        self, rows: pa.Table | None = None, parts: Sequence[Part] = (), changes: pa.Table | None = None
    ) -> None:
        self._rows = rows
        self._parts = parts
        self._changes = changes

    def prepare(self, connection: Any) -> str:
        """Make the sources known to a connection; the statement that selects all points."""
        if self._rows is not None:
            connection.register("skyhub_rows", self._rows)
            return "SELECT * FROM skyhub_rows"
        for part in self._parts:
            connection.execute(f"ATTACH '{part.path}' AS {part.alias} (READ_ONLY)")
        together = " UNION ALL BY NAME ".join(f"SELECT * FROM {part.alias}.run_points" for part in self._parts)
        if self._changes is None or not len(self._changes):
            return together
        connection.register("skyhub_changes", self._changes)
        return (
            "SELECT r.* REPLACE (coalesce(r.known_until, o.superseded_at) AS known_until, "
            f"coalesce(o.new_acl, r.acl) AS acl) FROM ({together}) AS r "
            "LEFT JOIN skyhub_changes AS o ON r.photometry_id = o.photometry_id"
        )


def _write_constants(builder: Any, columns: Sequence[str]) -> None:
    """Columns that have one value, or none, in the whole file: who reads a few points need not look them up."""
    same = [f"count({c}) = 0 OR (count({c}) = count(*) AND min({c}) = max({c}))" for c in columns]
    found = builder.execute(f"SELECT {', '.join(same)} FROM target.run_points").fetchone()
    names = ["1 AS one", *(name for name, constant in zip(columns, found, strict=True) if constant)]
    builder.execute(f"CREATE TABLE target.run_constants AS SELECT {', '.join(names)} FROM target.run_points LIMIT 1")


def _give_way() -> None:
    """With one thread to work with, DuckDB works in the calling one: readers and the writer come first."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _finish(path: Path) -> str:
    """Force a file and its name to disk; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
        os.fsync(f.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest.hexdigest()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
