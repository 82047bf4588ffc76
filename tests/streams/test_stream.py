"""``skyhub ingest stream`` as a process: real packets from Kafka and a directory; killed, nothing is lost or doubled."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.alerts import AlertReader
from skyhub.client import Transport
from skyhub.db import ADMINISTRATOR, Database, iso
from skyhub.errors import Unavailable
from skyhub.ports import free_port
from skyhub.web import TokenSigner
from support.commands import skyhub
from support.services import OwnProcess, wait_until
from support.streams import Cluster, StreamProcess

_LARGEST = 60_000
_PATIENCE = 90.0
"""Seconds; a process begins in two, and a group notices a killed member in four, on a machine that is not busy."""


@pytest.fixture
def data_dir(empty_house: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_house, tmp_path / "data"))


@pytest.fixture(scope="module")
def packets(ztf_files: list[Path]) -> list[tuple[int, bytes]]:
    """Real packets that are not large, with their candids: less than the cluster keeps."""
    files = [path for path in ztf_files if path.stat().st_size < _LARGEST][:200]
    reader = AlertReader()
    return [(reader.read(path).packets[0].candid, path.read_bytes()) for path in files]


def _candids(data_dir: Path) -> list[int]:
    with Database(data_dir) as db:
        return [row["candid"] for row in db.reader.rows(ADMINISTRATOR, "SELECT candid FROM @alerts ORDER BY candid")]


class _Told:
    """What a service tells of streams."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self.transport = Transport(url, TokenSigner(data_dir).issue_for_operator())

    def streams(self) -> dict[str, dict[str, Any]]:
        """States by name; none while the service is away."""
        try:
            return {state["stream_name"]: state for state in self.transport.get("/api/streams")["streams"]}
        except Unavailable:
            return {}

    def last_packet(self) -> str:
        """When the last packet came, or nothing."""
        return self.streams().get("ztf", {}).get("last_packet_at") or ""

    def n_alerts(self) -> int:
        """How many alerts there are."""
        question = {"statement": "SELECT count(*) AS n FROM alerts", "as_user": None}
        return int(self.transport.post_for_arrow("/api/sql", question)["n"][0].as_py())


def test_without_a_stream_it_says_what_to_declare(data_dir: Path) -> None:
    document = skyhub("ingest", "stream", data_dir=data_dir, status=2)
    assert "no stream is declared" in document["error"]["message"]
    assert skyhub("streams", data_dir=data_dir) == {"streams": []}


def test_the_owner_of_the_data_brings_a_directory_in(
    data_dir: Path, tmp_path: Path, packets: list[tuple[int, bytes]]
) -> None:
    drop = {"kind": "directory", "path": str(tmp_path), "pattern": "*.avro", "settle_seconds": 0}
    for begin, end in ((0, 5), (5, 6)):  # the second time, a restart remembers the five
        for candid, data in packets[begin:end]:
            (tmp_path / f"{candid}.avro").write_bytes(data)
        process = StreamProcess(data_dir, {"drop": drop})
        wait_until(lambda n=end: _n_taken(data_dir / "streams" / "drop.sqlite") == n, _PATIENCE)  # type: ignore[misc]
        [ended] = process.stop()
        assert (ended["n_read"], ended["n_stored"]) == (end - begin, end - begin)
    assert _candids(data_dir) == sorted(candid for candid, _ in packets[:6])
    [state] = skyhub("streams", data_dir=data_dir)["streams"]
    assert (state["state"], state["reason"]) == ("down", "it was stopped.")


def _n_taken(memory: Path) -> int:
    if not memory.exists():
        return 0
    with closing(sqlite3.connect(memory)) as connection:
        try:
            [(n,)] = connection.execute("SELECT count(*) FROM taken")
        except sqlite3.OperationalError:
            return 0
        return int(n)


@pytest.mark.slow
def test_sources_side_by_side_some_of_them_down(
    data_dir: Path, tmp_path: Path, packets: list[tuple[int, bytes]]
) -> None:
    cluster, drop = Cluster(), tmp_path / "drop"
    drop.mkdir()
    cluster.send("ztf", [*(data for _, data in packets[:40]), b"nonsense"])
    for candid, data in packets[30:60]:
        (drop / f"{candid}.avro").write_bytes(data)
    streams = {
        "ztf": cluster.stream("ztf").model_dump(mode="json"),
        "gone": cluster.stream("ztf", brokers=["127.0.0.1:9"]).model_dump(mode="json"),
        "drop": {"kind": "directory", "path": str(drop), "settle_seconds": 0.1},
        "nowhere": {"kind": "directory", "path": str(tmp_path / "nowhere")},
    }
    with _processes(data_dir, streams) as (service, stream):
        told = _Told(data_dir, service.url)
        states = wait_until(lambda: _when(told, {"ztf": 41, "drop": 30}), _PATIENCE)
        assert (states["gone"]["state"], states["nowhere"]["state"]) == ("down", "down")
        assert "127.0.0.1:9 does not answer" in states["gone"]["reason"]
        assert "is not there" in states["nowhere"]["reason"]
        assert (states["ztf"]["n_refused"], states["drop"]["n_refused"]) == (1, 0)
        assert states["ztf"]["n_stored"] + states["drop"]["n_stored"] == 60
        assert states["ztf"]["n_duplicates"] + states["drop"]["n_duplicates"] == 10
        [refused] = told.transport.get("/api/streams/ztf/refused")["rows"]
        assert refused["place"].startswith("ztf/")
        assert told.transport.get_bytes("/api/streams/refused/1") == b"nonsense"
        stream.stop()
        assert {state["state"] for state in told.streams().values()} == {"down"}
    assert _candids(data_dir) == sorted(candid for candid, _ in packets[:60])


def _when(told: _Told, counts: dict[str, int]) -> dict[str, dict[str, Any]] | None:
    """The states, once so much was read."""
    states = told.streams()
    return states if all(states.get(name, {}).get("n_read") == n for name, n in counts.items()) else None


@contextmanager
def _processes(data_dir: Path, streams: dict[str, Any]) -> Iterator[tuple[OwnProcess, StreamProcess]]:
    service = OwnProcess(data_dir, free_port())
    stream = StreamProcess(data_dir, streams, service.url)
    try:
        yield service, stream
    finally:
        for process in (stream.process, service.process):
            process.kill()
            process.wait()


def _kill(data_dir: Path, packets: list[tuple[int, bytes]], victims: list[str]) -> None:
    """Packets come all the time while the stream and the service are killed; in the end each is there once."""
    rng, cluster, sent = random.Random(7), Cluster(), 0
    streams = {"ztf": cluster.stream("ztf", batch_packets=8).model_dump(mode="json")}
    with _processes(data_dir, streams) as (service, stream):
        told = _Told(data_dir, service.url)
        for number, name in enumerate(victims):
            before = told.last_packet()
            end = len(packets) * (number + 1) // len(victims)
            cluster.send("ztf", [data for _, data in packets[sent:end]])
            if name == "stream":
                wait_until(lambda b=before: told.last_packet() > b, _PATIENCE)  # type: ignore[misc]
            time.sleep(rng.random())
            victim = stream if name == "stream" else service
            victim.kill()
            victim.start()
            sent = end
        restarted = iso(datetime.now(UTC))
        wait_until(lambda: told.streams().get("ztf", {}).get("known_at", "") > restarted, _PATIENCE)
        wait_until(lambda: told.n_alerts() == len(packets), _PATIENCE)
        [ended] = stream.stop()
        assert (ended["n_refused"], ended["state"]) == (0, "down")
    assert _candids(data_dir) == sorted(candid for candid, _ in packets)


@pytest.mark.slow
def test_killed_processes_lose_and_double_nothing(data_dir: Path, packets: list[tuple[int, bytes]]) -> None:
    _kill(data_dir, packets, ["service", "stream", "service"])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_lose_and_double_nothing(data_dir: Path, packets: list[tuple[int, bytes]]) -> None:
    _kill(data_dir, packets, ["service", "stream"] * 10)
