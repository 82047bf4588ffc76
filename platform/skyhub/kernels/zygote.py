"""The zygote process: ``python -m skyhub.kernels.zygote --socket PATH``.

It imports what kernels need, listens on a unix socket, and forks a kernel for each request of the same user.
SIGTERM and SIGINT end it at once and leave its kernels running; SIGHUP makes it load everything anew. It loads
everything anew by itself when a request comes after its code on disk has changed.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

from skyhub.kernels._child import Descriptors, become_kernel
from skyhub.kernels._environment import ensure_clean_process, replace_process, zygote_environment
from skyhub.kernels._paths import StartLock, check_address, default_socket_path
from skyhub.kernels._preload import Loaded, chosen_modules, freeze_memory, preload
from skyhub.kernels._server import Limits, Verdict, Zygote

log = logging.getLogger("skyhub.kernels.zygote")

_LOCK_TIMEOUT_S = 60.0


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a zygote until it is told to end, or a kernel that it has forked."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parse(arguments)
    ensure_clean_process(arguments)
    _configure_log(options.verbose)
    lock = StartLock(options.socket, options.lock_fd)
    if not lock.acquire(_LOCK_TIMEOUT_S):
        log.warning("another zygote of %s takes too long to start; going ahead", options.socket)
    zygote = _open(options, lock)
    outcome = zygote.serve()
    if isinstance(outcome, Descriptors):
        become_kernel(outcome)
    if outcome is Verdict.RELOAD:
        _reload(options)
    zygote.close()
    log.info("ended")
    # At once: some pre-imported libraries report leaks when an interpreter is taken apart.
    os._exit(0)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m skyhub.kernels.zygote", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--socket", type=Path, default=None, help="where to listen (default: one per user)")
    parser.add_argument("--modules", default=None, help="comma-separated; `default` and `heavy` stand for lists")
    parser.add_argument("--idle-timeout", type=float, default=0.0, help="end after so many seconds without kernels")
    parser.add_argument("--follow-parent", action="store_true", help="end when the starting process has ended")
    parser.add_argument("--lock-fd", type=int, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--verbose", action="store_true", help="log the cost of each import")
    options = parser.parse_args(arguments)
    options.socket = check_address(options.socket.absolute()) if options.socket else default_socket_path()
    options.parent = os.getppid() if options.follow_parent else 0
    return options


def _configure_log(verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s zygote[%(process)d] %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    log.propagate = False


def _open(options: argparse.Namespace, lock: StartLock) -> Zygote:
    loaded = preload(chosen_modules(options.modules))
    _drop_thread_starters(options, loaded, lock)
    freeze_memory()
    ready = [one.name for one in loaded if not one.error]
    zygote = Zygote(options.socket, ready, Limits(options.idle_timeout, options.parent))
    lock.release()
    log.info("ready at %s, %.1f s of CPU, %d imports", options.socket, sum(one.cpu for one in loaded), len(ready))
    return zygote


def _drop_thread_starters(options: argparse.Namespace, loaded: list[Loaded], lock: StartLock) -> None:
    """Start again without the modules whose import leaves threads: a lock held by one would stay locked in a fork."""
    guilty = {one.name for one in loaded if one.threads > 0}
    if not guilty:
        return
    kept = [name for name in chosen_modules(options.modules) if name not in guilty]
    log.warning("starting again without %s", ", ".join(sorted(guilty)))
    _exec(options, ",".join(kept), lock)


def _reload(options: argparse.Namespace) -> None:
    lock = StartLock(options.socket)
    if lock.acquire(0.0):
        _exec(options, options.modules, lock)
    log.info("another zygote is starting; ending")


def _exec(options: argparse.Namespace, modules: str | None, lock: StartLock) -> None:
    arguments = ["--socket", str(options.socket), "--idle-timeout", str(options.idle_timeout)]
    arguments += ["--modules", modules] if modules is not None else []
    arguments += ["--follow-parent"] if options.follow_parent else []
    arguments += ["--verbose"] if options.verbose else []
    if lock.fd >= 0:
        os.set_inheritable(lock.fd, True)
        arguments += ["--lock-fd", str(lock.fd)]
    replace_process(arguments, zygote_environment(os.environ))


if __name__ == "__main__":
    main()
