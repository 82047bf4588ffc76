"""Files kept by their content: the name of each is the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from skyhub.errors import StorageError

__all__ = ["BlobStore"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """The files under one directory; what is in it never changes.

    Parameters
    ----------
    directory
        Where they live; created at first need.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def store(self, content: bytes) -> str:
        """Keep bytes, forced to disk; returns their SHA-256. The same bytes are kept once."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(path, content)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error}. Free disk space, then try again.") from error
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes of a SHA-256. Raises `StorageError` if they are missing or not the same any more."""
        path = self._path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error}. Restore it from the last backup.") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise StorageError(f"{path} is damaged. Restore it from the last backup.")
        return content

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and bool(_DIGEST.fullmatch(digest)) and self._path(digest).exists()

    def _path(self, digest: str) -> Path:
        return self._directory / digest[:2] / digest

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as fresh:
            try:
                fresh.write(content)
                fresh.flush()
                os.fsync(fresh.fileno())
                Path(fresh.name).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(fresh.name).unlink()
                raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
