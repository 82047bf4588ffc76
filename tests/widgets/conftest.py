"""Fixtures of the widget tests: cards, a source in memory, and a bare page that mounts the built ES modules.

``open_widget(name, state, …)`` gives a Playwright page on which ``window.w.model`` is the widget's model.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from playwright.sync_api import Browser, Page, Route, sync_playwright
from skyhub_widgets._base import STATIC
from widget_support import MemorySource, card

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ORIGIN = "http://widgets.test"  # neither https nor localhost: what must work on a plain http host works here
PAGES = Path(__file__).parent / "page"


@pytest.fixture
def cards() -> list[dict[str, Any]]:
    return [card(number) for number in range(1, 31)]


@pytest.fixture
def source(cards: list[dict[str, Any]]) -> MemorySource:
    return MemorySource(cards)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    file = STATIC / path.removeprefix("/static/") if path.startswith("/static/") else PAGES / (path[1:] or "index.html")
    if not file.is_file():
        file = PAGES / "index.html"
    route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0] or "text/html")


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: _encoded(inner) for name, inner in value.items()}
    return [_encoded(inner) for inner in value] if isinstance(value, list | tuple) else value


def state_of(widget: Any) -> dict[str, Any]:
    """The synchronised state of a widget, as its view would receive it."""
    own = {name: value for name, value in widget.get_state().items() if name not in ("layout", "tooltip", "tabbable")}
    return dict(_encoded({name: value for name, value in own.items() if not name.startswith("_")}))


@pytest.fixture
def open_widget(browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []
    problems: list[str] = []

    def open_(
        name: str, state: Any, *, size: tuple[int, int] = (1400, 900), theme: str = "light", views: int = 1,
        on_send: str = "null", query: str = "",
    ) -> Page:  # fmt: skip
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", _serve)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{ORIGIN}/{query}")
        page.wait_for_function("globalThis.ready")
        page.evaluate(f"document.documentElement.dataset.theme = {theme!r}")
        state = state if isinstance(state, dict) else state_of(state)
        arguments = f"{json.dumps(name)}, {json.dumps(state)}, {{views: {views}, onSend: {on_send}}}"
        page.evaluate(f"async () => {{ globalThis.w = await mount({arguments}); }}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []
