"""Streams of notices: stored, then acknowledged; what cannot be read is kept and holds nothing up."""

from __future__ import annotations

import shutil
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from skyhub.adapters import Message, Outlook
from skyhub.adapters._kafka import _options
from skyhub.config import KafkaStream
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput, Unavailable
from skyhub.events import ingest_notice
from skyhub.ingest import CircularIntake, NoticeIntake, Refused, quarantine
from skyhub.ingest import _intake as intake_module
from skyhub.published import store_circulars
from support.notices import alert, burst
from support.services import wait_until
from support.streams import Cluster, StreamProcess

_PATIENCE = 90.0


class _Feed:
    """Messages, each given once."""

    def __init__(self, *messages: bytes) -> None:
        self.waiting = [Message(f"t/0/{n}", data, n) for n, data in enumerate(messages)]
        self.acknowledged: list[str] = []

    def take(self, wait: bool = True) -> list[Message]:
        taken, self.waiting = self.waiting[:2], self.waiting[2:]
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        self.acknowledged += [message.place for message in messages]

    def hold(self, seconds: float) -> None: ...

    def lag(self) -> int | None:
        return len(self.waiting)

    def outlook(self) -> Outlook:
        return Outlook()

    def retry(self) -> None: ...

    def close(self) -> None: ...


class _Receiver:
    """A database, in front of which failures are put; notes what was acknowledged when it stored."""

    def __init__(self, db: Database, feed: _Feed) -> None:
        self.db, self.feed = db, feed
        self.failures: list[Exception] = []
        self.before: list[tuple[str, int]] = []

    def notice(self, place: str, data: bytes) -> str:
        if self.failures:
            raise self.failures.pop(0)
        if len(data) > 100_000:
            raise InvalidInput("it is too long.", "content")
        self.before.append((place, len(self.feed.acknowledged)))
        return str(ingest_notice(self.db, ADMINISTRATOR, data, place)["action"])

    def circular(self, place: str, data: bytes) -> str:
        self.before.append((place, len(self.feed.acknowledged)))
        done = store_circulars(self.db, ADMINISTRATOR, [(place, data)])
        if done.rejected:
            raise InvalidInput(done.rejected[0]["reason"], place)
        return "duplicate" if done.duplicates else "created"

    def store(self, batch: Any) -> Any:
        raise AssertionError("notices are no packets")

    def refuse(self, stream: str, messages: Sequence[Refused]) -> None:
        quarantine(self.db, stream, messages)


def _run(intake: NoticeIntake, feed: _Feed, n_messages: int) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=intake.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: len(feed.acknowledged) == n_messages)
    finally:
        stop.set()
        thread.join(10)


def test_notices_are_stored_then_acknowledged_whatever_they_are(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "_PAUSE_SECONDS", 0.01)
    feed = _Feed(b"noise", alert(), alert(), b" " * 200_000, burst(role="utility"), b"", alert("RETRACTION"))
    receiver = _Receiver(db, feed)
    receiver.failures = [Unavailable("the service is away", ""), Unavailable("still", "")]
    intake = NoticeIntake("gcn", "test", lambda: feed, receiver)
    _run(intake, feed, 7)
    assert all(acknowledged <= int(place.rsplit("/", 1)[1]) for place, acknowledged in receiver.before)
    state = intake.state()
    assert (state.n_read, state.n_stored, state.n_duplicates, state.n_refused) == (7, 3, 1, 3)
    rows = db.reader.rows(ADMINISTRATOR, "SELECT file, action FROM @event_notices ORDER BY event_notice_id")
    assert [(row["file"], row["action"]) for row in rows] == [
        ("t/0/0", "rejected"), ("t/0/1", "created"), ("t/0/4", "ignored"), ("t/0/5", "rejected"), ("t/0/6", "updated"),
    ]  # fmt: skip
    [refused] = db.reader.rows(ADMINISTRATOR, "SELECT place, reason FROM @refused_messages")
    assert (refused["place"], refused["reason"]) == ("t/0/3", "it is too long.")


def test_circulars_are_stored_then_acknowledged_and_what_is_none_is_in_quarantine(db: Database, shared: Path) -> None:
    real = (shared / "gcn" / "circulars" / "34285.json").read_bytes()
    feed = _Feed(b"noise", real, real, b'{"subject": "GRB 230812B"}', alert())
    receiver = _Receiver(db, feed)
    intake = CircularIntake("gcn-circulars", "test", lambda: feed, receiver)
    _run(intake, feed, 5)
    assert all(acknowledged <= int(place.rsplit("/", 1)[1]) for place, acknowledged in receiver.before)
    state = intake.state()
    assert (state.n_read, state.n_stored, state.n_duplicates, state.n_refused) == (5, 1, 1, 3)
    assert db.reader.rows(ADMINISTRATOR, "SELECT number FROM @published_circulars") == [{"number": 34285}]
    refused = db.reader.rows(ADMINISTRATOR, "SELECT place FROM @refused_messages ORDER BY place")
    assert [row["place"] for row in refused] == ["t/0/0", "t/0/3", "t/0/4"]


def test_a_stream_of_gcn_is_read_with_tokens() -> None:
    given = {
        "kind": "kafka", "holds": "notices", "brokers": ["kafka.gcn.nasa.gov"], "topics": ["igwn.gwalert"],
        "security": "sasl_ssl", "mechanism": "OAUTHBEARER", "username": "me", "password": "secret",
    }  # fmt: skip
    with pytest.raises(ValidationError, match="OAUTHBEARER needs token_url"):
        KafkaStream(**given)
    options = _options(KafkaStream(**given, token_url="https://auth.gcn.nasa.gov/oauth2/token"))
    assert {name: value for name, value in options.items() if name.startswith("sasl")} == {
        "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.client.id": "me",
        "sasl.oauthbearer.client.secret": "secret",
        "sasl.oauthbearer.token.endpoint.url": "https://auth.gcn.nasa.gov/oauth2/token",
    }  # fmt: skip
    assert options["enable.auto.commit"] == "false"
    with pytest.raises(ValidationError):
        KafkaStream(**{**given, "mechanism": "PLAIN", "holds": "letters"})


def _n_kept(pack: Path) -> int:
    """How many notices lie in a pack, which another process writes."""
    rest, count = pack.read_bytes() if pack.exists() else b"", 0
    while rest:
        one = zlib.decompressobj()
        one.decompress(rest)
        rest, count = one.unused_data, count + one.eof
    return count


def test_notices_from_kafka_and_a_directory_in_the_process_that_the_hub_runs(empty_house: Path, tmp_path: Path) -> None:
    data_dir, inbox, cluster = Path(shutil.copytree(empty_house, tmp_path / "data")), tmp_path / "inbox", Cluster()
    inbox.mkdir()
    (inbox / "burst.xml").write_bytes(burst())
    cluster.send("igwn.gwalert", [alert(), b"noise", alert()])
    folder = {"kind": "directory", "holds": "notices", "path": str(inbox), "pattern": "**/*.xml", "settle_seconds": 0}
    topic = cluster.stream("igwn.gwalert", holds="notices").model_dump(mode="json", exclude_none=True)
    process = StreamProcess(data_dir, {"gcn": topic, "inbox": folder})

    wait_until(lambda: _n_kept(data_dir / "packs" / "notices.pack") == 3, _PATIENCE)
    ended = {state["stream_name"]: state for state in process.stop()}
    assert [ended["inbox"][n] for n in ("n_read", "n_stored")] == [1, 1]
    with Database(data_dir) as db:
        found = db.reader.rows(ADMINISTRATOR, "SELECT aliases FROM @events ORDER BY ALL")
        assert {alias for row in found for alias in row["aliases"]} == {"LVC#S261122a", "SWIFT#1234567"}
