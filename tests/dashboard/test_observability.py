"""The page Observability: targets that are none are said, pairs are listed and drawn, the address carries what is asked."""

from __future__ import annotations

import re
from typing import Any

import ipywidgets as widgets
import pytest
from dashboard_support import PageOfTest, find, texts
from skyhub.errors import InvalidInput
from skyhub_widgets import AltitudeChart
from skyhub_widgets.dashboard._observability import ObservabilityView, targets_of
from support.houses import SCANNER
from support.services import Served, wait_until

NIGHT = {"mjd": 61_365.1, "altitude": 40.0, "observable": True, "sun_altitude": -30.0, "moon_altitude": 20.0}


def _rows(count: int = 40, **changes: Any) -> list[dict[str, Any]]:
    return [
        {**NIGHT, "mjd": NIGHT["mjd"] + n / 288, "altitude": n - 5.0, "observable": n > 20, **changes}
        for n in range(count)
    ]


@pytest.mark.parametrize("line", ["M 31", "M31 10.68 95", "M31 ten twenty"])
def test_a_line_that_is_no_target_is_refused(line: str) -> None:
    with pytest.raises(InvalidInput, match=r"is no target: give the name of an object|outside of the sky"):
        targets_of(f"ZTF26abc\n{line}")


def test_charts_are_thick_where_observable_and_read_off() -> None:
    with pytest.raises(InvalidInput, match="has no altitude, observable"):
        AltitudeChart({"P48": [{"mjd": 1.0}]})
    chart = AltitudeChart({"<b> · P48": _rows(), "never": [], "LT": _rows(observable=False)})
    assert chart.svg.count('stroke-width="3.5"') == 1
    assert chart.svg.count('stroke-width="1.2"') == 2
    assert "<b>" not in chart.svg
    assert [line["name"] for line in chart.curves["lines"]] == ["<b> · P48", "LT"]
    assert chart.curves["begin"] == NIGHT["mjd"]
    assert 'data-tip="Moon"' in chart.svg
    assert "twilight" not in re.sub(r'<path d="" [^>]*>', "", chart.svg)
    assert str(chart.table()).count("<tr>") == 3
    assert "61365.2354" in str(chart.table())
    chart.show({})
    assert (chart.svg, chart.curves) == ("", {})


def test_pairs_are_listed_drawn_and_kept_in_the_address(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        page = PageOfTest(sky)
        view = ObservabilityView(page)
        view.show({"targets": "ZTF26public,Polaris 37.95 89.26", "telescopes": "P48,LT,NOPE"})
        wait_until(lambda: len(view.table.records) == 4)
        assert {row["telescope"] for row in view.table.records} == {"P48", "LT"}
        wait_until(lambda: view.chart.curves)
        assert "pairs can be observed" in texts(view.box)
        assert page.kept["telescopes"] == "P48,LT"
        view.table.selected = ["Polaris · LT"]
        wait_until(lambda: [line["name"] for line in view.chart.curves["lines"]] == ["Polaris · LT"])
        find(view.box, widgets.Textarea).value = "ZTF26public\nnothing"
        wait_until(lambda: "there is no object" in texts(view.box))
        find(view.box, widgets.Textarea).value = "just words here now"
        assert "is no target" in texts(view.box)
        find(view.box, widgets.Textarea).value = ""
        assert view.table.records == []
        find(view.box, widgets.Text, "Galaxies").value = "S0"
        find(view.box, widgets.Button, "Add its galaxies").click()
        assert "S0" in texts(view.box)
