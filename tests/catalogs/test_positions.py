"""The index of positions finds what a look at every position finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.science.coordinates import Position, separation
from skyhub.science.positions import SkyIndex
from support.strategies import dec, ra


def _sky(count: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.uniform(0, 360, count), np.degrees(np.arcsin(random.uniform(-1, 1, count)))


RAS, DECS = _sky(20_000)


@pytest.fixture(scope="module")
def index() -> SkyIndex:
    found = SkyIndex()
    for part in np.array_split(np.arange(len(RAS)), 7):
        found.add(RAS[part], DECS[part])
    return found


def test_nothing_is_near_in_an_empty_sky() -> None:
    index = SkyIndex()
    assert len(index) == 0
    assert index.cone(10, 20, 5).rows.tolist() == []
    assert index.nearest(10, 20).rows.tolist() == []


@given(a=ra, d=dec, radius=st.floats(1e-4, 30))
def test_a_cone_has_what_is_near(index: SkyIndex, a: float, d: float, radius: float) -> None:
    near = index.cone(a, d, radius)
    distance = separation(RAS, DECS, Position(a, d))
    sure = np.abs(distance - radius) > 1e-6
    expected = set(np.flatnonzero((distance <= radius) & sure).tolist())
    assert expected <= set(near.rows.tolist()) <= expected | set(np.flatnonzero(~sure).tolist())
    assert (np.diff(near.separation) >= 0).all()
    assert near.separation == pytest.approx(distance[near.rows], abs=1e-6)


@given(a=ra, d=dec, count=st.integers(1, 5))
def test_the_nearest_are_the_nearest(index: SkyIndex, a: float, d: float, count: int) -> None:
    distance = separation(RAS, DECS, Position(a, d))
    assert index.nearest(a, d, count, radius=20).rows.tolist() == np.argsort(distance)[:count].tolist()


def test_additions_are_found_at_once_however_many() -> None:
    index = SkyIndex()
    ras, decs = _sky(200_000, seed=5)
    index.add(ras[:150_000], decs[:150_000])
    index.add(ras[150_000:], decs[150_000:])
    index.add([ras[0]], [decs[0] + 2 / 3600] if decs[0] < 89 else [decs[0] - 2 / 3600])
    assert len(index) == 200_001
    for row in (0, 149_999, 150_000, 199_999):
        assert row in index.cone(ras[row], decs[row], 1e-3).rows
    assert set(index.cone(ras[0], decs[0], 4 / 3600).rows.tolist()) == {0, 200_000}
