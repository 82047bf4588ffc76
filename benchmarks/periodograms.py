"""Periodograms against astropy's in one run, and the published periods of RR Lyrae stars that are found.

    .venv/bin/python benchmarks/periodograms.py [--points 1000] [--frequencies 100000] [--shared ../shared/data] [--json]

*Single* is one band, against astropy's ``fast``. *Multi-band* is three bands that hold the points between them, against
astropy's LombScargleMultiband, both its ``flexible`` method (on a tenth of the frequencies, for each of which it does the
same; the time is multiplied by ten) and its ``fast`` one (the whole grid). *Harmonics* is one band with three, against
``fastchi2``. The fastest of several trials counts; powers are compared where both were computed. The stars are those of
SDSS Stripe 82 in the shared data, if these are there.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.timeseries import LombScargle, LombScargleMultiband
from skyhub.science.periodograms import FrequencyGrid, lomb_scargle, periodogram

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_TOLERANCE = 0.002


def fastest(work: Callable[[], np.ndarray], trials: int) -> tuple[float, np.ndarray]:
    """Seconds of the fastest trial, and what it gave."""
    seconds = []
    for _ in range(trials):
        begin = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), answer


def measure_speed(n_points: int, n_frequencies: int) -> dict[str, dict[str, float]]:
    """Seconds of ours and of the peers, and how far the powers differ."""
    random = np.random.default_rng(0)
    mjd = np.sort(random.uniform(0, 2000, n_points))
    error = random.uniform(0.05, 0.2, n_points)
    band = np.array(["g", "r", "i"])[np.arange(n_points) % 3]
    value = np.sin(2 * np.pi * mjd / 0.5678) + random.normal(0, error)
    grid = FrequencyGrid(1 / 2000, 1 / 10000, n_frequencies)
    f = grid.frequencies
    one = LombScargle(mjd, value, error)
    three = LombScargle(mjd, value, error, nterms=3)
    several = LombScargleMultiband(mjd, value, band, error, nterms_base=0, nterms_band=1, reg_base=None, reg_band=None)
    quick = LombScargleMultiband(mjd, value, band, error)
    lomb_scargle(mjd, value, error, grid)
    single = fastest(lambda: lomb_scargle(mjd, value, error, grid), 7)
    bands = fastest(lambda: lomb_scargle(mjd, value, error, grid, band), 7)
    shapes = fastest(lambda: lomb_scargle(mjd, value, error, grid, harmonics=3), 3)
    return {
        "single": compared(single, fastest(lambda: one.power(f, method="fast", assume_regular_frequency=True), 3)),
        "multi-band, flexible": compared(bands, fastest(lambda: several.power(f[::10], method="flexible"), 1), 10),
        "multi-band, fast": compared(bands, fastest(lambda: quick.power(f, method="fast", sb_method="fast"), 2)),
        "harmonics": compared(shapes, fastest(lambda: three.power(f, method="fastchi2"), 1)),
    }


def compared(ours: tuple[float, np.ndarray], peers: tuple[float, np.ndarray], part: int = 1) -> dict[str, float]:
    """Seconds, their ratio and the largest difference of powers; the peer did one part of so many."""
    seconds = part * peers[0]
    return {
        "seconds": ours[0],
        "peer_seconds": seconds,
        "ratio": seconds / ours[0],
        "difference": float(np.abs(ours[1][::part] - peers[1]).max()),
    }


def measure_stars(shared: Path) -> list[dict[str, Any]]:
    """How many stars have their published period as the highest peak and among ten, by harmonics and floor of errors."""
    folder = shared / "variables"
    with (folder / "index.csv").open() as file:
        stars = [(row, curve(folder / row["file"])) for row in csv.DictReader(file) if row["type"] in ("RRab", "RRc")]
    found = []
    for harmonics, floor in ((1, 0.1), (2, 0.1), (3, 0.1), (3, 0.0)):
        best, among, begin = 0, 0, time.process_time()
        for star, points in stars:
            peaks = periodogram(*points, harmonics=harmonics, error_floor=floor).peaks
            agree = [abs(peak.period / float(star["period_d"]) - 1) < _TOLERANCE for peak in peaks]
            best, among = best + agree[0], among + any(agree)
        seconds = (time.process_time() - begin) / len(stars)
        found.append({
            "harmonics": harmonics, "error_floor": floor, "stars": len(stars), "best": best, "among_ten": among,
            "cpu_seconds_each": seconds,
        })  # fmt: skip
    return found


def curve(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Times (MJD), magnitudes, errors and bands of a light curve."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    mjd, mag, magerr = (np.array([float(row[name]) for row in rows]) for name in ("time", "mag", "magerr"))
    return mjd, mag, magerr, [row["band"] for row in rows]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--frequencies", type=int, default=100_000)
    parser.add_argument("--shared", type=Path, default=_SHARED)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    speed = measure_speed(options.points, options.frequencies)
    stars = measure_stars(options.shared) if options.shared.is_dir() else []
    if options.json:
        print(json.dumps({"speed": speed, "stars": stars}))
        return
    print(f"{options.points} points, {options.frequencies} frequencies")
    for name, one in speed.items():
        print(
            f"{name:22} {one['seconds'] * 1e3:8.1f} ms, astropy {one['peer_seconds'] * 1e3:9.1f} ms: {one['ratio']:7.1f} times;"
            f" powers differ by {one['difference']:.1e}"
        )
    for row in stars:
        print(
            f"{row['harmonics']} harmonics, floor {row['error_floor']}: {row['best']} of {row['stars']} stars within 0.2 %,"
            f" {row['among_ten']} among ten peaks, {row['cpu_seconds_each']:.2f} s of CPU each"
        )


if __name__ == "__main__":
    main()
