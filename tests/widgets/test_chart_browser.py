"""Charts in a browser: what is pointed at is told, keys and clicks select, a line reads curves off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import AltitudeChart, WorldMap
from world_support import found_of, telescope

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def _selected(page: Page) -> Any:
    return page.evaluate("w.model.get('selected')")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_are_told_and_selected_by_keys_and_clicks(open_widget: Open, theme: str) -> None:
    world = WorldMap(found_of(telescope("A & B", 19.8, -155.5, 0.5, 0.6), telescope("C", -30.0, 20.0)))
    page = open_widget("chart", world, size=(800, 500), theme=theme)
    first, second = (page.locator(f'circle[data-id="{name}"]') for name in ("A & B", "C"))
    first.focus()
    tip = page.get_by_role("status")
    expect(tip).to_contain_text("A & B: 50% now, 60% tonight")
    page.keyboard.press("Enter")
    assert _selected(page) == "A & B"
    expect(first).to_have_class("selected")
    second.click()
    assert _selected(page) == "C"
    expect(tip).to_contain_text("C: 0% now")
    second.click()
    assert _selected(page) == ""
    world.show(found_of())
    page.evaluate("svg => w.model.set('svg', svg)", world.svg)
    expect(first).to_have_count(0)


def test_curves_are_read_off_at_a_time(open_widget: Open) -> None:
    rows = [
        {"mjd": 61_365.0 + n / 288, "altitude": float(n), "observable": n > 20, "sun_altitude": -30.0}
        for n in range(61)
    ]
    low = [{**row, "altitude": -5.0} for row in rows]
    page = open_widget("chart", AltitudeChart({"P48": rows, "LT": low}), size=(800, 500))
    box = page.locator("svg").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] * (34 + (720 - 34 - 8) / 2) / 720
    page.mouse.move(middle, box["y"] + 8)
    tip = page.get_by_role("status")
    expect(tip).to_contain_text("02:30 UTC")
    expect(tip).to_contain_text("P48 30°")
    expect(tip).not_to_contain_text("LT")
    page.mouse.move(box["x"] + 2, box["y"] + 8)
    expect(tip).to_be_hidden()
