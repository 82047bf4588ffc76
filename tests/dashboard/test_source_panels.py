"""Panels of the Source page: who is offered what, what they store, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, everything, find, texts
from skyhub.client import Sky
from skyhub.db import ROLES, Viewer
from skyhub.science.coordinates import Position
from skyhub_widgets import AltitudeChart
from skyhub_widgets.dashboard._class_sliders import ClassSliders
from skyhub_widgets.dashboard._source import SourceView
from skyhub_widgets.dashboard._source_links import links_html
from skyhub_widgets.dashboard._source_positions import positions_html
from support.services import Served

OBJECT = "ZTF26public"
ANN = Viewer("ann", frozenset({"transients", "bursts"}), scopes=ROLES["scanner"])
BOB = Viewer("bob", frozenset({"transients"}), scopes=ROLES["scanner"])


def _view(sky: Sky) -> SourceView:
    view = SourceView(PageOfTest(sky))
    view.show({"object_id": OBJECT})
    return view


def _offered(view: SourceView) -> list[str]:
    return [name for name in view._panels.panels._buttons]


def _open(view: SourceView, name: str) -> Any:
    view._panels.panels.unfold(name)
    return view._panels.panels


def test_one_is_offered_what_one_may(served: Served) -> None:
    reading = ["Finding chart", "Observability", "Follow-up", "Similar", "Positions", "Elsewhere", "History"]
    deeds = ["Save", "Comment", "Classify", "Redshift", "Tags and lists"]
    for viewer, offered in (
        (ANN, deeds + reading),
        (Viewer("eve"), reading),
        (Viewer("loner", scopes=ROLES["scanner"]), deeds[1:] + reading),
    ):
        with served.sky(viewer) as sky:
            assert _offered(_view(sky)) == offered


def test_one_panel_is_open_at_a_time_and_closes_with_another_object(served: Served) -> None:
    with served.sky(ANN) as sky:
        view = _view(sky)
        panels = view._panels.panels
        buttons = panels.children[0].children
        buttons[0].click()
        assert (panels.opened, buttons[0].description) == ("Save", "▾ Save")
        buttons[1].click()
        assert (panels.opened, buttons[0].description) == ("Comment", "▸ Save")
        buttons[1].click()
        assert panels.opened is None
        buttons[1].click()
        view.show({"object_id": OBJECT})
        assert panels.opened == "Comment"
        view.show({"object_id": "ZTF26faint"})
        assert panels.opened is None


def test_groups_are_set(served: Served) -> None:
    with served.sky(ANN) as sky:
        view = _view(sky)
        panel = _open(view, "Save")
        find(panel, widgets.Checkbox, "bursts").value = True
        find(panel, widgets.Button, "Set").click()
        assert "bursts (by ann)" in texts(view.box)
        find(panel, widgets.Checkbox, "bursts").value = False
        find(panel, widgets.Checkbox, "transients").value = True
        find(panel, widgets.Button, "Set").click()
        assert [entry["group"] for entry in sky.source(OBJECT)["saved"]] == ["transients"]


def test_a_comment_with_a_file_is_seen_by_the_chosen_group(served: Served) -> None:
    with served.sky(ANN) as sky, served.sky(BOB) as bob:
        panel = _open(_view(sky), "Comment")
        send = find(panel, widgets.Button, "Send")
        send.click()
        assert "alert" in texts(panel)
        assert bob.comments.rows(object_id=OBJECT) == []
        find(panel, widgets.Textarea).value = "rising **fast**"
        find(panel, widgets.FileUpload).value = (
            {
                "name": "note.txt",
                "type": "text/plain",
                "size": 2,
                "content": memoryview(b"hi"),
                "last_modified": datetime.now(UTC),
            },
        )
        find(panel, widgets.SelectMultiple).value = ("transients",)
        send.click()
        [comment] = bob.comments.rows(object_id=OBJECT)
        assert bob.attachments.file(comment["attachments"][0]) == b"hi"
        assert find(panel, widgets.Textarea).value == ""


def test_classes_are_given_with_sliders_and_voted_on(served: Served) -> None:
    with served.sky(ANN) as sky, served.sky(BOB) as bob:
        panel = _open(_view(sky), "Classify")
        give = next(w for w in everything(panel) if getattr(w, "description", "") == "Classify")
        give.click()
        assert "Move a slider first" in texts(panel)
        sliders = next(w for w in everything(panel) if isinstance(w, ClassSliders))
        two = [w for w in everything(sliders) if isinstance(w, widgets.FloatSlider)][:2]
        for slider in two:
            slider.value = 0.8
        give.click()
        assert "up to 1 is permitted" in texts(panel)
        find(panel, widgets.Checkbox, "scale each level").value = True
        give.click()
        given = bob.source(OBJECT)["classifications"]
        assert {row["classification"]: row["probability"] for row in given} == {s.description: 0.5 for s in two}
        votes = _open(_view(bob), "Classify")
        find(votes, widgets.Button, "+1").click()
        assert sorted(row["votes_for"] for row in sky.source(OBJECT)["classifications"]) == [0, 1]


def test_a_branch_unfolds(served: Served) -> None:
    with served.sky(ANN) as sky:
        sliders = next(w for w in everything(_open(_view(sky), "Classify")) if isinstance(w, ClassSliders))
        shown = [w.description for w in everything(sliders) if isinstance(w, widgets.FloatSlider)]
        find(sliders, widgets.Button, "▸").click()
        assert len([w for w in everything(sliders) if isinstance(w, widgets.FloatSlider)]) > len(shown)


def test_a_redshift_is_noted_and_edited_with_its_versions(served: Served) -> None:
    with served.sky(ANN) as sky:
        view = _view(sky)
        panel = _open(view, "Redshift")
        find(panel, widgets.Text, "Redshift").value = "0.031"
        find(panel, widgets.Button, "Store").click()
        assert "z = 0.031 (spectroscopic)" in texts(view.box)
        view._panels.panels.reset()
        view._panels.panels.unfold("Redshift")
        which = find(panel, widgets.Dropdown, "Which")
        which.value = sky.redshifts.rows(object_id=OBJECT)[0]["redshift_id"]
        find(panel, widgets.Text, "Redshift").value = "0.032"
        find(panel, widgets.Button, "Store").click()
        assert "z = 0.032" in texts(view.box)
        which.value = None
        which.value = sky.redshifts.rows(object_id=OBJECT)[0]["redshift_id"]
        assert "0.031 by ann" in texts(panel)


def test_tags_and_lists(served: Served) -> None:
    with served.sky(ANN) as sky:
        sky.tags.add(name="young", colour="#c34f00")
        view = _view(sky)
        panel = _open(view, "Tags and lists")
        find(panel, widgets.Button, "Put the tag").click()
        assert "Choose a tag first" in texts(panel)
        find(panel, widgets.Dropdown, "Tag").value = "young"
        find(panel, widgets.Button, "Put the tag").click()
        find(panel, widgets.Button, "Put on").click()
        record = sky.source(OBJECT)
        assert [tag["tag"] for tag in record["tags"]] == ["young"]
        assert [entry["list_name"] for entry in record["lists"]] == ["favourites"]
        view._panels.panels.reset()
        view._panels.panels.unfold("Tags and lists")
        find(panel, widgets.Button, "✕ young").click()
        assert sky.source(OBJECT)["tags"] == []


def test_panels_tell_what_others_changed_and_keep_what_was_typed(served: Served) -> None:
    with served.sky(ANN) as sky, served.sky(BOB) as bob:
        sky.tags.add(name="young", colour="#c34f00")
        view = _view(sky)
        for name in ("Classify", "Tags and lists", "Redshift", "Comment", "Save"):
            _open(view, name)
        save, comment, redshift, tags, classify = (
            view._panels.panels._made[name] for name in ("Save", "Comment", "Redshift", "Tags and lists", "Classify")
        )
        find(save, widgets.Checkbox, "bursts").value = True
        find(comment, widgets.Textarea).value = "half a sentence"
        find(redshift, widgets.Text, "Redshift").value = "0.05"
        mine: dict[str, Any] = {"object_id": OBJECT, "groups": ["transients"]}
        bob.sources.save(OBJECT, ["transients"])
        bob.object_tags.add(**mine, tag="young")
        bob.redshifts.add(**mine, redshift=0.031, type="spectroscopic")
        bob.classifications.add(**mine, classification="SN Ia")
        view.hear({"kind": "sources", "object_id": OBJECT, "seq": 10**9})
        assert [find(save, widgets.Checkbox, name).value for name in ("transients", "bursts")] == [True, True]
        assert find(comment, widgets.Textarea).value == "half a sentence"
        assert find(redshift, widgets.Text, "Redshift").value == "0.05"
        assert find(redshift, widgets.Dropdown, "Which").layout.display is None
        assert find(tags, widgets.Button, "✕ young").tooltip == "Take the tag young off"
        assert "SN Ia by bob: +0 −0" in texts(classify)
        which = find(redshift, widgets.Dropdown, "Which")
        [(_, number)] = which.options[1:]
        which.value = number
        bob.redshifts.edit(number, redshift=0.033)
        view.hear({"kind": "redshifts", "object_id": OBJECT, "seq": 10**9})
        assert which.value == number
        assert find(redshift, widgets.Text, "Redshift").value == "0.033"
        bob.redshifts.remove(number)
        view.hear({"kind": "redshifts", "object_id": OBJECT, "seq": 10**9})
        assert which.value is None


def test_the_open_history_goes_on(served: Served) -> None:
    with served.sky(ANN) as sky, served.sky(BOB) as bob:
        view = _view(sky)
        panels = _open(view, "History")
        bob.comments.add(object_id=OBJECT, text="a new word", groups=["transients"])
        view.hear({"kind": "comments", "object_id": OBJECT, "seq": 10**9})
        assert "a new word" in texts(panels)


@pytest.mark.parametrize(
    ("name", "told"), [("Elsewhere", "simbad"), ("History", "objects added"), ("Finding chart", "<img")]
)
def test_what_there_is_to_read(served: Served, name: str, told: str) -> None:
    with served.sky(BOB) as sky:
        assert told in texts(_open(_view(sky), name))


def test_observability_is_told_for_chosen_telescopes(served: Served) -> None:
    with served.sky(BOB) as sky:
        panel = _open(_view(sky), "Observability")
        assert "least airmass" in texts(panel)
        find(panel, widgets.TagsInput).value = ["P48"]
        assert texts(panel).count("<td>P48</td>") == 1
        assert "VLT" not in texts(panel)
        [chart] = [widget for widget in everything(panel) if isinstance(widget, AltitudeChart)]
        assert [line["name"] for line in chart.curves["lines"]] == ["P48"]


def test_positions_lie_about_their_median_north_up_and_east_left() -> None:
    assert "no alert with a position" in positions_html([], Position(0, 0))
    unknown = {"ra": None, "dec": None, "filter": "ztfg"}
    assert "no alert with a position" in positions_html([unknown], Position(0, 0))
    step = 1 / 3600
    rows = [
        {"ra": (359.9999 + east * step) % 360, "dec": north * step, "filter": "ztf<r"}
        for east, north in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    html = positions_html([*rows, unknown], Position(359.9999, 0.0))
    assert "5 positions, scatter 0.89″ about their median; + is where the object is kept, 0.00″ from it." in html
    drawn = ElementTree.fromstring(html[: html.index("</svg>") + 6])
    dots = [circle for circle in drawn.iter("circle") if circle.get("r") == "3.5"]
    (x0, y0), east, west, north, south = ((float(dot.get("cx", 0)), float(dot.get("cy", 0))) for dot in dots)
    assert east[0] < x0 < west[0]
    assert north[1] < y0 < south[1]
    assert dots[1].findtext("title") == "ztf<r: +1.00″ east, +0.00″ north"


def test_links_name_the_object_and_its_place() -> None:
    html = links_html(
        {"object_id": 'ZTF"26<a>', "survey": "ZTF", "ra": 10.0, "dec": -5.5, "aliases": ["SN 2026abc", "x"]}
    )
    assert "https://www.wis-tns.org/object/2026abc" in html
    assert "ZTF%2226%3Ca%3E" in html
    assert "10.000000" in html
    assert html.count("noopener noreferrer") == html.count("<a ")
