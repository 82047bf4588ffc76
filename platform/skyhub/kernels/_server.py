"""The loop of the zygote: greet, fork, report deaths; one thread, no blocking call."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any

from skyhub.errors import InvalidInput
from skyhub.kernels._child import Descriptors
from skyhub.kernels._freshness import Snapshot
from skyhub.kernels._preload import count_threads
from skyhub.kernels._protocol import Channel, Message, close_all

log = logging.getLogger("skyhub.kernels.zygote")

_TICK_S = 2.0
_BACKLOG = 64


class Verdict(Enum):
    """Why the loop of the zygote ended."""

    STOP = "stop"
    RELOAD = "reload"


@dataclass(frozen=True)
class Limits:
    """When a zygote ends by itself."""

    idle_timeout: float = 0.0
    """Seconds without a kernel or a caller; 0 means for ever."""
    parent: int = 0
    """Process whose end is the end of the zygote; 0 means nobody's."""


class Zygote:
    """A listening socket and the kernels that were forked through it."""

    def __init__(self, path: Path, modules: list[str], limits: Limits) -> None:
        self._path = path
        self._modules = modules
        self._limits = limits
        self._snapshot = Snapshot()
        self._kernels: dict[int, Channel] = {}
        self._waiting: list[Channel] = []
        self._verdict: Verdict | None = None
        self._last_busy = time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._listener = _listen(path)
        self._inode = path.stat().st_ino
        self._wake_in, self._wake_out = socket.socketpair()
        self._install_signals()
        self._register(self._listener, self._accept)
        self._register(self._wake_out, self._woken)

    def serve(self) -> Descriptors | Verdict:
        """Serve until told otherwise; `Descriptors` are returned in a child that is to become a kernel."""
        while self._verdict is None:
            for key, _ in self._selector.select(_TICK_S):
                inherited: Descriptors | None = key.data()
                if inherited is not None:
                    return inherited
            self._check_limits()
        return self._verdict

    def close(self) -> None:
        """Remove the socket, unless it was taken over, and close everything."""
        if self._owns_socket():
            self._path.unlink()
        self._abandon()

    def _register(self, file: Any, handler: Callable[[], Descriptors | None]) -> None:
        file_socket = file.sock if isinstance(file, Channel) else file
        file_socket.setblocking(False)
        self._selector.register(file, selectors.EVENT_READ, handler)

    def _accept(self) -> None:
        try:
            client = Channel(self._listener.accept()[0])
        except OSError:
            return
        if client.peer()[1] != os.getuid():
            log.warning("refused a connection of user %d", client.peer()[1])
            client.close()
        elif (changed := self._snapshot.changed()) is not None:
            log.info("%s changed: loading everything anew", changed)
            # Left open: the caller sees the end when this process has the start lock and is replaced.
            self._waiting.append(client)
            self._verdict = Verdict.RELOAD
        else:
            self._greet(client)

    def _greet(self, client: Channel) -> None:
        self._register(client, lambda: self._read(client))
        self._answer(
            client,
            {
                "pid": os.getpid(),
                "prefix": sys.prefix,
                "modules": self._modules,
                "threads": count_threads(),
                "kernels": len(self._kernels),
            },
        )

    def _read(self, client: Channel) -> Descriptors | None:
        try:
            found = client.poll()
        except (OSError, EOFError, ValueError, InvalidInput):
            self._drop(client)
            return None
        return None if found is None else self._fork(client, found[1])

    def _fork(self, client: Channel, fds: list[int]) -> Descriptors | None:
        try:
            inherited = Descriptors(*fds)
            pid = os.fork()
        except (OSError, TypeError) as failure:
            close_all(fds)
            self._answer(client, {"error": str(failure)})
            return None
        if pid == 0:
            self._abandon()
            return inherited
        pidfd = os.pidfd_open(pid)
        self._kernels[pid] = client
        self._last_busy = time.monotonic()
        close_all(fds)
        self._answer(client, {"pid": pid}, [pidfd])
        os.close(pidfd)
        return None

    def _answer(self, client: Channel, message: Message, fds: list[int] | None = None) -> None:
        """Send; a client that has gone or does not read is dropped when its end is next seen."""
        try:
            client.send(message, fds or [])
        except OSError as failure:
            log.debug("a client did not take its answer: %s", failure)

    def _drop(self, client: Channel) -> None:
        self._selector.unregister(client)
        client.close()

    def _woken(self) -> None:
        self._wake_out.recv(4096)

    def _reap(self) -> None:
        """Collect the dead; also those that an earlier image of this process forked."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._last_busy = time.monotonic()
            client = self._kernels.pop(pid, None)
            if client is not None and client.fileno() >= 0:
                self._answer(client, {"exit": os.waitstatus_to_exitcode(status)})

    def _check_limits(self) -> None:
        self._reap()
        reason = self._reason_to_end()
        if reason and self._verdict is None:
            log.info("ending: %s", reason)
            self._verdict = Verdict.STOP

    def _reason_to_end(self) -> str:
        if not self._kernels and time.monotonic() - self._last_busy > self._limits.idle_timeout > 0:
            return "nobody needs it"
        if self._limits.parent and os.getppid() != self._limits.parent:
            return "its parent has ended"
        return "" if self._owns_socket() else "another zygote took the socket over"

    def _install_signals(self) -> None:
        self._wake_in.setblocking(False)
        signal.set_wakeup_fd(self._wake_in.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told)

    def _told(self, number: int, _frame: FrameType | None) -> None:
        self._verdict = Verdict.RELOAD if number == signal.SIGHUP else Verdict.STOP

    def _owns_socket(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _abandon(self) -> None:
        """Close everything that belongs to the zygote and not to a kernel."""
        signal.set_wakeup_fd(-1)
        registered = [key.fileobj for key in self._selector.get_map().values()]
        self._selector.close()
        for file in [*registered, *self._waiting, self._wake_in]:
            if isinstance(file, Channel | socket.socket):
                file.close()


def _listen(path: Path) -> socket.socket:
    """A listener at `path`; one that was there before is displaced in one step."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_name(f"{path.name}.{os.getpid()}"[-100:])
    fresh.unlink(missing_ok=True)
    mask = os.umask(0o177)
    try:
        listener.bind(str(fresh))
    finally:
        os.umask(mask)
    listener.listen(_BACKLOG)
    fresh.rename(path)
    return listener
