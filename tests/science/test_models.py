"""Models of light curves: limits, closed forms, conservation of energy, and published numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from skyhub.errors import InvalidInput
from skyhub.science.models import MODELS, Host, model_named
from skyhub.science.models._blackbody import DAY, SUN, blackbody_flux
from skyhub.science.models._cooling import cooling_luminosity, cooling_radius, transition_velocity
from skyhub.science.models._diffusion import EARLY, SMOOTH, diffused, diffusion_days
from skyhub.science.models._heated import magnetar_heating, nickel_heating, r_process_heating

NEAR = Host(0.0, 10e-6)
"""At 10 pc."""


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(InvalidInput, match="bazin"):
        model_named("bazinga")


@pytest.mark.parametrize("name", MODELS)
def test_parameters_have_bounds_units_and_references(name: str) -> None:
    model = MODELS[name]
    assert model.name == name
    assert model.references
    assert len(set(model.names)) == len(model.names)
    for parameter in model.parameters:
        assert parameter.low < parameter.high
        assert parameter.low > 0 or not parameter.logarithmic
        assert parameter.description


def _middle(name: str, first: float = 60000.0) -> np.ndarray:
    """Parameters in the middle of their bounds, the first light at a time."""
    values = []
    for p in MODELS[name].parameters:
        middle = np.sqrt(p.low * p.high) if p.logarithmic else (p.low + p.high) / 2
        values.append(first if p.relative_to in ("first", "peak") else middle * (100 if p.relative_to == "flux" else 1))
    return np.array(values)


@pytest.mark.parametrize("name", MODELS)
def test_many_parameter_vectors_are_as_one_by_one(name: str) -> None:
    model, host = MODELS[name], Host(0.05, 230.0)
    mjd, wavelength = 60000 + np.linspace(-5, 100, 30), np.resize([4800.0, 6400.0], 30)
    rows = _middle(name) * np.array([[1.0], [1.0]])
    rows[1, 1] *= 1.1
    together = model.flux(rows, mjd, wavelength, host)
    assert together.shape == (2, 30)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together[1], model.flux(rows[1], mjd, wavelength, host), rtol=1e-12)


@pytest.mark.parametrize("name", [n for n in MODELS if n not in ("bazin", "villar", "disruption")])
def test_there_is_no_light_before_the_beginning(name: str) -> None:
    mjd = np.array([59990.0, 59999.99])
    assert (MODELS[name].flux(_middle(name), mjd, np.full(2, 5000.0), NEAR) == 0).all()


def test_bazin_peaks_where_its_derivative_vanishes() -> None:
    rise, fall = 3.0, 20.0
    mjd = np.linspace(59980, 60060, 80_001)
    flux = MODELS["bazin"].flux(np.array([100.0, 60000, rise, fall, 5.0]), mjd, mjd, NEAR)
    assert mjd[flux.argmax()] == pytest.approx(60000 + rise * np.log(fall / rise - 1), abs=2e-3)
    assert flux[-1] == pytest.approx(100 * np.exp(-60 / fall) + 5, rel=1e-6)


def test_villar_is_continuous_at_the_end_of_the_plateau_and_declines_after_it() -> None:
    parameters = np.array([100.0, -0.01, 60000, 50.0, 2.0, 30.0])
    before, after, later = MODELS["villar"].flux(parameters, 60050 + np.array([-1e-6, 1e-6, 30]), np.ones(3), NEAR)
    assert before == pytest.approx(after, rel=1e-6) == pytest.approx(50, rel=1e-6)
    assert later == pytest.approx(50 * np.exp(-1), rel=1e-5)


def test_a_blackbody_has_the_flux_of_planck_and_all_of_its_luminosity() -> None:
    frequency = np.geomspace(1e12, 1e17, 20_000)
    wavelength = 2.99792458e18 / frequency
    flux = blackbody_flux(np.array(3e43), np.array(9000.0), wavelength, Host(0.0, 100.0))
    total = np.trapezoid(flux * 1e-29, frequency) * 4 * np.pi * (100 * 3.0856775814913674e24) ** 2
    assert total == pytest.approx(3e43, rel=1e-5)


def test_the_sun_has_its_published_absolute_magnitude() -> None:
    # Willmer 2018, ApJS 236, 47: M_V = 4.81 (AB 4.81 to 0.02); a blackbody of 5772 K differs from the Sun by a tenth or so.
    flux = float(blackbody_flux(np.array(3.828e33), np.array(5772.0), np.array(5510.0), NEAR))
    assert 23.9 - 2.5 * np.log10(flux) == pytest.approx(4.81, abs=0.15)


def test_a_redshift_moves_and_dims_as_it_must() -> None:
    luminosity, temperature = np.array(1e43), np.array(8000.0)
    there = blackbody_flux(luminosity, temperature, np.array(5000.0), Host(0.0, 500.0))
    seen = blackbody_flux(luminosity, temperature, np.array(5000.0 * 1.3), Host(0.3, 500.0))
    assert seen == pytest.approx(1.3 * there, rel=1e-9)


@given(st.floats(0.05, 8), st.floats(5, 80))
def test_constant_heating_has_a_closed_form(age: float, scale: float) -> None:
    found = diffused(lambda t: np.ones_like(t), np.array([age * scale]), np.array([scale]))
    assert found[0] == pytest.approx(-np.expm1(-(age**2)), rel=1e-10)


@pytest.mark.parametrize("days", [0.5, 5.0, 20.0, 60.0, 150.0])
@pytest.mark.parametrize("heating", ["nickel", "magnetar", "kilonova"])
def test_diffusion_is_the_integral_of_arnett(heating: str, days: float) -> None:
    scale, heat = {
        "nickel": (20.0, lambda t: nickel_heating(t, np.array(0.5))),
        "magnetar": (40.0, lambda t: magnetar_heating(t, np.array(3.0), np.array(2.0))),
        "kilonova": (3.0, lambda t: r_process_heating(t, np.array(0.02), np.array(0.15))),
    }[heating]

    def part(t: float) -> float:
        return float(2 / scale * (t / scale) * np.exp((t**2 - days**2) / scale**2) * heat(np.array(t)))

    within_seconds = [0, 1e-5, 1.3e-5, 1.5e-5, 1.8e-5, 1e-4]
    edges = [*within_seconds, *(days * np.array([0.01, 0.1, 0.5, 1]))]
    expected = sum(quad(part, *ends, limit=400, epsrel=1e-8)[0] for ends in pairwise(edges))
    nodes, precision = (EARLY, 2e-3) if heating == "kilonova" else (SMOOTH, 1e-5)
    found = float(diffused(heat, np.array([days]), np.array([scale]), nodes)[0])
    assert found == pytest.approx(expected, rel=precision)


def test_the_light_that_leaves_is_the_heat_less_what_expansion_took() -> None:
    # Katz, Kushnir & Dong 2013, arXiv:1301.6766: the integrals of t L and of t H agree, once all has diffused out.
    days = np.linspace(1e-3, 400, 40_000)
    heat = nickel_heating(days, np.array(0.6))
    light = diffused(lambda t: nickel_heating(t, np.array(0.6)), days, np.array([15.0]))
    assert np.trapezoid(days * light, days) == pytest.approx(np.trapezoid(days * heat, days), rel=2e-3)


def test_at_the_peak_light_and_heat_are_equal_and_as_bright_as_published() -> None:
    days = np.linspace(1, 60, 60_000)
    light = diffused(lambda t: nickel_heating(t, np.array(1.0)), days, np.array([14.4]))
    top = light.argmax()
    assert light[top] == pytest.approx(float(nickel_heating(days[top], np.array(1.0))), rel=1e-4)  # Arnett's rule
    # Stritzinger & Leibundgut 2005, A&A 431, 423, eq. 7: (2.0 ± 0.3)e43 erg/s of one solar mass, for a rise of 19 d.
    assert float(nickel_heating(np.array(19.0), np.array(1.0))) == pytest.approx(2.0e43, abs=0.3e43)


def test_all_of_the_rotation_comes_out_of_a_magnetar() -> None:
    energy, _ = quad(
        lambda u: float(magnetar_heating(np.array(np.exp(u)), np.array(2.0), np.array(5.0))) * np.exp(u), -15, 25
    )
    # Kasen & Bildsten 2010: 2e50 erg (P/10 ms)^-2, and half of the first power after 0.41 of the time scale.
    assert energy * DAY == pytest.approx(2e52 / 4, rel=0.02)
    scale = 4.7 * 4 / 25
    first, later = magnetar_heating(np.array([0.0, scale]), np.array(2.0), np.array(5.0))
    assert later == pytest.approx(first / 4, rel=1e-9)


def test_the_r_process_has_its_published_power() -> None:
    # Metzger 2019, eq. 22: about 2e10 erg/s/g (t/1 d)^-1.3 in all.
    raw = float(r_process_heating(np.array(1.0), np.array(0.01), np.array(0.1))) / (0.01 * SUN)
    kept = 0.36 * (np.exp(-0.56) + np.log1p(2 * 0.17) / (2 * 0.17))
    assert raw / kept == pytest.approx(2e10, rel=0.3)
    assert kept == pytest.approx(0.52, abs=0.05)


def test_ejecta_of_a_type_ia_diffuse_in_the_time_of_the_textbooks() -> None:
    # 1.4 Msun at 10,000 km/s with 0.1 cm2/g: 9 to 15 d in the literature.
    assert 8 < float(diffusion_days(np.array(1.4), np.array(1e4), np.array(0.1))) < 16


@given(st.floats(0.005, 2), st.floats(10, 2000), st.floats(0.01, 3))
def test_cooling_goes_over_smoothly_and_radiates_what_expansion_left_of_the_heat(m: float, r: float, e: float) -> None:
    mass, radius, energy = np.array(m), np.array(r), np.array(e)
    days = np.geomspace(1e-3, 100, 4000)
    luminosity, size = cooling_luminosity(days, mass, radius, energy), cooling_radius(days, mass, energy)
    assert (np.diff(luminosity) <= 0).all()
    assert np.abs(np.diff(np.log(size))).max() < 0.2
    # From the time x = radius / (velocity × diffusion time) on, where the relation begins to hold, its integral is
    # 0.219 x (2.656 − 2 √x) of the energy: 0.152 at most, at x = 0.78.
    since = days * DAY > r * 6.957e10 / transition_velocity(mass, energy)
    assert np.trapezoid(luminosity[since], days[since]) * DAY < 0.155 * e * 1e51


def test_shocked_material_has_its_mass_and_its_energy() -> None:
    # Piro et al. 2021, eqs. 1 and 2: density as v^-1.1 within the transition and v^-10 beyond, K = 0.119 of eq. 3.
    speed = float(transition_velocity(np.array(1.0), np.array(1.0)))

    def moment(power: int) -> float:
        inner, _ = quad(lambda v: v ** (power - 1.1), 0, 1)
        outer, _ = quad(lambda v: v ** (power - 10.0), 1, np.inf)
        return inner + outer

    assert 0.5 * SUN * speed**2 * moment(4) / moment(2) == pytest.approx(1e51, rel=1e-6)
    assert 1 / (4 * np.pi * moment(2)) == pytest.approx(0.119, abs=5e-4)


def test_an_afterglow_has_its_slopes_and_its_spectrum() -> None:
    parameters = np.array([60000.0, 100.0, 1.0, 0.8, 1.2, 0.7])
    flux = MODELS["afterglow"].flux

    def slope(days: float) -> float:
        near = flux(parameters, 60000 + days * np.array([1.0, 1.001]), np.full(2, 6000.0), NEAR)
        return float(np.log(near[1] / near[0]) / np.log(1.001))

    assert slope(0.001) == pytest.approx(-0.8, abs=1e-3)
    assert slope(1000.0) == pytest.approx(-2.0, abs=1e-3)
    at_break = flux(parameters, np.array([60001.0, 60001.0]), np.array([6000.0, 12000.0]), NEAR)
    assert at_break == pytest.approx([100.0, 100 * 2**0.7], rel=1e-9)


def test_a_disruption_declines_as_its_power() -> None:
    parameters = np.array([60000.0, 1e44, 10.0, 20.0, 5 / 3, 2e4])
    flux = MODELS["disruption"].flux(parameters, 60000 + np.array([-10.0, 0, 20, 140]), np.full(4, 4000.0), NEAR)
    assert flux / flux[1] == pytest.approx([np.exp(-0.5), 1, 2 ** (-5 / 3), 8 ** (-5 / 3)], rel=1e-9)
