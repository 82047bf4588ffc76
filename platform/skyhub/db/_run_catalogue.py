"""The files of runs that count: the table ``photometry_runs``, and the files opened by those who read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from skyhub.db._layout import Part
from skyhub.db._reader import Reader
from skyhub.db._run_files import RunFiles
from skyhub.db._run_reads import RunReader
from skyhub.db._transaction import Transaction
from skyhub.db._writer import Writer
from skyhub.errors import StorageError

__all__ = ["RunCatalogue"]

_COLUMNS = (
    "file_id", "run_id", "n_rows", "first_object", "last_object", "first_mjd", "last_mjd", "last_id", "last_upload_id",
    "n_bytes", "checksum",
)  # fmt: skip


class RunCatalogue:
    """Opens the files that the table names, and changes which ones they are.

    Parameters
    ----------
    reader, writer
        The owner's.
    files
        The directory.
    reads
        What else opens the files.
    """

    def __init__(self, reader: Reader, writer: Writer, files: RunFiles, reads: RunReader) -> None:
        self._reader = reader
        self._writer = writer
        self._files = files
        self._reads = reads

    def load(self) -> tuple[Part, ...]:
        """Open all files that the table names; remove others, which an interrupted process has left.

        Raises
        ------
        StorageError
            If a file is missing or damaged.
        """
        with self._reader.borrowed() as cursor:
            sql = f"SELECT {', '.join(_COLUMNS)} FROM photometry_runs ORDER BY file_id"
            parts = tuple(self._load_part(cursor, row) for row in cursor.execute(sql).fetchall())
        self._files.remove_others(parts)
        return parts

    def numbers(self, count: int) -> int:
        """The first of `count` fresh numbers of files."""
        return self._writer.write(lambda t: t.next_id("photometry_runs", "file_id", count))

    def exchange(self, gone: Sequence[Part], new: Sequence[Part]) -> None:
        """Open new files, and name them in the table in place of others, which stay open."""
        with self._reader.borrowed() as cursor:
            for part in new:
                attach(cursor, part)
                self._reads.attach(part)
        rows = [{name: getattr(part, name) for name in _COLUMNS} for part in new]
        old = ", ".join(str(part.file_id) for part in gone)

        def write(transaction: Transaction) -> None:
            if gone:
                transaction.discard("photometry_runs", f"file_id IN ({old})")
            transaction.insert("photometry_runs", rows)

        self._writer.write(write)

    def drop(self, parts: Sequence[Part]) -> None:
        """Close and remove files that nobody reads any more."""
        for part in parts:
            with self._reader.borrowed() as cursor:
                cursor.execute(f"DETACH {part.alias}")
            self._reads.detach(part)
            self._files.remove(part.file_id)

    def _load_part(self, cursor: Any, row: Sequence[Any]) -> Part:
        path = self._files.path(row[0])
        part = Part.of_row(row, path)
        try:
            n_bytes = path.stat().st_size
            if n_bytes != part.n_bytes:
                raise StorageError(
                    f"{path} has {n_bytes} bytes and should have {part.n_bytes}: restore it from the last backup.",
                    str(path),
                )
            with cursor.cursor() as other:
                attach(other, part)
                columns = other.execute(f"DESCRIBE {part.alias}.run_points").fetchall()
            self._reads.attach(part)
        except (OSError, duckdb.Error) as error:
            raise StorageError(
                f"{path} cannot be opened: {error}. Restore it from the last backup.", str(path)
            ) from error
        return replace(part, columns=frozenset(name for name, *_ in columns))


def attach(cursor: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Open a file of a run beside the owner's."""
    cursor.execute(f"ATTACH '{part.path}' AS {part.alias} (READ_ONLY)")
