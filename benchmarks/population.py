"""The population explorer with a hundred thousand points: the statement of the service, the widget, the browser.

    .venv/bin/python benchmarks/population.py [--rows 100000] [--json]

The service has one night in which every object is a candidate, with eight points in two filters. In Chromium a page draws the
plot and the range of a histogram is moved; what is measured is the work from the move to the end of drawing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from candidates import append
from search import EPOCHS, points
from skyhub.candidates import Selection, add_filter, population
from skyhub.db import Database, Viewer
from skyhub.photometry import add_up
from skyhub.service import open_database
from skyhub.team import add_groups
from skyhub_widgets import PopulationPlot

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "widgets"))

NIGHT = date(2026, 11, 21)
MEMBER = Viewer("member", frozenset({"transients"}), scopes=frozenset({"view"}))
MOVES = 40


def build(db: Database, n: int) -> None:
    """One night of candidates, and their points."""
    add_groups(db, {"transients": []})
    add_filter(db, "all", "mag < 99", "transients")
    [row] = db.reader.rows(MEMBER, "SELECT filter_id FROM @filters WHERE name = 'all'")
    rng = np.random.default_rng(11)
    names = np.array([f"ZTF26{number:08d}" for number in range(n)])
    owned = np.zeros(n, np.int32)
    append(db, "candidates", pa.table({
        "candidate_id": 1 + np.arange(n), "candid": 10**18 + np.arange(n), "survey": ["ZTF"] * n, "object_id": names,
        "filter_id": np.full(n, row["filter_id"], np.int64), "dayobs": [NIGHT] * n, "mjd": 61366 + rng.random(n),
        "ra": rng.uniform(0, 360, n), "dec": rng.uniform(-30, 90, n), "filter": ["ztfr"] * n, "mag": rng.uniform(16, 20.5, n),
        "rb": rng.random(n), "drb": rng.random(n), "acl": owned,
    }))  # fmt: skip
    for epoch in range(EPOCHS):
        for band in ("ztfg", "ztfr"):
            fresh = points(names, owned, epoch, band, rng)
            db.writer.write(lambda t, fresh=fresh: add_up(t, fresh))  # type: ignore[misc]


def seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """The median time of a call."""
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken))


def in_browser(plot: PopulationPlot) -> dict[str, float]:
    """Milliseconds of drawing after each move of a range, in Chromium."""
    from conftest import ARGUMENTS, CHROMIUM, ORIGIN, _serve, state_of
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.route("**/*", _serve)
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("globalThis.ready")
        page.evaluate(
            f"async () => {{ globalThis.w = await mount('population', {json.dumps(state_of(plot))}, {{views: 1}}); }}"
        )
        page.wait_for_selector(".skyhub-pop[data-drawn]")
        taken = page.evaluate(f"""async () => {{
            const found = [];
            for (let k = 0; k < {MOVES}; k += 1) {{
                const begun = performance.now();
                w.model.set("ranges", {{drb: [k / {2 * MOVES}, 0.9]}});
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                found.push(performance.now() - begun);
            }}
            return found;
        }}""")
        drawn = float(page.get_attribute(".skyhub-pop", "data-drawn-ms") or "nan")
        browser.close()
    return {"move_p50_ms": float(np.median(taken)), "move_p95_ms": float(np.quantile(taken, 0.95)), "draw_ms": drawn}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder)) as db:
        build(db, given.rows)
        table = population(db, MEMBER, Selection(dayobs=NIGHT))
        figures = {"rows": len(table), "service_s": seconds(lambda: population(db, MEMBER, Selection(dayobs=NIGHT)))}
    plot = PopulationPlot(table)
    figures["widget_s"] = seconds(lambda: PopulationPlot(table))
    figures["bytes"] = sum(len(column["values"]) for column in plot.columns) + len(plot.labels)
    plot.ranges = {"drb": [0.2, 0.9]}
    region = {"x": plot.x, "y": plot.y, "outline": [[0, -1], [1, -1], [1, 1], [0, 1]] * 20}
    figures["lasso_of_80_corners_s"] = seconds(lambda: setattr(plot, "region", region if plot.region is None else None))
    figures |= in_browser(plot)
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value:,.4g}")


if __name__ == "__main__":
    main()
