"""The Earth with its telescopes: day and night where they are, marks by what is seen, texts that are no markup."""

from __future__ import annotations

import re

import numpy as np
import pytest
from skyhub.errors import InvalidInput
from skyhub.science.visibility import Site, local_sky
from skyhub_widgets import WorldMap
from skyhub_widgets._coast import coastlines
from skyhub_widgets._world_svg import sites_of, world_svg
from world_support import T0, found_of, telescope


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no sun, moon, to_earth, telescopes"):
        WorldMap({"time": "2019-04-25T08:18:14.400Z"})


@pytest.mark.parametrize("mjd", [T0, 61_212.0, 61_394.5, 61_120.6], ids=["April", "June", "December", "equinox"])
def test_the_night_is_where_the_sun_is_down(mjd: float) -> None:
    svg = world_svg(found_of(mjd=mjd), [], "Earth")
    for name, altitude in (("the Sun is down", 0.0), ("astronomical night", -18.0)):
        found = re.search(rf'<path d="([^"]*)"[^>]*data-tip="{name}"', svg)
        assert found
        strips = [
            [float(value) for value in re.findall(r"[-\d.]+", strip)] for strip in found[1].split("z") if strip
        ]  # x, top, width, bottom, −width
        rng = np.random.default_rng(1)
        for latitude, longitude in zip(rng.uniform(-89, 89, 60), rng.uniform(-180, 180, 60), strict=True):
            middle = np.floor(longitude) + 0.5
            sun = float(local_sky(Site(latitude, middle), mjd).sun_altitude[0])
            if abs(sun - altitude) < 0.3:  # the border is drawn for the Earth's centre, to 0.05 deg
                continue
            x, y = (middle + 179.5) * 2, (90 - latitude) * 2
            inside = any(s[0] == x and s[1] <= y <= s[3] for s in strips)
            assert inside == (sun < altitude), (name, latitude, longitude)


def test_telescopes_that_stand_together_are_one_mark_and_texts_stay_texts() -> None:
    names = [telescope("<b>A</b>", 19.8, -155.5, 0.5, 0.6), telescope("B", 19.9, -155.4, 0.4, 0.5)]
    far = [telescope("C", -30.0, 179.9, 0.0, 0.2), telescope("D", -30.0, -179.9), telescope("E", 40.0, 10.0)]
    assert [[one["telescope"] for one in site] for site in sites_of([*names, *far])] == [
        ["<b>A</b>", "B"],
        ["C", "D"],
        ["E"],
    ]
    widget = WorldMap(found_of(*names, *far), [[(197.0, -23.0), (200.0, -20.0), (197.0, -17.0)]])
    assert widget.svg.count("data-id") == 3
    assert "<b>" not in widget.svg
    assert "B: 40% now, 50% tonight" in widget.svg
    assert "stands at the zenith" in widget.svg
    assert str(widget.static()) == widget.svg
    assert str(widget.table()).count("<tr>") == 6
    told: list[str] = []
    widget.on_select(told.append)
    widget.selected = "C"
    assert told == ["C"]


def test_the_coasts_are_drawn_and_no_line_crosses_the_map() -> None:
    assert len(coastlines()) > 50
    svg = world_svg(found_of(), [[(float(ra), 10.0) for ra in range(0, 361, 5)]], "Earth")
    for path in re.findall(r'd="(M[^"]*L[^"]*)"', svg):
        for part in path.split("M")[1:]:
            x = [float(point.split()[0]) for point in part.split("L")]
            assert max(map(abs, np.diff(x)), default=0) <= 360
