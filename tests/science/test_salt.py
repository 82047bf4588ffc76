"""SALT: what cannot be fitted, tables against sncosmo, published fits, and simulated supernovae."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sncosmo
from skyhub.errors import InvalidInput, NotFound
from skyhub.science import sncosmo_files
from skyhub.science.fitting import Curve, curve_of
from skyhub.science.salt import SaltTables, fit_salt, sncosmo_table
from skyhub.science.sncosmo_files import SALT_MODELS, salt_source, sncosmo_band

ZERO = 23.9


def simulated(z: float = 0.05, x1: float = 1.0, c: float = 0.1, *, n: int = 60, seed: int = 3) -> Curve:
    """A type Ia supernova in ZTF's g and r, made with sncosmo; the truth is t0 = 60000, x0 = 1e-3."""
    random = np.random.default_rng(seed)
    mjd = 59985 + np.sort(random.uniform(0, 60, n))
    filters = np.resize(["ztfg", "ztfr"], n)
    for name in ("ztfg", "ztfr"):
        sncosmo_band(name)
    model = sncosmo.Model(salt_source("salt3"))
    model.set(z=z, t0=60000.0, x0=1e-3, x1=x1, c=c)
    flux = model.bandflux(filters, mjd, zp=ZERO, zpsys="ab")
    error = 0.02 * flux.max() * np.ones(n)
    return curve_of(mjd, filters.tolist(), flux + random.normal(0, error), error)


def test_a_model_that_is_none_of_salt() -> None:
    with pytest.raises(InvalidInput, match="salt3"):
        salt_source("salt9")


def test_nothing_is_downloaded_for_a_band_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNCOSMO_DATA_DIR", raising=False)
    monkeypatch.delenv("SKYHUB_SNCOSMO_DIR", raising=False)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it asked the network"))
    with pytest.raises(NotFound, match="radio-3GHz"):
        sncosmo_band("radio-3GHz")
    with pytest.raises(FileNotFoundError):
        sncosmo.builtins.DATADIR.abspath("bandpasses/nowhere.dat")


def test_without_files_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNCOSMO_DATA_DIR", raising=False)
    monkeypatch.delenv("SKYHUB_SNCOSMO_DIR", raising=False)
    monkeypatch.setattr(sncosmo_files, "find_spec", lambda _: None)
    monkeypatch.setattr("sncosmo.get_source", lambda _: (_ for _ in ()).throw(FileNotFoundError))
    salt_source.cache_clear()
    with pytest.raises(NotFound, match="--no-deps jax-bandflux"):
        salt_source("salt3")
    salt_source.cache_clear()


def test_a_table_names_every_filter_without_a_curve() -> None:
    curve = curve_of([1, 2, 3], ["ztfg", "radio-3GHz", "radio-10GHz"], [1, 1, 1], [1, 1, 1])
    with pytest.raises(NotFound, match="radio-10GHz, radio-3GHz"):
        sncosmo_table(curve)


@pytest.mark.parametrize(
    ("keep", "redshift", "says"),
    [(60, None, "needs a redshift"), (4, 0.05, "4 fluxes are too few"), (60, 4.0, "0 fluxes are too few")],
)
def test_what_cannot_be_fitted(keep: int, redshift: float | None, says: str) -> None:
    curve = simulated()
    with pytest.raises(InvalidInput, match=says):
        fit_salt(curve.chosen(np.arange(len(curve)) < keep), "salt3", redshift)


@pytest.mark.parametrize("model", SALT_MODELS)
def test_tables_are_sncosmo_s_fluxes(model: str) -> None:
    source = salt_source(model)
    tables = SaltTables(source, ["ztfg", "ztfr"], (0.04, 0.06), (-0.5, 0.7), 0.1)
    sn = sncosmo.Model(source, effects=[sncosmo.F99Dust()], effect_names=["mw"], effect_frames=["obs"])
    mjd = np.linspace(59970, 60070, 150)
    rows = np.array([[0.04, 60000, 1e-3, 0, 0], [0.051, 60001, 2e-3, 2.5, 0.6], [0.06, 59999, 1e-3, -3, -0.4]])
    for row in rows:
        sn.set(**dict(zip(("z", "t0", "x0", "x1", "c"), row, strict=True)), mwebv=0.1)
        for band in ("ztfg", "ztfr"):
            expected = sn.bandflux(band, mjd, zp=ZERO, zpsys="ab")
            np.testing.assert_allclose(tables.flux(band, mjd, row[None])[0], expected, atol=1.2e-3 * expected.max())
    together = tables.flux("ztfg", mjd, rows)
    np.testing.assert_allclose(together[1], tables.flux("ztfg", mjd, rows[1:2])[0], rtol=1e-9)


def test_a_simulated_supernova_is_recovered_with_its_posterior() -> None:
    fit = fit_salt(simulated(), "salt3", 0.05, model_covariance=False)
    truth = {"t0": 60000.0, "x0": 1e-3, "x1": 1.0, "c": 0.1}
    for parameter in fit.parameters:
        if parameter.error:
            assert abs(parameter.value - truth[parameter.name]) < 4 * parameter.error
    assert 0.6 < fit.chi2 / fit.dof < 1.5
    assert fit.posterior is not None
    assert fit.posterior.effective >= 2000
    assert fit.drawn == ("t0", "x0", "x1", "c")
    assert fit.details["model_covariance"] is False


def test_a_filter_that_the_model_does_not_reach_is_left_out_and_named() -> None:
    curve = simulated()
    mixed = curve_of([*curve.mjd, 60000], [*curve.filters, "radio-3GHz"], [*curve.flux, 9], [*curve.fluxerr, 1])
    fit = fit_salt(mixed, "salt3", 0.05, effective=0)
    assert fit.n_points == len(curve)
    assert fit.notes == ("radio-3GHz has no transmission curve here and was left out",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("salt3", {"z": 0.5135, "t0": 55100.494, "x1": 0.532, "c": 0.204, "chi2": 36.1}),
        ("salt2", {"z": 0.5166, "t0": 55100.473, "x1": 0.590, "c": 0.206, "chi2": 33.1}),
    ],
)
def test_sncosmo_s_example_has_its_published_fit(
    shared: Path, monkeypatch: pytest.MonkeyPatch, model: str, expected: dict[str, float]
) -> None:
    monkeypatch.setenv("SKYHUB_SNCOSMO_DIR", str(shared / "sncosmo"))
    salt_source.cache_clear()
    data = sncosmo.load_example_data()
    scale = 10 ** (0.4 * (ZERO - np.asarray(data["zp"])))
    curve = curve_of(data["time"], [str(b) for b in data["band"]], data["flux"] * scale, data["fluxerr"] * scale)
    fit = fit_salt(curve, model, redshift_range=(0.3, 0.7), model_covariance=False)
    found = {p.name: p for p in fit.parameters}
    for name in ("z", "t0", "x1", "c"):
        assert found[name].value == pytest.approx(expected[name], abs=0.02 * (found[name].error or 0))
    assert fit.chi2 == pytest.approx(expected["chi2"], abs=0.05)
    assert fit.posterior is not None
    middle = np.median(fit.posterior.samples, axis=0)
    assert abs(middle[0] - expected["z"]) < found["z"].error  # type: ignore[operator]
    salt_source.cache_clear()


@pytest.mark.slow
def test_draws_agree_with_sncosmo_s_own() -> None:
    curve = simulated(n=30)
    fit = fit_salt(curve, "salt3", 0.05, model_covariance=False, effective=4000)
    table, free = sncosmo_table(curve), ["t0", "x0", "x1", "c"]
    model = sncosmo.Model(salt_source("salt3"))
    model.set(z=0.05)
    _, model = sncosmo.fit_lc(table, model, free)
    np.random.seed(5)
    begun = {"guess_amplitude": False, "guess_t0": False, "bounds": {"x1": (-5, 5), "c": (-1, 2)}}
    result, _ = sncosmo.mcmc_lc(table, model, free, nwalkers=10, nburn=300, nsamples=4000, **begun)
    draws = np.asarray(result.samples)
    assert fit.posterior is not None
    shift = (np.median(fit.posterior.samples, axis=0) - np.median(draws, axis=0)) / draws.std(axis=0)
    assert np.abs(shift).max() < 0.15  # their own noise is 0.05
    assert fit.posterior.samples.std(axis=0) / draws.std(axis=0) == pytest.approx(np.ones(4), abs=0.15)
