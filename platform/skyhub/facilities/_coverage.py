"""What the fields of an instrument cover, computed when first asked for and kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities._fields import fields_table, instrument_named, known_grid
from skyhub.science.coordinates import Position, separation
from skyhub.science.field_tiles import FieldRanges, field_ranges
from skyhub.science.footprints import Footprint, offsets_of, parse_footprint

__all__ = ["camera", "camera_of", "fields_at", "ranges_of"]

_MOST_KEPT = 32
_computing = threading.Lock()


def _kept(db: Database) -> dict[Hashable, FieldRanges]:
    """The ranges that were computed, to begin with."""
    return {}


def camera(db: Database, viewer: Viewer, instrument: str, as_of: datetime | None = None) -> Footprint:
    """What an instrument sees at once. Raises `InvalidInput` if its footprint is not known."""
    return camera_of(instrument_named(db, viewer, instrument, as_of))


def ranges_of(
    db: Database, viewer: Viewer, instrument: str, as_of: datetime | None = None, order: int | None = None
) -> FieldRanges:
    """What the fields of an instrument cover, as half-open ranges of order-29 NESTED indices.

    Parameters
    ----------
    db, viewer, instrument
        The database, who asks, and the instrument by its name.
    as_of
        With the grid and the footprint known at this time.
    order
        HEALPix order of the pixels; one that suits the footprint by default.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument, or its footprint is not known.
    """
    row = instrument_named(db, viewer, instrument, as_of)
    key = (row["instrument_id"], row["footprint"], row["gaps"], known_grid(db, row["instrument_id"]), as_of, order)
    with _computing:
        kept = db.part(_kept)
        if key not in kept:
            if len(kept) >= _MOST_KEPT:
                kept.pop(next(iter(kept)))
            grid = fields_table(db, viewer, row["name"], as_of)
            ids, ra, dec = (grid[name].to_numpy() for name in ("field_id", "ra", "dec"))
            kept[key] = field_ranges(camera_of(row), ids, ra, dec, order)
        return kept[key]


def fields_at(
    db: Database, viewer: Viewer, instrument: str, position: Position, as_of: datetime | None = None
) -> pa.Table:
    """The fields of an instrument that see a position, with ``separation_deg`` of their centre, nearest first."""
    footprint = camera(db, viewer, instrument, as_of)
    grid = fields_table(db, viewer, instrument, as_of)
    ra, dec = grid["ra"].to_numpy(), grid["dec"].to_numpy()
    distance = separation(ra, dec, position)
    inside = footprint.contains(*offsets_of(position.ra, position.dec, ra, dec)) & (distance < 90)
    order = np.argsort(distance)
    return grid.append_column("separation_deg", pa.array(distance)).take(order[inside[order]])


def camera_of(row: dict[str, Any]) -> Footprint:
    """What the instrument of a row sees at once. Raises `InvalidInput` if its footprint is not known."""
    if row["footprint"] is None:
        raise InvalidInput(
            f"the footprint of {row['name']} is not known: edit the instrument, or give one with its fields.",
            "footprint",
        )
    footprint = parse_footprint(row["footprint"])
    return footprint.hull() if row["gaps"] == "filled" else footprint
