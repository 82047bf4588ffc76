"""Statistics of an object whose points came in one by one: before and after its rows are merged in idle moments.

    .venv/bin/python benchmarks/partial_sums.py [--batches 1000] [--others 20000] [--requests 200]

Prints how many rows of statistics the object has, and the median processor time to read its statistics, before and after; the other
objects have four rows each.
"""

from __future__ import annotations

import argparse
import statistics as of
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from skyhub.db import ADMINISTRATOR, Database
from skyhub.photometry import add_up, merge_sums, statistics
from skyhub.service import open_database

FILTERS = ("ztfg", "ztfr")


def points(names: list[str], mjd: float, filter_name: str) -> pa.Table:
    """One detection of each object."""
    n = len(names)
    return pa.table(
        {
            "object_id": names, "acl": pa.array([0] * n, pa.int32()), "filter": [filter_name] * n, "origin": ["alert"] * n,
            "mjd": [mjd] * n, "flux": [100.0] * n, "fluxerr": [1.0] * n, "limiting_mag": pa.nulls(n, pa.float32()),
        }
    )  # fmt: skip


def fill(db: Database, batches: int, others: int) -> None:
    """Statistics of one object batch by batch, and of others."""
    names = [f"other{number}" for number in range(others)]
    for night in range(4):
        db.writer.write(lambda t, night=night: add_up(t, points(names, 60000.0 + night, FILTERS[night % 2])))
    for batch in range(batches):
        db.writer.write(lambda t, batch=batch: add_up(t, points(["many"], 60000 + batch / 100, FILTERS[batch % 2])))


def measure(db: Database, requests: int) -> tuple[int, float, dict[str, object]]:
    """Rows in force, the median processor time (ms) of a request, and its answer."""
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @photometry_statistics WHERE object_id = 'many'")
    taken = []
    for _ in range(requests):
        begin = time.process_time()
        answer = statistics(db, ADMINISTRATOR, ["many"])["many"]
        taken.append(1e3 * (time.process_time() - begin))
    return row["n"], of.median(taken), answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--others", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "data") as db:
        db.keeper.close()
        fill(db, options.batches, options.others)
        n_before, before, answer = measure(db, options.requests)
        begin = time.perf_counter()
        while merge_sums(db):
            pass
        seconds = time.perf_counter() - begin
        n_after, after, again = measure(db, options.requests)
    assert np.isclose(float(str(answer["mean_mag"])), float(str(again["mean_mag"])))
    assert answer["n_points"] == again["n_points"] == options.batches
    print(f"rows {n_before} -> {n_after} (merged in {seconds:.2f} s)")
    print(
        f"processor time of the object's statistics: median {before:.2f} ms -> {after:.2f} ms ({before / after:.1f} times)"
    )


if __name__ == "__main__":
    main()
