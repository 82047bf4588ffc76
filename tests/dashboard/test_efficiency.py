"""Efficiency on the pages of events and plans: what is missing is said at its field, the fraction is told with its interval."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from dashboard_support import PageOfTest, texts
from skyhub.db import ADMINISTRATOR
from skyhub.science.sky_shapes import Cone
from skyhub_widgets.dashboard._efficiency_panel import EfficiencyPanel
from support.services import Served, wait_until

LOG = {
    "ra": [160.0, 160.0],
    "dec": [10.0, 10.0],
    "mjd": [58_925.2, 58_926.2],
    "filter": ["r", "r"],
    "limmag": [20.0, 20.5],
}


@pytest.fixture
def panel(still: Served) -> Iterator[EfficiencyPanel]:
    with still.sky(ADMINISTRATOR) as sky:
        sky.instruments.set_fields("ZTF", [{"field_id": 1, "ra": 160.0, "dec": 10.0}], "box(0, 0, 7, 7, 0)")
        number = sky.localizations.add(Cone(160.0, 10.0, 1.0, 0.9), dateobs="2020-03-17T02:00:00")["localization_id"]
        sky.observations.add(LOG, "ZTF")
        yield EfficiencyPanel(PageOfTest(sky), str(number))


def _inject(panel: EfficiencyPanel) -> str:
    panel.form.button.click()
    wait_until(lambda: not panel.form.busy)
    return re.sub(r"<[^>]*>", " ", texts(panel.box))


def test_what_is_missing_is_said_at_its_field(panel: EfficiencyPanel) -> None:
    assert panel.form.value["parameters"]["opacity"] == 1.0
    assert "no distances: give one" in _inject(panel)
    panel.form.fill(model="salt3", distance="100")
    assert panel.form.value["absolute_magnitude"] == -19.3
    assert panel.form.value["parameters"] == {}
    panel.form.fill(absolute_magnitude="")
    assert "needs the absolute_magnitude" in _inject(panel)
    panel.form.fill(model="source of sncosmo", name="no-such-source", absolute_magnitude="-17")
    assert "no-such-source" in _inject(panel)


def test_sources_that_are_bright_enough_are_found(panel: EfficiencyPanel) -> None:
    panel.form.fill(model="constant", distance="40", detections="2", apart="600", n="200")
    assert "200 of 200 sources would have been detected in 2 exposures: 100.0%" in _inject(panel)
    panel.form.fill(distance="4000")
    assert "0 of 200 sources" in _inject(panel)
    panel.form.fill(model="nickel", distance="30", detections="1")
    assert "of 200 sources would have been detected" in _inject(panel)
