"""Pages in Chromium: what a person sees and does, and that nothing leaves the machine."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from tests.userserver.conftest import WIDGETS_CELL, Server, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

REPORT = "/user/ann/skyhub/api/reports/night-1"


class Watched:
    """A browser page with the requests it made and the complaints it had."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda websocket: self.requests.append(websocket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    def open(self, path: str) -> Page:
        """Go to a page of the server as its user and wait until it is ready."""
        joint = "&" if "?" in path else "?"
        self.page.goto(f"{self.server.url}{path}{joint}token={self.server.token}")
        self.page.wait_for_selector("html[data-ready]", timeout=60_000)
        return self.page

    def foreign(self) -> list[str]:
        """The requests to other machines."""
        return [url for url in self.requests if urlsplit(url.removeprefix("blob:")).hostname not in {"127.0.0.1", None}]


@pytest.fixture
def watched(browser: Browser, server: Server) -> Iterator[Watched]:
    context = browser.new_context()
    yield Watched(context.new_page(), server)
    context.close()


def kernel_pid(page: Page) -> int:
    return int(page.locator("main pre").first.inner_text())


def test_clicks_reach_python_and_come_back_and_nobody_else(watched: Watched) -> None:
    page = watched.open(watched.server.write("widgets", WIDGETS_CELL))
    page.click("#count")
    page.wait_for_function("document.querySelector('#count').textContent === 'asked 1, answered 1'")
    page.get_by_role("button", name="Add").click()
    page.wait_for_function("document.querySelector('main').innerText.includes('now 4')")
    assert page.locator(".widget-readout").inner_text() == "4"
    assert watched.foreign() == []
    assert watched.complaints == []


TABLES_CELL = """
from skyhub_widgets import RecordTable
display(*(RecordTable([{"object_id": f"ZTF26{n}"}]) for n in range(3)))
"""


def test_widgets_that_are_no_longer_there_are_told(watched: Watched) -> None:
    watched.page.route("**/table.js", lambda route: route.fulfill(status=404))
    page = watched.open(watched.server.write("outdated", TABLES_CELL))
    banner = page.locator("#skyhub-banner")
    banner.get_by_text("skyhub was updated since this page was opened. Reload to go on.").wait_for()
    assert banner.get_by_role("button", name="Reload").is_visible()


def test_the_files_of_widgets_come_once_and_not_from_the_kernel(watched: Watched) -> None:
    received: list[int] = []
    watched.page.on("websocket", lambda line: line.on("framereceived", lambda frame: received.append(len(frame))))
    page = watched.open(watched.server.write("tables", TABLES_CELL))
    for n in range(3):
        page.get_by_text(f"ZTF26{n}").wait_for()
    assert [url.rpartition("/")[2] for url in watched.requests if "/table." in url] == ["table.js", "table.css"]
    assert 0 < sum(received) < 100_000
    assert watched.complaints == []


def test_online_image_in_a_page_is_not_fetched(watched: Watched) -> None:
    page = watched.open(
        watched.server.write(
            "image", "from IPython.display import HTML; HTML('<img src=\"http://198.51.100.7/x.png\">')"
        )
    )
    page.wait_for_selector("img", state="attached")
    assert page.evaluate("document.querySelector('img').naturalWidth") == 0
    assert any("Content Security Policy" in text for text in watched.complaints)


def test_library_that_the_page_does_not_carry_is_named(watched: Watched) -> None:
    cell = """
import ipywidgets as w, traitlets as t
class Strange(w.DOMWidget):
    _model_name, _view_name = t.Unicode("SModel").tag(sync=True), t.Unicode("SView").tag(sync=True)
    _model_module, _view_module = t.Unicode("bqplot").tag(sync=True), t.Unicode("bqplot").tag(sync=True)
Strange()
"""
    page = watched.open(watched.server.write("strange", cell))
    assert any("SModel of bqplot" in text and "lab" in text for text in watched.complaints)
    assert page.locator("#skyhub-loading").count() == 0


def test_theme_follows_the_system_then_the_choice_and_is_remembered(browser: Browser, server: Server) -> None:
    context = browser.new_context(color_scheme="dark")
    watched = Watched(context.new_page(), server)
    path = server.write("theme", "print('text')")
    page = watched.open(path)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.locator("html").get_attribute("data-theme") == "dark"
    dark = page.evaluate(background)
    page.click("[data-skyhub-theme-toggle]")
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert page.evaluate(background) != dark
    watched.open(path)
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.evaluate("skyhub.theme.set('auto')")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    context.close()


def test_text_has_contrast_in_both_themes(watched: Watched) -> None:
    page = watched.open(watched.server.write("contrast", "print('text')"))
    script = """(names) => {
      const parse = (name) => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(--skyhub-${name})`;
        const [r, g, b] = getComputedStyle(probe).color.match(/[0-9]+/g).map((v) => v / 255)
          .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        probe.remove();
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return names.map(([front, back]) => [front, back, ratio(parse(front), parse(back))]);
    }"""
    fronts = ("text", "text-muted", "accent", "good", "warning", "bad")
    pairs = [[front, back] for front in fronts for back in ("background", "surface", "surface-raised")]
    for theme in ("light", "dark"):
        page.evaluate(f"skyhub.theme.set('{theme}')")
        found = page.evaluate(script, [*pairs, ["accent-text", "accent"]])
        assert [entry for entry in found if entry[2] < 4.5] == []


def test_killed_kernel_is_told_and_a_reload_brings_a_new_one(watched: Watched) -> None:
    page = watched.open(watched.server.write("killed", "import os; print(os.getpid())", WIDGETS_CELL))
    first = kernel_pid(page)
    os.kill(first, signal.SIGKILL)
    page.wait_for_selector("#skyhub-banner[data-kind=ended]", timeout=30_000)
    assert "has ended" in page.locator("#skyhub-banner").inner_text()
    with page.expect_navigation():
        page.get_by_role("button", name="Reload").click()
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert page.locator("#skyhub-banner").is_hidden()
    assert kernel_pid(page) != first


def test_lost_line_is_told_and_heals(watched: Watched) -> None:
    page = watched.open(watched.server.write("lost", WIDGETS_CELL))
    page.context.set_offline(True)
    page.wait_for_selector("#skyhub-banner[data-kind=lost]")
    assert "reconnecting" in page.locator("#skyhub-banner").inner_text()
    page.context.set_offline(False)
    page.wait_for_selector("#skyhub-banner", state="hidden", timeout=30_000)
    page.click("#count")
    page.wait_for_function("document.querySelector('#count').textContent === 'asked 1, answered 1'")


def test_kernel_shut_down_elsewhere_is_told(watched: Watched) -> None:
    page = watched.open(watched.server.write("stopped", WIDGETS_CELL))
    kernel = page.evaluate("skyhub.page.kernelId")
    headers = {"Authorization": f"token {watched.server.token}"}
    httpx.delete(f"{watched.server.url}api/kernels/{kernel}", headers=headers)
    page.wait_for_selector("#skyhub-banner[data-kind=ended]", timeout=30_000)


def test_kernel_outlives_a_download_and_ends_with_the_page(watched: Watched) -> None:
    cell = f"from IPython.display import HTML; HTML('<a id=get href=\"{REPORT}/notebook\">x</a>')"
    page = watched.open(watched.server.write("download", cell, WIDGETS_CELL))
    kernel = page.evaluate("skyhub.page.kernelId")
    with page.expect_download() as download:
        page.click("#get")
    assert download.value.suggested_filename == "report-night-1.ipynb"
    page.click("#count")
    page.wait_for_function("document.querySelector('#count').textContent === 'asked 1, answered 1'")
    assert kernel in watched.server.kernels()
    page.goto("about:blank")
    assert wait_until(lambda: kernel not in watched.server.kernels(), 10)


def test_page_fits_a_phone(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    watched = Watched(context.new_page(), server)
    page = watched.open(server.write("phone", WIDGETS_CELL, "import pandas as pd; pd.DataFrame([range(40)])"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_page_without_scripts_says_so(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}{server.write('noscript', '1')}?token={server.token}")
    assert "needs JavaScript" in page.inner_text("noscript")
    context.close()


def test_failed_start_is_readable_in_the_browser(watched: Watched) -> None:
    folder = watched.server.root.parent / "jupyter_data_dir" / "kernels" / "gone"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["false"], "display_name": "gone", "language": "python"}')
    path = watched.server.write("gone", "1", kernel="gone")
    watched.page.goto(f"{watched.server.url}{path}?token={watched.server.token}")
    assert re.search("could not start", watched.page.inner_text("main"))
    assert watched.page.locator("#skyhub-loading").is_hidden()


def test_report_in_a_frame_cannot_reach_the_page(watched: Watched) -> None:
    cell = f"from IPython.display import HTML; HTML('<iframe src=\"{REPORT}/html\"></iframe>')"
    page = watched.open(watched.server.write("frame", cell))
    frame = page.frame_locator("iframe")
    assert frame.locator("p").inner_text() == "report"
    assert page.frames[1].evaluate("window.origin") == "null"
