"""Lines of closed form are measured right, and their errors are the scatter of repeated measurements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skyhub.errors import InvalidInput
from skyhub.science.line_measurement import line_velocity, measured_line
from skyhub.science.wavelengths import doppler_factors

Values = NDArray[np.float64]
WAVE = np.arange(6000.0, 6700.0, 0.5)
WINDOWS = ((6050.0, 6200.0), (6500.0, 6650.0))
SIGMA = 20.0


def spectrum(depth: float, centre: float = 6355.0, slope: float = 0.0, wave: Values = WAVE) -> Values:
    """A Gaussian line on a sloping continuum of 2 at 6350 Å; its equivalent width is depth σ √(2π)."""
    continuum = 2 + slope * (wave - 6350)
    return continuum * (1 - depth * np.exp(-0.5 * ((wave - centre) / SIGMA) ** 2))


@pytest.mark.parametrize(
    ("region", "windows", "where"),
    [
        ((6400, 6300), None, "region"),
        ((5000, 5100), None, "region"),
        ((6690, 6800), None, "region"),
        ((6355.1, 6355.3), None, "region"),
        ((6000, 6100), None, "continuum_windows"),
        ((6300, 6400), ((6310, 6350), (6410, 6450)), "continuum_windows"),
        ((float("nan"), 6400), None, "region"),
    ],
)
def test_a_region_without_line_or_continuum_is_refused(region: object, windows: object, where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        measured_line(WAVE, spectrum(0.5), None, region, windows)  # type: ignore[arg-type]
    assert refused.value.where == where


def test_a_negative_continuum_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not positive"):
        measured_line(WAVE, -spectrum(0.5), None, (6250, 6460), WINDOWS)


def test_a_spectrum_without_a_line_has_no_centroid() -> None:
    with pytest.raises(InvalidInput, match="no line"):
        measured_line(WAVE, np.full_like(WAVE, 2.0), None, (6250, 6460), WINDOWS)


def test_emission_and_absorption_that_cancel_have_no_centroid() -> None:
    both = spectrum(0.4, 6320) + spectrum(-0.4001, 6390) - 2
    with pytest.raises(InvalidInput, match="cancel"):
        measured_line(WAVE, both, None, (6220, 6490), WINDOWS)


@given(depth=st.floats(-3, 0.9).filter(lambda d: abs(d) > 0.02), slope=st.floats(-1e-3, 1e-3), at=st.floats(6330, 6380))
def test_a_gaussian_line_has_its_closed_form(depth: float, slope: float, at: float) -> None:
    found = measured_line(WAVE, spectrum(depth, at, slope), None, (at - 120, at + 120), WINDOWS)
    width = depth * SIGMA * np.sqrt(2 * np.pi)
    assert found.equivalent_width == pytest.approx(width, rel=1e-4)
    assert found.flux == pytest.approx(-width * (2 + slope * (at - 6350)), rel=1e-4)
    assert found.centroid == pytest.approx(at + slope * SIGMA**2 / (2 + slope * (at - 6350)), abs=2e-3)


@given(factor=st.floats(1e-17, 1e3), shift=st.floats(-0.5, 0.5))
def test_the_unit_of_flux_does_not_matter_and_wavelengths_scale(factor: float, shift: float) -> None:
    one = measured_line(WAVE, spectrum(0.4), None, (6250, 6460), WINDOWS)
    stretch = 1 + shift
    windows = tuple((low * stretch, high * stretch) for low, high in WINDOWS)
    other = measured_line(
        WAVE * stretch, spectrum(0.4) * factor, None, (6250 * stretch, 6460 * stretch), windows  # type: ignore[arg-type]
    )  # fmt: skip
    assert other.equivalent_width == pytest.approx(one.equivalent_width * stretch, rel=1e-9)
    assert other.centroid == pytest.approx(one.centroid * stretch, rel=1e-9)


@pytest.mark.parametrize("known", [True, False])
def test_errors_are_the_scatter_of_repeated_measurements(known: bool) -> None:
    rng = np.random.default_rng(5)
    noise = 0.05
    errors = np.full(len(WAVE), noise) if known else None
    runs = [
        measured_line(WAVE, spectrum(0.4) + rng.normal(0, noise, len(WAVE)), errors, (6250, 6460), WINDOWS)
        for _ in range(400)
    ]
    for name in ("equivalent_width", "flux", "centroid"):
        scatter = np.std([getattr(run, name) for run in runs])
        said = np.mean([getattr(run, f"{name}_error") for run in runs])
        assert said == pytest.approx(scatter, rel=0.12), name
    assert {run.errors_from for run in runs} == {"spectrum" if known else "scatter"}


def test_errors_that_are_not_all_known_give_way_to_the_scatter() -> None:
    errors = np.full(len(WAVE), 0.1)
    errors[len(WAVE) // 2] = np.nan
    noisy = spectrum(0.4) + np.random.default_rng(1).normal(0, 0.02, len(WAVE))
    assert measured_line(WAVE, noisy, errors, (6250, 6460), WINDOWS).errors_from == "scatter"


@given(velocity=st.floats(-60000, 60000), redshift=st.floats(0, 2))
def test_a_velocity_is_found_again(velocity: float, redshift: float) -> None:
    observed = 6355.0 * (1 + redshift) * float(doppler_factors(velocity))
    found, error = line_velocity(observed, 2.0, 6355.0, redshift)
    assert found == pytest.approx(velocity, abs=1e-3)
    higher, _ = line_velocity(observed + 0.01, 2.0, 6355.0, redshift)
    assert error == pytest.approx((higher - found) / 0.01 * 2.0, rel=1e-3)
