"""Distances in a flat universe with matter and a cosmological constant, and what they make of angles.

References
----------
.. [1] Planck Collaboration 2020, A&A 641, A6, table 2, last column. doi:10.1051/0004-6361/201833910
.. [2] Hogg 1999, astro-ph/9905116. doi:10.48550/arXiv.astro-ph/9905116
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["kpc_per_arcsec", "luminosity_distance", "redshift_at"]

_HUBBLE, _MATTER, _LIGHT = 67.66, 0.30966, 299792.458
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_REDSHIFTS = np.concatenate([[0.0], np.geomspace(1e-5, 20, 2000)])


def luminosity_distance(redshift: ArrayLike) -> NDArray[np.float64]:
    """Luminosity distance (Mpc) of redshifts [1]_ [2]_; zero at redshift zero."""
    z = np.asarray(redshift, dtype=float)
    at = (_NODES + 1) / 2 * z[..., None]
    integral = (_WEIGHTS / np.sqrt(_MATTER * (1 + at) ** 3 + 1 - _MATTER)).sum(axis=-1) * z / 2
    return np.asarray((1 + z) * _LIGHT / _HUBBLE * integral)


def redshift_at(distance: ArrayLike) -> NDArray[np.float64]:
    """Cosmological redshift of luminosity distances (Mpc), by interpolation to 1e-5 of itself."""
    return np.asarray(np.interp(np.asarray(distance, dtype=float), luminosity_distance(_REDSHIFTS), _REDSHIFTS))


def kpc_per_arcsec(distance: ArrayLike) -> NDArray[np.float64]:
    """Proper length (kpc) that one arcsec is at luminosity distances (Mpc).

    Examples
    --------
    >>> round(float(kpc_per_arcsec(40.0)), 3)
    0.191
    """
    d = np.asarray(distance, dtype=float)
    return np.asarray(d * 1e3 / (1 + redshift_at(d)) ** 2 * np.radians(1 / 3600))
