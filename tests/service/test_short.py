"""The short way to small writes answers as the application does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from skyhub.candidates import cards
from skyhub.candidates import routes as candidates_routes
from skyhub.candidates._book import DecisionBook, Place
from skyhub.candidates._decisions import decides_without_looking
from skyhub.db import Viewer
from skyhub.kinds import routes
from skyhub.web import ARROW, ShortWay, read_arrow, unforeseen
from support.houses import OTHER, SCANNER, VISITOR, candidates_of
from support.services import Served

OBJECT = "ZTF26partner"
COMMENT = {"object_id": OBJECT, "text": "*rising*, <script>"}
SHORT_OF_SCOPE = Viewer("ann", frozenset({"transients"}), scopes=frozenset({"view", "scan"}))


def _sent(served: Served, path: str, body: bytes, token: str | None, chunked: bool) -> tuple[int, Any]:
    """Status and document; a body in chunks has no length at first, and goes the long way."""
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    content = iter([body]) if chunked else body
    answer = httpx.post(served.url + path, content=content, headers=headers, trust_env=False)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "viewer", "status"),
    [
        (b"", SCANNER, 400),
        (b"{", SCANNER, 400),
        (b"[]", SCANNER, 400),
        (b'{"records": []}', SCANNER, 400),
        (json.dumps({"records": [{**COMMENT, "colour": "red"}]}).encode(), SCANNER, 400),
        (json.dumps({"records": [{"object_id": OBJECT}]}).encode(), SCANNER, 400),
        (json.dumps({"records": [COMMENT], "groups": ["bursts"]}).encode(), SCANNER, 403),
        (json.dumps({"records": [{**COMMENT, "object_id": "ZTF26nowhere"}]}).encode(), SCANNER, 404),
        (json.dumps({"records": [COMMENT]}).encode(), OTHER, 404),
        (json.dumps({"records": [COMMENT]}).encode(), VISITOR, 403),
        (json.dumps({"records": [COMMENT]}).encode(), SHORT_OF_SCOPE, 403),
        (json.dumps({"records": [{**COMMENT, "reply_to": 999}]}).encode(), SCANNER, 404),
        (json.dumps({"records": [{**COMMENT, "text": "x" * 20_001}]}).encode(), SCANNER, 400),
    ],
)
def test_it_answers_as_the_application_does(still: Served, body: bytes, viewer: Viewer, status: int) -> None:
    token = still.token_of(viewer)
    short, long = (_sent(still, "/api/comments", body, token, chunked) for chunked in (False, True))
    assert short == long
    assert short[0] == status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": None}, 400),
        ({"key": ""}, 400),
        ({"verdict": "maybe"}, 400),
        ({"candidate_id": "12345"}, 404),
        ({"candidate_id": "one"}, 400),
        ({"candidate_id": 1}, 400),
        ({"groups": ["bursts"]}, 403),
        ({"groups": []}, 403),
        ({"verdict": "undo"}, 409),
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_decisions_are_refused_as_the_application_does(
    still: Served, change: dict[str, Any], status: int, known: bool
) -> None:
    candidate = candidates_of(still.db, SCANNER)[OBJECT]
    if known:
        cards(still.db, SCANNER, [candidate])
        still.db.part(DecisionBook).standing.get(Place(OBJECT))
        still.db.part(DecisionBook).sent.get(SCANNER.name)
        assert decides_without_looking(still.db, SCANNER, candidate)
    given = {"key": "k", "candidate_id": str(candidate), "verdict": "save", **change}
    body = json.dumps({name: value for name, value in given.items() if value is not None}).encode()
    short, long = (_sent(still, "/api/decisions", body, still.token_of(SCANNER), chunked) for chunked in (False, True))
    assert short == long
    assert short[0] == status


def test_decisions_are_stored_once_whichever_way_they_come(served: Served) -> None:
    candidate = candidates_of(served.db, SCANNER)[OBJECT]
    answers = []
    for number, chunked in enumerate((False, False, True, False)):
        body = {"key": f"k{number // 2}", "candidate_id": str(candidate), "verdict": ("save", "reject")[number // 2]}
        status, answer = _sent(
            served, "/api/decisions", json.dumps(body).encode(), served.token_of(SCANNER), bool(chunked)
        )
        assert status == 200
        answers.append(answer)
    assert [answer["duplicate"] for answer in answers] == [False, True, False, True]
    assert answers[0]["decision"] == answers[1]["decision"]
    assert answers[2]["decision"] == answers[3]["decision"]
    assert decides_without_looking(served.db, SCANNER, candidate)


@pytest.mark.parametrize("path", sorted({**routes.SHORT, **candidates_routes.SHORT}))
@pytest.mark.parametrize("token", [None, "x", "a.b.c"])
def test_nobody_comes_in_without_a_token(still: Served, path: str, token: str | None) -> None:
    short, long = (_sent(still, path, b'{"records": []}', token, chunked) for chunked in (False, True))
    assert short == long
    assert short[0] == 401


def test_what_it_stores_is_what_the_application_stores(served: Served) -> None:
    stored = []
    for chunked in (False, True):
        status, answer = _sent(
            served, "/api/comments", json.dumps({"records": [COMMENT]}).encode(), served.token_of(SCANNER), chunked
        )
        assert (status, answer["added"]) == (200, 1)
        stored.append(answer["records"][0])
    own = ("comment_id", "known_at")
    assert [{k: v for k, v in one.items() if k not in own} for one in stored[:1]] == [
        {k: v for k, v in one.items() if k not in own} for one in stored[1:]
    ]
    assert served.get(f"/api/comments/{stored[0]['comment_id']}", served.token_of(SCANNER)).json()["text"]
    assert served.get(f"/api/comments/{stored[0]['comment_id']}", served.token_of(OTHER)).status_code == 404


def test_long_bodies_and_other_methods_go_on(still: Served) -> None:
    long = json.dumps({"records": [{**COMMENT, "text": "x" * 100_000}]}).encode()
    assert _sent(still, "/api/comments", long, still.token_of(SCANNER), False)[0] == 400
    assert still.get("/api/comments", still.token_of(SCANNER)).status_code == 200
    assert httpx.delete(f"{still.url}/api/comments", trust_env=False).status_code in (404, 405)


async def _broken(context: Any, viewer: Viewer, body: bytes) -> Any:
    raise RuntimeError("the innards")


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("handed on")


def _asked(messages: list[dict[str, Any]], served: Served) -> list[dict[str, Any]]:
    """What it sends in answer to a request of these messages."""
    from skyhub.web import Context

    way = ShortWay(_nothing, Context(served.db, served.signer, None), {"/x": _broken}, {})
    token = served.token_of(SCANNER)
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-length", b"4")]
    scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": headers}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(way(scope, receive, send))
    return sent


def test_a_failure_that_nobody_foresaw_tells_nothing(still: Served, caplog: pytest.LogCaptureFixture) -> None:
    start, body = _asked([{"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.request"}], still)
    assert start["status"] == 500
    assert json.loads(body["body"]) == unforeseen().to_json()
    assert "the innards" in caplog.text


def test_a_sender_that_has_gone_gets_no_answer(still: Served) -> None:
    gone = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]
    assert _asked(gone, still) == []


@pytest.mark.parametrize("viewer", [SCANNER, OTHER, VISITOR], ids=lambda viewer: viewer.name)
@pytest.mark.parametrize("name", ["ZTF26public", OBJECT, "ZTF26caltech", "ZTF26nowhere", "a%2Fb", "", "%20"])
def test_light_curves_are_those_of_the_application(still: Served, viewer: Viewer, name: str) -> None:
    short, long = (
        still.get(f"/api/photometry/{name}{query}", still.token_of(viewer), extra={"Accept": ARROW})
        for query in ("", "?versions=current")
    )
    assert short.status_code == long.status_code
    if short.status_code == 200:
        assert read_arrow(short.content).equals(read_arrow(long.content), check_metadata=True)
        assert short.headers["content-type"] == long.headers["content-type"]
    else:
        assert short.json() == long.json()
    assert (short.status_code == 200) == (name in seen_by(still, viewer))


def test_light_curves_need_a_token_and_go_on_without_arrow(still: Served) -> None:
    assert still.get(f"/api/photometry/{OBJECT}", extra={"Accept": ARROW}).status_code == 401
    rows = still.get(f"/api/photometry/{OBJECT}", still.token_of(SCANNER)).json()["rows"]
    assert rows
    assert "acl" not in rows[0]


def seen_by(served: Served, viewer: Viewer) -> set[str]:
    found = served.db.reader.rows(viewer, "SELECT DISTINCT object_id FROM @photometry")
    return {row["object_id"] for row in found}
