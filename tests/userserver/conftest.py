"""A real Jupyter server with the extension, a notebook to show, and a small data service behind it.

Fixtures: `server` (one per module), `upstream` (the data service's stand-in), `browser` (Debian's Chromium).
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from skyhub.ports import free_port
from skyhub.userserver import install

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STATIC = Path(__file__).parents[2] / "widgets" / "skyhub_widgets" / "static" / "page" / "manifest.json"

WIDGETS_CELL = '''
import anywidget, traitlets, ipywidgets as w
from IPython.display import display

class Counter(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      const button = Object.assign(document.createElement("button"), { id: "count" });
      const draw = () => { button.textContent = `asked ${model.get("asked")}, answered ${model.get("answered")}`; };
      button.onclick = () => { model.set("asked", model.get("asked") + 1); model.save_changes(); };
      model.on("change", draw); draw(); el.append(button);
    } }
    """
    asked = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("asked")
    def _answer(self, change):
        self.answered = change["new"]

slider, button, label, out = w.IntSlider(3, description="limit"), w.Button(description="Add"), w.Label("3"), w.Output()
w.jslink((slider, "value"), (label, "value"))

@button.on_click
@out.capture()
def add(_):
    slider.value += 1
    print("now", slider.value)

display(w.VBox([slider, button, label]), Counter(), out)
'''


@dataclass
class Server:
    """A running Jupyter server."""

    url: str
    token: str
    root: Path
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, *, token: str | None = "", **kwargs: Any) -> httpx.Response:
        """GET below the base URL, with the server's token unless another or None is given."""
        headers = dict(kwargs.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"token {token or self.token}"
        return httpx.get(self.url + path, headers=headers, timeout=60, **kwargs)

    def kernels(self) -> list[str]:
        """Identifiers of the running kernels."""
        return [model["id"] for model in self.get("api/kernels").json()]

    def write(self, name: str, *cells: str, template: str = "skyhub", kernel: str = "python3", **metadata: str) -> str:
        """Write a notebook and return the path of its page."""
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        document = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"voila": {"template": template}, "kernelspec": spec, **metadata},
            "cells": [_cell(number, source) for number, source in enumerate(cells)],
        }
        (self.root / f"{name}.ipynb").write_text(json.dumps(document), encoding="utf-8")
        return f"voila/render/{name}.ipynb"


def _cell(number: int, source: str) -> dict[str, Any]:
    kind = {"cell_type": "markdown"} if source.startswith("#") else {"cell_type": "code", "outputs": []}
    count: dict[str, Any] = {} if kind["cell_type"] == "markdown" else {"execution_count": None}
    return {**kind, **count, "id": f"cell-{number}", "source": source, "metadata": {}}


@dataclass
class Upstream:
    """What the stand-in of the data service saw."""

    url: str
    seen: list[tuple[str, str | None]] = field(default_factory=list)


def wait_until(condition: Any, seconds: float = 30.0, step: float = 0.1) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return bool(condition())


ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/data/api/reports/night-1/html": (200, {"Content-Type": "text/html"}, b"<script>1</script><p>report</p>"),
    "/data/api/reports/night-1/notebook": (
        200,
        {"Content-Type": "application/x-ipynb+json", "Content-Disposition": "inline"},
        b"{}",
    ),
    "/data/api/alerts/1127174604415015005/cutouts/science.png": (
        200,
        {"Content-Type": "image/png"},
        b"\x89PNG" * 70000,
    ),
    "/data/api/plans/7/export?format=csv": (
        200,
        {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="plan-7.csv"'},
        b"field_id\n1\n",
    ),
    "/data/api/localizations/3/observed/depth.fits": (
        200,
        {"Content-Type": "application/octet-stream", "Content-Disposition": 'attachment; filename="depth.fits"'},
        b"SIMPLE",
    ),
    "/data/api/reports/hidden/html": (404, {}, b'{"error": {"message": "secret detail"}}'),
    "/data/api/reports/moved/html": (302, {"Location": "http://127.0.0.1:9/steal"}, b""),
    "/data/api/reports/broken/html": (500, {}, b"Traceback: secret"),
    "/data/docs": (200, {"Content-Type": "text/html"}, b"<title>API</title>"),
    "/data/openapi.json": (200, {"Content-Type": "application/json"}, b"{}"),
}


def _handler(record: list[tuple[str, str | None]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            record.append((self.path, self.headers.get("Authorization")))
            status, headers, body = ANSWERS.get(self.path, (404, {}, b""))
            if "gzip" in self.headers.get("Accept-Encoding", "") and status == 200:
                body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
            self.send_response(status)
            for name, value in {**headers, "Set-Cookie": "upstream=1", "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

    return Handler


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A small server in the place of the data service."""
    record: list[tuple[str, str | None]] = []
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(record))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield Upstream(f"http://127.0.0.1:{httpd.server_address[1]}/data", record)
    httpd.shutdown()
    httpd.server_close()


def _environment(prefix: Path, upstream: Upstream) -> dict[str, str]:
    folders = {name: str(prefix / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "SKYHUB"))}
    return {
        **clean,
        **folders,
        "JUPYTER_CONFIG_PATH": str(prefix / "etc" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(prefix / "runtime"),
        "SKYHUB_URL": upstream.url,
        "SKYHUB_TOKEN": "the-users-token",
    }


def start_server(prefix: Path, upstream: Upstream, *options: str) -> Server:
    """Start a Jupyter server with the extension installed in a fresh prefix and wait until it answers."""
    install(prefix)
    root, port, token = prefix / "home", free_port(), secrets.token_hex(16)
    root.mkdir()
    command = [sys.executable, "-m", "jupyter_server", f"--port={port}", "--ServerApp.base_url=/user/ann/"]
    command += [f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={token}", "--no-browser", "--allow-root"]
    log = prefix / "server.log"
    with log.open("wb") as stream:
        environment = _environment(prefix, upstream)
        process = subprocess.Popen([*command, *options], env=environment, stdout=stream, stderr=stream)
    server = Server(f"http://127.0.0.1:{port}/user/ann/", token, root, process, log)
    if not wait_until(lambda: process.poll() is not None or _answers(server), 60) or process.poll() is not None:
        pytest.fail(f"the Jupyter server did not start:\n{log.read_text()}")
    return server


def _answers(server: Server) -> bool:
    try:
        return server.get("api/status").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Server]:
    """A Jupyter server with the extension; it ends with its kernels."""
    if not STATIC.exists():
        pytest.skip("the front end has not been built: run `make install`")
    running = start_server(tmp_path_factory.mktemp("server"), upstream, "--SkyhubPages.cull_timeout=4")
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without any traffic of its own."""
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is missing")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield running
        running.close()
