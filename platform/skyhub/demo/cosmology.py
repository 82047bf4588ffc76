"""Distances in a flat ΛCDM universe, by quadrature.

References
----------
.. [1] Hogg 1999, arXiv:astro-ph/9905116, eqs. 14–21.
.. [2] Planck Collaboration 2020, A&A 641, A6. doi:10.1051/0004-6361/201833910 (H0, Ωm)
"""

from __future__ import annotations

import numpy as np

__all__ = ["arcsec_per_kpc", "distance_modulus", "luminosity_distance"]

_HUBBLE, _MATTER, _LIGHT = 67.66, 0.30966, 299792.458
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def luminosity_distance(z: float) -> float:
    """Luminosity distance (Mpc) of a redshift [1]_."""
    at = (_NODES + 1) * z / 2
    integral = float(np.sum(_WEIGHTS / np.sqrt(_MATTER * (1 + at) ** 3 + 1 - _MATTER))) * z / 2
    return (1 + z) * _LIGHT / _HUBBLE * integral


def distance_modulus(z: float) -> float:
    """Distance modulus (mag) of a redshift."""
    return 5 * float(np.log10(luminosity_distance(z))) + 25


def arcsec_per_kpc(z: float) -> float:
    """Angle (arcsec) of one proper kiloparsec at a redshift."""
    return float(np.degrees(3600 * 1e-3 * (1 + z) ** 2 / luminosity_distance(z)))
