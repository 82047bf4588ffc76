"""Packets per second of the real ZTF packets: decoded, filtered, matched with catalogues, stored with cutouts and scannable.

    .venv/bin/python benchmarks/ingest.py [--packets 4000] [--rounds 3] [--entries 100000] [--json]

The packets of the shared data are copied with new names and numbers until there are enough. Each round stores them in fresh
databases with ten filters and a catalogue of each kind: once in one process, stage by stage, then by ``skyhub ingest alerts``,
which decodes in processes of their own, alone and while a data service runs. Wall time depends on what else the machine does; CPU
time is that of all threads and processes that take part. *start* is what the command needs for no packets at all. The goal
is 1000 packets/s on two cores; the peer is LSST's mean rate of 350 alerts/s (10 million a night, https://dmtn-102.lsst.io).
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import resource
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
from context import catalogue
from skyhub.addresses import running_service
from skyhub.alerts import AlertReader, packet_table
from skyhub.candidates import add_filter
from skyhub.catalogs import GALAXIES, REFERENCE_ENTRIES, store_entries
from skyhub.context import KINDS_SEARCHED
from skyhub.db import ADMINISTRATOR
from skyhub.hub import FILTERS, GROUPS
from skyhub.ingest import store_packets
from skyhub.ports import free_port
from skyhub.service import open_database
from skyhub.team import add_groups

LSST_RATE = 350.0
"""Mean number of alerts per second."""
GOAL = 1000.0
"""Packets per second on two cores."""
BATCH, N_FILTERS, CORES = 512, 10, 2
STAGES, KINDS = ("decode", "Arrow", "first store", "store"), ("CPU", "wall")
WAYS = {"alone": "skyhub ingest alerts", "service": "the same, through a running service"}
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


def prepare(data_dir: Path, entries: int) -> None:
    """A database with the demo's groups, ten filters and a catalogue of each kind."""
    with open_database(data_dir) as db:
        add_groups(db, GROUPS)
        for turn in range(N_FILTERS):
            demo = FILTERS[turn % len(FILTERS)]
            add_filter(db, f"{demo.name} {turn}", f"{demo.expression} AND mag < {21 - 0.1 * turn:.1f}", demo.group)
        for kind in KINDS_SEARCHED if entries else ():
            told, of = (None, GALAXIES) if kind == "galaxy" else (kind, REFERENCE_ENTRIES)
            store_entries(db, ADMINISTRATOR, of, kind, catalogue(kind, entries), kind=told, replace=True)


def staged(packets: Path, data_dir: Path) -> Figures:
    """Wall and CPU seconds of the stages, in the process that owns the database."""
    figures: Figures = dict.fromkeys(("packets", *(f"{stage} {kind}" for stage in STAGES for kind in KINDS)), 0.0)
    reader, files = AlertReader(), sorted(packets.iterdir())
    with open_database(data_dir) as db:
        for begin in range(0, len(files), BATCH):
            group = files[begin : begin + BATCH]
            contents = timed(figures, "decode", lambda group=group: [reader.read(path) for path in group])
            found = [packet for content in contents for packet in content.packets]
            table = timed(figures, "Arrow", partial(packet_table, found))
            stage = "store" if begin else "first store"
            figures["packets"] += timed(figures, stage, partial(store_packets, db, table)).stored
    return figures


def timed(figures: Figures, stage: str, work: Callable[[], Any]) -> Any:
    """Do it and add the seconds to the figures."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    figures[f"{stage} wall"] += time.perf_counter() - wall
    figures[f"{stage} CPU"] += time.process_time() - cpu
    return result


def by_command(packets: Path, data_dir: Path, service: int | None = None) -> Figures:
    """Wall and CPU seconds of ``skyhub ingest alerts``, with those of a service of this process number."""
    wall, cpu = time.perf_counter(), spent(service)
    command = [str(Path(sys.executable).parent / "skyhub"), "ingest", "alerts", str(packets), "--json"]
    answer = subprocess.run([*command, "--data-dir", str(data_dir)], check=True, stdout=subprocess.PIPE)
    stored = json.loads(answer.stdout)["stored"]
    return {"packets": stored, "wall": time.perf_counter() - wall, "CPU": spent(service) - cpu}


def spent(service: int | None) -> float:
    """CPU seconds of the children that have ended, and of a process."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = children.ru_utime + children.ru_stime
    if service is not None:
        fields = Path(f"/proc/{service}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


@contextmanager
def service(data_dir: Path) -> Iterator[int]:
    """A data service in a process of its own; its number."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "skyhub"), "service", "--data-dir", str(data_dir)]
    process = subprocess.Popen([*command, "--url", f"http://127.0.0.1:{port}"])
    try:
        while True:
            with socket.socket() as probe:
                if running_service(data_dir) and probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def measure(folder: Path, n_packets: int, rounds: int, entries: int) -> dict[str, list[Figures]]:
    """All ways in turn, each into a fresh database."""
    packets, nothing = folder / "packets", folder / "nothing"
    packets.mkdir()
    nothing.mkdir()
    print(f"{write_copies(packets, n_packets)} packets written", file=sys.stderr)
    result: dict[str, list[Figures]] = {way: [] for way in ("staged", *WAYS)}
    for turn in range(rounds):
        houses = {way: folder / f"{way}-{turn}" for way in result}
        for house in houses.values():
            prepare(house, entries)
        result["staged"].append(staged(packets, houses["staged"]))
        result["alone"].append(beyond_start(nothing, packets, houses["alone"]))
        with service(houses["service"]) as number:
            result["service"].append(beyond_start(nothing, packets, houses["service"], number))
    return result


def beyond_start(nothing: Path, packets: Path, data_dir: Path, service: int | None = None) -> Figures:
    """The figures of a command, and those of its start."""
    start = by_command(nothing, data_dir, service)
    return by_command(packets, data_dir, service) | {f"start {kind}": start[kind] for kind in KINDS}


def report(result: dict[str, list[Figures]]) -> None:
    """Print the rates, the split and the ratios."""
    first = result["staged"][0]
    print(f"{'stage, one process':36s}{'ms CPU per packet':20s}ms wall per packet")
    cost = {}
    for stage in STAGES:
        n = BATCH if stage == "first store" else first["packets"] - (BATCH if stage == "store" else 0)
        cpu, wall = (1000 * middle(result["staged"], f"{stage} {kind}") / n for kind in KINDS)
        cost[stage] = cpu
        print(f"{stage:36s}{cpu:<20.3f}{wall:.3f}")
    whole = cost["decode"] + cost["Arrow"] + cost["store"]
    print(f"{'on two cores, from the CPU time':36s}{CORES * 1000 / whole:.0f} packets/s (goal {GOAL:.0f})")
    print(f"\n{'way':36s}{'packets/s, whole':20s}{'beyond start':16s}{'× goal':8s}{'× LSST':8s}ms CPU per packet")
    for way, title in WAYS.items():
        whole, beyond = middle(result[way], "wall"), middle(result[way], "wall") - middle(result[way], "start wall")
        rate, cpu = first["packets"] / beyond, middle(result[way], "CPU") - middle(result[way], "start CPU")
        print(
            f"{title:36s}{first['packets'] / whole:<20.0f}{rate:<16.0f}{rate / GOAL:<8.2f}{rate / LSST_RATE:<8.2f}"
            f"{1000 * cpu / first['packets']:.3f}"
        )


def middle(figures: list[Figures], name: str) -> float:
    """The median of a figure."""
    return statistics.median(one[name] for one in figures)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=4000, help="how many packets at least")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is measured")
    parser.add_argument("--entries", type=int, default=100_000, help="entries of each catalogue")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skyhub-ingest-") as name:
        result = measure(Path(name), arguments.packets, arguments.rounds, arguments.entries)
    if arguments.json:
        print(json.dumps(result))
    else:
        report(result)


if __name__ == "__main__":
    main()
