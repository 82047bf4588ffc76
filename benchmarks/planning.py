"""Plans of S190425z with ZTF's grid in one day: probability, bound and CPU seconds, beside what gwemopt is known to reach.

Airmass at most 2.5, the Sun below −12 deg, from Palomar, 10 s of overhead, 60 s per filter change, slews of at most 2.6 deg/s
and 0.4 deg/s². The camera is the square that published plans take. Probabilities are those that a replay executes. gwemopt's are of
its plans under the same replay, with its own CPU seconds; it was not run here.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from skyhub.facilities import read_grid
from skyhub.science.footprints import parse_footprint
from skyhub.science.planning import Plan, Planner, Strategy
from skyhub.science.skymaps import read_sky_map
from skyhub.science.visibility import Site

PALOMAR = Site(33.3574, -116.8599, 1712)
EVENT = 58_598.345891
CASES = {
    "300 s, r, one visit": (("r",), 300.0, "0.393 in 39-51 s"),
    "300 s, g+r, two visits": (("g", "r"), 300.0, "0.270 in 39-51 s"),
    "30 s, g+r, two visits": (("g", "r"), 30.0, "no plan in 290 s"),
}


def planner_of(data: Path, footprint: str, strategy: Strategy) -> Planner:
    """The planner of the shared data."""
    fields = read_grid(data / "survey/skyportal/ZTF_Fields.csv").fields
    return Planner(
        sky_map=read_sky_map(data / "skymaps/S190425z_GW190425_bayestar.fits.gz"),
        footprint=parse_footprint((data / "survey/skyportal" / footprint).read_text()),
        ra=np.array([field.ra for field in fields]),
        dec=np.array([field.dec for field in fields]),
        site=PALOMAR,
        strategy=strategy,
    )


def measured(planner: Planner, method: str) -> tuple[Plan, float]:
    """A plan, and the CPU seconds that it took."""
    begin = time.process_time()
    plan = planner.preview() if method == "preview" else planner.optimise()
    return plan, time.process_time() - begin


def figures(data: Path, footprint: str) -> list[dict[str, Any]]:
    """Each case cold, then again with another limit, then its preview."""
    rows = []
    for name, (filters, exposure, known) in CASES.items():
        strategy = Strategy(EVENT, EVENT + 1, filters, exposure)
        cold, cold_seconds = measured(planner := planner_of(data, footprint, strategy), "optimise")
        _, again_seconds = measured(planner.revised(replace(strategy, most_fields=10_000)), "optimise")
        preview, preview_seconds = measured(planner, "preview")
        rows.append(
            {
                "case": name, "probability": round(cold.probability, 4), "upper_bound": round(cold.upper_bound, 4),
                "fields": len(cold.fields), "area_deg2": round(cold.area), "cold_cpu_s": round(cold_seconds, 2),
                "again_cpu_s": round(again_seconds, 2), "preview": round(preview.probability, 4),
                "preview_cpu_s": round(preview_seconds, 3), "gwemopt": known,
            }
        )  # fmt: skip
    return rows


def main() -> None:
    """Print the figures, a JSON document a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="directory with skymaps/ and survey/")
    parser.add_argument("--footprint", default="ZTF_Square_Region.reg", help="or ZTF_Region.reg, with gaps")
    asked = parser.parse_args()
    for row in figures(asked.data, asked.footprint):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
