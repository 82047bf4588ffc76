"""Similar objects on the page of one: what cannot be compared is said, a click leads on."""

from __future__ import annotations

from dashboard_support import PageOfTest, find, texts
from skyhub_widgets import RecordTable
from skyhub_widgets.dashboard._source_panels import SourcePanels
from skyhub_widgets.dashboard._source_similar import similar_panel
from support.houses import OTHER
from support.services import Served


def test_the_nearest_are_listed_and_a_click_leads_to_them(page: PageOfTest) -> None:
    shown = find(similar_panel(page, "ZTF26public"), RecordTable)
    found = page.sky.search.similar("ZTF26public")
    assert [row["object_id"] for row in shown.records] == found["object_id"].to_pylist()
    assert "ZTF26public" not in {row["object_id"] for row in shown.records}
    shown._received(shown, {"type": "clicked", "id": shown.records[0]["object_id"]}, [])
    assert page.went == [("source", {"object_id": shown.records[0]["object_id"]})]


def test_it_is_a_panel_of_the_page(page: PageOfTest) -> None:
    panels = SourcePanels(page, lambda: None)
    panels.show(page.sky.source("ZTF26public"))
    panels.panels.unfold("Similar")
    assert "By light curve" in texts(panels.panels)


def test_one_sees_the_own_objects_alone(served: Served) -> None:
    with served.sky(OTHER) as sky:
        shown = find(similar_panel(PageOfTest(sky), "ZTF26public"), RecordTable)
        assert not {"ZTF26partner", "ZTF26caltech"} & {row["object_id"] for row in shown.records}
