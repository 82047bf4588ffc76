"""Finding alerts, also those that no filter let through: by number, by object, in a cone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, json_rows
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import Position, hpx_ranges, parse_position

__all__ = ["find_alerts"]

_LARGEST_PAGE = 1000
_LARGEST_RADIUS = 3600.0
_LARGEST_NUMBER = 2**63 - 1

_SHOWN = """
    candid, survey, object_id, mjd, ra, dec, filter, mag, magerr, limiting_mag, positive, rb, drb, star_score, star_distance,
    sso_name, sso_distance, n_detections, stream, known_at
"""


def find_alerts(
    db: Database,
    viewer: Viewer,
    text: str,
    radius_arcsec: float = 5.0,
    *,
    limit: int = 100,
    cursor: str | None = None,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """Alerts that the viewer may see, newest first.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    text
        The number of an alert (candid), the name of an object, or coordinates in degrees or sexagesimal form (ICRS).
    radius_arcsec
        How far from the coordinates (arcsec).
    limit, cursor
        At most so many; those after the ones of an answer before.
    as_of
        Only alerts known at this time.

    Returns
    -------
    dict
        ``alerts`` (for coordinates with ``separation`` in arcsec) and ``cursor``; null at the end.

    Raises
    ------
    InvalidInput
        If nothing can be found by this text, or a limit, radius or cursor is none.
    """
    if not 1 <= limit <= _LARGEST_PAGE:
        raise InvalidInput(f"limit is {limit}: 1 to {_LARGEST_PAGE} are permitted.", "limit")
    condition, separation, values = _asked(text.strip(), radius_arcsec)
    after = "true"
    if cursor is not None:
        after = "(mjd, candid, survey) < (?, ?, ?)"
        values += _read(cursor)
    statement = f"""
        WITH found AS (SELECT {_SHOWN}, {separation} AS separation FROM @alerts WHERE {condition})
        FROM found WHERE {after} AND (separation IS NULL OR separation <= {float(radius_arcsec)!r})
        ORDER BY mjd DESC, candid DESC, survey DESC LIMIT {limit + 1}
    """
    rows = db.reader.query(viewer, statement, values, as_of).to_pylist()
    page = rows[:limit]
    return {
        "alerts": [{k: v for k, v in row.items() if k != "separation" or v is not None} for row in json_rows(page)],
        "cursor": _written(page[-1]) if len(rows) > limit else None,
    }


def _asked(text: str, radius_arcsec: float) -> tuple[str, str, list[Any]]:
    """Condition, expression of the separation, and values."""
    if not text:
        raise InvalidInput("nothing was given to find: a candid, the name of an object, or coordinates.", "q")
    if text.isdecimal():
        if int(text) > _LARGEST_NUMBER:
            raise InvalidInput(f"{text} is no candid: a number of at most 64 bits is permitted.", "q")
        return "candid = ?", "NULL::DOUBLE", [int(text)]
    position = parse_position(text)
    if position is None:
        return "object_id = ?", "NULL::DOUBLE", [text]
    if not 0 < radius_arcsec <= _LARGEST_RADIUS:
        raise InvalidInput(
            f"the radius is {radius_arcsec} arcsec: more than 0 and up to {_LARGEST_RADIUS:.0f} are permitted.",
            "radius",
        )
    return _near(position, radius_arcsec / 3600), _separation(position), []


def _near(position: Position, radius: float) -> str:
    ranges = hpx_ranges(position, radius)
    return "(" + " OR ".join(f"(hpx >= {low} AND hpx < {high})" for low, high in ranges) + ")"


def _separation(position: Position) -> str:
    """Distance from a position (arcsec) as an expression, by haversines."""
    ra, dec = position.ra, position.dec
    return f"""
        2 * 3600 * degrees(asin(sqrt(least(1, sin(radians(dec - {dec!r}) / 2) ** 2
            + cos(radians(dec)) * cos(radians({dec!r})) * sin(radians(ra - {ra!r}) / 2) ** 2))))
    """


def _written(row: dict[str, Any]) -> str:
    return f"{row['mjd']!r}~{row['candid']}~{row['survey']}"


def _read(cursor: str) -> list[Any]:
    try:
        mjd, candid, survey = cursor.split("~", 2)
        return [float(mjd), int(candid), survey]
    except ValueError:
        raise InvalidInput(
            f"cursor is {cursor[:40]!r}: the one of the answer before is permitted, or none.", "cursor"
        ) from None
