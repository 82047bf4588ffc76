"""Mean positions and moving stars: what is refused, astropy's space motion as truth, what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.astrometry import at_epoch, mean_position
from skyhub.science.coordinates import Position, separation

ARCSEC = 1 / 3600


def test_arrays_must_be_alike() -> None:
    with pytest.raises(InvalidInput, match="give three alike"):
        mean_position([1.0, 2.0], [1.0], [5.0], Position(1, 1))


@pytest.mark.parametrize(
    ("ra", "dec", "snr"),
    [
        ([], [], []),
        ([np.nan], [5.0], [9.0]),
        ([10.0], [5.0], [np.nan]),
        ([10.0], [5.0], [-3.0]),
        ([10.0], [5.0], [np.inf]),
        ([10.0, 10.0], [5.0 + 2 * ARCSEC] * 2, [9.0, 9.0]),
    ],
)
def test_without_good_detections_it_is_the_catalogued_place(
    ra: list[float], dec: list[float], snr: list[float]
) -> None:
    found = mean_position(ra, dec, snr, Position(10.0, 5.0))
    assert (found.position, found.n_used) == (Position(10.0, 5.0), 0)
    assert np.isnan(found.error)


def test_weights_are_squared_signal_to_noise() -> None:
    found = mean_position([10.0, 10.0], [5.0, 5.0 + 0.4 * ARCSEC], [20.0, 10.0], Position(10.0, 5.0))
    assert (found.position.dec - 5) * 3600 == pytest.approx(0.4 / 5, abs=1e-9)
    assert found.n_used == 2


def test_outliers_are_left_out() -> None:
    rng = np.random.default_rng(3)
    dec = 5 + rng.normal(0, 0.05, 40) * ARCSEC
    dec[7] += 0.45 * ARCSEC
    dec[8] += 5 * ARCSEC
    found = mean_position(np.full(40, 10.0), dec, np.full(40, 10.0), Position(10.0, 5.0))
    assert found.n_used == 38
    assert abs(found.position.dec - 5) * 3600 < 3 * found.error


@given(seed=st.integers(0, 10_000), ra=st.floats(0, 360), dec=st.floats(-85, 85))
def test_the_error_tells_how_far_the_mean_may_be(seed: int, ra: float, dec: float) -> None:
    rng = np.random.default_rng(seed)
    east, north = rng.normal(0, 0.06, (2, 60)) * ARCSEC
    given_ra = (ra + east / np.cos(np.radians(dec))) % 360
    found = mean_position(given_ra, dec + north, np.full(60, 10.0), Position(ra, dec))
    assert found.error == pytest.approx(0.06 / np.sqrt(60), rel=0.4)
    assert float(separation(*found.position, Position(ra, dec))) * 3600 < 6 * found.error


@given(
    ra=st.floats(0, 360),
    dec=st.floats(-89, 89),
    pm_ra=st.floats(-10_000, 10_000),
    pm_dec=st.floats(-10_000, 10_000),
    year=st.floats(1950, 2100),
)
def test_stars_move_as_in_astropy(ra: float, dec: float, pm_ra: float, pm_dec: float, year: float) -> None:
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    star = SkyCoord(
        ra * u.deg, dec * u.deg, pm_ra_cosdec=pm_ra * u.mas / u.yr, pm_dec=pm_dec * u.mas / u.yr,
        distance=10 * u.pc, radial_velocity=0 * u.km / u.s, obstime=Time(2016.0, format="jyear", scale="tdb"),
    )  # fmt: skip
    want = star.apply_space_motion(Time(year, format="jyear", scale="tdb"))
    found = at_epoch(ra, dec, pm_ra, pm_dec, 2016.0, year)
    assert float(separation(found[0], found[1], Position(want.ra.deg, want.dec.deg))[0]) * 3.6e6 < 2


def test_stars_without_motion_stay() -> None:
    ra, dec = at_epoch([10.0, 359.9], [20.0, -5.0], np.nan, np.nan, np.nan, 2026.5)
    np.testing.assert_allclose(ra, [10.0, 359.9], atol=1e-12)
    np.testing.assert_allclose(dec, [20.0, -5.0], atol=1e-12)
