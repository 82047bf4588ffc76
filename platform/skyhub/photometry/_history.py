"""All reductions of an object's points, with when each was in force and who brought it in."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from skyhub.db import Database, Viewer

__all__ = ["photometry_history"]

_HISTORY = """
    SELECT object_id, mjd, filter, flux, fluxerr, mag, magerr, limiting_mag, limiting_nsigma, ra, dec, instrument, survey, origin,
        photometry_id, repeat, version, known_at, known_until, owner, upload_id, point_id,
        given_value, given_error, given_limit, given_unit, given_zp, given_system
    FROM @photometry* WHERE object_id = ? ORDER BY mjd, origin, filter, repeat, version, photometry_id
"""


def photometry_history(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> pa.Table:
    """The points of an object with those that were superseded, as they are stored and as they were given."""
    return db.reader.query(viewer, _HISTORY, [object_id], as_of)
