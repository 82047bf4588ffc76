"""The SQL view of the dashboard in a running hub; pictures of it are left in ``test-results/hub``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hub_support import Visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "test-results" / "hub"
SIZES = {"wide": (1400, 900), "middle": (900, 700), "phone": (390, 800)}


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_scanner_asks_in_sql(visit: Callable[..., Visit], theme: str) -> None:
    scanner = visit("scanner-ztf", color_scheme=theme, accept_downloads=True)
    page = scanner.open("view=sql")
    area = page.get_by_role("combobox", name="SQL statement")
    expect(area).not_to_be_empty()
    area.press("Control+Enter")
    status = page.locator(".skyhub-sql-line")
    expect(status).to_contain_text("rows read", timeout=20_000)
    expect(page.locator(".skyhub-table .tabulator-row").first).to_be_visible()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURES / f"sql-{name}-{theme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_download() as download:
        page.get_by_role("button", name="Parquet").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"PAR1"
    area.fill("SELECT count(*) FROM user_groups")
    area.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="user_groups")).to_be_visible()
    area.fill("SELECT sum(hash(a.range * b.range)) FROM range(100000000) a, range(100000000) b")
    area.press("Control+Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text("cancelled", timeout=20_000)
