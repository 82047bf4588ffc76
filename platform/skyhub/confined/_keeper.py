"""The service's end of confined workers: one keeper process, and workers forked from it ahead of their work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from skyhub.confined._wire import Message, Wire
from skyhub.errors import Unavailable

__all__ = ["Keeper", "Worker", "converse", "keep"]

_START = "import os, sys; wire = int(sys.argv[1]); os.dup2(wire, 3); wire == 3 or os.close(wire); from {} import main; main()"
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TZ")
_ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""A process that forks must have no thread but one."""
_WIRE_FILE = 3
"""The descriptor at which the keeper finds its wire."""


class Worker:
    """A process for one piece of work.

    Parameters
    ----------
    wire
        The conversation with it.
    pid, handle
        Its number, and a descriptor that stands for it even after it has ended (-1 where the system has none).
    """

    def __init__(self, wire: Wire, pid: int, handle: int) -> None:
        self.wire = wire
        self.pid = pid
        self._handle = handle
        self._lock = threading.Lock()

    def kill(self) -> None:
        """End it now; may be called twice, and by any thread."""
        with self._lock, suppress(ProcessLookupError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif self.pid:
                os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it and forget it."""
        self.kill()
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
            self._handle, self.pid = -1, 0
        self.wire.close()


class Keeper:
    """Starts workers.

    Parameters
    ----------
    module
        Its function ``main`` calls `keep` in the keeper's process, which has none of this one's environment.
    first
        What the keeper is told at its start.
    each
        What it is told of each worker.
    what
        What workers are for, as errors say it.
    ready
        So many workers wait for work.
    """

    def __init__(
        self, module: str, first: Mapping[str, Any], each: Callable[[], Mapping[str, Any]], what: str, ready: int
    ) -> None:
        self._module, self._first, self._each, self._what, self._most = module, first, each, what, ready
        self._lock = threading.Lock()
        self._ready: deque[Worker] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._closed = False

    def take(self) -> Worker:
        """A worker.

        Raises
        ------
        Unavailable
            If none can be started.
        """
        with self._lock:
            while self._ready:
                worker = self._ready.popleft()
                if not _hung_up(worker.wire.sock):
                    return worker
                worker.end()
            return self._fork()

    def prepare(self) -> None:
        """Have workers ready for what is to come."""
        with self._lock, suppress(Unavailable):
            while len(self._ready) < self._most and not self._closed:
                self._ready.append(self._fork())

    def close(self) -> None:
        """End all workers that have no work, and the keeper."""
        with self._lock:
            self._closed = True
            while self._ready:
                self._ready.popleft().end()
            self._stop()

    def _fork(self) -> Worker:
        for _ in range(2):
            try:
                return self._fork_once()
            except (OSError, ValueError, TypeError):
                self._stop()
        raise Unavailable(
            f"no process for {self._what} can be started: is the machine out of memory? Try again in a moment."
        )

    def _fork_once(self) -> Worker:
        if self._wire is None:
            self._start()
        assert self._wire is not None
        ours, theirs = socket.socketpair()
        with theirs:
            self._wire.send(dict(self._each()), files=[theirs.fileno()])
        message = self._wire.receive()
        if message is None:
            ours.close()
            raise OSError("the keeper has ended")
        return Worker(Wire(ours), message.header["pid"], message.files[0] if message.files else -1)

    def _start(self) -> None:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START.format(self._module), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**environment, **_ONE_THREAD},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._wire = Wire(ours)
        self._wire.send(self._first)

    def _stop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._wire = self._process = None


def converse(keeper: Keeper, header: Mapping[str, Any], payload: bytes, seconds: float, largest: int) -> Message | str:
    """What a worker of its own answers to one message, or why there is no answer.

    Parameters
    ----------
    keeper
        Starts the worker, which is ended afterwards.
    header, payload
        The message.
    seconds
        The worker is killed after so long (s).
    largest
        The largest payload that is taken (bytes).

    Raises
    ------
    Unavailable
        If no worker can be started.
    """
    worker = keeper.take()
    late = threading.Event()

    def expire() -> None:
        late.set()
        worker.kill()

    watch = threading.Timer(seconds, expire)
    watch.daemon = True
    watch.start()
    try:
        worker.wire.send(header, payload)
        answer = worker.wire.receive(largest)
    except (ConnectionError, OverflowError, ValueError, TypeError, RecursionError):
        answer = None
    finally:
        watch.cancel()
        worker.end()
    if late.is_set():
        return f"it took more than {seconds:g} s"
    return answer or "its process ended without an answer"


def keep(start: Callable[[Mapping[str, Any]], Callable[[Wire, Mapping[str, Any]], None]]) -> None:
    """In the keeper's process: fork a worker for each wire that comes, until the service hangs up.

    Parameters
    ----------
    start
        Gets ready, given what the keeper is told at its start; returns the work of a worker, which is done in a process
        of its own and is given its wire and what the keeper was told of it.
    """
    from skyhub.confined._confine import die_with_parent

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    wire = Wire(socket.socket(fileno=_WIRE_FILE))
    first = wire.receive()
    if first is None:
        return
    work = start(first.header)
    keeper = os.getpid()
    while (message := wire.receive()) is not None:
        [file] = message.files
        worker = os.fork()
        if worker == 0:
            status = 1
            try:
                wire.close()
                die_with_parent(keeper)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                work(Wire(socket.socket(fileno=file)), message.header)
                status = 0
            finally:
                os._exit(status)
        os.close(file)
        process = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else -1
        wire.send({"pid": worker}, files=[process] if process >= 0 else [])
        if process >= 0:
            os.close(process)


def _hung_up(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.setblocking(True)
