"""Messages between the service and a worker: a JSON header, bytes, and open files, over a local socket."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Message", "Wire"]

_SIZES = struct.Struct(">IQ")
_MOST_FILES = 2
_LARGEST_HEADER = 64 * 2**20


class Message(NamedTuple):
    """What came over the wire; whoever receives open files closes them."""

    header: dict[str, Any]
    payload: bytes
    files: list[int]


class Wire:
    """One end of a conversation.

    Parameters
    ----------
    sock
        A connected stream socket of this machine.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, header: Mapping[str, Any], payload: Any = b"", files: Sequence[int] = ()) -> None:
        """Send one message; `payload` is bytes or a buffer."""
        text = json.dumps(header).encode()
        body = memoryview(payload).cast("B")
        start = _SIZES.pack(len(text), len(body)) + text
        sent = socket.send_fds(self.sock, [start], list(files)) if files else 0
        self.sock.sendall(start[sent:])
        if len(body):
            self.sock.sendall(body)

    def waiting(self) -> bool:
        """Whether something has come, be it that the other end is gone."""
        return bool(select.select([self.sock], [], [], 0)[0])

    def receive(self, largest: int = 2**40) -> Message | None:
        """The next message; None if the other end is gone.

        Raises
        ------
        OverflowError
            If the payload is larger than permitted (bytes).
        """
        try:
            start, files, _, _ = socket.recv_fds(self.sock, _SIZES.size, _MOST_FILES)
            if not start:
                return None
            header_size, payload_size = _SIZES.unpack(start + self._exactly(_SIZES.size - len(start)))
            if header_size > _LARGEST_HEADER or payload_size > largest:
                _close(files)
                raise OverflowError(f"a message of {header_size} + {payload_size} bytes")
            return Message(json.loads(self._exactly(header_size)), self._exactly(payload_size), files)
        except (ConnectionError, EOFError):
            return None

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    def _exactly(self, size: int) -> bytes:
        content = bytearray(size)
        view, at = memoryview(content), 0
        while at < size:
            read = self.sock.recv_into(view[at:])
            if not read:
                raise EOFError
            at += read
        return bytes(content)


def _close(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)
