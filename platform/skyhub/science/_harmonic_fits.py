"""The model of one band at one frequency: a mean and harmonics, fitted by least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.science._lomb_scargle import Series

__all__ = ["HarmonicFit", "harmonic_fit"]

_PHASES = np.linspace(0, 1, 256, endpoint=False)


@dataclass(frozen=True)
class HarmonicFit:
    """A mean and harmonics."""

    mean: float
    """Constant term of the model, in the unit of the values."""
    amplitude: float
    """Half of the model's range, in the same unit."""
    power: float
    """The part of χ² about the weighted mean that the model explains, 0 to 1."""


def harmonic_fit(series: Series, frequency: float, harmonics: int, epoch: float) -> HarmonicFit:
    """The best model of a band at a frequency (1/d); phases count from the epoch (MJD)."""
    phase = (series.mjd - epoch) * frequency
    middle = float(np.average(series.value, weights=series.error**-2.0))
    weighted = _terms(phase, harmonics) / series.error[:, None]
    target = (series.value - middle) / series.error
    coefficients = np.linalg.lstsq(weighted, target, rcond=None)[0]
    left = float(np.sum((target - weighted @ coefficients) ** 2))
    return HarmonicFit(
        mean=middle + float(coefficients[0]),
        amplitude=float(np.ptp(_terms(_PHASES, harmonics) @ coefficients)) / 2,
        power=max(0.0, 1 - left / series.chi2) if series.chi2 else 0.0,
    )


def _terms(phase: NDArray[np.float64], harmonics: int) -> NDArray[np.float64]:
    """Constant, sines and cosines, shape ``(n, 1 + 2 harmonics)``."""
    angle = 2 * np.pi * phase[:, None] * np.arange(1, harmonics + 1)
    return np.hstack([np.ones((len(phase), 1)), np.sin(angle), np.cos(angle)])
