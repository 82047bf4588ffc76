"""How far an object is: from its distance modulus, distance, parallax or redshift, whichever is known first.

References
----------
.. [1] Hogg 1999, arXiv:astro-ph/9905116, eqs. 14–21 (distances in a flat universe)
.. [2] Planck Collaboration 2020, A&A 641, A6. doi:10.1051/0004-6361/201833910 (parameters)
.. [3] Komatsu et al. 2011, ApJS 192, 18, eq. 26. doi:10.1088/0067-0049/192/2/18 (massive neutrinos)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Distance", "distance_of", "luminosity_distance"]

_LIGHT = 299_792.458
_HUBBLE, _MATTER, _CMB_KELVIN, _NEUTRINOS = 67.66, 0.30966, 2.7255, 3.046
_MASSES_EV = np.array([0.0, 0.0, 0.06])
_SLOWEST = 350.0
"""Recession (km/s) below which a redshift says little of the distance."""

_BOLTZMANN_EV = 8.617333262e-5
_PHOTONS = 4.481620089297254e-7 * _CMB_KELVIN**4 / (_HUBBLE / 100) ** 2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_MPC_PER_PARALLAX_MAS = 1e-3


class Distance(NamedTuple):
    """A distance, its modulus, and what it is from."""

    luminosity_distance: float
    """Mpc."""
    distance_modulus: float
    """mag."""
    basis: str
    """``distance modulus``, ``distance``, ``parallax`` or ``redshift``."""


def distance_of(
    *,
    distance_modulus: float | None = None,
    distance: float | None = None,
    parallax: float | None = None,
    redshift: float | None = None,
) -> Distance | None:
    """The distance of an object, from the first of these that is known; None if none of them tells.

    Parameters
    ----------
    distance_modulus
        Distance modulus (mag).
    distance
        Luminosity distance (Mpc).
    parallax
        Parallax (mas); a negative or zero one tells nothing.
    redshift
        Redshift; one of less than 350 km/s tells nothing.

    Examples
    --------
    >>> round(distance_of(parallax=1.0).distance_modulus, 6)
    10.0
    >>> distance_of(redshift=1e-5) is None
    True
    """
    if distance_modulus is not None:
        return Distance(10 ** (distance_modulus / 5 - 5), distance_modulus, "distance modulus")
    if distance is not None and distance > 0:
        return Distance(distance, _modulus(distance), "distance")
    if parallax is not None and parallax > 0:
        away = _MPC_PER_PARALLAX_MAS / parallax
        return Distance(away, _modulus(away), "parallax")
    if redshift is not None and redshift * _LIGHT >= _SLOWEST:
        away = luminosity_distance(redshift)
        return Distance(away, _modulus(away), "redshift")
    return None


def luminosity_distance(redshift: float) -> float:
    """Luminosity distance (Mpc) of a redshift in the universe of Planck 2018 [1]_ [2]_."""
    steps = np.expm1((_NODES + 1) / 2 * np.log1p(redshift))
    jacobian = (1 + steps) * np.log1p(redshift) / 2
    integral = float(np.sum(_WEIGHTS * jacobian / _expansion(steps)))
    return (1 + redshift) * _LIGHT / _HUBBLE * integral


def _expansion(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Hubble parameter at redshifts, in units of today's."""
    dark = 1 - _MATTER - float(_radiation(np.zeros(1))[0])
    return np.asarray(np.sqrt(_MATTER * (1 + z) ** 3 + _radiation(z) * (1 + z) ** 4 + dark))


def _radiation(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of photons and neutrinos, divided by (1 + z)^4, in units of today's critical density [3]_."""
    per_photon = 7 / 8 * (4 / 11) ** (4 / 3) * _NEUTRINOS / 3
    temperature = _BOLTZMANN_EV * _CMB_KELVIN * (4 / 11) ** (1 / 3)
    mass = 0.3173 * _MASSES_EV[:, None] / (temperature * (1 + z))
    return np.asarray(_PHOTONS * (1 + per_photon * np.sum((1 + mass**1.83) ** (1 / 1.83), axis=0)))


def _modulus(megaparsec: float) -> float:
    return 5 * float(np.log10(megaparsec)) + 25
