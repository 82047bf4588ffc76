"""Distances are those of astropy's Planck 2018 universe."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.cosmology import Planck18
from skyhub.science.distances import (
    distance_modulus,
    kpc_per_arcsec,
    luminosity_distance,
    modulus_at,
    redshift_at,
)

Z = np.array([0.001, 0.004, 0.03, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0])


def test_luminosity_distances_are_astropys() -> None:
    theirs = Planck18.luminosity_distance(Z).to_value("Mpc")
    assert luminosity_distance(Z) == pytest.approx(theirs, rel=1e-9)
    assert float(luminosity_distance(0.1)) == pytest.approx(Planck18.luminosity_distance(0.1).value, rel=1e-9)
    assert luminosity_distance(0.0) == 0


def test_moduli_are_astropys() -> None:
    assert distance_modulus(luminosity_distance(Z)) == pytest.approx(Planck18.distmod(Z).value, abs=1e-8)
    assert modulus_at(0.1) == pytest.approx(Planck18.distmod(0.1).value, abs=1e-8)
    assert distance_modulus(1e-5) == pytest.approx(0)


def test_redshifts_come_back_from_distances() -> None:
    assert redshift_at(luminosity_distance(Z)) == pytest.approx(Z, rel=1e-4)


def test_lengths_of_angles_are_astropys() -> None:
    kpc = Planck18.kpc_proper_per_arcmin(Z).value / 60
    assert kpc_per_arcsec(luminosity_distance(Z)) == pytest.approx(kpc, rel=1e-4)
