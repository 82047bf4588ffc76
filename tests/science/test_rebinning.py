"""Rebinning conserves the flux; smoothing keeps what it should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.rebinning import bin_edges, even_edges, rebinned
from skyhub.science.smoothing import SMOOTHINGS, smoothed

WAVE = np.geomspace(3500, 9500, 1200)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({}, "either a width"),
        ({"width": 0}, "above zero"),
        ({"width": 10, "velocity": 100}, "either"),
        ({"velocity": -5}, "above zero"),
        ({"width": 1e5}, "are 0: 1 to"),
        ({"width": 1e-9}, "500000 are permitted"),
    ],
)
def test_bins_that_make_no_sense_are_refused(said: dict[str, float], match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        even_edges(3000, 9000, **said)


def test_unsorted_wavelengths_and_bins_outside_are_refused() -> None:
    with pytest.raises(InvalidInput, match="not decrease"):
        bin_edges([4000, 3999])
    with pytest.raises(InvalidInput, match=r"covers 3999\.5 to 4001\.5"):
        rebinned([4000, 4001], [1, 2], None, [5000, 5010])


@pytest.mark.parametrize(
    ("method", "width", "match"),
    [
        ("median", 3, "box, savitzky-golay, gaussian"),
        ("box", 0, "positive"),
        ("box", float("nan"), "positive"),
        ("savitzky-golay", 5000, "choose fewer"),
        ("gaussian", 2e6, None),
    ],
)
def test_smoothing_that_cannot_be_is_refused(method: str, width: float, match: str | None) -> None:
    if match is None:
        smoothed(WAVE, np.ones_like(WAVE), method, width)  # type: ignore[arg-type]
        return
    with pytest.raises(InvalidInput, match=match):
        smoothed(WAVE, np.ones_like(WAVE), method, width)  # type: ignore[arg-type]


@given(st.integers(0, 2**31), st.integers(2, 300), st.integers(1, 200))
def test_the_integral_is_conserved(seed: int, n_old: int, n_new: int) -> None:
    rng = np.random.default_rng(seed)
    wave = np.sort(rng.uniform(3000, 9000, n_old))
    flux = rng.normal(size=n_old)
    old = bin_edges(wave)
    new = rebinned(wave, flux, None, np.linspace(old[0], old[-1], n_new + 1))
    total = np.sum(flux * np.diff(old))
    assert np.sum(new.fluxes) * (old[-1] - old[0]) / n_new == pytest.approx(total, rel=1e-9, abs=1e-6)


@given(st.integers(0, 2**31))
def test_the_same_bins_give_the_same_spectrum_and_errors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wave = np.linspace(4000, 5000, 50)
    flux, errors = rng.normal(size=50), rng.uniform(0.1, 1, 50)
    found = rebinned(wave, flux, errors, bin_edges(wave))
    np.testing.assert_allclose(found.wavelengths, wave)
    np.testing.assert_allclose(found.fluxes, flux, atol=1e-9)
    assert found.errors is not None
    np.testing.assert_allclose(found.errors, errors, rtol=1e-6)


def test_errors_of_n_equal_bins_fall_with_the_root_of_n() -> None:
    wave = np.arange(4000.0, 4100)
    found = rebinned(wave, np.ones(100), np.full(100, 0.5), bin_edges(wave)[::4])
    assert found.errors is not None
    np.testing.assert_allclose(found.errors, 0.25)
    np.testing.assert_allclose(found.fluxes, 1)


def test_an_unknown_error_is_unknown_in_its_bin_only_and_partly_covered_bins_are_left_out() -> None:
    wave = np.arange(4000.0, 4012)
    errors = np.ones(12)
    errors[5] = np.nan
    found = rebinned(wave, np.ones(12), errors, np.arange(3997.5, 4020, 4))
    assert found.wavelengths.tolist() == [4003.5, 4007.5]
    assert found.errors is not None
    assert np.isnan(found.errors).tolist() == [True, False]


def test_bins_of_one_velocity_have_one_ratio() -> None:
    edges = even_edges(4000, 8000, velocity=300)
    np.testing.assert_allclose(np.diff(np.log(edges)), 300 / 299792.458)


@pytest.mark.parametrize("method", SMOOTHINGS)
@given(slope=st.floats(-1e-3, 1e-3), width=st.integers(1, 61))
def test_smoothing_keeps_a_constant_and_the_inside_of_a_slope(method: str, slope: float, width: int) -> None:
    by = {"gaussian": width * 50.0}.get(method, float(width))
    wave = np.linspace(5000, 6000, 400)
    np.testing.assert_allclose(smoothed(wave, np.full(400, 2.5), method, by), 2.5)  # type: ignore[arg-type]
    line = 1 + slope * (wave - 5500)
    np.testing.assert_allclose(smoothed(wave, line, method, by)[90:-90], line[90:-90], atol=2e-4)  # type: ignore[arg-type]


def test_a_gaussian_line_becomes_wider_in_quadrature() -> None:
    wave = np.geomspace(5500, 6500, 4000)
    sigma, fwhm = 500 / 299792.458, 800
    line = np.exp(-0.5 * (np.log(wave / 6000) / sigma) ** 2)
    wide = np.hypot(sigma, fwhm / 299792.458 / 2.3548200450309493)
    expected = sigma / wide * np.exp(-0.5 * (np.log(wave / 6000) / wide) ** 2)
    np.testing.assert_allclose(smoothed(wave, line, "gaussian", fwhm), expected, atol=3e-4)


def test_savitzky_golay_keeps_a_parabola_and_box_is_the_mean() -> None:
    wave = np.arange(4000.0, 4101)
    parabola = (wave - 4050) ** 2
    np.testing.assert_allclose(smoothed(wave, parabola, "savitzky-golay", 9), parabola, atol=1e-8)
    assert smoothed(wave, parabola, "box", 3)[50] == pytest.approx(2 / 3)
