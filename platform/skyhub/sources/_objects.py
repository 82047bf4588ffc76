"""Objects and sources: one record with all that is known of it, the list of saved ones, finding by name or place."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from skyhub.candidates import current_decisions
from skyhub.db import Database, Viewer, iso, json_rows, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.photometry import light_curves, statistics_of
from skyhub.science.coordinates import Position, galactic, hpx_ranges, parse_position, separation, sexagesimal

__all__ = ["find_objects", "object_record", "sources_table"]

_MOST_FOUND = 50
_LARGEST_RADIUS = 5.0

_OBJECT = "SELECT * FROM @objects WHERE object_id = ? ORDER BY known_at LIMIT 1"
_SOURCES = """
    SELECT s.object_id, o.ra, o.dec, s.group_id, s.saved_by, s.known_at AS saved_at
    FROM (SELECT * FROM @sources
          QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC) = 1) AS s
    JOIN (SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects GROUP BY object_id) AS o
        USING (object_id)
    WHERE s.active ORDER BY s.known_at DESC, s.object_id LIMIT ?
"""


def object_record(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> dict[str, Any]:
    """An object: position, statistics, light curve, alerts, groups that saved it, decisions.

    Raises
    ------
    NotFound
        If the viewer may see nothing of it.
    """
    rows = db.reader.rows(viewer, _OBJECT, [object_id], as_of)
    if not rows:
        raise NotFound(f"there is no object {object_id!r} among those that you may see.", object_id)
    ra, dec = rows[0]["ra"], rows[0]["dec"]
    curve = light_curves(db, viewer, [object_id], as_of)[object_id]
    alerts = db.reader.rows(
        viewer,
        "SELECT candid, mjd, filter, mag, magerr, rb, drb, ra, dec FROM @alerts WHERE object_id = ? ORDER BY mjd DESC",
        [object_id],
        as_of,
    )
    return {
        "object_id": object_id,
        "survey": rows[0]["survey"],
        "ra": ra,
        "dec": dec,
        "position": {"sexagesimal": sexagesimal(ra, dec), "degrees": (ra, dec), "galactic": galactic(ra, dec)},
        "statistics": asdict(statistics_of(curve)),
        "photometry": curve,
        "alerts": json_rows(alerts),
        "saved": _saved(db, viewer, object_id, as_of),
        "decisions": current_decisions(db, viewer, [object_id], as_of)[object_id],
    }


def sources_table(
    db: Database, viewer: Viewer, limit: int = 1000, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The sources (objects saved to groups) that the viewer may see, newest first."""
    return [_source(db, row) for row in db.reader.rows(viewer, _SOURCES, [limit], as_of)]


def find_objects(db: Database, viewer: Viewer, text: str, radius_arcsec: float = 60.0) -> list[dict[str, Any]]:
    """Objects whose name begins with or contains a text, or which lie near a position.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    text
        A name or part of one, or coordinates in degrees or sexagesimal form (ICRS).
    radius_arcsec
        How far from the position (arcsec).

    Returns
    -------
    list of dict
        ``object_id, ra, dec`` and, for a position, ``separation_arcsec``; best first, at most 50.
    """
    if not text.strip():
        raise InvalidInput(
            "nothing was given to find: a name, or coordinates such as 150.1 2.2 or 10:00:24 +02:12:00.", "q"
        )
    position = parse_position(text)
    return _near(db, viewer, position, radius_arcsec) if position else _named(db, viewer, text.strip())


def _named(db: Database, viewer: Viewer, text: str) -> list[dict[str, Any]]:
    rows = db.reader.rows(
        viewer,
        "SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects WHERE contains(lower(object_id), lower(?)) "
        "GROUP BY object_id ORDER BY NOT starts_with(lower(object_id), lower(?)), length(object_id), object_id LIMIT ?",
        [text, text, _MOST_FOUND],
    )
    return json_rows(rows)


def _near(db: Database, viewer: Viewer, position: Position, radius_arcsec: float) -> list[dict[str, Any]]:
    radius = radius_arcsec / 3600
    if not 0 < radius <= _LARGEST_RADIUS:
        raise InvalidInput(
            f"the radius is {radius_arcsec} arcsec: more than 0 and up to {_LARGEST_RADIUS} deg are permitted.",
            "radius",
        )
    inside = " OR ".join(f"(hpx >= {low} AND hpx < {high})" for low, high in hpx_ranges(position, radius))
    rows = db.reader.rows(
        viewer,
        f"SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects WHERE {inside} GROUP BY object_id",
    )
    if not rows:
        return []
    distance = separation([r["ra"] for r in rows], [r["dec"] for r in rows], position)
    best = [i for i in np.argsort(distance) if distance[i] <= radius][:_MOST_FOUND]
    return [{**json_value(rows[i]), "separation_arcsec": float(distance[i] * 3600)} for i in best]


def _saved(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None) -> list[dict[str, Any]]:
    rows = db.reader.rows(
        viewer,
        "SELECT * FROM @sources WHERE object_id = ? "
        "QUALIFY row_number() OVER (PARTITION BY group_id ORDER BY decision_id DESC) = 1",
        [object_id],
        as_of,
    )
    return [
        {"group": db.access.group_names([r["group_id"]])[0], "saved_by": r["saved_by"], "saved_at": iso(r["known_at"])}
        for r in rows
        if r["active"]
    ]


def _source(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    group = db.access.group_names([row.pop("group_id")])[0]
    plain: dict[str, Any] = json_value({**row, "group": group})
    return plain
