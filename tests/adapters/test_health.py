"""After failures in a row a broker is left alone, longer each time, and taken back at its first answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.adapters.brokers import Health
from skyhub.errors import Unavailable


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _health(bound: int | None = None) -> tuple[Health, Clock]:
    clock = Clock()
    return Health("fink", 8.0, bound, clock), clock


def test_it_is_unasked_then_ok_then_slow() -> None:
    health, _ = _health()
    assert health.state.state == "unasked"
    health.answered(0.5)
    assert (health.state.state, health.state.seconds) == ("ok", 0.5)
    health.answered(9.0)
    assert (health.state.state, health.state.reason) == ("slow", "its last answer took 9.0 s.")


@given(st.integers(3, 20))
def test_pauses_double_up_to_five_minutes(n: int) -> None:
    health, clock = _health()
    for _ in range(n):
        error = health.failed("it failed at this (500).")
    pause = min(5.0 * 2 ** (n - 3), 300.0)
    assert error.retry_after == pause
    assert (health.state.state, health.state.reason) == ("down", "it failed at this (500).")
    assert health.state.next_try_at is not None
    with pytest.raises(Unavailable, match="is asked again in"):
        health.count()
    clock.now += pause + 0.01
    health.count()
    health.answered(0.1)
    assert health.state.state == "ok"


def test_two_failures_close_nothing_and_a_wish_of_the_broker_does() -> None:
    health, clock = _health()
    assert health.failed("x").retry_after is None
    health.count()
    assert health.failed("it wants fewer requests (429).", 3600.0).retry_after == 3600.0
    clock.now += 3599
    with pytest.raises(Unavailable, match="fewer requests"):
        health.count()
    health.reopen()
    health.count()


def test_the_bound_of_an_hour_holds() -> None:
    health, clock = _health(2)
    health.count()
    clock.now += 600
    health.count()
    with pytest.raises(Unavailable, match="bound of 2 requests") as refused:
        health.count()
    assert refused.value.retry_after == pytest.approx(3000)
    clock.now += 3000.1
    health.count()


def test_a_broker_that_hangs_keeps_few_threads_waiting() -> None:
    health, _ = _health()
    waiting = [health.asking() for _ in range(4)]
    for question in waiting:
        question.__enter__()
    with pytest.raises(Unavailable, match="busy with 4"), health.asking():
        pass
    waiting[0].__exit__(None, None, None)
    with health.asking():
        pass
