"""Plans as figures: what is refused, what is linked, what a report gets."""

from __future__ import annotations

import colorsys
from typing import Any
from xml.etree import ElementTree

import pytest
from plan_support import PLAN, timeline, together
from skyhub.errors import InvalidInput
from skyhub_widgets import PlanFigures, PlanTimeline, SkyPlot
from skyhub_widgets._plan_data import order_colours


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({}, "no nights, mjd"), ({**timeline(), "observations": []}, "4 observations, the timeline 0")],
)
def test_a_timeline_of_another_plan_is_refused_and_changes_nothing(wrong: dict[str, Any], message: str) -> None:
    figures = PlanFigures(PLAN, timeline())
    before = figures.timeline.data, figures.sky.data, figures.table.records
    with pytest.raises(InvalidInput, match=message):
        figures.show(PLAN, wrong)
    assert (figures.timeline.data, figures.sky.data, figures.table.records) == before


def test_what_is_no_colour_or_curve_is_refused() -> None:
    plot = SkyPlot()
    for colours in (["#123456"], ["blue", "red"]):
        with pytest.raises(InvalidInput, match="colour"):
            plot.set_points("x", [1, 2], [3, 4], colours=colours)
    with pytest.raises(InvalidInput, match="2 times and 1 values"):
        PlanTimeline().follow([1.0, 2.0], [1.0])


@pytest.mark.parametrize("count", [0, 1, 2, 300])
def test_colours_grow_lighter_in_the_order(count: int) -> None:
    colours = order_colours(count)
    assert len(colours) == count
    light = [colorsys.rgb_to_hls(*(int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)))[1] for c in colours]
    assert count < 3 or light[-1] > light[0]


def test_a_field_that_is_lit_in_one_is_lit_in_all() -> None:
    figures = PlanFigures(PLAN, timeline())
    told: list[str] = []
    figures.on_select(told.append)
    figures.table._received(None, {"type": "clicked", "id": "3"}, None)
    assert (figures.selected, figures.sky.selected) == ("7", ["7"])
    figures.timeline.follow([58925.2], [1.2])
    figures.sky._received(None, {"type": "clicked", "label": "8"}, None)
    assert (figures.timeline.selected, figures.timeline.curve) == ("8", {})
    figures.timeline.selected = ""
    assert figures.sky.selected == []
    assert told == ["7", "8", ""]


def test_another_plan_forgets_a_field_that_it_has_not() -> None:
    figures = PlanFigures(PLAN, timeline())
    figures.selected = "8"
    figures.show(PLAN, timeline())
    assert figures.selected == "8"
    figures.clear()
    assert figures.selected == ""
    assert figures.table.records == []
    assert "Fields" not in figures.sky.layers


def test_a_report_gets_the_plots_and_the_observations() -> None:
    figures = PlanFigures(PLAN, timeline(), {"90 %": [[[150, 0], [160, 0]]]})
    drawing = figures.timeline.static().html
    image = ElementTree.fromstring(drawing)
    bars = [e for e in image.iter() if e.tag.endswith("rect") and e.find("{*}title") is not None]
    assert len(bars) == len(PLAN["observations"])
    assert "at most 0.600" in drawing
    assert "limit 2" in drawing
    table = figures.timeline.table().html
    assert table.count("<tr>") == 1 + len(PLAN["observations"])
    assert all(text in figures.static().html for text in ("90 %", "2020-03-17T04:00:00", "0.5000"))
    assert "no plan" in PlanTimeline().static().html


def test_timelines_of_other_plans_are_refused() -> None:
    joint, told = together()
    for wrong in ({}, {**told, "timelines": told["timelines"][:1]}):
        with pytest.raises(InvalidInput, match="timelines: give what"):
            PlanFigures().show_together(joint, wrong)


def test_several_telescopes_have_their_colours_lanes_and_lines() -> None:
    figures = PlanFigures()
    figures.show_together(*together())
    assert len(set(figures.timeline.data["colours"])) == 2
    assert [row["instrument"] for row in figures.table.records][:5] == ["ZTF", "ZTF", "ZTF", "DECam", "ZTF"]
    figures.table._received(None, {"type": "clicked", "id": "4"}, None)
    assert (figures.selected, figures.sky.selected) == ("DECam 7", ["DECam 7"])
    drawing = figures.timeline.static().html
    assert all(text in drawing for text in ("<title>all together</title>", ">DECam</text>", "at most 0.900"))
    assert ">Moon</text>" not in drawing
    ElementTree.fromstring(drawing)
    figures.show(PLAN, timeline())
    assert "instrument" not in figures.table.records[0]
    assert figures.selected == ""
