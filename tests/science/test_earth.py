"""What the Earth hides: the fraction of the sky that its disc has, half of what lies on its edge, and a real map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import healpy as hp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import SkyMap, earth_disc, hidden_by_earth, read_sky_map, without_earth
from support.effort import repeats
from support.strategies import dec, ra

WHOLE = SkyMap.of_cells(0, np.arange(12), np.full(12, 1 / (4 * np.pi)))


@pytest.mark.parametrize(
    "position", [[0, 0, 0], [6378, 0, 0], [7000, 0], [[7000, 0, 0]], [np.nan, 7000, 0], [np.inf, 0, 0]]
)
def test_places_that_are_not_in_space_are_refused(position: Any) -> None:
    with pytest.raises(InvalidInput, match="not in space"):
        earth_disc(position)


@pytest.mark.parametrize("disc", [(80, 100, 67), (-1, 0, 67), (80, 10, 0), (80, 10, 180), (80, float("nan"), 67)])
def test_discs_that_are_none_are_refused(disc: tuple[float, float, float]) -> None:
    for work in (hidden_by_earth, without_earth):
        with pytest.raises(InvalidInput, match="no disc"):
            work(WHOLE, *disc)


def test_the_disc_is_opposite_and_as_large_as_the_horizon_leaves() -> None:
    there = earth_disc([0.0, 0.0, 2 * 6378.1])
    assert (there.dec, there.radius) == pytest.approx((-90, 30))
    assert earth_disc([0.0, -7000.0, 0.0])[:2] == pytest.approx((90, 0))


@given(a=ra, d=dec, radius=st.floats(10, 170))
@settings(max_examples=repeats(48), deadline=None)
def test_a_map_that_says_nothing_is_hidden_as_much_as_the_sky(a: float, d: float, radius: float) -> None:
    """But for cells of order 8 at the edge, which may lie up to their corners on the other side of it than their centres."""
    edge = hp.max_pixrad(256) * np.sin(np.radians(radius)) / 2
    assert hidden_by_earth(WHOLE, a % 360, d, radius) == pytest.approx((1 - np.cos(np.radians(radius))) / 2, abs=edge)


def test_half_of_what_lies_on_the_edge_is_hidden() -> None:
    on_edge, within, beyond = (skymap_of(Cone.from_sigma(80.0, d, 1.5)) for d in (60.0, 40.0, 85.0))
    assert hidden_by_earth(on_edge, 80.0, 0.0, 60.0) == pytest.approx(0.5, abs=0.02)
    assert hidden_by_earth(within, 80.0, 0.0, 60.0) == pytest.approx(1, abs=1e-6)
    assert hidden_by_earth(beyond, 80.0, 0.0, 60.0) == pytest.approx(0, abs=1e-6)


def test_the_earth_hides_a_disc(shared: Path) -> None:
    sky = read_sky_map(shared / "skymaps/S230518h_Update.multiorder.fits")
    seen = without_earth(sky, 80.0, 10.0, 67.0)
    assert seen.probability.sum() == pytest.approx(1)
    assert seen.density_at([80.0], [10.0])[0] == 0
    assert 0 < len(seen) < len(sky)
    assert 1 - seen.facts.prob_sum == pytest.approx(hidden_by_earth(sky, 80.0, 10.0, 67.0), abs=2e-3)
    with pytest.raises(InvalidInput, match="no disc"):
        without_earth(sky, 80.0, 100.0, 67.0)
    with pytest.raises(InvalidInput, match="nothing is left"):
        without_earth(skymap_of(Cone.from_90(80, 10, 1.0)), 80.0, 10.0, 67.0)
