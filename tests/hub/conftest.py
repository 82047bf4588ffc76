"""Fixtures of the tests in a running hub.

- ``hub``: the whole platform, started once by ``skyhub up`` with the demo night and ended by Ctrl-C, after which nothing
  may be left.
- ``admin``: a client of the data service with the administrator's token; ``truth``: rows of SQL with these rights.
- ``browser``: Debian's Chromium; ``visit``: opens a watched browser context for a user.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hub_support import Hub, Visit, end_hub, rows_of, start_hub
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    running = start_hub(tmp_path_factory.mktemp("hub") / "data")
    yield running
    end_hub(running)


@pytest.fixture(scope="session")
def admin(hub: Hub) -> Iterator[httpx.Client]:
    with hub.service("admin") as client:
        yield client


@pytest.fixture(scope="session")
def truth(admin: httpx.Client) -> Callable[[str], list[dict[str, Any]]]:
    return lambda statement: rows_of(admin, statement)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, hub: Hub) -> Iterator[Callable[..., Visit]]:
    """Opens a browser context for a user, logged in; at the end none may have complained or gone elsewhere."""
    visits: list[Visit] = []

    def open_visit(name: str, **options: Any) -> Visit:
        visits.append(Visit(browser.new_context(**options), hub, name))
        return visits[-1]

    yield open_visit
    for one in visits:
        one.context.close()
    assert [url for one in visits for url in one.foreign()] == []
    assert [text for one in visits for text in one.complaints] == []
