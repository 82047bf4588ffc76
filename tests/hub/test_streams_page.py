"""The page of streams and brokers in a running hub; pictures of it are left in ``test-results/hub``."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hub_support import Visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "test-results" / "hub"
SIZES = {"wide": (1400, 900), "phone": (390, 800)}


def _note(admin: httpx.Client, name: str, state: str, **changes: Any) -> None:
    now = datetime.now(UTC)
    given = {"stream_name": name, "kind": "kafka", "since": now.isoformat(), "state": state, "rate": 12.5, "lag": 3}
    counts = {"n_read": 1200, "n_stored": 1180, "n_duplicates": 18, "n_refused": 2, "last_packet_at": now.isoformat()}
    assert admin.post("/api/streams", json={"streams": [given | counts | changes]}).status_code == 200


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_an_administrator_looks_after_streams(visit: Callable[..., Visit], admin: httpx.Client, theme: str) -> None:
    _note(admin, "ztf", "running", reason="")
    due = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    busy = "fink: it wants fewer requests (429)."
    _note(admin, "fink", "down", kind="broker", reason=busy, rate=0.0, next_try_at=due)
    refused = {
        "place": "topic/0/17",
        "reason": "no readable Avro container",
        "data": base64.b64encode(b"Obj\x01").decode(),
    }
    admin.post("/api/streams/ztf/refused", json={"messages": [refused]})
    page = visit("admin", color_scheme=theme).open("view=streams")
    rows = page.locator(".skyhub-table .tabulator-row")
    expect(rows.filter(has_text="✓ running")).to_be_visible(timeout=20_000)
    expect(rows.filter(has_text="fewer requests")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="Down: fink")).to_be_visible()
    _picture(page, f"streams-{{}}-{theme}.png")
    _note(admin, "ztf", "slow", reason="")
    expect(rows.filter(has_text="◐ slow")).to_be_visible()  # without being asked
    rows.filter(has_text="◐ slow").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("was passed on to ztf")).to_be_visible()
    told = admin.post("/api/streams", json={"streams": []}).json()["orders"]
    assert told["ztf"]["paused"] is True
    page.get_by_role("button", name="Try again now").click()
    expect(page.get_by_text("“Try again now” was passed on")).to_be_visible()
    page.locator(".skyhub-table .tabulator-row").filter(has_text="no readable Avro container").click()
    expect(page.locator("pre").filter(has_text="4f 62 6a 01")).to_be_visible()
    _picture(page, f"stream-{{}}-{theme}.png")
    admin.post("/api/streams/ztf/orders", json={"wanted": "resume"})


def _picture(page: Any, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURES / name.format(size))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1400, "height": 900})
