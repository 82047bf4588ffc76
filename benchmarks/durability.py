"""Writes under kill -9: scanners decide without a pause while the data service is killed again and again.

    .venv/bin/python benchmarks/durability.py [--rounds 10] [--writers 32] [--acknowledged 1000] [--json]
    .venv/bin/python benchmarks/durability.py --backup [--points 10000000]

The first starts a hub of its own with the demo night. Each round waits until so many decisions more were acknowledged
over HTTP, kills the owner of the database without warning, and waits until the hub has started it again. Nobody resends.
At the end every decision that was acknowledged must be there, once and as it was made.

The second compares two ways to take a backup under writing: a checkpoint and a copy of the file, which `skyhub backup`
does, and the engine's COPY FROM DATABASE. It prints their ratio, and how long writes waited.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hub"))

import hub_support
from hub_support import Hub, Writers, await_service, kill_service, rows_of, temporary_hub

hub_support.RESTART_SECONDS = 60  # this is no test of how soon the service comes back
SCANNER = "scanner-ztf"
ROUND_SECONDS = 120


def measure(hub: Hub, rounds: int, n_writers: int, acknowledged: int) -> dict[str, Any]:
    """Kill and count."""
    with hub.service(SCANNER) as client:
        ids = [entry["candidate_id"] for entry in client.get("/api/candidates").json()["candidates"]]
    away = []
    with Writers(hub, SCANNER, ids, n_writers) as writers:
        for _ in range(rounds):
            writers.have_made(acknowledged, ROUND_SECONDS)
            time.sleep(random.random())
            begin = time.perf_counter()
            await_service(hub, kill_service(hub))
            away.append(time.perf_counter() - begin)
        writers.have_made(50)
    with hub.service("admin") as admin:
        rows = rows_of(admin, "SELECT decision_id, verdict, candidate_id FROM decisions")
    return {**losses(writers, rows), "away_seconds": away, "seconds": writers.seconds, "writers": n_writers}


def losses(writers: Writers, rows: list[dict[str, Any]]) -> dict[str, int]:
    """What was acknowledged, refused by a dead service, lost, or is there twice or otherwise."""
    stored = {row["decision_id"]: row["verdict"] for row in rows}
    told = {int(decision["decision_id"]): decision["verdict"] for decision in writers.acknowledged}
    return {
        "acknowledged": len(writers.acknowledged),
        "not acknowledged": writers.failed,
        "lost": sum(number not in stored for number in told),
        "altered": sum(number in stored and stored[number] != verdict for number, verdict in told.items()),
        "twice": len(rows) - len(stored) + len(writers.acknowledged) - len(told),
        "stored without acknowledgement": len(stored.keys() - told.keys()),
    }


def report(result: dict[str, Any]) -> None:
    """Print the counts and times."""
    away, seconds = result.pop("away_seconds"), sorted(result.pop("seconds"))
    print(f"{len(away)} kills under {result.pop('writers')} writers")
    for name, number in result.items():
        print(f"{name:32s}{number}")
    print(f"{'lost of acknowledged':32s}{result['lost'] / max(1, result['acknowledged']):.6f}")
    print(f"{'service away (s)':32s}{statistics.median(away):.1f} ({min(away):.1f}–{max(away):.1f})")
    p50, p95 = seconds[len(seconds) // 2], seconds[int(0.95 * len(seconds))]
    print(f"{'decision acknowledged (ms)':32s}p50 {1000 * p50:.0f}, p95 {1000 * p95:.0f}")


def measure_backup(n_points: int) -> dict[str, Any]:
    """Both ways to take a backup of a database of points, with a writer beside them."""
    from skyhub.care import backup
    from skyhub.db import Database

    with tempfile.TemporaryDirectory(prefix="skyhub-") as name, Database(Path(name) / "data") as db:
        db.writer.between(lambda connection: connection.execute(_POINTS.format(n=n_points)))
        db.writer.between(lambda connection: connection.execute("CHECKPOINT"))

        def copied() -> None:
            with db.reader.borrowed() as cursor:
                cursor.execute(f"ATTACH '{name}/copy.duckdb' AS target (STORAGE_VERSION 'v1.5.0')")
                cursor.execute("COPY FROM DATABASE skyhub TO target")
                cursor.execute("DETACH target")

        return {
            "megabytes": (db.data_dir / "skyhub.duckdb").stat().st_size / 1e6,
            "nothing": _beside_writes(db, lambda: time.sleep(3)),
            "checkpoint and copy": _beside_writes(db, lambda: backup(db, Path(name) / "backups")),
            "COPY FROM DATABASE": _beside_writes(db, copied),
        }


_POINTS = """INSERT INTO photometry BY NAME SELECT i AS photometry_id, printf('ZTF26%07d', i % 100000) AS object_id,
    60000 + random() * 1000 AS mjd, ['ztfg', 'ztfr'][1 + i % 2] AS filter, 1000 * random() AS flux, random() AS fluxerr,
    18 + random() AS mag, random() AS magerr, 0 AS acl, now()::TIMESTAMP AS known_at FROM range(1, {n} + 1) AS r(i)"""


def _beside_writes(db: Any, work: Callable[[], object]) -> dict[str, float]:
    """How long some work takes while small writes go on, and how long these waited (ms)."""
    waits, stop = [], threading.Event()

    def write() -> None:
        while not stop.is_set():
            begin = time.perf_counter()
            db.writer.write(lambda t: t.insert("visits", [{"user_name": "a"}]))
            waits.append(1000 * (time.perf_counter() - begin))
            time.sleep(0.005)

    thread = threading.Thread(target=write)
    thread.start()
    begin = time.perf_counter()
    work()
    seconds = time.perf_counter() - begin
    stop.set()
    thread.join()
    waits.sort()
    return {"seconds": seconds, "p50": waits[len(waits) // 2], "p99": waits[int(0.99 * len(waits))], "max": waits[-1]}


def report_backup(result: dict[str, Any]) -> None:
    """Print the times and their ratio."""
    print(f"backup of {result.pop('megabytes'):.0f} MB{'':14s}seconds   writes p50   p99   max (ms)")
    for name, row in result.items():
        print(f"{name:28s}{row['seconds']:8.2f}{row['p50']:12.1f}{row['p99']:7.0f}{row['max']:7.0f}")
    ratio = result["COPY FROM DATABASE"]["seconds"] / result["checkpoint and copy"]["seconds"]
    print(f"{'ratio':28s}{ratio:8.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="how often the service is killed")
    parser.add_argument("--writers", type=int, default=32, help="how many scanners decide at once")
    parser.add_argument("--acknowledged", type=int, default=1000, help="decisions before each kill")
    parser.add_argument("--backup", action="store_true", help="compare ways to take a backup instead")
    parser.add_argument("--points", type=int, default=10_000_000, help="points in the database that is backed up")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    if arguments.backup:
        result, show = measure_backup(arguments.points), report_backup
    else:
        with temporary_hub() as hub:
            result, show = measure(hub, arguments.rounds, arguments.writers, arguments.acknowledged), report
    if arguments.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
