"""Where the zygote of this user and this environment listens, and the lock under which one is started."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import sys
import tempfile
import time
from pathlib import Path

from skyhub.errors import InvalidInput

SOCKET_VARIABLE = "SKYHUB_ZYGOTE_SOCKET"
_LONGEST_ADDRESS = 107
_LOCK_POLL_S = 0.02


def default_socket_path() -> Path:
    """The socket of the zygote: `SKYHUB_ZYGOTE_SOCKET`, else one per user and environment.

    The default lies in ``$XDG_RUNTIME_DIR/skyhub`` or, without that, in ``skyhub-UID`` of the temporary directory.
    """
    named = os.environ.get(SOCKET_VARIABLE)
    if named:
        return check_address(Path(named).absolute())
    digest = hashlib.sha256(sys.prefix.encode()).hexdigest()[:8]
    return check_address(private_directory(_runtime_parent()) / f"zygote-{digest}.sock")


def check_address(path: Path) -> Path:
    """The path itself, if the operating system can bind a socket there."""
    if len(os.fsencode(path)) > _LONGEST_ADDRESS:
        raise InvalidInput(
            f"The socket path {path} has {len(os.fsencode(path))} bytes; at most {_LONGEST_ADDRESS} are possible. "
            f"Set {SOCKET_VARIABLE} to a shorter path.",
            where=SOCKET_VARIABLE,
        )
    return path


def private_directory(path: Path) -> Path:
    """The directory, made with mode 0700 if absent; refused if anybody else owns it or may enter it."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise InvalidInput(
            f"{path} has owner {found.st_uid} and mode {stat.filemode(found.st_mode)}; it must be a directory of "
            f"user {os.getuid()} with mode drwx------. Remove it, or set {SOCKET_VARIABLE} to a path elsewhere.",
            where=str(path),
        )
    return path


def _runtime_parent() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir() and Path(runtime).stat().st_uid == os.getuid():
        return Path(runtime) / "skyhub"
    return Path(tempfile.gettempdir()) / f"skyhub-{os.getuid()}"


class StartLock:
    """The file lock beside a socket: whoever holds it is starting the zygote of that socket.

    The lock belongs to the open file, so it can be handed to a child process as a descriptor.
    """

    def __init__(self, socket_path: Path, fd: int | None = None) -> None:
        self.path = socket_path.with_name(socket_path.name + ".lock")
        self.fd = -1 if fd is None else fd

    def acquire(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for the lock; whether it was obtained."""
        if self.fd < 0:
            self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        deadline = time.monotonic() + timeout
        while not self._try():
            if time.monotonic() > deadline:
                self.close()
                return False
            time.sleep(_LOCK_POLL_S)
        return True

    def release(self) -> None:
        """Unlock for every process that shares this open file, and close it."""
        if self.fd >= 0:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            self.close()

    def close(self) -> None:
        """Close this process' descriptor; a process that was handed the lock keeps it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _try(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
