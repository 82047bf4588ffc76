"""What a forked process does before it is a kernel like any other."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib.util
import logging
import multiprocessing
import os
import random
import select
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from skyhub.kernels._environment import INLINE_BACKEND
from skyhub.kernels._protocol import Channel, Message

READY: Final = b"r"
_REQUEST_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True)
class Descriptors:
    """What a forked process has from its caller."""

    tie: int
    """The socket whose end is the end of the kernel; its first message says what the kernel is to be."""
    stdout: int
    stderr: int


def become_kernel(descriptors: Descriptors) -> NoReturn:
    """Run an IPython kernel in this process until it is shut down; the process ends with it."""
    os.setsid()
    _reset_signals()
    _redirect(descriptors)
    request = _receive_request(descriptors.tie)
    _tie_life(descriptors.tie)
    _replace_environment(request)
    _reset_state()
    _name_process()
    _end(_run(request["argv"], descriptors.tie))


def _receive_request(tie: int) -> Message:
    """The caller's wishes; read here, so that no environment of a kernel is ever in the memory of the zygote."""
    channel = Channel(socket.socket(fileno=tie))
    channel.sock.settimeout(_REQUEST_TIMEOUT_S)
    try:
        request, _ = channel.receive()
    except (OSError, EOFError):
        os._exit(1)
    channel.sock.setblocking(True)
    channel.sock.detach()
    return request


def _reset_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    # As ipykernel has it between cells: an early interrupt must not end the start.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tie_life(tie: int) -> None:
    """End with the process that holds the other end of the tie, however that ends.

    A thread waits for the end of the stream. The operating system also sends SIGHUP to the session, which
    needs no Python to run and so ends native code that holds the interpreter lock.
    """
    fcntl.fcntl(tie, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(tie, fcntl.F_SETSIG, signal.SIGHUP)
    fcntl.fcntl(tie, fcntl.F_SETFL, fcntl.fcntl(tie, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_await_end, args=(tie,), name="skyhub-tie", daemon=True).start()


def _await_end(tie: int) -> None:
    # Nothing is ever sent here, so readable means ended. A blocking read would hold the signal back.
    poller = select.poll()
    poller.register(tie, select.POLLIN)
    poller.poll()
    os.killpg(0, signal.SIGHUP)
    os._exit(1)


def _redirect(descriptors: Descriptors) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (descriptors.stdout, 1), (descriptors.stderr, 2)):
        os.dup2(source, target)
        os.close(source)


def _replace_environment(request: Message) -> None:
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    time.tzset()
    _extend_path(os.environ.get("PYTHONPATH", ""))
    _choose_backend(os.environ.get("MPLBACKEND") or INLINE_BACKEND)


def _extend_path(python_path: str) -> None:
    """Add the caller's PYTHONPATH, and the working directory where IPython would: before the first site-packages."""
    entries = [str(Path(entry).absolute()) for entry in python_path.split(os.pathsep) if entry]
    sys.path[:0] = [entry for entry in entries if entry not in sys.path]
    packages = (place for place, entry in enumerate(sys.path) if Path(entry).name in ("site-packages", "dist-packages"))
    sys.path.insert(next(packages, 0), "")


def _choose_backend(name: str) -> None:
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        matplotlib.rcParams["backend"] = name


def _reset_state() -> None:
    """Undo what the kernels of one zygote would otherwise have in common."""
    random.seed()
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    multiprocessing.current_process().authkey = os.urandom(32)
    logging.getLogger("skyhub.kernels.zygote").handlers.clear()


def _name_process() -> None:
    """Let `ps` and `top` tell a kernel from its zygote."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("skyhub-kernel")


def _run(argv: list[str], tie: int) -> int:
    from ipykernel.kernelapp import IPKernelApp

    class ForkedKernelApp(IPKernelApp):
        """An IPython kernel that says on its tie when its sockets are bound."""

        def log_connection_info(self) -> None:
            """Called by ipykernel once all sockets are bound and the connection file is written."""
            super().log_connection_info()  # type: ignore[no-untyped-call]
            os.write(tie, READY)

        def initialize(self, argv: list[str] | None = None) -> None:
            """Widgets register themselves at import, which in the zygote came before there was a kernel."""
            super().initialize(argv)
            if "ipywidgets" in sys.modules:
                sys.modules["ipywidgets"].register_comm_target()

    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin) if launcher else "ipykernel_launcher", *argv]
    # 1 stands for "has a parent that need not be watched": the tie does that.
    try:
        ForkedKernelApp.launch_instance(argv=argv, parent_handle=1)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> NoReturn:
    """End as an interpreter does, but leave the pages shared with the zygote untouched.

    Taking every module apart copies those pages, takes longer, and lets some libraries report leaks.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
