"""The page of reports: what its forms propose."""

from __future__ import annotations

import json
import re
from datetime import date

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, texts
from skyhub.db import ADMINISTRATOR
from skyhub_widgets import Form
from skyhub_widgets._parameters import last_night
from skyhub_widgets.dashboard._report_calendar import month_table
from skyhub_widgets.dashboard._reports import ReportsView
from support.services import Served


@pytest.mark.parametrize("nights", [[], ["2026-11-21", "2026-11-20"]])
def test_the_night_is_the_newest_with_candidates(
    served: Served, monkeypatch: pytest.MonkeyPatch, nights: list[str]
) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        monkeypatch.setattr(sky.candidates, "nights", lambda: [{"dayobs": n, "n_objects": 1} for n in nights])
        forms = [widget for widget in everything(ReportsView(PageOfTest(sky)).box) if isinstance(widget, Form)]
    proposed = {form.value["dayobs"] for form in forms if "dayobs" in form.value}
    assert proposed == {nights[0] if nights else last_night().isoformat()}


def test_one_form_is_open_at_a_time(page: PageOfTest) -> None:
    view = ReportsView(page)
    forms = [widget for widget in everything(view.box) if isinstance(widget, Form)]
    titles = [w for w in everything(view.box) if isinstance(w, widgets.Button) and w.description[:1] in "▸▾"]
    assert len(forms) == len(titles) > 1

    def pressed(*places: int) -> list[int]:
        for place in places:
            titles[place].click()
        shown = [place for place, form in enumerate(forms) if form.layout.display is None]
        assert shown == [place for place, title in enumerate(titles) if title.description.startswith("▾")]
        return shown

    assert pressed() == []
    assert pressed(0) == [0]
    assert pressed(1) == [1]
    assert pressed(1) == []


def test_a_month_shows_what_ran_and_what_is_to_come() -> None:
    runs = [
        {"due_at": "2026-11-21T16:00:00Z", "name": "night_summary", "state": state}
        for state in ("done", "done", "failed")
    ]
    common = {"report": "night_summary", "title": "Night summary", "schedule": "<b>", "for_group": "transients"}
    html = month_table(date(2026, 11, 1), runs, [{"at": "2026-11-23T16:00:00Z", **common}], date(2026, 11, 22))
    cells = re.findall(r"<td.*?</td>", html, re.DOTALL)
    assert len(cells) == 42
    by_day = {re.sub(r"<[^>]*>", " ", cell).split()[0]: cell for cell in cells[6:36]}
    assert "✓&#8239;2" in by_day["21"]
    assert "✗&#8239;1" in by_day["21"]
    assert 'aria-current="date"' in by_day["22"]
    assert "○&#8239;1" in by_day["23"]
    assert "&lt;b&gt;, for transients" in by_day["23"]
    assert "<b>," not in html


def test_a_run_is_shown_beside_its_facts_and_can_be_cancelled(page: PageOfTest) -> None:
    view = ReportsView(page)
    queued, done = (page.sky.reports.request("night_summary") for _ in range(2))
    view.show({"report_id": queued})
    shown = {b.description: b for b in everything(view.box) if isinstance(b, widgets.Button)}
    assert [name for name in ("Cancel", "Verify", "Open as notebook") if shown[name].layout.display is None] == [
        "Cancel"
    ]
    shown["Cancel"].click()
    assert page.sky.reports.run(queued)["state"] == "cancelled"
    assert "It was cancelled." in texts(view.box)
    transport = page.sky.transport
    transport.post("/api/reports/claims", {"worker": "h/1", "report_id": done})
    artifacts = {"text": "One <source>.", "facts": '{"n_saved": 1}'}
    asked = {"request": "POST /api/sql", "statement": "SELECT <1>", "tables": ["sources"], "rows": 7}
    artifacts["queries"] = json.dumps([asked])
    outcome = {"state": "done", "seconds": 1.0, "code_revision": "r", "data_version": 1, "artifacts": artifacts}
    transport.post(f"/api/reports/{done}/outcome", outcome)
    view.show({"report_id": done})
    assert "One &lt;source&gt;." in texts(view.box)
    assert "&quot;n_saved&quot;: 1" in texts(view.box)
    assert "1. POST /api/sql of sources: 7 rows\nSELECT &lt;1&gt;" in texts(view.box)
    shown["Verify"].click()
    assert page.sky.reports.runs(1)[0]["verifies"] == done
    shown["Schedules"].click()
    assert page.went[-1] == ("schedules", {})


def test_a_run_that_is_not_there_is_said_and_leaves_no_other_one_in_sight(page: PageOfTest) -> None:
    view = ReportsView(page)
    view.show({"report_id": "night_summary-999"})
    assert view._run.box.layout.display is None
    assert "night_summary-999" in view._run._message.value
    queued = page.sky.reports.request("night_summary")
    view.show({"report_id": queued})
    assert view._run._buttons.layout.display is None
    view.show({"report_id": "night_summary-999"})
    assert queued not in view._run._title.value
    assert view._run._buttons.layout.display == "none"


def test_the_page_asks_once_for_nights_and_for_nothing_while_it_is_hidden(
    page: PageOfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nights() -> list[dict[str, str]]:
        asked.append("nights")
        return []

    monkeypatch.setattr(page.sky.candidates, "nights", nights)
    view = ReportsView(page)
    assert asked == ["nights"]
    view.show({})
    view.box.layout.display = "none"
    queued = page.sky.reports.request("night_summary")
    view.hear({"kind": "report", "report_id": queued})
    assert view._table.records == []
    view.box.layout.display = None
    view.hear({"kind": "report", "report_id": queued})
    assert [run["report_id"] for run in view._table.records] == [queued]
