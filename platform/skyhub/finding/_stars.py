"""Where an object is to a tenth of an arcsecond, and the stars around it as they stand on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput
from skyhub.finding._rules import StarRules
from skyhub.objects import position_of
from skyhub.science.astrometry import MeanPosition, at_epoch, mean_position
from skyhub.science.coordinates import Position, hpx_ranges, separation, separations
from skyhub.science.footprints import offsets_of
from skyhub.science.hosts import position_angles

__all__ = ["exact_position", "julian_year", "offset_stars", "stars_around"]

_STARS = """
    SELECT name, catalog, ra, dec, mag, pm_ra, pm_dec, epoch FROM @reference_entries
    WHERE ({places}) AND catalog IN (SELECT name FROM @reference_catalogs WHERE kind = 'star')
"""
_MOTION_ARCSEC = 60.0
"""How far stars may have moved since the epoch of their catalogue."""
_FIRST, _LAST = 1950, 2100
_COLUMNS = ("ra", "dec", "flux", "fluxerr")


def offset_stars(
    db: Database,
    viewer: Viewer,
    object_id: str,
    rules: StarRules | None = None,
    *,
    day: date | None = None,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """An object's place, and stars of the catalogues that a telescope can offset from, nearest first.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and as it was known when.
    object_id
        An object that the viewer may see.
    rules
        Which stars.
    day
        When it is observed, today by default: stars are where they then stand.

    Returns
    -------
    dict
        ``object_id``; ``ra, dec`` (ICRS, deg), ``error`` (arcsec, or null) and ``n_used`` detections that they are the mean of
        (0: as the object is catalogued); ``year`` (Julian); and ``stars``: ``name, catalog, ra, dec, mag, separation``
        (arcsec), ``position_angle`` (deg, from the star to the target, north to east), ``east`` and ``north``: how far a
        telescope moves from the star to the target (arcsec on the sky).

    Raises
    ------
    NotFound
        If there is no such object among those that the viewer may see.
    """
    rules = rules or StarRules()
    year = julian_year(day)
    place = exact_position(db, viewer, object_id, as_of)
    stars = _chosen(stars_around(db, viewer, place.position, rules.radius_arcmin, year, as_of), place.position, rules)
    return {
        "object_id": object_id,
        **place.position._asdict(),
        "error": json_value(place.error),
        "n_used": place.n_used,
        "year": round(year, 3),
        "stars": stars.to_pylist(),
    }


def exact_position(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> MeanPosition:
    """The mean place of an object's detections that the viewer may see."""
    catalogued = position_of(db, viewer, object_id, as_of)
    points = db.reader.points(viewer, [object_id], _COLUMNS, as_of)
    ra, dec, flux, error = (np.asarray(points[n].to_numpy(zero_copy_only=False), dtype=float) for n in _COLUMNS)
    with np.errstate(divide="ignore", invalid="ignore"):
        return mean_position(ra, dec, flux / error, catalogued)


def stars_around(
    db: Database,
    viewer: Viewer,
    position: Position,
    radius_arcmin: float,
    year: float,
    as_of: datetime | None = None,
) -> pa.Table:
    """Stars of the catalogues around a position in a year, nearest first: ``name, catalog, ra, dec, mag, separation`` (arcsec)."""
    reach = radius_arcmin / 60 + _MOTION_ARCSEC / 3600
    places = " OR ".join(f"hpx >= {low} AND hpx < {high}" for low, high in hpx_ranges(position, reach))
    rows = db.reader.query(viewer, _STARS.format(places=places), as_of=as_of)
    told = {n: np.asarray(rows[n].to_numpy(), dtype=float) for n in ("ra", "dec", "pm_ra", "pm_dec", "epoch")}
    ra, dec = at_epoch(**told, year=year)
    distance = separation(ra, dec, position) * 3600
    moved = rows.select(["name", "catalog", "mag"])
    for name, values in (("ra", ra), ("dec", dec), ("separation", distance)):
        moved = moved.append_column(name, pa.array(values))
    order = np.argsort(distance, kind="stable")
    return moved.take(order[distance[order] <= radius_arcmin * 60])


def _chosen(stars: pa.Table, target: Position, rules: StarRules) -> pa.Table:
    ra, dec, mag, distance = (np.asarray(stars[n].to_numpy(), dtype=float) for n in ("ra", "dec", "mag", "separation"))
    apart = separations(ra[:, None], dec[:, None], ra[None, :], dec[None, :]) * 3600
    np.fill_diagonal(apart, np.inf)
    alone = (apart.min(axis=1, initial=np.inf) >= rules.isolation_arcsec) & (distance >= rules.isolation_arcsec)
    fit = np.flatnonzero(alone & (mag >= rules.brightest) & (mag <= rules.faintest))[: rules.count]
    east, north = offsets_of(target.ra, target.dec, ra[fit], dec[fit])
    angle = position_angles(ra[fit], dec[fit], np.full(len(fit), target.ra), np.full(len(fit), target.dec))
    found = stars.take(fit)
    for name, values in (("position_angle", angle % 360), ("east", east * 3600), ("north", north * 3600)):
        found = found.append_column(name, pa.array(values))
    return found


def julian_year(day: date | None) -> float:
    """A day (today by default) as a Julian year.

    Raises
    ------
    InvalidInput
        If it is before 1950 or after 2100.
    """
    day = day or datetime.now(UTC).date()
    if not _FIRST <= day.year <= _LAST:
        raise InvalidInput(f"the day is {day}: one from {_FIRST} to {_LAST} is permitted.", "day")
    return 2000.0 + (day - date(2000, 1, 1)).days / 365.25
