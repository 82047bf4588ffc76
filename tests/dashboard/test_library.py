"""The pages of the library, over a real service: browsing, writing where one may, and being told why one may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
import pytest
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import NotFound
from skyhub_widgets import Form, RecordTable
from skyhub_widgets._schema import parameters_of
from skyhub_widgets.dashboard._groups import GroupsView
from skyhub_widgets.dashboard._library import LIBRARIES, LIBRARY_VIEWS
from skyhub_widgets.dashboard._records import RecordsView
from support.services import Served

MEMBER = Viewer("member", frozenset({"transients"}), scopes=frozenset({"view", "save"}))


class PageOfTest:
    """A page without a browser."""

    def __init__(self, sky: Sky) -> None:
        self.sky, self.me = sky, sky.me()
        self.went: list[tuple[str, dict[str, Any]]] = []

    def go(self, view: str, **params: Any) -> None:
        self.went.append((view, params))

    def in_main(self, function: Any, *args: Any) -> None:
        function(*args)


@pytest.fixture
def page(served: Served) -> Iterator[PageOfTest]:
    with served.sky(ADMINISTRATOR) as sky:
        yield PageOfTest(sky)


def _library(page: PageOfTest, kind: str) -> RecordsView:
    view = LIBRARY_VIEWS[kind](page)
    assert isinstance(view, RecordsView)
    view.show({})
    return view


def _find(widget: Any, kind: type[Any], text: str = "") -> Any:
    """The first widget of a type within another, with a text on it."""
    for child in _all(widget):
        if isinstance(child, kind) and text in str(getattr(child, "description", getattr(child, "value", ""))):
            return child
    raise AssertionError(f"there is no {kind.__name__} with {text!r}")


def _all(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)


def _texts(widget: Any) -> str:
    return " ".join(str(w.value) for w in _all(widget) if isinstance(w, widgets.HTML))


SHIPPED = ("telescopes", "instruments", "detectors", "taxonomies")


@pytest.mark.parametrize("kind", [library.kind for library in LIBRARIES if library.kind not in SHIPPED])
def test_a_kind_without_records_says_so(page: PageOfTest, kind: str) -> None:
    table = _find(_library(page, kind).box, RecordTable)
    assert table.records == []
    assert "There are no" in table.empty_text


def test_galaxies_are_found_by_place(page: PageOfTest) -> None:
    near = pa.table({"name": ["NGC 1"], "ra": [10.0], "dec": [20.0], "distance": [40.0]})
    page.sky.galaxies.add(near, catalog="mine")
    view = _library(page, "galaxy_catalogs")
    [catalogue] = _find(view.box, RecordTable).records
    view.show({"id": catalogue["galaxy_catalog_id"]})
    form: Form = _find(view.box, Form)
    form.fill(ra=10.001, dec=20.0, radius=60)
    form.button.click()
    assert [t.records[0]["name"] for t in _all(view.box) if isinstance(t, RecordTable) and t.table_key == "places"] == [
        "NGC 1"
    ]
    form.fill(ra=200.0)
    form.button.click()
    assert "no galaxy" in _texts(view.box)


@pytest.mark.parametrize("kind", SHIPPED)
def test_each_kind_is_listed_and_each_record_is_shown(page: PageOfTest, kind: str) -> None:
    view = _library(page, kind)
    rows = _find(view.box, RecordTable).records
    assert rows
    number = rows[0][page.sky.transport.get(f"/api/kinds/{kind}")["id_column"]]
    view.show({"id": number})
    assert _find(view.box, widgets.Button, "All ").layout.display is None
    assert str(rows[0]["name" if "name" in rows[0] else number]) in _texts(view.box)
    _find(view.box, widgets.Button, "History").click()
    assert len([w for w in _all(view.box) if isinstance(w, RecordTable)]) == 2


def test_a_record_that_is_not_there_is_said(page: PageOfTest) -> None:
    with pytest.raises(NotFound):
        _library(page, "telescopes").show({"id": "999999"})


def test_a_telescope_is_added_edited_and_removed(page: PageOfTest) -> None:
    view = _library(page, "telescopes")
    _find(view.box, widgets.Button, "New telescope").click()
    form: Form = _find(view.box, Form)
    form.fill(name="Test Telescope", nickname="TT", latitude=10, longitude=20, elevation=100, diameter=1.5)
    assert form.errors == {}
    form.button.click()
    assert "was added" in _texts(view.box)
    [row] = page.sky.telescopes(nickname="TT").to_rows()
    _find(view.box, widgets.Button, "Edit").click()
    form = _find(view.box, Form)
    form.fill(diameter=2.5)
    form.button.click()
    [edited] = page.sky.telescopes(nickname="TT").to_rows()
    assert (edited["diameter"], edited["version"]) == (2.5, row["version"] + 1)
    _find(view.box, widgets.Button, "Remove").click()
    _find(view.box, widgets.Button, "Yes, remove it").click()
    assert page.sky.telescopes(nickname="TT").to_rows() == []


def test_fields_come_in_the_order_in_which_people_fill_them_in(page: PageOfTest) -> None:
    names = list(parameters_of(page.sky.telescopes.schema))
    assert names[:2] == ["name", "nickname"]
    names = list(parameters_of(page.sky.allocations.schema))
    assert names[:4] == ["title", "pi", "instrument", "proposal_id"]
    assert {"secret_names", "sealed"}.isdisjoint(names)


def test_secrets_of_an_allocation_are_never_shown_and_kept_unless_given(page: PageOfTest) -> None:
    page.sky.allocations.add(title="Young supernovae", pi="Vera", instrument="ZTF", secrets={"token": "palomar48"})
    view = _library(page, "allocations")
    table = _find(view.box, RecordTable)
    assert table.columns[0]["field"] == "title"
    assert not table.columns[0]["hidden"]
    assert {"secrets", "sealed"}.isdisjoint(column["field"] for column in table.columns)
    view.show({"id": table.records[0]["allocation_id"]})
    _find(view.box, widgets.Button, "Edit").click()
    assert _find(view.box, widgets.Password, "token").value == ""
    form: Form = _find(view.box, Form)
    form.fill(pi="Olaf")
    form.button.click()
    [after] = page.sky.allocations().to_rows()
    assert (after["pi"], after["secret_names"], "secrets" in after) == ("Olaf", ["token"], False)
    _find(view.box, widgets.Button, "Edit").click()
    _find(view.box, widgets.Checkbox, "remove").value = True
    _find(view.box, Form).button.click()
    assert page.sky.allocations.rows()[0]["secret_names"] == []


def test_what_the_service_refuses_is_said_on_the_page(page: PageOfTest) -> None:
    view = _library(page, "telescopes")
    known = _find(view.box, RecordTable).records[0]
    _find(view.box, widgets.Button, "New telescope").click()
    form: Form = _find(view.box, Form)
    form.fill(name=known["name"], nickname=known["nickname"], latitude=10, longitude=20, elevation=100, diameter=1.5)
    form.button.click()
    assert "is there already" in _texts(view.box)


def test_who_may_not_write_sees_no_button(served: Served) -> None:
    with served.sky(MEMBER) as sky:
        view = _library(PageOfTest(sky), "telescopes")
        assert _find(view.box, widgets.Button, "New telescope").layout.display == "none"
        view.show({"id": _find(view.box, RecordTable).records[0]["telescope_id"]})
        with pytest.raises(AssertionError, match="no Button"):
            _find(view.box, widgets.Button, "Edit")


def test_a_live_change_lists_the_records_anew(page: PageOfTest) -> None:
    view = _library(page, "telescopes")
    before = len(_find(view.box, RecordTable).records)
    site = {"latitude": 1, "longitude": 2, "elevation": 3, "diameter": 4}
    page.sky.telescopes.add(name="Another", nickname="AT", **site)
    view.hear({"kind": "telescopes"})
    assert len(_find(view.box, RecordTable).records) == before + 1


def test_a_group_is_made_and_looked_after(page: PageOfTest) -> None:
    view = GroupsView(page)
    view.show({})
    _find(view.box, widgets.Button, "Make a group").click()
    form: Form = _find(view.box, Form)
    form.fill(name="kilonovae", description="Counterparts")
    form.button.click()
    assert ("groups", {"name": "kilonovae"}) in page.went
    page.sky.transport.post("/api/users", {"name": "vera"})
    view.show({"name": "kilonovae"})
    _find(view.box, widgets.Combobox).value = "vera"
    _find(view.box, widgets.Button, "Add").click()
    assert "vera" in page.sky.groups.get("kilonovae")["members"]
    _find(view.box, widgets.Button, "Make administrator").click()
    assert "vera" in page.sky.groups.get("kilonovae")["admins"]


def test_outsiders_see_what_a_group_is_for_and_not_who_is_in_it(served: Served) -> None:
    with served.sky(MEMBER) as sky:
        view = GroupsView(PageOfTest(sky))
        view.show({"name": "bursts"})
        assert "Members" not in _texts(view.box)
        view.show({"name": "transients"})
        assert "Members" in _texts(view.box)
        assert "filter of transients" in str([w.records for w in _all(view.box) if isinstance(w, RecordTable)])
