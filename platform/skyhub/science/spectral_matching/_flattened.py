"""Spectra as they are correlated: in even steps of ln λ, divided by their continuum, tapered at both ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput

__all__ = ["CENTRES", "N_BINS", "STEP", "Flattened", "Values", "flattened", "tapers"]

Values = NDArray[np.float64]

_SHORTEST, _LONGEST = 1500.0, 12000.0
N_BINS = 1536
STEP = float(np.log(_LONGEST / _SHORTEST)) / N_BINS
"""Width of a bin in ln λ: 406 km/s."""
_EDGES = np.log(_SHORTEST) + STEP * np.arange(N_BINS + 1)
CENTRES: Values = np.exp((_EDGES[1:] + _EDGES[:-1]) / 2)
"""Middles of the bins (Å)."""

_CELL = 79
"""Bins over which the continuum is averaged: 32 000 km/s, broader than the lines of supernovae."""
_FEWEST = 3 * _CELL
_FLOOR = 0.02
"""Of the brightest part of the continuum: noise about zero is not divided by less."""
_TAPER = 0.05
_NO_LIGHT = "the fluxes are not above zero in the mean: a spectrum of light received is needed."


@dataclass(frozen=True)
class Flattened:
    """The lines of a spectrum, as parts of its continuum."""

    values: Values
    """Flux over continuum, less its mean, tapered; zero where nothing was observed. Shape ``(1536,)``."""
    first: int
    """First bin that was observed."""
    last: int
    """The bin after the last one that was observed."""
    continuum: Values
    """In the unit of the fluxes, in the bins that were observed; shape ``(last - first,)``."""


def flattened(wavelengths: ArrayLike, fluxes: ArrayLike) -> Flattened:
    """The lines of a spectrum in even steps of ln λ between 1500 and 12000 Å.

    Parameters
    ----------
    wavelengths, fluxes
        Å, not decreasing, and flux per wavelength, shape ``(n,)``; what is not finite is left out.

    Raises
    ------
    InvalidInput
        If less than a factor of 1.38 in wavelength is observed between 1500 and 12000 Å, or no light is received.
    """
    logs, values = _usable(wavelengths, fluxes)
    inside = np.flatnonzero((_EDGES[:-1] >= logs[0]) & (_EDGES[1:] <= logs[-1])) if len(logs) else np.empty(0, int)
    if len(inside) < _FEWEST:
        span = f"{np.exp(logs[0]):.0f} to {np.exp(logs[-1]):.0f} Å" if len(logs) else "nothing"
        raise InvalidInput(
            f"the spectrum covers {span}: to be compared, it needs a factor of {np.exp(_FEWEST * STEP):.2f} in "
            f"wavelength between {_SHORTEST:.0f} and {_LONGEST:.0f} Å.",
            "wavelengths",
        )
    first, last = int(inside[0]), int(inside[-1]) + 1
    light = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(logs))])
    observed = np.diff(np.interp(_EDGES[first : last + 1], logs, light)) / STEP
    continuum = _continuum(observed)
    lines = observed / continuum - 1
    lines = (lines - lines.mean()) * tapers(np.array([first]), np.array([last]))[0, first:last]
    return Flattened(np.pad(lines, (first, N_BINS - last)), first, last, continuum)


def tapers(first: NDArray[np.intp], last: NDArray[np.intp]) -> Values:
    """Windows that rise from 0 to 1 by half a cosine over 5 % at either end, shape ``(len(first), 1536)``."""
    at = np.arange(N_BINS)
    nearest = np.minimum(at - first[:, None], last[:, None] - 1 - at) + 0.5
    ramp = np.maximum(_TAPER * (last - first), 1.0)[:, None]
    window: Values = 0.5 * (1 - np.cos(np.pi * np.clip(nearest / ramp, 0, 1)))
    return window


def _usable(wavelengths: ArrayLike, fluxes: ArrayLike) -> tuple[Values, Values]:
    """ln λ, rising, and the fluxes there."""
    wave, flux = np.asarray(wavelengths, dtype=float), np.asarray(fluxes, dtype=float)
    finite = np.isfinite(wave) & np.isfinite(flux) & (wave > 0)
    unique, places = np.unique(wave[finite], return_index=True)
    return np.log(unique), flux[finite][places]


def _continuum(observed: Values) -> Values:
    """A cubic spline through the logarithms of means over broad cells."""
    from scipy.interpolate import CubicSpline

    cells = np.array_split(np.arange(len(observed)), max(round(len(observed) / _CELL), 4))
    middles = np.array([cell.mean() for cell in cells])
    means = np.array([observed[cell].mean() for cell in cells])
    if not means.max() > 0:
        raise InvalidInput(_NO_LIGHT, "fluxes")
    spline = CubicSpline(middles, np.log(np.maximum(means, _FLOOR * means.max())))
    continuum: Values = np.exp(spline(np.clip(np.arange(len(observed)), middles[0], middles[-1])))
    return continuum
