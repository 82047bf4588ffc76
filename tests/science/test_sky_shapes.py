"""Shapes of notices are the maps that closed forms and published areas say, and bad numbers are refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.sky_shapes import ONE_SIGMA, Annulus, Circles, Cone, Ellipse, Polygon, SkyShape, skymap_of
from support.effort import repeats
from support.strategies import dec, ra

NAN = math.nan


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Cone(400, 0, 1, 0.9), "0 ≤ ra ≤ 360"),
        (lambda: Cone(0, -91, 1, 0.9), "−90 ≤ dec ≤ 90"),
        (lambda: Cone(NAN, 0, 1, 0.9), "ra nan"),
        (lambda: Cone.from_sigma(0, 0, 0), "radius of 0 deg"),
        (lambda: Cone.from_sigma(0, 0, -1), "radius of -1 deg"),
        (lambda: Cone.from_90(0, 0, NAN), "radius of nan"),
        (lambda: Cone.from_90(0, 0, 181), "at most 180"),
        (lambda: Cone(0, 0, 1, 1.0), "level of 1.0"),
        (lambda: Cone(0, 0, 1, 90), "0.9 for a radius of 90 %"),
        (lambda: Ellipse(0, 0, 1, 2, 0), "minor is the shorter"),
        (lambda: Ellipse(0, 0, 1, 0, 0), "semi_minor of 0"),
        (lambda: Ellipse(0, 0, 1, 1, math.inf), "no position angle"),
        (lambda: Ellipse(0, 0, 1, 1, 0, 0.0), "level of 0.0"),
        (lambda: Polygon((0, 1), (0, 1)), "three different corners"),
        (lambda: Polygon((0, 1, 0), (0, 1, 0)), "three different corners"),
        (lambda: Polygon((0, 1, 1), (0, 1)), "as many of both"),
        (lambda: Polygon((0, 1, "x"), (0, 1, 1)), "not numbers"),  # type: ignore[arg-type]
        (lambda: Polygon((0, 120, 240), (0, 0, 0)), "deg from its middle"),
        (lambda: Polygon((0, 1, 2), (0, 0, 0)), "on one line"),
        (lambda: Annulus(0, 0, 190, 1, 0.9), "radius of 190"),
        (lambda: Annulus(0, 0, 90, 0, 0.9), "half_width of 0"),
        (lambda: Circles((), (), ()), "a circle at least"),
        (lambda: Circles((0,), (0,), (1, 2)), "one of each"),
    ],
)
def test_bad_numbers_are_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        make()


@given(
    a=ra,
    d=dec,
    size=st.floats(1e-4, 40),
    kind=st.sampled_from(["cone", "ellipse", "uniform", "annulus", "ring", "circle"]),
)
def test_probabilities_sum_to_one_and_cells_lie_apart(a: float, d: float, size: float, kind: str) -> None:
    shapes: dict[str, Callable[[], SkyShape]] = {
        "cone": lambda: Cone.from_90(a, d, size),
        "ellipse": lambda: Ellipse(a, d, size, size / 2, 30, 0.9),
        "uniform": lambda: Ellipse(a, d, size, size / 2, 30),
        "annulus": lambda: Annulus(a, d, 40, size / 10 + 0.1, 0.9),
        "ring": lambda: Annulus(a, d, 40, size / 10 + 0.1, None),
        "circle": lambda: Circles((a,), (d,), (size,)),
    }
    sky = skymap_of(shapes[kind]())
    assert sky.probability.sum() == pytest.approx(1, abs=1e-9)
    assert np.all(sky.low[1:] >= sky.high[:-1])
    assert np.all(sky.density > 0)
    assert sky.credible_level([a], [d])[0] <= 1


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("sigma", [0.01, 1.0, 2.0])
def test_areas_of_a_cone_are_those_of_a_gaussian(sigma: float, level: float) -> None:
    sky = skymap_of(Cone.from_sigma(197.45, -23.38, sigma))
    assert sky.area_within(level) == pytest.approx(-2 * math.pi * sigma**2 * math.log(1 - level), rel=3e-3)


def test_areas_of_published_cones() -> None:
    """Of a Fermi GBM and an IceCube cone, computed by others, who cut the Gaussians at four standard deviations."""
    assert skymap_of(Cone.from_sigma(214.74, 28.14, 11.19)).area_within(0.9) == pytest.approx(1761.05, rel=2e-3)
    assert skymap_of(Cone.from_sigma(197.45, -23.38, 2)).area_within(0.9) == pytest.approx(57.754, rel=2e-3)


@pytest.mark.parametrize(
    ("cone", "level"),
    [
        (Cone.from_sigma(0, 60, 1.5), ONE_SIGMA),
        (Cone.from_50(0, -90, 1.5), 0.5),
        (Cone.from_68(359.9, 0, 1.5), 0.6827),
        (Cone.from_90(10, 20, 1.5), 0.9),
    ],
)
def test_the_radius_of_a_cone_holds_its_level(cone: Cone, level: float) -> None:
    sky = skymap_of(cone)
    south = cone.dec - cone.radius if cone.dec > -80 else cone.dec + cone.radius
    assert sky.credible_level([cone.ra], [south])[0] == pytest.approx(level, abs=0.03)
    assert sky.probability_within(math.pi * cone.radius**2) == pytest.approx(level, abs=2e-3)


@settings(max_examples=repeats(60))
@given(a=ra, d=st.floats(-85, 85))
def test_a_gaussian_ellipse_is_as_likely_along_both_axes(a: float, d: float) -> None:
    sky = skymap_of(Ellipse(a, d, 0.4, 0.2, 90.0, 0.9))
    density = sky.density_at([a, a, (a + 0.4 / math.cos(math.radians(d))) % 360], [d, d + 0.2, d])
    assert density[1:] / density[0] == pytest.approx([0.1, 0.1], rel=0.15)
    assert sky.area_within(0.9) == pytest.approx(math.pi * 0.4 * 0.2, rel=3e-3)


def test_uniform_shapes_have_their_area() -> None:
    assert skymap_of(Ellipse(10, 20, 2, 1, 30)).area_within(1) == pytest.approx(2 * math.pi, rel=3e-3)
    square = skymap_of(Polygon((359, 1, 1, 359), (-1, -1, 1, 1)))
    assert square.area_within(1) == pytest.approx(4, rel=1e-2)
    ring = 2 * math.pi * (math.cos(math.radians(59)) - math.cos(math.radians(61))) * math.degrees(1) ** 2
    assert skymap_of(Annulus(10, 20, 60, 1, None)).area_within(1) == pytest.approx(ring, rel=0.05)
    lens = 2 * math.acos(0.5) - math.sqrt(3) / 2
    assert skymap_of(Circles((10, 11), (0, 0), (1, 1))).area_within(1) == pytest.approx(2 * math.pi - lens, rel=3e-3)


def test_a_uniform_map_holds_each_level_in_as_much_of_its_area() -> None:
    sky = skymap_of(Circles((10,), (80,), (3,)))
    assert [sky.area_within(level) / sky.area_within(1) for level in (0.1, 0.5, 0.9)] == pytest.approx([0.1, 0.5, 0.9])
    low, high = sky.region(0.9).T
    assert (high - low).sum() / (sky.high - sky.low).sum() == pytest.approx(0.9, abs=0.01)


def test_the_ring_of_an_annulus_holds_its_level() -> None:
    sky = skymap_of(Annulus(10, 20, 60, 1, 0.9))
    narrow = skymap_of(Annulus(10, 20, 60, 0.001, 0.9973))
    length = 2 * math.pi * math.degrees(math.sin(math.radians(60)))
    assert sky.area_within(0.9) == pytest.approx(2 * length, rel=0.01)
    assert len(narrow) <= 500_000
    assert narrow.density_at([10.0], [80.0])[0] > 0


def test_names_tell_the_shapes_apart() -> None:
    shapes: list[SkyShape] = [
        Cone.from_sigma(64.7373, 13.3517, 0.05),
        Ellipse(1, 2, 3, 2, 10),
        Polygon((0, 1, 1), (0, 0, 1)),
        Annulus(1, 2, 60, 1, 0.9),
        Circles((1, 2), (3, 4), (1, 1)),
    ]
    assert shapes[0].name == "64.73730_13.35170_0.05000"
    assert len({shape.name for shape in shapes}) == len(shapes)


@pytest.mark.parametrize("seed", range(repeats(3)))
def test_positions_drawn_from_a_map_lie_within_a_level_as_often_as_it_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    angle, distance = random.uniform(0, 2 * np.pi, 20_000), 0.5 * np.sqrt(-2 * np.log(random.random(20_000)))
    cone = skymap_of(Cone.from_sigma(180, 0, 0.5))
    levels = cone.credible_level(180 + distance * np.sin(angle), distance * np.cos(angle))
    for level in (0.1, 0.5, 0.9):
        assert np.mean(levels <= level) == pytest.approx(level, abs=0.015)
