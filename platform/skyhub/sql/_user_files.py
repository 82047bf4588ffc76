"""The files of users' tables: immutable Parquet, one for each version of a table."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from skyhub.errors import InvalidInput, StorageError

__all__ = ["TableFiles", "require_columns"]

_NAME = re.compile(r"[0-9a-f]{32}\.parquet")
_MOST_COLUMNS = 1000
_LONGEST_NAME = 120
_BATCH_ROWS = 65_536


class TableFiles:
    """The directory of users' tables.

    Parameters
    ----------
    directory
        Where the files are; made at first need.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, table: pa.Table) -> str:
        """Store a table; the name of its file, which is on disk when this returns."""
        name = f"{uuid.uuid4().hex}.parquet"
        path = self.directory / name
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with path.with_suffix(".new").open("wb") as f:
                pq.write_table(table, f, compression="zstd")
                f.flush()
                os.fsync(f.fileno())
            path.with_suffix(".new").replace(path)
        except (pa.ArrowException, TypeError) as error:
            path.with_suffix(".new").unlink(missing_ok=True)
            raise InvalidInput(f"the table cannot be stored: {error}", "table") from error
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error}. Free disk space, then try again.") from error
        return name

    def size(self, name: str) -> int:
        """Size of a file (bytes); 0 if it has made room for others."""
        path = self._path(name)
        return path.stat().st_size if path.exists() else 0

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        self._path(name).unlink(missing_ok=True)

    def schema(self, name: str) -> pa.Schema:
        """The columns of a table."""
        return self._open(name).schema_arrow.remove_metadata()

    def batches(self, name: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Columns of a table."""
        with self._open(name) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=columns).select(columns)
                yield from table.replace_schema_metadata(None).to_batches(_BATCH_ROWS)

    def _open(self, name: str) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self._path(name))
        except FileNotFoundError:
            raise InvalidInput(
                "that version of the table made room for others: read a newer one, or save it again.", "table"
            ) from None
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"{self._path(name)} cannot be read: {error}. Restore it from the last backup."
            ) from error

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StorageError(f"{name!r} is no file of a table.")
        return self.directory / name


def require_columns(schema: pa.Schema) -> None:
    """Raise `InvalidInput` unless the columns of a table can be named in SQL."""
    if not 1 <= len(schema) <= _MOST_COLUMNS:
        raise InvalidInput(f"the table has {len(schema)} columns: 1 to {_MOST_COLUMNS} are permitted.", "table")
    seen: set[str] = set()
    for name in schema.names:
        if not (1 <= len(name) <= _LONGEST_NAME and name.isprintable()):
            raise InvalidInput(
                f"{name[:40]!r} is no name of a column: 1 to {_LONGEST_NAME} printable characters are permitted.",
                "table",
            )
        if name.lower() in seen:
            raise InvalidInput(f"two columns are called {name!r} (capitals do not count): rename one.", "table")
        seen.add(name.lower())
