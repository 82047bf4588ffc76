"""Spectra in other bins, with the flux and its error conserved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.wavelengths import LIGHT_SPEED

__all__ = ["Rebinned", "bin_edges", "even_edges", "rebinned"]

Values = NDArray[np.float64]

_MOST_BINS = 500_000


class Rebinned(NamedTuple):
    """A spectrum in new bins, each of shape ``(n,)``."""

    wavelengths: Values
    """Middles of the bins (Å)."""
    fluxes: Values
    """Means over the bins, in the unit that was given."""
    errors: Values | None
    """1σ; NaN where one of the errors that go in is not known."""


def bin_edges(wavelengths: ArrayLike) -> Values:
    """The edges of the bins of a spectrum, half way between its wavelengths; shape ``(n + 1,)``."""
    centres = np.asarray(wavelengths, dtype=float)
    if centres.ndim != 1 or len(centres) < 2 or (np.diff(centres) < 0).any():
        raise InvalidInput("wavelengths must be two or more and not decrease: sort the points.", "wavelengths")
    middles = (centres[1:] + centres[:-1]) / 2
    edges: Values = np.concatenate([[2 * centres[0] - middles[0]], middles, [2 * centres[-1] - middles[-1]]])
    return edges


def even_edges(first: float, last: float, *, width: float | None = None, velocity: float | None = None) -> Values:
    """Edges of bins of one width (Å), or of one width in velocity (km/s): even steps of ln λ, d ln λ = v/c.

    Raises
    ------
    InvalidInput
        Unless one width is given, and it is positive and makes 1 to 500 000 bins.
    """
    given = width if velocity is None else velocity
    if (width is None) == (velocity is None) or given is None or not given > 0:
        raise InvalidInput("say either a width (Å) or a velocity (km/s) of the bins, above zero.", "width")
    span = (last - first) / given if velocity is None else np.log(last / first) * LIGHT_SPEED / given
    n_bins = int(span + 1e-9)
    if not 1 <= n_bins <= _MOST_BINS:
        unit = "Å" if velocity is None else "km/s"
        raise InvalidInput(
            f"bins of {given:g} {unit} from {first:g} to {last:g} Å are {n_bins}: 1 to {_MOST_BINS} are permitted.",
            "width",
        )
    steps = np.arange(n_bins + 1)
    if velocity is None:
        return np.asarray(first + given * steps, dtype=float)
    return np.asarray(first * np.exp(steps * (velocity / LIGHT_SPEED)), dtype=float)


def rebinned(wavelengths: ArrayLike, fluxes: ArrayLike, errors: ArrayLike | None, edges: ArrayLike) -> Rebinned:
    """Mean fluxes in new bins: the integral over each new bin is that of the old ones, each taken as constant.

    Parameters
    ----------
    wavelengths, fluxes
        Å and flux per wavelength, shape ``(n,)``.
    errors
        1σ of the fluxes, independent of each other; None if not known.
    edges
        Of the new bins (Å), rising, shape ``(m + 1,)``. Bins that the spectrum does not cover whole are left out.

    Returns
    -------
    Rebinned
        Errors of neighbouring bins that share an old one are correlated, which is not kept.

    Raises
    ------
    InvalidInput
        If the spectrum covers none of the bins.
    """
    old, new = bin_edges(wavelengths), np.asarray(edges, dtype=float)
    slack = 1e-9 * old[-1]
    covered = np.flatnonzero((new[:-1] >= old[0] - slack) & (new[1:] <= old[-1] + slack))
    if not len(covered):
        raise InvalidInput(
            f"the spectrum covers {old[0]:g} to {old[-1]:g} Å and none of the bins: choose narrower ones.", "edges"
        )
    new = new[covered[0] : covered[-1] + 2]
    cuts = np.unique(np.concatenate([np.clip(new, old[0], old[-1]), old[(old > new[0]) & (old < new[-1])]]))
    lengths, middles = np.diff(cuts), (cuts[1:] + cuts[:-1]) / 2
    source = np.clip(np.searchsorted(old, middles, side="right") - 1, 0, len(old) - 2)
    target = np.clip(np.searchsorted(new, middles, side="right") - 1, 0, len(new) - 2)
    widths = np.diff(new)
    means = np.bincount(target, np.asarray(fluxes, dtype=float)[source] * lengths, len(widths)) / widths
    spread = None
    if errors is not None:
        variances = (np.asarray(errors, dtype=float)[source] * lengths) ** 2
        spread = np.sqrt(np.bincount(target, variances, len(widths))) / widths
    return Rebinned((new[1:] + new[:-1]) / 2, means, spread)
