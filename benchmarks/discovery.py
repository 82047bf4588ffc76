"""An event's counterparts and galaxies among all that is stored, for a viewer without special rights.

    .venv/bin/python benchmarks/discovery.py [--map FILE] [--sources 100000] [--galaxies 10000]

FILE is a sky map of many orders with distances. Prints the wall time of the first question and the median of those after it, and
its ratio to the limit of one second.
"""

from __future__ import annotations

import argparse
import json
import statistics as of
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from skyhub.catalogs import GALAXIES, store_entries
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.discovery import CounterpartSearch, GalaxySearch, event_counterparts, event_galaxies
from skyhub.events import ingest_notice
from skyhub.photometry import add_up
from skyhub.science.coordinates import hpx_index
from skyhub.service import open_database

VIEWER = Viewer("somebody")
RANDOM = np.random.default_rng(1)


LIMIT_MS = 1000.0
MAP = (
    Path(__file__).resolve().parents[2] / "shared" / "data" / "skymaps" / "S190814bv_GW190814_bayestar.multiorder.fits"
)


def timed(work: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Median wall time (ms) after a first time, and the answer."""
    answer = work()
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = work()
        taken.append(1e3 * (time.perf_counter() - begin))
    return of.median(taken), answer


def places(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions (deg) all over the sky, and distances (Mpc)."""
    dec = np.degrees(np.arcsin(RANDOM.uniform(-1, 1, count)))
    return RANDOM.uniform(0, 360, count), dec, RANDOM.uniform(10, 1000, count)


def notice_of(sky_map: bytes, kind: str = "PRELIMINARY", created: str = "2026-11-22T03:01:00Z") -> dict[str, Any]:
    """A notice of the event S261122a with a map (FITS)."""
    told = {"time": "2026-11-22T03:00:00.123Z", "far": 1e-9, "significant": True, "instruments": ["H1", "L1"], "group": "CBC",
            "pipeline": "gstlal", "search": "AllSky", "properties": {}, "classification": {"BNS": 1.0}, "duration": None,
            "central_frequency": None, "skymap": b64encode(sky_map).decode()}  # fmt: skip
    return {
        "alert_type": kind,
        "time_created": created,
        "superevent_id": "S261122a",
        "event": told,
        "external_coinc": None,
    }


def fill(db: Database, path: Path, sources: int, galaxies: int) -> None:
    """An event with the map, objects all over the sky that were first detected in the days after it, and galaxies."""
    ingest_notice(db, ADMINISTRATOR, json.dumps(notice_of(path.read_bytes())).encode())
    ra, dec, _ = places(sources)
    names = [f"ZTF26{number:07d}" for number in range(sources)]
    acl = pa.array([0] * sources, pa.int32())
    objects = pa.table({"object_id": names, "survey": ["ZTF"] * sources, "ra": ra, "dec": dec,
                        "hpx": hpx_index(ra, dec), "acl": acl})  # fmt: skip
    points = pa.table({
        "object_id": names, "acl": acl, "filter": ["ztfr"] * sources, "origin": ["alert"] * sources,
        "mjd": 61366.125 + RANDOM.uniform(0, 10, sources), "flux": [100.0] * sources, "fluxerr": [1.0] * sources,
        "limiting_mag": pa.nulls(sources, pa.float32()),
    })  # fmt: skip
    db.writer.write(lambda transaction: (transaction.insert("objects", objects), add_up(transaction, points)))
    ra, dec, far = places(galaxies)
    table = pa.table({"name": [f"G{n}" for n in range(galaxies)], "ra": ra, "dec": dec, "distance": far,
                      "log_mass": RANDOM.normal(10, 0.7, galaxies), "mag_b": RANDOM.normal(16, 1, galaxies)})  # fmt: skip
    store_entries(db, ADMINISTRATOR, GALAXIES, "drawn", table)


def counterparts(path: Path, sources: int, galaxies: int) -> None:
    """The counterparts and galaxies of an event, for a viewer without special rights."""
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "data") as db:
        fill(db, path, sources, galaxies)
        begin, used = time.perf_counter(), time.process_time()
        event_counterparts(db, VIEWER, "S261122a", CounterpartSearch())
        first, used = 1e3 * (time.perf_counter() - begin), 1e3 * (time.process_time() - used)
        again, found = timed(lambda: event_counterparts(db, VIEWER, "S261122a", CounterpartSearch())[1]["total"])
        hosts, near = timed(lambda: event_galaxies(db, VIEWER, "S261122a", GalaxySearch())[1]["total"])
    print(f"counterparts among {sources} objects: {first:.0f} ms at first ({used:.0f} ms of processor time, "
          f"imports included), then {again:.0f} ms ({found} inside), "
          f"{LIMIT_MS / again:.1f} times the speed that is asked for; "
          f"among {galaxies} galaxies {hosts:.0f} ms ({near} inside)")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", type=Path, default=MAP)
    for name, count in (("sources", 100_000), ("galaxies", 10_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    given = parser.parse_args()
    counterparts(given.map, given.sources, given.galaxies)


if __name__ == "__main__":
    main()
