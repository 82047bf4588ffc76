"""Distances in the flat universe of Planck 2018, and what they make of angles and magnitudes.

References
----------
.. [1] Hogg 1999, eqs. 14–21. doi:10.48550/arXiv.astro-ph/9905116
.. [2] Planck Collaboration 2020, A&A 641, A6, table 2, last column. doi:10.1051/0004-6361/201833910
.. [3] Komatsu et al. 2011, ApJS 192, 18, eq. 26. doi:10.1088/0067-0049/192/2/18 (massive neutrinos)
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "LIGHT",
    "distance_known",
    "distance_modulus",
    "kpc_per_arcsec",
    "luminosity_distance",
    "modulus_at",
    "redshift_at",
]

LIGHT = 299_792.458
"""Speed of light (km/s)."""

_HUBBLE, _MATTER, _CMB_KELVIN, _NEUTRINOS = 67.66, 0.30966, 2.7255, 3.046
_MASSES_EV = np.array([0.0, 0.0, 0.06])
_BOLTZMANN_EV = 8.617333262e-5
_PHOTONS = 4.481620089297254e-7 * _CMB_KELVIN**4 / (_HUBBLE / 100) ** 2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_SMALLEST_REDSHIFT = 350 / LIGHT
"""Below it, motions of galaxies outweigh the expansion: no distance is taken from such a redshift."""

_REDSHIFTS = np.concatenate([[0.0], np.geomspace(1e-5, 20, 2000)])


def luminosity_distance(redshift: ArrayLike) -> NDArray[np.float64]:
    """Luminosity distance (Mpc) of redshifts [1]_ [2]_; zero at redshift zero."""
    stretch = np.log1p(np.asarray(redshift, dtype=float))[..., None]
    steps = np.expm1((_NODES + 1) / 2 * stretch)
    integral = (_WEIGHTS * (1 + steps) * stretch / 2 / _expansion(steps)).sum(axis=-1)
    return np.asarray((1 + np.asarray(redshift, dtype=float)) * LIGHT / _HUBBLE * integral)


def distance_known(distance: ArrayLike, redshift: ArrayLike) -> NDArray[np.float64]:
    """The luminosity distances (Mpc) that are given, else those of redshifts beyond 350 km/s; NaN without either.

    Those of redshifts are interpolated to 1e-5 of themselves.
    """
    given, z = np.asarray(distance, dtype=float), np.asarray(redshift, dtype=float)
    with np.errstate(invalid="ignore"):
        told = np.where(z >= _SMALLEST_REDSHIFT, np.interp(z, _REDSHIFTS, _distances()), np.nan)
    return np.asarray(np.where(np.isfinite(given), given, told))


def distance_modulus(distance: ArrayLike) -> NDArray[np.float64]:
    """Distance modulus (mag) of luminosity distances (Mpc)."""
    return np.asarray(5 * np.log10(np.asarray(distance, dtype=float)) + 25)


def modulus_at(redshift: float) -> float:
    """Distance modulus (mag) of a redshift."""
    return float(distance_modulus(luminosity_distance(redshift)))


def redshift_at(distance: ArrayLike) -> NDArray[np.float64]:
    """Cosmological redshift of luminosity distances (Mpc), by interpolation to 1e-5 of itself."""
    return np.asarray(np.interp(np.asarray(distance, dtype=float), _distances(), _REDSHIFTS))


@cache
def _distances() -> NDArray[np.float64]:
    return luminosity_distance(_REDSHIFTS)


def kpc_per_arcsec(distance: ArrayLike) -> NDArray[np.float64]:
    """Proper length (kpc) that one arcsec is at luminosity distances (Mpc).

    Examples
    --------
    >>> round(float(kpc_per_arcsec(40.0)), 3)
    0.191
    """
    d = np.asarray(distance, dtype=float)
    return np.asarray(d * 1e3 / (1 + redshift_at(d)) ** 2 * np.radians(1 / 3600))


def _expansion(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Hubble parameter at redshifts, in units of today's."""
    dark = 1 - _MATTER - float(_radiation(np.zeros(1))[0])
    return np.asarray(np.sqrt(_MATTER * (1 + z) ** 3 + _radiation(z) * (1 + z) ** 4 + dark))


def _radiation(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of photons and neutrinos, divided by (1 + z)^4, in units of today's critical density [3]_."""
    per_photon = 7 / 8 * (4 / 11) ** (4 / 3) * _NEUTRINOS / 3
    temperature = _BOLTZMANN_EV * _CMB_KELVIN * (4 / 11) ** (1 / 3)
    mass = 0.3173 * _MASSES_EV / (temperature * (1 + z[..., None]))
    return np.asarray(_PHOTONS * (1 + per_photon * np.sum((1 + mass**1.83) ** (1 / 1.83), axis=-1)))
