"""The table of bandpasses against the transmission curves that it was made from."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.bandpasses import bandpass, bandpass_names, filter_name, instrument_of, transmission
from skyhub.science.extinction import extinction_curve

SAMPLE = [
    "ztfg",
    "ztfr",
    "ztfi",
    "atlaso",
    "ps1::y",
    "sdssu",
    "desz",
    "lsstg",
    "uvot::uvm2",
    "2massks",
    "bessellb",
    "tess",
    "f444w",
]


@pytest.mark.parametrize("name", ["", "ztf", "ZTFG", "g", "no such band", "'; DROP TABLE"])
def test_an_unknown_bandpass_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="no bandpass"):
        bandpass(name)


@pytest.mark.parametrize(
    ("text", "instrument"), [("g", ""), ("g", "my telescope"), ("clear", "ATLAS"), ("", "ZTF"), ("x", "ZTF")]
)
def test_an_ambiguous_or_unknown_filter_stands_for_none(text: str, instrument: str) -> None:
    assert filter_name(text, instrument) is None


@pytest.mark.parametrize(
    ("text", "instrument", "name"),
    [
        ("ztfg", "", "ztfg"), ("ZTF_r", "", "ztfr"), ("ztf-i", "ATLAS", "ztfi"), ("R", "ZTF", "ztfr"),
        ("R", "", "bessellr"), ("o", "ATLAS", "atlaso"), ("cyan", "atlas", "atlasc"), ("r'", "", "sdssr"),
        ("ps1__g", "", "ps1::g"), ("g", "Pan-STARRS1", "ps1::g"), ("UVW1", "", "uvot::uvw1"),
        ("U", "Swift", "uvot::u"), ("U", "", "bessellux"), ("K", "", "2massks"), (" i ", "SDSS", "sdssi"),
    ],
)  # fmt: skip
def test_names_of_the_field_are_understood(text: str, instrument: str, name: str) -> None:
    assert filter_name(text, instrument) == name


@given(st.sampled_from(bandpass_names()), st.sampled_from(["", "ZTF", "Swift", "unknown telescope"]))
def test_a_name_stands_for_itself_whatever_the_instrument(name: str, instrument: str) -> None:
    assert filter_name(name, instrument) == name


def test_the_table_is_complete_and_plausible() -> None:
    names = bandpass_names()
    assert len(names) == len(set(names)) > 140
    for band in map(bandpass, names):
        assert band.width > 0
        assert band.effective_wavelength > 1
        assert band.extinction is None or 0 <= band.extinction < 12
        assert len(band.colour) == 7
    assert (instrument_of("ztfg"), instrument_of("bessellb")) == ("ZTF", "unknown")
    assert bandpass("radio-3GHz").effective_wavelength == pytest.approx(999308193.33)


def test_extinction_of_ztf_is_the_published_one() -> None:
    found = [bandpass(name).extinction for name in ("ztfg", "ztfr", "ztfi")]
    assert found == pytest.approx([3.6507, 2.5299, 1.8451], abs=0.1)


@pytest.fixture
def curves(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = shared / "sncosmo"
    monkeypatch.delenv("SNCOSMO_DATA_DIR", raising=False)
    monkeypatch.setenv("SKYHUB_SNCOSMO_DIR", str(directory))
    return directory


def test_without_curves_one_is_told_where_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SNCOSMO_DATA_DIR", "SKYHUB_SNCOSMO_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NotFound, match="SKYHUB_SNCOSMO_DIR"):
        transmission("radio-3GHz")


@pytest.mark.parametrize("name", SAMPLE)
def test_the_table_follows_from_the_curves(curves: Path, name: str) -> None:
    wave, trans = transmission(name)
    fine = np.linspace(wave[0], wave[-1], 40_001)
    photons = np.interp(fine, wave, trans)
    band = bandpass(name)
    assert band.effective_wavelength == pytest.approx(np.average(fine, weights=photons), rel=2e-3)
    assert band.width == pytest.approx(np.trapezoid(photons, fine) / photons.max(), rel=2e-2)
    assert band.extinction == pytest.approx(np.average(extinction_curve(fine), weights=photons / fine), abs=5e-3)


@pytest.mark.parametrize("name", SAMPLE)
def test_vega_s_magnitude_is_that_of_its_spectrum(curves: Path, name: str) -> None:
    from astropy.io import fits

    wave, trans = transmission(name)
    with fits.open(curves / "spectra" / "alpha_lyr_stis_007.fits") as hdus:
        star_wave, star = np.asarray(hdus[1].data["WAVELENGTH"], float), np.asarray(hdus[1].data["FLUX"], float)
    fine = np.linspace(wave[0], wave[-1], 40_001)
    weight = np.interp(fine, wave, trans) * fine
    f_nu = np.trapezoid(np.interp(fine, star_wave, star) * weight, fine) / np.trapezoid(
        weight * 2.99792458e18 / fine**2, fine
    )
    assert bandpass(name).vega_offset == pytest.approx(-2.5 * np.log10(f_nu) - 48.6, abs=0.01)


def test_every_other_bandpass_of_the_curves_is_in_the_table(curves: Path) -> None:
    import json

    listed = json.loads((curves / "available.json").read_text())["bandpasses"]
    assert sorted(set(listed) - set(bandpass_names())) == []
    assert os.environ["SKYHUB_SNCOSMO_DIR"]
