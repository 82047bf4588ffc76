"""Deliveries against servers on this machine: at least once, and never twice when it is known that they arrived."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.candidates import OwnersBook
from skyhub.client import Transport
from skyhub.config import load_settings
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, NotFound, Unavailable
from skyhub.events import ingest_notice
from skyhub.followup import Sealer
from skyhub.notify import (
    CHANNELS,
    LEASE,
    RULES,
    Outcome,
    claim_delivery,
    finish_delivery,
    list_messages,
    watch_journal,
)
from skyhub.notify import _outbox as outbox
from skyhub.records import add, edit, remove
from skyhub.scheduler import send_claimed
from skyhub.service import serving
from skyhub.team import AccountDirectory, viewer_of_account
from support.channels import Hooks, Mailbox
from support.notices import alert
from support.services import wait_until

_NOW = timedelta()


@pytest.fixture
def transport(team: Database) -> Iterator[Transport]:
    with serving(team) as address:
        client = Transport(*address)
        yield client
        client.close()


def _send(transport: Transport, team: Database) -> str | None:
    closed = send_claimed(transport, load_settings().notifications, Sealer(team.data_dir))
    return None if closed is None else str(closed["state"])


def _wish(team: Database, urgent: bool = False, **channel: Any) -> int:
    """A rule of vera's on new events, told through one channel; the channel's number."""
    vera = viewer_of_account(team, "vera")
    [record] = add(team, vera, CHANNELS, [{"name": "phone", **channel}])["records"]
    add(team, vera, RULES, [{"name": "r", "occasions": ["new_event"], "channels": ["phone"], "urgent": urgent}])
    return int(record["channel_id"])


def _happens(team: Database, **fields: Any) -> None:
    ingest_notice(team, ADMINISTRATOR, alert(), **fields)
    assert watch_journal(team) == 1


def _deliveries(team: Database) -> list[tuple[str, str | None]]:
    messages = list_messages(team, viewer_of_account(team, "vera"))
    return [(d["state"], d["detail"]) for message in messages for d in message["deliveries"]]


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_FIRST_WAIT", _NOW)


def test_slack_is_told_once_after_a_failure(
    transport: Transport,
    team: Database,
    hooks: Hooks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    _hurry(monkeypatch)
    _wish(team, type="slack", address=f"{hooks.url}/services/SECRET")
    _happens(team)
    hooks.answers = [500]
    assert [_send(transport, team) for _ in range(3)] == ["queued", "sent", None]
    first, second = hooks.received
    assert first["headers"]["Idempotency-Key"] == second["headers"]["Idempotency-Key"]
    assert second["body"]["text"].startswith("*New event S261122a (LVC_PRELIMINARY)*\n2026-11-22T03:00:00 UTC")
    assert "<https://sky.example.org/hub/user-redirect/" in second["body"]["text"]
    assert _deliveries(team) == [("sent", None)]
    assert "SECRET" not in caplog.text


@pytest.mark.parametrize(("answer", "state"), [(404, "failed"), (410, "failed"), (302, "failed"), (429, "queued")])
def test_what_is_refused_for_good_is_not_tried_again(
    transport: Transport, team: Database, hooks: Hooks, answer: int, state: str
) -> None:
    _wish(team, type="slack", address=f"{hooks.url}/services/x")
    _happens(team)
    hooks.answers = [answer]
    assert [_send(transport, team), _send(transport, team)] == [state, None]
    assert len(hooks.received) == 1
    assert _deliveries(team) == [("waiting" if state == "queued" else state, f"the server answered {answer}.")]


def test_it_is_given_up_after_many_tries(
    transport: Transport, team: Database, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hurry(monkeypatch)
    _wish(team, type="slack", address=f"{hooks.url}/x")
    _happens(team)
    hooks.answers = [503] * 50
    states = [_send(transport, team) for _ in range(13)]
    assert states == ["queued"] * 11 + ["failed", None]


def test_a_letter_has_the_same_identifier_at_each_try(
    transport: Transport, team: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hurry(monkeypatch)
    _wish(team, type="email", address="vera@example.org")
    _happens(team)
    mailbox.answers = ["451 later", "250 OK"]
    assert [_send(transport, team) for _ in range(3)] == ["queued", "sent", None]
    [letter] = mailbox.letters
    assert (letter["From"], letter["To"], letter["X-Envelope-To"]) == (
        "sky@example.org", "vera@example.org", "vera@example.org",
    )  # fmt: skip
    assert letter["Subject"] == "New event S261122a (LVC_PRELIMINARY)"
    with team.reader.borrowed() as cursor:
        [(key,)] = cursor.execute("SELECT key FROM deliveries").fetchall()
    assert letter["Message-ID"] == f"<{key}@example.org>"
    assert "one in 31.7 years" in letter.get_content()


def test_a_mailbox_that_is_not_there_is_not_tried_again(transport: Transport, team: Database, mailbox: Mailbox) -> None:
    _wish(team, type="email", address="vera@example.org")
    _happens(team)
    mailbox.answers = ["550 no such mailbox"]
    assert [_send(transport, team), _send(transport, team)] == ["failed", None]
    assert _deliveries(team) == [("failed", "the mail server refused it with the code 550.")]


def test_in_quiet_hours_only_what_is_urgent_is_due(team: Database, hooks: Hooks) -> None:
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00", "time_zone": "Europe/Berlin"}
    channel = _wish(team, type="slack", address=f"{hooks.url}/x", **quiet)
    _happens(team)
    midnight, morning = datetime(2036, 1, 1, 23, tzinfo=UTC), datetime(2036, 1, 2, 6, tzinfo=UTC)
    assert claim_delivery(team, midnight) is None
    assert claim_delivery(team, morning) is not None
    edit(team, viewer_of_account(team, "vera"), CHANNELS, channel, {"quiet_from": None, "quiet_until": None})
    assert claim_delivery(team, midnight + 2 * LEASE + timedelta(days=1)) is not None


def test_who_cannot_be_looked_up_now_waits_and_holds_nobody_up(
    team: Database, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wish(team, type="slack", address=f"{hooks.url}/vera")
    _happens(team)
    with_many = (
        "INSERT INTO deliveries SELECT 1000 + i, 1, 1, 'k' || i, acl, known_at FROM deliveries, range(300) AS r(i)"
    )
    team.writer.between(lambda connection: connection.execute(with_many))
    olaf = viewer_of_account(team, "olaf")
    add(team, olaf, CHANNELS, [{"name": "phone", "type": "slack", "address": f"{hooks.url}/olaf"}])
    add(team, olaf, RULES, [{"name": "r", "occasions": ["updated_event"], "channels": ["phone"]}])
    ingest_notice(team, ADMINISTRATOR, alert("INITIAL", created="2026-11-22T03:10:00Z"))
    assert watch_journal(team) == 1
    book, asked = team.part(OwnersBook), list[str]()
    accounts = book.viewer

    def away_for_vera(name: str) -> Viewer | None:
        asked.append(name)
        if name == "vera":
            raise Unavailable("the hub does not answer.")
        return accounts(name)

    monkeypatch.setattr(book, "viewer", away_for_vera)
    claim = claim_delivery(team, datetime.now(UTC))
    assert claim is not None
    assert claim["title"] == "Update of S261122a (LVC_INITIAL)"
    assert asked == ["vera", "olaf"]
    assert claim_delivery(team, datetime.now(UTC)) is None
    monkeypatch.setattr(book, "viewer", accounts)
    found = claim_delivery(team, datetime.now(UTC))
    assert found is not None
    assert found["title"] == "New event S261122a (LVC_PRELIMINARY)"


def test_what_is_urgent_is_told_in_quiet_hours(team: Database, hooks: Hooks) -> None:
    _wish(team, urgent=True, type="slack", address=f"{hooks.url}/x", quiet_from="00:00", quiet_until="00:00")
    _happens(team)
    assert claim_delivery(team, datetime.now(UTC)) is not None


def test_what_may_not_be_read_at_the_time_of_delivery_is_withdrawn(
    transport: Transport, team: Database, hooks: Hooks
) -> None:
    _wish(team, type="slack", address=f"{hooks.url}/x")
    _happens(team, groups=["transients"])
    AccountDirectory(team).remove("transients", "vera")
    assert _send(transport, team) is None
    assert hooks.received == []
    AccountDirectory(team).add("transients", "vera")
    assert _deliveries(team) == [("withdrawn", "it may not be read any more")]


def test_a_channel_that_was_removed_hears_nothing(transport: Transport, team: Database, hooks: Hooks) -> None:
    channel = _wish(team, type="slack", address=f"{hooks.url}/x")
    _happens(team)
    remove(team, viewer_of_account(team, "vera"), CHANNELS, channel)
    assert _send(transport, team) is None
    assert hooks.received == []


def test_a_server_that_is_not_permitted_any_more_hears_nothing(
    transport: Transport, team: Database, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wish(team, type="slack", address=f"{hooks.url}/SECRET")
    _happens(team)
    monkeypatch.setenv("SKYHUB_NOTIFICATIONS", "{}")
    assert _send(transport, team) == "failed"
    assert hooks.received == []
    assert "SECRET" not in str(_deliveries(team))


def test_a_claim_is_one_workers_until_its_lease_ends(team: Database, hooks: Hooks) -> None:
    _wish(team, type="slack", address=f"{hooks.url}/x")
    _happens(team)
    now = datetime.now(UTC)
    found: list[dict[str, Any] | None] = []
    workers = [threading.Thread(target=lambda: found.append(claim_delivery(team, now))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    [claim] = [one for one in found if one is not None]
    assert claim["again"] is False
    later = claim_delivery(team, now + 2 * LEASE)
    assert later is not None
    assert (later["key"], later["again"]) == (claim["key"], True)
    number = int(claim["delivery_id"])
    assert finish_delivery(team, number, Outcome("sent"))["state"] == "sent"
    with pytest.raises(Conflict, match="is sent"):
        finish_delivery(team, number, Outcome("sent"))
    with pytest.raises(NotFound):
        finish_delivery(team, 99, Outcome("sent"))
    assert claim_delivery(team, now + timedelta(days=9)) is None


_SENDER = """
import sys, threading
from pathlib import Path
from skyhub.candidates import OwnersBook
from skyhub.client import Transport
from skyhub.config import load_settings
from skyhub.followup import Sealer
from skyhub.scheduler import send_messages
send_messages(Transport(sys.argv[1], sys.argv[2]), load_settings().notifications, Sealer(Path(sys.argv[3])), threading.Event())
"""


@pytest.mark.slow
def test_a_sender_that_is_killed_before_it_hears_tells_matrix_once_in_the_end(
    team: Database, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", _NOW)
    _wish(team, type="matrix", address=hooks.url, room="!dome:example.org", token="SECRET")
    hooks.hold = threading.Event()
    ingest_notice(team, ADMINISTRATOR, alert())
    with serving(team) as address:
        command = [sys.executable, "-c", _SENDER, address.url, address.token, str(team.data_dir)]
        first = subprocess.Popen(command)
        wait_until(lambda: hooks.received, 60)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        hooks.hold.set()
        second = subprocess.Popen(command)
        try:
            wait_until(lambda: [state for state, _ in _deliveries(team)] == ["sent"], 60)
        finally:
            os.kill(second.pid, signal.SIGKILL)
            second.wait()
    assert len(hooks.received) == 2
    [kept] = hooks.transactions.values()
    assert kept["method"] == "PUT"
    assert kept["path"].startswith("/_matrix/client/v3/rooms/%21dome%3Aexample.org/send/m.room.message/")
    assert kept["headers"]["Authorization"] == "Bearer SECRET"
    assert kept["body"]["msgtype"] == "m.text"
    assert "SECRET" not in json.dumps(kept["body"])
    assert watch_journal(team) == 0


def test_what_waits_for_the_morning_holds_nothing_up(team: Database, hooks: Hooks) -> None:
    _wish(team, type="slack", address=f"{hooks.url}/quiet", quiet_from="00:00", quiet_until="00:00")
    _happens(team)
    with_many = (
        "INSERT INTO deliveries SELECT 1000 + i, 1, 1, 'k' || i, acl, known_at FROM deliveries, range(300) AS r(i)"
    )
    team.writer.between(lambda connection: connection.execute(with_many))
    olaf = viewer_of_account(team, "olaf")
    add(team, olaf, CHANNELS, [{"name": "phone", "type": "slack", "address": f"{hooks.url}/loud"}])
    add(team, olaf, RULES, [{"name": "r", "occasions": ["updated_event"], "channels": ["phone"]}])
    ingest_notice(team, ADMINISTRATOR, alert("INITIAL", created="2026-11-22T03:10:00Z"))
    assert watch_journal(team) == 1
    claim = claim_delivery(team, datetime.now(UTC))
    assert claim is not None
    assert claim["title"] == "Update of S261122a (LVC_INITIAL)"
