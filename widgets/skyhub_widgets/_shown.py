"""What a light curve shows of the photometry it was given: magnitudes and fluxes of each other, without dust, in bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.science.bandpasses import bandpass, bandpass_names
from skyhub.science.binning import binned
from skyhub.science.photometry import (
    flux_error,
    flux_from_mag,
    is_forced,
    limiting_magnitude,
    magnitudes_from_fluxes,
)

from skyhub_widgets._photometry import NAMES, Floats, Photometry

__all__ = ["LIMIT_NSIGMA", "Shown", "dust_of", "first_detection", "shown_photometry", "without_dust"]

LIMIT_NSIGMA = 5.0
"""Significance of limits of points that have a flux and none of their own."""


@dataclass(frozen=True)
class Shown:
    """Points as they are drawn."""

    points: Photometry
    """Columns as `photometry_from` gives them, and ``count``: of how many points each is the mean."""
    bin_of: npt.NDArray[np.intp] | None = None
    """The shown point of each point that was given, -1 of those in no bin; None if they are the same."""


def shown_photometry(photometry: Photometry, ebv: float = 0.0, bin_days: float = 0.0, zero: float = 0.0) -> Shown:
    """Points as they are drawn.

    Parameters
    ----------
    photometry
        Columns as `photometry_from` gives them.
    ebv
        E(B−V) of the dust (mag) whose extinction is taken away; none from filters whose bandpass is not known.
    bin_days, zero
        Width of bins (d) of each filter, instrument and origin, 0 for none, and where bins meet (MJD).

    Notes
    -----
    Bins are weighted means of fluxes. Points that somebody said are bad, and limits without a flux, are in no bin.
    """
    points = without_dust(_completed(photometry), ebv)
    if not bin_days:
        return Shown({**points, "count": np.ones(len(points["mjd"]), dtype=np.int64)})
    series = np.unique(_series_names(points), return_inverse=True)[1]
    good = np.where(points["validated"] == 0, np.nan, points["flux"])
    bins = binned(points["mjd"], good, points["fluxerr"], series, bin_days, zero)
    mag, magerr = magnitudes_from_fluxes(bins.flux, bins.fluxerr)
    n = len(bins.mjd)
    means: Photometry = {
        **{name: points[name][bins.first] for name in NAMES},
        "mjd": bins.mjd,
        "flux": bins.flux,
        "fluxerr": bins.fluxerr,
        "mag": mag,
        "magerr": magerr,
        "limiting_mag": limiting_magnitude(bins.fluxerr, LIMIT_NSIGMA),
        "validated": np.full(n, np.nan),
        "photometry_id": np.full(n, "", dtype=object),
        "count": bins.n_points,
    }
    return Shown(means, bins.bin_of)


def first_detection(photometry: Photometry) -> float | None:
    """Time (MJD) of the first detection that nobody said is bad, before any of forced photometry; None without one."""
    points = _completed(photometry)
    found = np.isfinite(points["mag"]) & (points["validated"] != 0)
    forced = np.array([is_forced(origin) for origin in points["origin"]], dtype=bool)
    for these in (found & ~forced, found):
        if these.any():
            return float(points["mjd"][these].min())
    return None


def dust_of(filter_name: str, ebv: float) -> float:
    """Extinction (mag) in a filter; 0 if its bandpass is not known, or is outside of the law."""
    factor = bandpass(filter_name).extinction if filter_name in bandpass_names() else None
    return (factor or 0.0) * ebv


def without_dust(photometry: Photometry, ebv: float) -> Photometry:
    """Magnitudes and fluxes without the extinction of E(B−V) (mag)."""
    if not ebv:
        return photometry
    of_filter = {name: dust_of(name, ebv) for name in set(photometry["filter"].tolist())}
    dust = np.array([of_filter[name] for name in photometry["filter"]], dtype=float)
    brighter = 10 ** (dust / 2.5)
    mags = {name: photometry[name] - dust for name in ("mag", "limiting_mag")}
    fluxes = {name: photometry[name] * brighter for name in ("flux", "fluxerr")}
    return {**photometry, **mags, **fluxes}


def _completed(photometry: Photometry) -> Photometry:
    """Fluxes of magnitudes, magnitudes of fluxes that are detected, and limits of the others, where there are none."""
    given = {name: photometry[name] for name in ("mag", "magerr", "limiting_mag", "flux", "fluxerr")}
    of_mag = flux_from_mag(given["mag"])
    flux = _filled(given["flux"], of_mag)
    fluxerr = _filled(given["fluxerr"], flux_error(of_mag, given["magerr"]))
    mag, magerr = magnitudes_from_fluxes(flux, fluxerr)
    unmeasured = np.isnan(given["mag"])
    limit = np.where(unmeasured & np.isfinite(flux), limiting_magnitude(fluxerr, LIMIT_NSIGMA), np.nan)
    return {
        **photometry,
        "flux": flux,
        "fluxerr": fluxerr,
        "mag": _filled(given["mag"], mag),
        "magerr": np.where(unmeasured, magerr, given["magerr"]),
        "limiting_mag": _filled(given["limiting_mag"], limit),
    }


def _filled(values: Floats, others: Floats) -> Floats:
    return np.where(np.isnan(values), others, values)


def _series_names(points: Photometry) -> npt.NDArray[Any]:
    return np.array(["\x1f".join(names) for names in zip(*(points[name] for name in NAMES), strict=True)], dtype=str)
