"""The cost of finding what lies around alerts: catalogues loaded, read into memory, and matched in batches.

    .venv/bin/python benchmarks/context.py [--entries 1000000] [--batch 256] [--json]

Each of the five kinds gets a catalogue of so many entries all over the sky; a third of the alerts lie within 3 arcsec of a
galaxy. *load* stores a catalogue in one transaction, *reload* reads it into memory after it has changed, *match* is the time of
one alert in batches. Memory is what the process has gained.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, store_entries
from skyhub.context import KINDS_SEARCHED, context_of, known_sky
from skyhub.db import ADMINISTRATOR, Database

_TRIALS = 40


def sky(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions all over the sky (deg)."""
    random = np.random.default_rng(seed)
    return random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))


def catalogue(kind: str, count: int) -> pa.Table:
    """Entries of a kind; a tenth of the galaxies have shapes, all have redshifts."""
    random = np.random.default_rng(len(kind))
    ra, dec = sky(count, KINDS_SEARCHED.index(kind))
    columns: dict[str, Any] = {
        "name": pa.array(np.char.add(f"{kind} ", np.arange(count).astype(str))),
        "ra": ra,
        "dec": dec,
    }
    columns["redshift"] = random.uniform(0.001, 0.3, count)
    if kind == "galaxy":
        shaped = random.random(count) < 0.1
        columns["major_diameter"] = pa.array(10 ** random.normal(-0.3, 0.3, count), mask=~shaped)
        columns["axis_ratio"] = pa.array(random.uniform(0.2, 1, count), mask=~shaped)
        columns["position_angle"] = pa.array(random.uniform(0, 180, count), mask=~shaped)
    else:
        columns["mag"] = random.uniform(10, 21, count)
    return pa.table(columns)


def alerts(count: int, galaxies: pa.Table, seed: int) -> pa.Table:
    """Places of alerts with magnitudes."""
    random = np.random.default_rng(seed)
    ra, dec = sky(count, 1000 + seed)
    hosts = random.integers(0, len(galaxies), count // 3)
    ra[: len(hosts)] = galaxies["ra"].to_numpy()[hosts]
    dec[: len(hosts)] = np.clip(galaxies["dec"].to_numpy()[hosts] + random.uniform(-3, 3, len(hosts)) / 3600, -90, 90)
    return pa.table({"ra": ra, "dec": dec, "mag": random.uniform(16, 20.5, count)})


def resident_mb() -> float:
    """Memory of this process (MB)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def measure(db: Database, entries: int, batch: int) -> dict[str, Any]:
    """All figures."""
    result: dict[str, Any] = {"entries": entries, "batch": batch}
    for kind in KINDS_SEARCHED:
        table = catalogue(kind, entries)
        told, of = (None, GALAXIES) if kind == "galaxy" else (kind, REFERENCE_ENTRIES)
        begin = time.perf_counter()
        store_entries(db, ADMINISTRATOR, of, kind, table, kind=told, replace=True)
        result[f"load_{kind}_s"] = time.perf_counter() - begin
        galaxies = table
    del table
    before, begin = resident_mb(), time.perf_counter()
    known = known_sky(db)
    result |= {"reload_all_s": time.perf_counter() - begin, "memory_mb": resident_mb() - before}
    seconds, hosts = [], 0
    for trial in range(_TRIALS):
        places = alerts(batch, galaxies, trial)
        begin = time.perf_counter()
        context = context_of(known_sky(db), places)
        seconds.append(time.perf_counter() - begin)
        hosts += batch - context["host_name"].null_count
    result["hosts_fraction"] = hosts / batch / _TRIALS
    result["match_ms_per_alert_p50"] = float(np.median(seconds)) * 1e3 / batch
    result["match_ms_per_alert_p99"] = float(np.percentile(seconds, 99)) * 1e3 / batch
    assert known.holds(db.writer)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder)) as db:
        result = measure(db, given.entries, given.batch)
    if given.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        print(f"{name:28} {value:12,.4g}")


if __name__ == "__main__":
    main()
