"""A scheduler that is killed while it sends circulars sends none twice and loses none; what cannot be known is said."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from skyhub.config import CircularSettings, NotificationSettings, Settings
from skyhub.db import ADMINISTRATOR, Database
from skyhub.records import add, get
from skyhub.service import serving
from skyhub.submissions import (
    CIRCULAR_ACCOUNTS,
    CIRCULARS,
    approve_circular,
    draft_from_run,
    request_sending,
    review_circular,
)
from skyhub.submissions import _sending as sending
from skyhub.submissions._signing import CircularRules
from submissions_support import BODY, OLAF, VERA, run_of
from support.channels import Mailbox, mail_server
from support.gcn import CLIENT, Gcn, gcn_server

_ROUNDS = 25
_LONGEST_ANSWER = 0.3
_SEND = """
import sys, threading
from pathlib import Path
from skyhub.client import Transport
from skyhub.config import Settings
from skyhub.followup import Sealer
from skyhub.scheduler import submit_circulars, _submitter
_submitter._PAUSE_SECONDS = 0.05
settings = Settings.model_validate_json(sys.argv[3])
print("ready", flush=True)
submit_circulars(Transport(sys.argv[1], sys.argv[2]), settings, Sealer(Path(sys.argv[4])), threading.Event())
"""
_TRIES = "SELECT circular_id, count(*) AS n FROM @circular_states WHERE step = 'sending' GROUP BY circular_id"


@contextmanager
def _sender(*arguments: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", _SEND, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _queued(db: Database, name: str, way: Any, account: int) -> int:
    """An approved circular of its own subject that is to be sent."""
    report_id = run_of(db, text=f"SUBJECT: GRB 230812B: {name}\n\n{BODY}")
    number = int(draft_from_run(db, VERA, report_id, name, ["transients"])["circular_id"])
    review_circular(db, VERA, number, 1)
    approve_circular(db, OLAF, number, 1)
    request_sending(db, OLAF, number, 1, way, account)
    return number


def _account(db: Database, way: str) -> int:
    given = CLIENT if way == "api" else {"address": "vera@example.org"}
    kept = add(db, VERA, CIRCULAR_ACCOUNTS, [{"name": f"killed {way}", "way": way, **given}], ["transients"])
    return int(kept["records"][0]["circular_account_id"])


def _dawdle(moments: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """GCN and the mail server take their time before and after they have taken something, so that kills come between."""
    publish, take = Gcn.publish, Mailbox.handle_DATA

    def published(gcn: Gcn, subject: str, body: str) -> int:
        time.sleep(moments.uniform(0, _LONGEST_ANSWER / 2))
        number = publish(gcn, subject, body)
        time.sleep(moments.uniform(0, _LONGEST_ANSWER / 2))
        return number

    async def taken(box: Mailbox, *told: Any) -> str:
        await asyncio.sleep(moments.uniform(0, _LONGEST_ANSWER / 2))
        answer = await take(box, *told)
        await asyncio.sleep(moments.uniform(0, _LONGEST_ANSWER / 2))
        return answer

    monkeypatch.setattr(Gcn, "publish", published)
    monkeypatch.setattr(Mailbox, "handle_DATA", taken)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_double_nothing_and_lose_nothing(team: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = random.Random(8)
    monkeypatch.setattr(sending, "_FIRST_WAIT", timedelta())
    monkeypatch.setattr(sending, "LEASE", timedelta(seconds=5 * _LONGEST_ANSWER))
    _dawdle(moments, monkeypatch)
    with gcn_server() as gcn, mail_server() as mailbox, serving(team) as (url, token):
        rules = CircularSettings(
            ways=["api", "email"], origin=gcn.url, token_url=f"{gcn.url}/oauth2/token", mail_to="circulars@gcn.test"
        )
        post = NotificationSettings(smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none")
        monkeypatch.setattr(team.part(CircularRules), "settings", rules)
        settings = Settings(circulars=rules, notifications=post).model_dump_json()
        arguments = (url, token, settings, str(team.data_dir))
        accounts = {way: _account(team, way) for way in ("api", "email")}
        sent: dict[str, tuple[int, str]] = {}
        for number in range(_ROUNDS):
            for way, account in accounts.items():
                name = f"{way} {number}"
                sent[name] = _queued(team, name, way, account), way
            with _sender(*arguments):
                time.sleep(moments.uniform(0, 1.2))
        with _sender(*arguments):
            ends = time.monotonic() + 300
            while any(_state(team, circular) in ("queued", "sending") for circular, _ in sent.values()):
                assert time.monotonic() < ends
                time.sleep(0.2)
        time.sleep(_LONGEST_ANSWER)  # what a killed sender had handed over
        archived = Counter(kept["subject"].partition(": ")[2] for kept in gcn.archive)
        mailed = Counter(str(letter["Subject"]).partition(": ")[2] for letter in mailbox.letters)
    tries = [row["n"] for row in team.reader.rows(ADMINISTRATOR, _TRIES)]
    ended = {name: _state(team, circular) for name, (circular, _) in sent.items()}
    print(f"{sum(n > 1 for n in tries)} of {len(sent)} were tried again; {Counter(ended.values())}")
    assert max(tries) > 1, "no kill came between"
    for name, (_, way) in sent.items():
        if way == "api":
            assert (name, ended[name], archived[name]) == (name, "sent", 1)
        elif ended[name] == "sent":
            assert (name, mailed[name]) == (name, 1)
        else:
            assert (name, ended[name], mailed[name] < 2) == (name, "unsure", True)


def _state(db: Database, number: int) -> str:
    return str(get(db, VERA, CIRCULARS, number)["state"])
