"""VOEvents over TCP: answered, acknowledged when they are stored, and listened to again when the connection breaks."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.adapters import Feed, open_feed
from skyhub.adapters._vtp import Frames, framed, heard
from skyhub.client import Transport
from skyhub.config import VoeventStream
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import Unavailable
from skyhub.events import event_table, notice_table
from skyhub.ports import free_port
from skyhub.service import serving
from skyhub.streams import ServiceReceiver, work
from support.notices import burst
from support.services import wait_until
from support.voevents import VoeventBroker, transport, voevent_broker

US = "ivo://observatory/skyhub"
EVENT = "ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1-1"


@pytest.fixture
def broker() -> Iterator[VoeventBroker]:
    with voevent_broker() as served:
        yield served


def _stream(port: int, silent_seconds: float = 20) -> VoeventStream:
    return VoeventStream(
        kind="voevent", host="127.0.0.1", port=port, ivorn=US, batch_seconds=0.05, silent_seconds=silent_seconds
    )


@pytest.fixture
def feed(broker: VoeventBroker, tmp_path: Path) -> Iterator[Feed]:
    with closing(open_feed("gcn", _stream(broker.port), tmp_path)) as opened:
        assert opened.take(wait=False) == []
        broker.accept()
        yield opened


def test_a_broker_that_is_away_is_waited_for_longer_and_longer(tmp_path: Path) -> None:
    with closing(open_feed("gcn", _stream(free_port()), tmp_path)) as feed:
        waits = []
        for _ in range(12):
            with pytest.raises(Unavailable, match=r"the broker of VOEvents at 127\.0\.0\.1") as caught:
                feed.take()
            waits.append(caught.value.retry_after)
        assert (waits[:4], waits[-1]) == ([1.0, 2.0, 4.0, 8.0], 300.0)


def test_what_is_no_message_ends_the_connection(broker: VoeventBroker, feed: Feed) -> None:
    broker.send_raw(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(Unavailable, match="1195725856 bytes is announced"):
        wait_until(feed.take)
    feed.take(wait=False)
    broker.accept()  # it came again


@given(st.lists(st.binary(max_size=50)), st.integers(1, 7))
def test_messages_are_cut_as_they_were_framed_however_they_come(messages: list[bytes], step: int) -> None:
    sent, frames = b"".join(map(framed, messages)), Frames()
    pieces = [sent[begin : begin + step] for begin in range(0, len(sent), step)]
    assert [whole for piece in pieces for whole in frames.add(piece)] == messages


def test_entities_of_a_message_are_not_followed() -> None:
    secret = Path(__file__).as_uri()
    evil = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret}">]><x ivorn="a">&e;</x>'.encode()
    assert heard(evil).origin == "a"
    assert heard(b"<unfinished").origin is None


def test_the_broker_is_told_that_somebody_listens_also_while_nothing_is_taken(
    broker: VoeventBroker, feed: Feed
) -> None:
    broker.send(transport("iamalive"), transport("authenticate"), transport("strange"))
    assert feed.take() == []
    assert broker.answered() == ("iamalive", "ivo://broker/one", US)
    assert broker.answered() == ("authenticate", "ivo://broker/one", US)
    broker.send(transport("iamalive", "ivo://broker/two"), burst())
    feed.hold(0.1)
    assert broker.answered() == ("iamalive", "ivo://broker/two", US)
    assert feed.lag() == 1
    assert [message.place for message in feed.take()] == [EVENT]


def test_an_event_is_acknowledged_when_it_is_stored_and_not_before(broker: VoeventBroker, feed: Feed) -> None:
    broker.send(burst(), burst(serial=2), b"<nonsense")
    taken = wait_until(lambda: feed.take())
    assert [message.data for message in taken] == [burst(), burst(serial=2), b"<nonsense"]
    feed.hold(0.05)
    assert not broker.has_answered()
    feed.acknowledge(taken)
    assert broker.answered() == ("ack", EVENT, US)
    assert broker.answered() == ("ack", f"{EVENT[:-1]}2", US)
    assert not broker.has_answered()


def test_what_came_before_the_connection_broke_is_kept_and_not_acknowledged_through_another(
    broker: VoeventBroker, feed: Feed
) -> None:
    broker.send(burst())
    broker.send_raw(struct.pack(">I", 100) + b"half")
    broker.hang_up()
    taken = wait_until(feed.take)
    assert [message.data for message in taken] == [burst()]
    with pytest.raises(Unavailable, match="it has closed the connection"):
        feed.take()
    feed.take(wait=False)
    broker.accept()
    feed.acknowledge(taken)
    broker.send(transport("iamalive"))
    feed.take()
    assert broker.answered()[0] == "iamalive"


def test_a_connection_that_fell_silent_is_made_anew(broker: VoeventBroker, tmp_path: Path) -> None:
    with closing(open_feed("gcn", _stream(broker.port, silent_seconds=0.1), tmp_path)) as feed:
        with pytest.raises(Unavailable, match=r"nothing was heard of it for 0\.1 s"):
            wait_until(feed.take)
        feed.take(wait=False)
        broker.accept()
        broker.accept()


def test_notices_are_stored_and_then_acknowledged(db: Database, broker: VoeventBroker) -> None:
    stop = threading.Event()
    with serving(db) as address:
        receiver = ServiceReceiver(lambda: Transport(*address))
        arguments = ({"gcn": _stream(broker.port)}, {}, receiver, db.data_dir, stop)
        worker = threading.Thread(target=work, args=arguments)
        worker.start()
        try:
            broker.accept()
            broker.send(burst(), b"<VOEvent>", burst())
            assert [broker.answered() for _ in range(2)] == [("ack", EVENT, US)] * 2
            assert event_table(db, ADMINISTRATOR)["aliases"].to_pylist() == [["SWIFT#1234567"]]
            kept = notice_table(db, ADMINISTRATOR).to_pylist()
        finally:
            stop.set()
            worker.join(20)
    assert [row["action"] for row in kept] == ["created", "rejected"]
    assert kept[0]["file"] == EVENT
