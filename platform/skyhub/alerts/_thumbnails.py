"""The newest cutouts of objects, to be shown in lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from skyhub.alerts._packet import CUTOUT_KINDS
from skyhub.alerts._read import cutout_data_url
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput

__all__ = ["MOST_THUMBNAILS", "thumbnails"]

MOST_THUMBNAILS = 100
"""Objects at a time."""

_NEWEST = """
    SELECT * FROM @alerts WHERE object_id IN (SELECT unnest(?)) AND science_at IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY object_id ORDER BY mjd DESC, candid DESC) = 1
"""


def thumbnails(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, dict[str, str | None]]:
    """The cutouts of each object's newest alert that has some, as PNGs in data URLs.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    object_ids
        At most 100; what the viewer may not see, or has no cutouts, is left out.
    as_of
        Only alerts known at this time.

    Returns
    -------
    dict
        By object: ``science, template, difference``; None where there is none.

    Raises
    ------
    InvalidInput
        If there are too many objects.
    """
    if len(object_ids) > MOST_THUMBNAILS:
        raise InvalidInput(f"{len(object_ids)} objects at once: at most {MOST_THUMBNAILS} are permitted.", "object_id")
    rows = db.reader.rows(viewer, _NEWEST, [list(object_ids)], as_of)
    return {row["object_id"]: {kind: cutout_data_url(db, row, kind) for kind in CUTOUT_KINDS} for row in rows}
