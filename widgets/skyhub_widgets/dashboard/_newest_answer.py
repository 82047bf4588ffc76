"""Questions that take a moment, asked in a thread: of several only the newest one's answer is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from skyhub.errors import SkyhubError, Unavailable

__all__ = ["Going", "NewestAnswer"]

Going = Callable[[], bool]
"""Whether a question is still the newest one."""


class NewestAnswer:
    """Asks a question, and tells its answer unless another one was asked meanwhile.

    Parameters
    ----------
    in_main
        Calls a function in the kernel's main thread.
    pause
        How long a question waits for a newer one (s).
    in_turn
        Whether a question begins when the one before has ended, and not at once.
    """

    def __init__(self, in_main: Callable[..., object], pause: float = 0.0, *, in_turn: bool = True) -> None:
        self._main, self._pause = in_main, pause
        self._turn: AbstractContextManager[Any] = threading.Lock() if in_turn else nullcontext()
        self._number, self._waits = 0, False
        self._timer: threading.Timer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._waits

    def ask(
        self,
        work: Callable[[Going], Any],
        told: Callable[[Any], object],
        refused: Callable[[SkyhubError], object],
    ) -> None:
        """Ask; returns at once.

        Parameters
        ----------
        work
            Finds the answer, in a thread; it may ask whether anybody still waits.
        told, refused
            Get the answer, or why there is none, in the main thread.
        """
        self.drop()
        self._waits = True
        self._timer = threading.Timer(self._pause, self._find, (self._number, work, told, refused))
        self._timer.daemon = True
        self._timer.start()

    def drop(self) -> None:
        """Wait for no answer any more."""
        self._number, self._waits = self._number + 1, False
        if self._timer is not None:
            self._timer.cancel()

    def _find(self, number: int, work: Callable[[Going], Any], told: Any, refused: Any) -> None:
        with self._turn:
            if number != self._number:
                return
            try:
                done, answer = told, work(lambda: number == self._number)
            except SkyhubError as error:
                done, answer = refused, error
            except Exception as error:
                done, answer = refused, Unavailable(f"this failed: {error or type(error).__name__}. Try again.", "")
        self._main(self._tell, number, done, answer)

    def _tell(self, number: int, done: Callable[[Any], object], answer: Any) -> None:
        if number == self._number:
            self._waits = False
            done(answer)
