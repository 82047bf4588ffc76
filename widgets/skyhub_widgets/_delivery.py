"""Decisions on their way to the data service: in order, with retries, each stored once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from skyhub.errors import SkyhubError

from skyhub_widgets._protocols import Verdict

__all__ = ["Delivery", "PendingDecision", "is_passing"]

BACK_OFF_S = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class PendingDecision:
    """A decision that the data service has not acknowledged yet."""

    key: str
    candidate_id: str
    verdict: Verdict
    groups: Sequence[str] | None = None


def is_passing(error: Exception) -> bool:
    """Whether trying again may help: the service is away, not: the service said no."""
    if isinstance(error, SkyhubError):
        return error.status >= 500
    return isinstance(error, OSError)


class Delivery:
    """A worker thread that hands decisions over one after another.

    Parameters
    ----------
    decide
        Called as ``decide(key, candidate_id, verdict, groups)``.
    stored
        Called with the decision and the service's answer.
    refused
        Called with the decision and the reason, when trying again is useless.
    waiting
        Called with the number of waiting decisions and the reason while the service is away; with 0 and "" when it
        is back.

    All three are called from the worker thread.

    Attributes
    ----------
    stopped
        Set when the delivery is closed.
    """

    def __init__(
        self,
        decide: Callable[..., dict[str, Any]],
        stored: Callable[[PendingDecision, dict[str, Any]], object],
        refused: Callable[[PendingDecision, str], object],
        waiting: Callable[[int, str], object],
    ) -> None:
        self._decide, self._stored, self._refused, self._waiting = decide, stored, refused, waiting
        self._queue: SimpleQueue[PendingDecision | None] = SimpleQueue()
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._thread: threading.Thread | None = None
        self._away = False

    @property
    def count(self) -> int:
        """Decisions not acknowledged yet."""
        return self._count

    def submit(self, decision: PendingDecision) -> None:
        """Hand a decision over; returns at once."""
        with self._lock:
            self._count += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="skyhub-decisions", daemon=True)
                self._thread.start()
        self._queue.put(decision)

    def close(self) -> None:
        """Stop the thread; decisions that still wait stay with the browser."""
        self.stopped.set()
        self._queue.put(None)

    def _run(self) -> None:
        while (decision := self._queue.get()) is not None and not self.stopped.is_set():
            for delay in itertools.chain(BACK_OFF_S, itertools.repeat(BACK_OFF_S[-1])):
                if self._attempt(decision) or self.stopped.wait(delay):
                    break

    def _attempt(self, decision: PendingDecision) -> bool:
        try:
            answer = self._decide(decision.key, decision.candidate_id, decision.verdict, decision.groups)
        except Exception as error:
            if is_passing(error):
                self._away = True
                self._waiting(self._count, str(error))
                return False
            self._settled()
            self._refused(decision, str(error) or type(error).__name__)
        else:
            self._settled()
            self._stored(decision, answer)
        return True

    def _settled(self) -> None:
        with self._lock:
            self._count -= 1
        if self._away:
            self._away = False
            self._waiting(0, "")
