"""Backups while the service runs: the database as of one moment, and all files that it speaks of."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from skyhub import __version__
from skyhub.care._files import copy_file, free_bytes, regular_files, sync_directory
from skyhub.care._manifest import DATABASE, Entry, Manifest, backups_in, remember_backup
from skyhub.care._snapshot import copy_of_database, look_into
from skyhub.db import Database, iso
from skyhub.errors import Conflict, InvalidInput, StorageError

__all__ = ["backup"]

_LEFT_OUT = frozenset({"backups", "homes", "hub", "last-backup.json", "run", "secrets", "service.json", "up.log"})
"""What lies in a data directory and is not copied; secrets by choice."""
_REMOVABLE = ("runs", "user_tables")

_UNFINISHED = ".unfinished-"
_HELD = ".held-for-backup"


def backup(
    db: Database, directory: Path | None = None, keep: int | None = None, secrets: bool = False
) -> dict[str, Any]:
    """Take a backup; writes go on meanwhile.

    Files that are as they were at the last backup are linked to it, not copied; nothing is ever linked to the live
    data, so that damage to one does not reach the other. A backup has its name only when it is complete and on disk.

    Parameters
    ----------
    db
        The database, opened by its owner.
    directory
        Where backups lie; each becomes a directory in it. By default ``DATA/backups``.
    keep
        How many backups of this data directory to keep there; all by default.
    secrets
        Whether to copy the keys with which tokens are signed and secrets encrypted. Who has them can read and write
        everything; without them, tokens given out end with a restore and encrypted fields stay closed.

    Raises
    ------
    InvalidInput
        If `keep` is no positive number.
    Conflict
        If another backup is being taken there.
    StorageError
        If something cannot be read or written; then there is no new backup, and older ones stay.
    """
    if keep is not None and keep < 1:
        raise InvalidInput(f"keep is {keep}: 1 or more backups can be kept.", "keep")
    directory = db.data_dir / "backups" if directory is None else directory
    begin = time.perf_counter()
    with _alone(directory):
        known = backups_in(directory, str(db.data_dir.resolve()))
        path, manifest, copying = _take(db, directory, known[-1] if known else None, secrets)
        remember_backup(db.data_dir, path, manifest)
        removed = _remove([old for old, _ in known], 0 if keep is None else len(known) + 1 - keep)
    return {
        "path": str(path),
        "taken_at": manifest.taken_at,
        "data_version": manifest.data_version,
        "schema": manifest.schema,
        "tables": manifest.tables,
        "files": len(manifest.files),
        "bytes": manifest.total_bytes,
        "bytes_copied": copying.copied,
        "files_linked": copying.linked,
        "writes_waited_seconds": round(copying.waited, 3),
        "seconds": round(time.perf_counter() - begin, 3),
        "removed": [str(old) for old in removed],
        "same_disk": os.stat(path).st_dev == os.stat(db.data_dir).st_dev,
        "secrets": secrets,
    }


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One backup at a time in a directory; what an interrupted one left is removed."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (directory / ".lock").open("w")
    except OSError as error:
        raise StorageError(f"backups cannot be written to {directory}: {error}.", str(directory)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another backup is being taken to {directory}: wait for it.", str(directory)) from None
        for left in directory.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        yield


@dataclass
class _Copying:
    """The files of one backup, and what of them could be linked to the last one."""

    target: Path
    last: tuple[Path, Manifest] | None
    files: dict[str, Entry] = field(default_factory=dict)
    copied: int = 0
    linked: int = 0
    waited: float = 0.0

    def add(self, source: Path, name: str) -> None:
        """Take in a file under a name."""
        state = source.stat()
        before = self.last[1].files.get(name) if self.last else None
        if before and (before.bytes, before.mtime_ns, before.mode) == (state.st_size, state.st_mtime_ns, state.st_mode):
            self._link(name, before)
        else:
            copied, digest = copy_file(source, self.target / name)
            (self.target / name).chmod(state.st_mode & 0o777)
            self.files[name] = Entry(copied, digest, state.st_mode, state.st_mtime_ns)
            self.copied += copied

    def _link(self, name: str, entry: Entry) -> None:
        assert self.last is not None
        target = self.target / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(self.last[0] / name, target)
        self.files[name] = entry
        self.linked += 1


def _take(
    db: Database, directory: Path, last: tuple[Path, Manifest] | None, secrets: bool
) -> tuple[Path, Manifest, _Copying]:
    moment = datetime.now(UTC)
    unfinished = directory / f"{_UNFINISHED}{moment:%Y%m%dT%H%M%S%fZ}"
    unfinished.mkdir(mode=0o700)
    copying = _Copying(unfinished, last)
    held = db.data_dir / _HELD
    try:
        _require_room(db.data_dir, directory)
        version = _database(db, copying, held)
        _others(db.data_dir, held, copying, secrets)
        found = look_into(unfinished / DATABASE)
        manifest = Manifest(
            1, iso(moment), str(db.data_dir.resolve()), __version__, found["schema"], version, secrets,
            found["tables"], _modes(db.data_dir, secrets), copying.files,
        )  # fmt: skip
        manifest.write(unfinished)
        for folder, _, _ in os.walk(unfinished):
            sync_directory(Path(folder))
        path = directory / f"skyhub-{moment:%Y%m%dT%H%M%S%fZ}"
        unfinished.rename(path)
        sync_directory(directory)
    except OSError as error:
        raise StorageError(f"the backup could not be written: {error}.", str(directory)) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(held, ignore_errors=True)
    return path, manifest, copying


def _require_room(data_dir: Path, directory: Path) -> None:
    needed = (data_dir / DATABASE).stat().st_size
    if free_bytes(directory) < needed:
        raise StorageError(
            f"the disk of {directory} has {free_bytes(directory) / 2**20:.1f} MiB free and the database alone needs "
            f"{needed / 2**20:.1f}: free disk space, or give another directory.",
            str(directory),
        )


def _database(db: Database, copying: _Copying, held: Path) -> int:
    """Copy the database as it is after a checkpoint; links keep the runs that belong to it. Its data version."""

    def mark(connection: duckdb.DuckDBPyConnection) -> int:
        _hold(db.data_dir, held)
        [(version,)] = connection.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchall()
        return int(version)

    begin = time.perf_counter()
    with db.writer.checkpoint_held(mark) as version:
        copying.waited = time.perf_counter() - begin
        source = db.data_dir / DATABASE
        copied, digest = copy_of_database(source, copying.target / DATABASE)
    copying.files[DATABASE] = Entry(copied, digest, source.stat().st_mode, source.stat().st_mtime_ns)
    copying.copied += copied
    return version


def _hold(data_dir: Path, held: Path) -> None:
    """Runs and users' tables never change, but they may be removed while the backup goes on."""
    shutil.rmtree(held, ignore_errors=True)
    held.mkdir(mode=0o700)
    for path in (path for name in _REMOVABLE for path in regular_files(data_dir / name)):
        link = held / path.relative_to(data_dir)
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, link)


def _others(data_dir: Path, held: Path, copying: _Copying, secrets: bool) -> None:
    for path in regular_files(held):
        copying.add(path, str(path.relative_to(held)))
    for top in _tops(data_dir, secrets):
        if top.name in _REMOVABLE:
            continue
        for path in regular_files(top) if top.is_dir() else [top]:
            with suppress(FileNotFoundError):  # users move their files at any time
                copying.add(path, str(path.relative_to(data_dir)))


def _tops(data_dir: Path, secrets: bool) -> list[Path]:
    left_out = _LEFT_OUT - {"secrets"} if secrets else _LEFT_OUT
    return [
        path
        for path in sorted(data_dir.iterdir())
        if path.name not in left_out and not path.name.startswith((".", DATABASE)) and not path.is_symlink()
        if path.is_dir() or path.is_file()
    ]


def _modes(data_dir: Path, secrets: bool) -> dict[str, int]:
    folders = [Path(folder) for top in _tops(data_dir, secrets) for folder, _, _ in os.walk(top)]
    return {str(folder.relative_to(data_dir)): folder.stat().st_mode & 0o7777 for folder in folders}


def _remove(backups: list[Path], number: int) -> list[Path]:
    removed = backups[: max(0, number)]
    for path in removed:
        gone = path.with_name(f"{_UNFINISHED}{path.name}")
        path.rename(gone)
        shutil.rmtree(gone)
    return removed
