"""The physics of the demo night against independent calculations."""

from __future__ import annotations

from datetime import date, timedelta

import erfa  # type: ignore[import-untyped]
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import get_body, get_sun
from astropy.cosmology import Planck18
from astropy.modeling.models import BlackBody
from astropy.time import Time
from numpy.typing import NDArray
from skyhub.demo import sky, transients, variables
from skyhub.demo.populations import star_mags
from skyhub.demo.survey import plan_survey

T0 = 2461366.0


def _mags(flux: transients.Flux, days: list[float], fid: int) -> NDArray[np.float64]:
    jd = T0 + np.array(days)
    return np.asarray(23.9 - 2.5 * np.log10(flux(jd, np.full(len(jd), fid))))


@pytest.mark.parametrize("temperature", [3000.0, 6000.0, 25000.0])
def test_blackbody_colours_agree_with_astropy(temperature: float) -> None:
    planck = BlackBody(temperature * u.K)
    g, r = (planck(wavelength * u.AA).value for wavelength in (4746, 6366))
    assert transients.blackbody_colour(temperature, np.array([1]))[0] == pytest.approx(-2.5 * np.log10(g / r), abs=1e-4)


def test_bazin_is_highest_at_phase_zero() -> None:
    phase = np.linspace(-40, 80, 12001)
    shape = transients.bazin(phase, 3.5, 22.0)
    assert shape.max() == pytest.approx(1, abs=1e-6)
    assert phase[shape.argmax()] == pytest.approx(0, abs=0.01)


def test_transients_give_no_light_before_they_begin() -> None:
    models = [
        transients.type_ii(0.02, T0, -17, 95),
        transients.kilonova(0.01, T0, -16),
        transients.afterglow(T0, 20, 1.2, 1),
        transients.nova(T0, 15, 20, 0.4),
        transients.flare(T0, 18, 15),
        variables.dwarf_nova(star_mags(20, 0.2), T0, 3, 8),
    ]
    for flux in models:
        np.testing.assert_array_equal(flux(T0 - np.array([20.0, 0.01]), np.array([1, 2])), 0)
        assert (flux(T0 + np.array([0.01, 0.02]), np.array([1, 2])) > 0).all()


def test_type_ia_is_standard_and_redder_later() -> None:
    flux = transients.type_ia(0.02, T0, 0.0, 0.0)
    peak = _mags(flux, [0.0], 2)[0] - Planck18.distmod(0.02).value
    assert peak == pytest.approx(-19.15, abs=0.1)
    colour = _mags(flux, [0.0, 20.0], 1) - _mags(flux, [0.0, 20.0], 2)
    assert colour[1] > colour[0] + 0.4


def test_kilonova_fades_a_magnitude_a_day_and_reddens() -> None:
    flux = transients.kilonova(0.01, T0, -16.0)
    assert np.diff(_mags(flux, [1.0, 2.0], 2))[0] == pytest.approx(1.0, abs=0.05)
    g_r = _mags(flux, [0.5, 1.5, 3.0], 1) - _mags(flux, [0.5, 1.5, 3.0], 2)
    assert (np.diff(g_r) > 0.2).all()


def test_afterglow_is_a_power_law_in_time_and_frequency() -> None:
    flux = transients.afterglow(T0, 20.0, 1.2, 1.0)
    assert _mags(flux, [0.1, 1.0], 2) == pytest.approx([17.0, 20.0])
    assert (_mags(flux, [1.0], 1) - _mags(flux, [1.0], 2))[0] == pytest.approx(2.5 * np.log10(6366 / 4746))


def test_nova_fades_two_magnitudes_within_t2() -> None:
    assert np.diff(_mags(transients.nova(T0, 15.0, 20.0, 0.5), [1e-9, 20.0], 2))[0] == pytest.approx(2, abs=1e-6)


def test_type_ii_stays_on_its_plateau_and_drops() -> None:
    mags = _mags(transients.type_ii(0.0 + 1e-6, T0, -17, 95), [20.0, 90.0, 125.0], 2)
    assert mags[1] - mags[0] < 0.4
    assert mags[2] - mags[1] > 1.5


def test_periodic_stars_repeat() -> None:
    days = np.linspace(0, 0.6, 50)
    fid = np.ones(50, dtype=int)
    for flux, period in (
        (variables.rr_lyrae(star_mags(16, 0.3), 0.55, T0, 1.0), 0.55),
        (variables.eclipsing_binary(star_mags(16, 0.5), 1.7, T0, (0.8, 0.3), 0.03), 1.7),
    ):
        first = flux(T0 + days, fid)
        np.testing.assert_allclose(first, flux(T0 + days + 3 * period, fid), atol=1e-3 * np.abs(first).max())
        assert np.ptp(first) > 0


def test_eclipse_has_its_depth() -> None:
    flux = variables.eclipsing_binary(star_mags(16, 0.5), 2.0, T0, (0.8, 0.3), 0.03)
    reference = 10 ** ((23.9 - 16) / 2.5)
    change = 1 + flux(T0 + np.array([0.0, 1.0, 0.5]), np.array([2, 2, 2])) / reference
    assert -2.5 * np.log10(change) == pytest.approx([0.8, 0.3, 0.0], abs=1e-6)


def test_active_nucleus_walks_with_its_amplitude_and_memory() -> None:
    tau, sigma = 20.0, 0.3
    jd = T0 + np.arange(0, 40000, 5.0)
    flux = variables.active_nucleus(star_mags(17, 0.2), tau, sigma, 0.0, np.random.default_rng(2))
    mags = -2.5 * np.log10(1 + flux(jd, np.ones(len(jd), dtype=int)) / 10 ** ((23.9 - 17.2) / 2.5))
    assert mags.std() == pytest.approx(sigma, rel=0.1)
    lag = np.corrcoef(mags[:-4], mags[4:])[0, 1]
    assert lag == pytest.approx(np.exp(-20 / tau), abs=0.06)


def _sidereal(jd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean sidereal time at Palomar (deg) by IAU 2006, taking UT1 as UTC."""
    return np.asarray(np.degrees(erfa.gmst06(jd, 0.0, jd, 0.0)) - 116.8630)


def test_airmass_is_one_at_the_zenith_and_infinite_below_the_horizon() -> None:
    jd = np.array([T0 + 0.83])
    zenith = float(_sidereal(jd)[0])
    assert sky.airmass(jd, zenith, 33.3563)[0] == pytest.approx(1, abs=1e-3)
    assert sky.airmass(jd, zenith, 33.3563 - 60)[0] == pytest.approx(2, abs=0.02)
    assert sky.airmass(jd, zenith + 180, -33)[0] == np.inf


@pytest.mark.parametrize("dayobs", [date(2026, 6, 21), date(2026, 11, 21), date(2027, 3, 1)])
def test_night_is_dark_at_both_ends(dayobs: date) -> None:
    midnight = (dayobs + timedelta(days=1)).toordinal() + 1721424.5
    bounds = np.array(sky.night_bounds(midnight))
    sun = get_sun(Time(bounds, format="jd", scale="tdb"))
    hour = _sidereal(bounds) * u.deg - sun.ra
    sine = np.sin(np.radians(33.3563)) * np.sin(sun.dec) + np.cos(np.radians(33.3563)) * np.cos(sun.dec) * np.cos(hour)
    assert (np.degrees(np.arcsin(sine)).value < -14.5).all()
    assert 5 / 24 < bounds[1] - bounds[0] < 10 / 24


@pytest.mark.parametrize("day", range(0, 30, 3))
def test_moon_agrees_with_astropy(day: int) -> None:
    time = Time(T0 + day, format="jd", scale="tdb")
    apart = get_body("moon", time).separation(get_sun(time)).rad
    assert sky.moon_illumination(np.array(T0 + day)) == pytest.approx((1 - np.cos(apart)) / 2, abs=0.12)


def test_exposures_never_overlap_and_come_every_few_nights() -> None:
    survey = plan_survey(date(2026, 11, 21), np.random.default_rng(3), 40)
    jd = np.sort(np.concatenate([exposures.jd for exposures in survey.exposures]))
    assert np.diff(jd).min() * 86400 > 39.9
    for field, exposures in zip(survey.fields, survey.exposures, strict=True):
        assert exposures.tonight.sum() == 2
        assert (sky.airmass(exposures.jd, field.ra, field.dec) < 2.5).all()
        nights = np.unique(np.floor(exposures.jd))
        assert np.diff(nights).min() >= 2
    assert len(survey.fields) == 40


def test_limits_are_deeper_without_moon() -> None:
    survey = plan_survey(date(2026, 11, 21), np.random.default_rng(3), 60)
    limit, jd, fid = (np.concatenate([getattr(e, name) for e in survey.exposures]) for name in ("limit", "jd", "fid"))
    bright = sky.moon_illumination(jd) > 0.8
    dark = sky.moon_illumination(jd) < 0.2
    assert np.median(limit[dark & (fid == 1)]) > np.median(limit[bright & (fid == 1)]) + 0.5
