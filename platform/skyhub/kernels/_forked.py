"""A kernel that the zygote has forked, with the interface of a `subprocess.Popen`."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
from typing import IO, Final

from skyhub.kernels._child import READY
from skyhub.kernels._client import ZygoteHung, ZygoteSettings, ZygoteUnavailable, end_process, open_zygote
from skyhub.kernels._protocol import Channel, Message

UNKNOWN_EXIT: Final = 255
_EXIT_REPORT_S: Final = 0.1
_BIND_TIMEOUT_S: Final = 20.0
_PROCESS_GROUP: Final = 4
"""PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9."""


class KernelNotStarted(ZygoteUnavailable):
    """The zygote has forked, and the kernel ended before its sockets were bound."""


class ForkedKernel:
    """A running kernel: its process descriptor, its tie, and the connection on which its end is reported."""

    stdin: IO[bytes] | None = None
    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None

    def __init__(self, pid: int, pidfd: int, tie: socket.socket, channel: Channel) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._pidfd = pidfd
        self._tie = tie
        self._channel = channel

    def poll(self) -> int | None:
        """The exit code, `None` while the kernel runs; negative after a signal, 255 if nobody could tell."""
        if self.returncode is None and _readable(self._pidfd, 0.0):
            self.returncode = self._reported_exit()
            self.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end, at most `timeout` seconds."""
        if self.returncode is None:
            _readable(self._pidfd, timeout)
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Signal the kernel and the processes of its session; nothing happens after its end."""
        if self.poll() is None:
            _signal_group(self._pidfd, self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go: a kernel that still runs ends with its tie, and nobody asks for its exit code."""
        if self.returncode is None:
            self.returncode = UNKNOWN_EXIT
        self._tie.close()
        self._channel.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def __del__(self) -> None:
        self.close()

    def _reported_exit(self) -> int:
        self._channel.sock.settimeout(_EXIT_REPORT_S)
        try:
            return int(self._channel.receive()[0]["exit"])
        except (OSError, EOFError, KeyError):
            return UNKNOWN_EXIT


def fork_kernel(settings: ZygoteSettings, request: Message, stdout: int, stderr: int) -> ForkedKernel:
    """Have a kernel forked and wait until its sockets are bound; a hung zygote is replaced once."""
    try:
        return _fork_once(settings, request, stdout, stderr)
    except ZygoteHung as hung:
        end_process(hung.pid, signal.SIGKILL, settings.reply_timeout)
        return _fork_once(settings, request, stdout, stderr)


def _fork_once(settings: ZygoteSettings, request: Message, stdout: int, stderr: int) -> ForkedKernel:
    channel, greeting = open_zygote(settings)
    ours, theirs = socket.socketpair()
    try:
        channel.send({}, [theirs.fileno(), stdout, stderr])
        answer, fds = channel.receive()
        if "error" in answer:
            raise ZygoteUnavailable(f"The zygote at {settings.path} could not fork: {answer['error']}")
        kernel = ForkedKernel(int(answer["pid"]), fds[0], ours, channel)
    except TimeoutError:
        _close(channel, ours)
        raise ZygoteHung(int(greeting["pid"]), settings.path, settings.reply_timeout) from None
    except (OSError, EOFError) as failure:
        _close(channel, ours)
        raise ZygoteUnavailable(f"The zygote at {settings.path} ended during the request: {failure}") from failure
    except ZygoteUnavailable:
        _close(channel, ours)
        raise
    finally:
        theirs.close()
    _hand_over(kernel, ours, request)
    return kernel


def _close(channel: Channel, tie: socket.socket) -> None:
    channel.close()
    tie.close()


def _hand_over(kernel: ForkedKernel, tie: socket.socket, request: Message) -> None:
    """Tell the kernel what it is to be and wait until it is bound; one that does not come up ends with its tie."""
    tie.settimeout(_BIND_TIMEOUT_S)
    try:
        Channel(tie).send(request)
        came_up = tie.recv(1) == READY
    except OSError:
        came_up = False
    if not came_up:
        code = kernel.wait(_EXIT_REPORT_S)
        kernel.close()
        raise KernelNotStarted(f"The forked kernel {kernel.pid} did not come up (exit code {code}).")


def _readable(fd: int, timeout: float | None) -> bool:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(None if timeout is None else timeout * 1000))


def _signal_group(pidfd: int, pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        try:
            signal.pidfd_send_signal(pidfd, number, None, _PROCESS_GROUP)
        except OSError as failure:
            if failure.errno != errno.EINVAL:
                raise
            # Before Linux 6.9. The kernel leads its group, and its number is not free while it lives.
            os.killpg(pid, number)
