"""Synthetic photometry against closed forms and sncosmo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.synthetic_photometry import synthetic_photometry

LIGHT = 2.99792458e18  # Å/s
WAVE = np.linspace(2000, 12000, 2001)
MICROJANSKY = 1e-29


@pytest.fixture
def curves(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYHUB_SNCOSMO_DIR", str(shared / "sncosmo"))


def flat(microjansky: float) -> np.ndarray:
    return np.asarray(microjansky * MICROJANSKY * LIGHT / WAVE**2)


def test_an_unknown_bandpass_and_missing_curves_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNCOSMO_DATA_DIR", raising=False)
    monkeypatch.delenv("SKYHUB_SNCOSMO_DIR", raising=False)
    with pytest.raises(NotFound, match="set SKYHUB_SNCOSMO_DIR"):
        synthetic_photometry(WAVE, flat(1), None, "radio-3GHz")


@pytest.mark.usefixtures("curves")
def test_a_spectrum_that_does_not_cover_the_bandpass_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"covers .*% of ztfi .*99% are needed"):
        synthetic_photometry(WAVE[:1000], flat(1)[:1000], None, "ztfi")
    with pytest.raises(InvalidInput, match=r"covers 0.0% of 2massj"):
        synthetic_photometry(WAVE[:1000], flat(1)[:1000], None, "2massj")
    with pytest.raises(InvalidInput, match="no bandpass"):
        synthetic_photometry(WAVE, flat(1), None, "ztfz")


@pytest.mark.usefixtures("curves")
@pytest.mark.parametrize("name", ["ztfg", "ztfr", "ztfi", "sdssu", "atlaso", "ps1::z"])
def test_a_flat_spectrum_has_one_magnitude_in_every_bandpass(name: str) -> None:
    found = synthetic_photometry(WAVE, flat(10), flat(0.5), name)
    assert found.mag == pytest.approx(21.4, abs=2e-4)
    assert found.flux == pytest.approx(10, rel=2e-4)
    assert found.coverage == 1
    assert found.fluxerr is not None
    assert 0 < found.fluxerr < 0.5


@pytest.mark.usefixtures("curves")
@given(st.floats(-3, 3), st.sampled_from(["ztfg", "ztfr", "sdssi"]))
def test_it_is_what_sncosmo_finds(slope: float, name: str) -> None:
    import sncosmo

    flux = 1e-15 * (WAVE / 5000) ** slope
    found = synthetic_photometry(WAVE, flux, None, name)
    theirs = sncosmo.Spectrum(WAVE, flux).bandmag(name, "ab")
    assert found.mag == pytest.approx(theirs, abs=2e-3)
    assert found.fluxerr is None


@pytest.mark.usefixtures("curves")
def test_a_negative_spectrum_has_a_flux_and_no_magnitude() -> None:
    found = synthetic_photometry(WAVE, -flat(3), None, "ztfr")
    assert (round(found.flux, 2), found.mag) == (-3, None)
