"""Spectra in text are read whole, with their header and units, or refused with what to do."""

from __future__ import annotations

import csv
import gzip
import math
import pickle
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.spectra import LARGEST_FILE, ParsedSpectrum, ReadOptions, read_spectra

ROWS = b"4000 1e-15\n4001 2e-15\n4002 1.5e-15\n"


def one(content: bytes, **options: Any) -> ParsedSpectrum:
    [spectrum] = read_spectra(content, ReadOptions(**options))
    return spectrum


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no table of numbers"),
        (b"# only = 'a header'\n", "no table of numbers"),
        (b"<html><body>404</body></html>", "no table of numbers"),
        (b"4000\n4001\n", "no table of numbers"),
        (b"4000 1\n", "1 points"),
        (b"4000 nan\n4001 nan\n4002 1\n", "1 points"),
        (b"4000 1\n4001 2 3\n", "line 2 has 3 columns"),
        (b"4000 1\n4001 two\n", "line 2: 'two'"),
        (b"4000 1\n4001\n", "line 2 has 1 columns"),
        (b"wavelength,flux\n4000,1\n4001,2,3\n", "line 3 has 3 columns"),
        (b"colour,depth\n4000,1\n4001,2\n", "wave_column and flux_column"),
        (b"-1 1\n4000 2\n", "only positive"),
        (b"0.4 1\n0.5 2\n", "wave_unit='um'"),
        (b"# wave (um) flux\n3500 1\n9000 2\n", "wave_unit='Angstrom'"),
        (b"# wave (um) flux\n350 1\n1500 2\n", "wave_unit='nm'"),
        (b"# wave (Angstrom) flux\n0.35 1\n0.9 2\n", "wave_unit='um'"),
        (b"# made by hand\n111 4000\n112 4001\n110 4002\n113 4003\n", "line 4: .* look swapped: say wave_column"),
        (b"4000 1\n4001 2\n4000.5 3\n4002 1\n", "line 3: the wavelength goes back from 4001 to 4000.5"),
        (b"4000 1\n\n4001 2\n4001 3\n4002 1\n", "line 4 repeats the wavelength 4001 of line 3"),
        (b"# wavelength flux error\n4000 1 .1\n4001 2 -.1\n", "line 3: -0.1 is a negative error"),
        (b"# wavelength flux var\n4000 1 .1\n4001 2 -.1\n", "line 3: -0.1 is a negative variance"),
        (b"# wave (GHz) flux\n230 1\n231 2\n", "no unit of wavelength"),
        (b"4000 1\0\n4001 2\n", "neither text nor FITS"),
        (pickle.dumps([4000, 1]), "never opened"),
        (b"PK\x03\x04rest", "unpack it first"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (gzip.compress(ROWS, mtime=0)[:-9], "ends too early"),
        (b"\x1f\x8bnonsense", "damaged"),
        (b" " * (LARGEST_FILE + 1), "at most"),
        (gzip.compress(b" " * (LARGEST_FILE + 1), mtime=0), "more than"),
        (b"3 4 100.0 200.0 2 sn1 1.1 Ia 1 4\n1 2\n", "SNID template ends"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_spectra(content)


def test_negative_numbers_in_a_third_column_without_a_name_are_no_errors() -> None:
    spectrum = one(b"4000 1 .1\n4001 2 -.1\n")
    assert spectrum.errors is None
    assert any("does not hold errors" in note for note in spectrum.notes)
    with pytest.raises(InvalidInput, match=r"line 2: .* negative error"):
        one(b"4000 1 .1\n4001 2 -.1\n", fluxerr_column=2)


def test_arms_that_overlap_are_sorted_and_falling_wavelengths_turned_round() -> None:
    blue, red = np.arange(4000, 4020), np.arange(4010.5, 4030)
    arms = one("\n".join(f"{w} {w / 1000}" for w in (*blue, *red)).encode())
    assert arms.wavelengths.tolist() == sorted([*blue, *red])
    assert "Wavelengths went back 1 times: the points were sorted." in arms.notes
    falling = one("\n".join(f"{w} 1" for w in red[::-1]).encode())
    assert falling.wavelengths.tolist() == red.tolist()
    assert "Wavelengths fell: the order was turned round." in falling.notes


@pytest.mark.parametrize(
    ("unit", "low", "other"), [("nm", 3500, "Angstrom"), ("Angstrom", 350, "nm"), ("nm", 0.4, "um")]
)
def test_an_unusual_unit_is_doubted(unit: str, low: float, other: str) -> None:
    spectrum = one(f"{low} 1\n{2 * low} 2\n".encode(), wave_unit=unit)
    assert any("unusual" in note and f"wave_unit='{other}'" in note for note in spectrum.notes)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"wave_column": 2}, "wave_column"),
        ({"flux_column": "flux"}, "flux_column"),
        ({"fluxerr_column": -1}, "fluxerr_column"),
        ({"wave_unit": "furlong"}, "wave_unit"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_spectra(ROWS, ReadOptions(**options))
    assert refused.value.where == where


def test_every_shared_file_is_read_or_refused_with_a_reason(shared: Path) -> None:
    root = shared / "spectra"
    listed = {row["file"]: row for row in csv.DictReader((root / "index.csv").open())}
    refused: dict[str, str] = {}
    forms = Counter[str]()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        name = str(path.relative_to(root))
        try:
            spectra = read_spectra(path.read_bytes())
        except InvalidInput as error:
            refused[path.name] = error.message
            continue
        forms[spectra[0].form] += 1
        if listed[name]["wave_min"]:
            assert len(spectra) == 1
            assert len(spectra[0].wavelengths) == float(listed[name]["n"])
            assert spectra[0].wavelengths[[0, -1]] == pytest.approx(
                [float(listed[name]["wave_min"]), float(listed[name]["wave_max"])], rel=1e-9
            )
    assert sorted(refused) == [
        "README.md",
        "ZTF20abpuxna_20200915_Keck1_v1.ascii.bad",
        "ZTF20abpuxna_20200915_Keck1_v1.ascii.head",
        "ZTF20abwdwoa_20200902_P60_v1.ascii.head",
        "index.csv",
    ]
    assert forms == {"text": 109, "SNID": 3, "FITS image": 1}


@pytest.mark.parametrize("name", ["ZTF20abpuxna_20200915_Keck1_v1.ascii", "ZTF20abwdwoa_20200902_P60_v1.ascii"])
def test_headers_are_typed_as_the_shared_examples_have_them(shared: Path, name: str) -> None:
    spectrum = one((shared / "spectra" / "skyportal" / name).read_bytes())
    expected = yaml.load((shared / "spectra" / "skyportal" / f"{name}.head").read_text(), yaml.BaseLoader)
    assert expected.keys() <= spectrum.header.keys()
    found = {key: value[0] if isinstance(value, list) else value for key, value in spectrum.header.items()}
    assert {k: str(found[k]) for k in expected if _comparable(expected[k])} == {
        k: v for k, v in expected.items() if _comparable(v)
    }
    for key, text in expected.items():
        if isinstance(spectrum.header[key], int | float) and not isinstance(spectrum.header[key], bool):
            assert type(spectrum.header[key])(text) == spectrum.header[key]


def _comparable(text: Any) -> bool:
    """Texts; numbers are compared as numbers."""
    try:
        float(text)
    except (TypeError, ValueError):
        return isinstance(text, str)
    return False


def test_a_spectrum_of_keck(shared: Path) -> None:
    content = (shared / "spectra" / "skyportal" / "ZTF20abpuxna_20200915_Keck1_v1.ascii").read_bytes()
    spectrum = one(content)
    assert spectrum.columns == {"wavelengths": "0 (wavelen)", "fluxes": "1 (flux)", "errors": "3 (flux_unc)"}
    assert (spectrum.medium, spectrum.flux_unit) == ("air", "erg/cm^2/s/Ang")
    assert spectrum.wavelengths[-1] == 10306.432
    assert spectrum.errors is not None
    assert spectrum.errors[-1] == 1.83965e-17
    assert spectrum.facts["observed_at"] == datetime(2020, 9, 15, 9, 37, 1, tzinfo=UTC)
    assert spectrum.facts["exposure"] == 600.003
    assert one(content, fluxerr_column=3).errors == pytest.approx(spectrum.errors)
    assert spectrum.notes == ()


def test_the_third_column_of_pysedm_is_a_variance_unless_one_says_otherwise(shared: Path) -> None:
    content = (shared / "spectra" / "skyportal" / "ZTF20abwdwoa_20200902_P60_v1.ascii").read_bytes()
    spectrum, as_errors = one(content), one(content, fluxerr_column=2)
    assert spectrum.errors is not None
    assert spectrum.errors[0] == math.sqrt(2.484e-31)
    assert as_errors.errors is not None
    assert as_errors.errors[0] == 2.484e-31
    assert spectrum.facts["object_name"] == "ZTF20abwdwoa"


def test_a_point_without_flux_is_left_out_with_a_note(shared: Path) -> None:
    spectrum = one((shared / "spectra" / "skyportal" / "spectrum_with_nan.txt").read_bytes())
    assert len(spectrum.wavelengths) == 249
    assert 469 not in spectrum.wavelengths
    assert any("1 points without" in note for note in spectrum.notes)
    assert any("wave_unit='nm'" in note for note in spectrum.notes)


def test_two_spectra_in_one_table_are_two(shared: Path) -> None:
    spectra = read_spectra((shared / "spectra" / "skyportal" / "spec.csv").read_bytes())
    assert [len(s.wavelengths) for s in spectra] == [1197, 1854]
    assert [s.label for s in spectra] == ["instrument_id 1", "instrument_id 2"]


def test_a_normalised_rest_frame_spectrum_says_so(shared: Path) -> None:
    path = shared / "spectra" / "wiserep" / "PTF12dam" / "PTF12dam.120522.lris.b400r400.smoothed.dat"
    spectrum = one(path.read_bytes())
    assert (spectrum.frame, spectrum.facts["redshift"]) == ("rest", 0.1075)
    assert spectrum.flux_unit == "1.7358e-16 erg/s/cm2/A"


def test_a_unit_that_would_outshine_the_stars_is_left_out(shared: Path) -> None:
    path = shared / "spectra" / "wiserep" / "PTF12dam" / "PTF12dam.120521.lick.unknown.smoothed.dat"
    spectrum = one(path.read_bytes())
    assert spectrum.flux_unit is None
    assert any("outshine" in note for note in spectrum.notes)


def test_flux_per_frequency_is_not_taken_for_an_error(shared: Path) -> None:
    assert one((shared / "spectra" / "standards" / "fhz2.dat").read_bytes()).errors is None
    assert one((shared / "spectra" / "galaxies" / "Sa-unsmoothed.dat").read_bytes()).errors is not None


def test_snid_templates_are_epochs_without_their_padding(shared: Path) -> None:
    spectra = read_spectra((shared / "spectra" / "snid_lnw" / "sn2005ke.lnw").read_bytes())
    assert len(spectra) == 10
    assert spectra[0].label == "epoch 1, age +0.5 d"
    assert {s.frame for s in spectra} == {"rest"}
    assert all(s.fluxes[0] != 0 and s.fluxes[-1] != 0 for s in spectra)


@pytest.mark.parametrize(
    ("content", "wavelengths"),
    [
        (b"# wavelength (nm) flux\n400 1\n500 2\n", [4000, 5000]),
        (b"wavelength_um,flux\n0.4,1\n0.5,2\n", [4000, 5000]),
        (b"# Wavelengths in microns\n0.4 1\n0.5 2\n", [4000, 5000]),
        (b"lambda\tflux\n4000\t1\n5000\t2\n", [4000, 5000]),
        (b"flux;x\n" + ROWS, [4000, 4001, 4002]),
        (b"4.0D+03 1.0D-15\n5.0D+03 1.0D-15\n", [4000, 5000]),
        (b"\xef\xbb\xbfwave,flux\r\n4000,1\r\n5000,2\r\n", [4000, 5000]),
        (b"OBJECT = 'x' / name\nEXPTIME: 3\n\n4000 1\n5000 2\n", [4000, 5000]),
        (b"5000 2\n4000 1\n", [4000, 5000]),
        (b"% note\n6000 3\n5000 2\n4000 1\n", [4000, 5000, 6000]),
        (
            b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: wave, unit: nm, datatype: float64}\n"
            b"# - {name: flux, unit: erg / (Angstrom cm2 s), datatype: float64}\nwave flux\n400 1\n500 2\n",
            [4000, 5000],
        ),
    ],
)
def test_layouts_and_units(content: bytes, wavelengths: list[float]) -> None:
    for packed in (content, gzip.compress(content)):
        spectrum = one(packed)
        assert spectrum.wavelengths.tolist() == pytest.approx(wavelengths)
        assert len(spectrum.fluxes) == len(wavelengths)


def test_columns_by_option() -> None:
    content = b"obj,f2,lam2,s2\na,1,4000,0.1\nb,2,5000,0.2\n"
    by_name = one(content, wave_column="lam2", flux_column="f2", fluxerr_column="s2")
    by_number = one(content, wave_column=2, flux_column=1, fluxerr_column=3)
    for spectrum in (by_name, by_number):
        assert spectrum.wavelengths.tolist() == [4000, 5000]
        assert spectrum.errors is not None
        assert spectrum.errors.tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("header", "observed_at"),
    [
        ("# DATE-OBS= '2021-09-18T14:48:08'", datetime(2021, 9, 18, 14, 48, 8, tzinfo=UTC)),
        ("# MJD-OBS = 59475.5", datetime(2021, 9, 18, 12, tzinfo=UTC)),
        ("# JD: 2459476.0", datetime(2021, 9, 18, 12, tzinfo=UTC)),
        ("# DATE-OBS= '18/09/98'\n# UT = '06:00:00'", datetime(1998, 9, 18, 6, tzinfo=UTC)),
        ("# OBS_DATE 2021-08-06", datetime(2021, 8, 6, tzinfo=UTC)),
        ("# DATE-OBS= 'soon'", None),
        ("# MJD-OBS = 0", None),
    ],
)
def test_times_in_headers(header: str, observed_at: datetime | None) -> None:
    assert one(header.encode() + b"\n" + ROWS).facts.get("observed_at") == observed_at


@given(
    st.lists(
        st.tuples(st.floats(900, 25000), st.floats(-1e-10, 1e-10), st.floats(1e-20, 1e-10)),
        min_size=2, max_size=40, unique_by=lambda row: row[0],
    ).map(sorted),
    st.sampled_from([" ", ",", "\t", "   "]),
    st.booleans(),
)  # fmt: skip
def test_what_is_written_comes_back(rows: list[tuple[float, float, float]], mark: str, named: bool) -> None:
    lines = [mark.join(map(repr, row)) for row in rows]
    text = "\n".join([mark.join(("wavelength", "flux", "error"))] * named + lines)
    spectrum = one(text.encode())
    expected = np.array(rows)
    assert spectrum.wavelengths.tolist() == expected[:, 0].tolist()
    assert spectrum.fluxes.tolist() == expected[:, 1].tolist()
    assert spectrum.errors is not None
    assert spectrum.errors.tolist() == expected[:, 2].tolist()


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    try:
        spectra = read_spectra(content)
    except InvalidInput:
        return
    assert all(np.isfinite(s.wavelengths).all() for s in spectra)
