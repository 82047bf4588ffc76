"""Live changes: filtered by rights, without gap or duplicate, through kill -9 and restarts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from skyhub.addresses import running_service
from skyhub.candidates import decide
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, PUBLIC, Database, Viewer
from skyhub.errors import Unavailable
from skyhub.ports import free_port
from skyhub.service import _changes as changes
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of, ingest
from support.packets import record, write_packets
from support.services import Listener, OwnProcess, Served, answers, wait_until


def _save(db: Database, key: str, verdict: str = "save") -> dict[str, Any]:
    answer: dict[str, Any] = decide(db, SCANNER, key, candidates_of(db, SCANNER)["ZTF26public"], verdict)["decision"]
    return answer


def _announce(db: Database, text: str, acl: int = PUBLIC) -> None:
    db.writer.write(lambda t: t.announce("news", {"text": text}, acl))


def test_a_stream_begins_with_hello(served: Served) -> None:
    listener = Listener(served.url, served.token_of(VISITOR))
    [hello] = listener.events
    assert (hello["event"], hello["data"]) == ("hello", {"seq": served.db.version()})
    assert hello["id"] == str(served.db.version())


def test_a_change_arrives_with_all_that_is_needed(served: Served) -> None:
    listener = Listener(served.url, served.token_of(COLLEAGUE))
    decision = _save(served.db, "k")
    [change] = wait_until(lambda: listener.changes)
    assert change == {"seq": served.db.version(), "kind": "decision", **decision}
    assert listener.events[-1]["id"] == str(change["seq"])


def test_everyone_hears_what_they_may_see(served: Served, tmp_path: Path) -> None:
    listeners = {v.name: Listener(served.url, served.token_of(v)) for v in (VISITOR, SCANNER, OTHER, ADMINISTRATOR)}
    _save(served.db, "k")
    ingest(served.db, write_packets(tmp_path / "x.avro", record(7, "ZTF26late", programid=2)))
    _announce(served.db, "end")
    for listener in listeners.values():
        wait_until(lambda listener=listener: any(c.get("text") == "end" for c in listener.changes))
    kinds = {name: [c["kind"] for c in listener.changes] for name, listener in listeners.items()}
    assert kinds["visitor"] == kinds["other"] == ["news"]
    assert kinds["scanner"][0] == "decision"
    assert set(kinds["scanner"]) == {"decision", "candidates", "photometry", "news"}
    assert len(kinds["administrator"]) >= len(kinds["scanner"])
    missed = {v.name: Listener(served.url, served.token_of(v), "0") for v in (VISITOR, SCANNER, OTHER, ADMINISTRATOR)}
    for name, listener in missed.items():
        wait_until(lambda listener=listener: any(c.get("text") == "end" for c in listener.changes))
        assert listener.changes[-len(kinds[name]) :] == listeners[name].changes


def test_workers_wait_for_kinds_of_changes_and_are_told_no_more(served: Served) -> None:
    worker = Viewer("worker", scopes=frozenset({"view", "execute"}))
    asked = {"kind": ["events", "decision"], "seconds": 20}
    for token, status in ((None, 401), (served.token_of(SCANNER), 403)):
        assert served.get("/api/changes/next", token, params=asked).status_code == status
    with served.sky(worker) as sky:
        assert sky.transport.get("/api/changes/next", kind=["events"], seconds=0.05) == {"kind": None}
        later = threading.Timer(0.3, lambda: (_announce(served.db, "other"), _save(served.db, "k")))
        later.start()
        assert sky.transport.get("/api/changes/next", **asked) == {"kind": "decision"}
        later.join()


@pytest.mark.parametrize("last", [0, 3, 10])
def test_a_stream_is_resumed_without_gap_or_duplicate(served: Served, last: int) -> None:
    first = served.db.version()
    for number in range(10):
        _announce(served.db, str(number))
    listener = Listener(served.url, served.token_of(VISITOR), str(first + last))
    writers = [
        threading.Thread(target=lambda n=n: [_announce(served.db, f"{n}-{k}") for k in range(50)]) for n in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    wait_until(lambda: listener.changes and listener.changes[-1]["seq"] == served.db.version())
    seqs = [c["seq"] for c in listener.changes]
    assert seqs == list(range(first + last + 1, first + 211))


def test_what_was_missed_may_be_much(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_MISSED", changes._MISSED.replace("LIMIT 5000", "LIMIT 7"))
    first = served.db.version()
    for number in range(50):
        _announce(served.db, str(number))
    listener = Listener(served.url, served.token_of(VISITOR), str(first))
    _announce(served.db, "last")
    wait_until(lambda: len(listener.changes) >= 51)
    assert [c["seq"] for c in listener.changes] == list(range(first + 1, first + 52))


def test_a_listener_from_the_future_hears_what_comes(served: Served) -> None:
    """After a restore the journal may be shorter than what a listener remembers."""
    listener = Listener(served.url, served.token_of(VISITOR), str(served.db.version() + 1000))
    _announce(served.db, "hello")
    [change] = wait_until(lambda: listener.changes)
    assert change["text"] == "hello"


def test_a_stream_ends_so_that_rights_are_asked_anew(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_LONGEST_SECONDS", 0.3)
    listener = Listener(served.url, served.token_of(VISITOR))
    listener.thread.join(10)
    assert not listener.thread.is_alive()


def _heard(sky: Sky) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    sky.changes.subscribe(heard.append)
    wait_until(lambda: {"kind": "connection", "connected": True} in heard)
    return heard


def test_a_client_hears_until_it_is_closed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    sky = served.sky(COLLEAGUE)
    heard = _heard(sky)
    stop = sky.changes.subscribe(lambda change: 1 / 0)
    _save(served.db, "k")
    wait_until(lambda: any(c["kind"] == "decision" for c in heard))
    stop()
    stop()
    thread = sky.changes._thread
    sky.close()
    assert thread is not None
    _announce(served.db, "after")
    thread.join(10)
    assert not thread.is_alive()
    assert failures == []


@pytest.mark.slow
def test_nothing_is_missed_through_kill_and_restart(house_dir: Path) -> None:
    """kill -9 of the service while clients listen and decide: no decision lost, heard twice or unheard."""
    service = OwnProcess(house_dir, free_port())
    try:
        address = running_service(house_dir)
        assert address is not None
        with Sky(Transport(service.url, address.token)) as sky:
            heard = _heard(sky)
            decided = []
            for round_ in range(2):
                number = sky.candidates.queue()["candidates"][0]["candidate_id"]
                for step in range(5):
                    verdict = ["save", "reject"][step % 2]
                    answer = sky.candidates.decide(f"{round_}-{step}", number, verdict, ["transients"])
                    decided.append(answer["decision"]["decision_id"])
                service.kill()
                assert not answers(service.url)
                with pytest.raises(Unavailable, match="does not answer"):
                    sky.me()
                service.start()
                again = sky.candidates.decide(f"{round_}-4", number, "save", ["transients"])
                assert (again["duplicate"], again["decision"]["decision_id"]) == (True, decided[-1])
                comings = round_ + 2
                wait_until(lambda: sum(c["kind"] == "connection" and c["connected"] for c in heard) >= comings)  # noqa: B023
            sky.candidates.decide("last", number, "reject", ["transients"])
            wait_until(lambda: sum(c["kind"] == "decision" for c in heard) >= 11)
        assert [c["decision_id"] for c in heard if c["kind"] == "decision"][:-1] == decided
        assert {"kind": "connection", "connected": False} in heard
        assert service.stop() in (0, -15)
        assert running_service(house_dir) is None
    finally:
        if service.process.poll() is None:
            service.kill()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"pid": "x"}', '{"pid": 1e400}', '{"pid": 99999999999999999999}', '{"url": 1}']
)
def test_a_damaged_record_of_a_service_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "service.json").write_text(content)
    with pytest.raises(Unavailable, match="remove the file"):
        running_service(tmp_path)
