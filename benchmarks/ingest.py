"""Packets per second of the real ZTF packets: decoded, filtered, stored with cutouts and scannable.

    .venv/bin/python benchmarks/ingest.py [--packets 3000] [--rounds 3] [--json]

The packets of the shared data are copied with new names and numbers until there are enough. They go through the embedded
path (one process owns the database) and through a running data service (decoding here, storing there), in turn, each
round into a fresh database with the demo's filters. The parts of the embedded path are timed one after the other. The
peer is LSST's mean rate of 350 alerts/s (10 million a night, https://dmtn-102.lsst.io).
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import fastavro
from skyhub.alerts import AlertReader, Packet, alert_files, packet_table
from skyhub.candidates import add_filter
from skyhub.client import connect
from skyhub.hub import FILTERS, GROUPS
from skyhub.ingest import Stored, ingest_alert_files, store_packets
from skyhub.service import open_database, running_service
from skyhub.team import add_groups

LSST_RATE = 350.0
"""Mean number of alerts per second."""
BATCH = 256
SHARED = Path(os.environ.get("SKYHUB_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")

Figures = dict[str, float]


def write_copies(target: Path, n_packets: int) -> int:
    """Copies of the real packets as other alerts of other objects; the number of packets written."""
    sources = sorted((SHARED / "alerts" / "ztf").rglob("*.avro"))
    if not sources:
        sys.exit(f"There are no packets in {SHARED}: set SKYHUB_SHARED_DATA.")
    written = 0
    for number, path in enumerate(sources * (n_packets // len(sources) + 1)):
        if written >= n_packets:
            break
        with path.open("rb") as file:
            reader = fastavro.reader(file)
            schema, records = reader.writer_schema, [renamed(record, number // len(sources)) for record in reader]
        with (target / f"{number:06d}.avro").open("wb") as file:
            fastavro.writer(file, schema, records)
        written += len(records)
    return written


def renamed(record: Any, turn: int) -> dict[str, Any]:
    """The same alert as that of another object."""
    other: dict[str, Any] = copy.copy(record)
    other["objectId"] = f"{record['objectId']}x{turn}"
    other["candid"] = record["candid"] + turn * 10**17
    other["candidate"] = {**record["candidate"], "candid": other["candid"]}
    return other


def prepare(data_dir: Path) -> None:
    """A database with the demo's groups and filters."""
    with open_database(data_dir) as db:
        add_groups(db, GROUPS)
        for demo in FILTERS:
            add_filter(db, demo.name, demo.expression, demo.group)


def embedded(packets: Path, data_dir: Path) -> Figures:
    """Seconds of the parts, in the process that owns the database."""
    clock = {"decode": 0.0, "Arrow": 0.0, "store": 0.0}
    n = 0
    with open_database(data_dir) as db:
        for batch in batches(packets, clock):
            table = timed(clock, "Arrow", partial(packet_table, batch))
            n += timed(clock, "store", partial(store_packets, db, table)).stored
    return {"packets": n, "seconds": sum(clock.values()), **clock}


def batches(packets: Path, clock: Figures) -> Iterator[list[Packet]]:
    """The decoded packets in batches as the ingest makes them."""
    waiting: list[Packet] = []
    reader = AlertReader()
    for path in alert_files([packets]):
        waiting += timed(clock, "decode", partial(reader.read, path)).packets
        if len(waiting) >= BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def timed(clock: Figures, name: str, work: Callable[[], Any]) -> Any:
    """Do it and add the time to the clock."""
    begin = time.perf_counter()
    result = work()
    clock[name] += time.perf_counter() - begin
    return result


def through_service(packets: Path, data_dir: Path) -> Figures:
    """Seconds of the whole as ``skyhub ingest alerts`` does it while a service runs."""
    with service(data_dir), connect(data_dir) as sky:
        begin = time.perf_counter()
        summary = ingest_alert_files(
            [packets], lambda batch: Stored(**sky.transport.post_arrow("/api/alerts/packets", batch))
        )
        return {"packets": summary.stored, "seconds": time.perf_counter() - begin}


@contextmanager
def service(data_dir: Path) -> Iterator[None]:
    """A data service in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "skyhub"), "service", "--data-dir", str(data_dir)]
    process = subprocess.Popen([*command, "--url", f"http://127.0.0.1:{port}"])
    try:
        while True:
            with socket.socket() as probe:
                if running_service(data_dir) and probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def measure(folder: Path, n_packets: int, rounds: int) -> dict[str, list[Figures]]:
    """Both paths in turn, each into a fresh database."""
    packets = folder / "packets"
    packets.mkdir()
    print(f"{write_copies(packets, n_packets)} packets written", file=sys.stderr)
    result: dict[str, list[Figures]] = {"embedded": [], "service": []}
    for turn in range(rounds):
        for name, run in (("embedded", embedded), ("service", through_service)):
            data_dir = folder / f"{name}-{turn}"
            prepare(data_dir)
            result[name].append(run(packets, data_dir))
    return result


def report(result: dict[str, list[Figures]]) -> None:
    """Print the rates, the split and the ratios."""
    print(f"{'path':28s}{'packets/s (median, min–max, n)':36s}ratio to {LSST_RATE:.0f}/s")
    for name, title in (("embedded", "embedded"), ("service", "through a running service")):
        rates = [one["packets"] / one["seconds"] for one in result[name]]
        middle = statistics.median(rates)
        spread = f"{middle:6.0f} ({min(rates):.0f}–{max(rates):.0f}, {len(rates)})"
        print(f"{title:28s}{spread:36s}{middle / LSST_RATE:.2f}")
    print(f"\n{'part, embedded':28s}{'ms per packet':16s}share")
    whole = statistics.median(one["seconds"] for one in result["embedded"])
    for part in ("decode", "Arrow", "store"):
        seconds = statistics.median(one[part] for one in result["embedded"])
        print(f"{part:28s}{1000 * seconds / result['embedded'][0]['packets']:<16.3f}{100 * seconds / whole:.0f} %")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=3000, help="how many packets at least")
    parser.add_argument("--rounds", type=int, default=3, help="how often each path is measured")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skyhub-ingest-") as name:
        result = measure(Path(name), arguments.packets, arguments.rounds)
    if arguments.json:
        print(json.dumps(result))
    else:
        report(result)


if __name__ == "__main__":
    main()
