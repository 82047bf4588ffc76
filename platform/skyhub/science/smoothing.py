"""Smoothing of spectra, to look at them.

Errors are not carried along: the points of a smoothed spectrum are correlated. To measure, use the spectrum as it is,
or `skyhub.science.rebinning`.

References
----------
.. [1] Savitzky & Golay 1964, Analytical Chemistry 36, 1627. https://doi.org/10.1021/ac60214a047
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.rebinning import bin_edges
from skyhub.science.wavelengths import LIGHT_SPEED

__all__ = ["SMOOTHINGS", "Smoothing", "smoothed"]

Values = NDArray[np.float64]
Smoothing = Literal["box", "savitzky-golay", "gaussian"]
SMOOTHINGS: tuple[Smoothing, ...] = get_args(Smoothing)

_ORDER = 2
_REACH = 4.0
"""Standard deviations at which the Gaussian is cut."""
_FWHM = 2 * np.sqrt(2 * np.log(2))
_MOST_NEIGHBOURS = 5000


def smoothed(wavelengths: ArrayLike, fluxes: ArrayLike, method: Smoothing, width: float) -> Values:
    """Smoothed fluxes, shape ``(n,)``.

    Parameters
    ----------
    wavelengths, fluxes
        Å and flux, shape ``(n,)``.
    method
        ``box``: mean of so many points; ``savitzky-golay``: polynomials of second order over so many points [1]_;
        ``gaussian``: a Gaussian in ln λ.
    width
        Number of points (the next odd number is taken), or the full width at half maximum of the Gaussian (km/s).

    Raises
    ------
    InvalidInput
        If the method is none of these, or the width is not positive or too large.
    """
    if method not in SMOOTHINGS:
        raise InvalidInput(f"smoothing by {method!r} is not known: {', '.join(SMOOTHINGS)} are.", "method")
    values = np.asarray(fluxes, dtype=float)
    if not width > 0:
        raise InvalidInput(f"the width of the smoothing is {width:g}: it must be positive.", "width")
    if method == "gaussian":
        return _gaussian(np.asarray(wavelengths, dtype=float), values, width)
    n_points = int(width) // 2 * 2 + 1
    if n_points > len(values):
        raise InvalidInput(f"smoothing over {n_points} points of {len(values)}: choose fewer.", "width")
    return _box(values, n_points) if method == "box" else _savitzky_golay(values, n_points)


def _box(values: Values, n_points: int) -> Values:
    """Means over the points that are there: near the ends over fewer."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at, half = np.arange(len(values)), n_points // 2
    first, last = np.maximum(at - half, 0), np.minimum(at + half + 1, len(values))
    means: Values = (sums[last] - sums[first]) / (last - first)
    return means


def _savitzky_golay(values: Values, n_points: int) -> Values:
    if n_points <= _ORDER:
        return values.copy()
    from scipy.signal import savgol_filter

    found: Values = savgol_filter(values, n_points, _ORDER, mode="interp")
    return found


def _gaussian(wavelengths: Values, values: Values, fwhm: float) -> Values:
    """Means weighted by the Gaussian and by the bins' widths, so that uneven steps do not matter."""
    logs, weights = np.log(wavelengths), np.diff(bin_edges(wavelengths)) / wavelengths
    sigma = fwhm / LIGHT_SPEED / _FWHM
    first = np.searchsorted(logs, logs - _REACH * sigma)
    last = np.searchsorted(logs, logs + _REACH * sigma, side="right") - 1
    at = np.arange(len(logs))
    most = int(max((at - first).max(), (last - at).max()))
    if most > _MOST_NEIGHBOURS:
        raise InvalidInput(f"a Gaussian of {fwhm:g} km/s reaches over {most} points: choose a narrower one.", "width")
    total, norm = values * weights, weights.copy()
    for shift in range(1, most + 1):
        kernel = np.exp(-0.5 * ((logs[shift:] - logs[:-shift]) / sigma) ** 2)
        for here, there in ((slice(shift, None), slice(None, -shift)), (slice(None, -shift), slice(shift, None))):
            total[here] += kernel * (values * weights)[there]
            norm[here] += kernel * weights[there]
    means: Values = np.divide(total, norm, out=values.copy(), where=norm > 0)
    return means
