"""`skyhub up`: the whole platform in the foreground, ended whole by Ctrl-C."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import httpx
import psutil

from skyhub.addresses import running_service
from skyhub.config import Settings
from skyhub.errors import Unavailable
from skyhub.hub._accounts import ACCOUNTS, ADMINISTRATORS
from skyhub.hub._demo import load_demo
from skyhub.hub._layout import passwords, proxy_command, routes_mark
from skyhub.ports import port_is_free
from skyhub.resources import hub_config_dir

__all__ = ["up"]

_READY_SECONDS, _STOP_SECONDS, _KILL_SECONDS = 180.0, 45.0, 5.0
_SET_CHILD_SUBREAPER, _SET_PARENT_DEATH_SIGNAL = 36, 1

_BANNER = """
skyhub is up: {url}

  Log in with one of these names; this is a demo, everybody shares one password.
    {users}
        password  {user_password}
    {admins}
        password  {admin_password}

  Ctrl-C ends everything.
"""


def up(settings: Settings, config: Path | None = None) -> int:
    """Start the hub with all its services and stay until it ends or a signal comes.

    Returns
    -------
    int
        Exit status: 0 after a signal, 1 if the hub ended by itself.

    Raises
    ------
    Unavailable
        If the port is taken, or a part that is needed is missing.
    """
    if not port_is_free(settings.host, settings.port):
        raise Unavailable(
            f"port {settings.port} of {settings.host} is in use: stop what uses it, or choose another with SKYHUB_PORT.",
            "SKYHUB_PORT",
        )
    proxy_command()
    data_dir = settings.data_dir.resolve()
    (data_dir / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.demo:
        _say("Loading the demo night …")
        load_demo(data_dir)
    _prctl(_SET_CHILD_SUBREAPER, 1)
    stopping = _StopRequest()
    routes_mark(data_dir).unlink(missing_ok=True)
    hub = _start_hub(settings, config or hub_config_dir() / "jupyterhub_config.py", data_dir)
    try:
        if _wait_until_ready(settings, hub, stopping):
            _say(_banner(settings, data_dir))
        while hub.poll() is None and not stopping.asked:
            time.sleep(0.2)
    finally:
        _end(hub)
    if stopping.asked:
        return 0
    print(f"skyhub: the hub ended by itself with status {hub.returncode}: its messages above say why.", file=sys.stderr)
    return 1


class _StopRequest:
    """Remembers that SIGINT, SIGTERM or SIGHUP came."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if not self.asked:
            _say("Stopping …")
        self.asked = True


def _start_hub(settings: Settings, config: Path, data_dir: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "SKYHUB_DATA_DIR": str(data_dir),
        "SKYHUB_HOST": settings.host,
        "SKYHUB_PORT": str(settings.port),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", str(config)],
        env=environment,
        cwd=data_dir,
        start_new_session=True,
        preexec_fn=_die_with_parent(),
    )


def _wait_until_ready(settings: Settings, hub: subprocess.Popen[bytes], stopping: _StopRequest) -> bool:
    """Wait until the data service runs and the proxy leads to it, which it does when all services were started."""
    begin = time.monotonic()
    with httpx.Client(base_url=_url(settings), trust_env=False, timeout=5) as client:
        while hub.poll() is None and not stopping.asked:
            with suppress(httpx.HTTPError, Unavailable):
                if _is_routed(settings.data_dir) and client.get("/services/data/health").status_code == 200:
                    return True
            if time.monotonic() - begin > _READY_SECONDS:
                raise Unavailable(f"the hub was not ready after {_READY_SECONDS:.0f} s: its messages above say why.")
            time.sleep(0.2)
    return False


def _is_routed(data_dir: Path) -> bool:
    """Whether the service runs and the proxy knows of it: asked earlier, the proxy would log an error."""
    return routes_mark(data_dir).exists() and running_service(data_dir) is not None


def _end(hub: subprocess.Popen[bytes]) -> None:
    """Ask the hub to stop, then end whatever it left behind."""
    if hub.poll() is None:
        hub.terminate()
        with suppress(subprocess.TimeoutExpired):
            hub.wait(_STOP_SECONDS)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        left = psutil.Process().children(recursive=True)
        if not left:
            return
        for process in left:
            with suppress(psutil.NoSuchProcess):
                end(process)
        psutil.wait_procs(left, timeout=_KILL_SECONDS)


def _banner(settings: Settings, data_dir: Path) -> str:
    secret = passwords(data_dir)
    return _BANNER.format(
        url=_url(settings),
        users=", ".join(name for name in ACCOUNTS if name not in ADMINISTRATORS),
        user_password=secret.user,
        admins=", ".join(ADMINISTRATORS),
        admin_password=secret.admin,
    )


def _url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"


def _say(text: str) -> None:
    print(text, flush=True)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _die_with_parent() -> Callable[[], None]:
    """For the child before it starts: be told to stop when the parent dies, however it dies."""
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
