"""Time from navigation to a usable page: our template against Voilà's default one, in one run.

Usable means: the browser has drawn an anywidget, a programmatic click in it has gone to Python, and Python's answer
is in the DOM. Both servers run side by side, Chromium loads them in turn. Warm loads share one browser profile (the
first two are dropped), cold loads have a new profile each. Requests that would leave the machine fail at once, which
favours the default template: its stylesheets come from a CDN.

    .venv/bin/python benchmarks/page.py [--warm 7] [--cold 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from skyhub.kernels import install_kernelspec, start_zygote, stop_zygote
from skyhub.ports import free_port
from skyhub.userserver import install

CELL = '''
import anywidget, traitlets

class Probe(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      const button = document.createElement("button");
      button.id = "probe";
      button.onclick = () => { model.set("asked", 1); model.save_changes(); };
      model.on("change:answered", () => { window.usableAfter ??= performance.now(); });
      el.append(button);
      setTimeout(() => button.click());
    } }
    """
    asked = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("asked")
    def _answer(self, change):
        self.answered = 1

Probe()
'''
ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
]


@dataclass(frozen=True)
class Variant:
    """A page of a running server."""

    name: str
    url: str


def write_notebook(folder: Path, name: str, template: str, kernel: str) -> None:
    """Write the light page: one cell, one anywidget."""
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "voila": {"template": template},
            "kernelspec": {"name": kernel, "display_name": kernel, "language": "python"},
        },
        "cells": [
            {"cell_type": "code", "id": "probe", "source": CELL, "outputs": [], "execution_count": None, "metadata": {}}
        ],
    }
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def without_extension(prefix: Path) -> None:
    """Keep the extension out of a server, even if this environment has it switched on."""
    file = install(prefix)
    file.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"skyhub.userserver": False}}}))


@contextmanager
def jupyter_server(prefix: Path) -> Iterator[tuple[str, str]]:
    """A Jupyter server whose configuration is in the prefix; yields its address and token."""
    port = free_port()
    token = secrets.token_hex(16)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")},
        "JUPYTER_CONFIG_PATH": str(prefix / "etc" / "jupyter"),
        "JUPYTER_PATH": str(prefix / "share" / "jupyter"),
        **{name: str(prefix / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")},
    }
    command = [sys.executable, "-m", "jupyter_server", f"--port={port}", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={prefix}", f"--IdentityProvider.token={token}", "--log-level=ERROR"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_for(f"{url}api/status?token={token}")
        yield url, token
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, seconds: float = 60.0) -> None:
    """Wait until an address answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def load(context: BrowserContext, url: str) -> float:
    """Milliseconds from navigation until Python's answer is in the DOM."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.usableAfter !== undefined", timeout=120_000)
    value = float(page.evaluate("window.usableAfter"))
    page.goto("about:blank")
    page.close()
    time.sleep(0.5)
    return value


def measure(browser: Browser, variants: list[Variant], warm: int, cold: int) -> dict[str, dict[str, list[float]]]:
    """Warm and cold times of every variant, the variants taking turns."""
    result: dict[str, dict[str, list[float]]] = {v.name: {"warm": [], "cold": []} for v in variants}
    contexts = {variant.name: browser.new_context() for variant in variants}
    for turn in range(warm + 2):
        for variant in variants:
            value = load(contexts[variant.name], variant.url)
            if turn >= 2:
                result[variant.name]["warm"].append(value)
    for _ in range(cold):
        for variant in variants:
            context = browser.new_context()
            result[variant.name]["cold"].append(load(context, variant.url))
            context.close()
    return result


def report(result: dict[str, dict[str, list[float]]], reference: str) -> None:
    """Print medians and the ratio to the reference."""
    print(f"{'variant':44s} {'warm ms (median, min–max, n)':34s} {'cold ms':34s} ratio warm / cold")
    for name, times in result.items():
        texts, ratios = [], []
        for kind in ("warm", "cold"):
            values = times[kind]
            middle = statistics.median(values)
            texts.append(f"{middle:7.0f} ({min(values):.0f}–{max(values):.0f}, {len(values)})")
            ratios.append(statistics.median(result[reference][kind]) / middle)
        print(f"{name:44s} {texts[0]:34s} {texts[1]:34s} {ratios[0]:.2f} / {ratios[1]:.2f}")


def variants_of(ours: tuple[str, str], default: tuple[str, str]) -> list[Variant]:
    """The pages that are compared; the first is the reference."""

    def page(server: tuple[str, str], name: str) -> str:
        return f"{server[0]}voila/render/{name}.ipynb?token={server[1]}"

    return [
        Variant("default template, plain kernel", page(default, "lab-plain")),
        Variant("default template, zygote kernel", page(default, "lab-zygote")),
        Variant("our template, plain kernel", page(ours, "own-plain")),
        Variant("our template, zygote kernel", page(ours, "own-zygote")),
    ]


def run(folder: Path, arguments: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Set the two servers and the browser up, and measure."""
    prefixes = {"ours": folder / "ours", "default": folder / "default"}
    for name, prefix in prefixes.items():
        install_kernelspec(prefix)
        template = {"ours": "skyhub", "default": "lab"}[name]
        short = {"ours": "own", "default": "lab"}[name]
        write_notebook(prefix, f"{short}-plain", template, "python3")
        write_notebook(prefix, f"{short}-zygote", template, "skyhub")
    install(prefixes["ours"])
    without_extension(prefixes["default"])
    chromium = shutil.which("chromium") or sys.exit("Chromium is missing: apt-get install chromium")
    with (
        jupyter_server(prefixes["ours"]) as ours,
        jupyter_server(prefixes["default"]) as default,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        return measure(browser, variants_of(ours, default), arguments.warm, arguments.cold)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warm", type=int, default=7, help="warm loads of each page that count")
    parser.add_argument("--cold", type=int, default=3, help="cold loads of each page")
    parser.add_argument("--json", action="store_true", help="print all times as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        os.environ["SKYHUB_ZYGOTE_SOCKET"] = str(Path(name) / "zygote.sock")
        start_zygote()
        try:
            result: dict[str, Any] = run(Path(name), arguments)
        finally:
            stop_zygote()
    if arguments.json:
        print(json.dumps(result))
    else:
        report(result, "default template, plain kernel")


if __name__ == "__main__":
    main()
