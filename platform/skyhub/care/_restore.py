"""Restoring a backup: whole and checked, or not at all."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skyhub.care._files import copy_file, sync_directory
from skyhub.care._manifest import DATABASE, Manifest
from skyhub.care._snapshot import is_owned, look_into
from skyhub.db import newest_schema
from skyhub.errors import Conflict, InvalidInput, StorageError

__all__ = ["restore"]

_CARRIED = ("backups", "homes", "hub", "last-backup.json")
"""What backups do not hold, and a directory keeps when its data are replaced."""


def restore(backup: Path, data_dir: Path, replace: bool = False) -> dict[str, Any]:
    """Put the data of a backup into a data directory.

    Every file is compared with its checksum and every table with its number of rows before anything has its final
    name. Nothing is linked to the backup.

    Parameters
    ----------
    backup
        A directory that `backup` made.
    data_dir
        Where the data are to lie: missing or empty, unless `replace`.
    replace
        Move what lies there aside, to a name that is returned. Homes, the hub's own state and backups stay in place;
        so do secrets if the backup has none.

    Raises
    ------
    InvalidInput
        If `backup` is none, or the directory is not empty.
    Conflict
        If a process has the database there open.
    StorageError
        If the backup is damaged or of a newer release, or something cannot be written.
    """
    manifest = Manifest.read(backup)
    data_dir = data_dir.resolve()
    if manifest.schema > newest_schema():
        raise StorageError(
            f"{backup} has schema {manifest.schema} and this release knows up to {newest_schema()}: "
            f"use release {manifest.release}, or a newer one.",
            str(backup),
        )
    occupied = data_dir.exists() and any(data_dir.iterdir())
    if occupied and not replace:
        raise InvalidInput(
            f"{data_dir} is not empty: give another directory, or --replace to move what is there aside.", str(data_dir)
        )
    if occupied and is_owned(data_dir / DATABASE):
        raise Conflict(f"{data_dir / DATABASE} is in use: stop the service first.", str(data_dir))
    aside = _install(backup, manifest, data_dir, occupied)
    return {
        "data_dir": str(data_dir),
        "backup": str(backup),
        "taken_at": manifest.taken_at,
        "data_version": manifest.data_version,
        "schema": manifest.schema,
        "tables": manifest.tables,
        "files": len(manifest.files),
        "bytes": manifest.total_bytes,
        "secrets": manifest.secrets,
        "replaced": str(aside) if aside else None,
    }


def _install(backup: Path, manifest: Manifest, data_dir: Path, occupied: bool) -> Path | None:
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    staged = data_dir.with_name(f".{data_dir.name}.restoring-{stamp}")
    aside = data_dir.with_name(f"{data_dir.name}.replaced-{stamp}") if occupied else None
    try:
        staged.mkdir(parents=True, mode=0o700)
        _fill(staged, backup, manifest)
        if aside is not None and not manifest.secrets and (data_dir / "secrets").is_dir():
            shutil.copytree(data_dir / "secrets", staged / "secrets")
        _exchange(staged, data_dir, aside)
    except OSError as error:
        raise StorageError(f"{data_dir} could not be restored: {error}. What was there is unchanged.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return aside


def _fill(staged: Path, backup: Path, manifest: Manifest) -> None:
    for name, mode in manifest.directories.items():
        (_below(staged, name)).mkdir(parents=True, exist_ok=True)
        (staged / name).chmod(mode)
    for name, entry in manifest.files.items():
        source, target = backup / name, _below(staged, name)
        if not source.is_file() or source.is_symlink():
            raise StorageError(f"{source} is missing: take an earlier backup.", str(source))
        if copy_file(source, target) != (entry.bytes, entry.sha256):
            raise StorageError(
                f"{source} does not have its checksum: it is damaged. Take an earlier backup.", str(source)
            )
        target.chmod(entry.mode & 0o777)
        os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))
    found = look_into(staged / DATABASE)
    if found["tables"] != manifest.tables:
        raise StorageError(
            f"{backup / DATABASE} does not have the rows that its manifest says.", str(backup / DATABASE)
        )
    for folder, _, _ in os.walk(staged):
        sync_directory(Path(folder))


def _below(directory: Path, name: str) -> Path:
    path = directory / name
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise StorageError(f"the backup names a file outside of it: {name!r}.", name)
    return path


def _exchange(staged: Path, data_dir: Path, aside: Path | None) -> None:
    """Two renames; if the second fails, the first is undone."""
    if aside is not None:
        data_dir.rename(aside)
    elif data_dir.exists():
        data_dir.rmdir()
    try:
        staged.rename(data_dir)
    except OSError:
        if aside is not None:
            aside.rename(data_dir)
        raise
    if aside is not None:
        for name in _CARRIED:
            if (aside / name).exists():
                (aside / name).rename(data_dir / name)
    sync_directory(data_dir.parent)
