"""Light curves in bins of time: weighted mean fluxes, in which points below the noise count for what they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput

__all__ = ["Bins", "binned"]

_Floats = NDArray[np.float64]
_Index = NDArray[np.intp]


class Bins(NamedTuple):
    """Bins that hold a point, by series and time, each of shape ``(n_bins,)``."""

    mjd: _Floats
    """Weighted mean of the times (MJD)."""
    flux: _Floats
    """Weighted mean of the fluxes, in their unit."""
    fluxerr: _Floats
    """Its standard error."""
    n_points: _Index
    """How many points there are."""
    first: _Index
    """A point of the bin: one that is of its series."""
    bin_of: _Index
    """The bin of each point that was given, shape ``(n_points,)``; -1 of points that cannot be averaged."""


def binned(
    mjd: ArrayLike, flux: ArrayLike, fluxerr: ArrayLike, series: ArrayLike, width: float, zero: float = 0.0
) -> Bins:
    """Means of the fluxes of each series in bins of time, weighted by the inverse squares of their errors.

    With weights w = 1/σ² the mean is Σ w f / Σ w, and its error (Σ w)^(-1/2): that of independent normal errors. Points
    without a flux, or whose error is not positive and finite, are left out.

    Parameters
    ----------
    mjd, flux, fluxerr
        Times (MJD), fluxes and their standard errors in one linear unit, shape ``(n_points,)``, in any order.
    series
        Integers: only points of the same one are averaged, shape ``(n_points,)``.
    width
        Width of the bins (d).
    zero
        Where bins meet (MJD): a bin holds the times from zero + k width to below zero + (k + 1) width.

    Raises
    ------
    InvalidInput
        If the width is not positive and finite.

    Examples
    --------
    >>> bins = binned([1.1, 1.9, 2.5], [8.0, 12.0, 5.0], [1.0, 1.0, 1.0], [0, 0, 0], width=1.0)
    >>> bins.flux.tolist(), bins.fluxerr.round(4).tolist(), bins.bin_of.tolist()
    ([10.0, 5.0], [0.7071, 1.0], [0, 0, 1])
    """
    if not 0 < width < np.inf:
        raise InvalidInput(f"bins of {width:g} d were asked for: give a width above 0.", "width")
    mjd, flux, fluxerr = (np.asarray(values, dtype=float) for values in (mjd, flux, fluxerr))
    usable = np.isfinite(mjd) & np.isfinite(flux) & np.isfinite(fluxerr) & (fluxerr > 0)
    keys = np.stack([np.asarray(series, dtype=float)[usable], np.floor((mjd[usable] - zero) / width)])
    _, first, number = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    number = number.ravel()
    n = len(first)
    weight = fluxerr[usable] ** -2.0
    total = np.bincount(number, weight, n)
    bin_of = np.full(len(mjd), -1)
    bin_of[usable] = number
    return Bins(
        np.bincount(number, weight * mjd[usable], n) / total,
        np.bincount(number, weight * flux[usable], n) / total,
        1 / np.sqrt(total),
        np.bincount(number, minlength=n),
        np.flatnonzero(usable)[first],
        bin_of,
    )
