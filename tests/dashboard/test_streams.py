"""The page of streams and brokers, over a real service: what everybody sees, what administrators may do, what is refused."""

from __future__ import annotations

import gc
import time
from datetime import UTC, datetime
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.ingest import Refused, StreamState, note_states, orders, quarantine
from skyhub_widgets import RecordTable
from skyhub_widgets.dashboard import _streams as module
from skyhub_widgets.dashboard._streams import StreamsView
from skyhub_widgets.dashboard._ticker import Ticker
from support.houses import SCANNER
from support.services import Served, wait_until

DUE = datetime(2026, 11, 28, 21, 5, tzinfo=UTC)


def _note(served: Served, name: str = "ztf", **changes: Any) -> None:
    given: dict[str, Any] = {"stream_name": name, "kind": "kafka", "since": datetime.now(UTC), "state": "running"}
    note_states(served.db, [StreamState(**(given | changes))])


def _table(view: StreamsView, key: str) -> RecordTable:
    return next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == key)


def _view(page: PageOfTest, **params: str) -> StreamsView:
    view = StreamsView(page)
    view.show(params)
    return view


def test_without_streams_and_brokers_it_says_what_to_declare(page: PageOfTest) -> None:
    view = _view(page)
    assert _table(view, "streams").records == _table(view, "brokers").records == []
    assert "“streams”" in _table(view, "streams").empty_text
    assert "“brokers”" in _table(view, "brokers").empty_text
    assert "0 streams, 0 brokers; none is down." in texts(view.box)
    for chosen in ({"name": "x"}, {"broker": "x"}):
        view.show(chosen)
        assert "x" in texts(view.box)


def test_each_stream_with_its_state_in_words_and_a_mark(page: PageOfTest, served: Served) -> None:
    states = {"a": "running", "b": "waiting", "c": "slow", "d": "paused", "e": "down"}
    for name, state in states.items():
        _note(served, name, state=state, reason="busy (429)." if state == "down" else "", next_try_at=DUE, n_refused=2)
    view = _view(page)
    shown = _table(view, "streams").records
    assert [row["state"] for row in shown] == ["✓ running", "… waiting", "◐ slow", "‖ paused", "✕ down"]
    assert shown[4]["reason"] == "busy (429)."
    assert "Down: e." in texts(view.box)
    view.show({"name": "e"})
    assert "busy (429)." in texts(view.box)
    assert "2026-11-28 21:05:00 UTC" in texts(view.box)
    assert "2 refused" in texts(view.box)


def test_a_change_of_state_is_heard_and_shown(page: PageOfTest, served: Served) -> None:
    heard: list[str] = []
    page.sky.changes.subscribe(lambda event: heard.append(event["kind"]))
    _note(served)
    view = _view(page, name="ztf")
    wait_until(lambda: "connection" in heard or "streams" in heard)
    _note(served, state="down", reason="no broker")
    wait_until(lambda: "streams" in heard)
    view.hear({"kind": "streams"})
    assert "no broker" in texts(view.box)
    _note(served, state="running")
    view.box.layout.display = "none"
    view.hear({"kind": "streams"})
    assert "no broker" in texts(view.box)


def test_administrators_pause_resume_and_retry(page: PageOfTest, served: Served) -> None:
    _note(served)
    view = _view(page, name="ztf")
    assert find(view.box, widgets.Button, "Resume").layout.display == "none"
    find(view.box, widgets.Button, "Pause").click()
    assert orders(served.db)["ztf"].paused
    _note(served, state="paused")
    view.hear({"kind": "streams"})
    assert find(view.box, widgets.Button, "Pause").layout.display == "none"
    find(view.box, widgets.Button, "Resume").click()
    find(view.box, widgets.Button, "Try again now").click()
    assert (orders(served.db)["ztf"].paused, orders(served.db)["ztf"].retry) == (False, 3)
    assert "Try again now" in texts(view.box)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b'{"objectId": "ZTF26a<script>"}', "ZTF26a&lt;script&gt;"),
        (b"Obj\x01\x04\xff", "4f 62 6a 01 04 ff"),
        (b"\xff\xfe", "ff fe"),
        (b"", "0 bytes"),
        (b"x" * 5000, "5000 bytes; the first 1024"),
    ],
)
def test_administrators_look_at_a_refused_message(page: PageOfTest, served: Served, data: bytes, shown: str) -> None:
    _note(served)
    quarantine(served.db, "ztf", [Refused("topic/0/1", "no readable Avro container", 1, data)])
    view = _view(page, name="ztf")
    table = _table(view, "refused")
    [row] = table.records
    assert (row["reason"], row["place"]) == ("no readable Avro container", "topic/0/1")
    table._received(table, {"type": "clicked", "id": row["refused_message_id"]}, [])
    assert shown in texts(view.box)
    assert "<script>" not in texts(view.box)


def test_others_see_states_and_no_more(served: Served) -> None:
    _note(served)
    quarantine(served.db, "ztf", [Refused("topic/0/1", "why", 1, b"x")])
    with served.sky(SCANNER) as sky:
        view = _view(PageOfTest(sky), name="ztf")
        assert "✓ running" in texts(view.box)
        assert "shown to administrators" in texts(view.box)
        for text in ("Pause", "Try again now"):
            with pytest.raises(AssertionError, match="no Button"):
                find(view.box, widgets.Button, text)
        assert [w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == "refused"] == []


def test_it_looks_again_by_itself_while_it_is_shown(
    page: PageOfTest, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.05)
    view = _view(page)
    _note(served)
    wait_until(lambda: _table(view, "streams").records)


def test_a_ticker_ends_with_what_it_ticks_for() -> None:
    class Owner:
        ticks = 0

        def tick(self) -> None:
            Owner.ticks += 1

    owner = Owner()
    ticker = Ticker(owner, Owner.tick, 0.01)
    ticker.start()
    ticker.start()
    wait_until(lambda: Owner.ticks > 2)
    thread = ticker._thread
    del owner
    gc.collect()
    assert thread is not None
    thread.join(5)
    assert not thread.is_alive()
    ticks = Owner.ticks
    time.sleep(0.05)
    assert Owner.ticks == ticks
