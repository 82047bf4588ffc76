"""The pages of the library, over a real service: browsing, writing where one may, and being told why one may not."""

from __future__ import annotations

from inspect import signature

import ipywidgets as widgets
import pyarrow as pa
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.db import Viewer
from skyhub.errors import NotFound
from skyhub_widgets import Form, RecordTable
from skyhub_widgets._schema import parameters_of
from skyhub_widgets.dashboard._groups import GroupsView
from skyhub_widgets.dashboard._library import LIBRARIES, LIBRARY_VIEWS
from skyhub_widgets.dashboard._records import RecordsView
from support.services import Served

MEMBER = Viewer("member", frozenset({"transients"}), scopes=frozenset({"view", "save"}))


def _library(page: PageOfTest, kind: str) -> RecordsView:
    view = LIBRARY_VIEWS[kind](page)
    assert isinstance(view, RecordsView)
    view.show({})
    return view


SHIPPED = ("telescopes", "instruments", "detectors", "taxonomies")


@pytest.mark.parametrize("kind", [library.kind for library in LIBRARIES if library.kind not in SHIPPED])
def test_a_kind_without_records_says_so(page: PageOfTest, kind: str) -> None:
    table = find(_library(page, kind).box, RecordTable)
    assert table.records == []
    assert "There are no" in table.empty_text


def test_galaxies_are_found_by_place(page: PageOfTest) -> None:
    near = pa.table({"name": ["NGC 1"], "ra": [10.0], "dec": [20.0], "distance": [40.0]})
    page.sky.galaxies.add(near, catalog="mine")
    view = _library(page, "galaxy_catalogs")
    [catalogue] = find(view.box, RecordTable).records
    view.show({"id": catalogue["galaxy_catalog_id"]})
    form: Form = find(view.box, Form)
    form.fill(ra=10.001, dec=20.0, radius=60)
    form.button.click()
    assert [
        t.records[0]["name"] for t in everything(view.box) if isinstance(t, RecordTable) and t.table_key == "places"
    ] == ["NGC 1"]
    form.fill(ra=200.0)
    form.button.click()
    assert "no galaxy" in texts(view.box)


@pytest.mark.parametrize("kind", SHIPPED)
def test_each_kind_is_listed_and_each_record_is_shown(page: PageOfTest, kind: str) -> None:
    view = _library(page, kind)
    rows = find(view.box, RecordTable).records
    assert rows
    number = rows[0][page.sky.transport.get(f"/api/kinds/{kind}")["id_column"]]
    view.show({"id": number})
    assert find(view.box, widgets.Button, "All ").layout.display is None
    assert str(rows[0]["name" if "name" in rows[0] else number]) in texts(view.box)
    find(view.box, widgets.Button, "History").click()
    assert len([w for w in everything(view.box) if isinstance(w, RecordTable)]) == 2


@pytest.mark.parametrize("kind", [library.kind for library in LIBRARIES])
def test_every_button_has_a_text_and_needs_no_icon_font(page: PageOfTest, kind: str) -> None:
    view = _library(page, kind)
    records = find(view.box, RecordTable).records
    if records:
        view.show({"id": records[0][view._schema["id_column"]]})
        find(view.box, widgets.Button, "Edit").click()
    buttons = [w for w in everything(view.box) if isinstance(w, widgets.Button)]
    assert buttons
    assert [b for b in buttons if not b.description or b.icon] == []


def test_a_record_that_is_not_there_is_said(page: PageOfTest) -> None:
    with pytest.raises(NotFound):
        _library(page, "telescopes").show({"id": "999999"})


def test_a_telescope_is_added_edited_and_removed(page: PageOfTest) -> None:
    view = _library(page, "telescopes")
    find(view.box, widgets.Button, "New telescope").click()
    form: Form = find(view.box, Form)
    form.fill(name="Test Telescope", nickname="TT", latitude=10, longitude=20, elevation=100, diameter=1.5)
    assert form.errors == {}
    form.button.click()
    assert "was added" in texts(view.box)
    [row] = page.sky.telescopes(nickname="TT").to_rows()
    find(view.box, widgets.Button, "Edit").click()
    form = find(view.box, Form)
    form.fill(diameter=2.5)
    form.button.click()
    [edited] = page.sky.telescopes(nickname="TT").to_rows()
    assert (edited["diameter"], edited["version"]) == (2.5, row["version"] + 1)
    find(view.box, widgets.Button, "Remove").click()
    find(view.box, widgets.Button, "Yes, remove it").click()
    assert page.sky.telescopes(nickname="TT").to_rows() == []


def test_a_rule_is_made_and_changed_field_by_field(page: PageOfTest) -> None:
    view = _library(page, "rules")
    find(view.box, widgets.Button, "New rule").click()
    form = find(view.box, Form)
    form.fill(
        name="close", occasions=["new_event"], **{"conditions.tags": ["BNS"], "conditions.lowest": {"HasNS": 0.5}}
    )
    assert form.errors == {}
    form.button.click()
    assert "was added" in texts(view.box)
    [rule] = page.sky.rules.rows()
    assert (rule["occasions"], rule["conditions"]["tags"], rule["conditions"]["lowest"]) == (
        ["new_event"],
        ["BNS"],
        {"HasNS": 0.5},
    )
    assert rule["conditions"]["roles"] == ["observation"]
    find(view.box, widgets.Button, "Edit").click()
    form = find(view.box, Form)
    assert form.value["conditions.lowest"] == {"HasNS": 0.5}
    form.fill(**{"conditions.largest_area": "500"})
    form.button.click()
    page.sky.rules.add(name="saves", occasions=["save"], saved_for=page.me["groups"][:1])
    assert "saved_for" in signature(page.sky.rules.add).parameters
    [changed] = page.sky.rules.rows(name="close")
    assert changed["conditions"] == {**rule["conditions"], "largest_area": 500.0}


def test_fields_come_in_the_order_in_which_people_fill_them_in(page: PageOfTest) -> None:
    names = list(parameters_of(page.sky.telescopes.schema))
    assert names[:2] == ["name", "nickname"]
    names = list(parameters_of(page.sky.allocations.schema))
    assert names[:4] == ["title", "pi", "instrument", "proposal_id"]
    assert {"secret_names", "sealed"}.isdisjoint(names)
    titles = [spec["title"] for spec in parameters_of(page.sky.allocations.schema).values()]
    assert titles[:4] == ["Title", "PI", "Instrument", "Proposal ID"]


def test_secrets_of_an_allocation_are_never_shown_and_kept_unless_given(page: PageOfTest) -> None:
    page.sky.allocations.add(title="Young supernovae", pi="Vera", instrument="ZTF", secrets={"token": "palomar48"})
    view = _library(page, "allocations")
    table = find(view.box, RecordTable)
    assert table.columns[0]["field"] == "title"
    assert not table.columns[0]["hidden"]
    assert {"secrets", "sealed"}.isdisjoint(column["field"] for column in table.columns)
    view.show({"id": table.records[0]["allocation_id"]})
    assert "Young supernovae</h2>" in texts(view.box)
    find(view.box, widgets.Button, "Edit").click()
    assert find(view.box, widgets.Password, "token").value == ""
    form: Form = find(view.box, Form)
    form.fill(pi="Olaf")
    form.button.click()
    [after] = page.sky.allocations().to_rows()
    assert (after["pi"], after["secret_names"], "secrets" in after) == ("Olaf", ["token"], False)
    find(view.box, widgets.Button, "Edit").click()
    find(view.box, widgets.Checkbox, "remove").value = True
    find(view.box, Form).button.click()
    assert page.sky.allocations.rows()[0]["secret_names"] == []


def test_what_the_service_refuses_is_said_on_the_page(page: PageOfTest) -> None:
    view = _library(page, "telescopes")
    known = find(view.box, RecordTable).records[0]
    find(view.box, widgets.Button, "New telescope").click()
    form: Form = find(view.box, Form)
    form.fill(name=known["name"], nickname=known["nickname"], latitude=10, longitude=20, elevation=100, diameter=1.5)
    form.button.click()
    assert "is there already" in texts(view.box)


def test_who_may_not_write_sees_no_button(served: Served) -> None:
    with served.sky(MEMBER) as sky:
        view = _library(PageOfTest(sky), "telescopes")
        assert find(view.box, widgets.Button, "New telescope").layout.display == "none"
        view.show({"id": find(view.box, RecordTable).records[0]["telescope_id"]})
        with pytest.raises(AssertionError, match="no Button"):
            find(view.box, widgets.Button, "Edit")


def test_a_live_change_lists_the_records_anew(page: PageOfTest) -> None:
    view = _library(page, "telescopes")
    before = len(find(view.box, RecordTable).records)
    site = {"latitude": 1, "longitude": 2, "elevation": 3, "diameter": 4}
    page.sky.telescopes.add(name="Another", nickname="AT", **site)
    view.hear({"kind": "telescopes"})
    assert len(find(view.box, RecordTable).records) == before + 1


def test_a_group_is_made_and_looked_after(page: PageOfTest) -> None:
    view = GroupsView(page)
    view.show({})
    find(view.box, widgets.Button, "Make a group").click()
    form: Form = find(view.box, Form)
    form.fill(name="kilonovae", description="Counterparts")
    form.button.click()
    assert ("groups", {"name": "kilonovae"}) in page.went
    page.sky.transport.post("/api/users", {"name": "vera"})
    view.show({"name": "kilonovae"})
    find(view.box, widgets.Combobox).value = "vera"
    find(view.box, widgets.Button, "Add").click()
    assert "vera" in page.sky.groups.get("kilonovae")["members"]
    find(view.box, widgets.Button, "Make administrator").click()
    assert "vera" in page.sky.groups.get("kilonovae")["admins"]


def test_outsiders_see_what_a_group_is_for_and_not_who_is_in_it(served: Served) -> None:
    with served.sky(MEMBER) as sky:
        view = GroupsView(PageOfTest(sky))
        view.show({"name": "bursts"})
        assert "Members" not in texts(view.box)
        view.show({"name": "transients"})
        assert "Members" in texts(view.box)
        assert "filter of transients" in str([w.records for w in everything(view.box) if isinstance(w, RecordTable)])
