"""Supernovae of sncosmo as they are injected: as sncosmo's own model has them in a band, zero before and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sncosmo
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.bandpasses import bandpass, transmission
from skyhub.science.models import Host
from skyhub.science.series_injection import covers, series_light_curve, source_named
from skyhub.science.sncosmo_files import sncosmo_band

BANDS = ("ztfg", "ztfr", "atlaso")
CURVES = {bandpass(name).effective_wavelength: transmission(name) for name in BANDS}
HOST = Host(0.045, 205.0)
T0 = 60_000.0


def test_what_is_not_here_or_has_no_such_parameter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SKYHUB_SNCOSMO_DIR", "SNCOSMO_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("nugent-sn2p", "no-such-source"):
        with pytest.raises(NotFound, match=name):
            source_named(name)
    with pytest.raises(InvalidInput, match="no parameter mass: x1, c can be given"):
        series_light_curve(source_named("salt3"), -19.3, T0, {"mass": 1.0}, CURVES)


@pytest.mark.parametrize("name", ["salt3", "nugent-sn2p"])
def test_fluxes_are_those_of_sncosmo(name: str, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_SNCOSMO_DIR", str(shared / "sncosmo"))
    source = source_named(name)
    values = {"x1": 0.5, "c": 0.05} if name == "salt3" else {}
    flux = series_light_curve(source, -19.0, T0, values, CURVES)
    model = sncosmo.Model(source)
    model.set(z=HOST.redshift, t0=T0 - (1 + HOST.redshift) * source.minphase(), **values)
    model.set_source_peakmag(-19.0 + 5 * np.log10(HOST.distance / 1e-5), "bessellb", "ab")
    mjd = T0 + np.array([3.0, 12.0, 20.0, 35.0, 50.0])
    for band, middle in zip(BANDS, CURVES, strict=True):
        expected = model.bandflux(sncosmo_band(band), mjd, zp=23.9, zpsys="ab")
        assert flux(mjd, np.full(5, middle), HOST) == pytest.approx(expected, rel=0.01, abs=expected.max() * 1e-3)
    mixed = flux(mjd[[3, 0, 3]], np.array([*CURVES])[[0, 1, 1]], HOST)
    assert mixed[0] == pytest.approx(flux(mjd[[3]], np.array([*CURVES])[:1], HOST)[0])
    assert np.all(flux(np.array([T0 - 1, T0, T0 + 600]), np.full(3, next(iter(CURVES))), HOST) == 0)


def test_bands_beyond_the_spectra_are_known() -> None:
    source = source_named("salt3")
    assert covers(source, transmission("ztfg"), 0.1)
    wave = np.linspace(11_500.0, 13_500.0, 20)
    assert not covers(source, (wave, np.ones(20)), 0.1)
    assert not covers(source, (np.linspace(1500.0, 2300.0, 20), np.ones(20)), 0.0)
