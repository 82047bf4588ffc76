"""The light curve in the browser: how long it takes to show a change.

    .venv/bin/python benchmarks/lightcurve.py [--points 1000 100000] [--repeats 15] [--json]

Mounts the built widget in a bare page of headless Chromium (canvas in software, about 980 × 320 CSS pixels). Medians in
milliseconds from the change until the frame that shows it is painted, so up to 16.7 ms of each are waiting for the next
frame: of a step of the wheel (*zoom*), from magnitude to flux (*flux*), another period of a folded light curve with every
point drawn twice (*fold*), and all points anew from the buffers that Python sends (*buffers*).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "widgets"))

import numpy as np
from conftest import ARGUMENTS, CHROMIUM, ORIGIN, _serve, state_of
from playwright.sync_api import Browser, sync_playwright
from skyhub_widgets import LightCurve

MEASURE = """async (repeats) => {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const { model } = globalThis.w;
  const canvas = document.querySelector(".skyhub-lc-overlay");
  const zoom = (i) => {
    const place = { clientX: 400, clientY: 200, cancelable: true };
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: i % 2 ? 60 : -60, ...place }));
  };
  const whole = { zoom: [], fold: [], flux: [], buffers: [] };
  const timed = async (times, change) => {
    const begin = performance.now();
    change();
    await painted();
    times.push(performance.now() - begin);
  };
  for (let i = 0; i < repeats; i += 1) await timed(whole.zoom, () => zoom(i));
  for (let i = 0; i < repeats; i += 1) await timed(whole.flux, () => model.set("y_axis", i % 2 ? "mag" : "flux"));
  for (let i = 0; i < repeats; i += 1) await timed(whole.buffers, () => model.set("data", { ...model.get("data") }));
  model.set("x_axis", "phase");
  for (let i = 0; i < repeats; i += 1) await timed(whole.fold, () => model.set("period", 0.5 + i / 1000));
  model.set("x_axis", "mjd");
  await painted();
  return Object.fromEntries(Object.entries(whole).map(([name, times]) => [name, median(times)]));
}"""


def points(n: int) -> dict[str, Any]:
    """A light curve of two filters over 2,000 days, with errors and some limits."""
    rng = np.random.default_rng(3)
    mag = np.where(rng.random(n) < 0.9, rng.normal(19, 0.5, n), np.nan)
    return {
        "mjd": np.sort(rng.uniform(59000, 61000, n)),
        "filter": np.array(["ztfg", "ztfr"])[rng.integers(0, 2, n)],
        "mag": mag,
        "magerr": np.full(n, 0.1),
        "limiting_mag": np.full(n, 20.5),
    }


def measured(browser: Browser, n: int, repeats: int) -> dict[str, float]:
    """Medians (ms) of a light curve of n points."""
    page = browser.new_context(viewport={"width": 1000, "height": 500}).new_page()
    page.route("**/*", _serve)
    page.goto(f"{ORIGIN}/")
    page.wait_for_function("globalThis.ready")
    state = json.dumps(state_of(LightCurve(points(n), period=0.5)))
    page.evaluate(f"async () => {{ globalThis.w = await mount('lightcurve', {state}, {{}}); }}")
    page.wait_for_timeout(300)
    found: dict[str, float] = page.evaluate(MEASURE, repeats)
    page.context.close()
    return {"points": n, **{name: round(value, 1) for name, value in found.items()}}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        rows = [measured(browser, n, arguments.repeats) for n in arguments.points]
        browser.close()
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f"{'points':>8}{'zoom':>9}{'flux':>9}{'fold':>9}{'buffers':>9}   ms, change to screen")
    for row in rows:
        print(f"{row['points']:>8}" + "".join(f"{row[name]:>9}" for name in ("zoom", "flux", "fold", "buffers")))


if __name__ == "__main__":
    main()
