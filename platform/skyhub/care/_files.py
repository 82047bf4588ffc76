"""Copies that are complete on disk before they have a name, and are checked on the way."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from skyhub.errors import StorageError

__all__ = ["copy_file", "file_sha256", "free_bytes", "regular_files", "sync_directory", "tree_bytes", "write_text"]

_BLOCK = 1 << 20


def copy_file(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file and force it to disk.

    Returns
    -------
    tuple of int and str
        Bytes copied and their SHA-256.

    Raises
    ------
    StorageError
        If one of the two cannot be read or written.
    FileNotFoundError
        If there is no such file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.open("rb") as a, target.open("xb") as b:
            digest, copied = hashlib.sha256(), 0
            while block := a.read(_BLOCK):
                digest.update(block)
                b.write(block)
                copied += len(block)
            b.flush()
            os.fsync(b.fileno())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"{source} cannot be copied to {target}: {error}.", str(source)) from error
    return copied, digest.hexdigest()


def file_sha256(path: Path, length: int | None = None) -> str:
    """The SHA-256 of a file, or of its first `length` bytes."""
    digest, left = hashlib.sha256(), path.stat().st_size if length is None else length
    with path.open("rb") as f:
        while block := f.read(min(_BLOCK, left)):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def regular_files(directory: Path) -> Iterator[Path]:
    """All regular files below a directory, no links followed, in the order of their names."""
    for folder, names, files in os.walk(directory):
        names.sort()
        for name in sorted(files):
            path = Path(folder) / name
            if stat.S_ISREG(path.lstat().st_mode):
                yield path


def tree_bytes(path: Path) -> int:
    """Bytes of a file, or of all files below a directory; 0 if there is none."""
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    return sum(file.lstat().st_size for file in regular_files(path))


def free_bytes(directory: Path) -> int:
    """Bytes that may still be written on the disk of a directory."""
    disk = os.statvfs(directory)
    return disk.f_bavail * disk.f_frsize


def write_text(path: Path, text: str) -> None:
    """Replace a file's text at once, whatever happens."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    fresh.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Force the names in a directory to disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
