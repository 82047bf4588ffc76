"""Fitting: what cannot be fitted, the parameters of simulated light curves, limits, and real ones."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skyhub.errors import InvalidInput
from skyhub.science.distances import luminosity_distance
from skyhub.science.fitting import Curve, curve_of, fit_model
from skyhub.science.models import MODELS, Host
from skyhub.science.photometry import flux_from_mag, mag_from_flux

Array = NDArray[np.float64]

HOST = Host(0.03, 136.0)
BAZIN = MODELS["bazin"]
TRUTH = (200.0, 60000.0, 4.0, 25.0, 0.0)


def simulated(
    name: str, truth: tuple[float, ...], *, n: int = 40, error: float = 2.0, seed: int = 1, days: float = 90
) -> Curve:
    """A light curve in g and r of a model with normal errors."""
    random = np.random.default_rng(seed)
    mjd = 59985 + np.sort(random.uniform(0, days, n))
    filters = ["ztfg", "ztfr"] * (n // 2)
    wavelength = np.resize([4805.0, 6436.0], n)
    flux = MODELS[name].flux(np.array(truth), mjd, wavelength, HOST)
    return curve_of(mjd, filters, flux + random.normal(0, error, n), np.full(n, error))


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        ("nickel", {}, "needs a distance"),
        ("bazin", {"fixed": {"mass": 1.0}}, "mass is no parameter of bazin"),
        ("bazin", {"keep": 8}, "4 fluxes in any filter are too few for the 5"),
        ("afterglow", {"keep": 6}, "6 fluxes are too few for the 6"),
    ],
)
def test_what_cannot_be_fitted(model: str, options: dict[str, Any], says: str) -> None:
    curve = simulated("bazin", TRUTH)
    curve = curve.chosen(np.arange(len(curve)) < options.pop("keep", 40))
    with pytest.raises(InvalidInput, match=says):
        fit_model(MODELS[model], curve, **options)


def test_a_filter_that_is_unknown_is_named() -> None:
    with pytest.raises(InvalidInput, match="ztfx"):
        curve_of([1.0], ["ztfx"], [1.0], [1.0])


def test_points_without_flux_or_limit_are_left_out_and_the_rest_is_sorted() -> None:
    nan = np.nan
    curve = curve_of([3, 2, 1, 0], ["ztfg"] * 4, [5.0, nan, 1.0, nan], [1.0, nan, 0.0, nan], [nan, 20.4, nan, nan])
    assert curve.mjd.tolist() == [2, 3]
    assert curve.is_limit.tolist() == [True, False]
    assert curve.flux == pytest.approx([float(flux_from_mag(20.4)), 5])
    assert curve.fluxerr == pytest.approx([float(flux_from_mag(20.4)) / 5, 1])


def test_bazin_is_recovered_in_each_filter() -> None:
    fit = fit_model(BAZIN, simulated("bazin", TRUTH, n=80), effective=500)
    found = {p.label: p for p in fit.parameters}
    for name, truth in zip(BAZIN.names, TRUTH, strict=True):
        for band in ("ztfg", "ztfr"):
            one = found[f"{name}_{band}"]
            assert one.error is not None
            assert abs(one.value - truth) < 4 * one.error
    assert 0.5 < fit.chi2 / fit.dof < 1.6
    assert fit.posterior is not None
    assert fit.posterior.effective >= 500
    assert fit.posterior.samples.shape[1] == len(fit.drawn) == 10
    np.testing.assert_allclose(
        fit.overlay("ztfg", np.array([60010.0])),
        BAZIN.flux(np.array(TRUTH), np.array([60010.0]), np.ones(1), HOST),
        rtol=0.05,
    )


@pytest.mark.slow
def test_errors_cover_the_truth_as_often_as_they_say() -> None:
    fixed = {"baseline": 0.0, "rise": 4.0, "t0": 60000.0}
    pulls = []
    for seed in range(20):
        fit = fit_model(BAZIN, simulated("bazin", TRUTH, n=20, seed=seed), fixed=fixed, effective=0)
        free = [p for p in fit.parameters if p.error is not None]
        pulls += [(p.value - {"amplitude": 200, "fall": 25}[p.name]) / p.error for p in free if p.error]
    assert len(pulls) == 80
    assert np.std(pulls) == pytest.approx(1, abs=0.3)


def test_a_limit_below_the_extrapolated_curve_moves_the_rise() -> None:
    truth = (60000.0, 2.0, 0.3, 9000.0, 0.1, 0.03, 5000.0)
    late = simulated("nickel", truth, n=30, days=60)
    late = late.chosen(late.mjd > 60010)
    limit = float(mag_from_flux(np.array(3.0)))
    nan = np.full(len(late), np.nan)
    both = curve_of(
        [*late.mjd, 60000.5], [*late.filters, "ztfr"], [*late.flux, np.nan], [*late.fluxerr, np.nan], [*nan, limit]
    )
    fixed = dict(zip(MODELS["nickel"].names[2:], truth[2:], strict=True))
    free, bound = (fit_model(MODELS["nickel"], c, HOST, fixed=fixed, effective=300) for c in (late, both))
    assert bound.dof == free.dof
    assert bound.n_points == free.n_points + 1
    assert bound.posterior is not None
    assert free.posterior is not None
    assert np.percentile(bound.posterior.samples[:, 0], 1) >= np.percentile(free.posterior.samples[:, 0], 1) - 0.1
    assert float(bound.overlay("ztfr", np.array([60000.5]))[0]) < 3.0 + 3 * 0.6


def test_nickel_mass_is_recovered_and_dust_is_undone() -> None:
    truth = (59990.0, 1.4, 0.4, 10_000.0, 0.1, 0.03, 4500.0)
    fixed = {"opacity": 0.1, "gamma_opacity": 0.03}
    curve = simulated("nickel", truth, n=60)
    dimmed = Curve(
        curve.mjd,
        curve.flux * np.where(np.array(curve.filters) == "ztfg", 10 ** (-0.4 * 0.3 * 3.65), 10 ** (-0.4 * 0.3 * 2.53)),
        curve.fluxerr,
        curve.filters,
        curve.is_limit,
    )
    for light, ebv in ((curve, 0.0), (dimmed, 0.3)):
        fit = fit_model(MODELS["nickel"], light, HOST, fixed=fixed, ebv=ebv, effective=200)
        found = {p.name: p.value for p in fit.parameters}
        assert found["mass"] * found["nickel_fraction"] == pytest.approx(1.4 * 0.4, rel=0.05)
        assert found["t0"] == pytest.approx(59990, abs=1)


def test_models_are_asked_for_few_parameter_vectors_at_a_time() -> None:
    rows = []

    def flux(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
        rows.append(parameters.size // parameters.shape[-1])
        return BAZIN.flux(parameters, mjd, wavelength, host)

    model = replace(BAZIN, flux=flux, by_filter=False)
    fit_model(model, simulated("bazin", TRUTH), effective=0)
    assert max(rows) <= 64


def test_a_parameter_at_its_bound_is_told() -> None:
    fit = fit_model(MODELS["kilonova"], simulated("bazin", TRUTH), HOST, effective=0)
    assert any("lies at a bound" in note for note in fit.notes)


def _real(shared: Path, name: str) -> Curve:
    with (shared / "photometry" / "ztf_bts_snia" / f"{name}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    mag = np.array([float(row["mag"]) for row in rows])
    flux = flux_from_mag(mag)
    error = flux * np.array([float(row["magerr"]) for row in rows]) * np.log(10) / 2.5
    filters = [{"g": "ztfg", "R": "ztfr", "i": "ztfi"}[row["band"]] for row in rows]
    return curve_of([float(row["time"]) for row in rows], filters, flux, error)


def test_a_real_supernova_peaks_as_published(shared: Path) -> None:
    with (shared / "photometry" / "index.csv").open() as lines:
        entries = {row["file"]: row for row in csv.DictReader(lines)}
    entry = entries["ztf_bts_snia/ZTF20aakyoez.csv"]
    band = f"ztf{entry['peak_filt']}"
    curve = _real(shared, "ZTF20aakyoez")
    fit = fit_model(BAZIN, curve, floor=0.02, effective=0)
    mjd = np.linspace(curve.mjd.min(), curve.mjd.max(), 2000)
    top = fit.overlay(band, mjd)
    assert float(mag_from_flux(top.max())) == pytest.approx(float(entry["peak_mag"]), abs=0.1)
    assert mjd[top.argmax()] == pytest.approx(float(entry["peak_jd_2458000"]) + 2458000 - 2400000.5, abs=3)
    assert fit.chi2 / fit.dof < 2


def test_a_real_type_ia_has_half_a_solar_mass_of_nickel(shared: Path) -> None:
    host = Host(0.041, float(luminosity_distance(0.041)))
    fit = fit_model(MODELS["nickel"], _real(shared, "ZTF20aakyoez"), host, ebv=0.02, floor=0.03, effective=0)
    found = {p.name: p.value for p in fit.parameters}
    assert 0.3 < found["mass"] * found["nickel_fraction"] < 0.9  # Scalzo et al. 2014, MNRAS 440, 1498
