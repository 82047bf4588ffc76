"""Questions that are asked at the same time: what takes longest is waited for, and not the sum."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["together"]


def together(*questions: Callable[[], Any]) -> list[Any]:
    """The answers in the order of the questions; if some are refused, the first of these refusals is raised."""
    with ThreadPoolExecutor(len(questions), "skyhub-together") as threads:
        asked = [threads.submit(question) for question in questions]
    return [one.result() for one in asked]
