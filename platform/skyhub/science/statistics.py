"""Statistics of a light curve: what a scanner sees at a glance, and what the platform keeps of every object.

A point is *detected* if its flux exceeds 3σ; points of alerts are what their survey says. A point without a detection is
an upper limit. Points that are not detected tell of the time before the first detection, and of the depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FilterStatistics",
    "LightCurveStatistics",
    "PhotometryStatistics",
    "Point",
    "colours",
    "detected",
    "g_minus_r",
    "light_curve_statistics",
    "photometry_statistics",
    "rate_between",
]

_NSIGMA = 3.0
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """One point of a light curve: time (MJD, UTC), AB magnitude (a limit's or a detection's), filter."""

    mjd: float
    mag: float
    filter: str


@dataclass(frozen=True)
class LightCurveStatistics:
    """What a scanner wants to know of a light curve at a glance."""

    n_detections: int
    n_limits: int
    first: Point | None
    """First detection."""
    last: Point | None
    """Last detection."""
    peak: Point | None
    """Brightest detection."""
    last_limit: Point | None
    """Last upper limit before the first detection."""
    rise_mag_per_day: float | None
    """Slope (mag/day, negative while rising) from first detection to peak in the filter of the peak."""
    age_days: float | None
    """From first to last detection (d)."""


def light_curve_statistics(
    mjd: NDArray[np.float64], filters: NDArray[np.str_], mag: NDArray[np.float64], limit: NDArray[np.float64]
) -> LightCurveStatistics:
    """Statistics of the points of one object.

    Parameters
    ----------
    mjd
        Times (MJD, UTC), shape ``(n,)``, in any order.
    filters
        Filter names, shape ``(n,)``.
    mag
        AB magnitudes, NaN where there is no detection, shape ``(n,)``.
    limit
        AB magnitudes of upper limits, NaN where not known, shape ``(n,)``.
    """
    order = np.argsort(mjd, kind="stable")
    mjd, filters, mag, limit = mjd[order], filters[order], mag[order], limit[order]
    detected = np.flatnonzero(np.isfinite(mag))
    limits = np.flatnonzero(~np.isfinite(mag) & np.isfinite(limit))
    if not len(detected):
        return LightCurveStatistics(
            0, len(limits), None, None, None, _point(mjd, limit, filters, limits[-1:]), None, None
        )
    first, last = detected[0], detected[-1]
    peak = detected[np.argmin(mag[detected])]
    before = limits[mjd[limits] < mjd[first]]
    return LightCurveStatistics(
        n_detections=len(detected),
        n_limits=len(limits),
        first=_point(mjd, mag, filters, detected[:1]),
        last=_point(mjd, mag, filters, detected[-1:]),
        peak=_point(mjd, mag, filters, np.array([peak])),
        last_limit=_point(mjd, limit, filters, before[-1:]),
        rise_mag_per_day=_rise(mjd, mag, detected[filters[detected] == filters[peak]], int(peak)),
        age_days=float(mjd[last] - mjd[first]),
    )


def _point(
    mjd: NDArray[np.float64], mag: NDArray[np.float64], filters: NDArray[np.str_], at: NDArray[np.intp]
) -> Point | None:
    if not len(at):
        return None
    return Point(float(mjd[at[0]]), float(mag[at[0]]), str(filters[at[0]]))


def _rise(mjd: NDArray[np.float64], mag: NDArray[np.float64], same: NDArray[np.intp], peak: int) -> float | None:
    start = int(same[0])
    days = mjd[peak] - mjd[start]
    return float((mag[peak] - mag[start]) / days) if days > 0 else None


@dataclass(frozen=True)
class FilterStatistics:
    """What the points in one filter add up to; magnitudes are AB."""

    n_points: int
    n_detections: int
    mean_mag: float | None = None
    """Mean magnitude of the detections."""
    mag_rms: float | None = None
    """Standard deviation of their magnitudes (of the sample, not of its mean)."""
    peak_mjd: float | None = None
    peak_mag: float | None = None
    faintest_mag: float | None = None
    """Faintest detection."""
    deepest_limit: float | None = None


@dataclass(frozen=True)
class PhotometryStatistics:
    """What all points of an object add up to; times are MJD (UTC), magnitudes AB."""

    n_points: int
    n_detections: int
    first: Point | None
    """First detection."""
    last: Point | None
    """Last detection."""
    first_unforced: Point | None
    """First detection that is not forced photometry."""
    last_unforced: Point | None
    recent_mjd: float | None
    """Time of the last point, detected or not."""
    peak: Point | None
    """Brightest detection."""
    faintest_mag: float | None
    deepest_limit: float | None
    mean_mag: float | None
    mag_rms: float | None
    last_limit: Point | None
    """Last upper limit before the first detection."""
    days_from_limit: float | None
    """From that limit to the first detection (d)."""
    n_predetections: int
    """Points before the first detection."""
    rise_rate: float | None
    """From the first detection to the peak in its filter (mag/day); negative while brightening."""
    decay_rate: float | None
    """From the peak to the last detection in its filter (mag/day); positive while fading."""
    g_r: float | None
    """Mean g minus mean r (mag) of one survey."""
    filters: dict[str, FilterStatistics]
    colours: dict[str, float]
    """Differences of mean magnitudes, by ``FILTER1-FILTER2``, in the order of the alphabet."""


def detected(flux: _Floats, fluxerr: _Floats, alert: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which points are detections.

    Parameters
    ----------
    flux, fluxerr
        Fluxes and errors (µJy), NaN where there is none, shape ``(n,)``.
    alert
        Which points come from alerts: whatever flux these have, their survey has detected.
    """
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = ((flux > _NSIGMA * fluxerr) | (alert & ~np.isnan(flux))) & (flux != 0)
    return found


def photometry_statistics(
    mjd: _Floats,
    filters: NDArray[np.str_],
    mag: _Floats,
    limit: _Floats,
    forced: NDArray[np.bool_],
) -> PhotometryStatistics:
    """Statistics of the points of one object, in any order.

    Of points at one time, the brighter one counts as first and as last, and of limits the deeper one.

    Parameters
    ----------
    mjd, filters
        Times (MJD, UTC) and filters, shape ``(n,)``.
    mag
        AB magnitudes of detections, NaN for other points.
    limit
        AB magnitudes of upper limits, NaN where not known.
    forced
        Which points are forced photometry.
    """
    found = ~np.isnan(mag)
    first, last = _first_and_last(mjd, mag, filters, found)
    first_unforced, last_unforced = _first_and_last(mjd, mag, filters, found & ~forced)
    before = ~found if first is None else ~found & (mjd < first.mjd)
    last_limit = _point(mjd, limit, filters, _ordered(before & ~np.isnan(limit), mjd, limit, filters)[-1:])
    per_filter = {str(name): _one_filter(filters == name, mjd, mag, limit) for name in np.unique(filters)}
    means = {name: part.mean_mag for name, part in per_filter.items()}
    return PhotometryStatistics(
        n_points=len(mjd),
        n_detections=int(found.sum()),
        first=first,
        last=last,
        first_unforced=first_unforced,
        last_unforced=last_unforced,
        recent_mjd=float(mjd.max()) if len(mjd) else None,
        peak=_peak(mjd, mag, filters, found),
        faintest_mag=_or_none(np.max, mag[found]),
        deepest_limit=_or_none(np.max, limit[~found & ~np.isnan(limit)]),
        mean_mag=_or_none(np.mean, mag[found]),
        mag_rms=_or_none(np.std, mag[found]),
        last_limit=last_limit,
        days_from_limit=first.mjd - last_limit.mjd if first and last_limit else None,
        n_predetections=int(before.sum()),
        rise_rate=rate_between(first, first and _peak(mjd, mag, filters, found & (filters == first.filter))),
        decay_rate=rate_between(last and _peak(mjd, mag, filters, found & (filters == last.filter)), last),
        g_r=g_minus_r(means),
        filters=per_filter,
        colours=colours(means),
    )


def _or_none(function: Callable[[_Floats], Any], values: _Floats) -> float | None:
    return float(function(values)) if len(values) else None


def _ordered(chosen: NDArray[np.bool_], *keys: NDArray[Any]) -> NDArray[np.intp]:
    """Places of chosen points by their keys, the first key before the others."""
    order = np.lexsort(keys[::-1])
    return order[chosen[order]]


def _first_and_last(
    mjd: _Floats, mag: _Floats, filters: NDArray[np.str_], chosen: NDArray[np.bool_]
) -> tuple[Point | None, Point | None]:
    first, last = _ordered(chosen, mjd, mag, filters)[:1], _ordered(chosen, mjd, -mag, filters)[-1:]
    return _point(mjd, mag, filters, first), _point(mjd, mag, filters, last)


def _peak(mjd: _Floats, mag: _Floats, filters: NDArray[np.str_], chosen: NDArray[np.bool_]) -> Point | None:
    return _point(mjd, mag, filters, _ordered(chosen, mag, mjd, filters)[:1])


def rate_between(start: Point | None, end: Point | None) -> float | None:
    """Magnitudes per day from one point to a later one."""
    if start is None or end is None or end.mjd <= start.mjd:
        return None
    return (end.mag - start.mag) / (end.mjd - start.mjd)


def _one_filter(chosen: NDArray[np.bool_], mjd: _Floats, mag: _Floats, limit: _Floats) -> FilterStatistics:
    mjd, mag, limit = mjd[chosen], mag[chosen], limit[chosen]
    found = ~np.isnan(mag)
    peak = np.lexsort((mjd[found], mag[found]))[:1]
    return FilterStatistics(
        n_points=len(mjd),
        n_detections=int(found.sum()),
        mean_mag=_or_none(np.mean, mag[found]),
        mag_rms=_or_none(np.std, mag[found]),
        peak_mjd=float(mjd[found][peak[0]]) if len(peak) else None,
        peak_mag=float(mag[found][peak[0]]) if len(peak) else None,
        faintest_mag=_or_none(np.max, mag[found]),
        deepest_limit=_or_none(np.max, limit[~found & ~np.isnan(limit)]),
    )


def g_minus_r(means: Mapping[str, float | None]) -> float | None:
    """Mean g minus mean r (mag) of the first survey, by the alphabet, that has both; None if there is none.

    Parameters
    ----------
    means
        Mean magnitudes by filter; of one survey names differ in their last letter alone.

    Examples
    --------
    >>> g_minus_r({"lsstg": 19.0, "ztfg": 18.5, "ztfr": 18.25})
    0.25
    """
    for name in sorted(means):
        green, red = means[name], means.get(f"{name[:-1]}r")
        if name.endswith("g") and green is not None and red is not None:
            return green - red
    return None


def colours(means: Mapping[str, float | None]) -> dict[str, float]:
    """Differences of mean magnitudes (mag), by ``FILTER1-FILTER2``, in the order of the alphabet."""
    known = {name: mean for name, mean in sorted(means.items()) if mean is not None}
    return {f"{one}-{other}": known[one] - known[other] for one, other in combinations(known, 2)}
