"""Finding entries of catalogues by place: galaxies near a position or an object, extended sources around it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.catalogs._places import near_places
from skyhub.catalogs._schemas import GALAXIES, SPATIAL_ENTRIES
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import Position, separation
from skyhub.science.distances import distance_known, kpc_per_arcsec
from skyhub.science.footprints import offsets_of

__all__ = ["galaxies_near", "inside_of"]

_LARGEST_RADIUS = 5.0
_NO_GALAXIES = pa.schema(
    [("galaxy_id", pa.int64()), ("catalog", pa.string()), *GALAXIES.schema, ("hpx", pa.int64())]
).empty_table()
_GALAXIES = """
    SELECT galaxy_id, catalog, {columns}, hpx FROM @galaxies
    WHERE hpx IN ({places}) AND hpx BETWEEN {low} AND {high}
        AND catalog IN (SELECT name FROM @galaxy_catalogs WHERE ? IS NULL OR name = ?)
"""
_ENTRIES = """
    SELECT spatial_entry_id, catalog, {columns} FROM @spatial_entries
    WHERE abs(dec - ?) <= greatest(amaj, amin)
        AND catalog IN (SELECT name FROM @spatial_catalogs WHERE ? IS NULL OR name = ?)
"""


def galaxies_near(
    db: Database,
    viewer: Viewer,
    position: Position,
    radius_arcsec: float = 10.0,
    catalog: str | None = None,
    *,
    limit: int = 1000,
    as_of: datetime | None = None,
) -> pa.Table:
    """Galaxies near a position, nearest first.

    Parameters
    ----------
    db, viewer, position
        The database, who asks, and where (ICRS, deg).
    radius_arcsec
        How far from there (arcsec), up to 5 deg.
    catalog
        Only of this catalogue.
    limit
        At most so many.
    as_of
        Only facts known at this time.

    Returns
    -------
    pa.Table
        Columns of ``galaxies``, ``separation_arcsec``, and ``offset_kpc``: the projected distance at the galaxy, by its
        distance or else its redshift (null without either, or where a redshift tells no distance).
    """
    radius = radius_arcsec / 3600
    if not 0 < radius <= _LARGEST_RADIUS:
        raise InvalidInput(
            f"the radius is {radius_arcsec} arcsec: more than 0 and up to {_LARGEST_RADIUS} deg are permitted.",
            "radius",
        )
    rows = _rows_at(db, viewer, near_places(db, "galaxies", position, radius).hpx, catalog, as_of)
    distance = separation(rows["ra"].to_numpy(), rows["dec"].to_numpy(), position) * 3600
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] <= radius_arcsec][:limit]
    found = rows.drop_columns("hpx").append_column("separation_arcsec", pa.array(distance))
    return found.append_column("offset_kpc", _offsets_kpc(rows, distance)).take(order)


def _rows_at(
    db: Database, viewer: Viewer, places: NDArray[np.int64], catalog: str | None, as_of: datetime | None
) -> pa.Table:
    if not len(places):
        return _NO_GALAXIES
    sql = _GALAXIES.format(
        columns=", ".join(GALAXIES.names), places=", ".join(map(str, places)), low=places.min(), high=places.max()
    )
    return db.reader.query(viewer, sql, [catalog, catalog], as_of)


def inside_of(
    db: Database, viewer: Viewer, position: Position, catalog: str | None = None, as_of: datetime | None = None
) -> pa.Table:
    """Extended sources in whose cone or ellipse a position lies, nearest first.

    Returns
    -------
    pa.Table
        Columns of ``spatial_entries`` and ``separation_deg``.
    """
    sql = _ENTRIES.format(columns=", ".join(SPATIAL_ENTRIES.names))
    rows = db.reader.query(viewer, sql, [position.dec, catalog, catalog], as_of)
    ra, dec, phi = (rows[name].to_numpy() for name in ("ra", "dec", "phi"))
    amaj, amin = rows["amaj"].to_numpy(), rows["amin"].to_numpy()
    distance = separation(ra, dec, position)
    east, north = offsets_of(position.ra, position.dec, ra, dec)
    angle = np.radians(np.nan_to_num(np.asarray(phi, dtype=float)))
    along = (east * np.sin(angle) + north * np.cos(angle)) / amaj
    across = (east * np.cos(angle) - north * np.sin(angle)) / amin
    round_one = (amaj == amin) & (distance <= amaj)
    inside = np.where(amaj == amin, round_one, (along**2 + across**2 <= 1) & (distance < 90))
    order = [int(n) for n in np.argsort(distance, kind="stable") if inside[n]]
    return rows.append_column("separation_deg", pa.array(distance)).take(pa.array(order, pa.int64()))


def _offsets_kpc(rows: pa.Table, separation_arcsec: Any) -> pa.Array:
    distance = distance_known(rows["distance"].to_numpy(), rows["redshift"].to_numpy())
    offset = kpc_per_arcsec(distance) * separation_arcsec
    return pa.array(offset, mask=~np.isfinite(offset))
