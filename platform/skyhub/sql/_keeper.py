"""The service's end of the workers: one keeper process, and workers forked ahead of the statements."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict

import pyarrow as pa

from skyhub.errors import Unavailable
from skyhub.sql._limits import Limits
from skyhub.sql._wire import Wire

__all__ = ["Keeper", "Worker"]

_START = "import os, sys; os.dup2(int(sys.argv[1]), 3); from skyhub.sql._worker import main; main()"
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TZ")
_ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""A process that forks must have no thread but one."""
_READY = 4


class Worker:
    """A process for one statement.

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
    """Starts workers that know the tables of a database.

    Parameters
    ----------
    tables
        Names and columns.
    limits
        What each worker may use.
    rows
        About how many rows each table has.
    """

    def __init__(
        self, tables: Mapping[str, pa.Schema], limits: Limits, rows: Callable[[], Mapping[str, int]] = dict
    ) -> None:
        self._tables = {name: encoded_schema(schema) for name, schema in tables.items()}
        self.limits = limits
        self._rows = rows
        self._lock = threading.Lock()
        self._ready: deque[Worker] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._closed = False

    def take(self) -> Worker:
        """A worker for one statement.

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
        """Have workers ready for the statements to come."""
        with self._lock, suppress(Unavailable):
            while len(self._ready) < _READY and not self._closed:
                self._ready.append(self._fork())

    def close(self) -> None:
        """End all workers that have no statement, and the keeper."""
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
        raise Unavailable("no process for SQL can be started: is the machine out of memory? Try again in a moment.")

    def _fork_once(self) -> Worker:
        if self._wire is None:
            self._start()
        assert self._wire is not None
        ours, theirs = socket.socketpair()
        with theirs:
            self._wire.send({"limits": asdict(self.limits), "rows": dict(self._rows())}, files=[theirs.fileno()])
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
                [sys.executable, "-I", "-c", _START, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**environment, **_ONE_THREAD},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._wire = Wire(ours)
        self._wire.send({"tables": self._tables})

    def _stop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._wire = self._process = None


def encoded_schema(schema: pa.Schema) -> str:
    """Columns as text."""
    return base64.b64encode(schema.serialize()).decode()


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
