"""Cost of candidate filters for one alert: ten conditions in SQL, and one function in Python, on batches of real alerts.

    .venv/bin/python benchmarks/filters.py [--rounds 20] [--json]

The ZTF packets of the shared data are stored in a fresh database; their rows, repeated to fill batches of 256, go through the
filters as they do when alerts come in, but nothing is written. A condition is also run with a cut that fails on some alerts,
and a function with the points that were known. Between the functions' batches nothing is kept: each has its own process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from skyhub.candidates import Filter
from skyhub.candidates._judge import judge
from skyhub.db import ADMINISTRATOR, Database
from skyhub.ingest import ingest_alert_files, store_packets
from skyhub.service import open_database

BATCH = 256
SHARED = Path(os.environ.get("SKYHUB_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
CONDITION = (
    "coalesce(drb, rb) >= 0.{n} AND (sso_distance IS NULL OR sso_distance > 5) AND n_detections >= 2 AND age < 100"
)
FRAGILE = "drb > 0.5 AND coalesce(CAST(sso_name AS INTEGER) > 0, true)"
FUNCTION = """
def cut(alerts):
    real = alerts["drb"].fillna(alerts["rb"]) >= 0.65
    far = alerts["sso_distance"].isna() | (alerts["sso_distance"] > 5)
    return real & far & (alerts["n_detections"] >= 2) & (alerts["age"] < 100)
"""
WITH_POINTS = """
def rising(alerts, points):
    faintest = points[points["mag"].notna()].groupby("candid")["mag"].max()
    rise = alerts["candid"].map(faintest) - alerts["mag"]
    return pd.DataFrame({"pass": rise > 0.5, "rise": rise}, index=alerts.index)
"""


def real_batch(db: Database) -> pa.Table:
    """A batch of real alerts."""
    ingest_alert_files([SHARED / "alerts" / "ztf"], lambda batch: store_packets(db, batch))
    alerts = db.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts WHERE survey = 'ZTF' ORDER BY candid")
    if not len(alerts):
        sys.exit(f"There are no packets in {SHARED}: set SKYHUB_SHARED_DATA.")
    return alerts.take(np.arange(BATCH) % len(alerts))


def microseconds(work: Callable[[], object], rounds: int) -> float:
    """The median time of one alert of a batch (µs), after a first run that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e6 * statistics.median(times) / BATCH


def measure(rounds: int) -> dict[str, float]:
    """Cost of each kind of filter (µs for one alert)."""
    conditions = [Filter(n, 1, f"condition {n}", None, "ZTF", CONDITION.format(n=50 + n)) for n in range(10)]
    noting = Filter(0, 1, "notes", None, "ZTF", CONDITION.format(n=65), annotations={"above": "limiting_mag - mag"})
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "data") as db:
        alerts = real_batch(db)

        def run(*versions: Filter) -> Callable[[], object]:
            return lambda: [judge(db, version, alerts) for version in versions]

        return {
            "10 conditions": microseconds(run(*conditions), rounds),
            "1 condition": microseconds(run(conditions[0]), rounds),
            "1 condition with an annotation": microseconds(run(noting), rounds),
            "1 condition that fails on some alerts": microseconds(run(Filter(0, 1, "x", None, "ZTF", FRAGILE)), rounds),
            "1 function": microseconds(run(_function(FUNCTION)), rounds),
            "1 function with points": microseconds(run(_function(WITH_POINTS)), rounds),
        }


def _function(source: str) -> Filter:
    return Filter(0, 1, "function", None, "ZTF", source, language="python")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = measure(asked.rounds)
    if asked.json:
        print(json.dumps({"microseconds_per_alert": figures, "batch": BATCH}))
        return
    for name, value in figures.items():
        print(f"{name:<40} {value:8.1f} µs for one alert, {1e6 / value:10.0f} alerts/s")


if __name__ == "__main__":
    main()
