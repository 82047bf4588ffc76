"""The table of lines against Rydberg's formula, Ritz's rule and values that others published; air against vacuum."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.spectral_lines import LineGroup, line_species, spectral_lines
from skyhub.science.wavelengths import air_wavelengths, doppler_factors, doppler_velocities, vacuum_wavelengths

RYDBERG_H, RYDBERG_HE = 109677.583, 109722.275  # 1/cm
PUBLISHED = {
    1215.67: "Lyα", 3726.032: "[O II]", 3728.815: "[O II]", 4101.734: "Hδ", 4340.464: "Hγ", 4363.209: "[O III]",
    4685.68: "He II", 4861.325: "Hβ", 4958.911: "[O III]", 5006.843: "[O III]", 5411.52: "He II", 5577.339: "[O I]",
    5875.68: "He I", 6300.304: "[O I]", 6363.776: "[O I]", 6548.05: "[N II]", 6562.801: "Hα", 6583.45: "[N II]",
    6716.44: "[S II]", 6730.82: "[S II]", 7135.79: "[Ar III]", 5889.95: "D2", 5895.92: "D1", 3968.5: "H", 3933.7: "K",
    9212.865: "S I", 9228.092: "S I", 9237.538: "S I", 4057.76: "N IV",
}  # fmt: skip
"""SDSS-IV, data analysis pipeline (Belfiore et al. 2019, https://doi.org/10.3847/1538-3881/ab3e4e), sulphur of
Ajello et al. 2008, nitrogen of ADAS: Å in air."""
SDSS_VACUUM = (
    3727.09, 3729.87, 3934.77, 3969.58, 4102.89, 4341.68, 4364.43, 4862.68, 4960.29, 5008.24, 6302.04, 6365.53, 6549.86,
    6564.61, 6585.27, 6718.29, 6732.67, 8500.36, 8544.44, 8664.52,
)  # fmt: skip
"""SDSS, spectroscopic pipeline (Stoughton et al. 2002, https://doi.org/10.1086/324741): Å in vacuum."""


def vacuum_of(species: str) -> list[float]:
    return [line.vacuum for line in spectral_lines(species)]


def wavenumber(species: str, air: float) -> float:
    return float(next(1e8 / line.vacuum for line in spectral_lines(species) if abs(line.air - air) < 0.5))


def test_an_unknown_species_is_refused_and_the_known_ones_are_said() -> None:
    with pytest.raises(InvalidInput, match=r"no lines of 'Xx I': H I, He I"):
        spectral_lines("Xx I")


@pytest.mark.parametrize("velocity", [3e5, -3e5, np.nan, np.inf])
def test_nothing_is_as_fast_as_light(velocity: float) -> None:
    with pytest.raises(InvalidInput, match="fast as light"):
        doppler_factors(velocity)


def test_every_line_is_in_a_known_group_and_bands_end_after_they_begin() -> None:
    lines = spectral_lines()
    assert {line.group for line in lines} == set(get_args(LineGroup))
    assert all(line.air_end > line.air for line in lines if line.air_end is not None)
    assert len({(line.species, line.air) for line in lines}) == len(lines)
    assert [name for name in line_species() if not vacuum_of(name)] == []


@pytest.mark.parametrize(
    ("species", "rydberg", "charge", "upper"),
    [("H I", RYDBERG_H, 1, ((1, 2), (2, 9), (3, 7))), ("He II", RYDBERG_HE, 2, ((2, 3), (3, 5), (4, 9)))],
)
def test_hydrogen_like_lines_are_where_rydberg_puts_them(
    species: str, rydberg: float, charge: int, upper: tuple[tuple[int, int], ...]
) -> None:
    series = [1e8 / (rydberg * charge**2 * (1 / n**2 - 1 / m**2)) for n, _ in upper for m in range(n + 1, 12)]
    fine_structure = (charge / 137.036) ** 2 / 3
    for wavelength in vacuum_of(species):
        assert min(abs(np.array(series) / wavelength - 1)) < fine_structure, wavelength


def test_lines_of_neutral_carbon_and_sulphur_are_between_their_levels() -> None:
    """Haris & Kramida 2017, https://doi.org/10.3847/1538-4365/aa86ab, and NIST: 1/cm."""
    triplet, singlet = 60393.14, 61981.82
    carbon = {
        8335.15: 73975.91 - singlet,
        9094.83: 71385.38 - triplet,
        9405.73: 72610.72 - singlet,
        10691.25: 69744.03 - triplet,
    }
    for air, between in carbon.items():
        assert wavenumber("C I", air) == pytest.approx(between, abs=0.1)
    assert wavenumber("S I", 9212.9) == pytest.approx(63475.05 - 52623.64, abs=0.1)


def test_lines_between_the_same_levels_agree() -> None:
    fine = wavenumber("Ca II", 3933.7) - wavenumber("Ca II", 3968.5)
    assert wavenumber("Ca II", 8498.0) - wavenumber("Ca II", 8662.1) == pytest.approx(fine, abs=0.1)
    split = wavenumber("Na I", 5889.95) - wavenumber("Na I", 5895.9)
    assert split == pytest.approx(17.196, abs=0.02)  # Kramida et al., NIST
    assert wavenumber("Na I", 8183.3) - wavenumber("Na I", 8194.8) == pytest.approx(split, abs=0.1)
    silicon = wavenumber("Si II", 6347.1) - wavenumber("Si II", 6371.4)
    assert silicon == pytest.approx(60.0, abs=0.5)
    barium = wavenumber("Ba II", 4554.0) - wavenumber("Ba II", 4934.1)
    assert barium == pytest.approx(1690.8, abs=0.2)


def test_published_wavelengths_are_in_the_table() -> None:
    known = np.array([line.air for line in spectral_lines()])
    assert [w for w in PUBLISHED if min(abs(known - w)) > 0.07] == []
    vacuum = np.array([line.vacuum for line in spectral_lines()])
    assert [w for w in SDSS_VACUUM if min(abs(vacuum - w)) > 0.05] == []


@pytest.mark.parametrize(
    ("air", "vacuum"), [(5889.950, 5891.583), (5006.843, 5008.240), (2795.528, 2796.352), (8542.09, 8544.44), (1215.67, 1215.67)]
)  # fmt: skip
def test_air_and_vacuum_are_as_published(air: float, vacuum: float) -> None:
    assert vacuum_wavelengths(air) == pytest.approx(vacuum, abs=0.006)
    assert air_wavelengths(vacuum) == pytest.approx(air, abs=0.006)


@given(st.floats(2001, 25000))
def test_to_vacuum_and_back_is_the_same(air: float) -> None:
    vacuum = vacuum_wavelengths(air)
    assert vacuum > air
    assert air_wavelengths(vacuum) == pytest.approx(air, rel=1e-12)


@given(st.floats(-2.9e5, 2.9e5))
def test_velocities_and_factors_are_inverse_and_opposite_ones_cancel(velocity: float) -> None:
    factor = doppler_factors(velocity)
    assert doppler_velocities(factor) == pytest.approx(velocity, rel=1e-9, abs=1e-6)
    assert factor * doppler_factors(-velocity) == pytest.approx(1, rel=1e-12)


def test_the_sky_does_not_move_and_lines_follow_the_medium() -> None:
    assert not any(line.moves for line in spectral_lines(["sky", "telluric"]))
    [line] = [line for line in spectral_lines("H I") if line.label == "H I Hα"]
    assert line.moves
    assert (line.wavelength("air"), line.wavelength(None), line.wavelength("vacuum")) == (6562.79, 6562.79, line.vacuum)
