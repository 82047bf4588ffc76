"""Unit vectors: astropy's as truth, and back again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.science.vectors import lonlat, unit_vectors


def test_vectors_are_those_of_astropy() -> None:
    from astropy.coordinates import SkyCoord

    rng = np.random.default_rng(2)
    ra, dec = rng.uniform(0, 360, 50), rng.uniform(-90, 90, 50)
    want = np.asarray(SkyCoord(ra, dec, unit="deg").cartesian.xyz).T
    np.testing.assert_allclose(unit_vectors(ra, dec), want, atol=1e-15)


@given(
    lon=st.floats(-720, 720),
    lat=st.floats(-89.999, 89.999),
    length=st.floats(1e-3, 1e3),
    wrap=st.sampled_from([180.0, 360.0]),
)
def test_there_and_back(lon: float, lat: float, length: float, wrap: float) -> None:
    back = lonlat(length * unit_vectors(lon, lat), wrap)
    assert wrap - 360 <= back[0] <= wrap
    assert np.cos(np.radians(back[0] - lon)) == pytest.approx(1, abs=1e-9)
    assert float(back[1]) == pytest.approx(lat, abs=1e-9)
