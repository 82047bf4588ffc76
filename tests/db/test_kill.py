"""kill -9 of the owner while it writes: no acknowledged row is lost, no transaction is torn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from skyhub.db import ADMINISTRATOR, Database
from support.effort import repeats

_WRITER = """
import os, sys, threading
from pathlib import Path
from skyhub.db import PUBLIC, Database

db = Database(Path(sys.argv[1]))
round_, clients = sys.argv[2], int(sys.argv[3])

def write(client):
    for number in range(1_000_000):
        name = f"{round_}-{client}-{number}"

        def work(t):
            at = db.packs.append("night", [name.encode()])[0] if number % 20 == 0 else None
            row = {"object_id": name, "packet_size": len(name), "acl": PUBLIC}
            t.insert("alerts", [{**row, "pack": None if at is None else "night", "packet_at": at}])
            t.insert("objects", [{"object_id": name, "acl": PUBLIC}] * 3)
            t.insert("decisions", [{"decision_id": t.next_id("decisions", "decision_id"), "object_id": name, "acl": 0}])
            t.announce("written", {"name": name}, PUBLIC)

        db.writer.write(work)
        os.write(1, f"{name}\\n".encode())

for client in range(clients):
    threading.Thread(target=write, args=(client,), daemon=True).start()
threading.Event().wait()
"""


def _killed_round(data_dir: Path, number: int, clients: int, acknowledged: int) -> list[str]:
    """Names that a writer acknowledged before it was killed in the middle of its work."""
    arguments = [sys.executable, "-c", _WRITER, str(data_dir), str(number), str(clients)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        names = []
        for line in process.stdout:
            if line.endswith("\n"):
                names.append(line.strip())
            if len(names) == acknowledged:
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return names


def _check(db: Database, acknowledged: list[str]) -> None:
    """Every acknowledged name is there; each name is in all tables of its transaction, and in its pack, or in none."""
    alerts = db.reader.rows(ADMINISTRATOR, "SELECT object_id, pack, packet_at, packet_size FROM @alerts")
    stored = {row["object_id"] for row in alerts}
    assert len(stored) == len(alerts)
    assert set(acknowledged) <= stored
    counts = db.reader.rows(ADMINISTRATOR, "SELECT object_id, count(*) AS n FROM @objects GROUP BY object_id")
    assert {row["object_id"]: row["n"] for row in counts} == dict.fromkeys(stored, 3)
    decisions = db.reader.rows(ADMINISTRATOR, "SELECT decision_id, object_id FROM @decisions")
    assert sorted(row["object_id"] for row in decisions) == sorted(stored)
    assert len({row["decision_id"] for row in decisions}) == len(stored)
    changes = db.reader.rows(ADMINISTRATOR, "SELECT seq, payload->>'name' AS name FROM @changes")
    assert sorted(row["name"] for row in changes) == sorted(stored)
    assert {row["seq"] for row in changes} == set(range(1, len(stored) + 1))
    for row in alerts:
        if row["pack"] is not None:
            assert db.packs.read("night", row["packet_at"], row["packet_size"]).decode() == row["object_id"]


@pytest.mark.timeout(600)
def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    names: list[str] = []
    for number in range(repeats(10, 5)):
        new = _killed_round(tmp_path, number, clients=64, acknowledged=1000)
        assert len(new) >= 1000
        names += new
        with Database(tmp_path) as db:
            _check(db, names)
