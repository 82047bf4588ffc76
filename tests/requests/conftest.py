"""A team with an allocation at each queue, which leads to a telescope on this machine; vera is in its group, other is not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from skyhub.client import Transport
from skyhub.db import ADMINISTRATOR, Database
from skyhub.facilities import load_facilities
from skyhub.objects import Place as At
from skyhub.objects import ensure_objects
from skyhub.service import serving
from skyhub.team import add_groups, add_user
from support.brokers import on_this_machine
from support.channels import mail_server
from support.telescopes import AtlasServer, PortalServer, RubinServer, ZtfServer

sys.path.insert(0, str(Path(__file__).parent))

from requests_support import ASKED, Team


@pytest.fixture
def team(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    with (
        on_this_machine(ZtfServer(authorization="Bearer SECRET-Z")) as ztf,
        on_this_machine(PortalServer(authorization="Token SECRET-L")) as portal,
        on_this_machine(RubinServer(authorization="Bearer SECRET-R")) as rubin,
        on_this_machine(AtlasServer(authorization="Token SECRET-A")) as atlas,
        mail_server() as mailbox,
    ):
        queues = {
            "ztf": {"kind": "ztf", "instruments": ["ZTF"], "url": ztf.url},
            "lco": {"kind": "lco", "instruments": ["Sinistro"], "url": portal.url, "archive_url": portal.url},
            "rubin": {"kind": "rubin", "instruments": ["LSST"], "url": rubin.url},
            "atlas": {"kind": "atlas", "instruments": ["ATLAS"], "url": atlas.url},
            "p60": {"kind": "letter", "instruments": ["SEDM"]},
        }
        monkeypatch.setenv("SKYHUB_QUEUES", json.dumps(queues))
        given = {
            "smtp_host": "127.0.0.1",
            "smtp_port": mailbox.port,
            "smtp_security": "none",
            "mail_domains": ["example.org"],
        }
        monkeypatch.setenv("SKYHUB_NOTIFICATIONS", json.dumps(given))
        load_facilities(db)
        add_groups(db, {"transients": [], "bursts": []})
        for name, groups in (("vera", ["transients", "bursts"]), ("olaf", ["transients"]), ("other", ["bursts"])):
            add_user(db, name, groups, role="scientist")
        ensure_objects(db, ADMINISTRATOR, {ASKED: At(150.25, -2.5)}, ["public"])
        with serving(db) as address:
            transport = Transport(*address)
            yield Team(db, transport, ztf, portal, rubin, atlas, mailbox)
            transport.close()
