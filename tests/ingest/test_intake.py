"""One incoming stream with a feed and a receiver that fail as told: all is stored or in quarantine, then acknowledged."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from skyhub.adapters import Message, Outlook
from skyhub.alerts import AlertReader, Decoders, SchemaStore
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput, NotAuthenticated, StorageError, Unavailable
from skyhub.ingest import Intake, Order, Refused, Stored, quarantine, store_packets
from skyhub.ingest import _intake as intake_module
from support.packets import record, write_packets
from support.services import wait_until


class Feed:
    """Messages in batches, each given once; what was not acknowledged comes again when it is opened anew."""

    def __init__(self, *batches: list[Message]) -> None:
        self.batches = list(batches)
        self.failures: list[Exception] = []
        self.acknowledged: list[str] = []
        self.given: list[Message] = []
        self.most_ahead = 0
        self.held = self.opened = self.closed = self.retried = 0
        self.seen = Outlook()

    def open(self) -> Feed:
        self.opened += 1
        self.given = []
        return self

    def take(self, wait: bool = True) -> list[Message]:
        if self.failures:
            raise self.failures.pop(0)
        done = [*self.acknowledged, *(message.place for message in self.given)]
        waiting = [[m for m in batch if m.place not in done] for batch in self.batches]
        taken = next((batch for batch in waiting if batch), [])
        self.given += taken
        self.most_ahead = max(self.most_ahead, len(self.given))
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        self.acknowledged += [message.place for message in messages]
        self.given = [message for message in self.given if message not in messages]

    def hold(self, seconds: float) -> None:
        self.held += 1

    def lag(self) -> int | None:
        return sum(m.place not in self.acknowledged for batch in self.batches for m in batch)

    def outlook(self) -> Outlook:
        return self.seen

    def retry(self) -> None:
        self.retried += 1

    def close(self) -> None:
        self.closed += 1


class Receiver:
    """A database, in front of which failures are put."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.failures: list[Exception] = []

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    def store(self, batch: pa.Table) -> Stored:
        self._fail()
        return store_packets(self.db, batch)

    def refuse(self, stream: str, messages: Sequence[Refused]) -> None:
        self._fail()
        quarantine(self.db, stream, messages)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "_PAUSE_SECONDS", 0.01)


def _message(tmp_path: Path, place: str, *candids: int, **changes: Any) -> Message:
    path = write_packets(tmp_path / f"{place}.avro", *[record(candid, f"ZTF{candid}", **changes) for candid in candids])
    return Message(place, path.read_bytes(), None)


def _run(intake: Intake, until: Callable[[], Any]) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    try:
        wait_until(until)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def _candids(db: Database) -> list[int]:
    return [row["candid"] for row in db.reader.rows(ADMINISTRATOR, "SELECT candid FROM @alerts ORDER BY candid")]


def _refused(db: Database) -> list[dict[str, Any]]:
    return db.reader.rows(ADMINISTRATOR, "SELECT * FROM @refused_messages ORDER BY place")


def test_what_cannot_be_read_goes_to_quarantine_and_the_rest_is_stored(db: Database, tmp_path: Path) -> None:
    noise = Message("noise", b"no packet", None)
    empty = Message("empty", b"", None)
    feed = Feed([_message(tmp_path, "good", 1, 2), noise, empty], [_message(tmp_path, "later", 3)])
    intake = Intake("s", "test", feed.open, Receiver(db))
    _run(intake, lambda: len(feed.acknowledged) == 4)
    assert _candids(db) == [1, 2, 3]
    rows = _refused(db)
    assert [(r["stream_name"], r["place"], r["n_records"], r["message_size"]) for r in rows] == [
        ("s", "empty", 1, 0),
        ("s", "noise", 1, 9),
    ]
    assert all("no readable Avro container" in r["reason"] for r in rows)
    assert db.packs.read(rows[1]["pack"], rows[1]["message_at"], 9) == b"no packet"
    state = intake.state()
    assert (state.n_read, state.n_stored, state.n_duplicates, state.n_refused) == (5, 3, 0, 2)
    assert (state.state, state.lag) == ("down", None)
    assert state.last_packet_at is not None
    assert state.rate > 0


def test_a_packet_that_the_database_refuses_is_found_among_the_others(db: Database, tmp_path: Path) -> None:
    class Picky(Receiver):
        def store(self, batch: pa.Table) -> Stored:
            if 5 in batch["candid"].to_pylist():
                raise InvalidInput("mjd in batch goes beyond 0 to 1e+06", "mjd")
            return super().store(batch)

    feed = Feed([_message(tmp_path, str(n), n) for n in range(1, 12)])
    intake = Intake("s", "test", feed.open, Picky(db))
    _run(intake, lambda: len(feed.acknowledged) == 11)
    assert _candids(db) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    [row] = _refused(db)
    assert row["place"] == "5"
    assert "candid 5: mjd in batch goes beyond" in row["reason"]


@pytest.mark.parametrize(
    "failure",
    [
        Unavailable("the service is away"),
        StorageError("the disk is full"),
        NotAuthenticated("the token has expired"),
        InvalidInput("a batch of packets has other columns", "batch"),
    ],
)
def test_a_failure_that_lies_in_no_packet_is_waited_out(db: Database, tmp_path: Path, failure: Exception) -> None:
    feed, receiver = Feed([_message(tmp_path, "a", 1), Message("b", b"?", None)]), Receiver(db)
    receiver.failures = [failure] * 5
    intake = Intake("s", "test", feed.open, receiver)
    _run(intake, lambda: feed.acknowledged)
    assert (_candids(db), len(_refused(db)), feed.held) == ([1], 1, 5)


def test_a_stop_while_the_service_is_away_acknowledges_nothing(db: Database, tmp_path: Path) -> None:
    feed, receiver = Feed([_message(tmp_path, "a", 1)]), Receiver(db)
    receiver.failures = [Unavailable("the service is away")] * 100_000
    intake = Intake("s", "test", feed.open, receiver)
    _run(intake, lambda: intake.state().reason == "the service is away" and intake.state().state == "waiting")
    assert (feed.acknowledged, _candids(db), feed.closed) == ([], [], 1)


def test_a_feed_that_is_away_or_breaks_comes_back(db: Database, tmp_path: Path) -> None:
    feed = Feed([_message(tmp_path, "a", 1)])
    feed.failures = [Unavailable("no broker"), RuntimeError("nonsense"), Unavailable("no broker")]
    intake = Intake("s", "test", feed.open, Receiver(db))
    _run(intake, lambda: feed.acknowledged)
    assert (_candids(db), feed.opened, feed.closed) == ([1], 2, 2)


def test_a_message_that_comes_again_is_stored_and_kept_once(db: Database, tmp_path: Path) -> None:
    messages = [_message(tmp_path, "a", 1, 2), Message("b", b"?", None)]
    for n_duplicates in (0, 2):
        feed = Feed(messages, [messages[1]])
        intake = Intake("s", "test", feed.open, Receiver(db))
        _run(intake, lambda f=feed: f.acknowledged)  # type: ignore[misc]
        assert intake.state().n_duplicates == n_duplicates
    assert (_candids(db), len(_refused(db))) == ([1, 2], 1)


def test_another_message_at_the_same_place_is_kept_too(db: Database) -> None:
    assert quarantine(db, "s", [Refused("t/0/1", "why", 1, b"x"), Refused("t/0/1", "why", 1, b"x")]) == 1
    assert quarantine(db, "s", [Refused("t/0/1", "why", 1, b"y")]) == 1
    assert quarantine(db, "other", [Refused("t/0/1", "why", 1, b"y")]) == 1
    assert [row["refused_message_id"] for row in _refused(db)] == [1, 2, 3]


def test_messages_with_the_number_of_their_schema_are_read(db: Database, shared: Path) -> None:
    lsst = shared / "alerts" / "lsst"
    messages = [
        Message(path.name, path.read_bytes(), None) for path in sorted((lsst / "confluent_wire").glob("boom_*"))
    ]
    assert messages
    for reader, n_refused in ((AlertReader(), len(messages)), (AlertReader(schemas=SchemaStore([lsst])), 0)):
        feed = Feed(messages)
        intake = Intake("lsst", "test", feed.open, Receiver(db), Decoders(lambda reader=reader: reader))
        _run(intake, lambda f=feed: len(f.acknowledged) == len(messages))  # type: ignore[misc]
        assert (intake.state().n_read, intake.state().n_refused) == (len(messages), n_refused)
    assert "there is no schema" in _refused(db)[0]["reason"]
    assert len(_candids(db)) == len(messages)


def test_an_unknown_survey_is_refused_at_once(db: Database) -> None:
    with pytest.raises(InvalidInput, match="sloan"):
        Intake("s", "test", Feed().open, Receiver(db), survey="sloan")


def test_messages_are_decoded_beside_the_store_within_bounds_and_acknowledged_after_it(
    db: Database, tmp_path: Path
) -> None:
    class Watching(Receiver):
        def store(self, batch: pa.Table) -> Stored:
            stored = super().store(batch)
            candids.extend(batch["candid"].to_pylist())
            assert not {str(candid) for candid in batch["candid"].to_pylist()} & set(feed.acknowledged)
            return stored

    candids: list[int] = []
    feed = Feed(*([_message(tmp_path, str(n), n)] for n in range(1, 21)), [Message("noise", b"?", None)])
    with closing(Decoders(AlertReader, apart=True)) as decoders:
        intake = Intake("s", "test", feed.open, Watching(db), decoders)
        _run(intake, lambda: len(feed.acknowledged) == 21)
        assert feed.most_ahead == decoders.n_ahead + 1
    assert candids == _candids(db) == list(range(1, 21))
    assert (intake.state().n_read, intake.state().n_refused, feed.opened) == (21, 1, 1)


def test_the_death_of_a_process_that_decodes_loses_and_doubles_nothing(db: Database, tmp_path: Path) -> None:
    class Deadly(Receiver):
        def store(self, batch: pa.Table) -> Stored:
            if (stored := super().store(batch)).stored and kills:
                kills.pop()
                for child in multiprocessing.active_children():
                    child.kill()
            return stored

    kills = [1, 2]
    feed = Feed(*([_message(tmp_path, str(n), n)] for n in range(1, 13)))
    with closing(Decoders(AlertReader, apart=True)) as decoders:
        intake = Intake("s", "test", feed.open, Deadly(db), decoders)
        _run(intake, lambda: len(feed.acknowledged) == 12)
    assert _candids(db) == list(range(1, 13))
    assert (kills, intake.state().n_stored, intake.state().n_refused) == ([], 12, 0)


def test_what_the_other_side_says_is_told(db: Database, tmp_path: Path) -> None:
    due = datetime(2026, 11, 28, tzinfo=UTC)
    feed = Feed([_message(tmp_path, "a", 1)])
    feed.seen = Outlook(seconds=9.5, slow=True, next_try_at=due)
    intake = Intake("s", "test", feed.open, Receiver(db))
    _run(intake, lambda: intake.state().state == "slow")
    feed.seen = Outlook(seconds=0.1, next_try_at=due)
    _run(intake, lambda: intake.state().seconds == 0.1)
    assert intake.state().next_try_at is None  # it was stopped


def test_who_says_when_to_come_again_is_left_alone_until_then_or_until_it_is_wanted(
    db: Database, tmp_path: Path
) -> None:
    feed = Feed([_message(tmp_path, "a", 1)])
    feed.hold = lambda seconds: time.sleep(0.001)  # type: ignore[method-assign]
    feed.failures = [Unavailable("too many requests", retry_after=3600.0)]
    intake = Intake("s", "test", feed.open, Receiver(db))
    intake.obey(Order())

    def told() -> bool:
        state = intake.state()
        return state.state == "down" and state.next_try_at is not None and state.next_try_at > datetime.now(UTC)

    stop = threading.Event()
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    try:
        wait_until(told)
        assert feed.acknowledged == []
        intake.obey(Order(retry=7))
        wait_until(lambda: feed.acknowledged)
        assert feed.retried == 1
        intake.obey(Order(retry=7))
    finally:
        stop.set()
        thread.join(10)
    assert (feed.retried, _candids(db)) == (1, [1])


def test_a_paused_stream_takes_nothing_and_goes_on_when_it_may(db: Database, tmp_path: Path) -> None:
    feed = Feed([_message(tmp_path, "a", 1)])
    intake = Intake("s", "test", feed.open, Receiver(db))
    intake.obey(Order(paused=True, retry=3))
    stop = threading.Event()
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: intake.state().state == "paused" and feed.held > 3)
        assert (feed.acknowledged, intake.state().lag) == ([], 1)
        intake.obey(Order(paused=False, retry=3))
        wait_until(lambda: feed.acknowledged)
    finally:
        stop.set()
        thread.join(10)
    assert feed.retried == 0
