"""Reports are executed with the rights of who asked, and closed whatever happens to them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from skyhub.client import Sky, Transport
from skyhub.db import Database, Viewer
from skyhub.reports import claim_run, report_template, request_run, request_verification, run_record, verification
from skyhub.scheduler import release_lost, run_claimed, work
from skyhub.service import serving
from skyhub.team import add_groups
from support.reports import write_report


@pytest.fixture
def transport(db: Database) -> Iterator[Transport]:
    with serving(db) as address:
        client = Transport(*address)
        yield client
        client.close()


def _requester(*groups: str) -> Viewer:
    return Viewer("asker", frozenset(groups), scopes=frozenset({"view", "report"}))


def test_nothing_to_claim(transport: Transport) -> None:
    assert run_claimed(transport) is None


def test_a_failing_cell_closes_the_run_and_keeps_the_notebook(
    db: Database, transport: Transport, reports: Path
) -> None:
    write_report(reports, "failing", "1 / 0")
    report_id = request_run(db, _requester(), report_template("failing"), {})
    assert run_claimed(transport) == {"report_id": report_id, "state": "failed"}
    record = run_record(db, _requester(), report_id)
    assert "ZeroDivisionError" in record["detail"]
    sky = Sky(transport)
    assert b"ZeroDivisionError" in sky.reports.artifact(report_id, "notebook")


def test_a_report_that_takes_too_long_is_stopped_and_keeps_what_it_has(
    db: Database, transport: Transport, reports: Path
) -> None:
    write_report(reports, "slow", "print('began')\nimport time\ntime.sleep(60)")
    sidecar = reports / "slow.yaml"
    sidecar.write_text(f"timeout: 10\n{sidecar.read_text()}")
    report_id = request_run(db, _requester(), report_template("slow"), {})
    assert run_claimed(transport) == {"report_id": report_id, "state": "failed"}
    record = run_record(db, _requester(), report_id)
    assert record["detail"] == "it took longer than 10 s, and was stopped."
    assert b"time.sleep" in Sky(transport).reports.artifact(report_id, "notebook")


def test_runs_of_workers_that_are_gone_are_freed(db: Database, transport: Transport) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()
    numbers = [request_run(db, _requester(), report_template("night_summary"), {}) for _ in range(3)]
    for worker, number in zip((f"{host}/{gone.pid}", f"{host}/{os.getpid()}", "elsewhere/1"), numbers, strict=True):
        claim_run(db, worker, number)
    assert release_lost(transport) == [numbers[0]]
    assert [run_record(db, _requester(), number)["state"] for number in numbers] == ["queued", "running", "running"]
    assert release_lost(transport) == []


def test_a_report_without_a_kernel_closes_the_run(db: Database, transport: Transport, reports: Path) -> None:
    write_report(reports, "lost", "1")
    report_id = request_run(db, _requester(), report_template("lost"), {})
    (reports / "lost.ipynb").write_text("{}")
    assert run_claimed(transport) == {"report_id": report_id, "state": "failed"}


def test_it_reads_as_who_asked_and_says_so(db: Database, transport: Transport, reports: Path) -> None:
    add_groups(db, {"a-group": (), "another": ()})
    source = (
        "import skyhub\nsky = skyhub.connect()\nme = sky.me()\n"
        "sky.reports.record({'me': me, 'word': word}, f'I am {me[\"name\"]}.')"
    )
    write_report(reports, "whoami", source)
    report_id = request_run(db, _requester("a-group"), report_template("whoami"), {"word": "blue"})
    run_claimed(transport)
    sky = Sky(transport)
    facts = json.loads(sky.reports.artifact(report_id, "facts"))
    assert facts == {"me": {"name": "asker", "groups": ["a-group"], "scopes": ["view"]}, "word": "blue"}
    assert sky.reports.artifact(report_id, "text") == b"I am asker."
    page = sky.reports.artifact(report_id, "html").decode()
    for shown in (
        report_id,
        "word = blue",
        "asker",
        "a-group",
        "Code revision",
        "packages",
        "Data version",
        "Queries run: 1",
    ):
        assert shown in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_a_notebook_is_not_given_what_the_scheduler_knows(
    db: Database, transport: Transport, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JUPYTERHUB_API_TOKEN", "SKYHUB_QUEUES__ZTF__TOKEN", "SKYHUB_NOTIFICATIONS"):
        monkeypatch.setenv(name, "very-secret")
    source = "import os, skyhub\nskyhub.connect().reports.record({'known': sorted(os.environ.values())}, 'Looked.')"
    write_report(reports, "curious", source)
    report_id = request_run(db, _requester(), report_template("curious"), {})
    assert run_claimed(transport) == {"report_id": report_id, "state": "done"}
    assert b"very-secret" not in Sky(transport).reports.artifact(report_id, "facts")


def test_a_run_reads_at_one_moment_and_is_verified_at_that_or_now(
    db: Database, transport: Transport, reports: Path
) -> None:
    source = (
        "import skyhub\nsky = skyhub.connect()\n"
        "sky.reports.record({'n_listed': len(sky.reports.runs()), "
        "'n_tabled': int(sky.sql('SELECT count(*) AS n FROM groups').to_rows()[0]['n'])}, 'Counted.')"
    )
    write_report(reports, "counting", source)
    asker = _requester()
    first = request_run(db, asker, report_template("counting"), {})
    run_claimed(transport)
    assert json.loads(Sky(transport).reports.artifact(first, "facts")) == {"n_listed": 1, "n_tabled": 0}
    add_groups(db, {"later": ()})
    then, now = (request_verification(db, asker, first, now=now) for now in (False, True))
    assert [run_claimed(transport) for _ in range(2)] == [{"report_id": r, "state": "done"} for r in (then, now)]
    assert verification(db, asker, then)["differences"] == []
    assert verification(db, asker, now)["differences"] == [
        {"path": "n_listed", "was": 1, "is": 3},
        {"path": "n_tabled", "was": 0, "is": 1},
    ]


def test_the_token_of_a_run_is_not_in_its_notebook(db: Database, transport: Transport, reports: Path) -> None:
    write_report(reports, "plain", "word")
    report_id = request_run(db, _requester(), report_template("plain"), {})
    run_claimed(transport)
    assert b"eyJ" not in Sky(transport).reports.artifact(report_id, "notebook")


def test_the_worker_executes_what_is_queued_and_stops(db: Database, transport: Transport, reports: Path) -> None:
    write_report(reports, "plain", "word")
    report_id = request_run(db, _requester(), report_template("plain"), {})
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(transport, stop))
    thread.start()
    try:
        begin = time.monotonic()
        while run_record(db, _requester(), report_id)["state"] != "done":
            assert time.monotonic() - begin < 60
            time.sleep(0.1)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_it_starts_without_what_only_the_service_and_the_first_message_need() -> None:
    code = "import sys, skyhub.scheduler; print(sorted({'astropy', 'pandas', 'skyhub.notify'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
