"""The panel of groups' reports: fork, compare, try, take into force; and where the group's reports are offered."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.db import ADMINISTRATOR
from skyhub.reports import Outcome, claim_own_run, finish_run
from skyhub_widgets.dashboard import _report_templates
from skyhub_widgets.dashboard._reports import ReportsView
from support.services import Served


@pytest.fixture
def page(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PageOfTest:
    monkeypatch.setattr(_report_templates, "home_folder", lambda: tmp_path)
    return PageOfTest(served.sky(ADMINISTRATOR))


def _forked(view: ReportsView, name: str = "our_night") -> None:
    find(view.box, widgets.Dropdown, "Fork").value = "night_summary"
    find(view.box, widgets.Dropdown, "Group").value = "transients"
    find(view.box, widgets.Text, "As").value = name
    find(view.box, widgets.Button, "Fork").click()


def _pressed(view: ReportsView, text: str) -> None:
    pressed = find(view.box, widgets.Button, text)
    assert not pressed.disabled, pressed.tooltip
    pressed.click()


def test_a_report_is_forked_edited_compared_tried_and_taken_into_force(
    page: PageOfTest, served: Served, tmp_path: Path
) -> None:
    view = ReportsView(page)
    view.show({})
    _forked(view)
    assert "Version 1" not in texts(view.box)
    assert find(view.box, widgets.Button, "Activate").disabled
    _forked(view)
    assert "already" in texts(view.box)
    _forked(view, "Night")
    assert "is no name of a report" in texts(view.box)
    _pressed(view, "Edit as notebook")
    copy = tmp_path / "reports" / "templates" / "transients" / "our_night.ipynb"
    copy.write_text(copy.read_text().replace("# Night summary", "# Our <night>"))
    _pressed(view, "Store as new version")
    find(view.box, widgets.Dropdown, "Against").value = "original"
    assert "Our &lt;night&gt;" in texts(view.box)
    _pressed(view, "Dry run")
    went, params = page.went[-1]
    assert went == "reports"
    assert claim_own_run(served.db, ADMINISTRATOR, params["report_id"]) is not None
    artifacts = {"facts": "{}", "text": "SUBJECT: Re: x\n\nTold.", "log": "[2]\nsaid <so>\n"}
    finish_run(served.db, params["report_id"], Outcome("done", "", 1.0, "r", 1, artifacts))
    view.hear({"kind": "report"})
    view.show(params)
    assert "dry run, done" in texts(view.box)
    assert "said &lt;so&gt;" in texts(view.box)
    assert "subject-reply" in texts(view.box)
    _pressed(view, "Activate")
    assert "Version 2 is in force" in texts(view.box)
    titles = [w.description for w in everything(view.box) if isinstance(w, widgets.Button)]
    assert "▸ Night summary (transients)" in titles
    _pressed(view, "Deactivate")
    assert "No version is in force" in texts(view.box)


def test_who_may_only_view_is_offered_no_fork(served: Served) -> None:
    from support.houses import VISITOR

    view = ReportsView(PageOfTest(served.sky(VISITOR)))
    view.show({})
    labels = [w.description for w in everything(view.box) if isinstance(w, widgets.Dropdown)]
    assert "Fork" not in labels
