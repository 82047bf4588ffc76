"""Home and the bar: every view can be found, and the bar says where one is."""

from __future__ import annotations

from dashboard_support import PageOfTest, find
from skyhub_widgets import Cards
from skyhub_widgets._navbar import LINKS
from skyhub_widgets.dashboard._home import HomeView
from skyhub_widgets.dashboard._page import BELONGS, VIEWS, _links


def test_home_has_a_card_for_each_page_of_the_bar(page: PageOfTest) -> None:
    view = HomeView(page)
    view.show({})
    views = {card["view"] for card in find(view.box, Cards).cards if "view" in card}
    assert views == {link["id"] for link in LINKS} - {"home"}


def test_the_bar_marks_a_page_in_every_view() -> None:
    links = {link["id"] for link in LINKS}
    assert links <= set(VIEWS)
    assert {*links, "notebook", *(view for views in BELONGS.values() for view in views)} == set(VIEWS)
    shown = {"of": "scan", "dayobs": "2026-11-21"}
    assert [link["params"] for link in _links("scan", {"dayobs": "2026-11-21"}) if link["id"] == "notebook"] == [shown]
