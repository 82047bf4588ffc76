"""The page of circulars, over a real service: from a run to GCN's form, by two people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.db import ROLES, Database, Viewer
from skyhub.reports import Outcome, claim_run, finish_run, report_template, request_run
from skyhub_widgets import Form
from skyhub_widgets.dashboard._circulars import CircularsView
from support.services import Served

VERA, OLAF = (Viewer(name, frozenset({"transients"}), scopes=ROLES["scientist"]) for name in ("vera", "olaf"))
SUBJECT = "GRB 230812B: optical limits"
BODY = "V. Author (Institute) reports:\n\nThe limit is r > 20.5 (AB, 5 sigma), not corrected for extinction."


def _ran(db: Database, body: str = BODY) -> str:
    report_id = request_run(db, VERA, report_template("gcn_circular_candidates"), {})
    _finish(db, report_id, body)
    return report_id


def _finish(db: Database, report_id: str, body: str) -> None:
    assert claim_run(db, "worker", report_id)
    facts = {"limits": [{"filter": "r<b>", "limiting_mag": 20.512}], "n": 1, "retracted": False, "queries": {}}
    artifacts = {"facts": json.dumps(facts), "text": f"SUBJECT: {SUBJECT}\n\n{body}"}
    finish_run(db, report_id, Outcome("done", "", 1.0, "r", 1, artifacts))


@pytest.fixture
def desks(served: Served) -> Iterator[dict[str, tuple[PageOfTest, CircularsView]]]:
    """The page of each of the two."""
    with served.sky(VERA) as vera, served.sky(OLAF) as olaf:
        pages = {"vera": PageOfTest(vera), "olaf": PageOfTest(olaf)}
        yield {name: (page, CircularsView(page)) for name, page in pages.items()}


def _press(view: CircularsView, text: str) -> widgets.Button:
    made: widgets.Button = find(view.box, widgets.Button, text)
    assert not made.disabled, made.tooltip
    made.click()
    return made


def _drafted(served: Served, desk: tuple[PageOfTest, CircularsView]) -> str:
    page, view = desk
    _ran(served.db)
    view.show({})
    find(view.box, widgets.Text, "Name").value = "first"
    _press(view, "Make a draft")
    assert page.went, texts(view.box)
    went, params = page.went[-1]
    assert went == "circulars"
    view.show(params)
    return str(params["circular"])


def _body(view: CircularsView) -> widgets.Textarea:
    return next(w for w in everything(view.box) if isinstance(w, widgets.Textarea))


def test_a_circular_that_is_not_there_leaves_no_other_one_in_sight(served: Served, desks: dict[str, Any]) -> None:
    number = _drafted(served, desks["vera"])
    _, vera = desks["vera"]
    vera.show({"circular": "999"})
    assert "999" in vera._message.value
    assert vera._panel.box.layout.display == "none"
    vera.show({"circular": number})
    assert (vera._message.value, vera._panel.box.layout.display) == ("", None)


def test_the_list_of_an_event_stays_its_own_when_something_changes(served: Served, desks: dict[str, Any]) -> None:
    number = _drafted(served, desks["vera"])
    _, vera = desks["vera"]
    vera.show({"event": "LVC#S190425z"})
    vera.hear({"kind": "circulars", "circular_id": number})
    assert vera._table.records == []
    vera.show({})
    assert [row["circular_id"] for row in vera._table.records] == [number]


def test_two_people_bring_a_circular_to_the_form(served: Served, desks: dict[str, Any]) -> None:
    number = _drafted(served, desks["vera"])
    (_, vera), (page, olaf) = desks["vera"], desks["olaf"]
    assert "The linter finds nothing." in texts(vera.box)
    assert all(f"<b>{name}</b>: {shown}" in texts(vera.box) for name, shown in (("n", "1"), ("retracted", "no")))
    assert "<td>r&lt;b&gt;</td><td>20.512</td>" in texts(vera.box)
    approve = find(vera.box, widgets.Button, "Approve")
    assert (approve.disabled, approve.tooltip) == (True, "nobody has reviewed it")
    _body(vera).value = BODY.replace("20.5", "21.5")
    assert "<b>21.5</b> instead of 20.5 · <b>not in the facts</b>" in texts(vera.box)
    assert find(vera.box, widgets.Button, "Reviewed").tooltip == "save what you have written first"
    _press(vera, "Save")
    olaf.show({"circular": number})
    assert _body(olaf).value == BODY.replace("20.5", "21.5")
    assert "21.5 (AB" in texts(olaf.box)  # among the changes
    _press(olaf, "Reviewed")
    vera.hear({"kind": "circulars", "circular_id": number})
    _press(vera, "Approve")
    olaf.hear({"kind": "circulars", "circular_id": number})
    _press(olaf, "Send …")
    assert page.sky.circulars.get(number)["state"] == "approved"
    _press(olaf, "Fill the form in")
    assert "https://gcn.nasa.gov/circulars/new?subject=GRB+230812B" in texts(olaf.box)
    assert (page.sky.circulars.get(number)["state"], _body(olaf).disabled) == ("handed over", True)
    next(w for w in everything(olaf.box) if isinstance(w, widgets.IntText)).value = 34567
    _press(olaf, "It was published")
    assert "GCN Circ. 34567" in texts(olaf.box)
    olaf.show({})
    assert [row["number"] for row in page.sky.circulars.rows(name="first")] == [34567]


def test_a_text_that_somebody_writes_is_not_overwritten_by_others(served: Served, desks: dict[str, Any]) -> None:
    number = _drafted(served, desks["vera"])
    (_, vera), (page, olaf) = desks["vera"], desks["olaf"]
    olaf.show({"circular": number})
    _body(vera).value = f"{BODY}\n\nMine."
    _body(olaf).value = f"{BODY}\n\nTheirs."
    _press(olaf, "Save")
    vera.hear({"kind": "circulars", "circular_id": number})
    assert _body(vera).value.endswith("Mine.")
    assert "olaf has written version 2" in texts(vera.box)
    _press(vera, "Save")
    assert "version 2 by now, by olaf, not 1" in texts(vera.box)
    assert page.sky.circulars.get(number)["body"].endswith("Theirs.")


def test_what_one_has_done_oneself_is_not_read_twice(
    served: Served, desks: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _drafted(served, desks["vera"])
    (page, vera), (_, olaf) = desks["vera"], desks["olaf"]
    olaf.show({"circular": number})
    _press(vera, "Reviewed")
    read: list[object] = []
    monkeypatch.setattr(page.sky.circulars, "facts", read.append)
    vera.hear({"kind": "circulars", "circular_id": number})
    assert read == []
    _press(olaf, "Reviewed")
    vera.hear({"kind": "circulars", "circular_id": number})
    assert read == [number]
    assert "reviewed by vera, olaf" in texts(vera.box)


def test_a_report_that_is_run_again_comes_in(served: Served, desks: dict[str, Any]) -> None:
    number = _drafted(served, desks["vera"])
    page, vera = desks["vera"]
    _body(vera).value = f"{BODY}\n\nSpectra are encouraged."
    _press(vera, "Save")
    _press(vera, "Run the report again")
    [asked] = [run["report_id"] for run in page.sky.reports.runs() if run["state"] == "queued"]
    _finish(served.db, asked, BODY.replace("20.5", "20.7"))
    vera.hear({"kind": "report", "report_id": asked, "state": "done"})
    assert _body(vera).value == f"{BODY.replace('20.5', '20.7')}\n\nSpectra are encouraged."
    assert page.sky.circulars.get(number)["report_id"] == asked


def test_what_goes_in_is_chosen_anew(served: Served, desks: dict[str, Any]) -> None:
    page, vera = desks["vera"]
    _drafted(served, desks["vera"])
    _body(vera).value = BODY + "More."
    assert find(vera.box, widgets.Button, "▸ What goes in").disabled
    _body(vera).value = BODY
    _press(vera, "▸ What goes in")
    form = next(w for w in everything(vera.box) if isinstance(w, Form) and "columns" in w.texts)
    assert form.texts["columns"] == "name, time, days, filter, magnitude"
    form.fill(sources="ZTF26b, ZTF26a", instruments="ZTF", begin="2026-11-22", authors="@transients")
    form.button.click()
    [asked] = [run for run in page.sky.reports.runs() if run["state"] == "queued"]
    assert asked["name"] == "gcn_circular_candidates"
    assert {name: asked["parameters"][name] for name in ("sources", "instruments", "begin", "authors", "level")} == {
        "sources": "ZTF26b, ZTF26a",
        "instruments": "ZTF",
        "begin": "2026-11-22",
        "authors": "@transients",
        "level": 0.9,
    }
    _finish(served.db, asked["report_id"], BODY.replace("20.5", "20.7"))
    vera.hear({"kind": "report", "report_id": asked["report_id"], "state": "done"})
    assert _body(vera).value == BODY.replace("20.5", "20.7")
