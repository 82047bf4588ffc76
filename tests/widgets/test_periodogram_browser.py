"""The periodogram in a browser: peaks to click, keys, the slider, both axes, light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from periodogram_support import document
from playwright.sync_api import Page, expect
from skyhub_widgets import Periodogram

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
PEAKS = document()["peaks"]


def opened(open_widget: Open, found: Any = None, **options: Any) -> Page:
    traits = {name: options.pop(name) for name in ("x_axis",) if name in options}
    widget = Periodogram(document() if found is None else found or None, **traits)
    page = open_widget("periodogram", widget, size=(800, 700), **options)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page


def period(page: Page) -> float:
    return float(page.evaluate("w.model.get('period')"))


def colours(page: Page) -> int:
    """How many pixels are drawn on."""
    return int(
        page.evaluate("""() => {
      const canvas = document.querySelector("canvas");
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    }""")
    )


def click_at(page: Page, wanted: float, x_axis: str = "period") -> None:
    """Click where a period is along the axis."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    frequency = document()["spectrum"]["frequency"]

    def place(f: float) -> float:
        return -math.log10(f) if x_axis == "period" else f

    low, high = sorted((place(frequency[0]), place(frequency[-1])))
    part = (place(1 / wanted) - low) / (high - low)
    page.mouse.click(box["x"] + 52 + part * (box["width"] - 62), box["y"] + 100)


def test_without_a_periodogram_nothing_is_drawn_and_nothing_happens(open_widget: Open) -> None:
    page = opened(open_widget, {})
    expect(page.get_by_text("No periodogram yet.")).to_be_visible()
    page.locator("canvas").click()
    page.locator("canvas").press("ArrowRight")
    page.locator("canvas").press("+")
    assert page.evaluate("w.model.get('period')") is None
    assert colours(page) == 0


@pytest.mark.parametrize("axis", ["period", "frequency"])
def test_a_click_takes_the_peak_that_is_near(open_widget: Open, axis: str) -> None:
    page = opened(open_widget, x_axis=axis)
    click_at(page, PEAKS[1]["period"] * 1.001, axis)
    assert period(page) in [peak["period"] for peak in PEAKS]
    assert period(page) == pytest.approx(PEAKS[1]["period"], rel=0.02)


def test_a_click_beside_the_peaks_takes_the_period_of_the_place(open_widget: Open) -> None:
    page = opened(open_widget)
    click_at(page, 30.0)
    assert period(page) == pytest.approx(30.0, rel=0.03)


def test_peaks_are_listed_with_what_they_may_be_and_can_be_chosen(open_widget: Open) -> None:
    page = opened(open_widget)
    rows = page.locator(".skyhub-pg-peaks tbody tr")
    expect(rows).to_have_count(len(PEAKS))
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    expect(page.get_by_text("alias by").first).to_be_visible()
    rows.nth(2).get_by_role("button").click()
    assert period(page) == PEAKS[2]["period"]
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("status").first).to_contain_text("Period 0")
    expect(page.get_by_text("False-alarm probability ≤")).to_be_visible()
    page.get_by_text("2 bands", exact=True).click()
    expect(page.locator(".skyhub-pg-bands tbody tr").first).to_contain_text("ztfg · ZTF · upload")


def test_keys_step_through_the_peaks(open_widget: Open) -> None:
    page = opened(open_widget)
    canvas = page.locator("canvas")
    for key, place in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowLeft", 0), ("ArrowLeft", 0)):
        canvas.press(key)
        assert period(page) == PEAKS[place]["period"]


def test_the_period_is_typed_doubled_and_moved_in_fine_steps(open_widget: Open) -> None:
    page = opened(open_widget)
    best = period(page)
    page.get_by_role("button", name="Twice the period").click()
    assert period(page) == 2 * best
    page.get_by_role("button", name="Half the period").click()
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert 0 < abs(period(page) - best) < best**2 / 100
    field = page.get_by_label("Period (days)")
    field.fill("0")
    field.press("Enter")
    assert period(page) > 0
    field.fill("0.25")
    field.press("Enter")
    assert period(page) == 0.25


def test_dragging_zooms_and_a_double_click_shows_all(open_widget: Open) -> None:
    page = opened(open_widget)
    box = page.locator("canvas").bounding_box()
    assert box is not None
    picture = "document.querySelector('canvas').toDataURL()"
    before = page.evaluate(picture)
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 80, steps=3)
    page.mouse.up()
    page.wait_for_function(f"{picture} !== {before!r}")
    page.get_by_role("button", name="reset").click()
    page.wait_for_function(f"{picture} === {before!r}")
    assert period(page) == PEAKS[0]["period"]


def test_it_is_drawn_in_the_dark_and_on_a_phone(open_widget: Open) -> None:
    page = opened(open_widget, theme="dark")
    assert colours(page) > 1000
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.querySelector('canvas').clientWidth <= 390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Axis of the periodogram").select_option("frequency")
    assert page.evaluate("w.model.get('x_axis')") == "frequency"
