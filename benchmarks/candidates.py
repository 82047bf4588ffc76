"""Scanning over a million candidates: the queue of a night, a page of cards, a decision.

    .venv/bin/python benchmarks/candidates.py [--candidates 100000] [--points 200000] [--seconds 5] [--json]

Builds a database with 64 groups of two filters each; nights of 10,000 candidates (5,000 objects, two filters each) and
the objects' light curves. Everything is asked for over HTTP with the token of a scanner in five of the groups. The peer
is SkyPortal's candidate page of 25 (865 ms on an idle machine of two cores, 1e5 candidates and 2e6 points).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from skyhub.candidates import add_filter
from skyhub.client import Transport
from skyhub.db import Database, Viewer
from skyhub.science.coordinates import hpx_index
from skyhub.service import open_database, serving
from skyhub.team import add_groups
from skyhub.web import TokenSigner

PEER_MS = 865.0
PER_NIGHT = 10_000
OBJECTS_PER_NIGHT = PER_NIGHT // 2
POOL = 20_000
"""How many objects the nights draw from, at least."""
FIRST_NIGHT = date(2026, 1, 1)
MJD_OF_FIRST = 61041.2
COPIED = ["candid", "object_id", "survey", "dayobs", "mjd", "ra", "dec", "filter", "mag", "rb", "drb", "n_detections"]
SCANNER = Viewer("scanner", frozenset(f"group-{n:02d}" for n in range(5)), scopes=frozenset({"view", "scan"}))

Rows = NDArray[np.int64]


def build(db: Database, n_candidates: int, n_points: int) -> None:
    """Groups, filters, nights and light curves."""
    groups = [f"group-{n:02d}" for n in range(64)]
    add_groups(db, {group: [] for group in groups})
    filters = [
        add_filter(db, f"{kind} of {group}", "drb > 0.5", group) for group in groups for kind in ("new", "rising")
    ]
    acls = [db.writer.write(lambda t, g=f.group_id: t.acl(groups=[g])) for f in filters]  # type: ignore[misc]
    pool = max(POOL, n_candidates // 5)
    rng = np.random.default_rng(7)
    append(db, "objects", object_rows(pool, rng))
    for night in range(max(1, n_candidates // PER_NIGHT)):
        alerts = alert_rows(night, rng.choice(pool, OBJECTS_PER_NIGHT, replace=False), rng)
        append(db, "alerts", alerts)
        append(db, "candidates", candidate_rows(night, alerts, [f.filter_id for f in filters], acls, rng))
    for points in light_curves(pool, n_points, rng):
        append(db, "photometry", points)


def append(db: Database, table: str, rows: pa.Table) -> None:
    """Store rows in one transaction."""
    db.writer.write(lambda transaction: transaction.insert(table, rows))


def object_rows(pool: int, rng: np.random.Generator) -> pa.Table:
    """All objects, which everybody may see."""
    ra, dec = np.arange(pool) * 360.0 / pool, rng.uniform(-30, 80, pool)
    columns: dict[str, Any] = {
        "object_id": [f"ZTF26{number:08d}" for number in range(pool)],
        "survey": ["ZTF"] * pool,
        "ra": ra,
        "dec": dec,
        "hpx": hpx_index(ra, dec),
        "acl": np.zeros(pool, np.int32),
    }
    return pa.table(columns)


def alert_rows(night: int, objects: Rows, rng: np.random.Generator) -> pa.Table:
    """One alert of each object."""
    n = len(objects)
    columns: dict[str, Any] = {
        "candid": night * 10**9 + np.arange(n),
        "object_id": [f"ZTF26{number:08d}" for number in objects],
        "survey": ["ZTF"] * n,
        "dayobs": [FIRST_NIGHT + timedelta(night)] * n,
        "mjd": MJD_OF_FIRST + night + rng.random(n) / 3,
        "ra": objects * 360.0 / objects.max(),
        "dec": rng.uniform(-30, 80, n),
        "filter": rng.choice(["ztfg", "ztfr"], n),
        "mag": rng.uniform(17, 20.5, n),
        "drb": rng.random(n),
        "rb": rng.random(n),
        "n_detections": rng.integers(1, 40, n),
        "acl": np.zeros(n, np.int32),
    }
    return pa.table(columns)


def candidate_rows(
    night: int, alerts: pa.Table, filters: list[int], acls: list[int], rng: np.random.Generator
) -> pa.Table:
    """Each alert passes two filters."""
    rows = pa.concat_tables([alerts, alerts]).select(COPIED)
    passed = rng.integers(0, len(filters), len(rows))
    columns = {
        "candidate_id": night * PER_NIGHT + 1 + np.arange(len(rows)),
        "filter_id": np.array(filters)[passed],
        "filter_version": np.ones(len(rows), np.int32),
        "acl": np.array(acls, np.int32)[passed],
    }
    for name, values in columns.items():
        rows = rows.append_column(name, pa.array(values))
    return rows


def light_curves(pool: int, n_points: int, rng: np.random.Generator) -> Iterator[pa.Table]:
    """Points of all objects in the order of time."""
    for epoch in range(max(1, n_points // pool)):
        columns: dict[str, Any] = {
            "photometry_id": epoch * pool + 1 + np.arange(pool),
            "object_id": [f"ZTF26{number:08d}" for number in range(pool)],
            "mjd": MJD_OF_FIRST + epoch + rng.random(pool) / 3,
            "filter": rng.choice(["ztfg", "ztfr"], pool),
            "survey": ["ZTF"] * pool,
            "instrument": ["ZTF"] * pool,
            "origin": ["alert"] * pool,
            "flux": rng.normal(50, 5, pool),
            "fluxerr": np.full(pool, 5.0),
            "mag": rng.uniform(17, 20.5, pool),
            "magerr": np.full(pool, 0.1),
            "version": np.ones(pool, np.int16),
            "acl": np.zeros(pool, np.int32),
        }
        yield pa.table(columns)


def timed(work: Callable[[int], object], seconds: float) -> dict[str, float]:
    """Milliseconds of a piece of work, called again and again."""
    work(0)
    took: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(took) < 10:
        begin = time.perf_counter()
        work(len(took) + 1)
        took.append(1000 * (time.perf_counter() - begin))
    return {"p50": statistics.median(took), "p95": sorted(took)[int(0.95 * len(took))], "n": len(took)}


def measure(n_candidates: int, n_points: int, seconds: float) -> dict[str, dict[str, float]]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder)) as db:
        build(db, n_candidates, n_points)
        with serving(db) as address:
            token = TokenSigner(Path(folder)).issue(SCANNER, timedelta(hours=1))
            client = Transport(address.url, token)
            figures = requests(client, seconds)
            client.close()
    return figures


def requests(client: Transport, seconds: float) -> dict[str, dict[str, float]]:
    """What a scanner asks for, one after the other."""
    nights = [n["dayobs"] for n in client.get("/api/candidates/nights", limit=100)["nights"]]
    ids = [entry["candidate_id"] for entry in client.get("/api/candidates", limit=2000)["candidates"]]
    pages = [",".join(ids[at : at + 10]) for at in range(0, len(ids) - 10, 10)]

    def newest(n: int) -> object:
        return client.get("/api/candidates", limit=50)

    def any_night(n: int) -> object:
        return client.get("/api/candidates", limit=50, dayobs=nights[n % len(nights)])

    def cards(n: int) -> object:
        return client.get("/api/candidates/cards", ids=pages[n % len(pages)])

    def decide(n: int) -> object:
        body = {"key": str(uuid.uuid4()), "candidate_id": ids[n % len(ids)], "verdict": "save", "groups": ["group-00"]}
        return client.post("/api/decisions", body)

    return {
        "page of 50, newest night": timed(newest, seconds),
        "page of 50, any night": timed(any_night, seconds),
        "10 cards with light curves": timed(cards, seconds),
        "one decision": timed(decide, seconds),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=5, help="how long each request is repeated")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    figures = measure(arguments.candidates, arguments.points, arguments.seconds)
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{arguments.candidates} candidates, {arguments.points} points")
    for name, row in figures.items():
        ratio = f", {PEER_MS / row['p50']:.0f}× SkyPortal's page of 25" if "page" in name else ""
        print(f"{name:28s}p50 {row['p50']:.1f} ms, p95 {row['p95']:.1f} ms (n {row['n']:.0f}){ratio}")


if __name__ == "__main__":
    main()
