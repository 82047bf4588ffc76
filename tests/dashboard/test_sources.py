"""The search page: what is refused is said, the address says what is searched, pages, bulk actions, persistent searches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from dashboard_support import PageOfTest, find, texts
from skyhub.client import Sky
from skyhub.science.sky_shapes import Cone
from skyhub_widgets import RecordTable, SkyPlot
from skyhub_widgets.dashboard import _bulk, _sources
from skyhub_widgets.dashboard._localization_choice import LocalizationChoice
from skyhub_widgets.dashboard._search_form import SearchForm
from skyhub_widgets.dashboard._sources import SourcesView

EVERYTHING = {"saved": "all", "sort": "object_id", "order": "asc"}


@pytest.fixture
def view(page: PageOfTest) -> SourcesView:
    view = SourcesView(page)
    view.show(EVERYTHING)
    return view


def table_of(view: SourcesView) -> RecordTable:
    found: RecordTable = find(view.box, RecordTable)
    return found


def named(view: SourcesView) -> list[str]:
    return [row["object_id"].removeprefix("ZTF26") for row in table_of(view).records]


def do(view: SourcesView, action: str, text: str = "", scope: str = "page") -> str:
    bulk = view._bulk
    bulk._scope.value, bulk._action.value, bulk._text.value = scope, action, text
    find(bulk.box, widgets.Button, "Do it").click()
    return str(bulk._said.value)


def type_into(view: SourcesView, label: str, text: str) -> None:
    find(view.box, widgets.Text, label).value = text


@pytest.mark.parametrize(
    ("label", "text", "said"),
    [
        ("Around", "nowhere", "neither a position"),
        ("Redshift from", "far", "number"),
        ("Annotations", "score", "no range"),
    ],
)
def test_what_cannot_be_searched_for_is_said(view: SourcesView, label: str, text: str, said: str) -> None:
    type_into(view, label, text)
    assert said in texts(view.box)
    assert len(named(view)) == 5


def test_an_address_without_conditions_shows_what_is_saved(view: SourcesView) -> None:
    view.show({})
    assert named(view) == []
    assert "Nothing found" in texts(view.box)


def test_the_address_carries_what_is_searched(view: SourcesView, page: PageOfTest) -> None:
    type_into(view, "Name", "26p")
    assert named(view) == ["partner", "public"]
    name, params = page.went[-1]
    assert (name, params) == ("sources", {"name": "26p", "sort": "object_id", "order": "asc"})
    find(view.box, widgets.Button, "Clear").click()
    view.show(params)
    assert named(view) == ["partner", "public"]
    assert find(view.box, widgets.Text, "Name").value == "26p"


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"saved": "not_saved", "group": ["transients"], "classification": ["SN Ia", "AGN"], "min_redshift": "0.1"},
        {"annotations": [{"key": "score", "origin": "x", "min": 0.5}], "sort": "peak_mag", "order": "asc"},
        {"around": "10 20", "radius": "5", "tag": ["young"], "last_detected_after": "2026-11-01"},
        {"localization": "7", "level": "0.5"},
    ],
)
def test_the_form_shows_and_says_the_same(page: PageOfTest, conditions: dict[str, Any]) -> None:
    form = SearchForm(["transients", "bursts"], LocalizationChoice(page.sky), lambda _: None)
    form.fill(conditions)
    assert form.value == conditions


def test_inside_a_localization(view: SourcesView, page: PageOfTest) -> None:
    stored = page.sky.localizations.add(Cone.from_90(150.0, 10.0, 1.0), dateobs="2026-11-19T03:00:00")
    menu = find(view.box, widgets.Dropdown, "Inside")
    assert len(menu.options) == 1
    view.hear({"kind": "localizations", "action": "added"})
    assert page.went == []
    assert menu.options[1] == ("2026-11-19T03:00:00 · 150.00000_10.00000_1.00000 (3.14 deg²)", "1")
    menu.value = str(stored["localization_id"])
    assert page.went[-1][1]["localization"] == "1"
    page.sky.localizations.remove(1)
    view.hear({"kind": "localizations", "action": "removed"})
    assert menu.value == "1"
    find(view.box, widgets.Text, "at level").value = "0.5"
    assert "no localization 1" in texts(view.box)


def test_pages_turn_there_and_back(view: SourcesView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sources, "_PAGE", 2)
    view.show(EVERYTHING)
    seen = [named(view)]
    for text in ("Next page", "Next page", "Page before"):
        find(view.box, widgets.Button, text).click()
        seen.append(named(view))
    assert seen == [["bogus", "caltech"], ["faint", "partner"], ["public"], ["faint", "partner"]]
    assert "3 to 4 of 5 found" in texts(view.box)


def test_the_map_has_all_places_and_leads_to_them(view: SourcesView, page: PageOfTest) -> None:
    plot = find(view.box, SkyPlot)
    assert len(plot.data[1]["labels"]) == 5
    plot._received(plot, {"type": "clicked", "label": "ZTF26faint"}, [])
    assert page.went[-1] == ("source", {"object_id": "ZTF26faint"})


def test_nothing_is_done_without_objects_or_words(view: SourcesView) -> None:
    assert "nothing is marked" in do(view, "tag", "young", scope="")
    assert "say what" in do(view, "comment")
    assert "no class" in do(view, "classify", "Unheard-of")


def test_much_is_done_at_once(view: SourcesView, page: PageOfTest) -> None:
    sky: Sky = page.sky
    table_of(view).selected = ["ZTF26faint"]
    assert "Done for 1" in do(view, "classify", "SN Ia", scope="")
    table_of(view).selected = ["ZTF26faint", "ZTF26bogus"]
    assert "Done for 2" in do(view, "list", "favourites", scope="")
    sky.tags.add(name="young")
    assert "Done for 5" in do(view, "tag", "young")
    assert "Done for 5" in do(view, "comment", "Look *here*", scope="all")
    view._bulk._groups.value = ["transients"]
    assert "Done for 5" in do(view, "save", scope="all")
    record = sky.search(name="faint").to_rows()[0]
    assert (
        record.items()
        >= {"classification": "SN Ia", "lists": ["favourites"], "tags": ["young"], "groups": ["transients"]}.items()
    )
    assert len(sky.comments()) == 5
    assert "Done for 5" in do(view, "unsave")
    assert len(sky.search(saved="saved")) == 0


def test_a_table_is_exported_in_every_form(view: SourcesView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bulk, "home_folder", lambda: tmp_path)
    for form in ("csv", "ecsv", "parquet"):
        said = do(view, form, scope="all")
        [path] = (tmp_path / "exports").glob(f"*.{form}")
        assert f"exports/{path.name}?download=1" in said
        read = {
            "csv": pd.read_csv,
            "ecsv": lambda p: Table.read(p).to_pandas(),
            "parquet": lambda p: pq.read_table(p).to_pandas(),
        }
        frame = read[form](path)
        assert sorted(frame["object_id"]) == sorted(f"ZTF26{n}" for n in named(view))
        assert frame["peak_mag"].notna().all()


def test_objects_become_a_scan_queue(view: SourcesView, page: PageOfTest) -> None:
    do(view, "scan", scope="all")
    name, params = page.went[-1]
    assert name == "scan"
    [entry, *_] = page.sky.lists.rows()
    assert params["on_list"] == f'["{entry["list_name"]}"]'
    queue = page.sky.candidates.queue(on_list=entry["list_name"], dayobs=params["dayobs"])
    assert queue["total"] == 4


def test_searches_are_kept_run_and_chosen(view: SourcesView, page: PageOfTest) -> None:
    kept = view._kept
    type_into(view, "Name", "26p")
    kept._name.value = "partners"
    find(kept.box, widgets.Button, "Keep").click()
    find(kept.box, widgets.Button, "Run now").click()
    assert "found 2 new" in texts(view.box)
    assert [text for text, _ in kept.menu.options] == ["Persistent searches", "partners · 2 new"]
    assert [row["new"] for row in table_of(view).records] == ["new", "new"]
    find(view.box, widgets.Button, "Clear").click()
    assert len(named(view)) == 5
    kept.menu.value = ""
    kept.menu.value = "partners"
    assert named(view) == ["partner", "public"]
    find(kept.box, widgets.Button, "Forget").click()
    assert page.sky.searches.rows() == []
