"""The page of plans: wishes that cannot be are said at their fields, previews follow, the optimiser can be left, plans are kept."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client._plans import WISHES as DRAFTS
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from skyhub_widgets import RecordTable, WorldMap
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._notebook import notebook_of
from skyhub_widgets.dashboard._plan import PlanView
from skyhub_widgets.dashboard._plan_desk import PlanDesk
from skyhub_widgets.dashboard._plan_texts import differences_html
from skyhub_widgets.dashboard._plan_wishes import WISHES, texts_of, wishes_of, wishes_of_texts
from support.houses import OTHER, VISITOR
from support.services import Served, wait_until

START = "2020-03-17T02:00:00"
RA, DEC = (x.ravel() for x in np.meshgrid(np.arange(152.0, 168.0, 1.8), np.arange(4.0, 17.0, 1.8)))
GRID = [{"field_id": 100 + n, "ra": ra, "dec": dec} for n, (ra, dec) in enumerate(zip(RA, DEC, strict=True))]
WISHED = {"instrument": "ZTF", "start": START, "hours": "9.0", "filters": "g", "max_fields": "4"}


@pytest.fixture(scope="module")
def planning(still: Served) -> Iterator[PageOfTest]:
    """A page whose viewer has a localization, and a telescope with a small grid."""
    with still.sky(ADMINISTRATOR) as sky:
        sky.instruments.set_fields("ZTF", GRID, "box(0, 0, 2, 2, 0)")
        sky.localizations.add(write_sky_map(skymap_of(Cone(160.0, 10.0, 3.0, 0.9))), name="cone", groups=["transients"])
        yield PageOfTest(sky)


@pytest.fixture
def view(planning: PageOfTest) -> PlanView:
    planning.went.clear()
    made = PlanView(planning)
    made.show({**WISHED, "localization": _map(planning)})
    wait_until(lambda: made.desk.plan)
    return made


def _map(page: PageOfTest) -> str:
    return str(page.sky.localizations.rows()[0]["localization_id"])


def _fields(desk: PlanDesk) -> set[str]:
    assert desk.plan is not None
    return {str(each["field_id"]) for each in desk.plan["observations"]}


def _renewed(desk: PlanDesk, change: Callable[[], object]) -> None:
    """Do something, and wait for the plan that comes of it."""
    before = desk.plan, desk.joint
    change()
    wait_until(lambda: desk.parts and (desk.plan is not before[0] or desk.joint is not before[1]))


def _only(box: Any, kind: type[Any]) -> Any:
    [found] = [widget for widget in everything(box) if isinstance(widget, kind)]
    return found


def test_the_wishes_of_the_form_are_those_of_drafts() -> None:
    assert set(WISHES) - {"start", "filters"} == set(DRAFTS) - {"method"}


@pytest.mark.parametrize(
    ("wishes", "where"),
    [({"exposure": "long"}, "exposure"), ({"exposure": "g=x"}, "exposure"), ({"pinned_fields": "7, x"}, "pinned_fields"),
     ({"ra_range": "east"}, "ra_range"), ({"hours": "many"}, "hours"), ({"airmass": "0.5"}, "airmass")],
)  # fmt: skip
def test_wishes_that_are_none_are_refused(wishes: dict[str, str], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wishes_of_texts(wishes)
    assert refused.value.where == where


def test_wishes_come_back_from_texts() -> None:
    wishes = {
        "start": START, "end": "2020-03-17T09:00:00", "filters": ["g", "r"], "exposure": {"g": 30.0, "r": 60.0}, "visits": 3,
        "gap": 20.0, "airmass": 2.0, "sun_altitude": -15.0, "moon_separation": 30.0, "galactic_latitude": 10.0, "budget": 3.0,
        "pinned_fields": [101, 102], "ra_range": [350.0, 20.0], "references": True, "order": "airmass", "pointings": "galaxies",
        "balance_exposure": False,
    }  # fmt: skip
    assert wishes_of_texts(texts_of(wishes)) == wishes
    usual = {"filter_strategy": "block", "order": "slew", "pointings": "fields", "weight": "mass", "references": False}
    usual |= {"balance_exposure": True}
    assert not usual.keys() & wishes_of_texts(texts_of({**wishes, **usual})).keys()
    assert wishes_of({})["start"]


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("exposure", "long", "give seconds as 300"),
        ("hours", "-1", "greater than 0"),
        ("filters", "u", "ZTF has no filter"),
        ("sun_altitude", "-80", "never below"),
        ("excluded_fields", "7", "ZTF has no field 7"),
        ("start", "yesterday", "valid datetime"),
    ],
)
def test_what_cannot_be_planned_is_said_at_its_field(view: PlanView, field: str, text: str, said: str) -> None:
    shown = view.desk.plan
    view.desk.form.fill(**{field: text})
    wait_until(lambda: said in view.desk.form._fields[field].message.value)
    assert view.desk.plan is shown
    assert "Shown is the last plan" in texts(view.desk.box)


def test_of_several_questions_only_the_newest_is_answered() -> None:
    told: list[object] = []
    answers = NewestAnswer(lambda function, *given: function(*given))
    begun, free = threading.Event(), threading.Event()

    def slow(going: Callable[[], bool]) -> str:
        begun.set()
        free.wait(10)
        told.append(going())
        return "slow"

    answers.ask(slow, told.append, told.append)
    assert begun.wait(10)
    answers.ask(lambda going: "fast", told.append, told.append)
    free.set()
    wait_until(lambda: "fast" in told)
    assert told == [False, "fast"]
    answers.ask(lambda going: 1 / 0, told.append, told.append)
    wait_until(lambda: len(told) == 3)
    assert isinstance(told[-1], SkyhubError)


def test_the_preview_follows_the_form_and_the_address_says_it(view: PlanView, planning: PageOfTest) -> None:
    assert len(_fields(view.desk)) == 4
    wait_until(lambda: {"50%", "90%", "Fields", "Camera"} <= set(view.desk.figures.sky.layers))
    _renewed(view.desk, lambda: view.desk.form.fill(max_fields="2"))
    assert len(_fields(view.desk)) == 2
    assert planning.kept["max_fields"] == "2"
    again = PlanView(planning)
    again.show({name: text for name, text in planning.kept.items() if name != "view"})
    wait_until(lambda: again.desk.plan)
    assert _fields(again.desk) == _fields(view.desk)


def test_the_optimiser_proves_a_tighter_bound_and_can_be_left(view: PlanView) -> None:
    desk = view.desk
    preview = desk.plan
    assert preview is not None
    _renewed(desk, desk.form.button.click)
    assert desk.plan is not None
    assert desk.plan["upper_bound"] <= preview["upper_bound"]
    assert "no plan reaches more" in texts(desk.box)
    assert not desk.form.busy
    shown = desk.plan
    desk.form.button.click()
    assert desk.form.busy
    find(desk.box, widgets.Button, "Cancel").click()
    assert not desk.form.busy
    assert desk.plan is shown


def test_a_field_is_explained_left_out_and_pinned(view: PlanView) -> None:
    desk = view.desk
    field = min(_fields(desk))
    desk.figures.selected = field
    wait_until(lambda: f"Field {field}: observed" in texts(desk.field.box))
    wait_until(lambda: desk.figures.timeline.curve)
    _renewed(desk, find(desk.field.box, widgets.Button, "Leave out").click)
    assert field not in _fields(desk)
    wait_until(lambda: f"Field {field}: excluded" in texts(desk.field.box))
    other = next(str(each["field_id"]) for each in GRID if str(each["field_id"]) not in {*_fields(desk), field})
    desk.field.show(other)
    _renewed(desk, find(desk.field.box, widgets.Button, "Pin").click)
    assert desk.form.value["pinned_fields"] == [other]
    assert (other in _fields(desk)) != (f"field {other} is pinned" in texts(desk.box))
    desk.field.show(field)
    _renewed(desk, find(desk.field.box, widgets.Button, "Neither").click)
    assert desk.form.value["excluded_fields"] == []


def test_all_fields_are_listed_with_what_became_of_them(view: PlanView) -> None:
    panel = view.desk.field
    find(panel.box, widgets.Button, "All fields").click()
    wait_until(lambda: panel._all.layout.display is None)
    found = {row["field_id"]: row["verdict"] for row in panel._all.records}
    assert {field for field, verdict in found.items() if verdict == "observed"} == _fields(view.desk)
    other = next(field for field, verdict in found.items() if verdict == "no room")
    panel._all._received(None, {"type": "clicked", "id": other}, None)
    wait_until(lambda: f"Field {other}: no room" in texts(panel.box))
    _renewed(view.desk, lambda: view.desk.form.fill(max_fields="2"))
    assert panel._all.layout.display == "none"


def test_a_field_is_asked_about_once(view: PlanView, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, asked = view.desk.field, list[object]()
    monkeypatch.setattr(NewestAnswer, "ask", lambda self, *_: asked.append(self))
    view.desk.figures.selected = field = min(_fields(view.desk))
    assert (panel.number, len(asked)) == (field, 1)
    panel._number.value = " 100 "
    assert (panel.number, len(asked)) == ("100", 2)
    panel._choose(field)
    assert (panel.number, len(asked)) == (field, 3)
    panel._choose("101")
    assert (panel.number, len(asked)) == ("101", 4)


def test_a_number_that_is_no_field_is_said(view: PlanView) -> None:
    view.desk.field.show("north")
    assert "a field is a whole number" in texts(view.desk.field.box)
    view.desk.field.show("7")
    wait_until(lambda: "the field 7 is none" in texts(view.desk.field.box))


def test_plans_are_kept_shared_opened_and_compared(view: PlanView, planning: PageOfTest, still: Served) -> None:
    keeping = view.keeping
    find(keeping.box, widgets.Button, "Save").click()
    assert "needs a name" in texts(keeping.box)
    numbers = []
    for fields in ("4", "3"):
        if fields != "4":
            _renewed(view.desk, lambda: view.desk.form.fill(max_fields="3"))
        find(keeping.box, widgets.Text, "Name").value = f"plan of {fields} <fields>"
        find(keeping.box, widgets.Button, "Save").click()
        numbers.append(planning.went[-1][1]["plan"])
    with still.sky(OTHER) as his:
        assert numbers[0] not in {row["plan_id"] for row in his.plans.rows()}
    opened = PlanView(planning)
    opened.show({"plan": numbers[1]})
    wait_until(lambda: opened.desk.plan)
    assert opened.desk.form.value["max_fields"] == 3
    assert all(f"plans/{numbers[1]}/export/{form}" in texts(opened.box) for form in ("csv", "ztf", "gcn"))
    assert "plan of 3 &lt;fields&gt;" in texts(opened.keeping.box)
    find(opened.keeping.box, widgets.SelectMultiple).value = ("transients",)
    find(opened.keeping.box, widgets.Button, "Share").click()
    assert "seen by transients" in texts(opened.keeping.box)
    opened.show({})
    assert set(numbers) <= {row["plan_id"] for row in opened._table.records}
    compare = find(opened.box, widgets.Button, "Compare")
    assert compare.disabled
    opened._table.selected = numbers
    compare.click()
    assert planning.went[-1] == ("plan", {"compare": ",".join(numbers)})
    opened.show({"compare": ",".join(numbers)})
    told = texts(opened._compared)
    assert "<td>max fields</td><td><b>4</b></td><td><b>3</b></td>" in told
    assert "<fields>" not in told
    opened.show({"compare": numbers[0]})
    assert "2 to 4 can be compared" in texts(opened.box)
    opened.show({"plan": "999"})
    assert "999" in opened._message.value


@pytest.fixture(scope="module")
def finder(planning: PageOfTest) -> str:
    """Another telescope, without fields."""
    planning.sky.instruments.add(
        name="Finder", telescope="P60", type="imager", filters=["sdssr"], footprint="box(0, 0, 1.5, 1.5, 0)"
    )
    return "Finder"


@pytest.fixture
def both(planning: PageOfTest, finder: str) -> PlanView:
    planning.went.clear()
    made = PlanView(planning)
    made.show({**WISHED, "localization": _map(planning), "with": finder, "own": f"{finder}.exposure=60"})
    wait_until(lambda: made.desk.joint)
    return made


@pytest.mark.parametrize(
    ("params", "said"),
    [({"with": "NOPE"}, "NOPE is no other instrument"), ({"with": "ZTF"}, "ZTF is no other instrument"),
     ({"own": "Finder.exposure=60"}, "Finder is no other instrument"), ({"own": "x"}, "instrument, wish and value"),
     ({"with": "Finder", "own": "Finder.start=now"}, "instrument, wish and value")],
)  # fmt: skip
def test_an_address_with_telescopes_that_cannot_be_is_told(
    planning: PageOfTest, finder: str, params: dict[str, str], said: str
) -> None:
    view = PlanView(planning)
    view.show({**WISHED, "localization": _map(planning), **params})
    assert said in view.desk._named.value


def test_several_telescopes_are_planned_together_with_their_own_wishes(both: PlanView, planning: PageOfTest) -> None:
    desk = both.desk
    assert desk.joint is not None
    assert desk.plan is None
    assert [plan["instrument"] for plan in desk.joint["plans"]] == ["ZTF", "Finder"]
    ztf, finder = desk.joint["plans"]
    assert {row["filter"] for row in finder["observations"]} == {"sdssr"}  # it has no g
    assert {row["exposure_s"] for row in finder["observations"]} == {60.0}
    assert {row["exposure_s"] for row in ztf["observations"]} == {300.0}
    assert "2 telescopes together" in texts(desk.box)
    rows = desk.figures.table.records
    assert {row["instrument"] for row in rows} == {"ZTF", "Finder"}
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
    data = desk.figures.timeline.data
    assert [band["name"] for band in data["bands"]] == ["ZTF", "Finder"]
    assert len(data["sites"]) == 2
    _renewed(desk, lambda: desk.others.forms["Finder"].fill(max_fields="2"))
    assert planning.kept["own"] == "Finder.filters=sdssr;Finder.exposure=60;Finder.max_fields=2"
    assert desk.joint["plans"][-1]["n_fields"] <= 2
    again = PlanView(planning)
    again.show({name: text for name, text in planning.kept.items() if name != "view"})
    wait_until(lambda: again.desk.joint)
    assert again.desk.joint is not None
    assert [p["observations"] for p in again.desk.joint["plans"]] == [p["observations"] for p in desk.joint["plans"]]
    find(desk.box, widgets.Button, "Without Finder").click()
    wait_until(lambda: desk.plan)
    assert desk.joint is None
    assert "with" not in planning.kept
    assert "instrument" not in desk.figures.table.records[0]


def test_what_one_of_several_telescopes_cannot_is_said_in_its_form(both: PlanView) -> None:
    forms = both.desk.others.forms
    forms["Finder"].fill(filters="u")
    wait_until(lambda: "Finder has no filter" in forms["Finder"]._fields["filters"].message.value)
    forms["Finder"].fill(filters="r", exposure="long")
    wait_until(lambda: "give seconds as 300" in forms["Finder"]._fields["exposure"].message.value)
    assert "Shown is the last plan" in texts(both.desk.box)


def test_the_joint_optimiser_tells_whose_turn_it_is_and_can_be_left(both: PlanView) -> None:
    desk, told = both.desk, list[str]()
    desk._stage.observe(lambda change: told.append(change["new"]), "value")
    preview = desk.joint
    _renewed(desk, desk.form.button.click)
    assert desk.joint is not None
    assert preview is not None
    assert desk.joint["upper_bound"] <= preview["upper_bound"] + 1e-5
    assert any(name in text for text in told for name in ("ZTF: ", "Finder: ")) or len(told) < 3
    shown = desk.joint
    desk.form.button.click()
    find(desk.box, widgets.Button, "Cancel").click()
    assert desk.joint is shown


def test_fields_of_several_telescopes_are_explained_and_left_out_by_their_own(both: PlanView) -> None:
    desk = both.desk
    assert desk.joint is not None
    for plan in desk.joint["plans"]:
        label = f"{plan['instrument']} {plan['observations'][0]['field_id']}"
        desk.figures.selected = label
        wait_until(lambda label=label: f"Field {label}: observed" in texts(desk.field.box))
        wait_until(lambda: desk.figures.timeline.curve)
        assert desk.figures.sky.selected == [label]
    number = label.split()[-1]
    _renewed(desk, find(desk.field.box, widgets.Button, "Leave out").click)
    assert desk.others.forms["Finder"].value["excluded_fields"] == [number]
    assert not desk.form.value["excluded_fields"]
    desk.field.show("507")
    assert "name the instrument" in texts(desk.field.box)
    find(desk.field.box, widgets.Button, "All fields").click()
    wait_until(lambda: desk.field._all.layout.display is None)
    assert {row["field_id"].split()[0] for row in desk.field._all.records} == {"ZTF", "Finder"}


def test_joint_plans_are_kept_opened_exported_and_compared_part_by_part(both: PlanView, planning: PageOfTest) -> None:
    find(both.keeping.box, widgets.Text, "Name").value = "both"
    find(both.keeping.box, widgets.Button, "Save").click()
    went, params = planning.went[-1]
    assert (went, [*params]) == ("plan", ["together"])
    opened = PlanView(planning)
    opened.show(params)
    wait_until(lambda: opened.desk.joint)
    assert both.desk.joint is not None
    assert opened.desk.joint is not None
    parts = opened.desk.joint["plans"]
    assert [p["observations"] for p in parts] == [p["observations"] for p in both.desk.joint["plans"]]
    assert opened.desk.others.forms["Finder"].value["exposure"] == "60.0"
    wait_until(lambda: len(opened.sending) == 2)
    said = texts(opened.box)
    assert all(f"plans/{part['plan_id']}/export/ztf" in said for part in parts)
    assert [panel._number for panel in opened.sending] == [part["plan_id"] for part in parts]
    opened.show({})
    listed = {row["plan_id"]: row["with"] for row in opened._table.records}
    assert [listed[part["plan_id"]] for part in parts] == ["Finder", "ZTF"]
    opened.show({"plan": parts[1]["plan_id"]})
    wait_until(lambda: opened.desk.plan)
    assert "made together with plans of other telescopes" in opened._siblings.value
    wait_until(lambda: len(opened.sending) == 1)
    opened.show({"compare": ",".join(part["plan_id"] for part in parts)})
    assert "all telescopes together" in texts(opened._compared)


def test_the_notebook_has_the_telescopes_of_the_page(both: PlanView, planning: PageOfTest) -> None:
    find(both.box, widgets.Button, "Open as notebook").click()
    _, params = planning.went[-1]
    [cell] = [c for c in notebook_of("plan", params)["cells"] if "parameters" in c["metadata"].get("tags", ())]
    told = {s.targets[0].id: ast.literal_eval(s.value) for s in ast.parse(cell["source"]).body}  # type: ignore[attr-defined]
    assert told["others"]["Finder"]["exposure"] == 60.0
    assert told["instrument"] == "ZTF"


def test_cameras_that_differ_have_no_fields_in_common() -> None:
    row = {"field_id": 1, "exposure_s": 30.0, "start": START}
    plan: dict[str, Any] = {
        "name": "one", "probability": 0.5, "upper_bound": 0.0, "area": 1.0, "observations": [row], "localization_id": None,
        "instrument": "ZTF", "wishes": {},
    }  # fmt: skip
    assert "another camera" in differences_html([plan, {**plan, "instrument": "DECam"}])


def test_the_notebook_has_the_state_of_the_page(view: PlanView, planning: PageOfTest) -> None:
    find(view.box, widgets.Button, "Open as notebook").click()
    went, params = planning.went[-1]
    assert (went, params["of"]) == ("notebook", "plan")
    [cell] = [c for c in notebook_of("plan", params)["cells"] if "parameters" in c["metadata"].get("tags", ())]
    told = {s.targets[0].id: ast.literal_eval(s.value) for s in ast.parse(cell["source"]).body}  # type: ignore[attr-defined]
    assert told["wishes"]["max_fields"] == 4
    assert (str(told["localization"]), told["instrument"], told["plan_id"]) == (_map(planning), "ZTF", None)
    with pytest.raises(InvalidInput, match="exposure"):
        notebook_of("plan", {**params, "exposure": "long"})


def test_tonight_and_t0_fill_the_times(view: PlanView) -> None:
    find(view.desk.box, widgets.Button, "From T0").click()
    assert "T0 is not known" in texts(view.desk.box)
    find(view.desk.box, widgets.Button, "Tonight").click()
    assert view.desk.form.value["start"] < view.desk.form.value["end"]
    assert "hours" not in wishes_of(view.desk.form.value)


def test_who_can_see_the_map_and_what_was_observed_unfold_below(view: PlanView, planning: PageOfTest) -> None:
    view._more.unfold("Who can see it")
    place = view._more._place
    wait_until(lambda: "telescopes can see some of it" in texts(place))
    earth, table = _only(place, WorldMap), _only(place, RecordTable)
    assert earth.svg.count("data-id") > 20
    table._received(None, {"type": "clicked", "id": "P48"}, None)
    assert "P48: sees" in texts(place)
    before = earth.svg
    find(place, widgets.FloatSlider, "Hours").value = 12.0
    wait_until(lambda: earth.svg != before)
    assert earth.selected == "P48"
    view._more.unfold("Observed so far")
    find(place, widgets.Button, "What was observed").click()
    assert "has no time" in texts(place)  # it is of no event
    view._more.unfold("Treasure Map")
    assert "Save the plan first" in texts(place)


def test_who_may_not_see_the_map_plans_elsewhere(still: Served, planning: PageOfTest) -> None:
    number = _map(planning)
    with still.sky(VISITOR) as sky:
        view = PlanView(PageOfTest(sky))
        view.show({**WISHED, "localization": number})
        assert number not in {option for _, option in view.desk._localization.options}
        assert view.desk.plan is None
        assert f"no localization {number} among those" in texts(view.desk.box)
        assert view.keeping.box.children[1].layout.display == "none"


def test_an_address_that_names_what_is_not_there_is_told(planning: PageOfTest) -> None:
    view = PlanView(planning)
    view.show({**WISHED, "localization": "x", "instrument": "NOPE"})
    said = texts(view.desk.box)
    assert "localization" in said
    assert "NOPE is no instrument" in said
    assert said.count("Another one is chosen") == 2


def test_the_page_imports_no_heavy_library() -> None:
    code = (
        "import sys; import skyhub_widgets.dashboard; from skyhub_widgets import PlanFigures; PlanFigures()\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'astropy', 'healpy', 'matplotlib', 'scipy'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == ""


def test_every_widget_of_the_page_has_a_name_for_screen_readers(view: PlanView) -> None:
    unnamed = [w for w in everything(view.desk.form) if isinstance(w, widgets.Text) and not w.description]
    assert unnamed == []
