"""Dust of the Milky Way: how much light of each wavelength and of each bandpass it takes.

The law is that of Fitzpatrick 1999 [1]_: a spline through anchors in the optical and infrared, the parameters of
Fitzpatrick & Massa 1990 [2]_ in the ultraviolet.

References
----------
.. [1] Fitzpatrick 1999, PASP 111, 63. doi:10.1086/316293
.. [2] Fitzpatrick & Massa 1990, ApJS 72, 163. doi:10.1086/191413
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass

__all__ = ["R_V", "band_extinction", "deredden", "extinction_curve", "redden"]

R_V = 3.1
"""Mean ratio of total to selective extinction in the Milky Way."""

_ULTRAVIOLET = 1e4 / 2700
"""Inverse wavelength (1/µm) above which the ultraviolet parameters hold."""
_SHORTEST = 910.0
_ANCHORS = 1e4 / np.array([np.inf, 26500.0, 12200.0, 6000.0, 5470.0, 4670.0, 4110.0, 2700.0, 2600.0])


def extinction_curve(wavelength: ArrayLike, r_v: float = R_V) -> NDArray[np.float64]:
    """Extinction (mag) per magnitude of E(B−V).

    Parameters
    ----------
    wavelength
        Wavelengths in vacuum (Å), 910 Å and longer; any shape.
    r_v
        Ratio of total to selective extinction, 2 to 6.

    Raises
    ------
    InvalidInput
        If a wavelength is below 910 Å, where the law is not defined.

    Examples
    --------
    >>> round(float(extinction_curve(5500.0)), 2)
    3.03
    """
    given = np.asarray(wavelength, dtype=float)
    if not (given >= _SHORTEST).all():
        raise InvalidInput(
            f"the extinction law begins at {_SHORTEST:g} Å: give wavelengths from there on.", "wavelength"
        )
    inverse = 1e4 / given
    return np.where(inverse >= _ULTRAVIOLET, _ultraviolet(inverse, r_v), _optical(inverse, r_v))


def band_extinction(filters: Sequence[str]) -> NDArray[np.float64]:
    """Extinction (mag) per magnitude of E(B−V) in bandpasses, for R_V = 3.1, shape ``(n,)``.

    Raises
    ------
    InvalidInput
        If a bandpass is not known or the law is not defined there.
    """
    found = {name: bandpass(name).extinction for name in set(filters)}
    missing = sorted(name for name, value in found.items() if value is None)
    if missing:
        raise InvalidInput(f"the extinction law is not defined for {', '.join(missing)}.", "filter")
    return np.array([found[name] for name in filters], dtype=float)


def deredden(mag: ArrayLike, filters: Sequence[str], ebv: ArrayLike) -> NDArray[np.float64]:
    """Magnitudes without the extinction of E(B−V) (mag), shape ``(n,)``."""
    return redden(mag, filters, -np.asarray(ebv, dtype=float))


def redden(mag: ArrayLike, filters: Sequence[str], ebv: ArrayLike) -> NDArray[np.float64]:
    """Magnitudes behind dust of E(B−V) (mag): the inverse of `deredden`, shape ``(n,)``."""
    behind: NDArray[np.float64] = np.asarray(mag, dtype=float) + band_extinction(filters) * np.asarray(ebv, dtype=float)
    return behind


def _optical(inverse: NDArray[np.float64], r_v: float) -> NDArray[np.float64]:
    from scipy.interpolate import CubicSpline

    values = np.concatenate([_optical_anchors(r_v), _ultraviolet(_ANCHORS[-2:], r_v)])
    spline = CubicSpline(_ANCHORS, values, bc_type="natural")
    return np.asarray(spline(np.minimum(inverse, _ANCHORS[-1])), dtype=float)


def _optical_anchors(r_v: float) -> NDArray[np.float64]:
    blue = (
        (-0.422809, 1.00270, 2.13572e-4),
        (-5.13540e-2, 1.00216, -7.35778e-5),
        (7.00127e-1, 1.00184, -3.32598e-5),
        (1.19456, 1.01707, -5.46959e-3, 7.97809e-4, -4.45636e-5),
    )
    optical = [np.polynomial.Polynomial(coefficients)(r_v) for coefficients in blue]
    return np.array([0.0, 0.26469 * r_v / 3.1, 0.82925 * r_v / 3.1, *optical])


def _ultraviolet(inverse: NDArray[np.float64], r_v: float) -> NDArray[np.float64]:
    slope = -0.824 + 4.717 / r_v
    square = inverse**2
    bump = 3.23 * square / ((square - 4.596**2) ** 2 + square * 0.99**2)
    beyond = np.maximum(inverse - 5.9, 0)
    far = 0.41 * (0.5392 * beyond**2 + 0.05644 * beyond**3)
    return np.asarray(2.030 - 3.007 * slope + slope * inverse + bump + far + r_v)
