"""One point for each exposure, where several were stored: which one stays is a rule that the reader chooses."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.science.photometry import is_forced

__all__ = ["ONE_EXPOSURE_DAYS", "Duplicates", "one_per_exposure"]

ONE_EXPOSURE_DAYS = 1e-5
"""Points of one instrument and filter are of one exposure if their times differ by this much at most (0.86 s).

Dates are printed with five decimals or more; no survey exposes twice within a second.
"""

Duplicates: TypeAlias = Literal["all", "newest", "forced", "unforced"]
"""What to do with several points of one exposure: show all of them, or one: the newest; the newest of forced photometry,
else the newest; the newest that is not forced, else the newest."""

_Floats = NDArray[np.float64]
_Index = NDArray[np.intp]


def one_per_exposure(points: pa.Table, duplicates: Duplicates) -> pa.Table:
    """Points of which no two are of one exposure, in the order in which they were.

    A point stays unless a better one within `ONE_EXPOSURE_DAYS` stays. Better is the kind that is preferred, then what
    came in later.

    Parameters
    ----------
    points
        Points of one object, with columns ``instrument, filter, mjd, origin, photometry_id``, shape ``(n_points,)``.
    duplicates
        The rule.

    Examples
    --------
    >>> points = pa.table({"instrument": ["ZTF"] * 2, "filter": ["ztfg"] * 2, "mjd": [60000.0] * 2,
    ...                    "origin": ["forced", "alert"], "photometry_id": [1, 2], "mag": [12.4, 12.8]})
    >>> one_per_exposure(points, "newest")["mag"].to_pylist(), one_per_exposure(points, "forced")["mag"].to_pylist()
    ([12.8], [12.4])
    """
    if duplicates == "all" or len(points) < 2:
        return points
    mjd, code = points["mjd"].to_numpy(), _codes(points)
    order = np.lexsort((mjd, code))
    apart = (np.diff(code[order]) != 0) | (np.diff(mjd[order]) > ONE_EXPOSURE_DAYS)
    cluster = np.empty(len(order), dtype=np.intp)
    cluster[order] = np.append(0, np.cumsum(apart))
    best_first = np.lexsort((-points["photometry_id"].to_numpy(), ~_preferred(points, duplicates), cluster))
    starts = np.flatnonzero(np.append(True, np.diff(cluster[best_first]) != 0))
    stays = np.zeros(len(order), dtype=bool)
    stays[best_first[starts]] = True
    for among in np.split(best_first, starts[1:]):
        if len(among) > 1 and np.ptp(mjd[among]) > ONE_EXPOSURE_DAYS:
            _choose(stays, mjd, among)
    return points if stays.all() else points.filter(pa.array(stays))


def _choose(stays: NDArray[np.bool_], mjd: _Floats, best_first: _Index) -> None:
    """Of points that follow each other closely, each stays that is not of one exposure with a better one that does."""
    kept: list[float] = []
    for at in best_first:
        stays[at] = all(abs(mjd[at] - time) > ONE_EXPOSURE_DAYS for time in kept)
        if stays[at]:
            kept.append(float(mjd[at]))


def _codes(points: pa.Table) -> NDArray[np.int64]:
    """A number for each instrument and filter, shape ``(n_points,)``."""
    code = np.zeros(len(points), dtype=np.int64)
    for name in ("instrument", "filter"):
        encoded = pc.fill_null(points[name].combine_chunks(), "").dictionary_encode()
        code = code * len(encoded.dictionary) + encoded.indices.to_numpy()
    return code


def _preferred(points: pa.Table, duplicates: Duplicates) -> NDArray[np.bool_]:
    if duplicates == "newest":
        return np.ones(len(points), dtype=bool)
    encoded: Any = pc.fill_null(points["origin"].combine_chunks(), "").dictionary_encode()
    forced = np.array([is_forced(origin) for origin in encoded.dictionary.to_pylist()], dtype=bool)
    found: NDArray[np.bool_] = forced[encoded.indices.to_numpy()] == (duplicates == "forced")
    return found
