"""The page of an object in the browser: from the click to a usable light curve, from another view, and its data.

    .venv/bin/python benchmarks/source_page.py [--loads 7] [--rounds 12] [--reads 100] [--json]

Starts a hub of its own with the demo night. *Usable* means that the light curve is drawn and that Python has answered to a
width of bins that was chosen in the page; milliseconds from the navigation, warm (the first two loads of each page are
dropped), the user's server running. The whole page takes turns with itself: our dashboard with a kernel forked from the
zygote; the same page and template with a plain kernel on the same server; and the same page with Voilà's default template
and a plain kernel on a Jupyter server as it comes. Beside them a notebook that shows the same object's light curve and
nothing else of the page, on that last server. *From another view* is the click on a link to the object in the open
dashboard until its heading and light curve are there, which includes reading it; *data* are the milliseconds of that
reading alone, as a client sees them, and the bytes that travel.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import time
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from scan import (
    ARGUMENTS,
    DASHBOARD,
    SCANNER,
    Hub,
    Visit,
    hub_with,
    measure_loads,
    report_loads,
    spread,
    stock_server,
    write_plain,
)
from skyhub.client import Sky, Transport

PAGE = """from skyhub_widgets.dashboard import Dashboard

Dashboard()"""
LIGHT_CURVE = """import skyhub
from skyhub_widgets import LightCurve

sky = skyhub.connect()
LightCurve(sky.source({object_id!r})["photometry"])"""
PROBE = """
const look = () => {
  const [stage, overlay] = [".skyhub-lc-canvas", ".skyhub-lc-overlay"].map((name) => document.querySelector(name));
  const label = overlay?.getAttribute("aria-label");
  if (stage?.width > 0 && label && !label.includes(": 0 detections")) {
    window.firstDrawn ??= performance.now();
    if (!window.asked) {
      window.asked = label;
      const input = document.querySelector('input[aria-label^="Width of bins"]');
      input.value = "1000";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (label !== window.asked) { window.usableAfter = performance.now(); return; }
  }
  requestAnimationFrame(look);
};
if (window === window.top) requestAnimationFrame(look);
"""
FOLLOW = """async (name) => {
  const link = document.createElement("a");
  link.setAttribute("href", `?view=source&object_id=${name}`);
  document.body.append(link);
  document.querySelector(".skyhub-lc-overlay")?.removeAttribute("aria-label"); // each light curve that comes writes it anew
  const begin = performance.now();
  link.click();
  link.remove();
  for (;;) {
    await new Promise(requestAnimationFrame);
    const shown = [...document.querySelectorAll("main h2")].some((e) => e.getClientRects().length && e.textContent === name);
    const label = document.querySelector(".skyhub-lc-overlay")?.getAttribute("aria-label");
    if (shown && label && !label.includes(": 0 detections")) return performance.now() - begin;
  }
}"""


def read_data(hub: Hub, object_id: str, reads: int) -> dict[str, Any]:
    """Milliseconds and bytes of what the service answers about an object."""
    url = f"{hub.url}/services/data/api/objects/{object_id}"
    took = []
    with httpx.Client(headers={"Authorization": f"Bearer {hub.token(SCANNER)}"}, trust_env=False) as client:
        for _ in range(reads + 5):
            begin = time.perf_counter()
            answer = client.get(url)
            took.append(1e3 * (time.perf_counter() - begin))
    answer.raise_for_status()
    return {"milliseconds": took[5:], "bytes": len(answer.content)}


def most_observed(hub: Hub, count: int) -> list[str]:
    """The objects that have most alerts of those that the viewer sees."""
    sql = "SELECT object_id FROM alerts GROUP BY object_id ORDER BY count(*) DESC, object_id LIMIT ?"
    with Sky(Transport(f"{hub.url}/services/data", hub.token(SCANNER))) as sky:
        return [str(row["object_id"]) for row in sky.sql(sql, [count]).to_rows()]


def measure_views(page: Page, names: list[str], rounds: int) -> list[float]:
    """Milliseconds from Home to the page of an object; the first visit, which builds the view, is left out."""
    took = []
    for turn in range(rounds + 1):
        page.get_by_role("link", name="Home").click()
        page.wait_for_timeout(300)
        took.append(float(page.evaluate(FOLLOW, names[turn % len(names)])))
        page.wait_for_timeout(300)
    return took[1:]


def measure(hub: Hub, loads: int, rounds: int, reads: int) -> dict[str, Any]:
    """Everything, in one run."""
    chromium = shutil.which("chromium") or sys.exit("Chromium is missing: apt-get install chromium")
    hub.start_server(SCANNER)
    names = most_observed(hub, 5)
    user = f"{hub.url}/user/{SCANNER}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        visit = Visit(browser.new_context(viewport={"width": 1400, "height": 900}), hub, SCANNER)
        page = visit.open("view=home")
        page.get_by_role("link", name="Home").wait_for()
        views = measure_views(page, names, rounds)
        page.goto("about:blank")
        shown = f"view=source&object_id={names[0]}"
        write_plain(hub.data_dir / "homes" / SCANNER / "bench" / "page.ipynb", PAGE, "skyhub")
        alone = {"page": PAGE, "curve": LIGHT_CURVE.format(object_id=names[0])}
        with stock_server(hub, alone) as stock:
            pages = {
                "page, zygote kernel": f"{user}/{DASHBOARD}?{shown}",
                "page, plain kernel, our server": f"{user}/voila/render/bench/page.ipynb?{shown}",
                "page, plain kernel, stock server": f"{stock['page']}&{shown}",
                "light curve alone, plain kernel, stock server": stock["curve"],
            }
            loaded = measure_loads(visit.context, pages, loads, PROBE)
        browser.close()
    return {"loads": loaded, "views": views, "data": read_data(hub, names[0], reads)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=7, help="loads of each page that count")
    parser.add_argument("--rounds", type=int, default=12, help="visits from another view")
    parser.add_argument("--reads", type=int, default=100, help="readings of the data")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with hub_with(0) as hub:
        result = measure(hub, arguments.loads, arguments.rounds, arguments.reads)
    if arguments.json:
        print(json.dumps(result))
        return
    report_loads(result, "click on an object to usable, warm")
    print(f"{'from another view to the object':48s}{spread(result['views'])} ms")
    data = result["data"]
    print(f"{'data':48s}{statistics.median(data['milliseconds']):.1f} ms, {data['bytes'] / 1e3:.1f} kB")


if __name__ == "__main__":
    main()
