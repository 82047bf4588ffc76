"""What people do in the browser, from the login page on; pictures of it are left in ``test-results/hub``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_support import Hub, Visit, wait_for
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]
Truth = Callable[[str], list[dict[str, Any]]]

PICTURES = Path(__file__).parents[2] / "test-results" / "hub"
SIZES = {"wide": (1400, 900), "middle": (900, 700), "phone": (390, 800)}
NIGHT = "2026-11-21"


def choose_group(page: Page, group: str) -> None:
    """Scan for one group only."""
    before = page.locator(".skyhub-place").inner_text()
    page.locator("select:visible").nth(1).select_option(label=group)
    expect(page.locator(".skyhub-place")).not_to_have_text(before)


def counts(page: Page) -> str:
    return " ".join(page.locator(".skyhub-counts span").all_inner_texts()[:2])


def decisions(truth: Truth, user: str, since: int = 0) -> list[tuple[str, str]]:
    statement = f"""SELECT object_id, verdict FROM decisions WHERE user_name = '{user}' AND decision_id > {since}
        ORDER BY decision_id"""
    return [(row["object_id"], row["verdict"]) for row in truth(statement)]


def last_decision(truth: Truth) -> int:
    return int(truth("SELECT coalesce(max(decision_id), 0) AS n FROM decisions")[0]["n"])


def badge(visit: Visit, candidate_id: str) -> str:
    """The verdict on the card that a deep link opens."""
    visit.open(f"view=scan&candidate={candidate_id}")
    expect(visit.scanner()).to_have_attribute("data-candidate-id", candidate_id)
    return str(visit.page.locator(".skyhub-heading .skyhub-badge").get_attribute("data-verdict"))


def test_night_is_scanned_by_two(visit: Open, truth: Truth) -> None:
    before = last_decision(truth)
    ztf, grb = visit("scanner-ztf"), visit("scanner-grb")
    page, other = ztf.log_in(), grb.open("view=scan")
    expect(page.locator("a.skyhub-tile-title")).to_contain_text(["Scan", "Sources", "Reports", "JupyterLab"])
    grb.scanner()
    choose_group(other, "night-shift")
    page.get_by_role("link", name="Scan", exact=True).first.click()
    ztf.scanner()
    assert "view=scan" in page.url
    choose_group(page, "night-shift")
    started = page.evaluate("performance.timeOrigin")
    made = [(ztf.decide("s"), "save"), (ztf.decide("x"), "reject"), (ztf.decide("s"), "save")]
    assert decisions(truth, "scanner-ztf", before) == made
    for (name, _), word in zip(made, ("saved", "rejected", "saved"), strict=True):
        other.wait_for_function(
            "text => [...document.querySelectorAll('.skyhub-toast')].some((toast) => toast.textContent === text)",
            arg=f"scanner-ztf {word} {name}",
        )
    own_id = other.locator(".skyhub-scanner").get_attribute("data-candidate-id")
    expect(other.locator(".skyhub-decisions")).to_contain_text(re.compile("scanner-ztf (saved|rejected)"))
    assert own_id
    assert page.evaluate("performance.timeOrigin") == started


def test_reload_keeps_decisions_and_undo_takes_the_last_back(visit: Open, truth: Truth) -> None:
    ztf = visit("scanner-ztf")
    page = ztf.open("view=scan")
    scanner = ztf.scanner()
    ids = []
    for key in ("x", "s"):
        ids.append(str(scanner.get_attribute("data-candidate-id")))
        ztf.decide(key)
    before = counts(page)
    page.reload()
    ztf.ready()
    ztf.scanner()
    assert counts(page) == before
    assert [badge(ztf, candidate_id) for candidate_id in ids] == ["reject", "save"]
    page.keyboard.press("u")
    expect(page.locator(".skyhub-heading .skyhub-badge")).to_have_attribute("data-verdict", "none")
    page.wait_for_selector(".skyhub-status[data-level=ok]", state="attached")
    assert wait_for(lambda: decisions(truth, "scanner-ztf")[-1][1] == "undo", 5)
    assert badge(ztf, ids[1]) == "none"
    assert badge(ztf, ids[0]) == "reject"


def test_visitor_sees_no_restricted_candidate_and_cannot_decide(visit: Open, truth: Truth) -> None:
    statement = """SELECT DISTINCT object_id FROM candidates JOIN filters USING (filter_id)
        JOIN alerts USING (candid, object_id) WHERE group_id IS NULL AND stream IS NULL AND candidates.dayobs = '2026-11-21'"""
    public = {row["object_id"] for row in truth(statement)}
    hidden = {row["object_id"] for row in truth("SELECT object_id FROM candidates")} - public
    before = last_decision(truth)
    visitor = visit("visitor")
    page = visitor.open("view=scan")
    seen = {visitor.object_id()}
    while len(seen) <= len(public) + 1:
        name = visitor.object_id()
        page.keyboard.press("j")
        if not wait_for(lambda name=name: visitor.object_id() != name, 0.7, 0.01):  # type: ignore[misc]
            break
        seen.add(visitor.object_id())
    assert seen == public
    assert hidden
    for action in ("Save", "Reject"):
        expect(page.get_by_role("button", name=action, exact=True)).to_be_disabled()
    page.keyboard.press("s")
    expect(page.locator(".skyhub-toast").last).to_contain_text("none of your groups decides")
    page = visitor.open(f"view=source&object_id={min(hidden)}")
    expect(page.locator("main")).to_contain_text(f"{min(hidden)}")
    assert page.locator(".skyhub-cutouts:visible, .skyhub-lc:visible, .skyhub-table:visible").count() == 0
    assert last_decision(truth) == before


def test_views_have_addresses_and_back_and_forward_work(visit: Open, truth: Truth) -> None:
    names = [
        row["object_id"] for row in truth("SELECT object_id FROM alerts WHERE stream IS NULL ORDER BY mjd LIMIT 2")
    ]
    ztf = visit("scanner-ztf")
    page = ztf.open(f"view=source&object_id={names[0]}")
    heading = page.locator("main .widget-html h2:visible")
    expect(heading).to_have_text([names[0], "Periodogram", "Fits", "Spectra"])
    page.get_by_role("link", name="Sources", exact=True).click()
    expect(heading).to_have_text(["Sources"])
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(heading).to_have_text(["Reports", "Calendar", "Runs", "Reports of your groups"])
    page.go_back()
    expect(heading).to_have_text(["Sources"])
    page.go_back()
    expect(heading).to_have_text([names[0], "Periodogram", "Fits", "Spectra"])
    page.go_forward()
    expect(heading).to_have_text(["Sources"])
    assert "view=sources" in page.url


def test_box_finds_by_name_and_by_coordinates(visit: Open, truth: Truth) -> None:
    rows = truth("SELECT object_id, ra, dec FROM alerts WHERE stream IS NULL ORDER BY mjd DESC LIMIT 2")
    ztf = visit("scanner-ztf")
    page = ztf.open("view=home")
    heading = page.locator("main .widget-html h2:visible")
    expect(heading.first).to_contain_text("Newest night")
    box = page.get_by_role("combobox", name="Find an object by name or coordinates")
    for row, text in zip(rows, (rows[0]["object_id"], f"{rows[1]['ra']} {rows[1]['dec']}"), strict=True):
        box.fill(text)
        box.press("Enter")
        expect(page.get_by_role("option").first).to_contain_text(row["object_id"])
        box.press("Enter")
        expect(heading).to_have_text([row["object_id"], "Periodogram", "Fits", "Spectra"])
        assert row["object_id"] in page.url
    page.go_back()
    expect(heading).to_have_text([rows[0]["object_id"], "Periodogram", "Fits", "Spectra"])
    page.go_back()
    expect(heading.first).to_contain_text("Newest night")
    box.fill("no such object")
    box.press("Enter")
    expect(page.locator(".skyhub-find-note")).to_contain_text("no such object")


def test_theme_is_kept(visit: Open) -> None:
    page = visit("visitor", color_scheme="light").open("view=home")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Use the dark theme").click()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
    page.reload()
    expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


def test_the_action_bar_leaves_the_light_curve_whole(visit: Open) -> None:
    ztf = visit("scanner-ztf")
    page = ztf.open("view=scan")
    page.set_viewport_size({"width": 1440, "height": 900})
    ztf.scanner()
    bounds = "s => { const {top, bottom} = document.querySelector(s).getBoundingClientRect(); return [top, bottom]; }"
    assert page.evaluate(bounds, ".skyhub-lc-stage")[1] <= page.evaluate(bounds, ".skyhub-actions")[0]


def test_a_candidate_is_opened_as_a_notebook(visit: Open, hub: Hub) -> None:
    ztf = visit("scanner-ztf")
    page = ztf.open("view=scan")
    candidate = ztf.scanner().get_attribute("data-candidate-id")
    page.keyboard.press("l")
    link = page.get_by_role("link", name="Open in JupyterLab")
    expect(link).to_be_visible()
    assert f"candidate={candidate}" in page.url
    name = str(link.get_attribute("href")).partition("/lab/tree/")[2]
    assert f"candidate_id = '{candidate}'" in (hub.data_dir / "homes" / "scanner-ztf" / name).read_text()
    page.go_back()
    expect(page.locator(".skyhub-scanner")).to_have_attribute("data-candidate-id", str(candidate))


def test_report_is_run_and_opened(visit: Open) -> None:
    grb = visit("scanner-grb")
    page = grb.open("view=reports")
    title = page.get_by_role("button", name="Night summary")
    form = page.locator(".widget-vbox", has=title).last
    expect(form.get_by_role("button", name="Run now")).to_be_hidden()
    title.press("Enter")
    expect(page.get_by_role("button", name="Run now").and_(page.locator(":visible"))).to_have_count(1)
    expect(form.get_by_label("Night").and_(page.locator("input[type=date]"))).to_have_value(NIGHT)
    form.get_by_role("button", name="Run now").click()
    message = page.locator("p", has_text="was asked for")
    expect(message).to_be_visible()
    report_id = message.inner_text().split()[0]
    row = page.locator(".tabulator-row", has_text=report_id)
    expect(row).to_contain_text("done", timeout=60_000)
    expect(row).to_contain_text(NIGHT)
    row.locator(".tabulator-cell", has_text="done").click()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open as page").click()
    report = popup.value
    provenance = report.locator(".provenance")
    for text in (report_id, NIGHT, "scanner-grb", "Code revision", "Data version", "grb-afterglows"):
        expect(provenance).to_contain_text(text)
    expect(report.locator("main")).to_contain_text("Night")
    assert report.locator("main img").count() > 0
    report.screenshot(path=_picture("report"), full_page=True)
    page.get_by_role("button", name="Open as notebook").click()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open in JupyterLab").click()
    lab = popup.value
    expect(lab.locator(".jp-Notebook")).to_contain_text(NIGHT, timeout=60_000)
    lab.screenshot(path=_picture("report-in-lab"))


def test_secrets_are_typed_unseen_and_wrong_fields_speak_when_touched(visit: Open) -> None:
    page = visit("scientist").open("view=allocations")
    page.get_by_role("button", name="New allocation").click()
    expect(page.locator("input[type=password]")).to_be_visible()
    alerts, title = page.locator("[role=alert]:visible"), page.get_by_role("textbox", name="Title")
    expect(page.get_by_text("Still needed: Title, PI, Instrument.")).to_be_visible()
    expect(alerts).to_have_count(0)
    title.fill("x")
    title.fill("")
    expect(alerts).to_have_text(["Title is needed."])
    expect(page.get_by_role("link", name="Library")).to_have_attribute("aria-current", "page")


def test_starter_notebook_runs_top_to_bottom_in_jupyterlab(visit: Open, hub: Hub) -> None:
    ztf = visit("scanner-ztf", viewport={"width": 1400, "height": 1000})
    ztf.log_in("/hub/login?next=/user/scanner-ztf/lab/tree/tutorials/start.ipynb", dashboard=False)
    page = ztf.page
    notebook = page.locator(".jp-Notebook")
    expect(notebook).to_contain_text("Start here", timeout=60_000)
    expect(page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("skyhub")
    ready = page.locator(".jp-NotebookPanel-toolbar [data-status=idle]")
    expect(ready.first).to_be_attached(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    with hub.api("scanner-ztf") as client:
        path = "/user/scanner-ztf/api/contents/tutorials/start.ipynb"
        saved = wait_for(lambda: _executed(page, client.get(path).json()["content"]), 120, 1)
    assert saved, page.locator(".jp-Notebook").inner_text()
    assert {o["output_type"] for o in saved} <= {"display_data", "execute_result"}
    assert any("image/png" in o["data"] for o in saved)
    expect(page.locator(".jp-Notebook .skyhub-scanner h2.skyhub-name")).to_have_count(1, timeout=30_000)
    page.locator(".jp-Notebook .skyhub-scanner").scroll_into_view_if_needed()
    page.screenshot(path=_picture("lab"))


def _executed(page: Page, notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs of a notebook on disk once all its cells were executed; saves what the page has for the next look."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    page.keyboard.press("Control+s")
    if not all(cell["execution_count"] for cell in code):
        return []
    return [output for cell in code for output in cell["outputs"]]


def _picture(name: str) -> str:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return str(PICTURES / f"{name}.png")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_views_fit_every_width(visit: Open, truth: Truth, theme: str) -> None:
    statement = "SELECT object_id FROM photometry GROUP BY object_id ORDER BY count(mag) DESC, object_id LIMIT 1"
    name = truth(statement)[0]["object_id"]
    ztf = visit("scanner-ztf", color_scheme=theme, device_scale_factor=1)
    ztf.log_in()
    for view in ("home", "scan", "sources", f"source&object_id={name}", "reports"):
        page = ztf.open(f"view={view}")
        if view == "scan":
            ztf.scanner()
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            page.screenshot(path=_picture(f"{view.split('&')[0]}-{size}-{theme}"))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{view} at {width}"
