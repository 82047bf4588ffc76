"""The page of filters, over a real service: written with cuts one a line, tried, taken live; errors at their field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.db import ADMINISTRATOR, ROLES, Viewer
from skyhub.errors import InvalidInput
from skyhub.team import change_group
from skyhub_widgets import Form, RecordTable
from skyhub_widgets.dashboard._filter_texts import annotations_of_lines, condition_of_lines
from skyhub_widgets.dashboard._filters import FiltersView
from support.houses import VISITOR
from support.services import Served

LEADER = Viewer("leader", frozenset({"transients"}), scopes=ROLES["scanner"])


@pytest.fixture
def led(served: Served) -> Iterator[PageOfTest]:
    change_group(served.db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    with served.sky(LEADER) as sky:
        yield PageOfTest(sky)


def _table(view: FiltersView, key: str) -> Any:
    return next(w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == key)


def _visit(page: PageOfTest, **params: str) -> FiltersView:
    view = FiltersView(page)
    view.show(params)
    return view


@pytest.mark.parametrize("text", ["mag", "= mag", "m =", "m = mag\nnothing"])
def test_lines_that_are_no_annotations_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="key = expression"):
        annotations_of_lines(text)


def test_lines_are_cuts() -> None:
    assert condition_of_lines("drb > 0.5\n\n mag < 19 OR age < 2 ") == "(drb > 0.5)\nAND (mag < 19 OR age < 2)"
    assert condition_of_lines(" drb > 0.5 \n") == "drb > 0.5"
    assert annotations_of_lines("m = mag\n\nbright = mag <= 18") == {"m": "mag", "bright": "mag <= 18"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": "x", "expression": "no_such_column > 1"}, "no_such_column"),
        ({"name": "x", "expression": "drb > 0.5", "annotations": "m"}, "key = expression"),
        ({"name": "x", "expression": "drb > 0.5", "annotations": "m = count(*)"}, "no expression on one alert"),
        ({"name": "x", "expression": "drb > 0.5", "autosave": "bursts"}, "may not save for bursts"),
        ({"name": "x", "expression": "drb > 0.5", "survey": "ZFT"}, "is not known: "),
        ({"name": "17", "expression": "drb > 0.5"}, "no name for a filter"),
    ],
)
def test_errors_are_shown_at_their_field(led: PageOfTest, values: dict[str, Any], told: str) -> None:
    view = _visit(led, id="new")
    form: Form = find(view.box, Form)
    form.fill(**values)
    form.button.click()
    [wrong] = [name for name, field in form._fields.items() if told in texts(field.row)]
    form.fill(**{wrong: "something else"})
    assert told not in texts(form)
    assert led.went == []


def test_a_filter_is_written_tried_and_taken_live(led: PageOfTest) -> None:
    view = _visit(led, id="new")
    form: Form = find(view.box, Form)
    cuts = "drb > 0.5\nmag > 18.6 OR object_id = 'ZTF26public'"
    form.fill(name="mine", expression=cuts, annotations="above = limiting_mag - mag", autosave="transients", guard=1)
    find(view.box, widgets.Button, "Dry run").click()
    assert "2 of 4</b> alerts of 2026-11-21 pass (50 %)" in texts(view.box)
    examples = _table(view, "filter-examples").records
    assert {row["object_id"] for row in examples} == {"ZTF26public", "ZTF26faint"}
    assert examples[0]["annotations"].startswith("above = ")
    form.fill(guard=0.05)
    form.button.click()
    [(_, params)] = led.went
    number = params["id"]
    view.show({"id": number})
    assert "Not live yet" in texts(view.box)
    find(view.box, widgets.Button, "Take live").click()
    form = find(view.box, Form)
    form.button.click()
    assert "was not tried on reference nights" in texts(form)
    find(view.box, widgets.Button, "Try on nights").click()
    form = find(view.box, Form)
    form.fill(known="ZTF26public, ZTF26bogus")
    form.button.click()
    assert "50 % does not keep to the guard of 5 %" in texts(view.box)
    assert "Finds 50 % of the known objects; missed: ZTF26bogus." in texts(view.box)
    find(view.box, widgets.Button, "Take live").click()
    form = find(view.box, Form)
    form.fill(reason="agreed on Monday")
    form.button.click()
    assert "is live since" in texts(view.box)
    [state] = _table(view, "filter-states").records
    assert (state["user_name"], state["reason"]) == ("leader", "agreed on Monday")
    find(view.box, widgets.Button, "Take off").click()
    find(view.box, Form).button.click()
    assert [row["action"] for row in _table(view, "filter-states").records] == ["version 1 off", "version 1 live"]


def test_a_new_version_starts_from_the_newest(led: PageOfTest) -> None:
    told = led.sky.filters.add("mine", "drb > 0.5 AND (mag < 19 OR age < 2)", "transients", annotations={"m": "mag"})
    view = _visit(led, id=told["filter_id"], edit="1")
    form: Form = find(view.box, Form)
    assert form.value["expression"] == "drb > 0.5\nmag < 19 OR age < 2"
    assert form.value["annotations"] == "m = mag"
    form.fill(expression="drb > 0.6\nmag < 19 OR age < 2")
    find(view.box, widgets.Button, "Dry run").click()
    form.button.click()
    assert led.sky.filters.get("mine")["newest_version"] == 2


def test_filters_are_listed_with_what_passed(led: PageOfTest) -> None:
    led.sky.filters.add("mine", "drb > 0.5", "transients")
    rows = {row["name"]: row for row in _table(_visit(led), "filters").records}
    assert (rows["mine"]["state"], rows["mine"]["n_passed"]) == ("not live", 0)
    assert (rows["filter of transients"]["state"], rows["filter of transients"]["n_passed"]) == ("version 1 live", 2)
    assert rows["Real detections"]["group"] == "everybody"


def test_the_purity_that_decisions_tell(led: PageOfTest) -> None:
    candidates = {row["object_id"]: row["candidate_id"] for row in led.sky.candidates("2026-11-21").to_rows()}
    led.sky.candidates.decide("real", candidates["ZTF26public"], "save", ["transients"])
    number = next(row["filter_id"] for row in led.sky.filters.list() if row["name"] == "filter of transients")
    [row] = _table(_visit(led, id=number), "filter-purity").records
    assert [row[f"n_{name}"] for name in ("passed", "real", "not_real", "undecided")] == [2, 1, 0, 1]
    assert (row["dayobs"], row["purity"], row["range"]) == ("2026-11-21", "1.00 (0.50 to 1.00)", "0.50 to 1.00")


def test_who_may_only_look_is_offered_nothing_else(served: Served) -> None:
    with served.sky(VISITOR) as sky:
        page = PageOfTest(sky)
        view = _visit(page)
        assert find(view.box, widgets.Button, "+ Write").layout.display == "none"
        [row] = _table(view, "filters").records
        view.show({"id": row["filter_id"]})
        offered = [w.description for w in everything(view.box) if isinstance(w, widgets.Button)]
        assert offered == ["← Library", "← All filters", "+ Write a filter"]
