"""Where an object was detected: positions around their median, with the nearest source of the reference image."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import numpy as np

from skyhub.alerts import alert_record
from skyhub.candidates._nights import NightBook
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.coordinates import Position, offsets

__all__ = ["centroid"]

_COLUMNS = ("mjd", "filter", "ra", "dec")
_FARTHEST = 60.0
"""A reference source farther away (arcsec) tells nothing of an object; packets have impossible ones too."""


def centroid(db: Database, viewer: Viewer, candidate_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """The positions of the detections of a candidate's object.

    Returns
    -------
    dict
        ``ra, dec`` of the median (ICRS, deg), ``scatter`` (arcsec, root mean square distance from it), ``points`` (``mjd,
        filter, east, north``, arcsec from the median) and ``reference``: the nearest source of the survey's reference image
        as the packet has it (``east, north, separation`` in arcsec, ``mag``), or null.

    Raises
    ------
    NotFound
        If there is no such candidate among those that the viewer may see.
    """
    night, place = db.part(NightBook).seen(viewer, candidate_id, as_of)
    row = night.rows.slice(place, 1).to_pylist()[0]
    points = db.reader.points(viewer, [row["object_id"]], _COLUMNS, as_of)
    ra, dec = (np.asarray(points[name].to_numpy(zero_copy_only=False), dtype=float) for name in ("ra", "dec"))
    placed = np.isfinite(ra) & np.isfinite(dec)
    seed = Position(row["ra"], row["dec"])  # medians of offsets: those of right ascensions fail at 0 h
    east, north = offsets(ra[placed], dec[placed], seed)
    middle = (float(np.median(east)), float(np.median(north))) if placed.any() else (0.0, 0.0)
    centre = _moved(seed, *middle)
    shown = points.filter(placed).select(["mjd", "filter"]).to_pylist()
    east, north = east - middle[0], north - middle[1]
    return {
        "ra": centre.ra,
        "dec": centre.dec,
        "scatter": float(np.sqrt(np.mean(east**2 + north**2))) if len(shown) > 1 else None,
        "points": [
            {**point, "east": float(x), "north": float(y)} for point, x, y in zip(shown, east, north, strict=True)
        ],
        "reference": _reference(db, viewer, row, centre, as_of),
    }


def _moved(position: Position, east: float, north: float) -> Position:
    cosine = np.cos(np.radians(position.dec))
    return Position(float((position.ra + east / 3600 / cosine) % 360), position.dec + north / 3600)


def _reference(
    db: Database, viewer: Viewer, row: dict[str, Any], centre: Position, as_of: datetime | None
) -> dict[str, Any] | None:
    with suppress(NotFound, InvalidInput):
        packet = alert_record(db, viewer, row["candid"], as_of, row["survey"])["packet"]
        fields = packet.get("candidate") or {}
        if isinstance(fields.get("ranr"), float) and isinstance(fields.get("decnr"), float):
            east, north = (float(value) for value in offsets(fields["ranr"], fields["decnr"], centre))
            distance = float(np.hypot(east, north))
            found = {"east": east, "north": north, "separation": distance, "mag": json_value(fields.get("magnr"))}
            return found if distance <= _FARTHEST else None
    return None
