"""Lines measured in spectra: equivalent width, flux, centroid and velocity, each with its error.

The continuum is a straight line, fitted by least squares to windows on both sides. Errors are those of the fluxes,
propagated through the sums over bins and through the fit; where fluxes have none, the scatter about the continuum
stands for them. The equivalent width is positive in absorption [1]_.

References
----------
.. [1] Vollmann & Eversberg 2006, Astronomische Nachrichten 327, 862. https://doi.org/10.1002/asna.200610645
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.rebinning import bin_edges
from skyhub.science.wavelengths import LIGHT_SPEED, doppler_velocities

__all__ = ["LineMeasurement", "Window", "line_velocity", "measured_line", "side_windows"]

Values = NDArray[np.float64]
Window = tuple[float, float]

_FEWEST = 3
"""Points in the line."""
_FEWEST_BESIDE = 2
"""Points in each of the two windows of the continuum."""
_NOTHING = 1e-9
"""Part of the continuum's flux that is less than any line."""


@dataclass(frozen=True)
class LineMeasurement:
    """What a line is, wavelengths as in the spectrum (Å)."""

    region: Window
    """Where the line was summed up (Å)."""
    continuum_windows: tuple[Window, Window]
    """Where the continuum was fitted (Å)."""
    continuum: tuple[float, float]
    """Continuum at both ends of the region, in the unit of the fluxes."""
    equivalent_width: float
    """Å, positive in absorption."""
    equivalent_width_error: float
    flux: float
    """Integral of flux − continuum, in the fluxes' unit times Å: positive in emission."""
    flux_error: float
    centroid: float
    """Mean wavelength (Å), weighted by flux − continuum."""
    centroid_error: float
    n_points: int
    """Points in the region."""
    errors_from: str
    """``spectrum``, or ``scatter`` about the continuum."""


def side_windows(region: Window) -> tuple[Window, Window]:
    """The usual windows of the continuum: half as wide as the region each, right beside it."""
    half = (region[1] - region[0]) / 2
    return (region[0] - half, region[0]), (region[1], region[1] + half)


def measured_line(
    wavelengths: ArrayLike,
    fluxes: ArrayLike,
    errors: ArrayLike | None,
    region: Window,
    continuum_windows: tuple[Window, Window] | None = None,
) -> LineMeasurement:
    """Measure a line.

    Parameters
    ----------
    wavelengths, fluxes
        Å and flux per wavelength, shape ``(n,)``.
    errors
        1σ of the fluxes; None, or NaN for any that is used, if not known.
    region
        From where to where the line is summed up (Å); bins at the ends count in part.
    continuum_windows
        Where the continuum is fitted (Å); `side_windows` by default.

    Raises
    ------
    InvalidInput
        If there are too few points, or the continuum is not positive, or there is no line.
    """
    wave, flux = np.asarray(wavelengths, dtype=float), np.asarray(fluxes, dtype=float)
    low, high = region
    windows = continuum_windows or side_windows(region)
    edges = bin_edges(wave)
    widths = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None)
    inside = widths > 0
    beside = _beside(wave, windows) & ~((wave > low) & (wave < high))
    _require_points(wave, region, inside, beside)
    design = np.stack([np.ones_like(wave), wave - (low + high) / 2], axis=1)
    sigma = np.full(len(wave), np.nan) if errors is None else np.asarray(errors, dtype=float)
    known = bool(np.isfinite(sigma[inside | beside]).all())
    fit, covariance, scatter = _straight_line(design[beside], flux[beside], sigma[beside] if known else None)
    level = design[inside] @ fit
    if not (level > 0).all():
        raise InvalidInput("the continuum beside the line is not positive: choose other windows.", "continuum_windows")
    noise = sigma[inside] if known else np.full(int(inside.sum()), scatter)
    sums = _Sums(wave[inside], flux[inside], level, widths[inside], design[inside], noise, covariance)
    ends = np.array([[1.0, low - (low + high) / 2], [1.0, high - (low + high) / 2]]) @ fit
    return LineMeasurement(
        (float(low), float(high)), windows, (float(ends[0]), float(ends[1])), *sums.equivalent_width(), *sums.flux(),
        *sums.centroid(), int(inside.sum()), "spectrum" if known else "scatter",
    )  # fmt: skip


def line_velocity(
    centroid: float, centroid_error: float, rest_wavelength: float, redshift: float = 0.0
) -> tuple[float, float]:
    """Radial velocity (km/s, relativistic, negative towards us) of a line against a redshift, and its error.

    Parameters
    ----------
    centroid, centroid_error
        Observed wavelength (Å), in the medium of the rest wavelength.
    rest_wavelength
        Å.
    redshift
        Of the object; 0 if the spectrum is at rest.
    """
    factor = centroid / (rest_wavelength * (1 + redshift))
    slope = LIGHT_SPEED * 4 * factor / (factor**2 + 1) ** 2
    return float(doppler_velocities(factor)), slope * factor * centroid_error / centroid


@dataclass(frozen=True)
class _Sums:
    """The sums over the bins of a line, and their derivatives by fluxes and by the continuum."""

    wave: Values
    fluxes: Values
    level: Values
    widths: Values
    design: Values
    noise: Values
    covariance: Values

    def equivalent_width(self) -> tuple[float, float]:
        value = float(np.sum((1 - self.fluxes / self.level) * self.widths))
        return value, self._error(-self.widths / self.level, self.fluxes / self.level**2 * self.widths)

    def flux(self) -> tuple[float, float]:
        return float(self._total()), self._error(self.widths, -self.widths)

    def centroid(self) -> tuple[float, float]:
        total = self._total()
        if abs(total) <= _NOTHING * np.sum(self.level * self.widths):
            raise InvalidInput("there is no line: its flux against the continuum is zero.", "region")
        value = float(np.sum(self.wave * (self.fluxes - self.level) * self.widths) / total)
        if not self.wave[0] <= value <= self.wave[-1]:
            raise InvalidInput("emission and absorption cancel: choose a region with one of them.", "region")
        slope = (self.wave - value) * self.widths / total
        return value, self._error(slope, -slope)

    def _total(self) -> float:
        return float(np.sum((self.fluxes - self.level) * self.widths))

    def _error(self, by_flux: Values, by_level: Values) -> float:
        of_fit = by_level @ self.design
        return float(np.sqrt(np.sum((by_flux * self.noise) ** 2) + of_fit @ self.covariance @ of_fit))


def _beside(wave: Values, windows: tuple[Window, Window]) -> NDArray[np.bool_]:
    found = np.zeros(len(wave), dtype=bool)
    for low, high in windows:
        found |= (wave >= low) & (wave <= high)
    return found


def _require_points(wave: Values, region: Window, inside: NDArray[np.bool_], beside: NDArray[np.bool_]) -> None:
    low, high = region
    if not low < high:
        raise InvalidInput(f"the region is {low:g} to {high:g} Å: give the shorter wavelength first.", "region")
    if low < wave[0] or high > wave[-1] or inside.sum() < _FEWEST:
        raise InvalidInput(
            f"the spectrum has {int(inside.sum())} points from {low:g} to {high:g} Å, and reaches from {wave[0]:g} to "
            f"{wave[-1]:g} Å: choose a region inside of it with {_FEWEST} or more.",
            "region",
        )
    left, right = (beside & (wave <= low)).sum(), (beside & (wave >= high)).sum()
    if min(left, right) < _FEWEST_BESIDE:
        raise InvalidInput(
            f"there are {int(left)} points of continuum left of the line and {int(right)} right of it: choose a region "
            f"further inside of the spectrum, or continuum_windows with {_FEWEST_BESIDE} or more on both sides.",
            "continuum_windows",
        )


def _straight_line(design: Values, flux: Values, sigma: Values | None) -> tuple[Values, Values, float]:
    """Offset and slope, their covariance, and the scatter, which makes the covariance where errors are not known."""
    weights = np.ones(len(flux)) if sigma is None else 1 / sigma
    weighted = design * weights[:, None]
    covariance: Values = np.asarray(np.linalg.inv(weighted.T @ weighted), dtype=float)
    fit = covariance @ weighted.T @ (flux * weights)
    variance = float(np.sum((flux - design @ fit) ** 2) / (len(flux) - 2))
    return fit, covariance if sigma is not None else covariance * variance, float(np.sqrt(variance))
