"""Groups' reports are executed in the account of their owner and put together by the house, whatever they do."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psutil
import pytest
from skyhub.client import Sky, Transport
from skyhub.db import Database
from skyhub.paper import FACTS_MIME, TEXT_MIME
from skyhub.reports import dry_run_template, propose_template, run_record
from skyhub.scheduler import HubServers, assemble_claimed, run_claimed, run_own, serve_owners
from skyhub.scheduler._assembly import assembled
from skyhub.service import serving
from skyhub.web import TokenSigner
from support.houses import SCANNER
from support.reports import SIDECAR, notebook_text
from support.services import wait_until

TIMEOUT = "timeout: 12\n"


@pytest.fixture
def house_url(house: Database) -> Iterator[tuple[Transport, Transport]]:
    """The transports of the house's worker and of the scanner's server."""
    with serving(house) as address:
        own = TokenSigner(house.data_dir).issue(SCANNER, timedelta(hours=1))
        pair = Transport(*address), Transport(address.url, own)
        yield pair
        for transport in pair:
            transport.close()


def _asked(db: Database, source: str, sidecar: str = SIDECAR) -> str:
    made = propose_template(db, SCANNER, "transients", "ours", notebook_text(*source.split("# %%\n")), sidecar)
    return dry_run_template(db, SCANNER, int(made["report_template_id"]), len(made["versions"]), {"word": "blue"})


def _ran(db: Database, transports: tuple[Transport, Transport], source: str, sidecar: str = SIDECAR) -> dict[str, Any]:
    worker, own = transports
    report_id = _asked(db, source, sidecar)
    assert run_claimed(worker) is None
    assert run_own(own) == {"report_id": report_id, "state": "running"}
    assert run_claimed(worker) is None
    assemble_claimed(worker)
    return run_record(db, SCANNER, report_id)


def test_it_reads_as_its_owner_and_provenance_is_the_houses(
    house: Database, house_url: tuple[Transport, Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret-of-the-server")
    source = """
import os, skyhub
sky = skyhub.connect()
me = sky.me()
print("to the log", os.environ.get("JUPYTERHUB_API_TOKEN"))
sky.reports.record({"name": me["name"], "scopes": me["scopes"], "word": word, "report_id": "forged"}, "told")
"""
    run = _ran(house, house_url, source)
    assert (run["state"], run["detail"], run["dry_run"]) == ("done", "", True)
    sky = Sky(house_url[1])
    artifact = lambda kind: sky.reports.artifact(run["report_id"], kind)  # noqa: E731
    assert json.loads(artifact("facts")) == {
        "name": "scanner",
        "scopes": ["view"],
        "word": "blue",
        "report_id": "forged",
    }
    assert artifact("text") == b"told"
    assert b"to the log None" in artifact("log")
    told = json.loads(artifact("notebook"))["metadata"]["skyhub"]
    assert (told["report_id"], told["report"], told["version"]) == (run["report_id"], "transients/ours", 1)
    assert (told["sha256"], told["requested_by"]) == (run["template_sha256"], "scanner")
    assert b"executed by the server of\nscanner" in artifact("html")
    assert any(query["request"].endswith("/api/me") for query in json.loads(artifact("queries")))


@pytest.mark.slow
def test_what_never_ends_or_forks_or_writes_without_end_is_bounded(
    house: Database, house_url: tuple[Transport, Transport]
) -> None:
    began = time.monotonic()
    run = _ran(house, house_url, "while True: pass", TIMEOUT + SIDECAR)
    assert run["detail"] == "it took longer than 12 s, and was stopped."
    assert time.monotonic() - began < 120
    flood = "import sys\nfor n in range(1000): sys.stdout.write('x' * 1_000_000)"
    run = _ran(house, house_url, flood)
    assert "it wrote more" in run["detail"]
    size = sum(path.stat().st_size for path in (house.data_dir / "reports" / run["report_id"]).iterdir())
    assert size < 150_000_000
    once = "import sys\nsys.stdout.write('x' * 1_000_000_000)"
    run = _ran(house, house_url, once, TIMEOUT + SIDECAR)
    assert run["state"] == "failed"
    one = "    if os.fork() == 0:\n        time.sleep(600)\n        os._exit(0)"
    forks = f"import os, time\nfor _ in range(30):\n{one}\nprint(os.getpid())"
    run = _ran(house, house_url, forks)
    assert run["state"] == "done"
    kernel = int(Sky(house_url[1]).reports.artifact(run["report_id"], "log").split()[-1])
    wait_until(lambda: not psutil.pid_exists(kernel) or not psutil.Process(kernel).is_running())


def _claim(content: Any, **more: Any) -> dict[str, Any]:
    return {
        "report_id": "ours-1",
        "name": "transients/ours",
        "parameters": {"word": "blue"},
        "requested_by": "scanner",
        "rights": ["transients"],
        "data_version": 1,
        "reads_at": "2026-11-22T00:00:00+00:00",
        "title": "A test",
        "notebook": notebook_text("1"),
        "version": 3,
        "sha256": "ab",
        "seconds": 1.0,
        "content": content if isinstance(content, str) else json.dumps(content),
        **more,
    }


def _handed_in(*outputs: Any, state: str = "done", **more: Any) -> dict[str, Any]:
    return {"state": state, "detail": "", "outputs": [[], [], list(outputs)], "queries": [], **more}


def _shown(mime: str, value: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {mime: value}}


BAD = {
    "no JSON": "{",
    "a list": [],
    "another state": _handed_in(state="approved"),
    "provenance of its own": _handed_in(provenance={"requested_by": "admin"}),
    "outputs of too few cells": {"state": "done", "outputs": [[]]},
    "outputs that are none": _handed_in({"output_type": "widget"}),
    "outputs without a kind": _handed_in({"text": "x"}),
    "outputs of no form": _handed_in({"output_type": "stream", "name": "stdout", "text": 7}),
    "facts that are a list": _handed_in(_shown(FACTS_MIME, [1])),
    "facts that are not finite": json.dumps(_handed_in(_shown(FACTS_MIME, {"x": float("nan")}))),
    "text that is none": _handed_in(_shown(TEXT_MIME, "x")),
    "text of numbers": _handed_in(_shown(TEXT_MIME, {"text": 1})),
    "queries that are none": _handed_in(queries=["x"]),
    "a detail without end": _handed_in(detail="x" * 10_000),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_no_server_of_ours_hands_in_is_not_taken(content: Any) -> None:
    outcome = assembled(_claim(content))
    assert outcome["state"] == "failed"
    assert outcome["detail"].startswith("what the server of scanner handed in cannot be taken: ")
    assert outcome["artifacts"] == {}


def test_what_a_server_hands_in_stands_beside_sources_of_the_house() -> None:
    facts = _shown(FACTS_MIME, {"n": 1})
    outcome = assembled(_claim(_handed_in(facts, _shown("text/html", "<script>alert(1)</script>"))))
    assert outcome["state"] == "done"
    notebook = json.loads(outcome["artifacts"]["notebook"])
    assert notebook["cells"][1]["source"][-1:] == ['word = "blue"\n']
    assert notebook["cells"][2]["source"] == ["1"]
    assert notebook["metadata"]["skyhub"]["requested_by"] == "scanner"
    assert json.loads(outcome["artifacts"]["facts"]) == {"n": 1}
    failed = assembled(_claim(_handed_in(state="failed", detail="cell 2: ValueError: no")))
    assert (failed["state"], failed["detail"]) == ("failed", "cell 2: ValueError: no")


def test_a_runner_ends_with_who_started_it() -> None:
    command = [sys.executable, "-c", "from skyhub.cli._reports import _end_with_input as e; e()"]
    runner = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert runner.poll() is None
    assert runner.stdin is not None
    runner.stdin.close()
    assert runner.wait(30) == 0


def test_the_servers_of_owners_are_started_and_no_more_than_is_needed(
    house: Database, house_url: tuple[Transport, Transport]
) -> None:
    asked: list[tuple[str, str | None]] = []

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *told: object) -> None:
            """Nothing."""

    _asked(house, "1")
    with HTTPServer(("127.0.0.1", 0), Hub) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        stop = threading.Event()
        servers = HubServers(f"http://127.0.0.1:{hub.server_port}", "of the scheduler")
        follower = threading.Thread(target=serve_owners, args=(house_url[0], servers, stop))
        follower.start()
        wait_until(lambda: asked)
        time.sleep(2.5)
        stop.set()
        follower.join()
        hub.shutdown()
    assert asked == [("/users/scanner/server", "token of the scheduler")]
