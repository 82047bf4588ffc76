"""Navigation bar, cards and table in a browser."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets import Cards, NavBar, RecordTable

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

FIND = """(message) => message.type === "find" && setTimeout(() => globalThis.w.model.receive({
  type: "found", text: message.text, message: `Nothing is known as '${message.text}'.`,
  results: message.text === "none" ? [] : [
    {object_id: "ZTF21abc", ra: 68.5782, dec: -9.0871, separation_arcsec: null},
    {object_id: "ZTF21abd", ra: 68.5783, dec: -9.0872, separation_arcsec: 1.24}]}), 5)"""


def location(page: Page) -> Any:
    return page.evaluate("globalThis.w.model.get('location')")


def test_a_search_without_result_says_so(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar(), on_send=FIND)
    page.get_by_role("combobox").fill("none")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox")).to_contain_text("Nothing is known as 'none'.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_an_object_is_found_and_chosen_by_keyboard(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar(), on_send=FIND)
    page.get_by_role("combobox").fill("04:34:18 -09:05:13")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(2)
    expect(page.get_by_role("option").nth(1)).to_contain_text("1.2″")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    assert location(page) == {"view": "source", "params": {"object_id": "ZTF21abd"}}
    assert page.evaluate("globalThis.w.model.sent.at(-1)") == {"type": "choose", "object_id": "ZTF21abd"}
    assert page.evaluate("location.search") == "?view=source&object_id=ZTF21abd"


def test_a_deep_link_wins_over_the_trait(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar(), query="?view=source&object_id=ZTF21abc")
    assert location(page) == {"view": "source", "params": {"object_id": "ZTF21abc"}}
    assert page.evaluate("globalThis.w.model.saved.location.view") == "source"


def test_back_and_forward_change_the_view(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar())
    assert page.evaluate("location.search") == "?view=home"
    page.get_by_role("link", name="Scan").click()
    page.evaluate("globalThis.w.model.set('location', {view: 'source', params: {object_id: 'ZTF21abc'}})")
    assert page.evaluate("location.search") == "?view=source&object_id=ZTF21abc"
    seen = []
    for move in ("back", "back", "forward"):
        page.evaluate(
            f"new Promise((done) => {{ addEventListener('popstate', done, {{once: true}}); history.{move}(); }})"
        )
        seen.append(location(page)["view"])
    assert seen == ["scan", "home", "scan"]
    expect(page.get_by_role("link", name="Scan")).to_have_attribute("aria-current", "page")


def test_what_a_view_shows_is_kept_in_the_address_without_a_step(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar())
    page.get_by_role("link", name="Sources").click()
    step = "{view: 'source', params: {object_id: 'ZTF21abc'}}"
    page.evaluate(f"globalThis.w.model.set('location', {step})")
    steps = page.evaluate("history.length")
    for axis in ("days", "phase"):
        kept = f"{{view: 'source', kept: {step}, params: {{object_id: 'ZTF21abc', lc_x_axis: '{axis}'}}}}"
        page.evaluate(f"globalThis.w.model.set('location', {kept})")
    page.wait_for_function("location.search === '?view=source&object_id=ZTF21abc&lc_x_axis=phase'")
    page.evaluate(f"globalThis.w.model.set('location', {kept.replace('phase', 'mjd')})")
    page.get_by_role("link", name="Scan").click()
    assert page.evaluate("[location.search, history.length]") == ["?view=scan", steps + 1]
    page.evaluate("new Promise((done) => { addEventListener('popstate', done, {once: true}); history.back(); })")
    assert location(page) == {"view": "source", "params": {"object_id": "ZTF21abc", "lc_x_axis": "mjd"}}


def test_what_is_kept_of_a_step_that_the_browser_has_left_changes_no_address(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar())
    for name in ("one", "two"):
        page.evaluate(f"globalThis.w.model.set('location', {{view: 'source', params: {{object_id: '{name}'}}}})")
    page.evaluate("new Promise((done) => { addEventListener('popstate', done, {once: true}); history.back(); })")
    late = "{view: 'source', kept: {view: 'source', params: {object_id: 'two'}}, params: {object_id: 'two', lc_x_axis: 'days'}}"
    page.evaluate(f"globalThis.w.model.set('location', {late})")
    page.wait_for_timeout(500)
    assert page.evaluate("location.search") == "?view=source&object_id=one"


def test_a_link_to_a_view_changes_the_view_and_not_the_page(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar())
    page.evaluate("""() => {
      document.body.insertAdjacentHTML("beforeend", '<a href="?view=source&amp;object_id=ZTF21%20b">near</a>');
      globalThis.stays = true;
    }""")
    page.get_by_role("link", name="near").click()
    assert location(page) == {"view": "source", "params": {"object_id": "ZTF21 b"}}
    assert page.evaluate("[globalThis.stays, location.search]") == [True, "?view=source&object_id=ZTF21+b"]


def test_a_page_below_another_is_marked_with_it(open_widget: Open) -> None:
    links = [{"id": "home", "label": "Home"}, {"id": "library", "label": "Library", "views": ["telescopes"]}]
    page = open_widget("navbar", NavBar(links=links, location={"view": "telescopes", "params": {"id": "3"}}))
    expect(page.get_by_role("link", name="Library")).to_have_attribute("aria-current", "page")
    assert page.locator("[aria-current]").count() == 1


def test_the_address_of_jupyterlab_is_left_alone(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar())
    page.evaluate("globalThis.w.close()")
    page.evaluate("history.replaceState(null, '', '/lab')")
    page.evaluate("document.getElementById('main').classList.add('jp-NotebookPanel')")
    page.evaluate("async () => { globalThis.w = await mount('navbar', globalThis.w.model.state); }")
    page.get_by_role("link", name="Scan").click()
    assert location(page)["view"] == "scan"
    assert page.evaluate("location.pathname + location.search") == "/lab"


def test_the_theme_is_remembered(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar())
    page.get_by_role("button", name="Use the dark theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("localStorage.getItem('skyhub-theme')") == "dark"
    expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()


def test_on_a_phone_the_links_are_in_a_menu(open_widget: Open) -> None:
    page = open_widget("navbar", NavBar(user="scanner-ztf"), size=(360, 740))
    expect(page.get_by_role("link", name="Scan")).to_be_hidden()
    page.get_by_role("button", name="Pages").click()
    page.get_by_role("link", name="Scan").click()
    expect(page.get_by_role("link", name="Reports")).to_be_hidden()
    assert location(page)["view"] == "scan"


def test_cards_lead_to_views_and_addresses(open_widget: Open) -> None:
    cards = Cards([
        {"title": "Scan", "text": "The night's candidates", "badge": "12 new since your last visit", "view": "scan"},
        {"title": "JupyterLab", "text": "Notebooks", "href": "/lab"},
        {"title": "Plan", "text": "Not yet", "disabled": "No telescope is set up."},
    ])  # fmt: skip
    page = open_widget("cards", cards)
    page.locator(".skyhub-tile").first.click(position={"x": 40, "y": 60})
    assert page.evaluate("globalThis.w.model.sent") == [{"type": "open", "view": "scan"}]
    assert page.get_by_role("link", name="JupyterLab").get_attribute("href") == "/lab"
    expect(page.get_by_text("No telescope is set up.")).to_be_visible()


NOTE = 'say "hi", all'
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ROWS = [
    {
        "object_id": f"ZTF26aa{n:03d}",
        "mag": 18 + n * 0.01 if n % 10 else None,
        "n": n,
        "saved": n % 2 == 0,
        "note": NOTE,
    }
    for n in range(1, 61)
]
COLUMNS = [
    {"field": "object_id", "title": "Object", "link": "?view=source&object_id={object_id}"},
    {"field": "mag", "title": "Mag", "unit": "AB", "kind": "number", "digits": 2, "description": "PSF magnitude"},
    {"field": "n", "title": "Detections", "kind": "integer"},
    {"field": "saved", "title": "Saved", "kind": "boolean"},
    {"field": "note", "title": "Note"},
]


def table(open_widget: Open, **options: Any) -> Page:
    page = open_widget("table", RecordTable(ROWS, COLUMNS, table_key="night", title="Candidates"), **options)
    expect(page.locator(".tabulator-row").first).to_be_visible()
    return page


def column(page: Page, field: str) -> list[str]:
    return page.locator(f".tabulator-row [tabulator-field={field}]").all_inner_texts()


def test_an_empty_table_says_so(open_widget: Open) -> None:
    page = open_widget("table", RecordTable([], COLUMNS, empty_text="No source is saved yet."))
    expect(page.get_by_text("No source is saved yet.")).to_be_visible()
    expect(page.locator(".skyhub-table-count")).to_have_text("0 rows")


def test_an_empty_table_says_another_thing_when_it_is_told_to(open_widget: Open) -> None:
    page = open_widget("table", RecordTable([], COLUMNS, empty_text="Nothing lies inside."))
    page.evaluate("globalThis.w.model.set('empty_text', 'There is no map.')")
    expect(page.get_by_text("There is no map.")).to_be_visible()


def test_a_table_that_is_made_anew_twice_at_once_works(open_widget: Open) -> None:
    page = table(open_widget)
    warned: list[str] = []
    page.on("console", lambda message: warned.append(message.text))
    page.on("pageerror", lambda error: warned.append(str(error)))
    page.evaluate("""() => {
      globalThis.w.model.set("empty_text", "There is no map.");
      globalThis.w.model.set("columns", globalThis.w.model.get("columns").slice(0, 2));
    }""")
    expect(page.locator(".tabulator-col")).to_have_count(2)
    expect(page.locator(".tabulator-row")).to_have_count(25)
    assert warned == []


def test_text_of_records_is_not_html(open_widget: Open) -> None:
    page = open_widget("table", RecordTable([{"id": "<img src=x onerror=alert(1)>", "link": "javascript:alert(1)"}],
                                            [{"field": "id"}, {"field": "link", "link": "javascript:alert(1)"}]))  # fmt: skip
    expect(page.locator(".tabulator-row")).to_contain_text("<img src=x")
    assert page.locator(".tabulator-row :is(img, a)").count() == 0


def test_sorting_puts_missing_values_last_both_ways(open_widget: Open) -> None:
    page = table(open_widget)
    for expected in ("18.01", "18.59"):
        page.locator(".tabulator-col[tabulator-field=mag] .tabulator-col-title").click()
        assert column(page, "mag")[0] == expected
    page.get_by_label("Last Page").click()
    assert column(page, "mag")[-1] == "—"


def test_a_header_sorts_by_keyboard(open_widget: Open) -> None:
    page = table(open_widget)
    header = page.locator(".tabulator-col[tabulator-field=n]")
    header.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    assert column(page, "n")[0] == "60"


FILTERS = [("mag", "< 18.05", 4), ("n", "10..12", 3), ("n", "=7", 1), ("saved", "yes", 30), ("object_id", "aa00", 9)]


@pytest.mark.parametrize(("field", "typed", "found"), FILTERS)
def test_columns_filter(open_widget: Open, field: str, typed: str, found: int) -> None:
    page = table(open_widget)
    page.locator(f".tabulator-col[tabulator-field={field}] input").fill(typed)
    expect(page.locator(".skyhub-table-count")).to_have_text(f"{found} of 60 rows")
    page.get_by_role("button", name="clear filters").click()
    expect(page.locator(".skyhub-table-count")).to_have_text("60 rows")


def test_all_columns_filter_together_and_new_rows_keep_it(open_widget: Open) -> None:
    page = table(open_widget)
    page.get_by_label("Filter all columns").fill("aa05")
    expect(page.locator(".skyhub-table-count")).to_have_text("10 of 60 rows")
    page.evaluate("globalThis.w.model.set('rows', globalThis.w.model.get('rows').slice(0, 52))")
    expect(page.locator(".skyhub-table-count")).to_have_text("3 of 52 rows")


def test_hidden_columns_are_remembered(open_widget: Open) -> None:
    page = table(open_widget)
    page.get_by_role("button", name="columns").click()
    page.get_by_role("checkbox", name="Note").uncheck()
    expect(page.locator(".tabulator-col[tabulator-field=note]")).to_be_hidden()
    page.keyboard.press("Escape")
    page.evaluate(
        "async () => { await globalThis.w.close(); globalThis.w = await mount('table', globalThis.w.model.state); }"
    )
    expect(page.locator(".tabulator-col[tabulator-field=note]")).to_be_hidden()
    expect(page.locator(".tabulator-col[tabulator-field=mag]")).to_be_visible()


@pytest.mark.parametrize("form", ["CSV", "JSON"])
def test_what_is_shown_is_downloaded(open_widget: Open, form: str) -> None:
    page = table(open_widget)
    page.locator(".tabulator-col[tabulator-field=n] input").fill("..10")
    expect(page.locator(".skyhub-table-count")).to_have_text("10 of 60 rows")
    with page.expect_download() as download:
        page.get_by_role("button", name=form).click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert download.value.suggested_filename == f"night.{form.lower()}"
    if form == "JSON":
        assert json.loads(text) == ROWS[:10]
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["object_id"] for row in rows] == [row["object_id"] for row in ROWS[:10]]
        assert (rows[0]["note"], rows[9]["mag"]) == (NOTE, "")


def test_rows_open_by_click_and_by_keyboard(open_widget: Open) -> None:
    page = table(open_widget)
    page.locator(".tabulator-row [tabulator-field=note]").first.click()
    page.locator(".tabulator-row").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("globalThis.w.model.sent") == [{"type": "clicked", "id": f"ZTF26aa00{n}"} for n in (1, 2)]
    link = page.get_by_role("link", name="ZTF26aa003")
    assert link.get_attribute("href") == "?view=source&object_id=ZTF26aa003"


def test_pages_have_a_size(open_widget: Open) -> None:
    page = table(open_widget)
    expect(page.locator(".tabulator-row")).to_have_count(25)
    page.locator(".tabulator-page-size").select_option("50")
    expect(page.locator(".tabulator-row")).to_have_count(50)


def test_the_licence_of_tabulator_is_in_the_module(open_widget: Open) -> None:
    page = table(open_widget)
    source = page.evaluate("fetch('/static/table.js').then((reply) => reply.text())")
    assert "Oliver Folkerd" in source
    assert "Permission is hereby granted, free of charge" in source


def test_rows_that_come_while_the_table_is_built_are_shown(open_widget: Open) -> None:
    page = open_widget("table", RecordTable([], COLUMNS))
    page.evaluate(
        "async (rows) => { const made = await mount('table', {...globalThis.w.model.state, rows: []}, {});"
        " made.model.set('rows', rows); made.model.save_changes(); globalThis.late = made; }",
        ROWS,
    )
    expect(page.locator(".skyhub-table-count").last).to_have_text(f"{len(ROWS)} rows")
    expect(page.locator(".skyhub-table").last.locator(".tabulator-row")).to_have_count(25)


def test_times_are_shown_to_the_second(open_widget: Open) -> None:
    columns = [{"field": "saved_at", "title": "Saved at", "kind": "time"}]
    page = open_widget("table", RecordTable([{"saved_at": "2026-11-23T12:13:41.773Z"}], columns))
    expect(page.locator(".tabulator-row")).to_have_text("2026-11-23 12:13:41")


SHAPE = """[...document.querySelectorAll(".tabulator-row, .tabulator-col")].map((element) => element.getBoundingClientRect())
  .map((box) => `${Math.round(box.width)}x${Math.round(box.height)}`).join()"""


@pytest.mark.parametrize("meanwhile", ["filled", "made", "narrowed"])
def test_a_table_that_changed_while_it_was_hidden_is_drawn_when_it_is_shown(open_widget: Open, meanwhile: str) -> None:
    page = table(open_widget)
    shape = page.evaluate(SHAPE)
    page.evaluate("globalThis.w.model.set('rows', [])")
    expect(page.locator(".tabulator-row")).to_have_count(0)
    page.evaluate("document.body.style.display = 'none'")
    if meanwhile == "made":
        page.evaluate("async () => { await w.close(); globalThis.w = await mount('table', w.model.state); }")
    if meanwhile == "narrowed":
        page.set_viewport_size({"width": 700, "height": 900})
    page.evaluate("(rows) => globalThis.w.model.set('rows', rows)", ROWS)
    expect(page.locator(".skyhub-table-count")).to_have_text("60 rows")
    if meanwhile == "narrowed":
        page.set_viewport_size({"width": 1400, "height": 900})
    page.evaluate("document.body.style.display = ''")
    page.wait_for_function(f"(shape) => {SHAPE} === shape", arg=shape, timeout=5000)


def test_images_of_rows_are_asked_for_when_they_come_into_sight(open_widget: Open) -> None:
    columns = [{"field": "images", "title": "Images", "kind": "images"}, *COLUMNS]
    answer = """(message) => message.type === "images" && setTimeout(() => globalThis.w.model.receive({
      type: "images", images: Object.fromEntries(message.ids.map((id) => [id, [PIXEL, PIXEL]])),
    }))""".replace("PIXEL", repr(PIXEL))
    page = open_widget("table", RecordTable(ROWS, columns, id_field="object_id"), on_send=answer, size=(1400, 500))
    first = page.locator(".tabulator-row").first
    expect(first.locator("img")).to_have_count(2)
    asked = "globalThis.w.model.sent.filter((m) => m.type === 'images').flatMap((m) => m.ids)"
    names = page.evaluate(asked)
    assert "ZTF26aa001" in names
    assert "ZTF26aa025" not in names, "it is out of sight"
    page.locator(".tabulator-row").nth(24).scroll_into_view_if_needed()
    expect(page.locator(".tabulator-row").nth(24).locator("img")).to_have_count(2)
    page.get_by_role("columnheader", name="Detections").click()
    expect(page.locator(".tabulator-row").first.locator("img")).to_have_count(2)
    names = page.evaluate(asked)
    assert len(names) == len(set(names)), "each row is asked for once"
    assert page.locator(".tabulator-col[tabulator-field=images] input").count() == 0
