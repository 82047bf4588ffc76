"""Observability of targets in one night from Palomar: masks of skyhub beside those of astroplan, in the same run.

Airmass at most 2, the Sun below −18 deg, the Moon 30 deg away. Each is measured warm, in turn, best and median of trials:
astroplan with its constraints and everything that it caches; skyhub with the sky of the night at hand, as the service keeps it,
and with the sky computed anew.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import astropy_iers_data
import numpy as np
from astroplan import AirmassConstraint, AtNightConstraint, MoonSeparationConstraint, Observer
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers
from skyhub.science.visibility import Constraints, LocalSky, Site, local_sky, observable

PALOMAR = Site(33.3574, -116.8599, 1712)
NIGHTS = (date(2026, 11, 21), date(2026, 6, 28))
CONSTRAINTS = Constraints(airmass=2.0, sun_altitude=-18.0, moon_separation=30.0)


def timed(*works: Callable[[], Any], trials: int) -> list[dict[str, float]]:
    """Best and median (ms) of pieces of work, done in turn."""
    seconds = np.empty((trials, len(works)))
    for work in works:
        work()
    for trial in seconds:
        for k, work in enumerate(works):
            begin = time.perf_counter()
            work()
            trial[k] = time.perf_counter() - begin
    return [{"best_ms": float(s.min()) * 1e3, "median_ms": float(np.median(s)) * 1e3} for s in seconds.T]


def peer(sky: LocalSky, ra: np.ndarray, dec: np.ndarray) -> Callable[[], np.ndarray]:
    """The same question to astroplan."""
    observer = Observer(EarthLocation.from_geodetic(PALOMAR.longitude, PALOMAR.latitude, PALOMAR.elevation))
    obstime, targets = Time(sky.mjd, format="mjd", scale="utc"), SkyCoord(ra, dec, unit="deg")
    asked = [
        AirmassConstraint(CONSTRAINTS.airmass, boolean_constraint=True),
        AtNightConstraint.twilight_astronomical(),
        MoonSeparationConstraint(min=CONSTRAINTS.moon_separation * u.deg),
    ]
    return lambda: np.logical_and.reduce([c(observer, targets, obstime, grid_times_targets=True) for c in asked])


def measure(night: date, count: int, samples: int, trials: int) -> dict[str, Any]:
    """One night: times, and the share of equal cells of the masks."""
    random = np.random.default_rng(night.toordinal())
    ra, dec = random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    mjd = (night - date(1858, 11, 17)).days + 1 + np.linspace(0, 0.6, samples)
    sky = local_sky(PALOMAR, mjd)
    theirs = peer(sky, ra, dec)
    kept, anew, astroplan = timed(
        lambda: observable(sky, ra, dec, CONSTRAINTS),
        lambda: observable(local_sky(PALOMAR, mjd), ra, dec, CONSTRAINTS),
        theirs,
        trials=trials,
    )
    ours, others = observable(sky, ra, dec, CONSTRAINTS), theirs()
    return {
        "night": str(night),
        "targets": count,
        "samples": samples,
        "sky_kept": kept,
        "sky_anew": anew,
        "astroplan": astroplan,
        "observable": int(ours.sum()),
        "cells": ours.size,
        "equal": int((ours == others).sum()),
    }


def report(result: dict[str, Any]) -> None:
    """Print what was measured."""
    kept, anew, peer_ms = (result[name]["median_ms"] for name in ("sky_kept", "sky_anew", "astroplan"))
    print(f"{result['night']}: {result['targets']:,} targets × {result['samples']} times")
    print(f"  sky of the night at hand {kept:.2f} ms, computed anew {anew:.2f} ms; goal: ≤ 10 ms")
    print(f"  astroplan warm {peer_ms:.1f} ms: {peer_ms / kept:.0f} and {peer_ms / anew:.1f} times as long; goal: ≥ 10")
    share = result["equal"] / result["cells"]
    print(f"  {result['observable']:,} cells observable; {share:.4%} of {result['cells']:,} equal; goal: ≥ 99.99 %")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=72)
    parser.add_argument("--trials", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    table = iers.IERS_A.open(astropy_iers_data.IERS_A_FILE)
    with warnings.catch_warnings(), iers.conf.set_temp("auto_download", False), iers.earth_orientation_table.set(table):
        warnings.filterwarnings("ignore", message="transforming other coordinates")
        results = [measure(night, chosen.targets, chosen.samples, chosen.trials) for night in NIGHTS]
    if chosen.json:
        print(json.dumps(results))
    else:
        for result in results:
            report(result)


if __name__ == "__main__":
    main()
