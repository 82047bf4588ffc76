"""Where things are to a fraction of an arcsecond: positions from many detections, and stars that move.

References
----------
.. [1] ESA 1997, The Hipparcos and Tycho Catalogues, ESA SP-1200, vol. 1, eq. 1.5.5 (standard model of stellar motion)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.coordinates import Position, offsets
from skyhub.science.footprints import offset_axes
from skyhub.science.vectors import lonlat

__all__ = ["MeanPosition", "at_epoch", "mean_position"]

FARTHEST_ARCSEC = 0.5
"""A detection farther from the others than this is one of something else, or a bad one."""

_CLIP = 4.0
_FEWEST_TO_CLIP = 5
_MAS = np.pi / 180 / 3_600_000

Floats = NDArray[np.float64]


class MeanPosition(NamedTuple):
    """A position (ICRS, deg), its error in each direction (arcsec; NaN of fewer than two detections), and of how many it is."""

    position: Position
    error: float
    n_used: int


def mean_position(ra: ArrayLike, dec: ArrayLike, snr: ArrayLike, catalogued: Position) -> MeanPosition:
    """The mean of detections, each weighted by its squared signal-to-noise ratio.

    Those farther than half an arcsecond from the median are left out, then those beyond four root mean squares, if there
    are five or more. Where the median itself is farther than that from the catalogued position, or nothing was
    detected, it is the catalogued one.

    Parameters
    ----------
    ra, dec
        Of the detections (ICRS, deg), shape ``(n,)``; NaN where a point has no place of its own.
    snr
        Their signal-to-noise ratios, shape ``(n,)``; those without a positive one are left out.
    catalogued
        Where the object is said to be (ICRS, deg).

    Examples
    --------
    >>> found = mean_position([10.0, 10.00002], [5.0, 5.0], [30.0, 10.0], Position(10.0, 5.0))
    >>> round(found.position.ra, 7), found.n_used
    (10.000002, 2)
    """
    ra, dec, snr = (np.asarray(values, dtype=float) for values in (ra, dec, snr))
    if not ra.shape == dec.shape == snr.shape:
        raise InvalidInput(f"shapes {ra.shape}, {dec.shape} and {snr.shape} were given: give three alike.", "snr")
    fallback = MeanPosition(catalogued, np.nan, 0)
    there = np.isfinite(ra) & np.isfinite(dec) & (np.nan_to_num(snr, posinf=0.0) > 0)
    if not there.any():
        return fallback
    east, north = offsets(ra[there], dec[there], catalogued)
    middle = np.median(east), np.median(north)
    if np.hypot(*middle) > FARTHEST_ARCSEC:
        return fallback
    distance = np.hypot(east - middle[0], north - middle[1])
    kept = distance <= FARTHEST_ARCSEC
    if kept.sum() >= _FEWEST_TO_CLIP:
        kept &= distance <= _CLIP * np.sqrt(np.mean(distance[kept] ** 2))
    return _weighted(east[kept], north[kept], snr[there][kept] ** 2, catalogued)


def _weighted(east: Floats, north: Floats, weights: Floats, origin: Position) -> MeanPosition:
    weights = weights / weights.sum()
    x, y = float(weights @ east), float(weights @ north)
    scatter = (weights @ ((east - x) ** 2 + (north - y) ** 2)) / 2
    used = len(east)
    freedom = 1 - float(weights @ weights)
    error = float(np.sqrt(scatter / freedom * (weights @ weights))) if used > 1 and freedom > 0 else np.nan
    ra = (origin.ra + x / 3600 / np.cos(np.radians(origin.dec))) % 360
    return MeanPosition(Position(float(ra), origin.dec + y / 3600), error, used)


def at_epoch(
    ra: ArrayLike, dec: ArrayLike, pm_ra: ArrayLike, pm_dec: ArrayLike, epoch: ArrayLike, year: float
) -> tuple[Floats, Floats]:
    """Where stars are in a year: straight motion in space [1]_, without parallax and radial velocity.

    Parameters
    ----------
    ra, dec
        Positions at their epochs (ICRS, deg), shape ``(n,)``.
    pm_ra, pm_dec
        Proper motions (mas/yr), the first with cos(dec); NaN counts as none.
    epoch
        Of the positions (Julian years); NaN is 2000.
    year
        When (Julian year).

    Returns
    -------
    ra, dec
        Positions then (ICRS, deg), shape ``(n,)``.

    Examples
    --------
    >>> ra, dec = at_epoch([269.452], [4.6933], [-802.8], [10362.5], [2016.0], 2026.0)    # Barnard's star
    >>> round((float(dec[0]) - 4.6933) * 3600, 2)
    103.63
    """
    ra, dec, pm_ra, pm_dec, epoch = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(values, dtype=float)) for values in (ra, dec, pm_ra, pm_dec, epoch))
    )
    years = year - np.where(np.isfinite(epoch), epoch, 2000.0)
    step = np.stack(
        [np.ones(len(ra)), np.nan_to_num(pm_ra) * years * _MAS, np.nan_to_num(pm_dec) * years * _MAS], axis=-1
    )
    return lonlat(np.einsum("ij,ijk->ik", step, offset_axes(ra, dec)))
