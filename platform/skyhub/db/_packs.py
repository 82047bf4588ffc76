"""Append-only pack files: blobs such as cutouts live outside the database, found by (pack, offset, length)."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from skyhub.errors import StorageError

_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class PackStore:
    """The pack files under one directory, written by one thread and read by many.

    Parameters
    ----------
    directory
        Where the files ``NAME.pack`` live; created if missing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._readers: dict[str, int] = {}
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True)

    def append(self, name: str, blobs: Sequence[bytes]) -> list[int]:
        """Write blobs at the end of a pack and force them to disk.

        Returns
        -------
        list of int
            The offset of each blob (bytes).
        """
        if not blobs:
            return []
        path = self._path(name)
        offsets = []
        try:
            with path.open("ab") as f:
                at = f.seek(0, os.SEEK_END)
                for blob in blobs:
                    offsets.append(at)
                    at += len(blob)
                f.write(b"".join(blobs))
                f.flush()
                os.fdatasync(f.fileno())
        except OSError as error:
            raise StorageError(f"pack {path} cannot be written: {error}. Free disk space, then try again.") from error
        return offsets

    def read(self, name: str, offset: int, length: int) -> bytes:
        """One blob. Raises `StorageError` if the pack is missing or shorter than it should be."""
        blob = os.pread(self._reader(name), length, offset)
        if len(blob) != length:
            raise StorageError(f"pack {name} ends before {offset + length}: restore it from the last backup.")
        return blob

    def close(self) -> None:
        """Close the files that were opened for reading."""
        with self._lock:
            for descriptor in self._readers.values():
                os.close(descriptor)
            self._readers.clear()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StorageError(f"{name!r} is no name of a pack: letters, digits, '_', '.' and '-' are permitted.")
        return self._directory / f"{name}.pack"

    def _reader(self, name: str) -> int:
        with self._lock:
            descriptor = self._readers.get(name)
            if descriptor is None:
                path = self._path(name)
                try:
                    descriptor = os.open(path, os.O_RDONLY)
                except OSError as error:
                    raise StorageError(
                        f"pack {path} cannot be read: {error}. Restore it from the last backup."
                    ) from error
                self._readers[name] = descriptor
            return descriptor
