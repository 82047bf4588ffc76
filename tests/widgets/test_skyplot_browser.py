"""The sky plot in a browser: keys, clicks and selection reach Python; a hundred thousand points are drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import SkyPlot

pytestmark = pytest.mark.browser


def test_points_are_told_opened_and_selected(open_widget: Callable[..., Page]) -> None:
    plot = SkyPlot("Sources")
    plot.set_points("Sources", [180.0, 150.0], [0.0, 40.0], ["middle", "other"])
    plot.set_outlines("90 %", [[[350, -5], [10, -5], [10, 5], [350, 5]]])
    plot.set_tracks("Pointings", [[[100, 0], [120, 20]]])
    plot.set_points("Many", np.linspace(0, 359, 100_000), np.linspace(-80, 80, 100_000), colour="muted")
    page = open_widget("skyplot", plot, size=(900, 500))
    canvas = page.locator(".skyhub-sky-canvas")
    expect(canvas).to_have_attribute("aria-label", "Sources: Galactic plane, Sources, 90 %, Pointings, Many. "
        "Arrow keys step through the points, Enter opens one, Shift and drag selects.")  # fmt: skip
    expect(page.locator(".skyhub-sky-legend")).to_contain_text("Many 100000")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".skyhub-sky-tip")).to_have_text("middle  180.000 0.000")
    page.keyboard.press("Enter")
    box = canvas.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*middle)
    sent = page.evaluate("w.model.sent")
    assert [message["label"] for message in sent] == ["middle", "middle"]
    page.keyboard.down("Shift")
    page.mouse.move(middle[0] - 20, middle[1] - 20)
    page.mouse.down()
    page.mouse.move(middle[0] + 20, middle[1] + 20, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert page.evaluate("w.model.get('selected')") == ["middle"]
