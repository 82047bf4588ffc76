"""The spectrum widget in a browser: drawing, zoom, lines, the region that is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import Spectrum

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
WAVE = np.arange(4000.0, 9000.0, 2.0)
FLUX = 1e-16 * (1 - 0.4 * np.exp(-0.5 * ((WAVE - 6150) / 40) ** 2))
TWO = [
    {"wavelengths": WAVE, "fluxes": FLUX, "instrument": "SPRAT", "observed_at": "2026-11-20"},
    {"wavelengths": WAVE, "fluxes": FLUX[::-1], "label": "host", "type": "host"},
]


def opened(open_widget: Open, spectra: Any = TWO, **traits: Any) -> Page:
    page = open_widget("spectrum", Spectrum(spectra, **traits), size=(900, 600))
    page.wait_for_timeout(100)
    return page


def trait(page: Page, name: str) -> Any:
    return page.evaluate(f"w.model.get({name!r})")


def drag(page: Page, low: float, high: float) -> None:
    box = page.locator(".skyhub-lc-overlay").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * low, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * high, box["y"] + 120, steps=4)
    page.mouse.up()


def test_without_spectra_that_is_said_and_with_them_they_are_named(open_widget: Open) -> None:
    page = opened(open_widget, None)
    expect(page.get_by_text("No spectrum of this object yet.")).to_be_visible()
    page = opened(open_widget)
    expect(page.get_by_role("button", name="SPRAT, 2026-11-20")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="host (host)").click()
    assert trait(page, "hidden") == ["host"]
    label = page.locator(".skyhub-lc-overlay").get_attribute("aria-label")
    assert label is not None
    assert label.startswith("2 spectra: SPRAT, 2026-11-20, 4000 to 8998 Å; host")


def test_dragging_zooms_or_measures_and_keys_do_as_well(open_widget: Open) -> None:
    page = opened(open_widget)
    drag(page, 0.3, 0.6)
    low, high = trait(page, "x_range")
    assert 4500 < low < 6000 < high < 7500
    page.locator(".skyhub-lc-overlay").focus()
    page.keyboard.press("0")
    assert trait(page, "x_range") == []
    page.keyboard.press("m")
    drag(page, 0.4, 0.5)
    low, high = trait(page, "region")
    assert 5500 < low < high < 7000
    found = {"equivalent_width": 40.1, "equivalent_width_error": 0.2, "centroid": 6150.0, "centroid_error": 0.1}
    told = {**found, "flux": -1e-15, "flux_error": 1e-17, "spectrum": "a", "frame": "rest", "line": "Si II 6347"}
    page.evaluate(f"w.model.set('measurement', { ({**told, 'velocity': -9500.0, 'velocity_error': 50.0})!r})")
    expect(page.get_by_text("equivalent width 40.10 ± 0.20 Å · centroid 6150.00 ± 0.10 Å (rest)")).to_be_visible()
    expect(page.get_by_text("Si II 6347: −9500 ± 50 km/s")).to_be_visible()
    page.locator(".skyhub-lc-overlay").focus()
    page.keyboard.press("Escape")
    assert trait(page, "region") == []


def test_tools_change_the_traits_and_lines_are_named_where_the_mouse_is(open_widget: Open) -> None:
    page = opened(open_widget, redshift=0.02)
    page.get_by_label("smooth").select_option("gaussian")
    assert (trait(page, "smoothing"), trait(page, "smoothing_width")) == ("gaussian", 500)
    page.get_by_text("lines", exact=True).click()
    page.get_by_label("H I", exact=True).check()
    assert trait(page, "species") == ["H I"]
    expect(page.get_by_text("lines (1)")).to_be_visible()
    page.get_by_text("lines (1)").click()
    page.get_by_label("frame").select_option("rest")
    assert trait(page, "frame") == "rest"
    box = page.locator(".skyhub-lc-overlay").bounding_box()
    assert box is not None
    low, high = 4000 / 1.02, 8998 / 1.02
    margin = (high - low) * 0.015
    part = (6562.79 - low + margin) / (high - low + 2 * margin)
    page.mouse.move(box["x"] + 58 + part * (box["width"] - 70), box["y"] + 150)
    expect(page.locator(".skyhub-lc-tip")).to_contain_text("H I Hα")
