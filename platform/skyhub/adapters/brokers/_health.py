"""How a broker fares, and whether it is asked at all: after failures in a row it is left alone for a while.

The pause doubles with each further failure, up to five minutes; a broker that says when to come again is taken at its word.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from skyhub.errors import Unavailable

__all__ = ["Health", "HealthState"]

_FAILURES = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0
_HOUR = 3600.0
_MOST_AT_ONCE = 4


@dataclass(frozen=True)
class HealthState:
    """What is known of a broker's answers."""

    state: Literal["ok", "slow", "down", "unasked"]
    reason: str
    seconds: float | None
    """How long its last answer took."""
    last_answer_at: datetime | None
    next_try_at: datetime | None
    """From when on it is asked again."""


class Health:
    """Keeps count of a broker's answers and failures.

    Parameters
    ----------
    name
        The broker's name, for messages.
    slow_seconds
        From when on an answer is called slow.
    calls_per_hour
        At most so many requests in any hour; None for no bound.
    clock
        Seconds that pass.
    """

    def __init__(
        self,
        name: str,
        slow_seconds: float,
        calls_per_hour: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._slow, self._bound, self._clock = name, slow_seconds, calls_per_hour, clock
        self._calls: deque[float] = deque()
        self._failures = self._under_way = 0
        self._closed_until = 0.0
        self._reason = ""
        self._seconds: float | None = None
        self._last_answer: datetime | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> HealthState:
        """How it fares now."""
        with self._lock:
            left = self._closed_until - self._clock()
            due = datetime.now(UTC) + timedelta(seconds=left) if left > 0 else None
            if left > 0 or self._failures:
                return HealthState("down", self._reason, self._seconds, self._last_answer, due)
            if self._seconds is None:
                return HealthState("unasked", "", None, None, None)
            slow = self._seconds >= self._slow
            reason = f"its last answer took {self._seconds:.1f} s." if slow else ""
            return HealthState("slow" if slow else "ok", reason, self._seconds, self._last_answer, None)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around a question, which may take several requests: a broker that hangs keeps few threads waiting.

        Raises
        ------
        Unavailable
            If it is left alone at present, or as many questions as permitted are under way.
        """
        with self._lock:
            self._require_open()
            if self._under_way >= _MOST_AT_ONCE:
                raise Unavailable(
                    f"{self._name} is still busy with {self._under_way} questions: try again in a moment.",
                    self._name,
                    1.0,
                )
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def count(self) -> None:
        """A request is about to be sent. Raises `Unavailable` if the bound of an hour is reached."""
        with self._lock:
            self._require_open()
            now = self._clock()
            while self._calls and self._calls[0] <= now - _HOUR:
                self._calls.popleft()
            if self._bound is not None and len(self._calls) >= self._bound:
                self._reason = f"its bound of {self._bound} requests an hour is reached."
                self._closed_until = self._calls[0] + _HOUR
                self._require_open()
            self._calls.append(now)

    def answered(self, seconds: float) -> None:
        """It has answered, after so many seconds."""
        with self._lock:
            self._failures, self._closed_until, self._reason = 0, 0.0, ""
            self._seconds, self._last_answer = seconds, datetime.now(UTC)

    def failed(self, reason: str, retry_after: float | None = None) -> Unavailable:
        """It has not answered, or nonsense; the error to raise."""
        with self._lock:
            self._failures += 1
            self._reason = reason
            further = self._failures - _FAILURES
            pause = min(_FIRST_PAUSE * 2.0**further, _LONGEST_PAUSE) if further >= 0 else 0.0
            pause = max(pause, retry_after or 0.0)
            self._closed_until = self._clock() + pause
            return Unavailable(f"{self._name}: {reason}", self._name, pause or None)

    def reopen(self) -> None:
        """Ask it again at once."""
        with self._lock:
            self._closed_until = 0.0
            self._failures = min(self._failures, _FAILURES - 1)

    def _require_open(self) -> None:
        left = self._closed_until - self._clock()
        if left > 0:
            raise Unavailable(
                f"{self._name} is asked again in {left:.0f} s: {self._reason}", self._name, retry_after=left
            )
