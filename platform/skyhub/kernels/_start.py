"""Starting a zygote process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from skyhub.kernels._environment import PYTHON_OPTIONS, zygote_environment
from skyhub.kernels._paths import StartLock

_IDLE_TIMEOUT_S = 600.0


def zygote_command(socket_path: Path) -> list[str]:
    """The command of a zygote that a supervisor runs: it ends at SIGTERM and also when the supervisor has ended."""
    return [
        sys.executable,
        *PYTHON_OPTIONS,
        *("-m", "skyhub.kernels.zygote", "--socket", str(socket_path), "--follow-parent"),
    ]


def spawn(socket_path: Path, lock: StartLock) -> subprocess.Popen[bytes]:
    """Start a zygote in the background; it takes over the lock and releases it when it listens."""
    command = [
        sys.executable,
        *PYTHON_OPTIONS,
        *("-m", "skyhub.kernels.zygote", "--socket", str(socket_path)),
        *("--idle-timeout", str(_IDLE_TIMEOUT_S), "--lock-fd", str(lock.fd)),
    ]
    with open(log_path(socket_path), "wb", opener=_private) as log:
        process = subprocess.Popen(
            command,
            env=zygote_environment(os.environ),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock.fd],
        )
    lock.close()
    return process


def log_path(socket_path: Path) -> Path:
    """Where a zygote that was started on demand writes its log."""
    return socket_path.with_name(socket_path.name + ".log")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
