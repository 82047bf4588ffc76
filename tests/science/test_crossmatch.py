"""Pairs of many positions and a catalogue are those that a look at every pair finds, as astropy measures them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st
from skyhub.science.crossmatch import SortedSky, first_of_each
from support.strategies import dec, ra

RANDOM = np.random.default_rng(11)


def _around(a: float, d: float, radius: float, count: int) -> SkyCoord:
    """Positions within some radii (deg) of a place, also beyond a pole."""
    angle, distance = RANDOM.uniform(0, 360, count), 2 * radius * np.sqrt(RANDOM.random(count))
    return SkyCoord(a, d, unit="deg").directional_offset_by(angle * u.deg, distance * u.deg)


def test_there_are_no_pairs_in_an_empty_sky() -> None:
    empty = SortedSky.of([], [])
    assert empty.within([10.0], [20.0], 1.0).entries.tolist() == []
    assert SortedSky.of([10.0], [20.0]).within([], [], 1.0).entries.tolist() == []
    assert first_of_each(np.array([], dtype=np.int64), np.array([])).tolist() == []


@given(a=ra, d=dec | st.sampled_from([90.0, -90.0, 89.9999, -89.9999]), radius=st.floats(1e-4, 3.0))
def test_pairs_are_those_of_astropy(a: float, d: float, radius: float) -> None:
    entries, places = _around(a, d, radius, 60), _around(a, d, radius, 8)
    pairs = SortedSky.of(entries.ra.deg, entries.dec.deg).within(places.ra.deg, places.dec.deg, radius)
    distance = places[:, None].separation(entries[None, :]).deg
    sure = np.abs(distance - radius) > 1e-9
    expected = {(int(n), int(m)) for n, m in np.argwhere((distance <= radius) & sure)}
    found = set(zip(pairs.owners.tolist(), pairs.entries.tolist(), strict=True))
    assert len(found) == len(pairs.owners)
    assert expected <= found <= expected | {(int(n), int(m)) for n, m in np.argwhere(~sure)}
    assert pairs.separation == pytest.approx(distance[pairs.owners, pairs.entries], abs=1e-9)
    assert pairs.ra == pytest.approx(entries.ra.deg[pairs.entries])


def test_right_ascension_goes_round() -> None:
    sky = SortedSky.of([359.9999, 0.0, 360.0, 180.0], [0.0, 0.0, 0.0, 89.9999])
    pairs = sky.within([0.0001, 0.0], [0.0, 89.9999], 1 / 3600)
    assert sorted(zip(pairs.owners.tolist(), pairs.entries.tolist(), strict=True)) == [(0, 0), (0, 1), (0, 2), (1, 3)]


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 9), st.floats(0, 9)), max_size=30))
def test_the_first_of_each_has_the_least(rows: list[tuple[int, float, float]]) -> None:
    owners, *merits = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    found = first_of_each(np.asarray(owners, dtype=np.int64), *(np.asarray(m, dtype=float) for m in merits))
    least = [min((r[1:], n) for n, r in enumerate(rows) if r[0] == owner)[1] for owner in sorted({r[0] for r in rows})]
    assert found.tolist() == least
