"""The view of filters of the dashboard in a running hub; pictures of it are left in ``test-results/hub``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hub_support import Visit
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "test-results" / "hub"
SIZES = {"wide": (1400, 900), "phone": (390, 800)}


def _pictures(page: Page, name: str, theme: str) -> None:
    """A picture of the page at each size; it is never wider than its window."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURES / f"filters-{name}-{size}-{theme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_scanner_writes_a_filter(visit: Callable[..., Visit], theme: str) -> None:
    page = visit("scanner-ztf", color_scheme=theme).open("view=filters")
    rows = page.locator(".skyhub-table .tabulator-row")
    expect(rows.filter(has_text="Extragalactic transients")).to_contain_text("version 1 live")
    _pictures(page, "list", theme)
    page.get_by_role("button", name="+ Write a filter").click()
    page.get_by_label("Name", exact=True).fill(f"Rising {theme}")
    cuts = page.get_by_label("Cuts or function")
    cuts.fill("drb > 0.9\nno_such_column < 19")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("alert").filter(has_text="no_such_column").first).to_be_visible()
    _pictures(page, "error", theme)
    cuts.fill("drb > 0.9\nmag < 18 OR age < 3")
    page.get_by_label("Annotations").fill("above_limit = limiting_mag - mag\nscore = drb * (1 - star_score)")
    page.get_by_label("Save for groups").fill("ztf-transients")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("ms for one alert")).to_be_visible()
    _pictures(page, "editor", theme)
    page.get_by_role("button", name="Store this version").click()
    expect(page.get_by_text("Not live yet")).to_be_visible()
    page.get_by_role("button", name="Try on nights").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("the guard of 5 %")).to_be_visible()
    page.get_by_role("button", name="Take live").click()
    page.get_by_role("button", name="Take it live").click()
    _pictures(page, "detail", theme)
