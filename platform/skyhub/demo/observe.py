"""Photometry of a target by the survey: measured flux, its error, and whether it is a detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.survey import Exposures, effective_pixels
from skyhub.demo.target import Target

__all__ = ["GAIN", "THRESHOLD", "Photometry", "observe"]

GAIN = 6.2
"""Electrons per DN."""
THRESHOLD = 5.0
"""Signal-to-noise ratio from which a measurement is a detection."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Photometry:
    """Difference fluxes (DN) of one target at the exposures of its field; arrays of shape (n,)."""

    true: Floats
    flux: Floats
    sigma: Floats
    detected: NDArray[np.bool_]

    def brightest(self, zero_point: Floats) -> float | None:
        """Magnitude of the strongest change at any exposure, without noise; None if nothing changes."""
        changing = self.true != 0
        mags = zero_point[changing] - 2.5 * np.log10(np.abs(self.true[changing]))
        return float(mags.min()) if len(mags) else None


def observe(target: Target, exposures: Exposures, rng: np.random.Generator) -> Photometry:
    """Measure a target at every exposure; noise of the sky, of the source and of what lies below it."""
    to_counts = 10 ** (0.4 * (exposures.zero_point - 23.9))
    true = target.flux(exposures.jd, exposures.fid) * to_counts
    area = effective_pixels(exposures.seeing)
    electrons = np.abs(true) + _below(target, exposures, area)
    sigma = np.sqrt(exposures.sky_sigma**2 * area + electrons / GAIN)
    flux = true + rng.normal(0, 1, len(true)) * sigma
    return Photometry(true, flux, sigma, np.abs(flux) > THRESHOLD * sigma)


def _below(target: Target, exposures: Exposures, area: Floats) -> Floats:
    """Counts (DN) of the counterpart and of the host within the effective area of the profile."""
    total = np.zeros(len(area))
    if target.counterpart is not None:
        total += 10 ** (0.4 * (exposures.zero_point - target.counterpart[exposures.fid]))
    if target.host is not None:
        host = target.host
        inside = np.exp(-1.68 * (np.hypot(host.east, host.north) / host.radius - 0.3)) * area / (12 * host.radius**2)
        total += np.clip(inside, 0, 0.6) * 10 ** (0.4 * (exposures.zero_point - host.mags[exposures.fid]))
    return total
