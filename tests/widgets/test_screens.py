"""Every widget drawn at three sizes in both themes; pictures go to test-results/widgets for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from skyhub_widgets import CandidateScanner, Cards, CutoutTriplet, LightCurve, NavBar, RecordTable
from widget_packets import ALERTS, real_cards
from widget_support import MemorySource, card

RESULTS = Path(__file__).resolve().parents[2] / "test-results" / "widgets"
SIZES = [(1400, 900), (900, 700), (360, 740)]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def some_cards() -> list[dict[str, Any]]:
    return real_cards(24) if ALERTS.is_dir() else [card(number) for number in range(1, 25)]


LAB = {"id": "lab", "label": "JupyterLab", "href": "/user/ana/lab"}
CARDS = [
    {
        "title": "Scan",
        "text": "The night's candidates, one at a time",
        "badge": "12 new since your last visit",
        "view": "scan",
    },
    {"title": "Sources", "text": "What your groups have saved", "view": "sources"},
    {"title": "Reports", "text": "Executed notebooks of every morning", "badge": "1 new", "view": "reports"},
    {"title": "JupyterLab", "text": "Every alert as tables, plots and SQL", "href": "/user/ana/lab"},
    {"title": "Plan", "text": "Observing plans", "disabled": "No telescope is set up yet."},
]
COLUMNS = [
    {"field": "object_id", "title": "Object", "link": "?view=source&object_id={object_id}"},
    {"field": "ra", "title": "RA", "unit": "°", "kind": "number", "digits": 5},
    {"field": "dec", "title": "Dec", "unit": "°", "kind": "number", "digits": 5},
    {"field": "mag", "title": "Last", "unit": "mag", "kind": "number", "digits": 2},
    {"field": "detections", "title": "Detections", "kind": "integer"},
    {"field": "age", "title": "Age", "unit": "d", "kind": "number", "digits": 1},
    {"field": "night", "title": "Night", "kind": "time"},
]


def record(card: dict[str, Any]) -> dict[str, Any]:
    statistics = card["statistics"]
    return {
        "object_id": card["object_id"], "ra": card["ra"], "dec": card["dec"], "mag": statistics["last"]["mag"],
        "detections": statistics["n_detections"], "age": statistics["age_days"], "night": card["dayobs"],
    }  # fmt: skip


def widgets(cards: list[dict[str, Any]]) -> dict[str, Any]:
    first = cards[0]
    return {
        "cutouts": CutoutTriplet(first["cutouts"], object_id=first["object_id"]),
        "lightcurve": LightCurve(first["photometry"]),
        "scanner": CandidateScanner(MemorySource(cards), user="ana"),
        "navbar": NavBar(user="scanner-ztf", links=[*NavBar().links, LAB]),
        "cards": Cards(CARDS, title="skyhub"),
        "table": RecordTable([record(card) for card in cards], COLUMNS, title="Sources"),
    }


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "size",
    [*(pytest.param(size, marks=pytest.mark.slow) for size in SIZES[:2]), SIZES[2]],
    ids=lambda size: str(size[0]),
)
@pytest.mark.parametrize("name", ["cutouts", "lightcurve", "scanner", "navbar", "cards", "table"])
def test_widget_fits_the_window(
    open_widget: Callable[..., Page], some_cards: list[dict[str, Any]], name: str, size: tuple[int, int], theme: str
) -> None:
    page = open_widget(name, widgets(some_cards)[name], size=size, theme=theme)
    page.wait_for_timeout(150)
    RESULTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}-{size[0]}-{theme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
