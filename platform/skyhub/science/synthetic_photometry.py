"""Synthetic photometry: the magnitudes that a spectrum has in bandpasses.

References
----------
.. [1] Bessell & Murphy 2012, PASP 124, 140. https://doi.org/10.1086/664083
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import transmission
from skyhub.science.photometry import mag_from_flux
from skyhub.science.rebinning import bin_edges

__all__ = ["LEAST_COVERAGE", "SyntheticPhotometry", "synthetic_photometry"]

Values = NDArray[np.float64]

LEAST_COVERAGE = 0.99
"""Part of a bandpass that a spectrum must cover."""
_MICROJANSKY = 1e-29
"""erg/s/cm²/Hz."""
_LIGHT = 2.99792458e18
"""Å/s."""


class SyntheticPhotometry(NamedTuple):
    """Brightness in one bandpass."""

    filter: str
    flux: float
    """Mean f_ν, weighted by photons (µJy)."""
    fluxerr: float | None
    """1σ (µJy); None if the spectrum has no errors."""
    mag: float | None
    """AB; None if the flux is not positive."""
    coverage: float
    """Part of the bandpass that the spectrum covers."""


def synthetic_photometry(
    wavelengths: ArrayLike, flux_densities: ArrayLike, errors: ArrayLike | None, filter: str
) -> SyntheticPhotometry:
    """Flux and AB magnitude of a spectrum in a bandpass: ∫ F_λ T λ dλ / ∫ c T dλ/λ (equation A12 of [1]_).

    Parameters
    ----------
    wavelengths
        Å as observed, shape ``(n,)``.
    flux_densities, errors
        erg/s/cm²/Å, shape ``(n,)``; errors None if not known.
    filter
        Name of a bandpass, as ``ztfg``, whose transmission curve is there.

    Raises
    ------
    InvalidInput
        If there is no such bandpass, or the spectrum covers less than 99 % of it.
    NotFound
        If its transmission curve is not there (see `skyhub.science.bandpasses.transmission`).
    """
    wave, flux = np.asarray(wavelengths, dtype=float), np.asarray(flux_densities, dtype=float)
    band, passed = transmission(filter)
    edges = bin_edges(wave)
    coverage = _inside(band, passed, edges[0], edges[-1])
    if coverage < LEAST_COVERAGE:
        seen = band[passed > 0.01 * passed.max()]
        raise InvalidInput(
            f"the spectrum from {wave[0]:g} to {wave[-1]:g} Å covers {coverage:.1%} of {filter} ({seen[0]:g} to "
            f"{seen[-1]:g} Å): {LEAST_COVERAGE:.0%} are needed; choose another bandpass.",
            "filter",
        )
    grid = np.unique(np.concatenate([band, np.clip(wave, band[0], band[-1])]))
    photons = np.interp(grid, band, passed)
    norm = _LIGHT * np.trapezoid(photons / grid, grid) * _MICROJANSKY
    mean = float(np.trapezoid(np.interp(grid, wave, flux) * photons * grid, grid) / norm)
    error = None
    if errors is not None and np.isfinite(errors).all():
        weights = np.interp(wave, band, passed, left=0, right=0) * wave * np.diff(edges)
        error = float(np.sqrt(np.sum((weights * np.asarray(errors)) ** 2)) / norm)
    mag = float(mag_from_flux(np.array(mean))) if mean > 0 else None
    return SyntheticPhotometry(filter, mean, error, mag, coverage)


def _inside(band: Values, passed: Values, low: float, high: float) -> float:
    """The part of the photons of a flat f_ν that pass between two wavelengths."""
    grid = np.unique(np.concatenate([band, np.clip([low, high], band[0], band[-1])]))
    weights = np.interp(grid, band, passed) / grid
    within = (grid >= low) & (grid <= high)
    part = np.trapezoid(weights[within], grid[within]) if within.any() else 0.0
    return float(part / np.trapezoid(weights, grid))
