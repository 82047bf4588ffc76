"""The data service is killed at work: nothing acknowledged is lost, nothing is torn, and everything goes on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from hub_support import SKYHUB, Hub, Visit, Writers, await_service, kill_service, rows_of, wait_for
from playwright.sync_api import expect
from skyhub.demo import write_night

WRITERS = 4


@pytest.fixture(scope="module")
def packets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second night of packets."""
    folder = tmp_path_factory.mktemp("packets")
    write_night(folder, date(2026, 11, 20), 7, 600)
    return folder


@pytest.fixture
def candidate_ids(hub: Hub) -> Iterator[list[str]]:
    with hub.service("scanner-ztf") as client:
        entries = client.get("/api/candidates", params={"dayobs": "2026-11-21"}).json()["candidates"]
        yield [entry["candidate_id"] for entry in entries if entry["mine"] is None][40:]


@pytest.mark.slow
def test_acknowledged_decisions_survive_kills(hub: Hub, admin: httpx.Client, candidate_ids: list[str]) -> None:
    with Writers(hub, "scanner-ztf", candidate_ids, WRITERS) as writers:
        for _ in range(2):
            assert writers.have_made(40)
            await_service(hub, kill_service(hub))
        assert writers.have_made(40)
    assert writers.failed > 0
    stored = {
        row["decision_id"]: row["verdict"] for row in rows_of(admin, "SELECT decision_id, verdict FROM decisions")
    }
    told = {int(decision["decision_id"]): decision["verdict"] for decision in writers.acknowledged}
    assert len(told) == len(writers.acknowledged)
    assert {number: stored.get(number) for number in told} == told
    assert len(stored) == rows_of(admin, "SELECT count(*) AS n FROM decisions")[0]["n"]


@pytest.mark.slow
def test_ingest_of_a_killed_service_is_whole_or_absent_and_can_be_repeated(
    hub: Hub, admin: httpx.Client, packets: Path
) -> None:
    before = _counts(admin)
    process = subprocess.Popen(
        [SKYHUB, "ingest", "alerts", str(packets), "--data-dir", str(hub.data_dir), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert wait_for(lambda: _counts(admin)["alerts"] > before["alerts"] or process.poll() is not None, 30, 0.02)
    assert process.poll() is None
    seen = _counts(admin)
    await_service(hub, kill_service(hub))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert json.loads(out)["error"]["code"] == "unavailable"
    kept = _counts(admin)
    assert kept["alerts"] >= seen["alerts"]
    assert (kept["alerts"] - before["alerts"]) % 256 == 0
    assert _torn(admin) == 0
    again = subprocess.run(
        [SKYHUB, "ingest", "alerts", str(packets), "--data-dir", str(hub.data_dir), "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    summary = json.loads(again.stdout)
    assert summary["rejected"] == []
    assert summary["duplicates"] == kept["alerts"] - before["alerts"]
    assert summary["stored"] + summary["duplicates"] == summary["read"] == len(list(packets.rglob("*.avro")))
    assert _counts(admin)["alerts"] == before["alerts"] + summary["read"]
    assert _torn(admin) == 0


def _counts(client: httpx.Client) -> dict[str, int]:
    statement = "SELECT (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM candidates) AS candidates"
    return rows_of(client, statement)[0]


def _torn(client: httpx.Client) -> int:
    """Rows of which a part is missing or there twice."""
    statements = (
        "SELECT count(*) - count(DISTINCT candid) AS n FROM alerts",
        "SELECT count(*) AS n FROM alerts ANTI JOIN photometry ON candid = point_id AND origin = 'alert'",
        "SELECT count(*) AS n FROM alerts ANTI JOIN objects USING (object_id)",
        "SELECT count(*) AS n FROM candidates ANTI JOIN alerts USING (candid)",
        "SELECT count(*) - count(DISTINCT (object_id, origin, point_id)) AS n FROM photometry",
        "SELECT count(*) - count(DISTINCT (filter_id, candid)) AS n FROM candidates",
    )
    newest = rows_of(client, "SELECT candid FROM alerts ORDER BY known_at DESC, candid LIMIT 5")
    cutouts = [client.get(f"/api/alerts/{row['candid']}/cutouts/science.png").status_code for row in newest]
    torn = sum(int(rows_of(client, statement)[0]["n"]) for statement in statements)
    return torn + sum(status != 200 for status in cutouts)


@pytest.mark.browser
def test_open_dashboard_recovers_and_stores_what_was_pending(
    hub: Hub, visit: Callable[..., Visit], admin: httpx.Client
) -> None:
    grb, ztf = visit("scanner-grb"), visit("scanner-ztf")
    page, other = grb.open("view=scan"), ztf.open("view=scan")
    grb.scanner()
    ztf.scanner()
    page.locator("select:visible").nth(1).select_option(label="night-shift")
    expect(page.locator(".skyhub-filters, .skyhub-plain").first).to_contain_text("night-shift")
    started = page.evaluate("performance.timeOrigin")
    name = grb.object_id()
    old = kill_service(hub)
    grb.press("s")
    expect(page.locator(".skyhub-scanner h2.skyhub-name")).not_to_have_text(name)
    assert page.locator(".skyhub-status").get_attribute("data-level") != "ok"
    await_service(hub, old)
    page.wait_for_selector(".skyhub-status[data-level=ok]", state="attached", timeout=20_000)
    statement = f"SELECT verdict FROM decisions WHERE object_id = '{name}' AND user_name = 'scanner-grb'"
    assert [row["verdict"] for row in rows_of(admin, statement)] == ["save"]
    expect(other.locator(".skyhub-toast", has_text=f"scanner-grb saved {name}")).to_have_count(1, timeout=20_000)
    for viewer in (page, other):
        expect(viewer.locator(".skyhub-dot")).to_have_attribute("data-state", "online", timeout=20_000)
    assert page.evaluate("performance.timeOrigin") == started
