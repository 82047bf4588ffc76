"""Waiting for an answer in a thread of its own, so that the page stays alive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._view import Page

__all__ = ["Background"]

T = TypeVar("T")


class Background(Generic[T]):
    """One question at a time; the answer to one that was given up is dropped.

    Parameters
    ----------
    page
        The page, in whose main thread answers are told.
    told
        Called with the answer, or with the refusal.
    """

    def __init__(self, page: Page, told: Callable[[T | SkyhubError], object]) -> None:
        self._page, self._told = page, told
        self._asked: object | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked is not None

    def ask(self, question: Callable[[], T]) -> None:
        """Ask; what was asked before is given up."""
        self._asked = token = object()
        threading.Thread(target=self._work, args=(token, question), name="skyhub-question", daemon=True).start()

    def give_up(self) -> None:
        """Wait no longer."""
        self._asked = None

    def _work(self, token: object, question: Callable[[], T]) -> None:
        try:
            answer: T | SkyhubError = question()
        except SkyhubError as error:
            answer = error
        self._page.in_main(self._tell, token, answer)

    def _tell(self, token: object, answer: T | SkyhubError) -> None:
        if token is self._asked:
            self._asked = None
            self._told(answer)
