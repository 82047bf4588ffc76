"""Services for tests: over HTTP, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from skyhub.client import Sky, Transport
from skyhub.db import Database, Viewer
from skyhub.web import TokenSigner

_SERVE = """
import sys
from pathlib import Path
from skyhub.service import serve
serve(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]))
"""

PATIENCE = 60.0
"""How long to wait for an answer (s): on a busy machine a service takes its time with what it does for the first time."""


@dataclass
class Served:
    """A house's service: its URL, the operator's token, and tokens for anybody."""

    url: str
    token: str
    db: Database
    signer: TokenSigner

    def token_of(self, viewer: Viewer, minutes: float = 10) -> str:
        """A token with a viewer's rights."""
        return self.signer.issue(viewer, timedelta(minutes=minutes))

    def sky(self, viewer: Viewer) -> Sky:
        """A client with a viewer's rights."""
        return Sky(Transport(self.url, self.token_of(viewer)))

    def get(
        self, path: str, token: str | None = None, extra: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Ask without a client of ours, with extra headers."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        asked = {"trust_env": False, "timeout": PATIENCE, **options}
        return httpx.get(self.url + path, headers=headers | (extra or {}), **asked)


def wait_until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for a condition to hold; what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{condition} did not hold within {seconds} s")


def answers(url: str) -> bool:
    """Whether a service answers."""
    try:
        return httpx.get(f"{url}/health", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


class OwnProcess:
    """A data service in a process of its own, to kill and to start again."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir, self.port, self.url = data_dir, port, f"http://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = subprocess.Popen([sys.executable, "-c", _SERVE, str(self.data_dir), str(self.port)])
        wait_until(lambda: answers(self.url) or self.process.poll() is not None, 180)
        assert self.process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End it as a supervisor does."""
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def fake_hub(users: dict[str, dict[str, Any] | int | bytes]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers like the hub's ``/user``: a model, a status or raw bytes for each token; tokens asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("token ")
            asked.append(token)
            answer = users.get(token, 403) if self.path == "/hub/api/user" else 404
            status = answer if isinstance(answer, int) else 200
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hub/api", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Listener:
    """A raw reader of server-sent events: what came, in order."""

    def __init__(self, url: str, token: str, last: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self.events: list[dict[str, Any]] = []
        self.status = 0
        self._client = httpx.Client(trust_env=False, timeout=httpx.Timeout(5, read=30))
        self._request = self._client.build_request("GET", f"{url}/api/changes", headers=headers)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        wait_until(lambda: self.events)

    def _read(self) -> None:
        response = self._client.send(self._request, stream=True)
        self.status = response.status_code
        fields: dict[str, str] = {}
        try:
            for line in response.iter_lines():
                if line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    self.events.append({**fields, "data": json.loads(fields.get("data", "null"))})
                    fields = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        finally:
            response.close()

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The changes, without the greeting."""
        return [e["data"] for e in list(self.events) if e["event"] == "change"]
