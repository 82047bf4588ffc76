"""AB magnitudes and fluxes in microjansky.

The AB system [1]_ has its zero point at 3631 Jy, so a source of 1 µJy has the magnitude 23.9.

References
----------
.. [1] Oke & Gunn 1983, ApJ 266, 713. doi:10.1086/160817
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AB_ZERO_POINT",
    "flux_error",
    "flux_from_counts",
    "flux_from_mag",
    "limit_flux_error",
    "mag_from_flux",
    "magnitudes_from_fluxes",
]

AB_ZERO_POINT = 23.9
"""Magnitude of 1 µJy in the AB system."""

_LN10 = math.log(10)
_Number = TypeVar("_Number", float, NDArray[np.float64])


def flux_from_mag(mag: _Number) -> _Number:
    """Flux (µJy) of an AB magnitude.

    Examples
    --------
    >>> flux_from_mag(21.4)
    10.0
    """
    return 10 ** ((AB_ZERO_POINT - mag) / 2.5)


def mag_from_flux(flux: NDArray[np.float64]) -> NDArray[np.float64]:
    """AB magnitude of a flux (µJy); NaN where the flux is not positive."""
    positive = np.where(flux > 0, flux, np.nan)
    return AB_ZERO_POINT - 2.5 * np.log10(positive)


def flux_error(flux: _Number, magerr: _Number) -> _Number:
    """Standard error (µJy) of a flux, to first order in the error of its magnitude (mag)."""
    return abs(flux) * magerr * _LN10 / 2.5


def limit_flux_error(limiting_mag: _Number, nsigma: float = 5.0) -> _Number:
    """Standard error (µJy) behind an upper limit (AB mag) that was quoted at `nsigma`."""
    return flux_from_mag(limiting_mag) / nsigma


def magnitudes_from_fluxes(
    flux: NDArray[np.float64], fluxerr: NDArray[np.float64], nsigma: float = 3.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AB magnitudes and their errors of fluxes (µJy) that are detected at `nsigma`; NaN elsewhere.

    Parameters
    ----------
    flux, fluxerr
        Fluxes and their standard errors (µJy), shape ``(n,)``.
    nsigma
        Least signal-to-noise ratio of a detection.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        detected = np.where(flux >= nsigma * fluxerr, flux, np.nan)
        return mag_from_flux(detected), 2.5 / _LN10 * fluxerr / detected


def flux_from_counts(counts: _Number, zero_point: _Number) -> _Number:
    """Flux (µJy) of detector counts with their photometric zero point (AB mag of one count)."""
    return counts * flux_from_mag(zero_point)
