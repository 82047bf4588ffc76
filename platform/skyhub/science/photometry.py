"""Magnitudes and fluxes: AB and Vega magnitudes, counts with a zero point, upper limits; stored in microjansky.

The AB system [1]_ has its zero point at 3631 Jy, so a source of 1 µJy has the magnitude 23.9.

References
----------
.. [1] Oke & Gunn 1983, ApJ 266, 713. doi:10.1086/160817
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass

__all__ = [
    "AB_ZERO_POINT",
    "SYSTEMS",
    "UNIT_ZERO_POINTS",
    "UPLOAD_NSIGMA",
    "Measurements",
    "ab_offsets",
    "flux_error",
    "flux_from_counts",
    "flux_from_mag",
    "is_cited",
    "is_forced",
    "limit_flux_error",
    "limiting_magnitude",
    "mag_from_flux",
    "magnitudes_from_fluxes",
    "measured_fluxes",
    "measured_magnitudes",
]

AB_ZERO_POINT = 23.9
"""Magnitude of 1 µJy in the AB system."""
UPLOAD_NSIGMA = 3.0
"""Significance of a limit that says none, and of a detection."""
SYSTEMS = ("ab", "vega")
"""Magnitude systems that are understood."""
UNIT_ZERO_POINTS = {"uJy": 23.9, "mJy": 16.4, "Jy": 8.9, "nJy": 31.4}
"""AB magnitude of one unit of flux density."""

_LN10 = math.log(10)
_FORCED = re.compile(r"forced|^fp$", re.IGNORECASE)
_CITED = re.compile(r"GCN Circ\. \d+$")
_Number = TypeVar("_Number", float, NDArray[np.float64])
_Array = NDArray[np.float64]


class Measurements(NamedTuple):
    """Points as the platform stores them, each of shape ``(n,)``, NaN for what is not there."""

    flux: _Array
    """Flux (µJy); NaN for a limit."""
    fluxerr: _Array
    """Its standard error (µJy)."""
    mag: _Array
    """AB magnitude of a detection."""
    magerr: _Array
    """Its error (mag)."""
    limiting_mag: _Array
    """AB magnitude of the upper limit."""
    limiting_nsigma: _Array
    """At how many standard deviations the limit is quoted."""


def is_forced(origin: str) -> bool:
    """Whether the origin of a point names forced photometry.

    Examples
    --------
    >>> is_forced("ZTF forced"), is_forced("alert")
    (True, False)
    """
    return bool(_FORCED.search(origin))


def is_cited(origin: str) -> bool:
    """Whether the origin of a point is a publication, so that others measured it.

    Examples
    --------
    >>> is_cited("GCN Circ. 34405"), is_cited("alert")
    (True, False)
    """
    return bool(_CITED.match(origin))


def flux_from_mag(mag: _Number) -> _Number:
    """Flux (µJy) of an AB magnitude.

    Examples
    --------
    >>> flux_from_mag(21.4)
    10.0
    """
    return 10 ** ((AB_ZERO_POINT - mag) / 2.5)


def mag_from_flux(flux: _Array) -> _Array:
    """AB magnitude of a flux (µJy); NaN where the flux is not positive."""
    positive = np.where(flux > 0, flux, np.nan)
    return AB_ZERO_POINT - 2.5 * np.log10(positive)


def flux_error(flux: _Number, magerr: _Number) -> _Number:
    """Standard error (µJy) of a flux, to first order in the error of its magnitude (mag)."""
    return abs(flux) * magerr * _LN10 / 2.5


def limit_flux_error(limiting_mag: _Number, nsigma: _Number | float = 5.0) -> _Number:
    """Standard error (µJy) behind an upper limit (AB mag) that was quoted at `nsigma`."""
    return flux_from_mag(limiting_mag) / nsigma


def limiting_magnitude(fluxerr: _Array, nsigma: _Array | float = UPLOAD_NSIGMA) -> _Array:
    """Upper limit (AB mag) at `nsigma` of a standard error (µJy): the inverse of `limit_flux_error`."""
    return mag_from_flux(nsigma * fluxerr)


def magnitudes_from_fluxes(flux: _Array, fluxerr: _Array, nsigma: float = UPLOAD_NSIGMA) -> tuple[_Array, _Array]:
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


def ab_offsets(filters: Sequence[str] | NDArray[np.str_], systems: Sequence[str] | NDArray[np.str_]) -> _Array:
    """What is added to magnitudes or zero points of given systems to have them in AB (mag), shape ``(n,)``.

    Parameters
    ----------
    filters
        Names of bandpasses, shape ``(n,)``.
    systems
        ``ab`` or ``vega`` in any case, shape ``(n,)``.

    Raises
    ------
    InvalidInput
        If a system is not known, or a band has no magnitude of Vega.

    Examples
    --------
    >>> ab_offsets(["ztfg", "ztfr"], ["vega", "ab"]).round(3).tolist()
    [-0.096, 0.0]
    """
    pairs = np.char.add(np.char.add(np.asarray(systems, dtype=str), "|"), np.asarray(filters, dtype=str))
    unique, inverse = np.unique(pairs, return_inverse=True)
    return np.array([_ab_offset(*pair.split("|")) for pair in unique.tolist()], dtype=float)[inverse]


def _ab_offset(system: str, name: str) -> float:
    if system.lower() not in SYSTEMS:
        raise InvalidInput(f"magnitude system {system!r} is not known: {', '.join(SYSTEMS)} are permitted.", "magsys")
    if system.lower() == "ab":
        return 0.0
    offset = bandpass(name).vega_offset
    if offset is None:
        raise InvalidInput(f"{name} has no Vega magnitudes: give its fluxes or AB magnitudes.", "magsys")
    return offset


def measured_magnitudes(
    mag: _Array, magerr: _Array, limiting_mag: _Array, nsigma: _Array, offset: _Array | float = 0.0
) -> Measurements:
    """Points that were given as magnitudes and upper limits.

    Parameters
    ----------
    mag, magerr
        Magnitudes and their errors, NaN for a limit, shape ``(n,)``.
    limiting_mag, nsigma
        Upper limits (mag), NaN where none is known, and their significance.
    offset
        What turns the magnitudes into AB ones, see `ab_offsets`.
    """
    ab, limit = mag + offset, limiting_mag + offset
    flux = flux_from_mag(ab)
    fluxerr = np.where(np.isnan(mag), limit_flux_error(limit, nsigma), flux_error(flux, magerr))
    return Measurements(flux, fluxerr, ab, np.where(np.isnan(mag), np.nan, magerr), limit, nsigma)


def measured_fluxes(
    flux: _Array, fluxerr: _Array, zero_point: _Array, nsigma: _Array, offset: _Array | float = 0.0
) -> Measurements:
    """Points that were given as fluxes with a zero point.

    A point has a magnitude where its flux exceeds 3σ; the limit at `nsigma` follows from the error.

    Parameters
    ----------
    flux, fluxerr
        Fluxes, NaN for a limit, and their standard errors, shape ``(n,)``.
    zero_point
        Magnitude of one unit of flux.
    nsigma
        Significance at which the limit is quoted.
    offset
        What turns the zero points into AB ones, see `ab_offsets`.
    """
    scale = flux_from_mag(zero_point + offset)
    flux, fluxerr = flux * scale, fluxerr * scale
    with np.errstate(invalid="ignore", divide="ignore"):
        mag = mag_from_flux(np.where(flux > UPLOAD_NSIGMA * fluxerr, flux, np.nan))
        magerr = np.where(np.isnan(mag), np.nan, 2.5 / _LN10 * fluxerr / flux)
    return Measurements(flux, fluxerr, mag, magerr, limiting_magnitude(fluxerr, nsigma), nsigma)
