"""Events over HTTP, in the client, in SQL and on the command line."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from skyhub.client import Sky
from skyhub.db import ROLES, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from support.commands import skyhub
from support.houses import VISITOR
from support.notices import alert, burst
from support.services import Served, wait_until

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])


def _post(served: Served, body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {served.token}"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(served.url + "/api/events/notices", content=content, headers=headers, trust_env=False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"no json", "body"),
        ({}, "content"),
        ({"content": "%%%"}, "base64"),
        ({"content": "", "colour": "red"}, "colour"),
        ({"content": b64encode(b" " * 20_000_001).decode()}, "at most"),
        ({"content": b64encode(burst()).decode(), "groups": []}, "no group"),
        ({"content": b64encode(burst()).decode(), "groups": "transients"}, "groups"),
    ],
)
def test_requests_that_cannot_be_used_are_refused(served: Served, body: Any, message: str) -> None:
    answer = _post(served, body)
    assert answer.status_code == 400
    assert message in answer.text


@pytest.mark.parametrize(
    "name", ["S999999a", "2026-11-22T03:00:00", "../me", "0001-01-01T00:00:00+14:00", "%00", "x" * 3000]
)
def test_an_event_that_is_not_there_is_not_found(sky: Sky, name: str) -> None:
    with pytest.raises((NotFound, InvalidInput)):
        sky.events.get(name)


def test_an_event_through_the_client(served: Served, sky: Sky, tmp_path: Path) -> None:
    path = tmp_path / "notice.json"
    path.write_bytes(alert())
    with served.sky(VISITOR) as visitor:
        heard: list[dict[str, Any]] = []
        visitor.changes.subscribe(heard.append)
        wait_until(lambda: any(change.get("connected") for change in heard))
        done = sky.events.ingest(path)
        assert (done["action"], done["event"], done["file"]) == ("created", "2026-11-22T03:00:00", str(path))
        told = wait_until(lambda: [change for change in heard if change["kind"] == "events"])
        assert (told[0]["event"], told[0]["aliases"]) == ("2026-11-22T03:00:00", ["LVC#S261122a"])
        table = visitor.events(tags=["GW", "BNS"])
        assert table["event"].to_pylist() == ["2026-11-22T03:00:00"]
        assert table.to_rows()[0]["far"] == 1e-9
        assert len(visitor.events(tags=["GRB"])) == len(visitor.events(until="2026-11-22T03:00:00Z")) == 0
        assert len(visitor.events(since="2026-11-22T03:00:00Z")) == 1
        event = visitor.events.get("S261122a")
        assert event["notices"][0]["properties"]["HasNS"] == 1.0
        assert visitor.events.original(done["event_notice_id"]) == alert()
        assert visitor.events.notices(actions=["created"])["notice_type"].to_pylist() == ["LVC_PRELIMINARY"]
        with pytest.raises(PermissionRefused):
            visitor.events.ingest(burst())
    with pytest.raises(InvalidInput, match="cannot be read"):
        sky.events.ingest(tmp_path / "nothing.xml")


def test_what_was_known_then(sky: Sky) -> None:
    sky.events.ingest(alert())
    then = datetime.now(UTC)
    sky.events.ingest(alert("RETRACTION"))
    assert sky.events()["retracted"].to_pylist() == [True]
    assert sky.events(as_of=then)["retracted"].to_pylist() == [False]
    assert sky.events.get("S261122a", as_of=then)["version"] == 1
    assert len(sky.events.notices(as_of=then)) == 1
    assert len(sky.events(as_of="2020-01-01T00:00:00Z")) == 0


def test_sql_shows_what_the_asker_may_see(served: Served, sky: Sky) -> None:
    sky.events.ingest(alert())
    with served.sky(VERA) as vera:
        vera.events.ingest(burst(), groups=["transients"])
        vera.events.ingest(b"no notice", groups=["transients"])
    counts = {}
    for viewer in (VERA, STRANGER, VISITOR):
        with served.sky(viewer) as asker:
            found = asker.sql(
                "SELECT (SELECT count(*) FROM events) AS e, (SELECT count(*) FROM event_notices) AS n"
            ).to_rows()
            counts[viewer.name] = (found[0]["e"], found[0]["n"])
    assert counts == {"vera": (2, 3), "stranger": (1, 1), "visitor": (1, 1)}


def test_notices_by_command(shared: Path, tmp_path: Path) -> None:
    told = partial(skyhub, data_dir=tmp_path / "data")
    folder = tmp_path / "notices"
    folder.mkdir()
    (folder / "README.md").write_text("no notice")
    (folder / "index.csv").write_text("a,b\n")
    (folder / "broken.xml").write_bytes(burst()[:100])
    assert told("ingest", "notice", folder, status=2)[0]["action"] == "rejected"
    assert told("ingest", "notice", tmp_path / "nothing", status=2)["error"]["where"].endswith("nothing")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "burst.xml").write_bytes(burst())
    (folder / "pointing.xml").write_bytes(burst(role="utility", kind=83, stream="SWIFT#Point_Dir_2"))
    found = {Path(entry["file"]).name: entry for entry in told("ingest", "notice", folder)}
    assert {name: entry["action"] for name, entry in found.items()} == {
        "broken.xml": "rejected", "burst.xml": "created", "pointing.xml": "ignored",
    }  # fmt: skip
    assert found["burst.xml"].keys() == found["broken.xml"].keys()
    assert found["pointing.xml"]["event"] == "2026-11-22T03:00:00"
    assert told("events", "list")[0]["event"] == "2026-11-22T03:00:00"
    assert told("events", "show", "1234567")["n_notices"] == 1
    assert told("events", "show", "7654321", status=2)["error"]["code"] == "not_found"
    rows = told("sql", "SELECT dateobs, aliases FROM events")["rows"]
    assert rows == [["2026-11-22T03:00:00.000Z", ["SWIFT#1234567"]]]
