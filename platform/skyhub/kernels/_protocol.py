"""Messages between a provisioner and the zygote: JSON with a length in front, and file descriptors.

============================  ====================================================  =======================
direction                     message                                             descriptors
============================  ====================================================  =======================
zygote → client, at once      ``{"pid", "prefix", "modules", "threads", …}``      none
client → zygote               ``{}``                                              tie, stdout, stderr
zygote → client               ``{"pid": N}`` or ``{"error": "…"}``                pidfd of the kernel
client → kernel, on the tie   ``{"argv": […], "env": {…}, "cwd": "…"}``           none
kernel → client, on the tie   the byte ``r``: the sockets are bound               none
zygote → client, at exit      ``{"exit": code}`` (negative: number of a signal)   none
============================  ====================================================  =======================
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

from skyhub.errors import InvalidInput

Message = dict[str, Any]

LARGEST_MESSAGE = 16 * 2**20
_LENGTH = struct.Struct("!I")
_CREDENTIALS = struct.Struct("3i")
_MOST_FDS = 8


class Channel:
    """One end of a unix stream socket that carries whole messages."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = b""
        self._fds: list[int] = []

    def fileno(self) -> int:
        """The descriptor, for selectors."""
        return self.sock.fileno()

    def peer(self) -> tuple[int, int]:
        """Process id and user id of the other end (of the listener, if this end connected)."""
        raw = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, _ = _CREDENTIALS.unpack(raw)
        return int(pid), int(uid)

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send one message; the descriptors travel with its first byte."""
        body = json.dumps(message).encode()
        frame = _LENGTH.pack(len(body)) + body
        sent = socket.send_fds(self.sock, [frame], list(fds))
        self.sock.sendall(frame[sent:])

    def receive(self) -> tuple[Message, list[int]]:
        """Wait for the next message, as long as the time-out of the socket allows."""
        while (found := self._next()) is None:
            self._fill()
        return found

    def poll(self) -> tuple[Message, list[int]] | None:
        """Take what has arrived; the message if it is complete. Raises EOFError at the end."""
        try:
            self._fill()
        except BlockingIOError:
            return None
        return self._next()

    def close(self) -> None:
        """Close the socket and every descriptor that nobody took."""
        self.sock.close()
        close_all(self._fds)
        self._fds = []

    def _fill(self) -> None:
        data, fds, _, _ = socket.recv_fds(self.sock, 1 << 16, _MOST_FDS, socket.MSG_CMSG_CLOEXEC)
        self._fds += fds
        if not data:
            raise EOFError("the other end closed the connection")
        self._buffer += data

    def _next(self) -> tuple[Message, list[int]] | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > LARGEST_MESSAGE:
            raise InvalidInput(f"A message of {length} bytes was announced; at most {LARGEST_MESSAGE} are accepted.")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body, self._buffer = self._buffer[_LENGTH.size : end], self._buffer[end:]
        fds, self._fds = self._fds, []
        return _as_message(body), fds


def _as_message(body: bytes) -> Message:
    message = json.loads(body)
    if not isinstance(message, dict):
        raise InvalidInput(f"A message is a JSON object; a {type(message).__name__} was sent.")
    return message


def close_all(fds: Sequence[int]) -> None:
    """Close the descriptors."""
    for fd in fds:
        os.close(fd)
