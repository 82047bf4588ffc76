"""What the service tells of incoming streams: states to everybody who may view, refused messages to administrators."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.ingest import Refused, StreamState, note_states, quarantine, refused_bytes, stream_states
from skyhub.ingest import _states as states_module
from support.houses import SCANNER, VISITOR
from support.services import Served

_INGEST = Viewer("ingest", scopes=frozenset({"view", "ingest"}))


def _state(name: str = "ztf", **changes: Any) -> StreamState:
    given: dict[str, Any] = {"stream_name": name, "kind": "kafka", "since": datetime.now(UTC), "state": "running"}
    return StreamState(**(given | changes))


def _now(db: Database) -> datetime:
    return db.writer.write(lambda transaction: transaction.now)


def test_who_may_note_and_who_is_told(served: Served) -> None:
    with served.sky(_INGEST) as sky:
        body = {"streams": [_state(n_read=7, lag=3).model_dump(mode="json")]}
        assert sky.transport.post("/api/streams", body) == {"written": 1, "orders": {}}
        sky.transport.post(
            "/api/streams/ztf/refused",
            {"messages": [{"place": "t/0/1", "reason": "why", "data": base64.b64encode(b"\x00x").decode()}]},
        )
        for path in ("/api/streams/ztf/refused", "/api/streams/refused/1"):
            with pytest.raises(PermissionRefused):
                sky.transport.get_bytes(path)
    with served.sky(VISITOR) as sky:
        [shown] = sky.transport.get("/api/streams")["streams"]
        assert (shown["stream_name"], shown["state"], shown["n_read"], shown["lag"]) == ("ztf", "running", 7, 3)
    with served.sky(ADMINISTRATOR) as sky:
        [row] = sky.transport.get("/api/streams/ztf/refused")["rows"]
        assert (row["place"], row["reason"], row["refused_message_id"]) == ("t/0/1", "why", "1")
        assert sky.transport.get_bytes("/api/streams/refused/1") == b"\x00x"
        assert sky.transport.get("/api/streams/other/refused")["rows"] == []
        with pytest.raises(NotFound):
            sky.transport.get_bytes("/api/streams/refused/2")


def test_states_and_refused_messages_have_a_past(db: Database) -> None:
    then = _now(db)
    note_states(db, [_state()])
    running = _now(db)
    note_states(db, [_state(state="down", reason="no broker")])
    quarantine(db, "ztf", [Refused("t/0/1", "why", 1, b"x")])
    assert stream_states(db, SCANNER, then) == []
    assert [s["state"] for s in stream_states(db, SCANNER, running)] == ["running"]
    assert [(s["state"], s["reason"]) for s in stream_states(db, SCANNER)] == [("down", "no broker")]
    with pytest.raises(NotFound):
        refused_bytes(db, ADMINISTRATOR, 1, running)


def test_changes_are_written_and_counts_now_and_then(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert note_states(db, [_state()]) == 1
    assert note_states(db, [_state(n_read=1), _state("other")]) == 1
    assert note_states(db, [_state(state="waiting", n_read=2)]) == 0
    assert note_states(db, [_state(state="waiting", reason="the service is away", n_read=2)]) == 1
    monkeypatch.setattr(states_module, "_KEPT_EVERY", 0.0)
    assert note_states(db, [_state(n_read=3, reason="the service is away")]) == 1
    assert note_states(db, [_state(n_read=3, reason="the service is away")]) == 0
    assert [s["n_read"] for s in stream_states(db, ADMINISTRATOR)] == [0, 3]


def test_a_stream_that_says_nothing_is_down(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    note_states(db, [_state(n_read=5), _state("broken", state="down", reason="no broker")])
    monkeypatch.setattr(states_module, "_SILENT_AFTER", 0.0)
    broken, silent = stream_states(db, ADMINISTRATOR)
    assert (broken["state"], broken["reason"]) == ("down", "no broker")
    assert (silent["state"], silent["n_read"]) == ("down", 5)
    assert "skyhub ingest stream" in silent["reason"]
    monkeypatch.setattr(states_module, "_FORGOTTEN_AFTER", timedelta(0))
    assert stream_states(db, ADMINISTRATOR) == []


def test_positions_are_kept_for_those_who_bring_in(served: Served) -> None:
    path = "/api/streams/fink/position"
    with served.sky(_INGEST) as sky:
        assert sky.transport.get(path) == {"position": None}
        for position in ("first", "second"):
            sky.transport.send("PUT", path, {"position": position})
        assert sky.transport.get(path) == {"position": "second"}
        rows = served.db.reader.rows(ADMINISTRATOR, "SELECT stream_name, position FROM @intake_positions")
        assert rows == [{"stream_name": "fink", "position": "second"}]
        assert sky.transport.get("/api/streams/other/position") == {"position": None}
        with pytest.raises(InvalidInput, match="4000000 are permitted"):
            sky.transport.send("PUT", path, {"position": "x" * 4_000_001})
    with served.sky(SCANNER) as sky:
        with pytest.raises(PermissionRefused):
            sky.transport.get(path)
        with pytest.raises(PermissionRefused):
            sky.transport.send("PUT", path, {"position": "third"})


def test_administrators_give_orders_that_streams_hear(served: Served) -> None:
    path = "/api/streams/ztf/orders"
    for viewer in (SCANNER, VISITOR, _INGEST):
        with served.sky(viewer) as sky, pytest.raises(PermissionRefused, match="administer"):
            sky.transport.post(path, {"wanted": "pause"})
    with served.sky(ADMINISTRATOR) as sky:
        with pytest.raises(InvalidInput, match="pause, resume, retry"):
            sky.transport.post(path, {"wanted": "explode"})
        assert sky.transport.post(path, {"wanted": "pause"}) == {"stream_name": "ztf", "paused": True, "retry": None}
        retried = sky.transport.post(path, {"wanted": "retry"})
        assert (retried["paused"], retried["retry"]) == (True, 2)
    with served.sky(_INGEST) as sky:
        told = sky.transport.post("/api/streams", {"streams": [_state().model_dump(mode="json")]})
        assert told["orders"] == {"ztf": {"paused": True, "retry": 2}}
    with served.sky(ADMINISTRATOR) as sky:
        assert sky.transport.post(path, {"wanted": "resume"})["paused"] is False


def test_slow_and_paused_are_news_and_the_next_try_is_told(db: Database) -> None:
    due = datetime(2026, 11, 28, 21, 5, tzinfo=UTC)
    assert note_states(db, [_state()]) == 1
    assert note_states(db, [_state(state="slow", seconds=9.0, next_try_at=due)]) == 1
    assert note_states(db, [_state(state="slow", seconds=9.5)]) == 0
    assert note_states(db, [_state(state="paused")]) == 1
    note_states(db, [_state(state="down", reason="busy", next_try_at=due)])
    [told] = stream_states(db, SCANNER)
    assert datetime.fromisoformat(told["next_try_at"]).replace(tzinfo=UTC) == due
