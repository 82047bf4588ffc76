"""Plans of S190425z and S190814bv: probability, bound and CPU seconds, beside what gwemopt is known to reach.

The first event with ZTF's grid in one day: airmass at most 2.5, the Sun below −12 deg, from Palomar, 10 s of overhead, 60 s per
filter change, slews of at most 2.6 deg/s and 0.4 deg/s². It is planned with two cameras: the square of 6.86 deg that gwemopt
takes for ZTF (its configuration; five of its fields are 235 deg²), with which published figures are to be compared, and the
real one with gaps between its detectors. The second event from Cerro Tololo, with DECam's grid and with a camera of 26.5
arcmin that tiles by itself. Probabilities are those that a replay executes. gwemopt's are of its plans under the same replay,
with its own CPU seconds, as published. Schedules that it wrote (``gwemopt-run -e MAP -t ZTF --doTiles --tilesType moc
--doSchedule --scheduleType greedy --doSingleExposure --filters r --exposuretimes 300 -a 2.5``) are replayed with ``--gwemopt``,
its airmass up to 2.75. What libraries take to be imported is told apart.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from skyhub.facilities import read_grid
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import Footprint, parse_footprint, rectangle
from skyhub.science.planning import Exposure, Machine, Plan, Planner, Strategy, own_tiles, replay, sight_of
from skyhub.science.skymaps import SkyMap, cover, read_sky_map
from skyhub.science.vectors import unit_vectors
from skyhub.science.visibility import Constraints, Site

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PALOMAR = Site(33.3574, -116.8599, 1712)
TOLOLO = Site(-30.1690, -70.8063, 2207)
GW190425, GW190814 = 58_598.345891, 58_709.882
"""Times of the mergers (MJD, UTC)."""
CASES = {
    "300 s, r, one visit": (("r",), 300.0, "0.393 in 39-51 s"),
    "300 s, g+r, two visits": (("g", "r"), 300.0, "0.270 in 39-51 s"),
    "30 s, g+r, two visits": (("g", "r"), 30.0, "no plan in 290 s"),
}


def planners(data: Path) -> Iterator[tuple[str, Planner, str]]:
    """The cases: their names, a planner each, and what gwemopt reaches."""
    survey = data / "survey/skyportal"
    sky_map = read_sky_map(data / "skymaps/S190425z_GW190425_bayestar.fits.gz")
    real = parse_footprint((survey / "ZTF_Region.reg").read_text())
    for camera, footprint in (("square of 6.86 deg", rectangle(6.86, 6.86)), ("with gaps", real)):
        for name, (filters, exposure, known) in CASES.items():
            asked = Strategy(GW190425, GW190425 + 1, filters, exposure)
            planner = Planner(sky_map, footprint, *grid_of(survey / "ZTF_Fields.csv"), PALOMAR, asked)
            yield f"S190425z, ZTF {camera}, {name}", planner, known
    yield from _of_second_event(data, survey)


def _of_second_event(data: Path, survey: Path) -> Iterator[tuple[str, Planner, str]]:
    sky_map = read_sky_map(data / "skymaps/S190814bv_GW190814_LALInference.v1.fits.gz")
    limits = Constraints(airmass=2.0, sun_altitude=-18.0)
    asked = Strategy(GW190814, GW190814 + 1, ("r", "z"), 90.0, constraints=limits, credible_level=0.95)
    decam = parse_footprint((survey / "DECam_Region.reg").read_text())
    grid = grid_of(survey / "DECam_Fields.csv")
    yield "S190814bv, DECam, 90 s, r+z", Planner(sky_map, decam, *grid, TOLOLO, asked, Machine(overhead=30.0)), ""
    small = replace(asked, filters=("r",), exposure=60.0)
    yield "S190814bv, 26.5 arcmin, 60 s, r", _small(sky_map, small), ""


def _small(sky_map: SkyMap, asked: Strategy) -> Planner:
    camera: Footprint = rectangle(26.5 / 60, 26.5 / 60)
    return Planner(sky_map, camera, *own_tiles(sky_map, camera, 0.95), TOLOLO, asked, Machine(overhead=30.0))


def grid_of(path: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where the fields of a grid are centred (ICRS, deg)."""
    fields = read_grid(path).fields
    return np.array([field.ra for field in fields]), np.array([field.dec for field in fields])


def measured(planner: Planner, method: str) -> tuple[Plan, float]:
    """A plan, and the CPU seconds that it took."""
    begin = time.process_time()
    plan = planner.preview() if method == "preview" else planner.optimise()
    return plan, time.process_time() - begin


def figures(name: str, planner: Planner, known: str) -> dict[str, Any]:
    """A case cold, then again with another limit, then its preview."""
    cold, cold_seconds = measured(planner, "optimise")
    _, again_seconds = measured(planner.revised(replace(planner.strategy, most_fields=10_000)), "optimise")
    preview, preview_seconds = measured(planner, "preview")
    return {
        "case": name, "probability": round(cold.probability, 4), "upper_bound": round(cold.upper_bound, 4),
        "fields": len(cold.fields), "area_deg2": round(cold.area, 1), "cold_cpu_s": round(cold_seconds, 2),
        "again_cpu_s": round(again_seconds, 2), "preview": round(preview.probability, 4),
        "preview_cpu_s": round(preview_seconds, 3), "gwemopt": known or None,
    }  # fmt: skip


def replayed(schedule: Path, data: Path) -> dict[str, Any]:
    """What a replay executes of a schedule of S190425z by gwemopt: ``field ra dec mjd ... exposure ... filter`` a line."""
    lines = [line.split() for line in schedule.read_text().splitlines()]
    at = {int(line[0]): (float(line[1]), float(line[2])) for line in lines}
    ids, (ra, dec) = [*at], np.array([*at.values()]).T
    limits = Constraints(airmass=2.75, sun_altitude=-12.0)
    sight = sight_of(PALOMAR, ra, dec, GW190425, GW190425 + 1, limits)
    planned = [Exposure(ids.index(int(line[0])), line[8], float(line[3]), 300.0) for line in lines]
    done = replay(planned, sight, Machine(), unit_vectors(ra, dec))
    fields = done.completed(len({line[8] for line in lines}), 1800.0)
    sky_map = read_sky_map(data / "skymaps/S190425z_GW190425_bayestar.fits.gz")
    seen = field_ranges(rectangle(6.86, 6.86), fields, ra[fields], dec[fields])
    told = {"schedule": str(schedule), "exposures": len(lines), "lost": len(done.lost), "fields": len(fields)}
    return {**told, "probability": round(cover(sky_map, seen).probability, 4)}


def main() -> None:
    """Print the figures, a JSON document a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=_SHARED, help="directory with skymaps/ and survey/")
    parser.add_argument("--only", default="", help="only cases with this in their names")
    parser.add_argument("--gwemopt", type=Path, action="append", default=[], help="a schedule that it wrote")
    asked = parser.parse_args()
    for schedule in asked.gwemopt:
        print(json.dumps(replayed(schedule, asked.data)), flush=True)
    begin = time.process_time()
    for library in ("scipy.optimize", "scipy.spatial", "astropy_healpix", "astropy.coordinates"):
        importlib.import_module(library)
    print(json.dumps({"imports_cpu_s": round(time.process_time() - begin, 2)}), flush=True)
    for name, planner, known in planners(asked.data):
        if asked.only in name:
            print(json.dumps(figures(name, planner, known)), flush=True)


if __name__ == "__main__":
    main()
