"""Sending against a GCN on this machine: what was approved, byte for byte, once, whatever breaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from skyhub.client import Transport
from skyhub.config import CircularSettings, NotificationSettings, Settings
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.events import ingest_notice
from skyhub.followup import Sealer
from skyhub.records import add, edit, find, get, remove, share
from skyhub.scheduler import submit_claimed
from skyhub.service import serving
from skyhub.submissions import (
    CIRCULAR_ACCOUNTS,
    CIRCULARS,
    LEASE,
    SendingOutcome,
    approve_circular,
    circular_steps,
    claim_sending,
    edit_circular,
    finish_sending,
    request_sending,
    review_circular,
    tell_outcome,
    unite_with_run,
    withdraw_approval,
)
from skyhub.submissions import _sending as sending
from skyhub.submissions._signing import CircularRules
from submissions_support import BODY, OLAF, OTHER, SUBJECT, VERA, approved, drafted, run_of
from support.channels import Mailbox, mail_server
from support.gcn import CLIENT, Gcn, gcn_server
from support.notices import alert

_SECRETS = [value for name, value in CLIENT.items() if name != "client_id"]


@pytest.fixture(scope="module")
def transport(team: Database) -> Iterator[Transport]:
    with serving(team) as address:
        client = Transport(*address)
        yield client
        client.close()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as server:
        yield server


@pytest.fixture
def gcn() -> Iterator[Gcn]:
    with gcn_server() as server:
        yield server


class Desk:
    """Those who send: the platform with all ways open, and one who does the scheduler's part."""

    def __init__(self, db: Database, transport: Transport, gcn: Gcn, settings: Settings) -> None:
        self.db, self.transport, self.gcn, self.settings = db, transport, gcn, settings
        self.sealer = Sealer(db.data_dir)

    def account(self, way: str = "api", **fields: Any) -> int:
        given = CLIENT if way == "api" else {"address": "vera@example.org"}
        name = f"account {self.db.version()}"
        kept = add(self.db, VERA, CIRCULAR_ACCOUNTS, [{"name": name, "way": way, **given, **fields}], ["transients"])
        return int(kept["records"][0]["circular_account_id"])

    def queued(self, way: Any = "api", **fields: Any) -> int:
        """An approved circular that is to be sent."""
        number = approved(self.db)
        request_sending(self.db, OLAF, number, 1, way, self.account(way, **fields))
        return number

    def turn(self) -> str | None:
        """What became of the next circular that is due."""
        closed = submit_claimed(self.transport, self.settings, self.sealer)
        return None if closed is None else str(closed["state"])

    def state(self, number: int) -> str:
        return str(get(self.db, VERA, CIRCULARS, number)["state"])

    def published(self) -> list[int]:
        """The numbers of circulars at GCN of our subject."""
        return [kept["circularId"] for kept in self.gcn.archive if kept["subject"] == SUBJECT]


@pytest.fixture
def desk(
    team: Database, transport: Transport, gcn: Gcn, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    rules = CircularSettings(
        ways=["form", "api", "email"], origin=gcn.url, token_url=f"{gcn.url}/oauth2/token", mail_to="circulars@gcn.test"
    )
    post = NotificationSettings(smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none")
    monkeypatch.setattr(team.part(CircularRules), "settings", rules)
    monkeypatch.setattr(sending, "_FIRST_WAIT", timedelta())
    mailbox.letters.clear()
    desk = Desk(team, transport, gcn, Settings(circulars=rules, notifications=post))
    yield desk
    assert desk.turn() is None, "a test left a circular in the queue"


def test_ways_and_accounts_that_do_not_fit_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, api, email = approved(desk.db), desk.account(), desk.account("email")
    for way, account in (("api", None), ("email", None), ("api", email), ("email", api), ("form", api)):
        with pytest.raises(InvalidInput):
            request_sending(desk.db, OLAF, number, 1, way, account)  # type: ignore[arg-type]
    [record] = add(desk.db, OTHER, CIRCULAR_ACCOUNTS, [{"name": "x", "way": "api", **CLIENT}], ["bursts"])["records"]
    with pytest.raises(NotFound):
        request_sending(desk.db, OLAF, number, 1, "api", int(record["circular_account_id"]))
    monkeypatch.setattr(desk.db.part(CircularRules), "settings", CircularSettings())
    with pytest.raises(InvalidInput, match="closed: form"):
        request_sending(desk.db, OLAF, number, 1, "api", api)
    assert desk.state(number) == "approved"


@pytest.mark.parametrize(
    "fields",
    [
        {"ways": ["api"]},
        {"ways": ["email"]},
        {"ways": ["api"], "token_url": "http://example.org/token"},
        {"ways": ["api"], "token_url": "https://u:p@example.org/token"},
        {"ways": ["api"], "token_url": "https://example.org/token", "origin": "http://gcn.example.org"},
        {"origin": "https://gcn.nasa.gov/circulars"},
    ],
)
def test_settings_that_would_send_secrets_astray_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs|address|origin"):
        CircularSettings(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"way": "api"},
        {"way": "api", "client_id": "x"},
        {"way": "email"},
        {"way": "email", "address": "a@b", "client_secret": "x"},
    ],
)
def test_accounts_without_what_they_need_are_refused(team: Database, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        add(team, VERA, CIRCULAR_ACCOUNTS, [{"name": "wrong", **fields}])


def test_secrets_go_in_and_come_out_nowhere(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account = desk.account()
    edit(desk.db, VERA, CIRCULAR_ACCOUNTS, account, {"name": f"renamed {account}"})
    told = str(find(desk.db, ADMINISTRATOR, CIRCULAR_ACCOUNTS))
    stored = str(desk.db.reader.rows(ADMINISTRATOR, "SELECT * FROM @circular_accounts*"))
    number = approved(desk.db)
    request_sending(desk.db, OLAF, number, 1, "api", account)
    claim = str(desk.transport.post("/api/circulars/claims", {}))
    finish_sending(desk.db, number, SendingOutcome("retry"))
    assert desk.turn() == "sent"
    for secret in (*_SECRETS, *desk.gcn.tokens):
        assert not any(secret in text for text in (told, stored, claim, caplog.text))
        assert secret not in str(circular_steps(desk.db, VERA, number))


@pytest.mark.parametrize(("fields", "grant"), [({}, "refresh_token"), ({"refresh_token": None}, "client_credentials")])
def test_what_was_approved_is_published_once_and_kept_for_ever(desk: Desk, fields: dict[str, Any], grant: str) -> None:
    number = desk.queued(**fields)
    assert [desk.turn(), desk.turn()] == ["sent", None]
    assert desk.gcn.grants == [grant]
    sent = get(desk.db, OLAF, CIRCULARS, number)
    assert (sent["state"], sent["number"], sent["approved_by"]) == ("sent", 2, "olaf")
    assert (desk.gcn.archive[1]["subject"], desk.gcn.archive[1]["body"]) == (SUBJECT, BODY.strip())
    last = circular_steps(desk.db, VERA, number)[-1]
    assert (last["step"], last["number"], last["digest"]) == ("sent", 2, sent["digest"])
    for deed in (
        lambda: edit_circular(desk.db, VERA, number, {"body": "x"}, 1),
        lambda: edit(desk.db, VERA, CIRCULARS, number, {"body": "x"}),
        lambda: unite_with_run(desk.db, VERA, number, run_of(desk.db)),
        lambda: remove(desk.db, ADMINISTRATOR, CIRCULARS, number),
        lambda: share(desk.db, VERA, CIRCULARS, number, ["transients"]),
        lambda: add(desk.db, VERA, CIRCULARS, [{**_fields(sent), "body": "x"}], revise=True),
        lambda: withdraw_approval(desk.db, VERA, number),
        lambda: review_circular(desk.db, VERA, number, 1),
        lambda: approve_circular(desk.db, VERA, number, 1),
        lambda: request_sending(desk.db, VERA, number, 1, "form"),
        lambda: tell_outcome(desk.db, VERA, number, sent=False),
    ):
        with pytest.raises(Conflict):
            deed()
    assert get(desk.db, OLAF, CIRCULARS, number) == sent


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("name", "event", "subject", "body", "report_id")}


def test_a_token_that_is_not_accepted_is_asked_for_anew_once(desk: Desk) -> None:
    number = desk.queued()
    desk.gcn.answers = [401]
    assert desk.turn() == "sent"
    assert (len(desk.gcn.tokens), desk.published()) == (2, [2])
    other = desk.queued()
    desk.gcn.answers = [401, 401]
    assert desk.turn() == "failed"
    assert (desk.state(number), desk.state(other)) == ("sent", "failed")


@pytest.mark.parametrize(
    ("answer", "reason"), [(400, "GCN answered 400: subject is invalid."), (403, "GCN answered 403.")]
)
def test_what_is_refused_stands_there_with_the_reason_and_may_be_sent_anew(
    desk: Desk, answer: int, reason: str
) -> None:
    number = desk.queued()
    desk.gcn.answers = [answer]
    assert [desk.turn(), desk.turn()] == ["failed", None]
    assert get(desk.db, VERA, CIRCULARS, number)["detail"] == reason
    request_sending(desk.db, VERA, number, 1, "api", desk.account())
    assert (desk.turn(), desk.published()) == ("sent", [2])


def test_wrong_secrets_are_refused_for_good(desk: Desk) -> None:
    number = desk.queued(client_secret="wrong")
    assert desk.turn() == "failed"
    assert get(desk.db, VERA, CIRCULARS, number)["detail"] == "the server of tokens answered 400."
    assert desk.gcn.posts == 0


def test_gcn_says_when_it_wants_to_be_asked_again(desk: Desk) -> None:
    number = desk.queued()
    desk.gcn.answers, desk.gcn.retry_after = [429], "1800"
    assert [desk.turn(), desk.turn()] == ["queued", None]
    later = datetime.now(UTC) + timedelta(minutes=29)
    assert claim_sending(desk.db, later) is None
    claimed = claim_sending(desk.db, later + timedelta(minutes=2))
    assert claimed is not None
    assert claimed["look_since"] is None
    finish_sending(desk.db, number, SendingOutcome("sent", number=7))


@pytest.mark.parametrize("answer", ["lost", "unnumbered"])
def test_what_has_arrived_without_an_answer_is_found_and_not_sent_again(desk: Desk, answer: str) -> None:
    number = desk.queued()
    desk.gcn.answers = [answer]
    assert [desk.turn(), desk.state(number)] == ["queued", "queued"]
    with pytest.raises(Conflict, match="stays as it is"):
        edit_circular(desk.db, VERA, number, {"body": "x"}, 1)
    desk.gcn.publish("GRB 230813A: another one", "B. Author reports: it came in between.")
    assert desk.turn() == "sent"
    assert (desk.gcn.posts, desk.published(), get(desk.db, VERA, CIRCULARS, number)["number"]) == (1, [2], 2)


def test_what_has_not_arrived_is_sent_again(desk: Desk) -> None:
    number = desk.queued()
    desk.gcn.answers = [502]
    assert [desk.turn(), desk.turn(), desk.state(number)] == ["queued", "sent", "sent"]
    assert (desk.gcn.posts, desk.published()) == (2, [2])


def test_what_is_refused_after_it_was_looked_for_in_vain_has_not_been_sent(desk: Desk) -> None:
    number = desk.queued()
    desk.gcn.answers = [502, 400]
    assert [desk.turn(), desk.turn(), desk.state(number)] == ["queued", "failed", "failed"]
    assert edit_circular(desk.db, VERA, number, {"body": f"{BODY}\nMore."}, 1)["state"] == "draft"


def test_while_gcn_does_not_tell_nothing_is_sent_again(desk: Desk) -> None:
    number = desk.queued()
    desk.gcn.answers, desk.gcn.closed = ["lost"], True
    assert {desk.turn() for _ in range(11)} == {"queued"}
    assert desk.turn() == "unsure"
    assert (desk.gcn.posts, desk.published()) == (1, [2])
    told = tell_outcome(desk.db, VERA, number, sent=True, number=2)
    assert (told["state"], told["number"]) == ("sent", 2)


def test_a_worker_that_dies_after_sending_leaves_nothing_that_is_sent_twice(desk: Desk) -> None:
    number = desk.queued()
    claimed = claim_sending(desk.db, datetime.now(UTC))
    assert claimed is not None
    desk.gcn.publish(claimed["subject"], claimed["body"])  # and it ends here
    assert claim_sending(desk.db, datetime.now(UTC)) is None
    with pytest.raises(Conflict, match="sending"):
        edit_circular(desk.db, VERA, number, {"body": "x"}, 1)
    again = claim_sending(desk.db, datetime.now(UTC) + LEASE + timedelta(seconds=1))
    assert again is not None
    assert again["look_since"] is not None
    finish_sending(desk.db, number, SendingOutcome("retry", unsure=True))
    assert (desk.turn(), desk.gcn.posts, desk.published()) == ("sent", 0, [2])


def test_only_one_of_many_workers_sends_it(desk: Desk) -> None:
    number = desk.queued()
    claims = [claim_sending(desk.db, datetime.now(UTC)) for _ in range(5)]
    assert [claim is None for claim in claims] == [False, True, True, True, True]
    finish_sending(desk.db, number, SendingOutcome("sent", number=2))
    with pytest.raises(Conflict, match="only one that is being sent"):
        finish_sending(desk.db, number, SendingOutcome("sent", number=3))


def test_an_edit_in_the_queue_keeps_it_in_the_house(desk: Desk) -> None:
    first, second = desk.queued(), desk.queued()
    edit_circular(desk.db, VERA, first, {"body": f"{BODY}\nMore."}, 1)
    withdraw_approval(desk.db, VERA, second)
    assert desk.turn() is None
    assert (desk.state(first), desk.state(second), desk.gcn.posts) == ("draft", "draft", 0)


def test_an_edit_at_the_moment_of_the_claim_keeps_it_in_the_house(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.queued()

    def edited_meanwhile(*_: object) -> list[str]:
        edit_circular(desk.db, VERA, number, {"body": f"{BODY}\nMore."}, 1)
        return []

    monkeypatch.setattr(sending, "warnings_of", edited_meanwhile)
    assert claim_sending(desk.db, datetime.now(UTC)) is None
    assert desk.state(number) == "draft"


def test_an_event_that_is_retracted_in_the_meantime_keeps_it_in_the_house(desk: Desk) -> None:
    ingest_notice(desk.db, ADMINISTRATOR, alert(name="S261123b", time="2026-11-23T03:00:00.123Z"))
    number = drafted(desk.db, event="S261123b")
    review_circular(desk.db, VERA, number, 1)
    approve_circular(desk.db, OLAF, number, 1)
    request_sending(desk.db, OLAF, number, 1, "api", desk.account())
    ingest_notice(desk.db, ADMINISTRATOR, alert("RETRACTION", name="S261123b", created="2026-11-23T04:00:00Z"))
    assert desk.turn() is None
    told = get(desk.db, VERA, CIRCULARS, number)
    assert (told["state"], "retracted" in told["detail"], desk.gcn.posts) == ("draft", True, 0)
    review_circular(desk.db, VERA, number, 1)
    approve_circular(desk.db, OLAF, number, 1, despite_warnings=True)
    request_sending(desk.db, OLAF, number, 1, "api", desk.account())
    assert desk.turn() == "sent"


def test_an_account_that_is_gone_sends_nothing(desk: Desk) -> None:
    account, number = desk.account(), approved(desk.db)
    request_sending(desk.db, OLAF, number, 1, "api", account)
    remove(desk.db, VERA, CIRCULAR_ACCOUNTS, account)
    assert (desk.turn(), desk.state(number)) == (None, "failed")


def test_a_way_that_was_closed_in_the_meantime_sends_nothing(desk: Desk) -> None:
    number = desk.queued()
    closed = Settings(circulars=CircularSettings(), notifications=desk.settings.notifications)
    told = submit_claimed(desk.transport, closed, desk.sealer)
    assert (told or {})["state"] == desk.state(number) == "failed"
    assert desk.gcn.posts == 0


def test_a_mail_is_the_circular_and_nothing_else(desk: Desk, mailbox: Mailbox) -> None:
    number = desk.queued("email")
    assert desk.turn() == "sent"
    [letter] = mailbox.letters
    assert (letter["From"], letter["To"], letter["Subject"]) == ("vera@example.org", "circulars@gcn.test", SUBJECT)
    assert letter.get_content().replace("\r\n", "\n").strip() == BODY.strip()
    assert letter["Auto-Submitted"] is None
    told = tell_outcome(desk.db, VERA, number, sent=True, number=34567)
    assert (told["state"], told["number"]) == ("sent", 34567)
    with pytest.raises(Conflict, match="nothing to tell"):
        tell_outcome(desk.db, VERA, number, sent=True, number=34568)


def test_a_mail_of_which_nobody_knows_is_not_sent_again(desk: Desk, mailbox: Mailbox) -> None:
    number = desk.queued("email")
    assert claim_sending(desk.db, datetime.now(UTC)) is not None
    assert claim_sending(desk.db, datetime.now(UTC) + LEASE + timedelta(seconds=1)) is None
    assert (desk.state(number), mailbox.letters) == ("unsure", [])
    with pytest.raises(Conflict):
        request_sending(desk.db, VERA, number, 1, "email", desk.account("email"))
    assert tell_outcome(desk.db, VERA, number, sent=False)["state"] == "approved"
    request_sending(desk.db, VERA, number, 1, "email", desk.account("email"))
    assert (desk.turn(), len(mailbox.letters)) == ("sent", 1)


@pytest.mark.parametrize(("answer", "state"), [("451 later", "queued"), ("554 no", "failed")])
def test_a_mail_server_that_refuses(desk: Desk, mailbox: Mailbox, answer: str, state: str) -> None:
    number = desk.queued("email")
    mailbox.answers = [answer]
    assert (desk.turn(), desk.state(number)) == (state, state)
    if state == "queued":
        assert desk.turn() == "sent"


def test_the_form_is_filled_in_and_a_person_says_what_became_of_it(desk: Desk) -> None:
    number = approved(desk.db)
    url = urlsplit(str(request_sending(desk.db, OLAF, number, 1, "form")["url"]))
    assert (f"{url.scheme}://{url.netloc}", url.path) == (desk.gcn.url, "/circulars/new")
    assert parse_qs(url.query) == {"subject": [SUBJECT], "body": [BODY.strip()]}
    assert request_sending(desk.db, OLAF, number, 1, "form")["url"] == url.geturl()
    assert [step["step"] for step in circular_steps(desk.db, VERA, number)].count("handed over") == 1
    with pytest.raises(Conflict, match="stays as it is"):
        edit_circular(desk.db, VERA, number, {"body": "x"}, 1)
    with pytest.raises(InvalidInput):
        tell_outcome(desk.db, VERA, number, sent=False, number=5)
    assert tell_outcome(desk.db, VERA, number, sent=False)["state"] == "approved"
    request_sending(desk.db, OLAF, number, 1, "form")
    told = tell_outcome(desk.db, VERA, number, sent=True, number=34567)
    assert (told["state"], told["number"], told["way"]) == ("sent", 34567, "form")
    assert desk.gcn.posts == 0
