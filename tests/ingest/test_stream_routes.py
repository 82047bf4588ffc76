"""What the service tells of incoming streams: states to everybody who may view, refused messages to administrators."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import NotFound, PermissionRefused
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
        assert sky.transport.post("/api/streams", body) == {"written": 1}
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
