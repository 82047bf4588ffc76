"""Who may see and do what, with tokens that the hub gave out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import fastavro
import httpx
import pytest
from hub_support import Hub, rows_of

NIGHT = "2026-11-21"

Truth = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def visitor(hub: Hub) -> Iterator[httpx.Client]:
    with hub.service("visitor") as client:
        yield client


@pytest.fixture(scope="module")
def ztf_scanner(hub: Hub) -> Iterator[httpx.Client]:
    with hub.service("scanner-ztf") as client:
        yield client


@pytest.fixture(scope="module")
def grb_scanner(hub: Hub) -> Iterator[httpx.Client]:
    with hub.service("scanner-grb") as client:
        yield client


def queue_of(client: httpx.Client) -> dict[str, dict[str, Any]]:
    entries = client.get("/api/candidates", params={"dayobs": NIGHT, "limit": 500}).json()["candidates"]
    return {entry["object_id"]: entry for entry in entries}


def decide(client: httpx.Client, candidate_id: str, verdict: str, **more: Any) -> httpx.Response:
    body = {"key": str(uuid.uuid4()), "candidate_id": candidate_id, "verdict": verdict, **more}
    return client.post("/api/decisions", json=body)


@pytest.mark.parametrize("token", ["", "nonsense", "0" * 32])
def test_without_a_token_of_the_hub_nobody_reads(hub: Hub, token: str) -> None:
    for path in ("me", "candidates", "sources", "events", "reports"):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.get(f"{hub.url}/services/data/api/{path}", headers=headers, trust_env=False)
        assert answer.status_code == 401, path


def test_wrong_password_and_unknown_name_do_not_get_in(hub: Hub) -> None:
    with hub.login("visitor") as client:
        xsrf = next(str(c.value) for c in client.cookies.jar if c.name == "_xsrf")
    for name, password in (
        ("visitor", "wrong"),
        ("stranger", hub.password("visitor")),
        ("admin", hub.password("visitor")),
    ):
        fields = {"username": name, "password": password, "_xsrf": xsrf}
        answer = httpx.post(f"{hub.url}/hub/login", data=fields, cookies={"_xsrf": xsrf}, trust_env=False)
        assert answer.status_code == 403
        assert "jupyterhub-hub-login" not in answer.cookies


@pytest.mark.parametrize(
    ("name", "groups", "scopes"),
    [
        ("scanner-ztf", ["night-shift", "ztf-transients"], ["report", "save", "scan", "view"]),
        ("scanner-grb", ["grb-afterglows", "night-shift"], ["report", "save", "scan", "view"]),
        (
            "scientist",
            ["grb-afterglows", "ztf-transients"],
            ["approve", "report", "save", "scan", "trigger", "upload", "view"],
        ),
        ("visitor", [], ["view"]),
        (
            "admin",
            ["grb-afterglows", "night-shift", "ztf-transients"],
            ["administer", "approve", "execute", "ingest", "report", "save", "scan", "trigger", "upload", "view"],
        ),
    ],
)
def test_groups_and_scopes_come_from_the_hub(hub: Hub, name: str, groups: list[str], scopes: list[str]) -> None:
    with hub.service(name) as client:
        me = client.get("/api/me").json()
    everybodys = {"grb-afterglows", "night-shift", "ztf-transients"}
    assert [group for group in me.pop("groups") if group in everybodys] == groups
    assert me == {"name": name, "scopes": scopes}


def test_token_of_a_server_has_no_more_rights_than_its_user(hub: Hub) -> None:
    for name, scopes in (("visitor", ["view"]), ("scanner-grb", ["report", "save", "scan", "view"])):
        hub.start_server(name)
        server = next(p for p in hub.processes() if "jupyterhub-singleuser" in str(p.cmdline()) and _user(p) == name)
        headers = {"Authorization": f"Bearer {server.environ()['JUPYTERHUB_API_TOKEN']}"}
        me = httpx.get(f"{hub.url}/services/data/api/me", headers=headers, trust_env=False).json()
        assert (me["name"], me["scopes"]) == (name, scopes)


def _user(process: Any) -> str:
    return str(process.environ().get("JUPYTERHUB_USER"))


def test_visitor_sees_public_alerts_alone(visitor: httpx.Client, truth: Truth) -> None:
    public = {row["candid"] for row in truth("SELECT candid FROM alerts WHERE stream IS NULL")}
    restricted = {row["candid"] for row in truth("SELECT candid FROM alerts WHERE stream IS NOT NULL")}
    assert public
    assert restricted
    assert {row["candid"] for row in rows_of(visitor, "SELECT candid FROM alerts")} == public
    assert visitor.get(f"/api/alerts/{min(public)}").status_code == 200
    for candid in sorted(restricted)[:5]:
        assert visitor.get(f"/api/alerts/{candid}").status_code == 404
        assert visitor.get(f"/api/alerts/{candid}/cutouts/science.png").status_code == 404


def points_of_packets(packets: Path) -> set[tuple[str, float, int]]:
    """Object, MJD and programid of everything in the histories of packets, read without our own reader."""
    points = set()
    for path in packets.rglob("*.avro"):
        with path.open("rb") as file:
            packet = next(fastavro.reader(file))
        measured = [packet["candidate"], *(packet["prv_candidates"] or ()), *(packet["fp_hists"] or ())]
        points |= {(packet["objectId"], round(p["jd"] - 2400000.5, 4), p["programid"]) for p in measured}
    return points


def test_visitor_sees_public_points_alone(hub: Hub, visitor: httpx.Client) -> None:
    points = points_of_packets(hub.data_dir / "demo")
    public = {(name, mjd) for name, mjd, program in points if program == 1}
    restricted = {(name, mjd) for name, mjd, program in points if program != 1} - public
    names = {name for name, _, _ in points}
    rows = rows_of(visitor, "SELECT object_id, mjd FROM photometry")
    seen = {(row["object_id"], round(row["mjd"], 4)) for row in rows if row["object_id"] in names}
    assert restricted
    assert seen == public


def test_visitor_sees_public_objects_alone(visitor: httpx.Client, truth: Truth) -> None:
    public = {row["object_id"] for row in truth("SELECT object_id FROM alerts WHERE stream IS NULL")}
    hidden = {row["object_id"] for row in truth("SELECT object_id FROM objects")} - public
    assert hidden
    assert {row["object_id"] for row in rows_of(visitor, "SELECT object_id FROM objects")} == public
    for object_id in sorted(hidden)[:5]:
        assert visitor.get(f"/api/objects/{object_id}").status_code == 404
        assert visitor.get("/api/objects", params={"q": object_id}).json()["objects"] == []


def test_visitor_sees_candidates_of_public_filters_alone(visitor: httpx.Client, truth: Truth) -> None:
    statement = f"""SELECT DISTINCT object_id FROM candidates JOIN filters USING (filter_id)
        JOIN alerts USING (candid, object_id)
        WHERE group_id IS NULL AND stream IS NULL AND candidates.dayobs = '{NIGHT}'"""
    expected = {row["object_id"] for row in truth(statement)}
    assert expected
    assert set(queue_of(visitor)) == expected
    assert {
        row["object_id"] for row in rows_of(visitor, f"SELECT object_id FROM candidates WHERE dayobs = '{NIGHT}'")
    } == expected


def test_visitor_cannot_decide(visitor: httpx.Client) -> None:
    entry = next(iter(queue_of(visitor).values()))
    for verdict in ("save", "reject", "undo"):
        answer = decide(visitor, entry["candidate_id"], verdict)
        assert answer.status_code == 403, answer.text
    card = visitor.get("/api/candidates/cards", params={"ids": entry["candidate_id"]}).json()["cards"][0]
    assert card["can_decide"] is False
    assert card["decisions"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/users", {"name": "visitor", "groups": ["ztf-transients"]}),
        ("POST", "/api/alerts/packets", None),
        ("POST", "/api/reports/claims", {"worker": "visitor"}),
        ("POST", "/api/sql", {"statement": "SELECT 1", "as_user": "admin"}),
    ],
)
def test_visitor_does_not_administer(visitor: httpx.Client, method: str, path: str, body: Any) -> None:
    assert visitor.request(method, path, json=body).status_code == 403


def test_restricted_candidate_does_not_exist_for_another_group(
    grb_scanner: httpx.Client, visitor: httpx.Client, truth: Truth
) -> None:
    statement = """SELECT candidate_id FROM candidates JOIN filters USING (filter_id)
        JOIN groups USING (group_id) WHERE groups.name = 'ztf-transients' ORDER BY candidate_id LIMIT 3"""
    for row in truth(statement):
        for stranger in (grb_scanner, visitor):
            cards = stranger.get("/api/candidates/cards", params={"ids": row["candidate_id"]}).json()["cards"]
            assert cards == []
        answer = decide(grb_scanner, str(row["candidate_id"]), "save")
        assert answer.status_code == 404
        assert "ztf-transients" not in answer.text


def test_decision_is_known_to_its_groups_alone(
    hub: Hub, ztf_scanner: httpx.Client, grb_scanner: httpx.Client, visitor: httpx.Client, truth: Truth
) -> None:
    queue = queue_of(ztf_scanner)
    everybodys = set(queue) & set(queue_of(grb_scanner)) & set(queue_of(visitor))
    shared = max(name for name in everybodys if queue[name]["mine"] is None)
    candidate_id = queue[shared]["candidate_id"]
    listeners = {name: hub.service(name) for name in ("scanner-ztf", "scanner-grb", "visitor")}
    seq = max((row["seq"] for row in truth("SELECT max(seq) AS seq FROM changes")), default=0) or 0
    stored = decide(ztf_scanner, candidate_id, "save", groups=["ztf-transients"])
    assert stored.status_code == 200
    decision_id = stored.json()["decision"]["decision_id"]
    heard = {name: _heard_since(client, seq) for name, client in listeners.items()}
    assert [event["object_id"] for event in heard["scanner-ztf"]] == [shared]
    assert heard["scanner-grb"] == heard["visitor"] == []
    for stranger in (grb_scanner, visitor):
        assert rows_of(stranger, f"SELECT * FROM decisions WHERE decision_id = {decision_id}") == []
        told = stranger.get(f"/api/objects/{shared}").json()["decisions"]
        assert decision_id not in {decision["decision_id"] for decision in told}
    assert decide(ztf_scanner, candidate_id, "undo").status_code == 200


def _heard_since(client: httpx.Client, seq: int) -> list[dict[str, Any]]:
    """Decisions in the stream of events since a number: what a listener that was away is told first."""
    heard: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": str(seq), "Accept": "text/event-stream"}
    with client.stream("GET", "/api/changes", headers=headers, timeout=2) as answer, suppress(httpx.ReadTimeout):
        heard.extend(json.loads(line[5:]) for line in answer.iter_lines() if line.startswith("data:"))
    return [event for event in heard if event.get("kind") == "decision"]


def test_server_of_another_user_refuses(hub: Hub) -> None:
    hub.start_server("scanner-ztf")
    for stranger in ("visitor", "scanner-grb"):
        with hub.api(stranger) as client:
            assert client.get("/user/scanner-ztf/api/contents").status_code == 403
            assert client.get("/user/scanner-ztf/voila/render/dashboards/skyhub.ipynb").status_code == 403
            assert client.get("/user/scanner-ztf/skyhub/docs").status_code == 403
            assert client.get("/hub/api/users/scanner-ztf").status_code in (403, 404)
    with hub.login("visitor") as client:
        assert client.get("/user/scanner-ztf/lab").status_code == 403
    with hub.api("scanner-ztf") as client:
        assert client.get("/user/scanner-ztf/api/contents").status_code == 200
