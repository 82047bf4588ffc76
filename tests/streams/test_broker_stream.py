"""Brokers as incoming streams, in the process that the hub runs: killed, nothing is lost or doubled; one never stops others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, Database
from skyhub.ports import free_port
from support import broker_answers as answers
from support.brokers import BrokerServer, Reply, broker_server, real_packets
from support.commands import skyhub
from support.services import wait_until
from support.streams import StreamProcess

REAL = "ZTF21abiuvdk"
_PATIENCE = 90.0


@pytest.fixture
def data_dir(empty_house: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_house, tmp_path / "data"))


@pytest.fixture
def server(shared: Path) -> Iterator[BrokerServer]:
    with broker_server() as broker:
        answers.fink(broker, shared)
        answers.alerce(broker, shared)
        answers.boom(broker, real_packets(shared, REAL))
        yield broker


def _brokers(server: BrokerServer) -> dict[str, Any]:
    patience = {"retries": 0, "timeout_seconds": 3}
    return {
        "fink": {"kind": "fink", "url": server.url, **patience},
        "boom": {"kind": "boom", "url": server.url, "username": "ann", "password": answers.PASSWORD, **patience},
        "alerce": {"kind": "alerce", "url": f"{server.url}/ztf/v1", "stamps_url": server.url, **patience},
        "gone": {"kind": "fink", "url": f"http://127.0.0.1:{free_port()}", **patience},
    }


def _streams(*names: str) -> dict[str, Any]:
    common = {"kind": "broker", "every_seconds": 1, "batch_seconds": 0.1, "look_back_days": 365}
    chosen = {name: {**common, "broker": name} for name in names}
    return {n: s | ({"select": {"class": "Unknown"}} if n in ("fink", "gone") else {}) for n, s in chosen.items()}


def _begin_early(data_dir: Path, *names: str) -> None:
    """Positions before the recorded alerts, which are older than a stream may look back at first."""
    with Database(data_dir) as db:
        from skyhub.ingest import keep_position

        for name in names:
            keep_position(db, name, json.dumps({"mjd": 58_000.0, "taken": {}}))


def _alerts(data_dir: Path) -> list[dict[str, Any]]:
    with Database(data_dir) as db:
        return db.reader.rows(ADMINISTRATOR, "SELECT object_id, candid, science_at FROM @alerts ORDER BY object_id")


def test_objects_of_brokers_come_in_through_the_one_path(data_dir: Path, server: BrokerServer) -> None:
    _begin_early(data_dir, "fink", "alerce", "boom", "gone")
    process = StreamProcess(data_dir, _streams("fink", "alerce", "boom", "gone"), brokers=_brokers(server))
    wait_until(lambda: sum(a.path.endswith(("/latests", "/objects/", "/find")) for a in server.asked) > 12, _PATIENCE)
    ended = {state["stream_name"]: state for state in process.stop()}
    assert {name: ended[name]["n_stored"] for name in ended} == {"fink": 1, "alerce": 1, "boom": 1, "gone": 0}
    assert {name: ended[name]["n_refused"] for name in ended} == dict.fromkeys(ended, 0)
    found = _alerts(data_dir)
    assert {row["object_id"] for row in found} == {answers.FINK_OBJECT, answers.ALERCE_OBJECT, REAL}
    assert all(row["science_at"] is not None for row in found)
    with Database(data_dir) as db:
        notes = db.reader.rows(ADMINISTRATOR, "SELECT object_id, origin FROM @annotations")
        assert {(n["object_id"], n["origin"]) for n in notes} >= {(answers.ALERCE_OBJECT, "alerce"), (REAL, "boom")}
        points = db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @photometry WHERE object_id = ?", [REAL])
        assert points[0]["n"] >= 34
        text = json.dumps(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @intake_states"), default=str)
    assert "does not answer" in text
    assert answers.PASSWORD not in text


@pytest.mark.slow
def test_killed_at_any_time_nothing_is_lost_or_doubled(data_dir: Path, server: BrokerServer) -> None:
    _begin_early(data_dir, "fink", "boom")
    process = StreamProcess(data_dir, _streams("fink", "boom"), brokers=_brokers(server))
    wait_until(lambda: any(a.path == "/api/v1/objects" for a in server.asked), _PATIENCE)
    process.kill()
    server.faults = [Reply(b"", 500), Reply(b"<html>busy</html>")]
    n = len(server.asked)
    process.start()
    wait_until(lambda: sum(a.path.endswith(("/latests", "/find")) for a in server.asked[n:]) > 8, _PATIENCE)
    process.stop()
    assert [row["object_id"] for row in _alerts(data_dir)] == [answers.FINK_OBJECT, REAL]
    shown = skyhub("streams", data_dir=data_dir)["streams"]
    assert {state["stream_name"] for state in shown} == {"fink", "boom"}
