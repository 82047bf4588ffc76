"""The population page: what is refused is said, the address says what is shown, what is chosen becomes a list and a queue."""

from __future__ import annotations

import json
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client import Sky
from skyhub.db import Viewer
from skyhub.errors import InvalidInput
from skyhub_widgets.dashboard._notebook import notebook_of
from skyhub_widgets.dashboard._population import PopulationView
from support.houses import SCANNER, VISITOR
from support.services import Served

NIGHT = "2026-11-21"


@pytest.fixture
def view(page: PageOfTest) -> PopulationView:
    view = PopulationView(page)
    view.show({"dayobs": NIGHT})
    return view


@pytest.mark.parametrize("shown", ["[", "7", '{"height": 3}'])
def test_an_address_that_says_nothing_is_refused(view: PopulationView, shown: str) -> None:
    with pytest.raises(InvalidInput, match="shown"):
        view.show({"shown": shown})
    with pytest.raises(InvalidInput, match="shown"):
        notebook_of("population", {"shown": shown})


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"statement": "DROP TABLE alerts"}, "SELECT"),
        ({"dayobs": "yesterday"}, "yesterday"),
        ({"dayobs": "2020-01-01"}, "nothing to plot"),
        ({"shown": '{"x": "nothing"}'}, "no column to plot"),
    ],
)
def test_what_cannot_be_plotted_is_said(view: PopulationView, params: dict[str, str], said: str) -> None:
    view.show(params)
    assert said in texts(view.box)


@pytest.mark.parametrize("viewer", [SCANNER, VISITOR], ids=lambda viewer: viewer.name)
def test_one_sees_the_own_candidates(served: Served, viewer: Viewer) -> None:
    sky: Sky
    with served.sky(viewer) as sky:
        view = PopulationView(PageOfTest(sky))
        view.show({})
        shown = {row["object_id"] for row in view._population.table.records}
        assert shown == set(sky.candidates()["object_id"].to_pylist())
        buttons = {shown.description for shown in everything(view.box) if isinstance(shown, widgets.Button)}
        assert ("Do it" in buttons) == (viewer is SCANNER)


def test_what_is_chosen_becomes_a_list_and_a_queue(view: PopulationView, page: PageOfTest) -> None:
    view._bulk._action.value = "list"
    view._bulk._text.value = "bright"
    find(view.box, widgets.Button, "Do it").click()
    assert "nothing is marked" in texts(view.box)
    view.show({"dayobs": NIGHT, "shown": json.dumps({"ranges": {"mag": [None, 19]}})})
    chosen = set(view._population.selected)
    assert chosen
    assert chosen < {row["object_id"] for row in page.sky.candidates()}
    find(view.box, widgets.Button, "Do it").click()
    assert {row["object_id"] for row in page.sky.lists()} == chosen
    view._bulk._action.value = "scan"
    find(view.box, widgets.Button, "Do it").click()
    went, params = page.went[-1]
    assert (went, params["dayobs"]) == ("scan", NIGHT)


def test_what_is_asked_for_is_read_once(
    view: PopulationView, page: PageOfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[dict[str, str]] = []
    before = view._read
    monkeypatch.setattr(view, "_read", lambda asked: read.append(dict(asked)) or before(asked))
    monkeypatch.setattr(page, "go", lambda name, **params: view.show(params))
    view._statement.value = "SELECT object_id, n_detections FROM statistics"
    find(view.box, widgets.Button, "Plot").click()
    assert read == [{"statement": view._statement.value}]


def test_an_answer_of_sql_and_its_notebook(view: PopulationView, page: PageOfTest) -> None:
    view._statement.value = "SELECT object_id, n_detections, mean_mag FROM statistics"
    find(view.box, widgets.Button, "Plot").click()
    assert view._population.plot.options == ["n_detections", "mean_mag"]
    view._population.plot.ranges = {"n_detections": [1, None]}
    find(view.box, widgets.Button, "Open as notebook").click()
    went, params = page.went[-1]
    assert (went, params["of"]) == ("notebook", "population")
    cell: Any = notebook_of("population", params | {})["cells"][1]["source"]
    assert "{'n_detections': [1, None]}" in cell
    assert view._statement.value in cell
