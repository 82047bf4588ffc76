"""Scanning in the browser: from the click to a usable Scan, from view to view, from key to the next candidate.

    .venv/bin/python benchmarks/scan.py [--loads 7] [--keys 200] [--candidates 0] [--json]

Starts a hub of its own with the demo night; with ``--candidates``, a further night of so many objects with the demo's
cutouts and a light curve each (``--loads 0 --candidates 10000 --keys 1000`` looks at a long queue alone). *Usable* means
that the first candidate is drawn and that a key pressed in the page has drawn the next one; milliseconds from the
navigation, warm (the first two loads of each page are dropped), the user's server running. Three pages with the same
scanner take turns: our dashboard (own template and bundle, kernel forked from the zygote), a notebook with Voilà's
default template and a plain kernel on the same server, which gives it our handling of static files and kernels, and the
same notebook on a Jupyter server as it comes, without the hub's proxy in between. Requests that would leave the machine
fail at once, which favours the default template: its stylesheets come from a CDN.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hub"))

import nbformat
import numpy as np
from candidates import FIRST_NIGHT, alert_rows, append, candidate_rows, light_curves, object_rows
from hub_support import DASHBOARD, Hub, Visit, end_hub, start_hub
from page import jupyter_server, without_extension
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright
from skyhub.db import ADMINISTRATOR, Database
from skyhub.hub import DEMO_NIGHT, load_demo
from skyhub.service import open_database

SCANNER = "scanner-ztf"
POINTS_EACH = 12
STORED = (
    "pack",
    "packet_at",
    "packet_size",
    *(f"{k}_{p}" for k in ("science", "template", "difference") for p in ("at", "size")),
)
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-precise-memory-info"),
]
DEFAULT_CELL = """import skyhub
from skyhub_widgets import CandidateScanner

sky = skyhub.connect()
CandidateScanner(sky.candidates, user=sky.me()["name"], key_scope="page")"""
DROPPED = 2
SETTLED = 70
"""Candidates after which the browser's stores of cards and images are full."""
EIGHTHS = 8
"""How often the heap is looked at, besides."""

PROBE = """
const look = () => {
  const root = document.querySelector(".skyhub-scanner");
  const drawn = root?.querySelector(".skyhub-cutouts img")?.complete && root.querySelector("canvas")?.width > 0;
  if (drawn) {
    window.firstDrawn ??= performance.now();
    if (!window.asked) {
      window.asked = true;
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true, cancelable: true }));
    }
    if (root.dataset.drawnCount) { window.usableAfter = performance.now(); return; }
  }
  requestAnimationFrame(look);
};
if (window === window.top) requestAnimationFrame(look);
"""
SWITCH = """async ([name, shown]) => {
  const link = [...document.querySelectorAll(".skyhub-links a")].find((a) => a.textContent === name);
  const begin = performance.now();
  link.click();
  for (;;) {
    await new Promise(requestAnimationFrame);
    const found = [...document.querySelectorAll(shown)].some((e) => e.getClientRects().length && e.textContent.includes(
      name === "Home" ? "JupyterLab" : name === "Scan" ? "" : name));
    if (found) return performance.now() - begin;
  }
}"""
VIEWS = (("Home", ".skyhub-tiles"), ("Sources", "main h2"), ("Reports", "main h2"), ("Scan", ".skyhub-scanner"))


@contextmanager
def hub_with(n_candidates: int) -> Iterator[Hub]:
    """A hub with the demo night, and after it a night of so many candidates."""
    with tempfile.TemporaryDirectory(prefix="skyhub-", ignore_cleanup_errors=True) as name:
        data_dir = Path(name) / "data"
        if n_candidates:
            load_demo(data_dir)
            with open_database(data_dir) as db:
                add_night(db, n_candidates)
        hub = start_hub(data_dir)
        try:
            yield hub
        finally:
            end_hub(hub)


def add_night(db: Database, n: int) -> None:
    """The night after the demo's: objects that a public filter let through, with cutouts of the demo's alerts."""
    rng = np.random.default_rng(7)
    night = (DEMO_NIGHT - FIRST_NIGHT).days + 1
    [public] = db.reader.rows(ADMINISTRATOR, "SELECT min(filter_id) AS id FROM @filters WHERE group_id IS NULL")
    like = db.reader.query(ADMINISTRATOR, f"SELECT {', '.join(STORED)} FROM @alerts WHERE science_at IS NOT NULL")
    alerts = alert_rows(night, np.arange(n), rng)
    for column in STORED:
        alerts = alerts.append_column(column, like[column].take(np.arange(n) % len(like)))
    append(db, "objects", object_rows(n, rng))
    append(db, "alerts", alerts)
    append(db, "candidates", candidate_rows(night, alerts, [public["id"]], [0], rng))
    for points in light_curves(n, n * POINTS_EACH, rng):
        append(db, "photometry", points)


def write_plain(file: Path, cell: str, template: str = "lab") -> None:
    """A notebook of one cell for a plain kernel, with Voilà's default template unless another one is named."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "voila": {"template": template},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)


@contextmanager
def stock_server(hub: Hub, cells: dict[str, str]) -> Iterator[dict[str, str]]:
    """A Jupyter server without our extension, with the scanner's rights; the addresses of pages of one cell each."""
    prefix = hub.data_dir / "stock"
    for name, cell in cells.items():
        write_plain(prefix / f"{name}.ipynb", cell)
    without_extension(prefix)
    os.environ.update(SKYHUB_URL=f"{hub.url}/services/data", SKYHUB_TOKEN=hub.token(SCANNER))
    with jupyter_server(prefix) as (url, token):
        yield {name: f"{url}voila/render/{name}.ipynb?token={token}" for name in cells}


def load(context: BrowserContext, url: str, probe: str = PROBE) -> tuple[float, float]:
    """Milliseconds until the first candidate was drawn, and until a key had drawn the next."""
    page = context.new_page()
    page.add_init_script(probe)
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.usableAfter !== undefined", timeout=180_000)
    values = page.evaluate("[window.firstDrawn, window.usableAfter]")
    page.goto("about:blank")
    page.close()
    time.sleep(1.5)
    return float(values[0]), float(values[1])


def measure_loads(
    context: BrowserContext, pages: dict[str, str], loads: int, probe: str = PROBE
) -> dict[str, list[tuple[float, float]]]:
    """The pages in turn, the first loads dropped."""
    result: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    for turn in range(loads + DROPPED):
        for name, url in pages.items():
            value = load(context, url, probe)
            if turn >= DROPPED:
                result[name].append(value)
    return result


def measure_views(page: Page, rounds: int = 6) -> dict[str, list[float]]:
    """Milliseconds from view to view of one page; the first visit of each, which builds it, is kept apart."""
    result: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for name, shown in VIEWS:
            milliseconds = page.evaluate(SWITCH, [name, shown])
            result.setdefault(f"{name}, first" if turn == 0 and name != "Scan" else name, []).append(milliseconds)
            page.wait_for_timeout(150)
    return result


def measure_keys(page: Page, session: CDPSession, keys: int) -> dict[str, Any]:
    """Milliseconds from each key to the next candidate drawn, and the heap of the page on the way."""
    scanner = page.locator(".skyhub-scanner")
    drawn: dict[str, list[float]] = {"next (j)": [], "reject (x)": []}
    heap = [(0, heap_of(session))]
    looked = {min(SETTLED, keys), *(keys * part // EIGHTHS for part in range(1, EIGHTHS + 1))}
    for turn in range(keys):
        key = "j" if turn % 2 else "x"
        before = scanner.get_attribute("data-drawn-count") or "0"
        page.keyboard.press(key)
        page.wait_for_function(
            "n => document.querySelector('.skyhub-scanner').dataset.drawnCount > n", arg=int(before), polling=5
        )
        drawn["next (j)" if turn % 2 else "reject (x)"].append(float(scanner.get_attribute("data-drawn-ms") or "nan"))
        page.wait_for_timeout(60)
        if turn + 1 in looked:
            heap.append((turn + 1, heap_of(session)))
    return {"drawn": drawn, "heap": heap}


def heap_of(session: CDPSession) -> float:
    """Megabytes of JavaScript's heap in use after a collection."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def measure(hub: Hub, loads: int, keys: int) -> dict[str, Any]:
    """Everything, in one run."""
    chromium = shutil.which("chromium") or sys.exit("Chromium is missing: apt-get install chromium")
    hub.start_server(SCANNER)
    ours = f"{hub.url}/user/{SCANNER}/{DASHBOARD}?view=scan"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        visit = Visit(browser.new_context(viewport={"width": 1400, "height": 900}), hub, SCANNER)
        page = visit.open("view=scan")
        visit.scanner()
        views = measure_views(page)
        counted = measure_keys(page, visit.context.new_cdp_session(page), keys)
        page.goto("about:blank")
        if not loads:
            browser.close()
            return {"loads": {}, "views": views, **counted}
        write_plain(hub.data_dir / "homes" / SCANNER / "bench" / "scanner.ipynb", DEFAULT_CELL)
        with stock_server(hub, {"scanner": DEFAULT_CELL}) as stock:
            pages = {
                "our template, zygote kernel": ours,
                "default template, plain kernel, our server": f"{hub.url}/user/{SCANNER}/voila/render/bench/scanner.ipynb",
                "default template, plain kernel, stock server": stock["scanner"],
            }
            loaded = measure_loads(visit.context, pages, loads)
        browser.close()
        return {"loads": loaded, "views": views, **counted}


def report(result: dict[str, Any]) -> None:
    """Print medians, spreads and, of several pages, the ratio."""
    if result["loads"]:
        report_loads(result)
    for name, values in result["views"].items():
        print(f"{'view ' + name:48s}{spread(values)} ms")
    print()
    for name, values in result["drawn"].items():
        ordered = sorted(values)
        p50, p95 = ordered[len(ordered) // 2], ordered[int(0.95 * len(ordered))]
        print(f"{'key to next drawn, ' + name:48s}p50 {p50:.0f} ms, p95 {p95:.0f} ms, n {len(ordered)}")
    print(f"{'heap, MB after so many candidates':48s}" + ", ".join(f"{mb:.2f} ({n})" for n, mb in result["heap"]))
    later = result["heap"][-EIGHTHS // 2 :]
    slope = np.polyfit(*np.transpose(later), 1)[0]
    print(f"{'its growth over the second half':48s}{1000 * slope:+.2f} MB for 1000 candidates")


def report_loads(result: dict[str, Any], title: str = "click on Scan to usable, warm") -> None:
    """Print how soon each page was usable."""
    print(f"{title:48s}{'first drawn ms':26s}usable ms (median, min–max, n)")
    for name, values in result["loads"].items():
        first, usable = ([value[i] for value in values] for i in range(2))
        print(f"{name:48s}{spread(first):26s}{spread(usable)}")
    ours, *others = (statistics.median(v[1] for v in values) for values in result["loads"].values())
    print(f"{'ratios to ours':48s}{'':26s}{', '.join(f'{other / ours:.2f}' for other in others)}\n")


def spread(values: list[float]) -> str:
    """Median, range and number."""
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f}, {len(values)})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=7, help="loads of each page that count")
    parser.add_argument("--keys", type=int, default=200, help="keys pressed, one candidate each")
    parser.add_argument("--candidates", type=int, default=0, help="objects of a further night")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with hub_with(arguments.candidates) as hub:
        result = measure(hub, arguments.loads, arguments.keys)
    if arguments.json:
        print(json.dumps(result))
    else:
        report(result)


if __name__ == "__main__":
    main()
