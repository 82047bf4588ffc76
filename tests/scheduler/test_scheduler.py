"""Reports are executed with the rights of who asked, and closed whatever happens to them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from skyhub.client import Sky, Transport
from skyhub.db import Database, Viewer
from skyhub.reports import report_template, request_run, request_verification, run_record, verification
from skyhub.scheduler import run_claimed, work
from skyhub.service import serving
from skyhub.team import add_groups


@pytest.fixture
def transport(db: Database) -> Iterator[Transport]:
    with serving(db) as address:
        client = Transport(*address)
        yield client
        client.close()


def _notebook(folder: Path, name: str, source: str) -> None:
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "skyhub", "display_name": "skyhub"}})
    parameters = nbformat.v4.new_code_cell("word = 'x'", metadata={"tags": ["parameters"]})
    notebook.cells = [parameters, nbformat.v4.new_code_cell(source)]
    (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook))
    (folder / f"{name}.yaml").write_text(
        "title: A test\ndescription: A test.\nparameters:\n  word: {type: string, default: x, description: A word}\n"
    )


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "notebooks" / "reports"
    folder.mkdir(parents=True)
    monkeypatch.setattr("skyhub.reports._catalog.notebooks_dir", lambda: folder.parent)
    return folder


def _requester(*groups: str) -> Viewer:
    return Viewer("asker", frozenset(groups), scopes=frozenset({"view", "report"}))


def test_nothing_to_claim(transport: Transport) -> None:
    assert run_claimed(transport) is None


def test_a_failing_cell_closes_the_run_and_keeps_the_notebook(
    db: Database, transport: Transport, reports: Path
) -> None:
    _notebook(reports, "failing", "1 / 0")
    report_id = request_run(db, _requester(), report_template("failing"), {})
    assert run_claimed(transport) == {"report_id": report_id, "state": "failed"}
    record = run_record(db, _requester(), report_id)
    assert "ZeroDivisionError" in record["detail"]
    sky = Sky(transport)
    assert b"ZeroDivisionError" in sky.reports.artifact(report_id, "notebook")


def test_a_report_without_a_kernel_closes_the_run(db: Database, transport: Transport, reports: Path) -> None:
    _notebook(reports, "lost", "1")
    report_id = request_run(db, _requester(), report_template("lost"), {})
    (reports / "lost.ipynb").write_text("{}")
    assert run_claimed(transport) == {"report_id": report_id, "state": "failed"}


def test_it_reads_as_who_asked_and_says_so(db: Database, transport: Transport, reports: Path) -> None:
    add_groups(db, {"a-group": (), "another": ()})
    source = (
        "import skyhub\nsky = skyhub.connect()\nme = sky.me()\n"
        "sky.reports.record({'me': me, 'word': word}, f'I am {me[\"name\"]}.')"
    )
    _notebook(reports, "whoami", source)
    report_id = request_run(db, _requester("a-group"), report_template("whoami"), {"word": "blue"})
    run_claimed(transport)
    sky = Sky(transport)
    facts = json.loads(sky.reports.artifact(report_id, "facts"))
    assert facts == {"me": {"name": "asker", "groups": ["a-group"], "scopes": ["view"]}, "word": "blue"}
    assert sky.reports.artifact(report_id, "text") == b"I am asker."
    page = sky.reports.artifact(report_id, "html").decode()
    for shown in (report_id, "word = blue", "asker", "a-group", "Code revision", "Data version"):
        assert shown in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_a_run_reads_at_one_moment_and_is_verified_at_that_or_now(
    db: Database, transport: Transport, reports: Path
) -> None:
    source = (
        "import skyhub\nsky = skyhub.connect()\n"
        "sky.reports.record({'n_listed': len(sky.reports.runs()), "
        "'n_tabled': int(sky.sql('SELECT count(*) AS n FROM groups').to_rows()[0]['n'])}, 'Counted.')"
    )
    _notebook(reports, "counting", source)
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
    _notebook(reports, "plain", "word")
    report_id = request_run(db, _requester(), report_template("plain"), {})
    run_claimed(transport)
    assert b"eyJ" not in Sky(transport).reports.artifact(report_id, "notebook")


def test_the_worker_executes_what_is_queued_and_stops(db: Database, transport: Transport, reports: Path) -> None:
    _notebook(reports, "plain", "word")
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
