"""A directory in which files of packets appear: each is given once, when it is whole."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from skyhub.adapters._feed import Message, Outlook
from skyhub.config import DirectoryStream
from skyhub.errors import Unavailable

__all__ = ["DirectoryFeed"]

_log = logging.getLogger(__name__)


class _Version(NamedTuple):
    """What a file looks like from outside; a file that is changed is another one."""

    size: int
    mtime_ns: int


class DirectoryFeed:
    """Files below a directory.

    Parameters
    ----------
    settings
        The directory, which files of it, how long one must have been unchanged.
    memory
        File that remembers what was acknowledged.
    """

    def __init__(self, settings: DirectoryStream, memory: Path) -> None:
        self._settings = settings
        memory.parent.mkdir(parents=True, exist_ok=True)
        self._memory = sqlite3.connect(memory, isolation_level=None)
        self._memory.execute("PRAGMA journal_mode=WAL")
        self._memory.execute("CREATE TABLE IF NOT EXISTS taken (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER)")
        rows = self._memory.execute("SELECT path, size, mtime_ns FROM taken")
        self._taken = {path: _Version(size, mtime_ns) for path, size, mtime_ns in rows}
        self._given: dict[str, _Version] = {}
        self._seen: dict[str, tuple[_Version, float]] = {}
        self._waiting = 0

    def take(self, wait: bool = True) -> list[Message]:
        """The next files that are whole."""
        settings, size = self._settings, 0
        taken: list[Message] = []
        for path in self._ripe():
            if len(taken) >= settings.batch_packets or size >= settings.batch_bytes:
                break
            if (message := self._read(path)) is not None:
                self._seen.pop(message.place, None)
                taken.append(message)
                size += len(message.data)
        self._given |= {message.place: message.mark for message in taken}
        self._waiting -= len(taken)
        if wait and not taken:
            self.hold(settings.batch_seconds)
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Remember the files, as they were when they were read."""
        rows = [(message.place, *message.mark) for message in messages]
        self._memory.execute("BEGIN")
        self._memory.executemany("INSERT OR REPLACE INTO taken VALUES (?, ?, ?)", rows)
        self._memory.execute("COMMIT")
        for message in messages:
            self._taken[message.place] = message.mark
            if self._given.get(message.place) == message.mark:
                del self._given[message.place]

    def hold(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def lag(self) -> int | None:
        """Files that were there at the last look and are not taken in yet."""
        return self._waiting + len(self._given)

    def outlook(self) -> Outlook:
        """It is listened to all the time."""
        return Outlook()

    def retry(self) -> None:
        """It is listened to all the time."""

    def close(self) -> None:
        """Close the memory."""
        self._memory.close()

    def _ripe(self) -> Iterator[Path]:
        """Files that are new and have not changed for long enough, in the order of their names."""
        if not self._settings.path.is_dir():
            raise Unavailable(f"the directory {self._settings.path} is not there.", str(self._settings.path))
        now, seen = time.monotonic(), self._seen
        self._seen = {}
        for path in sorted(self._settings.path.glob(self._settings.pattern)):
            with suppress(OSError):
                version, name = _version(path.stat()), self._name(path)
                if path.is_file() and version not in (self._taken.get(name), self._given.get(name)):
                    earlier, since = seen.get(name, (version, now))
                    self._seen[name] = (version, since if earlier == version else now)
        self._waiting = len(self._seen)
        for name, (_, since) in list(self._seen.items()):
            if now - since >= self._settings.settle_seconds:
                yield self._settings.path / name

    def _read(self, path: Path) -> Message | None:
        """A file whose size and time are the same before and after; None if it is being written or cannot be read."""
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                if _written_to(file.fileno()):
                    return None
                data = file.read()
                after = os.fstat(file.fileno())
        except OSError as error:
            _log.warning("%s cannot be read and is tried again: %s", path, error)
            return None
        version = _version(before)
        return Message(self._name(path), data, version) if version == _version(after) else None

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._settings.path))


def _version(status: os.stat_result) -> _Version:
    return _Version(status.st_size, status.st_mtime_ns)


def _written_to(descriptor: int) -> bool:
    """Whether a process of this machine has the file open for writing: then the kernel gives no lease on reading it.

    A writer that comes while the lease is held is announced by a signal, for which one is chosen that does no harm.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except (OSError, AttributeError):  # no leases on this file system or machine
        return False
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
