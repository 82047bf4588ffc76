"""A statement on its way: what is asked, how far it is, what comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from skyhub.sql._keeper import Worker

__all__ = ["Job", "Progress", "SqlResult", "Statement"]


@dataclass(frozen=True)
class Statement:
    """What is asked."""

    text: str
    parameters: Sequence[Any] | Mapping[str, Any] = ()
    """Values of its ``?`` (or ``$name``)."""
    as_of: datetime | None = None
    """Only facts known at this time."""
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    """Tables that came with it."""


@dataclass(frozen=True)
class SqlResult:
    """The answer to a statement."""

    data: bytes
    """An Arrow IPC stream."""
    rows: int
    truncated: bool
    """Whether rows beyond the limits were left out."""
    seconds: float
    rows_read: int
    tables: tuple[str, ...] = ()
    """The platform's tables that it read."""

    @cached_property
    def table(self) -> pa.Table:
        """The answer as a table."""
        return pa.ipc.open_stream(self.data).read_all()


@dataclass
class Progress:
    """How far a statement is."""

    rows_read: int = 0
    bytes_read: int = 0
    reading: str = ""
    """The table that is being read, or was last."""
    fraction: float = 0.0
    """How much of it has been read."""


class Job:
    """A statement under way, as others see it.

    Parameters
    ----------
    text
        The statement.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.progress = Progress()
        self.cancelled = False
        self._started: float | None = None
        self._worker: Worker | None = None
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long it has been running (s)."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    def begin(self, worker: Worker) -> None:
        """It runs in a worker from now on."""
        with self._lock:
            self._started = time.monotonic()
            self._worker = worker
            if self.cancelled:
                worker.kill()

    def cancel(self) -> None:
        """End it now, or as soon as it begins."""
        with self._lock:
            self.cancelled = True
            if self._worker is not None:
                self._worker.kill()

    def document(self) -> dict[str, Any]:
        """As it travels."""
        state = "waiting" if self._started is None else "running"
        return {"statement": self.text, "state": state, "seconds": round(self.seconds, 3), **vars(self.progress)}
