"""From the packet to the open Scan page: seconds from sending to Kafka until a page that is open has asked for the new candidates.

    .venv/bin/python benchmarks/latency.py [--rate 350] [--seconds 30] [--entries 100000] [--json]

Real packets of the shared data, copied with new names and numbers into one night, are sent at a steady rate to a Kafka
cluster (librdkafka's mock cluster, in this process). ``skyhub ingest stream`` reads them for a data service with ten
filters and a catalogue of each kind. A client does what the kernel of an open Scan page does: it holds the event stream,
asks for the queue when it hears of candidates, and once more if it heard of others meanwhile. A packet is *told* when the
event of its transaction has come, and *shown* when a queue that was asked for after that is here; packets of transactions
without candidates are left out and counted. The rate is LSST's mean (10 million alerts a night,
https://dmtn-102.lsst.io); the goal is 2 s at the 95th percentile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import fastavro
from confluent_kafka import Producer
from ingest import LSST_RATE, SHARED, prepare, renamed, service, spent
from skyhub.addresses import running_service
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR
from skyhub.service import open_database
from skyhub.web import TokenSigner
from support.streams import Cluster, StreamProcess

GOAL = 2.0
"""Seconds at the 95th percentile."""
TOPICS, PARTITIONS = 8, 4
WARM = 512
"""Packets sent before: the processes are up, the catalogues read."""
JD_OF_NIGHT = 2_461_370.6
PATIENCE = 20.0
"""Seconds without another packet."""


@dataclass
class Page:
    """What an open Scan page knows: when it heard of changes, and when it had the queue with what they tell of."""

    sky: Sky
    told: dict[int, float] = field(default_factory=dict)
    shown: dict[int, float] = field(default_factory=dict)
    queues: list[float] = field(default_factory=list)
    """Seconds that the queue took."""

    def __post_init__(self) -> None:
        self._waiting: list[int] = []
        self._news, self._lock, self._ended = threading.Event(), threading.Lock(), False
        self._thread = threading.Thread(target=self._refresh, daemon=True)
        self._thread.start()
        self.sky.changes.subscribe(self._heard)

    def close(self) -> None:
        """End it."""
        self._ended = True
        self._news.set()
        self._thread.join()
        self.sky.changes.close()

    def _heard(self, event: dict[str, Any]) -> None:
        if event.get("kind") == "candidates":
            with self._lock:
                self.told[event["seq"]] = time.time()
                self._waiting.append(event["seq"])
            self._news.set()

    def _refresh(self) -> None:
        while not self._ended:
            self._news.wait()
            self._news.clear()
            with self._lock:
                waiting, self._waiting = self._waiting, []
            begin = time.time()
            self.sky.candidates.queue()
            end = time.time()
            self.queues.append(end - begin)
            self.shown |= dict.fromkeys(waiting, end)


def packets(count: int) -> Iterator[tuple[int, bytes]]:
    """Numbers and bytes of so many alerts of one night."""
    sources = sorted((SHARED / "alerts" / "ztf").rglob("*.avro"))
    if not sources:
        sys.exit(f"There are no packets in {SHARED}: set SKYHUB_SHARED_DATA.")
    read = [fastavro.reader(BytesIO(path.read_bytes())) for path in sources]
    known = [(reader.writer_schema, next(reader)) for reader in read]
    for number in range(count):
        schema, record = known[number % len(known)]
        packet = renamed(record, number // len(known))
        packet["candidate"]["jd"] = JD_OF_NIGHT + number / 1e6
        stream = BytesIO()
        fastavro.writer(stream, schema, [packet])
        yield packet["candid"], stream.getvalue()


def send(cluster: Cluster, given: list[tuple[int, bytes]], rate: float) -> dict[int, float]:
    """Send packets at a rate; when each was sent."""
    producer = Producer({"bootstrap.servers": ",".join(cluster.brokers), "linger.ms": "0"})
    sent: dict[int, float] = {}
    begin = time.monotonic()
    for number, (candid, data) in enumerate(given):
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        sent[candid] = time.time()
        producer.produce(f"ztf{number % TOPICS}", data, partition=number // TOPICS % PARTITIONS)
        producer.poll(0)
    producer.flush(20)
    return sent


@contextmanager
def stream(data_dir: Path, cluster: Cluster, url: str) -> Iterator[StreamProcess]:
    """``skyhub ingest stream``, with the batches that it makes unless told otherwise."""
    declared = cluster.stream(*(f"ztf{n}" for n in range(TOPICS)), batch_seconds=0.5).model_dump(mode="json")
    process = StreamProcess(data_dir, {"ztf": declared}, url)
    try:
        yield process
    finally:
        process.process.terminate()
        process.process.wait(30)


def wait_for(sky: Sky, count: int) -> None:
    """Until so many packets are read, or no more are: the cluster keeps 5 MB of each partition, and what is late is lost there."""
    found, since = -1, time.monotonic()
    while found < count and time.monotonic() - since < PATIENCE:
        time.sleep(0.2)
        states = sky.transport.get("/api/streams")["streams"]
        now = sum(state["n_read"] for state in states)
        found, since = now, time.monotonic() if now > found else since


def measure(data_dir: Path, rate: float, seconds: float, entries: int) -> dict[str, Any]:
    """Send, listen, and match what was heard with what was stored."""
    prepare(data_dir, entries)
    count, cluster = int(rate * seconds), Cluster()
    given = list(packets(WARM + count))
    for topic in range(TOPICS):
        cluster.send(f"ztf{topic}", [data for _, data in given[:WARM][topic::TOPICS]])
    with service(data_dir) as number:
        address = running_service(data_dir)
        assert address is not None
        url = address.url
        sky = Sky(Transport(url, TokenSigner(data_dir).issue_for_operator()))
        with stream(data_dir, cluster, url) as process:
            wait_for(sky, WARM)
            page = Page(sky)
            before = [spent(pid) for pid in (number, process.process.pid)]
            begin = time.monotonic()
            sent = send(cluster, given[WARM:], rate)
            took = time.monotonic() - begin
            wait_for(sky, WARM + count)
            cpu = [spent(pid) - earlier for pid, earlier in zip((number, process.process.pid), before, strict=True)]
            time.sleep(2.0)
            page.close()
    return {"rate": count / took, "n_sent": count, "cpu": cpu, "queue": page.queues} | matched(data_dir, sent, page)


def matched(data_dir: Path, sent: dict[int, float], page: Page) -> dict[str, Any]:
    """Seconds from sending a packet until the page was told of its transaction, and until it showed it."""
    with open_database(data_dir) as db:
        alerts = db.reader.rows(ADMINISTRATOR, "SELECT candid, known_at FROM @alerts")
        changes = db.reader.rows(ADMINISTRATOR, "SELECT seq, known_at FROM @changes WHERE kind = 'candidates'")
    first: dict[Any, int] = {}
    for change in sorted(changes, key=lambda change: change["seq"]):
        first.setdefault(change["known_at"], change["seq"])
    mine = [alert for alert in alerts if alert["candid"] in sent]
    pairs = [(sent[alert["candid"]], first[alert["known_at"]]) for alert in mine if alert["known_at"] in first]
    return {
        "n_stored": len({alert["candid"] for alert in mine}),
        "n_doubled": len(mine) - len({alert["candid"] for alert in mine}),
        "n_batches": len({alert["known_at"] for alert in mine}),
        "n_silent": len(mine) - len(pairs),
        "told": [page.told[seq] - at for at, seq in pairs],
        "shown": [page.shown[seq] - at for at, seq in pairs],
    }


def report(result: dict[str, Any]) -> None:
    """Print the percentiles against the goal."""
    print(
        f"{result['n_sent']} packets at {result['rate']:.0f}/s (LSST {LSST_RATE:.0f}/s): {result['n_stored']} stored in"
    )
    print(
        f"{result['n_batches']} batches, {result['n_doubled']} doubled; {result['n_silent']} in batches without candidates\n"
    )
    print(f"{'seconds from sending':26s}{'p50':8s}{'p95':8s}{'largest':10s}goal at p95")
    for name in ("told", "shown", "queue"):
        found = sorted(result[name])
        p50, p95 = statistics.median(found), found[int(0.95 * (len(found) - 1))]
        title = "the queue alone" if name == "queue" else name
        print(f"{title:26s}{p50:<8.3f}{p95:<8.3f}{found[-1]:<10.3f}{GOAL if name == 'shown' else ''}")
    of_service, of_stream = (1000 * seconds / result["n_sent"] for seconds in result["cpu"])
    print(f"\nms CPU per packet: service {of_service:.2f}, stream {of_stream:.2f} without the processes that decode")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=LSST_RATE, help="packets per second")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long they are sent")
    parser.add_argument("--entries", type=int, default=100_000, help="entries of each catalogue")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skyhub-latency-") as name:
        result = measure(Path(name) / "data", arguments.rate, arguments.seconds, arguments.entries)
    if arguments.json:
        print(json.dumps(result))
    else:
        report(result)


if __name__ == "__main__":
    main()
