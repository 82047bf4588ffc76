"""Light curve in a browser: drawing, hover, zoom, selection, many points."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import CutoutTriplet, LightCurve
from widget_support import card

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
POINTS = {
    "mjd": [60000.0, 60010.0, 60020.0],
    "filter": ["ztfg", "ztfr", "ztfg"],
    "mag": [19.0, 20.0, None],
    "magerr": [0.1, 0.2, None],
    "limiting_mag": [20.5, 20.5, 21.0],
}


def curve(open_widget: Open, points: Any = POINTS, **traits: Any) -> Page:
    page = open_widget("lightcurve", LightCurve(points, **traits), size=(800, 500))
    page.wait_for_timeout(80)
    return page


def ink(page: Page) -> int:
    """Pixels that are drawn on."""
    return int(
        page.evaluate("""() => {
      const canvas = document.querySelector(".skyhub-lc-canvas");
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      let drawn = 0;
      for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0;
      return drawn;
    }""")
    )


def step_to(page: Page, steps: int) -> str:
    page.locator(".skyhub-lc-overlay").focus()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    return page.locator(".skyhub-lc-tip").inner_text()


def test_no_points_are_said(open_widget: Open) -> None:
    page = curve(open_widget, None)
    expect(page.get_by_text("No photometry for this object yet.")).to_be_visible()
    assert ink(page) == 0


def test_points_are_described_in_time_order(open_widget: Open) -> None:
    page = curve(open_widget)
    assert step_to(page, 1).splitlines() == ["ztfg 19.00 ± 0.10", "MJD 60000.00000", "2023-02-25 00:00:00 UT", "ZTF"]
    assert step_to(page, 2).splitlines()[0] == "ztfg > 21.00"
    assert page.locator(".skyhub-lc-overlay").get_attribute("aria-label") == (
        "Light curve: 2 detections and 1 upper limits in ztfg, ztfr"
    )


def test_bright_is_up_and_time_runs_right(open_widget: Open) -> None:
    page = curve(open_widget)
    places = []
    for _ in range(2):
        step_to(page, 1)
        places.append(page.locator(".skyhub-lc-tip").bounding_box())
    first, second = places
    assert first is not None
    assert second is not None
    assert second["x"] > first["x"]
    page.get_by_label("Brightness").select_option("flux")
    assert page.evaluate("globalThis.w.model.get('y_axis')") == "flux"


def test_hover_shows_the_point(open_widget: Open) -> None:
    page = curve(open_widget)
    step_to(page, 2)
    tip = page.locator(".skyhub-lc-tip")
    expect(tip).to_contain_text("ztfr 20.00 ± 0.20")
    box = page.locator(".skyhub-lc-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    expect(tip).to_be_hidden()
    middle = box["x"] + 52 + (box["width"] - 62) / 2
    for y in range(int(box["y"]) + 10, int(box["y"] + box["height"]) - 40, 6):
        page.mouse.move(middle, y)
        page.wait_for_timeout(20)
        if tip.is_visible():
            break
    expect(tip).to_contain_text("MJD 60010")


def test_dragging_zooms_and_a_double_click_shows_all(open_widget: Open) -> None:
    page = curve(open_widget)
    before = ink(page)
    box = page.locator(".skyhub-lc-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 60, steps=3)
    expect(page.locator(".skyhub-lc-band")).to_be_visible()
    page.mouse.up()
    page.wait_for_timeout(80)
    zoomed = ink(page)
    assert zoomed != before
    page.mouse.dblclick(box["x"] + 400, box["y"] + 100)
    page.wait_for_timeout(80)
    assert ink(page) == before


def test_the_wheel_zooms(open_widget: Open) -> None:
    page = curve(open_widget)
    before = ink(page)
    page.locator(".skyhub-lc-overlay").hover()
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(120)
    assert ink(page) != before


def test_a_box_selects_points_for_python(open_widget: Open) -> None:
    page = curve(open_widget)
    page.get_by_role("button", name="box").click()
    box = page.locator(".skyhub-lc-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 54, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] - 36, steps=3)
    page.mouse.up()
    raw = page.evaluate("btoa(String.fromCharCode(...new Uint8Array(globalThis.w.model.get('selected').buffer)))")
    assert np.frombuffer(base64.b64decode(raw), "<i4").tolist() == [0, 1]


def test_the_legend_hides_filters(open_widget: Open) -> None:
    page = curve(open_widget)
    page.get_by_role("button", name="ZTF g").click()
    assert page.evaluate("globalThis.w.model.get('hidden_filters')") == ["ztfg"]
    assert step_to(page, 3).splitlines()[0] == "ztfr 20.00 ± 0.20"


def test_the_table_lists_the_points(open_widget: Open) -> None:
    page = curve(open_widget)
    page.get_by_role("button", name="table").click()
    expect(page.locator(".skyhub-lc-table tbody tr")).to_have_count(3)
    expect(page.locator(".skyhub-lc-table tbody tr").first).to_contain_text("21.00")


def test_axes_are_chosen_and_those_without_their_numbers_are_not_offered(open_widget: Open) -> None:
    page = curve(open_widget, redshift=0.1)
    time, brightness = page.get_by_label("Time"), page.get_by_label("Brightness")
    expect(brightness.locator("option[value=absmag]")).to_be_disabled()
    time.select_option("rest_days")
    page.get_by_label("t₀ (MJD)").fill("59999")
    page.keyboard.press("Enter")
    assert step_to(page, 1).splitlines()[3] == "0.909 rest-frame days since MJD 59999.00 (z = 0.1)"
    time.select_option("phase")
    expect(page.get_by_label("Period (days)")).to_have_value("1")
    page.get_by_role("button", name="Twice the period").click()
    state = page.evaluate("Object.fromEntries(['x_axis', 't0', 'period'].map((name) => [name, w.model.get(name)]))")
    assert state == {"x_axis": "phase", "t0": 59999, "period": 2}


def test_a_number_is_told_at_once_and_of_the_point_that_is_pointed_at(open_widget: Open) -> None:
    page = curve(open_widget, x_axis="days")
    told = page.evaluate("""() => {
      w.model.set("t0", 59999);
      const [surface, tip] = [".skyhub-lc-overlay", ".skyhub-lc-tip"].map((name) => document.querySelector(name));
      surface.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
      return tip.innerText;
    }""")
    assert told.splitlines()[3] == "1.000 days since MJD 59999.00"
    tip = page.locator(".skyhub-lc-tip")
    page.evaluate("w.model.set('t0', 59990)")
    expect(tip).to_contain_text("10.000 days since MJD 59990.00")
    page.evaluate("w.model.set('hidden_filters', ['ztfg'])")
    expect(tip).to_be_hidden()


def test_the_canvas_follows_its_width_and_the_pixel_ratio(open_widget: Open) -> None:
    page = curve(open_widget)
    widths = []
    for width in (800, 600):
        page.set_viewport_size({"width": width, "height": 500})
        page.wait_for_timeout(120)
        widths.append(page.evaluate("document.querySelector('.skyhub-lc-canvas').width"))
    assert widths[0] - widths[1] == 200


def test_a_hundred_thousand_points_are_drawn_from_buffers(open_widget: Open) -> None:
    rng = np.random.default_rng(1)
    n = 100_000
    points = {
        "mjd": np.sort(rng.uniform(59000, 61000, n)),
        "filter": np.tile(["ztfg", "ztfr"], n // 2),
        "mag": rng.normal(19, 0.5, n),
    }
    page = curve(open_widget, points)
    assert ink(page) > 20_000
    assert page.evaluate("globalThis.w.model.get('data').n") == n


def test_cutouts_are_shown_and_the_missing_one_is_said(open_widget: Open) -> None:
    cutouts = {**card(1)["cutouts"], "template": None}
    page = open_widget("cutouts", CutoutTriplet(cutouts, object_id="ZTF21abc"))
    expect(page.get_by_role("img")).to_have_count(2)
    expect(page.get_by_text("Template image not in this alert")).to_be_visible()
    page.get_by_role("group", name="Image cutouts").click()
    assert page.evaluate("globalThis.w.model.get('crosshair')") is False
    assert page.evaluate("getComputedStyle(document.querySelector('.skyhub-cutout img')).imageRendering") == "pixelated"


def test_an_image_that_cannot_be_read_is_said(open_widget: Open) -> None:
    page = open_widget("cutouts", CutoutTriplet({"science": "data:image/png;base64,AAAA"}))
    expect(page.get_by_text("Science image cannot be read")).to_be_visible()
