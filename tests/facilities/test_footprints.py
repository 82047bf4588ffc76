"""Regions into footprints: what is refused, what is understood, and geometry against astropy and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.footprints import filled_polygon, inside_polygon, offsets_of, parse_footprint, rectangle, to_sky
from support.effort import repeats
from support.strategies import dec, ra

REGIONS = {"ZTF_Region": 64, "ZTF_Square_Region": 1, "DECam_Region": 1, "Swift_Region": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no shape"),
        ("# Region file format: DS9\nicrs\n", "has no shape"),
        ("image\nbox(100,100,20,20,0)", "has 'image'"),
        ("galactic; circle(1,1,1)", "has 'galactic'"),
        ("icrs\nline(0,0,1,1)", "has 'line"),
        ("icrs\ncircle(0,0)", "a circle of 2 numbers in line 2"),
        ("icrs\nbox(0,0,1)", "a box of 3 numbers"),
        ("icrs\npolygon(0,0,1,1)", "a polygon of 4 numbers"),
        ("icrs\npolygon(0,0,1,1,2,2,3)", "a polygon of 7 numbers"),
        ("icrs\ncircle(0,0,30p)", "has '30p'"),
        ("icrs\ncircle(0,91,1)", "beyond the poles"),
        ("icrs\ncircle(0,0,nan)", "has 'nan'"),
        ("icrs\ncircle(0,0,-1)", "without extent"),
        ("icrs\n-circle(0,0,1)", "takes something away"),
        ("icrs\ncircle(1:x,0,1)", "has '1:x'"),
        ("icrs\npolygon(0,0,100,0,100,80)", "that is no camera"),
    ],
)
def test_what_is_no_region_on_the_sky_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match="region") as refused:
        parse_footprint(text)
    assert message in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "icrs\nbox(150,2,0.5,0.25,0)",
        "FK5;BOX(150d,2d,30',15',0.0) # colour=green text={a;b}",
        'global color=green\nj2000\nbox(10:00:00 +2:00:00 1800" 900")',
        "box(0,0,0.5,0.25)",
        "icrs\npolygon(149.75,1.875,150.25,1.875,150.25,2.125,149.75,2.125)",
    ],
)
def test_ways_to_write_one_box(text: str) -> None:
    [polygon] = parse_footprint(text).polygons
    assert polygon == pytest.approx(rectangle(0.5, 0.25).polygons[0], abs=2e-4)


def test_a_circle_has_the_area_of_a_cap_and_an_ellipse_turns() -> None:
    assert parse_footprint("circle(0,0,1.1)").areas[0] == pytest.approx(
        2 * np.pi * (1 - np.cos(np.radians(1.1))) * np.degrees(1) ** 2, rel=2e-4
    )
    ellipse = parse_footprint("icrs\nellipse(20,-30,2,0.5,90)")
    assert ellipse.contains([0.45, 0.0, 1.9, 0.0], [0.0, 1.9, 0.0, 2.1]).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("name", "count"), REGIONS.items())
def test_real_regions(shared: Path, name: str, count: int) -> None:
    footprint = parse_footprint((shared / "survey" / "skyportal" / f"{name}.reg").read_text())
    assert len(footprint.polygons) == count
    middle = np.concatenate(footprint.polygons)
    assert (middle.min(axis=0) + middle.max(axis=0)) / 2 == pytest.approx((0, 0), abs=0.01)


def test_a_mosaic_given_as_offsets_is_taken_as_it_is(shared: Path) -> None:
    text = (shared / "survey" / "skyportal" / "ZTF_Region.reg").read_text()
    assert parse_footprint(text).polygons[0][0] == pytest.approx((2.790912, -2.0107), abs=1e-9)


@given(ra, dec, st.floats(-10, 10), st.floats(-10, 10))
def test_offsets_are_astropys(a: float, d: float, x: float, y: float) -> None:
    centre = SkyCoord(a, d, unit="deg")
    theirs = SkyCoord(x, y, unit="deg", frame=centre.skyoffset_frame()).icrs
    ours = SkyCoord(*to_sky(x, y, a, d), unit="deg")
    assert ours.separation(theirs) < 1e-6 * u.arcsec
    back = offsets_of(ours.ra.deg, ours.dec.deg, a, d)
    assert np.array(back) == pytest.approx((x, y), abs=1e-8)


@given(ra, st.floats(-80, 80))
def test_a_region_is_the_same_wherever_it_was_drawn(a: float, d: float) -> None:
    assume(max(min(a, 360 - a), abs(d)) > 0.1)
    shape = rectangle(3, 2)
    [corners] = shape.corners(a, d)
    text = "icrs\npolygon(" + ",".join(f"{v:.9f}" for v in corners.ravel()) + ")"
    [polygon] = parse_footprint(text).polygons
    assert polygon == pytest.approx(shape.polygons[0], abs=1e-4)


_coordinates = st.floats(0, 10, allow_nan=False).map(lambda value: round(value, 1))


@settings(max_examples=repeats(150))
@given(st.lists(st.tuples(_coordinates, _coordinates), min_size=3, max_size=8), st.sampled_from([0.25, 0.37, 0.5]))
def test_a_polygon_is_filled_row_by_row_as_point_by_point(corners: list[tuple[float, float]], step: float) -> None:
    x, y = np.arange(-1, 11, step), np.arange(-1, 11, 0.31)
    filled = filled_polygon(np.array(corners), x, y)
    assert np.array_equal(filled, inside_polygon(np.array(corners), *np.meshgrid(x, y)))
