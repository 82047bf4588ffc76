"""Cones on the sky: the index in memory, galaxies through the access filter, and PostgreSQL's B-tree on the same places.

    .venv/bin/python benchmarks/cone.py [--places 10000000] [--galaxies 1000000] [--json]

*Index* is the time until the rows of a cone are known; *cone* has their exact distances and order as well; *galaxies* are
the rows of the table with separation and offset, read with a viewer's rights. PostgreSQL (where it is installed, with
psycopg) joins the same ranges of HEALPix indices with its index and returns the row numbers.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from _postgresql import PostgreSQL, installed
from skyhub.catalogs import GALAXIES, galaxies_near, store_entries
from skyhub.db import ADMINISTRATOR, Database
from skyhub.science.coordinates import Position, hpx_index, hpx_ranges
from skyhub.science.positions import SkyIndex

RADII = {'3"': 3 / 3600, "1'": 1 / 60, "1 deg": 1.0}
_BATCH = 200_000


def sky(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positions all over the sky (deg)."""
    random = np.random.default_rng(seed)
    return random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))


def timed(work: Callable[[Position], object], trials: int = 200) -> dict[str, float]:
    """Median and 99th percentile (ms) of work at places drawn at random."""
    seconds = []
    for ra, dec in zip(*sky(trials, seed=1), strict=True):
        begin = time.perf_counter()
        work(Position(float(ra), float(dec)))
        seconds.append(time.perf_counter() - begin)
    return {"p50_ms": float(np.median(seconds)) * 1e3, "p99_ms": float(np.percentile(seconds, 99)) * 1e3}


def measure_index(hpx: np.ndarray) -> dict[str, Any]:
    """The index alone."""
    begin = time.perf_counter()
    index = SkyIndex()
    index.add_hpx(hpx)
    result: dict[str, Any] = {"places": len(hpx), "build_s": time.perf_counter() - begin}
    ordered = index._parts[0].hpx if len(index._parts[0].hpx) else index._parts[1].hpx
    for name, radius in RADII.items():

        def rows(place: Position, radius: float = radius) -> object:
            edges = np.array(hpx_ranges(place, radius))
            return np.searchsorted(ordered, edges)

        def cone(place: Position, radius: float = radius) -> object:
            return index.cone(place.ra, place.dec, radius)

        result[name] = {"index": timed(rows), "cone": timed(cone)}
    return result


def measure_galaxies(count: int, directory: Path) -> dict[str, Any]:
    """The table: storing it, and reading cones from it."""
    ra, dec = sky(count)
    names = pa.array([f"G{n}" for n in range(count)])
    table = pa.table({"name": names, "ra": ra, "dec": dec, "distance": np.linspace(5, 500, count)})
    with Database(directory / "galaxies") as db:
        begin = time.perf_counter()
        for first in range(0, count, _BATCH):
            store_entries(db, ADMINISTRATOR, GALAXIES, "Demo", table.slice(first, _BATCH))
        result: dict[str, Any] = {"galaxies": count, "rows_per_s": count / (time.perf_counter() - begin)}
        galaxies_near(db, ADMINISTRATOR, Position(0, 0), 10)
        for name, radius in RADII.items():

            def read(place: Position, radius: float = radius) -> object:
                return galaxies_near(db, ADMINISTRATOR, place, radius * 3600)

            result[name] = timed(read, 50)
    return result


def measure_postgresql(hpx: np.ndarray, directory: Path) -> dict[str, Any] | None:
    """A B-tree on the same indices."""
    programs = installed()
    if programs is None:
        return None
    server = PostgreSQL(programs, directory / "postgresql")
    try:
        import psycopg

        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE places (row bigint, hpx bigint)")
            with connection.cursor() as cursor, cursor.copy("COPY places FROM STDIN") as copy:
                for part in _lines(hpx):
                    copy.write(part)
            connection.execute("CREATE INDEX ON places (hpx) INCLUDE (row)")
            connection.execute("VACUUM ANALYZE places")
            return {name: timed(lambda place, r=radius: _ask(connection, place, r)) for name, radius in RADII.items()}
    finally:
        server.stop()


def _lines(hpx: np.ndarray) -> Iterator[str]:
    for begin in range(0, len(hpx), _BATCH):
        yield "".join(f"{begin + n}\t{value}\n" for n, value in enumerate(hpx[begin : begin + _BATCH].tolist()))


def _ask(connection: Any, place: Position, radius: float) -> object:
    low, high = zip(*hpx_ranges(place, radius), strict=True)
    statement = (
        "SELECT p.row, p.hpx FROM unnest(%s::bigint[], %s::bigint[]) AS r(low, high) "
        "JOIN places AS p ON p.hpx >= r.low AND p.hpx < r.high"
    )
    return connection.execute(statement, [list(low), list(high)], prepare=True, binary=True).fetchall()


def report(result: dict[str, Any]) -> None:
    """Print what was measured."""
    index, galaxies, peer = result["index"], result["galaxies"], result["postgresql"]
    print(f"{index['places']:,} places in memory, built in {index['build_s']:.1f} s; goal: index ≤ 0.5 ms")
    print(f"{galaxies['galaxies']:,} galaxies stored at {galaxies['rows_per_s']:,.0f} rows/s; goal: ≥ 100,000")
    for name in RADII:
        line = f"{name:>6}: index {index[name]['index']['p50_ms']:.2f} ms, cone {index[name]['cone']['p50_ms']:.2f} ms"
        line += f", galaxies {galaxies[name]['p50_ms']:.1f} ms"
        if peer:
            ratio = peer[name]["p50_ms"] / index[name]["cone"]["p50_ms"]
            line += f", PostgreSQL {peer[name]['p50_ms']:.2f} ms (ratio {ratio:.1f})"
        print(line)
    if not peer:
        print("PostgreSQL or psycopg is not installed: no peer.")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=10_000_000)
    parser.add_argument("--galaxies", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    hpx = hpx_index(*sky(chosen.places))
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "index": measure_index(hpx),
            "galaxies": measure_galaxies(chosen.galaxies, Path(folder)),
            "postgresql": measure_postgresql(hpx, Path(folder)),
        }
    print(json.dumps(result)) if chosen.json else report(result)


if __name__ == "__main__":
    main()
