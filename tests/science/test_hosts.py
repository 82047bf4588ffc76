"""Directional light radii against closed forms, and directions against astropy."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import assume, given
from hypothesis import strategies as st
from skyhub.science.distances import kpc_per_arcsec
from skyhub.science.hosts import Shapes, directional_radius, position_angles
from support.strategies import dec, ra

NONE = float("nan")


@given(a=st.floats(0.1, 1000), ratio=st.floats(0.05, 1), angle=st.floats(-720, 720))
def test_the_radius_ends_on_the_ellipse(a: float, ratio: float, angle: float) -> None:
    r = directional_radius(a, ratio, angle)
    x, y = r * np.cos(np.radians(angle)), r * np.sin(np.radians(angle))
    assert (x / a) ** 2 + (y / (a * ratio)) ** 2 == pytest.approx(1)
    b = a * ratio
    as_published = a * b / np.sqrt((a * np.sin(np.radians(angle))) ** 2 + (b * np.cos(np.radians(angle))) ** 2)
    assert r == pytest.approx(as_published)


@given(ra, dec, ra, dec)
def test_directions_are_those_of_astropy(a1: float, d1: float, a2: float, d2: float) -> None:
    here, there = SkyCoord(a1, d1, unit="deg"), SkyCoord(a2, d2, unit="deg")
    assume(1e-5 < here.separation(there).deg < 179.9)
    assume(abs(d1) < 89.9999)
    difference = position_angles(a1, d1, a2, d2) - here.position_angle(there).deg
    assert (difference + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


def test_shapes_are_completed_where_a_catalogue_has_none() -> None:
    diameters = [2.0, 2.0, 2.0, NONE, 0.0, 500.0, NONE]
    ratios, angles = [0.25, 0.25, NONE, 0.5, NONE, 1.0, NONE], [30, NONE, 30, 30, NONE, 0, NONE]
    shapes = Shapes(diameters, ratios, angles, [NONE, NONE, NONE, 100.0, NONE, 0.8, 1e-3])
    typical = 10 / float(kpc_per_arcsec(100.0))
    assert shapes.semi_major == pytest.approx([60, 30, 60, typical, 5, 6000, 60], rel=1e-6)
    assert shapes.axis_ratio.tolist() == [0.25, 1, 1, 1, 1, 1, 1]
    assert shapes.reach == pytest.approx(5 / 3 * shapes.semi_major)


def test_a_transient_along_the_disc_is_nearer_than_one_beside_it() -> None:
    shapes = Shapes([2.0], [0.25], [30.0], [NONE])
    rows = np.zeros(3, dtype=np.int64)
    radii = shapes.radii(rows, np.array([60.0, 60.0, 60.0]), np.array([30.0, 210.0, 120.0]))
    assert radii == pytest.approx([1, 1, 4])
