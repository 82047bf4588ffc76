"""The population of candidates: what is known of each, as one table to plot and to choose from."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from skyhub.candidates._queue import queue_rows
from skyhub.candidates._selection import Selection
from skyhub.db import Database, Viewer
from skyhub.photometry import STATISTICS_SQL
from skyhub.science.coordinates import galactic_of

__all__ = ["population"]

_FIGURES = (
    "n_detections", "first_mjd", "days_from_limit", "peak_mag", "last_mag", "mag_rms", "rise_rate", "decay_rate", "g_r",
)  # fmt: skip
_OF_THESE = "(SELECT * FROM @photometry_statistics WHERE object_id IN (SELECT object_id FROM given))"
_STATEMENT = f"""
    WITH given AS (SELECT unnest(?::VARCHAR[]) AS object_id, unnest(?::VARCHAR[]) AS survey, unnest(?::BIGINT[]) AS candid),
    known AS ({STATISTICS_SQL["statistics"].replace("@photometry_statistics", _OF_THESE)})
    SELECT DISTINCT ON (given.object_id) {", ".join(f"known.{name}" for name in _FIGURES)},
        known.last_mjd - known.first_mjd AS age_days,
        alerts.star_score, alerts.star_distance, context.host_sep, context.host_kpc, context.host_z, context.abs_mag
    FROM given LEFT JOIN known USING (object_id)
        LEFT JOIN @alerts AS alerts USING (survey, candid)
        LEFT JOIN @alert_context AS context USING (survey, candid)
    ORDER BY given.object_id
"""


def population(db: Database, viewer: Viewer, selection: Selection, as_of: datetime | None = None) -> pa.Table:
    """What is known of the candidates of a selection, one row per object, by name.

    Parameters
    ----------
    db, viewer, selection
        The database, who asks, and which candidates; all of them are told, whatever the limit.
    as_of
        Only what was known at this time.

    Returns
    -------
    pyarrow.Table
        Of the newest candidate ``object_id, candidate_id, candid, survey, dayobs, mjd, ra, dec`` (deg, ICRS), ``filter, mag,
        rb, drb`` and ``galactic_latitude`` (deg); of the points that the viewer may see ``n_detections, first_mjd,
        days_from_limit, peak_mag, last_mag, mag_rms, rise_rate, decay_rate`` (mag/d, negative while brightening), ``g_r``
        (mag, mean g minus mean r of one survey) and ``age_days`` (first to last detection); ``star_score`` and ``star_distance``
        (arcsec) of the nearest source of the survey's catalogue; ``host_sep`` (arcsec), ``host_kpc``, ``host_z`` and
        ``abs_mag`` (mag) of the host.
        Null where there is none.

    Raises
    ------
    InvalidInput
        If the viewer is in no group, or may see no filter, that was named.
    """
    rows = queue_rows(db, viewer, selection, as_of)
    given = [rows[name].to_pylist() for name in ("object_id", "survey", "candid")]
    latitude = galactic_of(rows["ra"].to_numpy(), rows["dec"].to_numpy())[1]
    found = rows.drop_columns(["acl", "known_at", "filter_id", "n_detections"])
    found = found.append_column("galactic_latitude", pa.array(latitude))
    told = db.reader.query(viewer, _STATEMENT, given, as_of)
    columns = dict(zip(found.column_names, found.columns, strict=True))
    return pa.table(columns | dict(zip(told.column_names, told.columns, strict=True)))
