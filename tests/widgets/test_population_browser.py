"""The population in a browser: drags choose rows that Python finds too; a hundred thousand points are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import PopulationPlot

pytestmark = pytest.mark.browser


def table_of(n: int) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {
        "object_id": [f"ZTF26{k:07d}" for k in range(n)], "rise_rate": rng.normal(0, 0.2, n), "age_days": rng.gamma(2, 8, n),
        "g_r": np.where(rng.random(n) < 0.1, np.nan, rng.normal(0.3, 0.4, n)), "drb": rng.beta(5, 1, n),
        "filter": rng.choice(["ztfg", "ztfr"], n),
    }  # fmt: skip


def drag(page: Page, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag between two places, each as parts of the width and height of an element."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    for place, act in ((start, page.mouse.down), (end, page.mouse.up)):
        page.mouse.move(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"], steps=4)
        act()


@pytest.mark.parametrize("n", [300, 100_000])
def test_drags_choose_what_python_finds(open_widget: Callable[..., Page], n: int) -> None:
    plot = PopulationPlot(table_of(n), colour="g_r", histograms=["drb", "filter"])
    page = open_widget("population", plot, size=(1300, 800))
    count = page.locator(".skyhub-pop-count")
    expect(count).to_have_text(f"{n} of {n} chosen")
    drag(page, ".skyhub-pop-scatter canvas", (0.2, 0.3), (0.7, 0.8))
    plot.region = page.evaluate("w.model.get('region')")
    assert 0 < len(plot.chosen) < n
    expect(count).to_have_text(f"{len(plot.chosen)} of {n} chosen")
    drag(page, ".skyhub-pop-histograms canvas", (0.6, 0.5), (0.9, 0.5))
    plot.ranges = page.evaluate("w.model.get('ranges')")
    assert list(plot.ranges) == ["drb"]
    expect(count).to_have_text(f"{len(plot.chosen)} of {n} chosen")
    page.locator(".skyhub-pop-scatter canvas").focus()
    page.keyboard.press("Escape")
    expect(count).to_have_text(f"{n} of {n} chosen")
    assert page.evaluate("w.model.get('region')") is None


def test_a_lasso_the_fields_and_the_axes(open_widget: Callable[..., Page]) -> None:
    plot = PopulationPlot(table_of(500), histograms=["drb"])
    page = open_widget("population", plot, size=(1000, 700))
    page.get_by_role("button", name="lasso").click()
    box = page.locator(".skyhub-pop-scatter canvas").bounding_box()
    assert box is not None
    corners = [(0.3, 0.3), (0.7, 0.35), (0.5, 0.8), (0.3, 0.5)]
    for k, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
        if k == 0:
            page.mouse.down()
    page.mouse.up()
    plot.region = page.evaluate("w.model.get('region')")
    assert len(plot.region["outline"]) > 4
    expect(page.locator(".skyhub-pop-count")).to_have_text(f"{len(plot.chosen)} of 500 chosen")
    page.get_by_label("drb, from").fill("0.8")
    page.keyboard.press("Enter")
    assert page.evaluate("w.model.get('ranges')") == {"drb": [0.8, None]}
    page.get_by_label("Colour").select_option("filter")
    expect(page.locator(".skyhub-pop-legend")).to_have_text("ztfgztfr")
    page.get_by_label("Across").select_option("g_r")
    assert page.evaluate("[w.model.get('x'), w.model.get('colour')]") == ["g_r", "filter"]


def test_a_point_tells_its_name_and_is_opened(open_widget: Callable[..., Page]) -> None:
    plot = PopulationPlot({"object_id": ["a", "b", "c"], "u": [0.0, 5.0, 10.0], "v": [0.0, 5.0, 10.0]})
    page = open_widget("population", plot, size=(1000, 700))
    canvas = page.locator(".skyhub-pop-scatter canvas")
    box = canvas.bounding_box()
    assert box is not None
    middle = box["x"] + 52 + (box["width"] - 62) / 2, box["y"] + 8 + (box["height"] - 42) / 2
    page.mouse.move(*middle)
    expect(page.locator(".skyhub-lc-tip")).to_contain_text("b")
    page.mouse.click(*middle)
    assert page.evaluate("w.model.sent") == [{"type": "clicked", "label": "b"}]
