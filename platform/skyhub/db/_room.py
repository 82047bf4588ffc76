"""Room on the disk: writes stop while there is still enough of it to bring the database into order."""

from __future__ import annotations

import shutil
from pathlib import Path

from skyhub.errors import StorageError

__all__ = ["Room"]

_RESERVE = 256 * 2**20
_SHARE = 0.05


class Room:
    """Watches the disk under a database.

    A full disk in the middle of a commit harms nobody: the commit is undone. In the middle of a checkpoint it makes the
    engine give up the whole file until it is opened again. So room for the next checkpoint is always kept: as much as the
    write-ahead log holds, and 256 MiB (or 5 % of a small disk).

    Parameters
    ----------
    database
        The database's file; its write-ahead log lies beside it.
    """

    def __init__(self, database: Path) -> None:
        self._directory = database.parent
        self._log = database.with_name(f"{database.name}.wal")

    def log_bytes(self) -> int:
        """Size of the write-ahead log (bytes)."""
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def lack(self) -> str | None:
        """Why nothing more should be written, or None if there is room."""
        disk = shutil.disk_usage(self._directory)
        needed = min(_RESERVE, int(_SHARE * disk.total)) + self.log_bytes()
        if disk.free >= needed:
            return None
        return (
            f"the disk of {self._directory} has {disk.free / 2**20:.1f} MiB free and {needed / 2**20:.1f} MiB are kept: "
            "free disk space, then try again."
        )

    def require(self) -> None:
        """Raise `StorageError` unless there is room."""
        if lack := self.lack():
            raise StorageError(f"nothing was written: {lack}", str(self._directory))
