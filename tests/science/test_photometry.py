"""Magnitudes and fluxes against published numbers and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.science.photometry import (
    flux_error,
    flux_from_counts,
    flux_from_mag,
    limit_flux_error,
    mag_from_flux,
    magnitudes_from_fluxes,
)
from support.strategies import magnitudes


def test_a_flux_that_is_not_positive_has_no_magnitude() -> None:
    assert np.isnan(mag_from_flux(np.array([0.0, -1.0, -0.0, np.nan]))).all()


@pytest.mark.parametrize(("mag", "microjansky"), [(23.9, 1.0), (21.4, 10.0), (28.9, 0.01), (16.4, 1000.0)])
def test_magnitudes_are_ab(mag: float, microjansky: float) -> None:
    assert flux_from_mag(mag) == pytest.approx(microjansky, rel=1e-12)


def test_an_error_of_a_magnitude_is_one_of_the_flux() -> None:
    assert flux_error(10.0, 0.1) == pytest.approx(0.1 * math.log(10) / 2.5 * 10, rel=1e-12)
    assert flux_error(-10.0, 0.1) == flux_error(10.0, 0.1)


def test_counts_with_their_zero_point() -> None:
    assert flux_from_counts(12.24, 25.0) == pytest.approx(12.24 * 10**-0.44, rel=1e-12)


def test_a_limit_is_a_multiple_of_the_error() -> None:
    assert limit_flux_error(22.3, 3.0) == pytest.approx(10 ** (-0.4 * (22.3 - 23.9)) / 3, rel=1e-12)
    assert limit_flux_error(23.9) == pytest.approx(0.2, rel=1e-12)


@given(magnitudes)
def test_magnitude_and_flux_are_inverse(mag: float) -> None:
    assert mag_from_flux(np.array([flux_from_mag(mag)]))[0] == pytest.approx(mag, abs=1e-9)


@given(magnitudes, st.floats(1e-4, 0.05))
def test_the_error_is_the_derivative(mag: float, magerr: float) -> None:
    half_the_range = (flux_from_mag(mag - magerr) - flux_from_mag(mag + magerr)) / 2
    assert flux_error(flux_from_mag(mag), magerr) == pytest.approx(half_the_range, rel=1e-3)


@given(st.lists(magnitudes, min_size=1, max_size=5))
def test_arrays_and_numbers_agree(mags: list[float]) -> None:
    assert flux_from_mag(np.array(mags)).tolist() == pytest.approx([flux_from_mag(m) for m in mags], rel=1e-12)


def test_magnitudes_of_detected_fluxes() -> None:
    flux, fluxerr = np.array([10.0, 2.9, 3.0, -5.0, np.nan, 0.0]), np.array([0.1, 1.0, 1.0, 1.0, 1.0, 1.0])
    mag, magerr = magnitudes_from_fluxes(flux, fluxerr)
    assert mag[0] == pytest.approx(21.4)
    assert magerr[0] == pytest.approx(0.1 / 10 * 2.5 / np.log(10))
    assert np.isfinite(mag).tolist() == [True, False, True, False, False, False]
    assert flux_from_mag(mag[[0, 2]]) == pytest.approx(flux[[0, 2]])
