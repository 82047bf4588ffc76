"""Objects and sources: the list of saved ones, finding by name or place, and what lies so close that it may be the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from skyhub.catalogs import near_places
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import Position, parse_position, separation

__all__ = ["duplicates", "find_objects", "sources_table"]

_MOST_FOUND = 50
_LARGEST_RADIUS = 5.0
_DUPLICATE_ARCSEC = 4.0

_SOURCES = """
    SELECT s.object_id, o.ra, o.dec, s.group_id, s.saved_by, s.known_at AS saved_at
    FROM (SELECT * FROM @sources
          QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC, known_at DESC) = 1) AS s
    JOIN (SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects GROUP BY object_id) AS o
        USING (object_id)
    WHERE s.active ORDER BY s.known_at DESC, s.object_id LIMIT ?
"""
_AT = """
    SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec FROM @objects
    WHERE hpx IN (SELECT unnest(?::BIGINT[])) GROUP BY object_id
"""
_NAMED = """
    WITH named AS (
        SELECT object_id, NULL AS alias, object_id AS name FROM @objects WHERE contains(lower(object_id), lower(?))
        UNION ALL SELECT object_id, alias, alias AS name FROM @aliases WHERE contains(lower(alias), lower(?))),
    best AS (
        SELECT object_id, alias, NOT starts_with(lower(name), lower(?)) AS inner_part, length(name) AS length FROM named
        QUALIFY row_number() OVER (
            PARTITION BY object_id ORDER BY NOT starts_with(lower(name), lower(?)), alias IS NOT NULL, length(name), name) = 1)
    SELECT object_id, any_value(ra) AS ra, any_value(dec) AS dec, any_value(alias) AS alias
    FROM best JOIN @objects USING (object_id)
    GROUP BY object_id ORDER BY any_value(inner_part), any_value(length), object_id LIMIT ?
"""


def sources_table(
    db: Database, viewer: Viewer, limit: int = 1000, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The sources (objects saved to groups) that the viewer may see, newest first."""
    return [_source(db, row) for row in db.reader.rows(viewer, _SOURCES, [limit], as_of)]


def find_objects(
    db: Database, viewer: Viewer, text: str, radius_arcsec: float = 60.0, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Objects one of whose names begins with or contains a text, or which lie near a position.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    text
        A name or part of one, or coordinates in degrees or sexagesimal form (ICRS).
    radius_arcsec
        How far from the position (arcsec).
    as_of
        Only objects and names known at this time.

    Returns
    -------
    list of dict
        ``object_id, ra, dec``, for another name of it ``alias``, for a position ``separation_arcsec``; best first, at
        most 50.
    """
    if not text.strip():
        raise InvalidInput(
            "nothing was given to find: a name, or coordinates such as 150.1 2.2 or 10:00:24 +02:12:00.", "q"
        )
    position = parse_position(text)
    if position:
        return _near(db, viewer, position, radius_arcsec, as_of)
    return _named(db, viewer, text.strip(), as_of)


def duplicates(
    db: Database, viewer: Viewer, object_id: str, place: Position, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Other objects within 4 arcsec of an object's place, nearest first: ``object_id, ra, dec, separation_arcsec``."""
    near = _near(db, viewer, place, _DUPLICATE_ARCSEC, as_of)
    return [found for found in near if found["object_id"] != object_id]


def _named(db: Database, viewer: Viewer, text: str, as_of: datetime | None) -> list[dict[str, Any]]:
    rows = db.reader.rows(viewer, _NAMED, [text, text, text, text, _MOST_FOUND], as_of)
    return [json_value({k: v for k, v in row.items() if k != "alias" or v is not None}) for row in rows]


def _near(
    db: Database, viewer: Viewer, position: Position, radius_arcsec: float, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    radius = radius_arcsec / 3600
    if not 0 < radius <= _LARGEST_RADIUS:
        raise InvalidInput(
            f"the radius is {radius_arcsec} arcsec: more than 0 and up to {_LARGEST_RADIUS} deg are permitted.",
            "radius",
        )
    near = near_places(db, "objects", position, radius)
    if not len(near.hpx):
        return []
    rows = db.reader.rows(viewer, _AT, [near.hpx.tolist()], as_of)
    if not rows:
        return []
    distance = separation([r["ra"] for r in rows], [r["dec"] for r in rows], position)
    best = [i for i in np.argsort(distance) if distance[i] <= radius][:_MOST_FOUND]
    return [{**json_value(rows[i]), "separation_arcsec": float(distance[i] * 3600)} for i in best]


def _source(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    group = db.access.group_names([row.pop("group_id")])[0]
    plain: dict[str, Any] = json_value({**row, "group": group})
    return plain
