"""Magnitudes and fluxes against published numbers and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass
from skyhub.science.photometry import (
    ab_offsets,
    flux_error,
    flux_from_counts,
    flux_from_mag,
    limit_flux_error,
    limiting_magnitude,
    mag_from_flux,
    magnitudes_from_fluxes,
    measured_fluxes,
    measured_magnitudes,
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


def _arrays(*values: float) -> list[np.ndarray]:
    return [np.array([value]) for value in values]


@pytest.mark.parametrize(
    ("system", "name"), [("stmag", "ztfg"), ("", "ztfg"), ("vega", "radio-3GHz"), ("vega", "no band")]
)
def test_systems_that_a_band_does_not_have_are_refused(system: str, name: str) -> None:
    with pytest.raises(InvalidInput):
        ab_offsets(["ztfg", name], ["ab", system])


def test_counts_with_a_zero_point_become_microjansky() -> None:
    found = measured_fluxes(*_arrays(12.24, 0.5, 25.0, 3.0))
    assert found.flux[0] == pytest.approx(12.24 * 10**-0.44, rel=1e-12)
    assert found.mag[0] == pytest.approx(25 - 2.5 * math.log10(12.24), rel=1e-12)
    assert found.magerr[0] == pytest.approx(2.5 / math.log(10) * 0.5 / 12.24, rel=1e-12)


def test_vega_magnitudes_become_ab() -> None:
    offset = bandpass("ztfg").vega_offset
    assert offset == pytest.approx(-0.0958, abs=1e-4)
    found = measured_magnitudes(*_arrays(21.0, 0.2, 22.3, 3.0), ab_offsets(["ztfg"], ["Vega"]))
    assert found.mag[0] == pytest.approx(21.0 + offset, abs=1e-12)
    assert found.limiting_mag[0] == pytest.approx(22.3 + offset, abs=1e-12)
    assert found.flux[0] == pytest.approx(flux_from_mag(21.0 + offset), rel=1e-12)
    counts = measured_fluxes(*_arrays(100.0, 1.0, 26.0, 3.0), ab_offsets(["ztfg"], ["vega"]))
    assert counts.mag[0] == pytest.approx(21.0 + offset, abs=1e-12)


def test_a_limit_has_no_flux_and_the_error_behind_it() -> None:
    found = measured_magnitudes(*_arrays(np.nan, np.nan, 22.3, 3.0))
    assert np.isnan([found.flux[0], found.mag[0], found.magerr[0]]).all()
    assert found.fluxerr[0] == pytest.approx(10 ** (-0.4 * (22.3 - 23.9)) / 3, rel=1e-12)
    assert (found.limiting_mag[0], found.limiting_nsigma[0]) == (22.3, 3.0)


def test_a_missing_flux_is_a_limit() -> None:
    found = measured_fluxes(*_arrays(np.nan, 0.031, 25.0, 3.0))
    assert np.isnan([found.flux[0], found.mag[0]]).all()
    assert found.fluxerr[0] == pytest.approx(0.031 * 10**-0.44, rel=1e-12)
    assert found.limiting_mag[0] == pytest.approx(25 - 2.5 * math.log10(3 * 0.031), rel=1e-12)


def test_a_faint_flux_has_no_magnitude() -> None:
    found = measured_fluxes(np.array([3.0, 3.1, -8.0]), np.ones(3), np.full(3, 23.9), np.full(3, 3.0))
    assert np.isfinite(found.mag).tolist() == [False, True, False]
    assert found.flux.tolist() == [3.0, 3.1, -8.0]


@given(st.floats(14, 24), st.floats(1, 10), st.sampled_from(["ab", "vega"]))
def test_limits_come_out_as_they_went_in(limit: float, nsigma: float, system: str) -> None:
    offset = ab_offsets(["atlaso"], [system])
    found = measured_magnitudes(*_arrays(np.nan, np.nan, limit, nsigma), offset)
    assert found.limiting_mag[0] - offset[0] == pytest.approx(limit, abs=1e-12)
    assert limiting_magnitude(found.fluxerr, found.limiting_nsigma)[0] == pytest.approx(found.limiting_mag[0], abs=1e-9)


@given(st.floats(10, 25), st.floats(0.001, 0.3), st.floats(20, 30), st.sampled_from(["ab", "vega"]))
def test_magnitudes_and_counts_agree(mag: float, magerr: float, zero_point: float, system: str) -> None:
    offset = ab_offsets(["sdssu"], [system])
    by_mag = measured_magnitudes(*_arrays(mag, magerr, np.nan, np.nan), offset)
    counts = 10 ** (0.4 * (zero_point - mag))
    by_flux = measured_fluxes(*_arrays(counts, counts * magerr * math.log(10) / 2.5, zero_point, 3.0), offset)
    for one, other in zip(by_mag[:4], by_flux[:4], strict=True):
        assert one == pytest.approx(other, rel=1e-9)
