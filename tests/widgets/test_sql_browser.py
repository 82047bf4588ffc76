"""The SQL workbench in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from skyhub_widgets._sql import SqlPad

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
RESULTS = Path(__file__).resolve().parents[2] / "test-results" / "widgets"


def _column(name: str, kind: str = "DOUBLE", unit: str = "", description: str = "") -> dict[str, str]:
    return {"name": name, "type": kind, "unit": unit, "description": description}


TABLES = [
    {
        "name": "hosts", "owner": "ana", "sql": "hosts", "description": "host galaxies", "n_rows": 1234, "version": 2,
        "columns": [_column("object_id", "string"), _column("z")],
    },
    {
        "name": "mine", "owner": "bob", "sql": '"user_bob".mine', "description": "", "n_rows": 3, "version": 1,
        "columns": [_column("x", "int64")],
    },
    {
        "name": "photometry", "description": "Light curves: detections and limits.",
        "example": "SELECT mjd, mag FROM photometry LIMIT 10",
        "columns": [
            _column("object_id", "VARCHAR", "", "Name of the object"), _column("mjd", "DOUBLE", "d", "Time (MJD, UTC)"),
            _column("mag", "FLOAT", "mag", "Magnitude (AB)"), _column("magerr", "FLOAT", "mag"),
            _column("filter", "VARCHAR"),
        ],
    },
    {
        "name": "alerts", "description": "Alert packets.", "example": "SELECT count(*) FROM alerts",
        "columns": [_column("candid", "BIGINT"), _column("drb", "FLOAT"), _column("mjd", "DOUBLE", "d")],
    },
]  # fmt: skip
DONE = {
    "state": "done", "statement": "SELECT 1", "rows": 12345, "shown": 1000, "seconds": 0.1234, "rows_read": 2000000,
    "truncated": False,
}  # fmt: skip


def pad(**traits: Any) -> SqlPad:
    return SqlPad(tables=TABLES, **traits)


def sent(page: Page) -> Any:
    return page.evaluate("globalThis.w.model.sent")


def set_status(page: Page, **status: Any) -> None:
    page.evaluate("(status) => globalThis.w.model.set('status', status)", status)


def test_nothing_runs_without_a_statement_or_while_one_runs(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    page.get_by_role("button", name="Run").click()
    page.get_by_role("combobox").press("Control+Enter")
    set_status(page, state="running", statement="x", message="", fraction=0)
    page.get_by_role("combobox").fill("SELECT 1")
    page.get_by_role("combobox").press("Control+Enter")
    expect(page.get_by_role("button", name="Run")).to_be_disabled()
    assert sent(page) == []


def test_a_statement_is_run_by_keyboard(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    area = page.get_by_role("combobox")
    area.fill("SELECT 1\n")
    page.get_by_label("as of").fill("2026-11-22T03:00:00Z")
    area.press("Control+Enter")
    assert sent(page) == [{"type": "run", "statement": "SELECT 1\n", "as_of": "2026-11-22T03:00:00Z"}]
    assert page.evaluate("globalThis.w.model.saved") == {"statement": "SELECT 1\n", "as_of": "2026-11-22T03:00:00Z"}


def test_progress_is_shown_and_cancelled(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    set_status(page, state="running", statement="x", message="reading photometry, 1,000 rows read, 2 s", fraction=0.4)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "0.4")
    expect(page.get_by_role("status").first).to_contain_text("reading photometry")
    page.get_by_role("button", name="Cancel").click()
    assert sent(page) == [{"type": "cancel"}]
    set_status(page, state="cancelled", statement="x", message="")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.get_by_role("status").first).to_have_text("cancelled")


def test_failures_are_shown_as_text(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    set_status(page, state="failed", statement="x", message='LINE 1: <img src=x onerror="alert(1)">\n        ^')
    expect(page.get_by_role("alert")).to_have_text('LINE 1: <img src=x onerror="alert(1)">\n        ^')
    assert page.locator("img").count() == 0
    set_status(page, **DONE)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_answer_tells_of_rows_and_time(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    expect(page.get_by_role("button", name="CSV")).to_be_disabled()
    set_status(page, **DONE)
    expect(page.get_by_role("status").first).to_have_text(
        "12,345 rows, the first 1,000 shown · 0.123 s · 2,000,000 rows read"
    )
    set_status(page, **{**DONE, "rows": 1, "shown": 1, "truncated": True})
    expect(page.get_by_role("status").first).to_contain_text("1 row, more were left out ·")
    page.get_by_role("button", name="CSV").click()
    page.get_by_role("button", name="Parquet").click()
    assert [message["form"] for message in sent(page)] == ["csv", "parquet"]


def test_a_file_is_downloaded(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    with page.expect_download() as download:
        page.evaluate(
            "globalThis.w.model.fire('msg:custom', {type: 'file', name: 'answer.csv', media_type: 'text/csv'}, "
            "[new DataView(new TextEncoder().encode('a,b').buffer)])"
        )
    assert download.value.suggested_filename == "answer.csv"
    assert Path(download.value.path()).read_text() == "a,b"


@pytest.mark.parametrize(
    ("typed", "keys", "expected"),
    [
        ("SELECT * FROM phot", ["Tab"], "SELECT * FROM photometry"),
        ("SELECT mag", ["Tab"], "SELECT magerr"),
        ("SELECT p.ma FROM photometry p", ["Tab", "ArrowDown", "Tab"], "SELECT p.magerr FROM photometry p"),
        ("SELECT p.ma FROM photometry AS p", ["Control+ ", "Enter"], "SELECT p.mag FROM photometry AS p"),
        ("SELECT p.ma FROM photometry p", ["Tab", "Escape"], "SELECT p.ma FROM photometry p"),
        ("SELECT a.dr FROM alerts a, photometry p", ["Tab"], "SELECT a.drb FROM alerts a, photometry p"),
        ("sele", ["Tab"], "SELECT"),
        ("FROM user_b", ["Tab"], "FROM user_b"),
        ("FROM hos", ["Tab"], "FROM hosts"),
    ],
)
def test_words_are_completed(open_widget: Open, typed: str, keys: list[str], expected: str) -> None:
    page = open_widget("sql", pad())
    area = page.get_by_role("combobox")
    area.fill(typed)
    at = typed.index(" FROM") if typed.startswith("SELECT") and "." in typed else len(typed)
    area.evaluate("(area, at) => area.setSelectionRange(at, at)", at)
    for key in keys:
        page.keyboard.press(key)
    expect(area).to_have_value(expected)
    assert page.evaluate("globalThis.w.model.get('statement')") == expected


def test_tab_leaves_the_editor_where_nothing_is_to_complete(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    area = page.get_by_role("combobox")
    area.fill("SELECT 1 ")
    area.press("Tab")
    expect(area).not_to_be_focused()


def test_keys_of_the_editor_are_not_the_pages(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    page.evaluate("addEventListener('keydown', (event) => (globalThis.heard = event.key))")
    page.get_by_role("combobox").press("s")
    assert page.evaluate("globalThis.heard") is None


def test_tables_lead_into_the_editor(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    page.get_by_text("photometry", exact=True).click()
    page.locator("details", has_text="Light curves").get_by_role("button", name="example").first.click()
    area = page.get_by_role("combobox")
    expect(area).to_have_value("SELECT mjd, mag FROM photometry LIMIT 10")
    area.fill("SELECT ")
    page.get_by_role("button", name="magerr").click()
    expect(area).to_have_value("SELECT magerr")
    page.get_by_text('"user_bob".mine', exact=True).click()
    page.get_by_title('Put "user_bob".mine into the editor').click()
    expect(area).to_have_value('SELECT magerr"user_bob".mine')


def test_tables_are_found_by_their_columns(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    page.get_by_role("searchbox").fill("DRB")
    expect(page.locator(".skyhub-sql-table")).to_have_count(1)
    expect(page.get_by_role("button", name="drb float")).to_be_visible()
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_text("No table or column")).to_be_visible()


def test_statements_that_ran_are_remembered(open_widget: Open) -> None:
    page = open_widget("sql", pad())
    page.get_by_role("button", name="history").click()
    expect(page.get_by_text("Statements that you run")).to_be_visible()
    page.keyboard.press("Escape")
    for number in range(60):
        set_status(page, state="running", statement="", message="", fraction=0)
        set_status(page, **{**DONE, "statement": f"SELECT {number % 55}"})
    page.get_by_role("button", name="history").click()
    expect(page.locator(".skyhub-sql-entry")).to_have_count(50)
    page.locator(".skyhub-sql-entry").nth(1).click()
    expect(page.get_by_role("combobox")).to_have_value("SELECT 3")
    expect(page.locator(".skyhub-sql-history")).to_be_hidden()


def test_a_statement_is_copied_as_python(open_widget: Open) -> None:
    page = open_widget("sql", pad(statement='SELECT "a" FROM x WHERE y = \'\\\\"""\' AND z = "b"', as_of="2026-01-01"))
    page.evaluate(
        "document.execCommand = (command) => { globalThis.copied = document.activeElement.value; return true; }"
    )
    page.get_by_role("button", name="copy as Python").click()
    expect(page.get_by_role("status").first).to_have_text("copied")
    code = page.evaluate("globalThis.copied")
    asked: list[Any] = []

    class _Sky:
        def sql(self, statement: str, **options: Any) -> None:
            asked.append((statement, options["as_of"].isoformat()))

    exec(code, {"sky": _Sky()})
    assert asked == [('\nSELECT "a" FROM x WHERE y = \'\\\\"""\' AND z = "b"\n', "2026-01-01T00:00:00")]


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [(1400, 900), (900, 700), (360, 740)], ids=lambda size: str(size[0]))
def test_the_workbench_fits_the_window(open_widget: Open, size: tuple[int, int], theme: str) -> None:
    statement = "SELECT object_id, min(mag) AS peak\nFROM hosts JOIN photometry USING (object_id)\nGROUP BY object_id"
    page = open_widget("sql", pad(statement=statement), size=size, theme=theme)
    if size[0] < 760:
        page.get_by_text("Tables", exact=True).click()
    page.get_by_text("photometry", exact=True).click()
    set_status(page, **DONE)
    RESULTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=RESULTS / f"sql-{size[0]}-{theme}.png")
    area = page.get_by_role("combobox")
    area.press("End")
    page.keyboard.press("Control+End")
    page.keyboard.type("\nHAVING m")
    page.keyboard.press("Control+ ")
    set_status(
        page,
        state="failed",
        statement="x",
        message="Binder Error: nothing is called m\n\nLINE 4: HAVING m\n               ^",
    )
    page.wait_for_timeout(100)
    page.screenshot(path=RESULTS / f"sql-open-{size[0]}-{theme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
