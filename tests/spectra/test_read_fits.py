"""Spectra in FITS: scales, bands, tables and arms as telescopes and surveys write them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.spectra import ParsedSpectrum, ReadOptions, flux_densities, read_spectra

N = 50
FLUX = np.linspace(1, 2, N)


def _helpers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fits_files", Path(__file__).parent / "fits_files.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _helpers()


def one(content: bytes, **options: Any) -> ParsedSpectrum:
    [spectrum] = read_spectra(content, ReadOptions(**options))
    return spectrum


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (make.image(FLUX), "no scale of wavelengths"),
        (make.image(FLUX, CTYPE1="FREQ", CRVAL1=1e9, CDELT1=1e6), "axis is FREQ"),
        (make.image(np.ones((100, 100)), CRVAL1=4000.0, CDELT1=1.0), "extract the spectrum first"),
        (make.image(FLUX, CTYPE1="MULTISPE", WAT2_001='wtype=multispec spec1 = "1 1 2 4000 1 50 0 1 1"'), "dispcor"),
        (make.table({"A": ("D", FLUX, ""), "B": ("D", FLUX, "")}), "wave_column"),
        (make.table({"WAVE": ("5A", ["a"] * 3, ""), "FLUX": ("D", [1, 2, 3], "")}), "no part of the FITS"),
        (make.image(FLUX, CRVAL1=4000.0, CDELT1=1.0)[:2900], "FITS"),
        (b"SIMPLE  =                    T" + b" " * 5000, "FITS"),
    ],
)
def test_what_is_no_spectrum_is_refused_with_a_reason(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_spectra(content)


def test_a_linear_scale() -> None:
    spectrum = one(make.image(FLUX, CRVAL1=4000.0, CDELT1=2.0, CRPIX1=3.0, BUNIT="erg/s/cm2/A", CTYPE1="AWAV"))
    assert spectrum.wavelengths[:3].tolist() == [3996, 3998, 4000]
    assert (spectrum.medium, spectrum.flux_unit) == ("air", None)


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"CRVAL1": 3.6, "CDELT1": 1e-4, "DC__FLAG": 1}, lambda p: 10 ** (3.6 + 1e-4 * p)),
        ({"COEFF0": 3.6, "COEFF1": 1e-4}, lambda p: 10 ** (3.6 + 1e-4 * p)),
        ({"CRVAL1": 4000.0, "CD1_1": 1.0, "CTYPE1": "WAVE-LOG"}, lambda p: 4000 * np.exp(p / 4000)),
        ({"CRVAL1": 400.0, "CDELT1": 0.1, "CUNIT1": "nm", "CTYPE1": "WAVE"}, lambda p: 4000 + p),
        ({"CRVAL1": 4e-7, "CDELT1": 1e-10, "CUNIT1": "m", "CTYPE1": "WAVE"}, lambda p: 4000 + p),
        (
            {"CTYPE1": "MULTISPE", "WAT2_001": 'wtype=multispec spec1 = "1 1 0 4000. 1. 50 0. 1. 2."'},
            lambda p: 4000 + p,
        ),
    ],
)
def test_scales_of_wavelength(cards: dict[str, Any], expected: Any) -> None:
    spectrum = one(make.image(FLUX, **cards))
    assert spectrum.wavelengths == pytest.approx(expected(np.arange(N)), rel=1e-6)


def test_the_error_is_the_band_that_says_so() -> None:
    cube = np.stack([FLUX, 5 * FLUX, 7 * FLUX, 0.1 * FLUX])[:, None, :]
    cards = {"CRVAL1": 4000.0, "CDELT1": 1.0, "BANDID2": "raw", "BANDID4": "sigma - background"}
    spectrum = one(make.image(cube, **cards))
    assert spectrum.fluxes == pytest.approx(FLUX)
    assert spectrum.errors == pytest.approx(0.1 * FLUX)


def test_a_spectrum_of_lco(shared: Path) -> None:
    spectrum = one((shared / "spectra" / "tom" / "test_spectrum.fits").read_bytes())
    assert len(spectrum.wavelengths) == 3913
    assert spectrum.wavelengths[0] == pytest.approx(3155.25331473351 + 26 * 1.73825705051422)
    assert spectrum.errors is not None
    assert spectrum.facts["instrument"] == "en05"
    assert spectrum.facts["object_name"] == "SN2017cbv"
    assert spectrum.facts["observed_at"].isoformat() == "2017-03-27T17:02:24.711000+00:00"


def test_the_standard_stars_of_hst(shared: Path) -> None:
    path = shared / "sncosmo" / "spectra" / "alpha_lyr_stis_005.fits"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    vega = one(path.read_bytes())
    density = flux_densities(vega.wavelengths, vega.fluxes, vega.flux_unit)
    assert density is not None
    assert np.interp(5500, vega.wavelengths, density) == pytest.approx(3.5e-9, rel=0.02)
    assert vega.columns["errors"].endswith("(STATERROR)")


def test_a_table_of_sdss() -> None:
    ivar = np.full(N, 4.0)
    ivar[0] = 0
    columns = {
        "flux": ("E", FLUX, ""), "loglam": ("E", 3.6 + 1e-4 * np.arange(N), ""), "ivar": ("E", ivar, ""),
    }  # fmt: skip
    primary = {"BUNIT": "1E-17 erg/cm^2/s/Ang", "TAI-BEG": 5138690437.0, "TELESCOP": "SDSS 2.5-M"}
    spectrum = one(make.table(columns, primary))
    assert spectrum.wavelengths[0] == pytest.approx(3981.07, abs=0.01)
    assert spectrum.errors is not None
    assert np.isnan(spectrum.errors[0])
    assert spectrum.errors[1] == 0.5
    assert (spectrum.medium, spectrum.flux_unit) == ("vacuum", "1E-17 erg/cm^2/s/Ang")
    assert spectrum.facts["observed_at"].isoformat()[:19] == "2021-09-18T14:00:00"


def test_a_table_of_jwst_in_microns_and_jansky() -> None:
    columns = {
        "WAVELENGTH": ("D", np.linspace(1, 2, N), "um"), "FLUX": ("D", 1e-3 * FLUX, "Jy"),
        "FLUX_ERROR": ("D", 1e-5 * FLUX, "Jy"), "SURF_BRIGHT": ("D", FLUX, "MJy/sr"),
    }  # fmt: skip
    spectrum = one(make.table(columns, {"TELESCOP": "JWST"}))
    assert spectrum.wavelengths[[0, -1]].tolist() == [10000, 20000]
    density = flux_densities(spectrum.wavelengths, spectrum.fluxes, spectrum.flux_unit)
    assert density is not None
    assert density[0] == pytest.approx(1e-26 * 2.99792458e18 / 1e4**2, rel=1e-9)


def test_a_row_of_arrays_as_eso_writes_it() -> None:
    columns = {
        "WAVE": (f"{N}D", [np.linspace(400, 900, N)], "nm"),
        "FLUX": (f"{N}D", [FLUX], "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)"),
        "ERR": (f"{N}D", [0.1 * FLUX], ""),
    }  # fmt: skip
    spectrum = one(make.table(columns))
    assert spectrum.wavelengths[[0, -1]] == pytest.approx([4000, 9000])
    density = flux_densities(spectrum.wavelengths, spectrum.fluxes, spectrum.flux_unit)
    assert density is not None
    assert density == pytest.approx(1e-16 * FLUX)


def test_orders_of_hst_are_joined() -> None:
    waves = [np.linspace(1300, 1400, N), np.linspace(1200, 1300, N)]
    columns = {"WAVELENGTH": (f"{N}D", waves, "Angstroms"), "FLUX": (f"{N}D", [FLUX, FLUX], "erg/s/cm**2/Angstrom")}
    spectrum = one(make.table(columns))
    assert len(spectrum.wavelengths) == 2 * N
    assert (np.diff(spectrum.wavelengths) >= 0).all()
    assert any("joined" in note for note in spectrum.notes)


def test_the_arms_of_desi_are_joined() -> None:
    images = {
        "B_WAVELENGTH": np.linspace(3600, 5800, N), "B_FLUX": FLUX[None, :], "B_IVAR": np.full((1, N), 4.0),
        "R_WAVELENGTH": np.linspace(5760, 7600, N), "R_FLUX": FLUX[None, :], "R_IVAR": np.full((1, N), 4.0),
    }  # fmt: skip
    unit = "10**-17 erg/(s cm2 Angstrom)"
    spectrum = one(make.parts(images, {"B_WAVELENGTH": "Angstrom", "B_FLUX": unit}))
    assert len(spectrum.wavelengths) == 2 * N
    assert (spectrum.medium, spectrum.flux_unit) == ("vacuum", unit)
    assert spectrum.errors is not None
    assert spectrum.errors.tolist() == [0.5] * 2 * N


SDSS = make.table(
    {"flux": ("E", FLUX, ""), "loglam": ("E", 3.6 + 1e-4 * np.arange(N), "")}, {"BUNIT": "1e-17 erg/s/cm2/A"}
)


@given(st.lists(st.tuples(st.integers(0, len(SDSS) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_damaged_files_are_refused_or_read_and_nothing_else(damage: list[tuple[int, int]]) -> None:
    content = bytearray(SDSS)
    for place, value in damage:
        content[place] = value
    try:
        spectra = read_spectra(bytes(content))
    except InvalidInput:
        return
    assert all(np.isfinite(s.wavelengths).all() and np.isfinite(s.fluxes).all() for s in spectra)
