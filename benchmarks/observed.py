"""What ZTF's executed night covered of S190425z: CPU seconds of footprints, coverage, remaining map, volume, injections.

The camera is that of 64 quadrants. `footprints` draws the pointings that a service keeps from then on; the others are what
each later question costs, the last of them for 1000 pointings drawn from the whole grid. ZTF published 46 % of the
probability (Coughlin et al. 2019, doi:10.3847/2041-8213/ab4ad8).
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from skyhub.facilities import read_grid
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import parse_footprint
from skyhub.science.injection import Exposures, constant_source, draw_sources, inject
from skyhub.science.observed_sky import observed_sky, remaining_map, seen_volume
from skyhub.science.skymaps import read_sky_map

T = TypeVar("T")


def timed(name: str, figures: dict[str, Any], work: Callable[[], T]) -> T:
    """What work gives; its CPU seconds are taken down."""
    begin = time.process_time()
    found = work()
    figures[f"{name}_cpu_s"] = round(time.process_time() - begin, 3)
    return found


def measured(data: Path) -> dict[str, Any]:
    """Each step once."""
    survey = data / "survey/skyportal"
    sky_map = read_sky_map(data / "skymaps/S190425z_GW190425_bayestar.fits.gz")
    camera = parse_footprint((survey / "ZTF_Region.reg").read_text())
    grid = {field.field_id: field for field in read_grid(survey / "ZTF_Fields.csv").fields}
    with (data / "logs/skyportal/ZTF_GW190425_observation_data.csv").open() as file:
        rows = list(csv.DictReader(file))
    numbers, place = np.unique([int(row["field_id"]) for row in rows], return_inverse=True)
    depth = np.array([float(row["limmag"]) for row in rows])
    figures: dict[str, Any] = {"exposures": len(rows), "pointings": len(numbers)}
    ra, dec = (np.array([getattr(grid[n], axis) for n in numbers.tolist()]) for axis in ("ra", "dec"))
    tiles = timed("footprints", figures, lambda: field_ranges(camera, numbers, ra, dec))
    seen = timed("coverage", figures, lambda: observed_sky([tiles], place, depth))
    figures["probability"], figures["area"] = (round(value, 4) for value in seen.coverage(sky_map))
    left = timed("remaining", figures, lambda: remaining_map(sky_map, seen))
    figures["remaining"] = round(float(left.probability.sum()), 4)
    figures["volume_probability"] = round(timed("volume", figures, lambda: seen_volume(sky_map, seen, -16.0)), 4)
    flat = np.zeros(len(rows))
    exposures = Exposures([tiles], place, flat, depth, flat + 6000, flat)
    sources = draw_sources(sky_map, 1000, np.random.default_rng(1))
    found = timed("inject_1000", figures, lambda: inject(sources, exposures, constant_source(-16.0)))
    figures["efficiency"] = found.fraction()[0]
    every = list(grid.values())
    chosen = np.random.default_rng(1).choice(len(every), 1000)
    ra, dec = (np.array([getattr(field, axis) for field in every]) for axis in ("ra", "dec"))
    whole = field_ranges(camera, np.arange(len(every)), ra, dec)
    timed(
        "coverage_1000_pointings",
        figures,
        lambda: observed_sky([whole], chosen, flat[:1].repeat(1000)).coverage(sky_map),
    )
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    print(json.dumps(measured(parser.parse_args().data), indent=2))
