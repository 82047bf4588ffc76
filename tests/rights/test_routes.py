"""Every route denies by default: without a token, with one that may not view, and, to write, with one that may only view."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pyarrow as pa
import pytest
from skyhub.db import SCOPES, Viewer
from skyhub.kinds import KINDS
from skyhub.web import ARROW, arrow_bytes
from support.houses import VISITOR
from support.interface import interface
from support.services import Served

OPEN = {"/health", "/openapi.json", "/docs", "/{path:path}"}
"""What is told without a token: that the service runs, how its interface looks, that there is nothing elsewhere."""

OF_EVERYBODY = {
    ("POST", "/api/sql"): "reads, with the rights of who asks",
    ("POST", "/api/filters/dry-run"): "reads, with the rights of who asks",
    ("POST", "/api/filters/completeness"): "reads, with the rights of who asks",
    ("POST", "/api/localizations/{localization_id:int}/efficiency"): "reads, with the rights of who asks",
    ("POST", "/api/localizations/{localization_id:int}/search"): "reads, with the rights of who asks",
    ("POST", "/api/observability/targets"): "reads, with the rights of who asks",
    ("POST", "/api/plans/draft"): "reads, with the rights of who asks",
    ("POST", "/api/plans/draft/together"): "reads, with the rights of who asks",
    ("POST", "/api/plans/draft/progress"): "reads, with the rights of who asks",
    ("POST", "/api/plans/draft/together/progress"): "reads, with the rights of who asks",
    ("POST", "/api/plans/timeline"): "reads, with the rights of who asks",
    ("POST", "/api/plans/timeline/together"): "reads, with the rights of who asks",
    ("POST", "/api/plans/explain"): "reads, with the rights of who asks",
    ("POST", "/api/circulars/{circular_id}/judgement"): "reads, with the rights of who asks",
    ("POST", "/api/visits"): "notes the caller's own visit",
    ("POST", "/api/messages/read"): "notes what the caller has read of his own",
    ("POST", "/api/tokens"): "makes a token that may do no more than the caller",
    ("DELETE", "/api/tokens/{token_id}"): "ends a token of the caller's own",
    ("DELETE", "/api/sql/running/{job_id}"): "ends a statement of the caller's own",
}
"""Routes that are no reading ones by their verb, and are open to who may only view."""

LOOKS_FIRST = {("PUT", "/api/classifications/{classification_id}/vote")}
"""Routes that first look whether the caller sees what they are about; test_matrix.py tries them on what there is."""

_BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/photometry/share"): {"object_id": "ZTF26public", "groups": ["transients"]},
    ("POST", "/api/photometry/remove"): {"object_id": "ZTF26public"},
    ("POST", "/api/reports"): {"name": "night_summary"},
    ("POST", "/api/objects/{object_id}/fits"): {"model": "bazin"},
    ("POST", "/api/published-circulars/readings/{circular_reading_id:int}/points"): {
        "point": {"object_id": "ZTF26public", "mjd": 60168.25, "filter": "sdssr"},
    },
    ("POST", "/api/circulars/{circular_id}/sendings"): {"version": 1, "way": "form"},
    ("POST", "/api/classifications/probabilities"): {"object_id": "ZTF26public", "probabilities": {"Supernova": 1.0}},
}
"""Bodies that a schema alone does not make sensible."""

_KIND = next((kind.table for kind in KINDS), "kind")
_FIELD = re.compile(r"{([a-z_]+)(?::[a-z]+)?}")


ROUTES, DOCUMENT = interface()
CLOSED = [route for route in ROUTES if route[1] not in OPEN]
WRITING = [r for r in CLOSED if r[0] != "GET" and r not in OF_EVERYBODY and r not in LOOKS_FIRST]


def _path(path: str) -> str:
    return _FIELD.sub(lambda m: _KIND if m[1] in ("table", "kind") else "1", path)


def _example(schema: dict[str, Any], name: str = "") -> Any:
    """Some value of a JSON schema."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], name)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        needed = schema.get("required", [])
        return {key: _example(value, key) for key, value in schema.get("properties", {}).items() if key in needed}
    simple = {"integer": 1, "number": 1.0, "boolean": False, "array": []}
    if kind in simple:
        return simple[kind]
    return {"date-time": "2026-11-22T00:00:00Z", "date": "2026-11-22"}.get(schema.get("format", ""), "1")


def _body(verb: str, path: str) -> dict[str, Any]:
    operation = DOCUMENT["paths"].get(re.sub(r":[a-z]+}", "}", path), {}).get(verb.lower(), {})
    query = {
        p["name"]: _example(p["schema"], p["name"])
        for p in operation.get("parameters", [])
        if p["in"] == "query" and p.get("required")
    }
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        body = _BODIES.get((verb, path)) or _example(content["application/json"]["schema"])
        return {"params": query, "json": body}
    return {"params": query, "content": arrow_bytes(pa.table({"x": [1]})), "headers": {"Content-Type": ARROW}}


def _ask(served: Served, verb: str, path: str, token: str | None) -> httpx.Response:
    options = _body(verb, path)
    headers = options.pop("headers", {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
    return httpx.request(verb, served.url + _path(path), headers=headers, trust_env=False, timeout=30, **options)


def test_there_are_routes_of_all_sorts() -> None:
    assert len(CLOSED) > 50
    assert len(WRITING) > 20
    assert {path for _, path in ROUTES} >= OPEN
    assert LOOKS_FIRST | OF_EVERYBODY.keys() <= set(ROUTES)


@pytest.mark.parametrize(("verb", "path"), CLOSED)
def test_nobody_comes_in_without_a_token_that_may_view(still: Served, verb: str, path: str) -> None:
    everything_else = still.token_of(
        Viewer("blind", frozenset({"transients"}), scopes=frozenset(SCOPES) - {"view", "administer"})
    )
    for token, status in ((None, 401), ("sky_unknown", 401), ("a.b.c", 401), (everything_else, 403)):
        answer = _ask(still, verb, path, token)
        assert answer.status_code == status, (token, answer.text)
        assert answer.json().keys() == {"error"}


@pytest.mark.parametrize(("verb", "path"), WRITING)
def test_who_may_only_view_writes_nothing(still: Served, verb: str, path: str) -> None:
    member = Viewer("member", frozenset({"transients"}))
    before = still.db.version()
    for viewer in (VISITOR, member):
        answer = _ask(still, verb, path, still.token_of(viewer))
        assert answer.status_code == 403, answer.text
        assert re.search("custom:skyhub:[a-z]+", answer.json()["error"]["message"]), answer.text
    assert still.db.version() == before
