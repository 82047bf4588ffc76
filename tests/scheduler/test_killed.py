"""A scheduler that is killed at any time loses no run of a schedule and makes none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from skyhub.db import ADMINISTRATOR, Database
from skyhub.events import ingest_notice
from skyhub.records import add
from skyhub.reports import list_runs
from skyhub.schedules import SCHEDULES
from skyhub.service import serving
from skyhub.team import add_user, viewer_of_account
from support.notices import alert
from support.reports import write_report

_ROUNDS = 50
_WORK = """
import sys, threading
from skyhub.client import Transport
import skyhub.reports._catalog as catalog
from pathlib import Path
catalog.notebooks_dir = lambda: Path(sys.argv[3])
from skyhub.scheduler import work
work(Transport(sys.argv[1], sys.argv[2]), threading.Event())
"""
_STATES = "SELECT report_id, count(*) FILTER (state = 'done') AS n_done FROM @report_states GROUP BY report_id"


def _started(url: str, token: str, notebooks: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WORK, url, token, str(notebooks)])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_lose_nothing_and_double_nothing(db: Database, reports: Path) -> None:
    write_report(reports, "plain", "event", "event")
    add_user(db, "vera", [], role="scientist")
    common = {"report": "plain", "trigger": "new_event", "conditions": {"roles": ["observation"]}}
    schedules = [{**common, "name": name} for name in ("one", "two")]
    add(db, viewer_of_account(db, "vera"), SCHEDULES, schedules)
    moments = random.Random(1)
    with serving(db) as (url, token):
        for number in range(_ROUNDS):
            ingest_notice(db, ADMINISTRATOR, alert(name=f"S2611{number:02d}a", time=f"2026-11-22T03:{number:02d}:00Z"))
            scheduler = _started(url, token, reports.parent)
            time.sleep(moments.uniform(0.5, 6.0))
            os.kill(scheduler.pid, signal.SIGKILL)
            scheduler.wait()
        last = _started(url, token, reports.parent)
        try:
            begin = time.monotonic()
            while any(run["state"] in ("queued", "running") for run in _runs(db)) or len(_runs(db)) < 2 * _ROUNDS:
                assert time.monotonic() - begin < 600, Counter(run["state"] for run in _runs(db))
                time.sleep(0.5)
        finally:
            last.kill()
            last.wait()
    runs = _runs(db)
    assert Counter((run["schedule_id"], run["parameters"]["event"]) for run in runs).most_common(1)[0][1] == 1
    assert len(runs) == 2 * _ROUNDS
    assert {row["n_done"] for row in db.reader.rows(ADMINISTRATOR, _STATES)} == {1}, [
        run["detail"] for run in runs if run["state"] != "done"
    ]


def _runs(db: Database) -> list[dict[str, object]]:
    return list_runs(db, ADMINISTRATOR, limit=1000)
