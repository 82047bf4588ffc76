"""Questions to a sky map, against ligo.skymap and against a loop over tiles, in one run; and an event's counterparts.

    .venv/bin/python benchmarks/skymaps.py MAP [--sources 100000] [--fields 100] [--galaxies 10000]

MAP is a FITS file of many orders with distances. Prints the median wall time of each way and their ratios: levels of sources in
area and volume against ligo.skymap's ``crossmatch``; probability and area of fields against a loop that asks mocpy field by
field; and the time of an event's counterparts and galaxies among all sources, with the access filter.
"""

from __future__ import annotations

import argparse
import json
import statistics as of
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise
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
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.skymaps import SkyMap, cover, probability_by_field, read_sky_map
from skyhub.service import open_database

VIEWER = Viewer("somebody")
RANDOM = np.random.default_rng(1)


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


def crossmatches(path: Path, count: int) -> None:
    """Levels of sources in area and volume; both start from a map that is read, as a service has it."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from ligo.skymap.io import read_sky_map as read_theirs
    from ligo.skymap.postprocess import crossmatch

    ra, dec, far = places(count)
    table = read_theirs(path, moc=True)
    theirs, found = timed(lambda: crossmatch(table, SkyCoord(ra * u.deg, dec * u.deg, far * u.Mpc)), 3)
    sky_map = read_sky_map(path)
    ours, levels = timed(lambda: (sky_map.credible_level(ra, dec), sky_map.volume_level(ra, dec, far)))
    begin = time.perf_counter()
    cold = read_sky_map(path)
    cold.credible_level(ra, dec), cold.volume_level(ra, dec, far)
    first = 1e3 * (time.perf_counter() - begin)
    apart = np.abs(levels[0] - found.searched_prob).max(), np.nanmax(np.abs(levels[1] - found.searched_prob_vol))
    print(f"crossmatch of {count} sources: ligo.skymap {theirs:.0f} ms, map in use {ours:.1f} ms: {theirs / ours:.0f} ×; "
          f"with reading the file {first:.0f} ms; levels differ by {apart[0]:.1e} and {apart[1]:.1e} at most")  # fmt: skip


def fields(sky_map: SkyMap, path: Path, count: int) -> None:
    """Probability of each of some fields, and what they cover together; the loop has the map in memory, too."""
    from astropy.table import Table
    from mocpy import MOC

    ra, dec, _ = places(count)
    tiles = field_ranges(rectangle(6.86, 6.86), np.arange(count), ra, dec)
    ours, found = timed(lambda: (probability_by_field(sky_map, tiles), cover(sky_map, tiles)))
    table = Table.read(path, format="fits")

    def loop() -> tuple[list[float], float]:
        each, union = [], MOC.new_empty(29)
        for begin, end in pairwise(tiles.starts):
            cells = np.column_stack([tiles.low[begin:end], tiles.high[begin:end]]).astype(np.uint64)
            moc = MOC.from_depth29_ranges(10, cells)
            each.append(float(moc.probability_in_multiordermap(table)))
            union = union.union(moc)
        return each, float(union.probability_in_multiordermap(table))

    theirs, told = timed(loop, 1)
    apart = np.abs(np.asarray(found[0]) - np.array(told[0])).max()
    print(f"{count} fields: loop over tiles {theirs:.0f} ms, ranges {ours:.2f} ms: {theirs / ours:.0f} ×; "
          f"probabilities differ by {apart:.1e} at most, of the union by {abs(found[1].probability - told[1]):.1e}")  # fmt: skip


def fill(db: Database, path: Path, sources: int, galaxies: int) -> None:
    """An event with the map, objects all over the sky that were first detected in the days after it, and galaxies."""
    told = {"time": "2026-11-22T03:00:00.123Z", "far": 1e-9, "significant": True, "instruments": ["H1", "L1"], "group": "CBC",
            "pipeline": "gstlal", "search": "AllSky", "properties": {}, "classification": {"BNS": 1.0}, "duration": None,
            "central_frequency": None, "skymap": b64encode(path.read_bytes()).decode()}  # fmt: skip
    notice = {"alert_type": "PRELIMINARY", "time_created": "2026-11-22T03:01:00Z", "superevent_id": "S261122a", "event": told,
              "external_coinc": None}  # fmt: skip
    ingest_notice(db, ADMINISTRATOR, json.dumps(notice).encode())
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
        begin = time.perf_counter()
        event_counterparts(db, VIEWER, "S261122a", CounterpartSearch())
        first = 1e3 * (time.perf_counter() - begin)
        again, found = timed(lambda: event_counterparts(db, VIEWER, "S261122a", CounterpartSearch())[1]["total"])
        hosts, near = timed(lambda: event_galaxies(db, VIEWER, "S261122a", GalaxySearch())[1]["total"])
    print(f"counterparts among {sources} objects: {first:.0f} ms at first, then {again:.0f} ms ({found} inside); "
          f"among {galaxies} galaxies {hosts:.0f} ms ({near} inside)")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map", type=Path)
    for name, count in (("sources", 100_000), ("fields", 100), ("galaxies", 10_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    given = parser.parse_args()
    counterparts(given.map, given.sources, given.galaxies)
    fields(read_sky_map(given.map), given.map, given.fields)
    crossmatches(given.map, given.sources)


if __name__ == "__main__":
    main()
