"""What a backup holds: one JSON file beside its files, written last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skyhub.care._files import write_text
from skyhub.errors import InvalidInput, StorageError

__all__ = ["DATABASE", "Entry", "LastBackup", "Manifest", "backups_in", "last_backup", "remember_backup"]

DATABASE = "skyhub.duckdb"

_MANIFEST = "manifest.json"
_LAST = "last-backup.json"
_FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One file of a backup: its bytes and their SHA-256, its mode, and when the original was last changed (ns)."""

    bytes: int
    sha256: str
    mode: int
    mtime_ns: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds and from which moment."""

    format: int
    taken_at: str
    """UTC, ISO 8601."""
    source: str
    """The data directory."""
    release: str
    schema: int
    data_version: int
    secrets: bool
    tables: dict[str, int]
    """Rows per table."""
    directories: dict[str, int]
    """Mode of each directory, by its path."""
    files: dict[str, Entry]
    """By the path below the data directory."""

    def write(self, directory: Path) -> None:
        """Put it into a backup."""
        write_text(directory / _MANIFEST, json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """Of a backup.

        Raises
        ------
        InvalidInput
            If the directory is no backup.
        StorageError
            If its manifest cannot be read.
        """
        path = directory / _MANIFEST
        if not path.is_file():
            raise InvalidInput(
                f"{directory} is no backup: it has no {_MANIFEST}. Give a directory that `skyhub backup` named.",
                str(directory),
            )
        try:
            fields = json.loads(path.read_text("utf-8"))
            if fields["format"] != _FORMAT:
                raise StorageError(f"{path} has format {fields['format']}: this release reads {_FORMAT}.", str(path))
            return cls(**{**fields, "files": {name: Entry(**entry) for name, entry in fields["files"].items()}})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise StorageError(f"{path} cannot be read: {error!r}. Take an earlier backup.", str(path)) from error

    @property
    def total_bytes(self) -> int:
        """Bytes of all files."""
        return sum(entry.bytes for entry in self.files.values())


@dataclass(frozen=True)
class LastBackup:
    """Where the last backup of a data directory lies, and from when it is."""

    path: str
    taken_at: str

    @property
    def age_hours(self) -> float:
        """Hours since."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.taken_at)).total_seconds() / 3600


def backups_in(directory: Path, source: str) -> list[tuple[Path, Manifest]]:
    """The readable backups of a data directory that lie in a directory, oldest first."""
    found = []
    for path in directory.glob("skyhub-*/" + _MANIFEST):
        try:
            manifest = Manifest.read(path.parent)
        except (InvalidInput, StorageError):
            continue
        if manifest.source == source:
            found.append((path.parent, manifest))
    return sorted(found, key=lambda entry: entry[1].taken_at)


def remember_backup(data_dir: Path, path: Path, manifest: Manifest) -> None:
    """Note in the data directory where its last backup lies."""
    write_text(data_dir / _LAST, json.dumps(asdict(LastBackup(str(path), manifest.taken_at))))


def last_backup(data_dir: Path) -> LastBackup | None:
    """The last backup of a data directory, or None if there was none (or the note of it cannot be read)."""
    try:
        fields: Mapping[str, Any] = json.loads((data_dir / _LAST).read_text("utf-8"))
        last = LastBackup(str(fields["path"]), str(fields["taken_at"]))
        datetime.fromisoformat(last.taken_at).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return last
