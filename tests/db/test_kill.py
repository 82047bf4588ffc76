"""kill -9 of the owner while it writes: no acknowledged row is lost, no transaction is torn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from skyhub.db import ADMINISTRATOR, Database

_WRITER = """
import sys, threading
from pathlib import Path
from skyhub.db import PUBLIC, Database

db = Database(Path(sys.argv[1]))
round_, clients = sys.argv[2], int(sys.argv[3])
lock = threading.Lock()

def write(client):
    number = 0
    while True:
        name = f"{round_}-{client}-{number}"

        def work(t):
            at = db.packs.append("night", [name.encode()])[0]
            t.insert("alerts", [{"object_id": name, "pack": "night", "packet_at": at, "packet_size": len(name), "acl": 0}])
            t.insert("objects", [{"object_id": name, "acl": 0}] * 3)
            t.announce("written", {"name": name}, PUBLIC)

        db.writer.write(work)
        with lock:
            print(name, flush=True)
        number += 1

for client in range(clients):
    threading.Thread(target=write, args=(client,), daemon=True).start()
threading.Event().wait()
"""


def _killed_round(data_dir: Path, number: int, clients: int, acknowledged: int) -> list[str]:
    """Names that a writer acknowledged before it was killed in the middle of its work."""
    arguments = [sys.executable, "-c", _WRITER, str(data_dir), str(number), str(clients)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        names = []
        for line in process.stdout:
            names.append(line.strip())
            if len(names) == acknowledged:
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return [name for name in names if name.count("-") == 2]


def _check(db: Database, acknowledged: list[str]) -> None:
    alerts = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @alerts")
    stored = [row["object_id"] for row in alerts]
    assert len(set(stored)) == len(stored)
    assert set(acknowledged) <= set(stored)
    counts = db.reader.rows(ADMINISTRATOR, "SELECT object_id, count(*) AS n FROM @objects GROUP BY object_id")
    assert {row["object_id"]: row["n"] for row in counts} == dict.fromkeys(stored, 3)
    changes = db.reader.rows(ADMINISTRATOR, "SELECT seq, payload->>'name' AS name FROM @changes ORDER BY seq")
    assert sorted(row["name"] for row in changes) == sorted(stored)
    assert len({row["seq"] for row in changes}) == len(stored)
    for row in alerts:
        assert db.packs.read(row["pack"], row["packet_at"], row["packet_size"]).decode() == row["object_id"]


def _rounds(data_dir: Path, rounds: int, clients: int, acknowledged: int) -> None:
    names: list[str] = []
    for number in range(rounds):
        names += _killed_round(data_dir, number, clients, acknowledged)
        with Database(data_dir) as db:
            _check(db, names)
    assert len(names) >= rounds * acknowledged


def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    _rounds(tmp_path, rounds=3, clients=8, acknowledged=150)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_acknowledged_write_is_lost_in_many_rounds(tmp_path: Path) -> None:
    _rounds(tmp_path, rounds=12, clients=32, acknowledged=1000)
