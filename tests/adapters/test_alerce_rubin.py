"""ALeRCE's services for Rubin, answering with a real alert in the fields that they document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from skyhub.adapters.brokers import Broker, open_broker
from skyhub.alerts import AlertReader
from skyhub.config import AlerceBroker
from skyhub.errors import InvalidInput, NotFound, Unavailable
from support.brokers import Asked, BrokerServer, Reply, broker_server
from support.packets import stamp

KINDS = ("Science", "Template", "Difference")
NUMBERS = {"g": 1, "r": 2, "i": 3, "z": 4, "y": 5, "u": 6}


@pytest.fixture(scope="module")
def record(shared: Path) -> dict[str, Any]:
    table = pq.read_table(shared / "alerts" / "lsst" / "fink" / "part-1-0-398764591.parquet")
    found: dict[str, Any] = table.slice(0, 1).to_pylist()[0]
    return found


def _detection(source: dict[str, Any]) -> dict[str, Any]:
    given = {name: source[name] for name in ("ra", "dec", "psfFlux", "psfFluxErr", "reliability", "isNegative")}
    given |= {"oid": source["diaObjectId"], "measurement_id": source["diaSourceId"], "mjd": source["midpointMjdTai"]}
    return {**given, "band": NUMBERS[source["band"]]}


@pytest.fixture
def server(record: dict[str, Any]) -> Iterator[BrokerServer]:
    source = record["diaSource"]
    row = {
        "oid": source["diaObjectId"], "meanra": source["ra"], "meandec": source["dec"], "n_det": 75,
        "firstmjd": source["midpointMjdTai"] - 90, "lastmjd": source["midpointMjdTai"],
        "classifier_name": "stamp_classifier_rubin_beta", "classifier_version": "2.0.1",
    }  # fmt: skip
    classes = [{**row, "class_name": "VS", "probability": 0.9}, {**row, "class_name": "SN", "probability": 0.1}]
    detections = [_detection(s) for s in (source, *record["prvDiaSources"])]

    def of_object(asked: Asked) -> Any:
        return {"detections": detections if asked.given["oid"] == str(source["diaObjectId"]) else []}

    with broker_server() as broker:
        broker.answers |= {
            "/object_api/list_objects": lambda asked: {"items": classes if asked.given["page"] == "1" else []},
            "/lightcurve_api/lightcurve": of_object,
            "/stamps_api/stamp": lambda asked: Reply(stamp(KINDS.index(asked.given["stamp_type"][6:]))),
        }
        yield broker


@pytest.fixture
def broker(server: BrokerServer) -> Broker:
    settings = AlerceBroker(kind="alerce", survey="LSST", url=server.url, retries=0, timeout_seconds=5.0)
    return open_broker("alerce", settings)


def test_an_object_has_the_points_of_the_survey(broker: Broker, record: dict[str, Any]) -> None:
    name = f"LSST-{record['diaSource']['diaObjectId']}"
    reader = AlertReader()
    given = (broker.fetch(name), record)
    told, streamed = (
        reader.read_bytes(json.dumps(one, default=lambda _: None).encode(), "x").packets[0] for one in given
    )
    assert (told.object_id, told.survey, told.candid) == (name, "LSST", streamed.candid)
    assert (told.mjd, told.mag, told.rb) == (streamed.mjd, streamed.mag, streamed.rb)
    points = {p.point_id: p for p in told.photometry}
    assert len(points) == 75
    assert points == {p.point_id: p for p in streamed.photometry if p.origin == "alert"}
    [annotation] = told.annotations
    said = {"stamp_classifier_rubin_beta": "VS", "stamp_classifier_rubin_beta.version": "2.0.1"}
    said |= {"stamp_classifier_rubin_beta.VS": 0.9, "stamp_classifier_rubin_beta.SN": 0.1}
    assert (annotation.origin, json.loads(annotation.data)) == ("alerce", said)


def test_lists_hold_each_object_once(broker: Broker, server: BrokerServer, record: dict[str, Any]) -> None:
    source = record["diaSource"]
    [near] = broker.cone(source["ra"], source["dec"], 5.0, 10)
    [new] = broker.newest(61_000.0, 10, {"class_name": "VS"})
    assert near.object_id == new.object_id == f"LSST-{source['diaObjectId']}"
    assert near.separation == pytest.approx(0.0, abs=1e-3)
    assert new.mjd == pytest.approx(source["midpointMjdTai"] - 37 / 86_400, abs=1e-9)
    assert {asked.given["survey"] for asked in server.asked} == {"lsst"}


def test_cutouts_are_those_of_the_alert(broker: Broker, server: BrokerServer, record: dict[str, Any]) -> None:
    candid = record["diaSource"]["diaSourceId"]
    assert broker.cutouts("LSST-7", candid) == {k.lower(): stamp(n) for n, k in enumerate(KINDS)}
    assert (server.asked[0].given["oid"], server.asked[0].given["measurement_id"]) == ("7", str(candid))


def test_what_it_does_not_know_or_say(broker: Broker, server: BrokerServer) -> None:
    with pytest.raises(NotFound):
        broker.fetch("LSST-1")
    with pytest.raises(InvalidInput, match="select"):
        broker.newest(61_000.0, 10, {"ndet": "3"})
    server.answers["/object_api/list_objects"] = lambda asked: {"items": [{"meanra": 1.0}]}
    with pytest.raises(Unavailable, match="nonsense"):
        broker.cone(1.0, 2.0, 3.0, 10)
