"""A broker of VOEvents over TCP on this machine, which sends what it is told and keeps what it is answered."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

__all__ = ["VoeventBroker", "transport", "voevent_broker"]

_TRANSPORT = """<?xml version="1.0"?>
<trn:Transport role="{role}" version="1.0" xmlns:trn="http://www.telescope-networks.org/xml/Transport/v1.1">
<Origin>{origin}</Origin><TimeStamp>2026-11-22T03:00:00Z</TimeStamp></trn:Transport>"""


def transport(role: str, origin: str = "ivo://broker/one") -> bytes:
    """A message of transport, as a broker sends it."""
    return _TRANSPORT.format(role=role, origin=origin).encode()


class VoeventBroker:
    """A broker with one subscriber at a time."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(20)
        self.port: int = self._server.getsockname()[1]
        self.subscriber: socket.socket | None = None

    def accept(self) -> None:
        """Wait for a subscriber."""
        self.subscriber, _ = self._server.accept()
        self.subscriber.settimeout(10)

    def send(self, *messages: bytes) -> None:
        """Send messages, each with its length in front, in one piece."""
        self.send_raw(b"".join(struct.pack(">I", len(message)) + message for message in messages))

    def send_raw(self, data: bytes) -> None:
        """Send bytes."""
        assert self.subscriber is not None
        self.subscriber.sendall(data)

    def answered(self) -> tuple[str, str, str]:
        """The next answer: its role, origin and response."""
        [length] = struct.unpack(">I", self._bytes(4))
        root = etree.fromstring(self._bytes(length))
        assert [child.tag for child in root] == ["Origin", "Response", "TimeStamp"]
        return str(root.get("role")), str(root.findtext("Origin")), str(root.findtext("Response"))

    def has_answered(self) -> bool:
        """Whether there is an answer that was not read."""
        assert self.subscriber is not None
        self.subscriber.setblocking(False)
        try:
            return bool(self.subscriber.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            self.subscriber.settimeout(10)

    def hang_up(self) -> None:
        """Close the connection."""
        assert self.subscriber is not None
        self.subscriber.close()
        self.subscriber = None

    def close(self) -> None:
        """End."""
        if self.subscriber is not None:
            self.subscriber.close()
        self._server.close()

    def _bytes(self, length: int) -> bytes:
        assert self.subscriber is not None
        found = b""
        while len(found) < length:
            more = self.subscriber.recv(length - len(found))
            assert more, "the subscriber has gone"
            found += more
        return found


@contextmanager
def voevent_broker() -> Iterator[VoeventBroker]:
    """A broker for the duration of a ``with`` block."""
    broker = VoeventBroker()
    try:
        yield broker
    finally:
        broker.close()
