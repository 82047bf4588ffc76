"""The sky plot: what is refused, the projection, the frames, and the static version."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import galactic_of, icrs_of
from skyhub_widgets import SkyPlot
from skyhub_widgets._sky_layers import galactic_plane
from skyhub_widgets._sky_svg import mollweide
from traitlets import TraitError

LON = st.floats(0, 359.99)
LAT = st.floats(-90, 90)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: p.set_points("x", [1, 2], [3]),
        lambda p: p.set_points("x", [float("nan")], [0]),
        lambda p: p.set_points("x", [0], [91]),
        lambda p: p.set_points("x", [0], [0], ["a", "b"]),
        lambda p: p.set_points("x", [0], [0], colour="blue"),
        lambda p: p.set_outlines("x", [[[0, 0]]]),
        lambda p: p.set_outlines("x", [[0, 1, 2]]),
        lambda p: p.set_tracks("x", [[[0, 0], [0, 100]]]),
        lambda p: p.set_tracks("x", [[[0, 0], [1, 1]]], ["a", "b"]),
    ],
)
def test_what_does_not_lie_on_the_sky_is_refused(wrong: Any) -> None:
    plot = SkyPlot()
    before = plot.data
    with pytest.raises(InvalidInput):
        wrong(plot)
    assert plot.data == before


def test_frames_that_do_not_exist_are_refused() -> None:
    with pytest.raises(TraitError):
        SkyPlot(frame="ecliptic")


@given(LON, LAT, LON)
def test_the_projection_stays_within_its_ellipse_and_keeps_areas(lon: float, lat: float, centre: float) -> None:
    x, y = mollweide(np.array([lon]), np.array([lat]), centre)
    assert (x[0] / 2) ** 2 + y[0] ** 2 <= 1 + 1e-6
    # The area of a band from the equator is that of the sphere, 4 pi onto 2 pi: with theta, not the latitude
    theta = np.arcsin(y[0])
    assert 2 * theta + np.sin(2 * theta) == pytest.approx(np.pi * np.sin(np.radians(lat)), abs=1e-4)


def test_east_is_left_and_the_centre_in_the_middle() -> None:
    x, y = mollweide(np.array([180.0, 200.0, 160.0, 180.0]), np.array([0.0, 0.0, 0.0, 90.0]))
    assert x[1] < x[0] < x[2]
    assert y.tolist() == pytest.approx([0, 0, 0, 1])


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=5))
def test_galactic_coordinates_are_those_of_astropy(places: list[tuple[float, float]]) -> None:
    ra, dec = np.array(places).T
    ours = SkyCoord(*galactic_of(ra, dec), unit="deg", frame="galactic")
    assert ours.separation(SkyCoord(ra, dec, unit="deg")).arcsec.max() < 0.05  # it goes by way of FK5
    back = SkyCoord(*icrs_of(*galactic_of(ra, dec)), unit="deg")
    assert back.separation(SkyCoord(ra, dec, unit="deg")).arcsec.max() < 1e-5


def test_the_plane_is_the_plane() -> None:
    _, latitude = galactic_plane().positions("galactic")
    assert sorted({round(value) for value in latitude}) == [-10, 0, 10]


def test_layers_come_and_go_and_follow_the_frame() -> None:
    plot = SkyPlot("Night")
    plot.set_points("Sources", [266.405, 10.0], [-28.936, 5.0], ["centre", "other"])
    plot.set_tracks("Pointings", [[[0, 0], [10, 10]], [[20, 0], [30, 5], [40, 9]]])
    assert plot.layers == ["Galactic plane", "Sources", "Pointings"]
    assert plot.data[2]["starts"] == [0, 2]
    plot.selected = ["centre"]
    plot.frame = "galactic"
    lon = np.frombuffer(plot.data[1]["lon"], "<f4")
    assert min(lon[0], 360 - lon[0]) < 0.01
    plot.set_points("Sources", [10.0], [5.0], ["other"])
    assert plot.selected == []
    plot.remove("Pointings")
    plot.remove("Pointings")
    assert plot.layers == ["Galactic plane", "Sources"]


def test_what_is_clicked_is_told() -> None:
    plot, told = SkyPlot(), []
    plot.on_click(told.append)
    plot._received(plot, {"type": "clicked", "label": "ZTF26a"}, [])
    assert told == ["ZTF26a"]


def test_the_static_version_has_everything_and_escapes_it() -> None:
    plot = SkyPlot('<script>"')
    plot.set_points("A & B", [10.0, 20.0], [0.0, 5.0], ["<b>", "two"])
    plot.set_outlines("90 %", [[[359, 0], [1, 0], [1, 2], [359, 2]]])
    tree = ElementTree.fromstring(plot.static().html)
    assert tree.attrib["aria-label"] == '<script>"'
    titles = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["<b>", "two"]
    table = plot.table().html
    assert "&lt;b&gt;" in table
    assert table.count("<tr>") == 3
