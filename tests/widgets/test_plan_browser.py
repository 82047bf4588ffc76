"""The timeline of a plan in a browser: keys, clicks, zoom, light and dark, and what is said aloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from plan_support import PLAN, timeline, together
from playwright.sync_api import Page, expect
from skyhub_widgets import PlanTimeline

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def _opened(open_widget: Open, widget: PlanTimeline, **options: Any) -> Page:
    page = open_widget("plan", widget, size=(800, 600), **options)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page


def _drawn(page: Page) -> str:
    return str(page.evaluate("document.querySelector('canvas').toDataURL()"))


def test_without_a_plan_nothing_happens(open_widget: Open) -> None:
    page = _opened(open_widget, PlanTimeline(title="Tonight"))
    expect(page.get_by_text("There is no plan yet.")).to_be_visible()
    plot = page.get_by_role("img")
    expect(plot).to_have_attribute("aria-label", "Tonight: no plan")
    plot.focus()
    for key in ("ArrowRight", "+", "Enter"):
        page.keyboard.press(key)
    plot.click()
    assert page.evaluate("w.model.get('selected')") == ""


def test_keys_step_light_a_field_and_say_it(open_widget: Open) -> None:
    page = _opened(open_widget, PlanTimeline(PLAN, timeline()))
    plot = page.get_by_role("img")
    label = plot.get_attribute("aria-label") or ""
    assert "4 observations in g, r, probability 0.500 of at most 0.600" in label
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tip = page.locator(".skyhub-lc-tip")
    expect(tip).to_contain_text("Field 8, g")
    expect(tip).to_contain_text("airmass 1.30, probability 0.000")
    page.keyboard.press("Enter")
    assert page.evaluate("w.model.get('selected')") == "8"
    expect(page.get_by_role("status")).to_have_text("Field 8 is lit")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.evaluate("w.model.get('selected')") == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_several_telescopes_have_a_lane_each_and_a_line_each(open_widget: Open, theme: str) -> None:
    widget = PlanTimeline(title="Tonight")
    widget.show_together(*together())
    page = _opened(open_widget, widget, theme=theme)
    plot = page.get_by_role("img")
    label = plot.get_attribute("aria-label") or ""
    assert "8 observations in ZTF, DECam, probability 0.700 of at most 0.900" in label
    expect(page.locator(".skyhub-plan-legend")).to_contain_text("all together")
    box = plot.bounding_box()
    assert box is not None
    # The first exposure of the second telescope, in the second lane, 25 minutes later
    part = (0.1 + 27.5 / 1440) / (0.4 + 25 / 1440)
    page.mouse.click(box["x"] + 52 + part * (box["width"] - 62), box["y"] + 6 + 1.5 * 22)
    assert page.evaluate("w.model.get('selected')") == "DECam 7"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_click_on_a_bar_lights_its_field_and_zoom_comes_back(open_widget: Open, theme: str) -> None:
    page = _opened(open_widget, PlanTimeline(PLAN, timeline()), theme=theme)
    plot = page.get_by_role("img")
    box = plot.bounding_box()
    assert box is not None
    # The third exposure is in the second lane, at 0.1 d and 22.5 min of 0.4 d
    part = (0.1 + 22.5 / 1440) / 0.4
    page.mouse.click(box["x"] + 52 + part * (box["width"] - 62), box["y"] + 6 + 2.5 * 22)
    assert page.evaluate("w.model.get('selected')") == "7"
    page.mouse.move(0, 0)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    before = _drawn(page)
    for key in ("+", "0"):
        plot.press(key)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert (_drawn(page) == before) == (key == "0")
