"""Fixtures of the tests of asking brokers.

- ``server``: brokers on this machine: Fink, ALeRCE and BOOM with an object whose alerts are of programs 1 and 2 in turn, one that
  is gone.
- ``desk``: a service that may ask them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from skyhub.config import CONFIG_FILE
from skyhub.ports import free_port
from support import broker_answers as answers
from support.brokers import BrokerServer, broker_server, real_packets
from support.services import Served


@pytest.fixture
def server(shared: Path) -> Iterator[BrokerServer]:
    packets = real_packets(shared, "ZTF21abiuvdk")
    mixed = [{**p, "candidate": {**p["candidate"], "programid": 1 + n % 2}} for n, p in enumerate(packets)]
    with broker_server() as broker:
        answers.fink(broker, shared)
        answers.alerce(broker, shared)
        answers.boom(broker, mixed)
        yield broker


@pytest.fixture
def settings(server: BrokerServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    patience = {"retries": 0, "timeout_seconds": 3}
    brokers = {
        "fink": {"kind": "fink", "url": server.url, **patience},
        "alerce": {"kind": "alerce", "url": f"{server.url}/ztf/v1", "stamps_url": server.url, **patience},
        "boom": {"kind": "boom", "url": server.url, "username": "ann", "password": answers.PASSWORD, **patience},
        "gone": {"kind": "fink", "url": f"http://127.0.0.1:{free_port()}", **patience},
    }
    file = tmp_path / "skyhub.yaml"
    file.write_text(yaml.safe_dump({"brokers": brokers}))
    monkeypatch.setenv(CONFIG_FILE, str(file))
    return file


@pytest.fixture
def desk(settings: Path, served: Served) -> Served:
    return served
