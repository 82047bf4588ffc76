"""Finding, starting and ending the zygote; nothing here waits without a limit."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from skyhub.errors import Unavailable
from skyhub.kernels._paths import StartLock, default_socket_path
from skyhub.kernels._protocol import Channel, Message
from skyhub.kernels._start import log_path, spawn

START_TIMEOUT_S = 60.0
REPLY_TIMEOUT_S = 5.0
_RETRY_AFTER_S = 60.0

_not_before: dict[Path, float] = {}
_started: list[subprocess.Popen[bytes]] = []


class ZygoteUnavailable(Unavailable):
    """No zygote is to be had; a plain kernel can be started instead."""

    code = "zygote_unavailable"


class ZygoteHung(ZygoteUnavailable):
    """The zygote did not answer in time."""

    def __init__(self, pid: int, path: Path, waited: float) -> None:
        super().__init__(f"The zygote {pid} at {path} did not answer within {waited:g} s.", where=str(path))
        self.pid = pid


@dataclass(frozen=True)
class ZygoteSettings:
    """Which zygote, and how long to wait for it."""

    path: Path
    autostart: bool = True
    start_timeout: float = START_TIMEOUT_S
    """Seconds that a zygote may take to import everything."""
    reply_timeout: float = REPLY_TIMEOUT_S
    """Seconds that a running zygote may take to answer."""


def open_zygote(settings: ZygoteSettings) -> tuple[Channel, Message]:
    """A connection to a zygote that has greeted, and its greeting. One is started if none runs and that is allowed."""
    found = _connect_or_end(settings)
    if found is not None:
        return found
    _wait_for_start(settings)
    found = _connect_or_end(settings)
    if found is None:
        raise ZygoteUnavailable(f"No zygote listens at {settings.path}.", where=str(settings.path))
    return found


def start_zygote(path: Path | None = None, timeout: float = START_TIMEOUT_S) -> Message:
    """Start a zygote if none runs; what it says about itself."""
    channel, greeting = open_zygote(ZygoteSettings(path or default_socket_path(), start_timeout=timeout))
    channel.close()
    return greeting


def zygote_status(path: Path | None = None, timeout: float = REPLY_TIMEOUT_S) -> Message | None:
    """What the zygote at `path` says about itself, `None` if there is none."""
    found = _connect(path or default_socket_path(), timeout)
    if found is None:
        return None
    found[0].close()
    return found[1]


def stop_zygote(path: Path | None = None, timeout: float = REPLY_TIMEOUT_S) -> bool:
    """End the zygote, if one runs; kernels it has forked stay. Whether there was one."""
    path = path or default_socket_path()
    try:
        greeting = zygote_status(path, timeout)
    except ZygoteHung as hung:
        end_process(hung.pid, signal.SIGKILL, timeout)
        return True
    if greeting is None:
        return False
    end_process(int(greeting["pid"]), signal.SIGTERM, timeout)
    return True


def restart_zygote(path: Path | None = None, timeout: float = START_TIMEOUT_S) -> Message:
    """End the zygote, if one runs, and start one from what is on disk now."""
    stop_zygote(path)
    return start_zygote(path, timeout)


def end_process(pid: int, number: signal.Signals, timeout: float) -> None:
    """Signal a process and wait for its end; SIGKILL follows after `timeout` seconds."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        for one in (number, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, one)
            if select.select([pidfd], [], [], timeout)[0]:
                return
    finally:
        os.close(pidfd)


def _connect_or_end(settings: ZygoteSettings) -> tuple[Channel, Message] | None:
    """A greeted connection; a zygote that does not answer is ended, for it would not answer the next caller either."""
    try:
        return _connect(settings.path, settings.reply_timeout)
    except ZygoteHung as hung:
        end_process(hung.pid, signal.SIGKILL, settings.reply_timeout)
        return None


def _connect(path: Path, timeout: float) -> tuple[Channel, Message] | None:
    channel = Channel(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    channel.sock.settimeout(timeout)
    try:
        channel.sock.connect(str(path))
        pid, uid = channel.peer()
        _check_owner(path, uid)
        greeting = _greeting(channel, path, pid, timeout)
    except (FileNotFoundError, ConnectionError, EOFError):
        channel.close()
        return None
    except BaseException:
        channel.close()
        raise
    _check_environment(path, greeting)
    return channel, greeting


def _greeting(channel: Channel, path: Path, pid: int, timeout: float) -> Message:
    try:
        return channel.receive()[0]
    except TimeoutError:
        raise ZygoteHung(pid, path, timeout) from None


def _check_owner(path: Path, uid: int) -> None:
    if uid != os.getuid():
        raise ZygoteUnavailable(
            f"The zygote at {path} belongs to user {uid}; only one of user {os.getuid()} may start your kernels.",
            where=str(path),
        )


def _check_environment(path: Path, greeting: Message) -> None:
    if greeting.get("prefix") != sys.prefix:
        raise ZygoteUnavailable(
            f"The zygote at {path} runs in {greeting.get('prefix')}, this process in {sys.prefix}; "
            "set SKYHUB_ZYGOTE_SOCKET to one of this environment.",
            where=str(path),
        )


def _wait_for_start(settings: ZygoteSettings) -> None:
    """Wait for a zygote that somebody is starting; else start one."""
    deadline = time.monotonic() + settings.start_timeout
    lock = _lock(settings, deadline)
    try:
        if settings.path.exists() and _connect_or_end(settings) is not None:
            return
        _check_permission_to_start(settings)
        process = spawn(settings.path, lock)
    finally:
        lock.release()
    _started.append(process)
    _await_release(settings, process, deadline)


def _lock(settings: ZygoteSettings, deadline: float) -> StartLock:
    lock = StartLock(settings.path)
    try:
        obtained = lock.acquire(max(0.0, deadline - time.monotonic()))
    except OSError as failure:
        raise ZygoteUnavailable(f"{lock.path} cannot be opened: {failure}.", where=str(lock.path)) from failure
    if not obtained:
        raise ZygoteUnavailable(
            f"The zygote of {settings.path} is still starting after {settings.start_timeout:g} s.",
            where=str(settings.path),
        )
    return lock


def _check_permission_to_start(settings: ZygoteSettings) -> None:
    if not settings.autostart:
        raise ZygoteUnavailable(
            f"No zygote listens at {settings.path} and starting one is switched off (SKYHUB_ZYGOTE_AUTOSTART=0).",
            where=str(settings.path),
        )
    if time.monotonic() < _not_before.get(settings.path, 0.0):
        raise ZygoteUnavailable(f"The zygote of {settings.path} failed to start a moment ago.", str(settings.path))


def _await_release(settings: ZygoteSettings, process: subprocess.Popen[bytes], deadline: float) -> None:
    """Wait until the new zygote listens or has ended: both release the lock."""
    try:
        _lock(settings, deadline).release()
    except ZygoteUnavailable:
        process.kill()
        _not_before[settings.path] = time.monotonic() + _RETRY_AFTER_S
        raise
    if process.poll() is not None:
        _not_before[settings.path] = time.monotonic() + _RETRY_AFTER_S
        raise ZygoteUnavailable(
            f"The zygote of {settings.path} ended with code {process.returncode} while it started; "
            f"see {log_path(settings.path)}.",
            where=str(settings.path),
        )
