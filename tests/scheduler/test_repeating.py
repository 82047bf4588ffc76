"""The parts of the scheduler rest where there is nothing to do: none asks the service again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
from skyhub.client import Transport
from skyhub.scheduler import draft_default_plans
from skyhub.scheduler._repeating import repeat


class Rests(threading.Event):
    """Told to stop at the first rest; remembers how long it was to be."""

    def __init__(self) -> None:
        super().__init__()
        self.paused: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.paused.append(timeout)
        self.set()
        return True


class Answers:
    """A transport whose answers are given; one question more than these is an error."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._left: Iterator[dict[str, Any]] = iter(answers)
        self.asked: list[str] = []

    def post(self, path: str, document: Any) -> dict[str, Any]:
        self.asked.append(path)
        answer = next(self._left, None)
        if answer is None:
            pytest.fail(f"{path} was asked {len(self.asked)} times without a rest")
        return answer


def test_what_was_done_is_followed_at_once_and_nothing_by_a_rest() -> None:
    stop, turns = Rests(), iter([1, 0, None])
    repeat(lambda: next(turns), stop, 7.0)
    assert stop.paused == [7.0]
    assert next(turns, "none") == "none"


def test_the_drafter_rests_once_no_plan_is_due() -> None:
    none: dict[str, Any] = {"plan_ids": []}
    stop, service = Rests(), Answers({"plan_ids": ["1"]}, none, none, {"plan_ids": ["1"]}, none, none)
    draft_default_plans(cast("Transport", service), stop)
    assert service.asked == ["/api/default_plans/due", "/api/sending_rules/due"] * 3
    assert len(stop.paused) == 1
