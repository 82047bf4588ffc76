"""Keeping the database in order when little else happens: moves recent points to runs, makes few runs of many, does chores."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from skyhub.db._runs import Photometry
from skyhub.db._writer import Writer
from skyhub.errors import StorageError

__all__ = ["Keeper"]

_log = logging.getLogger(__name__)
_SECONDS = 2.0
_SECONDS_AFTER_FAILURE = 300.0
_WORTH_MERGING = 20_000
_TOO_MANY = 100_000
"""Looking an object up among so many recent points takes some milliseconds."""


class Keeper:
    """A thread that looks after the photometry, and does what else can wait for an idle moment.

    Parameters
    ----------
    photometry
        The storage of points.
    writer
        Whose commits tell whether the moment is idle.
    """

    def __init__(self, photometry: Photometry, writer: Writer) -> None:
        self._photometry = photometry
        self._writer = writer
        self._chores: list[Callable[[], bool]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="skyhub-keeper", daemon=True)
        self._thread.start()

    def when_idle(self, chore: Callable[[], bool]) -> None:
        """Do something in idle moments, again and again as long as it says that there is more of it to be done.

        A chore takes little time, and less to find out that there is nothing to do.
        """
        self._chores.append(chore)

    def close(self) -> None:
        """Stop; a file under way is given up."""
        self._closing.set()
        self._photometry.interrupt()
        self._thread.join()

    def _loop(self) -> None:
        commits, pause = self._writer.commits, _SECONDS
        while not self._closing.wait(pause):
            idle, commits, pause = self._writer.commits == commits, self._writer.commits, _SECONDS
            try:
                self._keep(idle)
            except StorageError as error:
                _log.error("the database stays as it is for now: %s", error)
                pause = _SECONDS_AFTER_FAILURE

    def _keep(self, idle: bool) -> None:
        while self._photometry.n_recent > _TOO_MANY and not self._closing.is_set():
            if not self._photometry.merge():
                break
        if idle and self._photometry.n_recent > _WORTH_MERGING:
            self._photometry.merge()
        if self._photometry.due and not self._closing.is_set():
            self._photometry.compact()
        for chore in tuple(self._chores) if idle else ():
            while not self._closing.is_set() and chore():
                pass
