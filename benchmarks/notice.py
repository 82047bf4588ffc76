"""From a notice's file to all of it on a page Events that is open in Chromium, in a hub of its own.

    .venv/bin/python benchmarks/notice.py [--maps ../shared/data/skymaps] [--sources 100000] [--galaxies 10000] [--json]

Objects all over the sky that were first detected in the days after an event, and galaxies, are stored, and a scanner looks at the
event. Then notices of it come, each with another map: those of real events in three dimensions, as they are and turned about the
poles. A round begins when the file is read, to be sent to the data service, and ends with the last change of the page: the map's
name and areas, its contours, the counterparts ranked anew, the galaxies. That the first of the counterparts that are shown is the
one that the service names is looked at in each round. *Stored* is when the service has answered to who brought the notice.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hub"))

import numpy as np
from discovery import fill, notice_of
from hub_support import Hub, Visit, end_hub, start_hub
from playwright.sync_api import Page, sync_playwright
from scan import ARGUMENTS
from skyhub.client import Sky, Transport
from skyhub.science.skymaps import SkyMap, read_sky_map, write_sky_map
from skyhub.service import open_database

SCANNER, EVENT = "scanner-ztf", "S261122a"
MAPS = (
    "S190814bv_GW190814_bayestar.multiorder.fits",
    "S190425z_GW190425_bayestar.fits.gz",
    "GW170817_LALInference.multiorder.fits",
)
QUARTERS = 4
_BASE = 4**29
QUIET_MS = 1500
GOAL_S = 3.0
_WATCH = """() => {
  window.lastChange = Date.now();
  new MutationObserver(() => { window.lastChange = Date.now(); }).observe(
    document.body, { childList: true, subtree: true, characterData: true, attributes: true });
}"""
_COUNTERPARTS = ".skyhub-table:has(.tabulator-col[tabulator-field=level_volume])"
_FIRST = (
    f"""() => document.querySelector("{_COUNTERPARTS} .tabulator-row [tabulator-field=object_id]")?.innerText.trim()"""
)
_SETTLED = """([text, quiet]) => document.body.innerText.includes(text) && Date.now() - window.lastChange > quiet"""


def turned(sky_map: SkyMap, quarters: int) -> SkyMap:
    """The map turned by so many times 90° about the poles: base cells of HEALPix take each other's place."""
    base, within = np.divmod(sky_map.low, _BASE)
    moved = 4 * (base // 4) + (base % 4 + quarters) % 4
    order = 29 - np.round(np.log2(sky_map.high - sky_map.low) / 2).astype(int)
    cells = (moved * _BASE + within) // (sky_map.high - sky_map.low)
    return SkyMap.of_cells(order, cells, sky_map.density, sky_map.distances, sky_map.facts)


def notices(maps: Path, folder: Path) -> Iterator[Path]:
    """Files of notices of the event, each with another map; the first map as it is came with the event."""
    for number, (quarter, name) in enumerate(product(range(QUARTERS), MAPS)):
        if number:
            path = folder / f"{number}.json"
            sky_map = turned(read_sky_map(maps / name), quarter)
            path.write_text(json.dumps(notice_of(write_sky_map(sky_map), "UPDATE", f"2026-11-22T03:{10 + number}:00Z")))
            yield path


def measure(hub: Hub, page: Page, path: Path) -> dict[str, float]:
    """Seconds until one notice is stored and until the page has changed for the last time, and what is inside of its map."""
    operator, scanner = (Sky(Transport(f"{hub.url}/services/data", hub.token(name))) for name in ("admin", SCANNER))
    with operator, scanner:
        page.evaluate(_WATCH)
        begin = time.time()
        answer = operator.events.ingest(path)
        stored = time.time() - begin
        number = answer["localizations"][0]["localization_id"]
        page.wait_for_function(_SETTLED, arg=[f"Map {number},", QUIET_MS], timeout=120_000)
        seen = page.evaluate("window.lastChange") / 1e3 - begin
        objects, galaxies = scanner.events.counterparts(EVENT), scanner.events.galaxies(EVENT)
    [shown, expected] = page.evaluate(_FIRST), objects.to_rows()[0]["object_id"] if len(objects) else None
    if shown != expected:
        raise SystemExit(f"the page shows {shown} first, the service names {expected}")
    area = answer["localization"]["area_90"]
    return {"stored": stored, "seen": seen, "area_90": area, "objects": len(objects), "galaxies": len(galaxies)}


def rounds(hub: Hub, maps: Path) -> list[dict[str, float]]:
    """All notices, one after the other, while a scanner looks at the event."""
    chromium = shutil.which("chromium") or sys.exit("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = Visit(browser.new_context(viewport={"width": 1400, "height": 900}), hub, SCANNER).open(
            f"view=events&event={EVENT}"
        )
        page.wait_for_selector(f"{_COUNTERPARTS} .tabulator-row", timeout=60_000)
        found = [measure(hub, page, path) for path in notices(maps, Path(folder))]
        browser.close()
    return found


def report(found: list[dict[str, float]]) -> None:
    """Print each notice, and the medians."""
    for one in found:
        print(f"  90 % in {one['area_90']:9,.1f} deg²: {one['objects']:4} objects and {one['galaxies']:4} galaxies inside; "
              f"stored {one['stored']:.2f} s, seen {one['seen']:.2f} s")  # fmt: skip
    stored, seen = (statistics.median(one[name] for one in found) for name in ("stored", "seen"))
    print(f"median of {len(found)} notices: stored {stored:.2f} s, seen {seen:.2f} s (goal: {GOAL_S:g} s)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(__file__).resolve().parents[2] / "shared" / "data" / "skymaps"
    parser.add_argument("--maps", type=Path, default=shared)
    for name, count in (("sources", 100_000), ("galaxies", 10_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skyhub-", ignore_cleanup_errors=True) as name:
        data_dir = Path(name) / "data"
        with open_database(data_dir) as db:
            fill(db, given.maps / MAPS[0], given.sources, given.galaxies)
        hub = start_hub(data_dir)
        try:
            found = rounds(hub, given.maps)
        finally:
            end_hub(hub)
    print(json.dumps(found)) if given.json else report(found)


if __name__ == "__main__":
    main()
