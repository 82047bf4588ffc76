"""Airmass: how much more air one looks through than towards the zenith.

References
----------
.. [1] Kasten & Young 1989, Applied Optics 28, 4735. doi:10.1364/AO.28.004735
.. [2] Pickering 2002, DIO 12, 3 (no DOI)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput

__all__ = ["AIRMASS_FORMULAS", "AirmassFormula", "airmass", "altitude_of_airmass"]

AirmassFormula = Literal["secant", "kasten-young", "pickering"]


def _secant(h: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / np.maximum(np.sin(np.radians(h)), np.finfo(float).tiny))


def _kasten_young(h: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (np.sin(np.radians(h)) + 0.50572 * (h + 6.07995) ** -1.6364))


def _pickering(h: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / np.sin(np.radians(h + 244 / (165 + 47 * h**1.1))))


_FORMULAS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "secant": _secant,
    "kasten-young": _kasten_young,
    "pickering": _pickering,
}

AIRMASS_FORMULAS = tuple(_FORMULAS)
"""Formulas that are known."""

_TABLE = np.linspace(90, 0, 90 * 60 + 1)


def airmass(altitude: ArrayLike, formula: AirmassFormula = "secant") -> NDArray[np.float64]:
    """Airmass at altitudes (deg), in their shape; infinite below the horizon.

    Parameters
    ----------
    altitude
        Altitudes (deg) without refraction. Kasten & Young [1]_ and Pickering [2]_ are made for refracted ones: they differ
        from the secant by less than 1 % above 20 deg, where refraction is below 3 arcmin.
    formula
        ``secant`` (of the zenith distance), ``kasten-young`` or ``pickering``.

    Raises
    ------
    InvalidInput
        If the formula is not known.

    Examples
    --------
    >>> airmass([90.0, 30.0, -1.0]).round(6).tolist()
    [1.0, 2.0, inf]
    """
    if formula not in _FORMULAS:
        raise InvalidInput(
            f"there is no formula {formula!r} of airmass: {', '.join(AIRMASS_FORMULAS)} are permitted.", "formula"
        )
    h = np.asarray(altitude, dtype=float)
    return np.where(h > 0, _FORMULAS[formula](np.maximum(h, 0)), np.inf)


def altitude_of_airmass(largest: float, formula: AirmassFormula = "secant") -> float:
    """The altitude (deg) above which airmass is at most `largest`, to 1e-4 deg; exact for the secant.

    Raises
    ------
    InvalidInput
        If the airmass is below 1, or the formula not known.
    """
    if not 1 <= largest < np.inf:
        raise InvalidInput(f"the airmass is {largest}: 1 or more is permitted.", "airmass")
    if formula == "secant":
        return float(np.degrees(np.arcsin(1 / largest)))
    return float(np.interp(largest, airmass(_TABLE[:-1], formula), _TABLE[:-1]))
