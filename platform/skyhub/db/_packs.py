"""Append-only pack files: blobs such as cutouts live outside the database, found by (pack, offset, length)."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pyarrow as pa

from skyhub.errors import StorageError

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_AT_ONCE = 8
"""Packs that are forced to disk at the same time: the disk does several in hardly more time than one."""


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
        self._threads = ThreadPoolExecutor(_AT_ONCE, "skyhub-packs")
        directory.mkdir(parents=True, exist_ok=True)

    def append(self, name: str, blobs: Sequence[bytes | pa.Buffer]) -> list[int]:
        """Write blobs at the end of a pack and force them to disk.

        Returns
        -------
        list of int
            The offset of each blob (bytes).
        """
        return _append(self._path(name), blobs)

    def append_all(self, blobs: Mapping[str, Sequence[bytes | pa.Buffer]]) -> dict[str, list[int]]:
        """Write blobs at the ends of packs and force all of them to disk.

        Parameters
        ----------
        blobs
            By the name of the pack.

        Returns
        -------
        dict of list of int
            The offset of each blob (bytes) in its pack.
        """
        paths = {name: self._path(name) for name in blobs}
        written = {name: self._threads.submit(_append, paths[name], parts) for name, parts in blobs.items()}
        wait(written.values())
        return {name: offsets.result() for name, offsets in written.items()}

    def read(self, name: str, offset: int, length: int) -> bytes:
        """One blob. Raises `StorageError` if the pack is missing or shorter than it should be."""
        blob = os.pread(self._reader(name), length, offset)
        if len(blob) != length:
            raise StorageError(f"pack {name} ends before {offset + length}: restore it from the last backup.")
        return blob

    def close(self) -> None:
        """Close the files that were opened for reading, and end the threads that write."""
        self._threads.shutdown()
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


def _append(path: Path, blobs: Sequence[bytes | pa.Buffer]) -> list[int]:
    if not blobs:
        return []
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
