"""Fink's service for Rubin, answering with a real alert in the columns that it documents: the packet is that of the stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from astropy.time import Time
from skyhub.adapters.brokers import Broker, open_broker
from skyhub.alerts import AlertReader, Packet
from skyhub.config import AlerceBroker, FinkBroker, LasairBroker
from skyhub.errors import InvalidInput, NotFound, Unavailable
from support.brokers import Asked, BrokerServer, Reply, broker_server
from support.packets import stamp

KINDS = ("science", "template", "difference")
Rows = list[dict[str, Any]]


@cache
def _record(shared: Path) -> dict[str, Any]:
    """An eclipsing binary with 74 earlier detections."""
    table = pq.read_table(shared / "alerts" / "lsst" / "fink" / "part-1-0-398764591.parquet")
    found: dict[str, Any] = table.slice(0, 1).to_pylist()[0]
    return found


def _columns(source: dict[str, Any]) -> dict[str, Any]:
    return {f"r:{name}": value for name, value in source.items()}


def _sources(record: dict[str, Any]) -> Rows:
    said = {f"f:{part}_{name}": value for part in ("clf", "xm", "pred") for name, value in record[part].items()}
    said |= {f"f:{name}": record[name] for name in ("fink_broker_version", "fink_science_version")}
    return [{**_columns(record["diaSource"]), **said}, *map(_columns, record["prvDiaSources"])]


@pytest.fixture(scope="module")
def record(shared: Path) -> dict[str, Any]:
    return _record(shared)


@pytest.fixture
def server(record: dict[str, Any]) -> Iterator[BrokerServer]:
    sources, forced = _sources(record), list(map(_columns, record["prvDiaForcedSources"]))
    own = str(record["diaSource"]["diaObjectId"])

    def tags(asked: Asked) -> Any:
        start, stop = (
            Time(asked.given.get(name, default)).mjd
            for name, default in (("startdate", "2019-11-01"), ("stopdate", "2026-12-31"))
        )
        if asked.given["tag"] != "in_tns":
            return Reply(b"colour is not a valid tag. Here is the list of tags", 400)
        chosen = [row for row in sources if start <= row["r:midpointMjdTai"] <= stop]
        return sorted(chosen, key=lambda row: -row["r:midpointMjdTai"])[: asked.given["n"]]

    with broker_server() as broker:
        broker.answers |= {
            "/api/v1/sources": lambda asked: sources if asked.given["diaObjectId"] == own else [],
            "/api/v1/fp": lambda asked: forced if asked.given["diaObjectId"] == own else [],
            "/api/v1/conesearch": lambda asked: [*sources, {"r:diaObjectId": None, "r:ssObjectId": 7}],
            "/api/v1/tags": tags,
            "/api/v1/cutouts": lambda asked: Reply(stamp(KINDS.index(asked.given["kind"].lower()))),
        }
        yield broker


@pytest.fixture
def broker(server: BrokerServer) -> Broker:
    settings = FinkBroker(kind="fink", survey="LSST", url=server.url, retries=0, timeout_seconds=5.0)
    return open_broker("fink", settings)


def _name(record: dict[str, Any]) -> str:
    return f"LSST-{record['diaSource']['diaObjectId']}"


def _decoded(record: dict[str, Any]) -> Packet:
    content = AlertReader().read_bytes(json.dumps(record, default=lambda _: None).encode(), "broker")
    assert content.rejected == []
    return content.packets[0]


def test_an_object_is_what_the_stream_says(broker: Broker, record: dict[str, Any]) -> None:
    told, streamed = _decoded(broker.fetch(_name(record))), _decoded(record)
    assert (told.survey, told.candid, told.object_id) == (streamed.survey, streamed.candid, _name(record))
    assert (told.mjd, told.mag, told.rb) == (streamed.mjd, streamed.mag, streamed.rb)
    points, expected = ({p.point_id: p for p in packet.photometry} for packet in (told, streamed))
    assert len(points) > 75
    assert points == expected
    [annotation], [known] = told.annotations, streamed.annotations
    assert (annotation.origin, json.loads(annotation.data)) == (known.origin, json.loads(known.data))
    assert json.loads(annotation.data)["simbad_otype"] == "EB*"


def test_objects_near_a_place_without_minor_planets(broker: Broker, record: dict[str, Any]) -> None:
    source = record["diaSource"]
    [found] = broker.cone(source["ra"], source["dec"], 5.0, 10)
    assert (found.object_id, found.survey, found.program) == (_name(record), "LSST", 1)
    assert found.separation == pytest.approx(0.0, abs=1e-3)
    with pytest.raises(InvalidInput, match="18000"):
        broker.cone(1.0, 2.0, 20_000.0, 10)


@pytest.mark.parametrize("limit", [7, 1000])
def test_what_is_new_is_asked_page_by_page(
    broker: Broker, server: BrokerServer, record: dict[str, Any], limit: int
) -> None:
    source = record["diaSource"]
    [found] = broker.newest(50_000.0, limit, {"tag": "in_tns"})
    assert found.mjd == pytest.approx(Time(source["midpointMjdTai"], format="mjd", scale="tai").utc.mjd, abs=1e-9)
    n_rows = len(record["prvDiaSources"]) + 1
    asked = [asked.given for asked in server.asked]
    assert (len(asked) == 1) == (limit > n_rows)
    assert all(stop["stopdate"] < start.get("stopdate", "9") for start, stop in pairwise(asked))
    assert len(asked) * limit >= n_rows


def test_exposures_with_more_alerts_than_a_page(broker: Broker, server: BrokerServer, record: dict[str, Any]) -> None:
    """All of one exposure have one time: none of them is passed over."""
    row = _sources(record)[0]
    crowd = [{**row, "r:diaObjectId": n, "r:diaSourceId": 1000 + n} for n in range(1, 51)]
    earlier = {**row, "r:diaObjectId": 99, "r:diaSourceId": 99, "r:midpointMjdTai": row["r:midpointMjdTai"] - 0.01}
    server.answers["/api/v1/tags"] = lambda asked: [*crowd, earlier][: asked.given["n"]]
    found = broker.newest(50_000.0, 10, {"tag": "in_tns"})
    assert {one.object_id for one in found} == {f"LSST-{n}" for n in [*range(1, 51), 99]}


def test_cutouts_are_those_of_the_alert(broker: Broker, server: BrokerServer, record: dict[str, Any]) -> None:
    candid = record["diaSource"]["diaSourceId"]
    assert broker.cutouts(_name(record), candid) == {kind: stamp(n) for n, kind in enumerate(KINDS)}
    asked = server.asked[0].given
    assert (asked["diaObjectId"], asked["diaSourceId"], asked["output-format"]) == (
        _name(record)[5:],
        str(candid),
        "FITS",
    )


def test_what_it_does_not_know_or_refuses(broker: Broker, server: BrokerServer, record: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        broker.fetch("LSST-1")
    for select in ({}, {"class": "SN"}):
        with pytest.raises(InvalidInput, match=r"select|tag"):
            broker.newest(50_000.0, 10, select)
    with pytest.raises(InvalidInput, match="not a valid tag"):
        broker.newest(50_000.0, 10, {"tag": "colour"})
    server.answers["/api/v1/sources"] = lambda asked: [{"r:diaObjectId": int(asked.given["diaObjectId"])}]
    with pytest.raises(Unavailable, match="nonsense"):
        broker.fetch(_name(record))


@pytest.mark.parametrize("survey", ["ZTF", "LSST"])
def test_each_survey_has_its_address(survey: Any) -> None:
    hosts = {
        "ZTF": ("api.ztf.fink", "api.alerce.online/ztf", "lasair-ztf.lsst"),
        "LSST": ("api.lsst.fink", "api-lsst.alerce", "api.lasair.lsst"),
    }
    settings = (
        FinkBroker(kind="fink", survey=survey),
        AlerceBroker(kind="alerce", survey=survey),
        LasairBroker(kind="lasair", survey=survey, token="t"),
    )
    for given, host in zip(settings, hosts[survey], strict=True):
        assert given.url.startswith(f"https://{host}")
        assert given.model_copy(update={"url": "http://127.0.0.1:1"}).url == "http://127.0.0.1:1"
