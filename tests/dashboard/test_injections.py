"""The page of blind injections, over a real service: what is refused is said, what comes of one, and the choice to be named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.candidates import decide
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.team import add_user, change_group
from skyhub_widgets import RecordTable
from skyhub_widgets.dashboard._injections import InjectionsView
from support.houses import COLLEAGUE, SCANNER, VISITOR, candidates_of
from support.services import Served

LEADER = Viewer("leader", frozenset({"transients"}), scopes=ROLES["scientist"])
THIRD = Viewer("third", frozenset({"transients"}), scopes=ROLES["scanner"])


@pytest.fixture
def led(served: Served) -> Iterator[PageOfTest]:
    for viewer in (LEADER, SCANNER, COLLEAGUE, THIRD):
        add_user(served.db, viewer.name, sorted(viewer.groups), role="scanner")
    change_group(served.db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    with served.sky(LEADER) as sky:
        yield PageOfTest(sky)


def _visit(page: PageOfTest, **params: str) -> InjectionsView:
    view = InjectionsView(page)
    view.show(params)
    return view


def _table(view: InjectionsView, key: str) -> list[dict[str, Any]]:
    return next(w.records for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == key)


def _prepare(view: InjectionsView, objects: str) -> None:
    find(view.box, widgets.Text, "Name").value = "known ones"
    find(view.box, widgets.Text, "Objects").value = objects
    find(view.box, widgets.Button, "Offer them again").click()


def _decide(db: Database, viewer: Viewer, object_id: str, verdict: str) -> None:
    decide(db, viewer, f"{viewer.name} {object_id}", candidates_of(db, viewer)[object_id], verdict)


@pytest.mark.parametrize(
    ("objects", "said"), [("", "1 to 1000"), ("ZTF26faint", "no candidates"), ("ZTF26public ZTF26none", "ZTF26none")]
)
def test_what_cannot_be_offered_is_said(led: PageOfTest, objects: str, said: str) -> None:
    view = _visit(led)
    _prepare(view, objects)
    assert said in texts(view.box)
    assert led.sky.injections.list() == []


def test_one_that_there_is_not_is_said(led: PageOfTest) -> None:
    assert "no injection 99" in texts(_visit(led, id="99").box)


def test_who_administers_no_group_prepares_none(served: Served, led: PageOfTest) -> None:
    for viewer, may_choose in ((SCANNER, True), (VISITOR, False)):
        with served.sky(viewer) as sky:
            view = _visit(PageOfTest(sky))
            assert view._prepare.layout.display == "none"
            assert (view._choice in everything(view.box)) == may_choose


def test_it_is_prepared_closed_and_told(served: Served, led: PageOfTest) -> None:
    view = _visit(led)
    _prepare(view, "ZTF26public, ZTF26partner")
    assert "known ones is open for transients" in texts(view.box)
    [row] = _table(view, "injections")
    assert (row["state"], row["n_objects"], row["group"]) == ("open", 2, "transients")
    for viewer in (SCANNER, COLLEAGUE, THIRD):
        _decide(served.db, viewer, "ZTF26public", "save")
    _decide(served.db, SCANNER, "ZTF26partner", "reject")
    view.show({"id": row["injection_id"]})
    find(view.box, widgets.Button, "Close it").click()
    told = {figures["name"]: figures for figures in _table(view, "injection-result")}
    assert (told["all scanners"]["recall"], told["all scanners"]["n_saved"]) == ("50 %", 1)
    assert "you" not in told
    assert _table(view, "injection-missed") == [{"object_id": "ZTF26partner"}]
    assert "3 scanners decided" in texts(view.box)


def test_ones_own_figures_are_told_to_those_who_have_chosen_so(served: Served, led: PageOfTest) -> None:
    number = led.sky.injections.prepare("known ones", "transients", ["ZTF26public"])["injection_id"]
    _decide(served.db, SCANNER, "ZTF26public", "save")
    led.sky.injections.close(number)
    with served.sky(SCANNER) as sky:
        view = _visit(PageOfTest(sky), id=number)
        assert "fewer than 3 scanners" in texts(view.box)
        assert not [w for w in everything(view.box) if isinstance(w, RecordTable) and w.table_key == "injection-result"]
        view._choice.value = True
        assert [row["value"] for row in sky.preferences.rows()] == [True]
        view.hear({"kind": "preferences"})
        assert [(row["name"], row["recall"]) for row in _table(view, "injection-result")] == [("you", "100 %")]
        view._choice.value = False
        view.hear({"kind": "preferences"})
        assert [row["value"] for row in sky.preferences.rows()] == [False]
        assert not _visit(PageOfTest(sky))._choice.value
