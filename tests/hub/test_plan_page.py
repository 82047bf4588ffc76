"""The page of plans in a running hub: a wish changes the preview, the optimiser proves it, a field is explained, it is kept."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hub_support import Hub, Visit
from playwright.sync_api import Page, expect
from skyhub.client import Sky, Transport
from skyhub.science.sky_shapes import Cone

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "test-results" / "hub"
SIZES = {"wide": (1400, 900), "phone": (390, 800)}
WISHED = "instrument=ZTF&start=2020-03-17T02:00:00&hours=9&filters=g&max_fields=4"
RA, DEC = (x.ravel() for x in np.meshgrid(np.arange(152.0, 168.0, 1.8), np.arange(4.0, 17.0, 1.8)))
GRID = [{"field_id": 100 + n, "ra": ra, "dec": dec} for n, (ra, dec) in enumerate(zip(RA, DEC, strict=True))]


@pytest.fixture(scope="module")
def localization(hub: Hub) -> str:
    """A map that everybody sees, and a telescope with a small grid."""
    with Sky(Transport(f"{hub.url}/services/data", hub.token("admin"))) as sky:
        sky.instruments.set_fields("ZTF", GRID, "box(0, 0, 2, 2, 0)")
        sky.instruments.add(
            name="Finder", telescope="P60", type="imager", filters=["sdssg"], footprint="box(0, 0, 1.5, 1.5, 0)"
        )
        return str(sky.localizations.add(Cone(160.0, 10.0, 3.0, 0.9), groups=["public"])["localization_id"])


def test_a_plan_is_made_proven_explained_kept_and_exported(
    visit: Callable[..., Visit], localization: str, tmp_path: Path
) -> None:
    page = visit("scanner-ztf").open(f"view=plan&localization={localization}&{WISHED}")
    said = page.get_by_role("status")
    expect(said.filter(has_text="Preview:")).to_contain_text("4 fields", timeout=30_000)
    page.get_by_role("textbox", name="Fields").fill("2")
    page.keyboard.press("Tab")
    expect(said.filter(has_text="Preview:")).to_contain_text("2 fields", timeout=10_000)
    assert "max_fields=2" in page.url
    page.get_by_role("button", name="Optimise").click()
    expect(said.filter(has_text="Plan:")).to_contain_text("no plan reaches more", timeout=30_000)
    first = page.locator(".skyhub-table .tabulator-row:visible").first
    field = first.locator(".tabulator-cell[tabulator-field=field_id]").inner_text()
    first.click()
    expect(page.get_by_text(re.compile(f"Field {field}: observed"))).to_be_visible(timeout=10_000)
    page.get_by_role("textbox", name="Name", exact=True).fill("two fields")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("two fields: plan \\d+, draft"))).to_be_visible(timeout=10_000)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert re.fullmatch(r"plan-\d+\.csv", waiting.value.suggested_filename)
    waiting.value.save_as(tmp_path / "plan.csv")
    rows = list(csv.DictReader((tmp_path / "plan.csv").open()))
    assert len(rows) == 2
    assert field in {row["field_id"] for row in rows}
    page.get_by_role("button", name="Who can see it").click()
    expect(page.get_by_text("telescopes can see some of it")).to_be_visible(timeout=30_000)
    mark = page.locator(".skyhub-chart circle[data-id]").first
    mark.focus()
    expect(page.locator(".skyhub-chart-tip")).to_contain_text("tonight")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(f"^{re.escape(mark.get_attribute('data-id') or '')}: sees"))).to_be_visible()
    _picture(page)


def test_several_telescopes_are_planned_kept_and_exported(
    visit: Callable[..., Visit], localization: str, tmp_path: Path
) -> None:
    page = visit("scanner-ztf").open(f"view=plan&localization={localization}&{WISHED}")
    said = page.get_by_role("status")
    expect(said.filter(has_text="Preview:")).to_contain_text("4 fields", timeout=30_000)
    page.get_by_role("combobox", name="Together with").select_option("Finder")
    expect(said.filter(has_text="Preview:")).to_contain_text("2 telescopes together", timeout=30_000)
    page.wait_for_url(re.compile("with=Finder"), timeout=10_000)
    page.get_by_role("textbox", name="Exposure (s)").last.fill("60")
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile("own=Finder"), timeout=10_000)
    page.get_by_role("button", name="Optimise").click()
    expect(said.filter(has_text="Plan:")).to_contain_text("2 telescopes together", timeout=60_000)
    night = page.locator(".skyhub-plan")
    expect(night.locator(".skyhub-plan-legend")).to_contain_text("Finder")
    row = page.locator(".skyhub-table .tabulator-row:visible").filter(has_text="Finder").first
    field = row.locator(".tabulator-cell[tabulator-field=field_id]").inner_text()
    row.click()
    expect(page.get_by_text(re.compile(f"Field Finder {field}: observed"))).to_be_visible(timeout=20_000)
    page.get_by_role("textbox", name="Name", exact=True).fill("both")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("both, Finder: plan \\d+, draft"))).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Send that of Finder")).to_be_visible()
    with page.expect_download(timeout=120_000) as waiting:
        page.get_by_role("link", name="PDF", exact=True).first.click()
    waiting.value.save_as(tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").read_bytes().startswith(b"%PDF")
    _picture(page, "joint-plan", schemes=("light", "dark"))


def _picture(page: Page, name: str = "plan", schemes: Sequence[Literal["light", "dark"]] = ("light",)) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            page.screenshot(path=PICTURES / f"{name}-{size}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
