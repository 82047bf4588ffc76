"""Every model that is shipped finds the parameters of a light curve that was made with it, within the errors it states."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import sncosmo
from skyhub.science.fitting import Fit, curve_of, fit_model
from skyhub.science.models import MODELS, Host
from skyhub.science.salt import fit_salt
from skyhub.science.sncosmo_files import SALT_MODELS, salt_source, sncosmo_band

T0 = 60000.0
HOST = Host(0.03, 136.0)
NEAR = Host(0.01, 43.0)


class Made(NamedTuple):
    """What a light curve was made with, and when it was observed (days since `T0`)."""

    truth: dict[str, float]
    days: tuple[float, float]
    host: Host = HOST
    fixed: tuple[str, ...] = ()
    """What two filters cannot tell, and is given to the fit."""


_HEATED = {"t0": T0, "velocity": 9000.0, "opacity": 0.1, "gamma_opacity": 0.03, "floor": 5000.0}
_ASSUMED = ("opacity", "gamma_opacity", "floor")
MADE = {
    "bazin": Made({"amplitude": 200.0, "t0": T0, "rise": 4.0, "fall": 25.0, "baseline": 0.0}, (-15, 90)),
    "villar": Made(
        {"amplitude": 200.0, "slope": -0.008, "t0": T0, "plateau": 40.0, "rise": 3.0, "fall": 20.0}, (-15, 120)
    ),
    "nickel": Made(_HEATED | {"mass": 2.0, "nickel_fraction": 0.3}, (-3, 90), fixed=_ASSUMED),
    "magnetar": Made(_HEATED | {"mass": 5.0, "period": 4.0, "field": 2.0}, (-3, 90), fixed=_ASSUMED),
    "shock_cooling": Made({"t0": T0, "mass": 0.05, "radius": 200.0, "energy": 0.5}, (-1, 8)),
    "kilonova": Made(
        {"t0": T0, "mass": 0.03, "velocity": 0.15, "opacity": 3.0, "floor": 2000.0}, (-0.5, 12), NEAR, ("floor",)
    ),
    "afterglow": Made(
        {"t0": T0, "flux_at_break": 50.0, "break_time": 1.5}
        | {"decline": 0.8, "steepening": 1.2, "spectral_index": 0.7},
        (0.02, 20),
    ),
    "disruption": Made(
        {"peak": T0, "luminosity": 5e44, "rise": 20.0, "decline": 40.0, "index": 5 / 3, "temperature": 2e4}, (-30, 150)
    ),
}
_SLOW = ("nickel", "magnetar", "kilonova")


def _observed(days: tuple[float, float], n: int) -> tuple[np.ndarray, list[str]]:
    """Times, in two filters by turns."""
    return T0 + np.sort(np.random.default_rng(5).uniform(*days, n)), ["ztfg", "ztfr"] * (n // 2)


def _errors(flux: np.ndarray) -> np.ndarray:
    return np.hypot(0.03 * flux, 0.005 * flux.max())


def assert_recovered(fit: Fit, truth: dict[str, float], free: set[str]) -> None:
    """The light curve is described, and each parameter that was free lies within four of its errors."""
    assert 0.4 < fit.chi2 / fit.dof < 1.6
    found = [parameter for parameter in fit.parameters if parameter.name in free]
    assert {parameter.name for parameter in found} == free
    for parameter in found:
        assert parameter.error is not None, parameter.label
        assert abs(parameter.value - truth[parameter.name]) < 4 * parameter.error, parameter.label


def test_no_model_is_without_a_light_curve_of_its_own() -> None:
    assert MADE.keys() == MODELS.keys()
    assert all(set(made.truth) == set(MODELS[name].names) for name, made in MADE.items())


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in _SLOW else []) for n in MODELS])
def test_a_model_is_recovered(name: str) -> None:
    model, made = MODELS[name], MADE[name]
    mjd, filters = _observed(made.days, 60)
    wavelength = np.resize([4805.0, 6436.0], len(mjd))
    flux = model.flux(np.array([made.truth[one] for one in model.names]), mjd, wavelength, made.host)
    noise = np.random.default_rng(6).normal(0, _errors(flux))
    curve = curve_of(mjd, filters, flux + noise, _errors(flux))
    fixed = {one: made.truth[one] for one in made.fixed}
    fit = fit_model(model, curve, made.host, fixed=fixed, effective=0)
    assert_recovered(fit, made.truth, set(model.names) - fixed.keys())


@pytest.mark.slow
@pytest.mark.parametrize("name", SALT_MODELS)
def test_salt_is_recovered(name: str) -> None:
    truth = {"t0": T0, "x0": 1e-3, "x1": 1.0, "c": 0.1}
    mjd, filters = _observed((-12, 40), 60)
    for band in set(filters):
        sncosmo_band(band)
    supernova = sncosmo.Model(salt_source(name))
    supernova.set(z=HOST.redshift, **truth)
    flux = supernova.bandflux(filters, mjd, zp=23.9, zpsys="ab")
    curve = curve_of(mjd, filters, flux + np.random.default_rng(6).normal(0, _errors(flux)), _errors(flux))
    fit = fit_salt(curve, name, HOST.redshift, model_covariance=False, effective=0)
    assert_recovered(fit, truth, set(truth))
