"""Where an object lies."""

from __future__ import annotations

from datetime import datetime

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.science.coordinates import Position

__all__ = ["position_of"]


def position_of(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> Position:
    """Where an object lies. Raises `NotFound` if the viewer may see nothing of it."""
    rows = db.reader.rows(
        viewer, "SELECT ra, dec FROM @objects WHERE object_id = ? ORDER BY known_at LIMIT 1", [object_id], as_of
    )
    if not rows:
        raise NotFound(f"there is no object {object_id!r} among those that you may see.", object_id)
    return Position(rows[0]["ra"], rows[0]["dec"])
