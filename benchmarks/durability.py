"""Decisions under kill -9: scanners decide without a pause while the data service is killed again and again.

    .venv/bin/python benchmarks/durability.py [--rounds 5] [--writers 8] [--json]

Starts a hub of its own with the demo night. Each round waits for a while of deciding, kills the owner of the database
without warning, and waits until the hub has started it again. Nobody resends. At the end every decision that was
acknowledged must be there, once and as it was made.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hub"))

from hub_support import Hub, Writers, await_service, kill_service, rows_of, temporary_hub

SCANNER = "scanner-ztf"


def measure(hub: Hub, rounds: int, n_writers: int) -> dict[str, Any]:
    """Kill and count."""
    with hub.service(SCANNER) as client:
        ids = [entry["candidate_id"] for entry in client.get("/api/candidates").json()["candidates"]]
    away = []
    with Writers(hub, SCANNER, ids, n_writers) as writers:
        for _ in range(rounds):
            writers.have_made(50)
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often the service is killed")
    parser.add_argument("--writers", type=int, default=8, help="how many scanners decide at once")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with temporary_hub() as hub:
        result = measure(hub, arguments.rounds, arguments.writers)
    if arguments.json:
        print(json.dumps(result))
    else:
        report(result)


if __name__ == "__main__":
    main()
