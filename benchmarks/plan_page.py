"""The page Plan on S190425z with ZTF: previews and timelines as the page asks for them, and drawing what comes.

    .venv/bin/python benchmarks/plan_page.py [--data ../shared/data] [--json]

A service with ZTF's grid and the map answers over HTTP, with a token and rights. *Preview* is a draft with one wish changed,
map and grid warm: a wish that leaves as it is when fields can be observed (the gap, the most fields), or one that does not (the
airmass); the seconds that the planner tells are its own, without the way there and back. *Show* is what the kernel does with a
plan; *redraw* what Chromium does from the new data until both plots are drawn.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from skyhub.client import Sky, Transport
from skyhub.client._plans import Plan
from skyhub.facilities import read_grid
from skyhub.service import open_database, serving
from skyhub_widgets import PlanFigures

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "widgets"))

START = "2019-04-25T08:18:05"
ROUNDS = 15
WISHES: dict[str, Callable[[int], dict[str, Any]]] = {
    "preview, gap": lambda n: {"gap": 30 + n / 10},
    "preview, most fields": lambda n: {"max_fields": 30 + n},
    "preview, airmass": lambda n: {"airmass": 2.5 - n / 50},
    "preview, 30 s, gap": lambda n: {"exposure": 30, "gap": 30 + n / 10},
}


def milliseconds(work: Iterable[Callable[[], Any]]) -> dict[str, float]:
    """Median and 95 % of some calls."""
    taken = []
    for call in work:
        begun = time.perf_counter()
        call()
        taken.append(1e3 * (time.perf_counter() - begun))
    return {"p50_ms": round(float(np.median(taken)), 1), "p95_ms": round(float(np.quantile(taken, 0.95)), 1)}


def asked_of(sky: Sky, data: Path) -> Callable[..., Any]:
    """What drafts a preview of the map with ZTF."""
    survey = data / "survey" / "skyportal"
    grid = [{"field_id": f.field_id, "ra": f.ra, "dec": f.dec} for f in read_grid(survey / "ZTF_Fields.csv").fields]
    sky.instruments.set_fields("ZTF", grid, (survey / "ZTF_Square_Region.reg").read_text())
    kept = sky.localizations.add(data / "skymaps" / "S190425z_GW190425_bayestar.fits.gz", name="bayestar")

    def draft(**wishes: Any) -> Any:
        asked = {"hours": 24, "exposure": 300, "method": "preview", **wishes}
        return sky.plans.draft(kept["localization_id"], "ZTF", START, ["g", "r"], **asked)

    return draft


def in_browser(figures: PlanFigures) -> dict[str, float]:
    """Milliseconds from new data until the sky and the timeline are drawn, in Chromium."""
    from conftest import ARGUMENTS, CHROMIUM, ORIGIN, _serve, state_of
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.route("**/*", _serve)
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("globalThis.ready")
        for name, widget in (("plan", figures.timeline), ("skyplot", figures.sky)):
            page.evaluate(
                f"async () => {{ globalThis.{name} = await mount('{name}', {json.dumps(state_of(widget))}, {{views: 1}}); }}"
            )
        taken = page.evaluate(f"""async () => {{
            const found = [];
            for (let k = 0; k < {ROUNDS}; k += 1) {{
                const begun = performance.now();
                for (const one of [plan, skyplot]) one.model.set("data", structuredClone(one.model.get("data")));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                found.push(performance.now() - begun);
            }}
            return found;
        }}""")
        browser.close()
    return {"p50_ms": round(float(np.median(taken)), 1), "p95_ms": round(float(np.quantile(taken, 0.95)), 1)}


def _planned(draft: Callable[..., Any], wishes: dict[str, Any], planned: list[float]) -> None:
    planned.append(draft(**wishes)["seconds"])


def measured(sky: Sky, data: Path) -> dict[str, Any]:
    """All figures by their names."""
    draft = asked_of(sky, data)
    found: dict[str, Any] = {"first preview": milliseconds([draft])}
    for name, wish in WISHES.items():
        draft(**wish(0))
        planned: list[float] = []
        calls = (partial(_planned, draft, wish(n), planned) for n in range(1, ROUNDS + 1))
        found[name] = milliseconds(calls) | {"planner_p50_ms": round(1e3 * float(np.median(planned)), 1)}
    for exposure in (300, 30):
        found |= drawn(sky, draft(exposure=exposure))
    return found


def drawn(sky: Sky, plan: Plan) -> dict[str, Any]:
    """Figures of the way of a plan to the screen."""
    timeline = sky.plans.timeline(plan)
    figures = PlanFigures(plan, timeline)
    count = f"{plan['n_observations']} observations"
    return {
        f"timeline, {count}": milliseconds([lambda: sky.plans.timeline(plan)] * ROUNDS),
        f"show, {count}": milliseconds([lambda: figures.show(plan, timeline)] * ROUNDS),
        f"redraw, {count}": in_browser(figures),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="with skymaps/ and survey/")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "data") as db, serving(db) as address:
        figures = measured(Sky(Transport(address.url, address.token)), given.data)
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        own = f", planner {value['planner_p50_ms']:,.1f} ms" if "planner_p50_ms" in value else ""
        print(f"{name:34} {value['p50_ms']:9,.1f} ms, 95 % {value['p95_ms']:9,.1f} ms{own}")


if __name__ == "__main__":
    main()
