"""A broker of VOEvents over TCP: it is listened to, told that somebody listens, and told of each event when it is stored."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from skyhub.adapters._feed import Message, Outlook
from skyhub.adapters._vtp import Frames, answer, framed, heard
from skyhub.config import VoeventStream
from skyhub.errors import Unavailable

__all__ = ["VoeventFeed"]

_CONNECT_SECONDS = 10.0
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0
_CHUNK = 2**16


class _Mark(NamedTuple):
    """Through which connection an event came, and its name."""

    connection: int
    ivorn: str | None


class VoeventFeed:
    """VOEvents that a broker sends.

    Parameters
    ----------
    settings
        The broker's host and port, who we are, how long it may be silent.

    Notes
    -----
    An event is acknowledged through the connection by which it came; if that is gone, the broker decides whether it sends the
    event again. The protocol has no memory: what is sent while nobody listens is lost to this stream.
    """

    def __init__(self, settings: VoeventStream) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None
        self._frames = Frames()
        self._waiting: deque[Message] = deque()
        self._connections = self._failures = self._events = 0
        self._heard_at = 0.0
        self._gone = ""

    def take(self, wait: bool = True) -> list[Message]:
        """The next events; before each wait, what the broker asks is answered."""
        if not self._waiting:
            self._connect()
        settings = self._settings
        end = time.monotonic() + (settings.batch_seconds if wait else 0.0)
        if not self._waiting:
            self._listen(end)
        taken: list[Message] = []
        while self._waiting and len(taken) < settings.batch_packets and _size(taken) < settings.batch_bytes:
            taken.append(self._waiting.popleft())
        if not taken and self._socket is None:
            raise self._unavailable(self._gone)
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that the events are stored, if it is still the connection through which they came."""
        for message in messages:
            mark: _Mark = message.mark
            if mark.connection == self._connections and mark.ivorn is not None:
                self._send(answer("ack", mark.ivorn, self._settings.ivorn))

    def hold(self, seconds: float) -> None:
        """Wait, and go on answering the broker."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._socket is None or _size(self._waiting) > self._settings.batch_bytes:
                time.sleep(left)
            else:
                self._listen(end, until_event=False)

    def lag(self) -> int | None:
        """Events that came and were not given yet."""
        return len(self._waiting)

    def outlook(self) -> Outlook:
        """It is listened to all the time."""
        return Outlook()

    def retry(self) -> None:
        """Connect without a wait at the next look."""
        self._failures = 0

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> None:
        if self._socket is not None:
            return
        address = (self._settings.host, self._settings.port)
        try:
            self._socket = socket.create_connection(address, timeout=_CONNECT_SECONDS)
        except OSError as error:
            raise self._unavailable(f"it does not answer ({error})") from error
        self._frames, self._heard_at = Frames(), time.monotonic()
        self._connections += 1

    def _listen(self, end: float, until_event: bool = True) -> None:
        """Read until a time, or until an event has come."""
        while self._socket is not None:
            left = end - time.monotonic()
            ready, _, _ = select.select([self._socket], [], [], max(0.0, left))
            if ready:
                self._read(self._socket)
            elif time.monotonic() - self._heard_at > self._settings.silent_seconds:
                self._leave(f"nothing was heard of it for {self._settings.silent_seconds:g} s")
            if left <= 0 or (until_event and self._waiting):
                return

    def _read(self, connection: socket.socket) -> None:
        try:
            received = connection.recv(_CHUNK)
            if not received:
                self._leave("it has closed the connection")
                return
            self._heard_at = time.monotonic()
            for message in self._frames.add(received):
                self._hear(message)
        except (OSError, ValueError) as error:
            self._leave(str(error))

    def _hear(self, message: bytes) -> None:
        self._failures = 0
        known = heard(message)
        if known.role is None:
            self._events += 1
            place = known.origin or f"{self._settings.host}:{self._settings.port}/{self._connections}/{self._events}"
            self._waiting.append(Message(place, message, _Mark(self._connections, known.origin)))
        elif known.is_answered and known.origin is not None:
            self._send(answer(known.role, known.origin, self._settings.ivorn))

    def _send(self, message: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendall(framed(message))
        except OSError as error:
            self._leave(str(error))

    def _leave(self, why: str) -> None:
        self.close()
        self._gone = why

    def _unavailable(self, why: str) -> Unavailable:
        wait = min(_FIRST_WAIT * 2.0 ** min(self._failures, 20), _LONGEST_WAIT)
        self._failures += 1
        where = f"{self._settings.host}:{self._settings.port}"
        return Unavailable(f"the broker of VOEvents at {where} is away: {why}.", where, wait)


def _size(messages: Sequence[Message] | deque[Message]) -> int:
    return sum(len(message.data) for message in messages)
