"""A hub as a user starts it, people who log in to it, and the processes that belong to it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pyarrow as pa
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page
from skyhub.ports import free_port

SKYHUB = str(Path(sys.executable).parent / "skyhub")
DASHBOARD = "voila/render/dashboards/skyhub.ipynb"
GONE_SECONDS, RESTART_SECONDS = 60, 60
UP_SECONDS = 300
_UP_WITH = """
import sys
from pathlib import Path
from skyhub.config import load_settings
from skyhub.hub import up
sys.exit(up(load_settings().model_copy(update={"data_dir": Path(sys.argv[1])}), Path(sys.argv[2])))
"""
# The hub's own page while a server starts has this status; panel's extension of JupyterLab asks for its previews.
_EXPECTED = re.compile(r"status of 424 .*/hub/user/|status of 404 .*/panel-preview/layout/")


def wait_for(condition: Callable[[], Any], seconds: float = 30.0, step: float = 0.1) -> Any:
    """The first true value of a condition, or its last value when the time is over."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(step)
    return value


def up_environment(port: int, **changes: str) -> dict[str, str]:
    """The environment in which a user would call ``skyhub up``."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "SKYHUB"))}
    return {**clean, "SKYHUB_PORT": str(port), **changes}


@dataclass
class Hub:
    """A running hub."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def password(self, name: str) -> str:
        """The password of one of the demo's accounts."""
        secrets = json.loads((self.data_dir / "secrets" / "demo-passwords.json").read_text())
        return str(secrets["admin" if name == "admin" else "user"])

    @contextmanager
    def login(self, name: str) -> Iterator[httpx.Client]:
        """A client with the cookies that the login form gives."""
        with httpx.Client(base_url=self.url, follow_redirects=True, trust_env=False, timeout=60) as client:
            form = re.search(r'name="_xsrf" value="([^"]+)"', client.get("/hub/login").text)
            assert form is not None
            fields = {"username": name, "password": self.password(name), "_xsrf": form.group(1)}
            assert client.post("/hub/login?next=/hub/token", data=fields).url.path == "/hub/token"
            yield client

    def token(self, name: str) -> str:
        """A token that the user asked the hub for, as its token page does."""
        if name not in self.tokens:
            with self.login(name) as client:
                xsrf = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
                headers = {"X-XSRFToken": str(xsrf), "Referer": f"{self.url}/hub/token"}
                answer = client.post(f"/hub/api/users/{name}/tokens", headers=headers, json={"note": "test"})
                self.tokens[name] = answer.json()["token"]
        return self.tokens[name]

    def service(self, name: str) -> httpx.Client:
        """A client of the data service, through the proxy, with a user's token."""
        headers = {"Authorization": f"Bearer {self.token(name)}"}
        return httpx.Client(base_url=f"{self.url}/services/data", headers=headers, trust_env=False, timeout=60)

    def api(self, name: str) -> httpx.Client:
        """A client of the hub's own API and of the user's server."""
        headers = {"Authorization": f"token {self.token(name)}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=60)

    def start_server(self, name: str) -> None:
        """Start a user's server and wait until it answers."""
        with self.api(name) as client:
            client.post(f"/hub/api/users/{name}/server")
            ready = lambda: client.get(f"/hub/api/users/{name}").json()["servers"].get("", {}).get("ready")  # noqa: E731
            assert wait_for(ready, 60), self.log.read_text()

    def service_pid(self) -> int:
        """The process that owns the database."""
        return int(json.loads((self.data_dir / "service.json").read_text())["pid"])

    def processes(self) -> set[psutil.Process]:
        """Everything that runs for this hub: what works in its folder, names it, or descends from it."""
        found = {process for process in psutil.process_iter() if _belongs(process, str(self.data_dir))}
        for process in list(found):
            with suppress(psutil.Error):
                found.update(process.children(recursive=True))
        return {process for process in found if not _is_zombie(process)}


def _belongs(process: psutil.Process, folder: str) -> bool:
    with suppress(psutil.Error):
        texts = [process.cwd(), *process.cmdline(), *process.environ().values()]
        return process.pid != os.getpid() and any(folder in text for text in texts)
    return False


def _up(data_dir: Path, config: Path) -> list[str]:
    return [sys.executable, "-c", _UP_WITH, str(data_dir), str(config)]


def start_hub(data_dir: Path, port: int | None = None, config: Path | None = None) -> Hub:
    """``skyhub up`` in the foreground of a session of its own (with a configuration of the hub); returns when the banner is out."""
    data_dir.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log = data_dir / "up.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [SKYHUB, "up", "--data-dir", str(data_dir)] if config is None else _up(data_dir, config),
            env=up_environment(port),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    hub = Hub(f"http://127.0.0.1:{port}", data_dir, process, log)
    wait_for(lambda: process.poll() is not None or "Ctrl-C ends everything" in log.read_text(), UP_SECONDS)
    said = log.read_text()
    if hub.url not in said:
        process.terminate()
    assert process.poll() is None, said
    assert hub.url in said, said
    return hub


def end_hub(hub: Hub, number: int = signal.SIGINT) -> None:
    """Send a signal to the foreground process; nothing that ran for the hub may be left, and no socket."""
    known = hub.processes()
    assert hub.process.pid in {process.pid for process in known}
    hub.process.send_signal(number)
    assert_gone(hub, known)


@contextmanager
def temporary_hub() -> Iterator[Hub]:
    """A hub with the demo night in a directory of its own, for the duration of a ``with`` block."""
    with tempfile.TemporaryDirectory(prefix="skyhub-", ignore_cleanup_errors=True) as name:
        hub = start_hub(Path(name) / "data")
        try:
            yield hub
        finally:
            end_hub(hub)


def assert_gone(hub: Hub, known: set[psutil.Process]) -> None:
    """The processes known, and any that came since, have ended; the port is free and no socket file is left."""
    left = lambda: {p for p in known | hub.processes() if p.is_running() and not _is_zombie(p)}  # noqa: E731
    wait_for(lambda: not left() and hub.process.poll() is not None, GONE_SECONDS)
    remains = [f"{p.pid} {' '.join(p.cmdline())}" for p in left()]
    for process in left():
        process.kill()
    assert remains == [], hub.log.read_text()
    assert [path for path in hub.data_dir.rglob("*") if path.is_socket()] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(urlsplit(hub.url).port or 0))) != 0


def _is_zombie(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def rows_of(client: httpx.Client, statement: str) -> list[dict[str, Any]]:
    """The rows of a statement in SQL with the rights of a client."""
    answer = client.post("/api/sql", json={"statement": statement})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = pa.ipc.open_stream(answer.content).read_all().to_pylist()
    return rows


def kill_service(hub: Hub) -> int:
    """Kill the owner of the database without warning; its process identifier."""
    pid = hub.service_pid()
    os.kill(pid, signal.SIGKILL)
    return pid


def await_service(hub: Hub, old: int) -> None:
    """Wait until the hub has started the service again."""

    def answers() -> bool:
        try:
            new = hub.service_pid()
            return new != old and httpx.get(f"{hub.url}/services/data/health", trust_env=False).status_code == 200
        except (OSError, ValueError, httpx.HTTPError):
            return False

    assert wait_for(answers, RESTART_SECONDS), hub.log.read_text()


class Writers:
    """Scanners who decide without a pause inside a ``with`` block, resending nothing; keeps what was acknowledged."""

    def __init__(self, hub: Hub, name: str, candidate_ids: list[str], number: int) -> None:
        self._hub, self._name, self._ids, self._number = hub, name, candidate_ids, number
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(number)
        self.acknowledged: list[dict[str, Any]] = []
        self.seconds: list[float] = []
        self.failed = 0

    def __enter__(self) -> Writers:
        self._hub.token(self._name)
        for place in range(self._number):
            self._pool.submit(self._work, self._ids[place :: self._number])
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._pool.shutdown()

    def have_made(self, more: int, seconds: float = 20) -> bool:
        """Wait for some more decisions to be acknowledged."""
        enough = len(self.acknowledged) + more
        return bool(wait_for(lambda: len(self.acknowledged) >= enough, seconds, 0.01))

    def _work(self, ids: list[str]) -> None:
        with self._hub.service(self._name) as client:
            for turn in count():
                if self._stop.is_set():
                    return
                self._decide(client, ids[turn % len(ids)], ("save", "reject")[turn // len(ids) % 2])

    def _decide(self, client: httpx.Client, candidate_id: str, verdict: str) -> None:
        body = {"key": str(uuid.uuid4()), "candidate_id": candidate_id, "verdict": verdict}
        begin = time.perf_counter()
        try:
            answer = client.post("/api/decisions", json=body)
        except httpx.HTTPError:
            answer = None
        if answer is not None and answer.status_code == 200:
            self.seconds.append(time.perf_counter() - begin)
            self.acknowledged.append(answer.json()["decision"])
        else:
            self.failed += 1
            time.sleep(0.05)


class Visit:
    """A user in a browser context of its own, watched: its requests, and what the console complained about."""

    def __init__(self, context: BrowserContext, hub: Hub, name: str) -> None:
        self.context, self.hub, self.name = context, hub, name
        self.requests: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("page", self._watch)
        self.page = context.new_page()

    def _watch(self, page: Page) -> None:
        page.set_default_timeout(30_000)
        page.on("websocket", lambda websocket: self.requests.append(websocket.url))
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complain(f"{message.text} ({message.location.get('url')})")

    def _complain(self, text: str) -> None:
        if not _EXPECTED.search(text):
            self.complaints.append(text)

    def foreign(self) -> list[str]:
        """The requests to other machines."""
        hosts = {urlsplit(url.removeprefix("blob:")).hostname: url for url in self.requests}
        return [url for host, url in hosts.items() if host not in {"127.0.0.1", None}]

    def log_in(self, address: str = "/", dashboard: bool = True) -> Page:
        """Fill in the login page, and wait until the dashboard is drawn if that comes next."""
        self.page.goto(self.hub.url + address)
        self.page.fill("input[name=username]", self.name)
        self.page.fill("input[name=password]", self.hub.password(self.name))
        self.page.click("#login_submit")
        return self.ready() if dashboard else self.page

    def open(self, query: str) -> Page:
        """Log in at first, then go to an address of the dashboard."""
        address = f"/user/{self.name}/{DASHBOARD}?{query}"
        if not self.context.cookies():
            return self.log_in(f"/hub/login?next={address.replace('?', '%3F').replace('&', '%26')}")
        self.page.goto(self.hub.url + address)
        return self.ready()

    def ready(self) -> Page:
        """Wait until the dashboard is drawn."""
        self.page.wait_for_selector("html[data-ready]", timeout=60_000)
        self.page.wait_for_selector("nav.skyhub-nav", timeout=30_000)
        return self.page

    def scanner(self) -> Locator:
        """The scanner, with a candidate's card drawn."""
        self.page.wait_for_selector(".skyhub-scanner h2.skyhub-name >> visible=true")
        self.page.wait_for_selector(".skyhub-scanner .skyhub-plot >> visible=true")
        return self.page.locator(".skyhub-scanner")

    def object_id(self) -> str:
        """The object on the scanner's card."""
        return self.scanner().locator("h2.skyhub-name").inner_text()

    def press(self, key: str) -> None:
        """Press a key of the scanner; if it asks for which groups, for those that are offered."""
        self.page.keyboard.press(key)
        if self.page.locator(".skyhub-dialog").is_visible():
            self.page.keyboard.press("Enter")

    def decide(self, key: str) -> str:
        """Press a key of the scanner and wait until the next card is drawn and the decision stored; the object's name."""
        before = self.object_id()
        self.press(key)
        self.page.wait_for_function(
            "name => document.querySelector('.skyhub-scanner h2.skyhub-name').textContent !== name", arg=before
        )
        self.page.wait_for_selector(".skyhub-status[data-level=ok]", state="attached")
        return before
