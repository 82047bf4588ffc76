"""Uploads of photometry through the data service: Arrow over HTTP, with rights, a check for duplicates, and statistics.

    .venv/bin/python benchmarks/uploads.py [--points 100000] [--uploads 6] [--json]

Each upload has so many points of objects with 50 points each, as magnitudes or upper limits; the first uploads are of
objects that are new, the last one repeats the first, so that every point is a duplicate. The same is done in process, without
HTTP. CPU is what the data service, or the process, has used; "per second" is of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
from skyhub.db import Viewer
from skyhub.photometry import UploadOptions, upload_photometry
from skyhub.service import open_database
from skyhub.team import add_groups
from skyhub.web import ARROW, TokenSigner

sys.path.insert(0, str(Path(__file__).resolve().parent))

PER_OBJECT = 50
WRITER = Viewer("ann", frozenset({"transients"}), scopes=frozenset({"view", "upload"}))

Figures = dict[str, float]


def points(n: int, number: int) -> pa.Table:
    """Points of an upload."""
    rng = np.random.default_rng(number)
    owner = np.arange(n) // PER_OBJECT
    limit = rng.random(n) < 0.4
    return pa.table(
        {
            "object_id": [f"U{number}x{k}" for k in owner],
            "mjd": 60000 + rng.uniform(0, 300, n),
            "filter": rng.choice(["ztfg", "ztfr", "ztfi"], n).tolist(),
            "mag": pa.array(rng.uniform(16, 21, n), mask=limit),
            "magerr": pa.array(rng.uniform(0.02, 0.2, n), mask=limit),
            "limiting_mag": rng.uniform(20, 21.5, n),
            "magsys": ["ab"] * n,
            "ra": 10 + owner / 100,
            "dec": owner / 1000,
        }
    )


def measured(name: str, n: int, uploads: int, upload: Callable[[pa.Table], int], cpu: Callable[[], float]) -> Figures:
    """Points per second of uploads of new points, and of one of duplicates."""
    tables = [points(n, number) for number in range(uploads)]
    begin, used = time.perf_counter(), cpu()
    stored = sum(upload(table) for table in tables)
    seconds, seconds_cpu = time.perf_counter() - begin, cpu() - used
    begin = time.perf_counter()
    again = upload(tables[0])
    assert (stored, again) == (n * uploads, 0)
    return {
        f"{name}, per second": stored / seconds,
        f"{name}, per second of CPU": stored / seconds_cpu,
        f"{name}, duplicates per second": n / (time.perf_counter() - begin),
    }


def in_process(data_dir: Path, n: int, uploads: int) -> Figures:
    """Without HTTP."""
    with open_database(data_dir) as db:
        add_groups(db, {"transients": ["ann"]})
        return measured(
            "in process",
            n,
            uploads,
            lambda table: upload_photometry(db, WRITER, table, UploadOptions()).stored,
            time.process_time,
        )


def over_http(data_dir: Path, n: int, uploads: int) -> Figures:
    """Through the data service, in its own process."""
    from ingest import service
    from photometry import cpu_seconds

    with open_database(data_dir) as db:
        add_groups(db, {"transients": ["ann"]})
    token = TokenSigner(data_dir).issue(WRITER, timedelta(hours=1))
    with service(data_dir):
        url = json.loads((data_dir / "service.json").read_text())["url"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": ARROW}
        with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=120) as client:

            def upload(table: pa.Table) -> int:
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, table.schema) as stream:
                    stream.write_table(table)
                answer = client.post("/api/photometry", content=sink.getvalue().to_pybytes())
                if answer.status_code != 200:
                    sys.exit(answer.text)
                return int(answer.json()["stored"])

            upload(points(PER_OBJECT, 10_000))
            return measured("over HTTP", n, uploads, upload, lambda: cpu_seconds(data_dir))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100_000, help="points of an upload")
    parser.add_argument("--uploads", type=int, default=6, help="how many uploads of new points")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    figures: Figures = {}
    for measure in (in_process, over_http):
        with tempfile.TemporaryDirectory(prefix="skyhub-uploads-") as name:
            figures |= measure(Path(name), arguments.points, arguments.uploads)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:38s}{value:12,.0f}{'  goal ≥ 100,000' if name == 'over HTTP, per second' else ''}")


if __name__ == "__main__":
    os.environ.setdefault("no_proxy", "127.0.0.1")
    main()
