"""Values of annotations of the entries of a queue: of their newest alerts, and of what is noted of their objects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.candidates._alert_annotations import ALERT_KEYS, alert_values
from skyhub.candidates._nights import Night
from skyhub.candidates._selection import AnnotationRange
from skyhub.db import Database, Viewer
from skyhub.notes import annotation_values

__all__ = ["annotation_values_of", "within_ranges"]


def annotation_values_of(
    db: Database,
    viewer: Viewer,
    night: Night,
    newest: NDArray[np.intp],
    nights: tuple[date, date],
    origin: str | None,
    key: str,
    as_of: datetime | None,
) -> list[list[Any]]:
    """What annotations of a key, from one origin or from any, say of entries; of each a list, which may be empty.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    night, newest
        Rows of candidates, and the place of each entry's newest.
    nights
        The first and the last night that they are of.
    origin, key
        A survey and one of the annotations of its alerts, or an origin and a key of annotations of objects.
    """
    rows = night.rows.select(["object_id", "survey", "candid"]).take(newest).to_pylist()
    noted = annotation_values(db, viewer, [row["object_id"] for row in rows], key, origin, as_of)
    found = [list(noted.get(row["object_id"], ())) for row in rows]
    if key in ALERT_KEYS:
        candids = [row["candid"] for row in rows]
        alerts = alert_values(db, viewer, nights, candids, [key], as_of)
        for row, values in zip(rows, found, strict=True):
            alert = alerts.get((row["survey"], row["candid"]))
            if origin in (None, row["survey"]) and alert is not None and alert[key] is not None:
                values.append(alert[key])
    return found


def within_ranges(asked: AnnotationRange, values: list[list[Any]]) -> NDArray[np.bool_]:
    """Whether of each entry some value is as asked."""
    return np.array([any(asked.holds(value) for value in given) for given in values], dtype=bool)
