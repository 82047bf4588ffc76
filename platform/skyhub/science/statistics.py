"""Statistics of a light curve: first and last detection, peak, rise, limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LightCurveStatistics", "Point", "light_curve_statistics"]


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
