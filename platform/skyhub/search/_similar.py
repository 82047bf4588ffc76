"""Similar objects: those whose points add up to the most similar figures, among all that one may see."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.search._board import Board, board_of

__all__ = ["FEATURES", "similar_objects"]

FEATURES = ("n_detections", "duration", "peak_mag", "fading", "mag_rms", "rise_rate", "decay_rate", "g_r")
"""What is compared: the logarithms of the number of detections and of the days from first to last, the peak, how far the last
detection is below it, the scatter, the rates (0 of several detections that show none) and the colour."""

_MOST = 200
_LEAST_SHARED = 3
"""Features that two objects must both have to be compared."""
_SIGMA = 1.4826
"""Of a normal distribution in units of its median absolute deviation."""
_Floats = NDArray[np.float64]


def similar_objects(
    db: Database, viewer: Viewer, object_id: str, limit: int = 10, as_of: datetime | None = None
) -> pa.Table:
    """The objects most similar to one in `FEATURES`, nearest first.

    Parameters
    ----------
    db, viewer
        The database, and who asks: both the object and those compared are of what the viewer may see.
    object_id
        The object.
    limit
        How many.
    as_of
        Only what was known at this time.

    Returns
    -------
    pyarrow.Table
        ``object_id, distance, n_shared`` (features that both have) and what the search knows of them: ``ra, dec, peak_mag``
        and so on. The distance is the root mean square of the differences in the shared features, each in units of its robust
        scatter (1.4826 times the median absolute deviation) among the objects that the viewer may see.

    Raises
    ------
    NotFound
        If the viewer may see no such object.
    InvalidInput
        If the limit is not permitted, or the object has too few features to be compared.
    """
    if not 1 <= limit <= _MOST:
        raise InvalidInput(f"limit is {limit}: 1 to {_MOST} are permitted.", "limit")
    board = board_of(db, viewer, as_of)
    place = board.place.get(object_id)
    if place is None:
        raise NotFound(f"there is no object {object_id} among those that you may see.", object_id)
    features = _features(board)
    n_known = int(np.isfinite(features[:, place]).sum())
    if n_known < _LEAST_SHARED:
        raise InvalidInput(
            f"{object_id} has {n_known} of {', '.join(FEATURES)}: {_LEAST_SHARED} are needed. Wait for more points.",
            "object_id",
        )
    distance, n_shared = _distances(features, place)
    nearest = np.argsort(distance, kind="stable")[:limit]
    nearest = nearest[np.isfinite(distance[nearest])]
    rows = board.rows(nearest)
    rows = rows.add_column(1, "distance", pa.array(distance[nearest]))
    return rows.add_column(2, "n_shared", pa.array(n_shared[nearest]))


def _features(board: Board) -> _Floats:
    """The features of all objects, shape ``(n_features, n)``."""
    known = board.columns
    with np.errstate(divide="ignore", invalid="ignore"):
        made = {
            "n_detections": np.where(known["n_detections"] > 0, np.log10(known["n_detections"]), np.nan),
            "duration": np.log10(1 + known["last_mjd"] - known["first_mjd"]),
            "fading": known["last_mag"] - known["peak_mag"],
        }
    for name in ("rise_rate", "decay_rate"):
        unseen = np.isnan(known[name]) & (known["n_detections"] > 1)
        made[name] = np.where(unseen, 0.0, known[name])
    return np.array([made.get(name, known.get(name)) for name in FEATURES], dtype=float)


def _distances(features: _Floats, place: int) -> tuple[_Floats, NDArray[np.int64]]:
    """How far each object is from one, infinite if they share too few features, and how many they share."""
    apart = np.abs(features - features[:, [place]])
    spread = np.array([_spread(values) for values in features])
    apart[spread > 0] /= spread[spread > 0, None]
    shared = np.isfinite(apart)
    n_shared = shared.sum(axis=0)
    total = np.where(shared, apart, 0.0) ** 2
    distance = np.sqrt(total.sum(axis=0) / np.maximum(n_shared, 1))
    distance[n_shared < _LEAST_SHARED] = np.inf
    distance[place] = np.inf
    return distance, n_shared


def _spread(values: _Floats) -> float:
    """The robust scatter of a feature; where half of all objects have one value, the standard deviation."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0
    deviation = _SIGMA * float(np.median(np.abs(known - np.median(known))))
    return deviation or float(known.std())
