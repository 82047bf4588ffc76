"""A broker as stream: each new detection is given once, whatever the order of times, the size of pages and the restarts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.adapters import Message
from skyhub.adapters.brokers import BrokerFeed, Found, Health
from skyhub.alerts import AlertReader
from skyhub.config import BrokerStream
from skyhub.errors import NotFound, Unavailable
from support.packets import record

BEGIN = 61_000.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Memory:
    """Positions of streams."""

    kept: dict[str, str] = field(default_factory=dict)

    def load(self, stream: str) -> str | None:
        return self.kept.get(stream)

    def save(self, stream: str, position: str) -> None:
        self.kept[stream] = position


class Shown:
    """A broker that shows the detections that it has by now."""

    survey = "ZTF"
    selects: dict[str, str] = {}

    def __init__(self, detections: Sequence[tuple[str, float]] = ()) -> None:
        self.detections = list(detections)
        self.health = Health("shown", 8.0)
        self.asked: list[tuple[float, int]] = []
        self.failures: list[Exception] = []

    def newest(self, since: float, limit: int, select: Any, programs: Any = None) -> list[Found]:
        self.asked.append((since, limit))
        if self.failures:
            raise self.failures.pop(0)
        chosen = sorted((mjd, name) for name, mjd in self.detections if mjd >= since)
        return [Found(name, "ZTF", mjd=mjd) for mjd, name in chosen[:limit]]

    def fetch(self, object_id: str) -> dict[str, Any]:
        if self.failures:
            raise self.failures.pop(0)
        return record(name=object_id)

    def cutouts(self, object_id: str, candid: int) -> dict[str, bytes]:
        return {"science": b"\x1f\x8bimage"}

    def cone(self, ra: float, dec: float, radius: float, limit: int, programs: Any = None) -> list[Found]:
        return []

    def close(self) -> None:
        pass


def _feed(broker: Shown, memory: Memory, clock: Clock | None = None, **changes: Any) -> BrokerFeed:
    given: dict[str, Any] = {"kind": "broker", "broker": "shown", "batch_seconds": 0.001, "cutouts": False}
    memory.kept.setdefault("s", json.dumps({"mjd": BEGIN, "taken": {}}))
    return BrokerFeed("s", BrokerStream(**(given | changes)), broker, memory, clock or Clock())


def _marks(messages: Sequence[Message]) -> list[tuple[str, float]]:
    return [message.mark for message in messages]


def test_packets_come_with_their_images_and_are_read_as_their_surveys_own() -> None:
    feed = _feed(Shown([("ZTF26a", BEGIN + 1)]), Memory(), cutouts=True)
    [message] = feed.take()
    [packet] = AlertReader().read_bytes(message.data, message.place).packets
    assert (packet.object_id, packet.cutout_science) == ("ZTF26a", b"\x1f\x8bimage")
    assert message.place == f"shown/ZTF26a/{BEGIN + 1:.6f}"


def test_it_is_asked_when_it_is_time_or_wanted() -> None:
    broker, clock = Shown(), Clock()
    feed = _feed(broker, Memory(), clock, every_seconds=300)
    assert feed.take() == []
    assert feed.take() == []
    assert len(broker.asked) == 1
    assert feed.outlook().next_try_at is not None
    feed.retry()
    feed.take()
    clock.now += 300.1
    feed.take()
    assert len(broker.asked) == 3
    feed.close()


def test_an_object_that_cannot_be_fetched_is_refused_with_the_reason_and_stops_nothing() -> None:
    broker = Shown([("ZTF26a", BEGIN + 1), ("ZTF26b", BEGIN + 2)])
    feed = _feed(broker, Memory(), batch_packets=1)
    feed._look()
    broker.failures = [NotFound("shown has no detection of ZTF26a.")]
    [bad] = feed.take()
    content = AlertReader().read_bytes(bad.data, bad.place)
    assert [r.reason for r in content.rejected] == ["ZTF26a: shown has no detection of ZTF26a."]
    [good] = feed.take()
    assert AlertReader().read_bytes(good.data, good.place).rejected == []


def test_a_broker_that_breaks_off_loses_nothing() -> None:
    broker, memory = Shown([("ZTF26a", BEGIN + 1), ("ZTF26b", BEGIN + 2)]), Memory()
    feed = _feed(broker, memory)
    broker.failures = [Unavailable("down", retry_after=5.0)]
    with pytest.raises(Unavailable):
        feed.take()
    feed._look()
    broker.failures = [Unavailable("down")]
    with pytest.raises(Unavailable):
        feed.take()
    taken = feed.take()
    assert _marks(taken) == [("ZTF26a", BEGIN + 1), ("ZTF26b", BEGIN + 2)]
    assert feed.lag() == 0


def test_what_was_taken_and_not_acknowledged_comes_again() -> None:
    broker, memory = Shown([("ZTF26a", BEGIN + 1), ("ZTF26b", BEGIN + 2)]), Memory()
    feed = _feed(broker, memory, batch_packets=1)
    first = feed.take()
    feed.acknowledge(first)
    feed.take()
    again = _feed(broker, memory)
    assert _marks(again.take()) == [("ZTF26b", BEGIN + 2)]


_DETECTIONS = st.lists(
    st.tuples(st.integers(0, 6).map(lambda n: f"ZTF26{n}"), st.integers(0, 12).map(lambda n: BEGIN + n / 100)),
    max_size=25,
    unique=True,
)


@given(
    early=_DETECTIONS,
    late=_DETECTIONS,
    page=st.integers(1, 5),
    batch=st.integers(1, 4),
    restarts=st.sets(st.integers(0, 30), max_size=4),
)
def test_whatever_happens_the_newest_detection_of_each_object_is_acknowledged(
    early: list[tuple[str, float]], late: list[tuple[str, float]], page: int, batch: int, restarts: set[int]
) -> None:
    """Detections appear in two steps, the second ones also with earlier times; the process ends now and then unforeseen."""
    broker, memory, clock = Shown(early), Memory(), Clock()
    options = {"page": page, "batch_packets": batch, "overlap_hours": 24.0}
    feed = _feed(broker, memory, clock, **options)
    acknowledged: list[tuple[str, float]] = []
    for turn in range(120):
        messages = feed.take()
        if turn in restarts:
            feed = _feed(broker, memory, clock, **options)
            continue
        if messages:
            feed.acknowledge(messages)
            acknowledged += _marks(messages)
        if turn == 60:
            broker.detections += [d for d in late if d not in early]
        clock.now += 100.0
    newest: dict[str, float] = {}
    for name, mjd in broker.detections:
        newest[name] = max(mjd, newest.get(name, 0.0))
    assert {name: max(m for n, m in acknowledged if n == name) for name, _ in acknowledged} == newest
    assert len(acknowledged) == len(set(acknowledged))
