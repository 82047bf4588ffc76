"""Vera and Olaf, whose accounts are in the database; channels of theirs lead to servers on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from skyhub.db import Database
from skyhub.team import add_groups, add_user
from support.channels import Hooks, Mailbox, mail_server, webhooks


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with webhooks() as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as server:
        yield server


@pytest.fixture
def team(db: Database, hooks: Hooks, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Database:
    given = {
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,
        "smtp_security": "none",
        "sender": "sky@example.org",
        "mail_domains": ["example.org"],
        "origins": [hooks.url],
        "platform_url": "https://sky.example.org",
    }
    monkeypatch.setenv("SKYHUB_NOTIFICATIONS", json.dumps(given))
    add_groups(db, {"transients": [], "bursts": []})
    for name, groups in (("vera", ["transients"]), ("olaf", ["transients"]), ("other", ["bursts"])):
        add_user(db, name, groups, role="scientist")
    return db
