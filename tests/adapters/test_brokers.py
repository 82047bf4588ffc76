"""Every broker in its own protocol, with recorded replies and real packets: what it has becomes its survey's packets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from skyhub.adapters.brokers import Broker, open_broker
from skyhub.alerts import AlertReader, Packet
from skyhub.config import LasairBroker
from skyhub.errors import InvalidInput, NotFound, Unavailable
from support import broker_answers as answers
from support.brokers import BrokerServer, Reply, broker_server, json_reply, real_packets, recorded
from support.packets import stamp

KINDS = ("fink", "alerce", "lasair", "boom", "kowalski")
OBJECTS = {"fink": answers.FINK_OBJECT, "alerce": answers.ALERCE_OBJECT}
REAL = "ZTF21abiuvdk"
LASAIR_CONE = (280.0, -5.0, 600.0)


@pytest.fixture
def server() -> Iterator[BrokerServer]:
    with broker_server() as broker:
        yield broker


@pytest.fixture(scope="module")
def packets(shared: Path) -> list[dict[str, Any]]:
    return real_packets(shared, REAL)


def _open(kind: str, server: BrokerServer, shared: Path, packets: list[dict[str, Any]], **changes: Any) -> Broker:
    if kind in ("fink", "alerce"):
        getattr(answers, kind)(server, shared)
    elif kind == "lasair":
        answers.lasair(server, shared, packets)
    else:
        getattr(answers, kind)(server, packets)
    return open_broker(kind, answers.settings_of(kind, server.url, **changes))


def _decoded(record: dict[str, Any]) -> Packet:
    content = AlertReader().read_bytes(json.dumps(record).encode(), "broker")
    assert content.rejected == []
    return content.packets[0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_comes_with_its_light_curve(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str
) -> None:
    broker = _open(kind, server, shared, packets)
    packet = _decoded(broker.fetch(OBJECTS.get(kind, REAL)))
    assert (packet.survey, packet.stream, packet.object_id) == ("ZTF", None, OBJECTS.get(kind, REAL))
    detections = {p.point_id: p for p in packet.photometry if p.flux is not None and p.origin == "alert"}
    expected = _expected(kind, shared, packets)
    assert detections.keys() == expected.keys()
    for candid, (jd, mag, magerr, positive) in expected.items():
        point = detections[candid]
        assert (point.mag, point.magerr, (point.flux or 0) > 0) == (mag, magerr, positive)
        assert point.mjd == pytest.approx(jd - 2400000.5, abs=1e-9)
    assert packet.candid == max(expected, key=lambda candid: expected[candid][0])
    assert [a.origin for a in packet.annotations] == [kind]


def _expected(kind: str, shared: Path, packets: list[dict[str, Any]]) -> dict[int, tuple[float, float, float, bool]]:
    """Time (JD), magnitude, error and sign of each detection, as the broker's reply has them."""
    if kind == "fink":
        [rows] = recorded(shared, "fink_get_alert").values()
        return {
            r["i:candid"]: (r["i:jd"], r["i:magpsf"], r["i:sigmapsf"], r["i:isdiffpos"] in ("t", "1")) for r in rows
        }
    if kind == "alerce":
        rows = recorded(shared, "alerce_get_alert")[f"/ztf/v1/objects/{answers.ALERCE_OBJECT}/detections"]
        return {int(r["candid"]): (r["mjd"] + 2400000.5, r["magpsf"], r["sigmapsf"], r["isdiffpos"] == 1) for r in rows}
    found = [(p["candid"], p["candidate"]) for p in packets]
    return {n: (c["jd"], c["magpsf"], c["sigmapsf"], c["isdiffpos"] in ("t", "1")) for n, c in found}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_broker_does_not_know_is_not_found(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str
) -> None:
    broker = _open(kind, server, shared, packets)
    with pytest.raises(NotFound):
        broker.fetch("ZTF99nothere")
    assert broker.health.state.state == "ok"


@pytest.mark.parametrize("kind", ["fink", "boom", "kowalski", "lasair"])
def test_alerts_of_another_object_are_not_taken_for_its_own(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str
) -> None:
    broker = _open(kind, server, shared, packets)
    for path, answer in list(server.answers.items()):
        if path in ("/api/v1/objects", "/api/object/"):
            server.answers[path] = lambda asked, answer=answer: answer(
                asked._replace(given={"objectId": OBJECTS.get(kind, REAL)})
            )
    if kind in ("boom", "kowalski"):
        alien = [{**p, "objectId": "ZTF18other"} for p in packets]
        getattr(answers, kind)(server, alien)
        with pytest.raises(NotFound):
            broker.fetch(REAL)
    else:
        with pytest.raises(NotFound):
            broker.fetch("ZTF18other")


def test_an_object_without_light_curve_is_not_found(server: BrokerServer, shared: Path) -> None:
    broker = _open("alerce", server, shared, [])
    server.answers[f"/ztf/v1/objects/{answers.ALERCE_OBJECT}/detections"] = lambda asked: []
    with pytest.raises(NotFound, match="no detection"):
        broker.fetch(answers.ALERCE_OBJECT)


@pytest.mark.parametrize("kind", KINDS)
def test_objects_near_a_place(server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str) -> None:
    broker = _open(kind, server, shared, packets)
    newest = (packets[-1]["candidate"]["ra"], packets[-1]["candidate"]["dec"], 5.0)
    place = {"fink": (284.65, 29.09, 600.0), "alerce": (279.90476624999997, -4.8708879, 5.0), "lasair": LASAIR_CONE}
    found = broker.cone(*place.get(kind, newest), 10)
    assert found
    assert [f.separation for f in found] == sorted(f.separation or 0 for f in found)
    if kind == "lasair":
        assert (found[0].object_id, found[0].separation) == ("ZTF19aaypuas", 19.694795785512312)
        assert len(found) == 10
    else:
        assert [f.object_id for f in found] == [OBJECTS.get(kind, REAL)]
        assert found[0].program == 1
    if kind in ("alerce", "boom", "kowalski"):
        assert found[0].separation == pytest.approx(0.0, abs=1e-4)


def test_an_empty_cone_of_boom_as_recorded(server: BrokerServer, shared: Path) -> None:
    replies = recorded(shared, "boom_query")
    server.answers |= {path: lambda asked, reply=reply: reply for path, reply in replies.items()}
    broker = open_broker("boom", answers.settings_of("boom", server.url))
    assert broker.cone(280.0, -5.0, 5.0, 10) == []
    auth, cone = server.asked
    assert auth.given == {"username": "ann", "password": answers.PASSWORD}
    assert cone.headers["Authorization"] == "Bearer REDACTED"
    assert (cone.given["radius"], cone.given["unit"], cone.given["catalog_name"]) == (5.0, "Arcseconds", "ZTF_alerts")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_new_since_a_time(server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str) -> None:
    broker = _open(kind, server, shared, packets)
    select = {"class": "Unknown"} if kind == "fink" else {}
    found = broker.newest(50_000.0, 100, select)
    assert {f.object_id for f in found} == {OBJECTS.get(kind, REAL)}
    times = [f.mjd for f in found if f.mjd is not None]
    assert times == sorted(times)
    last = max(_expected(kind, shared, packets).values())[0] - 2400000.5
    assert times[-1] == pytest.approx(last, abs=1e-6)


def test_fink_is_asked_page_by_page(server: BrokerServer, shared: Path) -> None:
    broker = _open("fink", server, shared, [])
    [one] = broker.newest(50_000.0, 2, {"class": "Unknown"})
    pages = [a.given for a in server.asked]
    assert all(p["n"] == 2 for p in pages)
    assert [p["stopdate"] for p in pages[1:]] == sorted((p["stopdate"] for p in pages[1:]), reverse=True)
    [rows] = recorded(shared, "fink_get_alert").values()
    assert one.mjd == pytest.approx(max(r["i:jd"] for r in rows) - 2400000.5)
    assert len(pages) >= len(rows) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_cutouts_are_those_of_the_alert(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str
) -> None:
    broker = _open(kind, server, shared, packets)
    images = broker.cutouts(REAL, packets[-1]["candid"])
    assert images == {kind: stamp(n) for n, kind in enumerate(("science", "template", "difference"))}


def test_no_image_is_fetched_from_elsewhere_on_a_brokers_word(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]]
) -> None:
    broker = _open("lasair", server, shared, packets)
    for url in (
        "http://127.0.0.1.example.org/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://127.0.0.1.evil.example/x",
    ):
        entry = {"candid": 7, "jd": 2460000.5, "image_urls": {"Science": url}}
        server.answers["/api/object/"] = lambda asked, e=entry: {"objectId": REAL, "candidates": [e]}
        with pytest.raises(Unavailable, match="nonsense"):
            broker.cutouts(REAL, 7)
        broker.health.reopen()
    assert {asked.path for asked in server.asked} == {"/api/object/"}


@pytest.mark.parametrize(("kind", "n"), [("boom", 4), ("kowalski", 4)])
def test_a_token_that_ended_is_fetched_anew(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str, n: int
) -> None:
    broker = _open(kind, server, shared, packets)
    broker.cone(1.0, 2.0, 3.0, 1)
    server.faults = [Reply(b"Unauthorized", 401)]
    assert broker.cone(1.0, 2.0, 3.0, 1)
    assert len([asked for asked in server.asked if asked.path.endswith("auth")]) == 2


@pytest.mark.parametrize("kind", ["boom", "kowalski"])
def test_points_of_programs_are_never_taken_for_public_ones(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str
) -> None:
    mixed = [{**p, "candidate": {**p["candidate"], "programid": 1 + n % 2}} for n, p in enumerate(packets)]
    broker = _open(kind, server, shared, mixed)
    packet = _decoded(broker.fetch(REAL))
    streams = {p.point_id: p.stream for p in packet.photometry if p.point_id > 0}
    assert streams == {p["candid"]: (None, "ztf-partnership")[n % 2] for n, p in enumerate(packets)}
    unsaid = [{**p, "candidate": {k: v for k, v in p["candidate"].items() if k != "programid"}} for p in packets]
    getattr(answers, kind)(server, unsaid)
    content = AlertReader().read_bytes(json.dumps(broker.fetch(REAL)).encode(), "broker")
    assert "programid is 0" in content.rejected[0].reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "reply",
    [
        json_reply("down for maintenance"),
        json_reply([1, 2]),
        json_reply({"data": None, "items": None}),
        Reply(b"<html>"),
    ],
    ids=["text", "numbers", "nulls", "HTML"],
)
def test_nonsense_is_said_to_be_nonsense(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str, reply: Reply
) -> None:
    broker = _open(kind, server, shared, packets)
    if kind in ("boom", "kowalski"):
        broker.cone(1.0, 2.0, 3.0, 1)
    server.faults = [reply]
    with pytest.raises(Unavailable, match="nonsense"):
        broker.fetch(OBJECTS.get(kind, REAL))
    assert broker.health.state.state == "down"


def test_text_for_numbers_and_numbers_beyond_a_double(server: BrokerServer, shared: Path) -> None:
    broker = _open("alerce", server, shared, [])
    row = {"mjd": 60000.5, "fid": "2", "magpsf": "18.5", "sigmapsf": 0.1, "isdiffpos": 1, "ra": 10.0, "dec": "20.0"}
    others = {"candid": "2253500000000000001", "ssnamenr": "null", "drb": "nan", "rb": None, "diffmaglim": "NaN"}
    server.answers[f"/ztf/v1/objects/{answers.ALERCE_OBJECT}/detections"] = lambda asked: [{**row, **others}]
    packet = _decoded(broker.fetch(answers.ALERCE_OBJECT))
    assert (packet.candid, packet.mag, packet.dec, packet.drb) == (2253500000000000001, 18.5, 20.0, None)
    server.answers[f"/ztf/v1/objects/{answers.ALERCE_OBJECT}/detections"] = lambda asked: [
        {**row, "candid": 2.253500000000000001e18}
    ]
    content = AlertReader().read_bytes(json.dumps(broker.fetch(answers.ALERCE_OBJECT)).encode(), "broker")
    assert "a positive integer" in content.rejected[0].reason


def test_rubin_through_lasair(server: BrokerServer, shared: Path) -> None:
    source = {"diaSourceId": 170455132746547257, "midpointMjdTai": 61029.35, "ra": 221.87, "dec": -38.16, "band": "z"}
    source |= {"psfFlux": 13677.0, "psfFluxErr": 1538.75, "reliability": 0.5}
    about = {
        "diaObjectId": 169760235333878021,
        "diaObject": {"diaObjectId": 169760235333878021},
        "diaSourcesList": [source],
        "diaForcedSourcesList": [],
        "lasairData": {"sherlock": {"classification": "SN"}},
    }
    row = {"diaObjectId": 169760235333878021, "ra": 221.87, "decl": -38.16, "lastDiaSourceMjdTai": 61029.35}
    server.answers |= {"/api/object/": lambda asked: about, "/api/query/": lambda asked: [row]}
    settings = LasairBroker(kind="lasair", url=f"{server.url}/api", survey="LSST", token="t", retries=0)
    broker = open_broker("lasair", settings)
    [found] = broker.newest(61029.0, 10, {"conditions": "objects.nDiaSources > 3"})
    assert found.object_id == "LSST-169760235333878021"
    assert found.mjd == pytest.approx(61029.35 - 37 / 86400, abs=1e-9)
    packet = _decoded(broker.fetch(found.object_id))
    assert (packet.survey, packet.candid) == ("LSST", 170455132746547257)
    assert [(a.origin, json.loads(a.data)) for a in packet.annotations] == [
        ("lasair", {"sherlock.classification": "SN"})
    ]
    assert server.asked[-1].given["objectId"] == "169760235333878021"


@pytest.mark.parametrize(
    ("kind", "select"),
    [
        ("fink", {}),
        ("fink", {"colour": "red"}),
        ("alerce", {"x": "1"}),
        ("boom", {"drb": "high"}),
        ("kowalski", {"y": "1"}),
    ],
)
def test_a_selection_that_it_does_not_know_is_refused_unasked(
    server: BrokerServer, shared: Path, packets: list[dict[str, Any]], kind: str, select: dict[str, str]
) -> None:
    broker = _open(kind, server, shared, packets)
    with pytest.raises(InvalidInput, match=r"select|number"):
        broker.newest(60_000.0, 10, select)
    assert server.asked == []


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("fink", {"url": "ftp://x"}),
        ("fink", {"url": "https://user:word@x/"}),
        ("lasair", {"url": "http://lasair.example/api"}),
        ("fink", {"colour": "red"}),
        ("fink", {"timeout_seconds": 0}),
    ],
)
def test_settings_that_cannot_be_used_are_refused(kind: str, changes: dict[str, Any]) -> None:
    given = answers.settings_of(kind, "http://127.0.0.1:1").model_dump(mode="python")
    with pytest.raises(ValidationError):
        type(answers.settings_of(kind, "http://127.0.0.1:1"))(**{**given, **changes})
