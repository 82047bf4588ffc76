"""The page of alerts: found, told, saved; what is damaged or not one's own is said."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, find, texts
from skyhub.db import Viewer
from skyhub_widgets._cutouts import CutoutTriplet
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._alerts import AlertsView, packet_html, verdicts_html
from support.houses import SCANNER, VISITOR, candid_of
from support.services import Served


@pytest.fixture
def scanning(served: Served) -> Iterator[PageOfTest]:
    with served.sky(SCANNER) as sky:
        yield PageOfTest(sky)


@pytest.mark.parametrize("asked", ["9" * 30, "400 2.5"])
def test_what_cannot_be_found_is_said(scanning: PageOfTest, asked: str) -> None:
    view = AlertsView(scanning)
    view.show({"q": asked})
    assert "permitted" in texts(view.box)


def test_an_alert_that_no_filter_let_through(scanning: PageOfTest) -> None:
    view = AlertsView(scanning)
    find(view.box, widgets.Text).value = "ZTF26bogus"
    find(view.box, widgets.Button, "Find").click()
    assert scanning.went[-1] == ("alerts", {"q": "ZTF26bogus", "radius": 5.0})
    view.show({"q": "ZTF26bogus", "radius": "5.0"})
    assert [r["candid"] for r in find(view.box, RecordTable).records] == [str(candid_of(4))]
    told = texts(view.box)
    for text in (
        "fails</b> filter of transients",
        "drb &gt; 0.5",
        "does not hold",
        "candidate.magpsf",
        "fields of the packet",
    ):
        assert text in told
    assert find(view.box, CutoutTriplet).science is None
    find(view.box, widgets.Button, "Save as source").click()
    assert [row["object_id"] for row in scanning.sky.sources().to_rows()] == ["ZTF26bogus"]


def test_a_comment_on_one_alert(scanning: PageOfTest) -> None:
    view = AlertsView(scanning)
    view.show({"q": str(candid_of(0))})
    write = find(view.box, widgets.Button, "Comment on the alert")
    write.click()
    assert "text" in texts(view.box)
    assert scanning.sky.comments.rows() == []
    find(view.box, widgets.Textarea).value = "A *ghost* of the neighbour"
    write.click()
    [row] = scanning.sky.comments.rows()
    about = ("object_id", "about_table", "about_survey", "about_id")
    assert tuple(row[name] for name in about) == ("ZTF26public", "alerts", "ZTF", str(candid_of(0)))
    assert scanning.sky.comments.rows(about_table="alerts", about_id=f"ZTF:{candid_of(0)}") == [row]
    assert f"on alerts ZTF:{candid_of(0)}" in texts(view.box)
    assert "<em>ghost</em>" in texts(view.box)
    view.show({"q": "ZTF26partner"})
    assert "ghost" not in texts(view.box)


def test_who_may_only_look_writes_no_comment(served: Served) -> None:
    with served.sky(VISITOR) as sky:
        view = AlertsView(PageOfTest(sky))
        view.show({"q": str(candid_of(0))})
        with pytest.raises(AssertionError):
            find(view.box, widgets.Button, "Comment on the alert")


def test_alerts_of_others_are_not_found(served: Served) -> None:
    with served.sky(Viewer("x", scopes=VISITOR.scopes)) as sky:
        view = AlertsView(PageOfTest(sky))
        view.show({"q": "ZTF26partner"})
        assert "0 alerts" in texts(view.box)
        view.show({"q": str(candid_of(0))})
        with pytest.raises(AssertionError):
            find(view.box, widgets.Button, "Save as source")


def test_what_is_told_is_escaped() -> None:
    cut = {"cut": "<b>x</b>", "verdict": None, "value": None, "error": "<i>no</i>"}
    told = {"version": 1, "passes": False, "cuts": [cut]}
    html = verdicts_html(
        [{"filter": {"name": "<script>", "group": "<g>"}, "at_alert": told, "now": {**told, "passes": True}}]
    )
    html += packet_html({"schema_version": "<v>", "packet": {"a": {"<k>": "<w>"}, "n": None}})
    assert "now it passes" in html
    for tag in ("<script>", "<g>", "<b>x", "<i>", "<v>", "<k>", "<w>"):
        assert tag not in html
