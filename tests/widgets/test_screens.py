"""Every widget drawn at three sizes in both themes; pictures go to test-results/widgets for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from skyhub_widgets import CandidateScanner, CutoutTriplet, LightCurve
from widget_packets import ALERTS, real_cards
from widget_support import MemorySource, card

RESULTS = Path(__file__).resolve().parents[2] / "test-results" / "widgets"
SIZES = [(1400, 900), (900, 700), (360, 740)]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def some_cards() -> list[dict[str, Any]]:
    return real_cards(24) if ALERTS.is_dir() else [card(number) for number in range(1, 25)]


def widgets(cards: list[dict[str, Any]]) -> dict[str, Any]:
    first = cards[0]
    return {
        "cutouts": CutoutTriplet(first["cutouts"], object_id=first["object_id"]),
        "lightcurve": LightCurve(first["photometry"]),
        "scanner": CandidateScanner(MemorySource(cards), user="ana"),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("name", ["cutouts", "lightcurve", "scanner"])
def test_widget_fits_the_window(
    open_widget: Callable[..., Page], some_cards: list[dict[str, Any]], name: str, size: tuple[int, int], theme: str
) -> None:
    page = open_widget(name, widgets(some_cards)[name], size=size, theme=theme)
    page.wait_for_timeout(150)
    RESULTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}-{size[0]}-{theme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
