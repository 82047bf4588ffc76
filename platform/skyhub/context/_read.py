"""Reading what was found around alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skyhub.context._columns import CONTEXT, document
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound

__all__ = ["AT_ALERT", "contexts_of_alerts", "object_context"]

AT_ALERT = f"""(
    SELECT a.*, {", ".join(f"c.{name}" for name in CONTEXT.names)} FROM @alerts AS a
    LEFT JOIN (SELECT * FROM @alert_context* WHERE version = 1) AS c USING (candid, survey)
)"""
"""Alerts with what was found around them as they came: a table expression for `skyhub.db.Reader`."""

_OF_OBJECT = "SELECT * FROM @alerts WHERE object_id = ? ORDER BY mjd DESC, candid DESC LIMIT ?"
_CONTEXTS = "SELECT * FROM @alert_context WHERE candid IN ({numbers}) AND candid BETWEEN {low} AND {high}"
_MOST = 1000


def object_context(
    db: Database, viewer: Viewer, object_id: str, limit: int = 10, as_of: datetime | None = None
) -> dict[str, Any]:
    """What catalogues say of the place of an object: as found with its newest alerts, or looked up again since.

    Returns
    -------
    dict
        ``object_id``, ``context`` (of the newest alert) and, newest first, ``alerts``: ``candid, survey, mjd`` and
        ``context``, as `contexts_of_alerts` gives it; null of alerts that came before there was one.

    Raises
    ------
    NotFound
        If the viewer may see no alert of the object.
    """
    if not 1 <= limit <= _MOST:
        raise InvalidInput(f"limit is {limit}: 1 to {_MOST} are permitted.", "limit")
    rows = db.reader.rows(viewer, _OF_OBJECT, [object_id, limit], as_of)
    if not rows:
        raise NotFound(f"there is no alert of {object_id} among those that you may see.", object_id)
    found = contexts_of_alerts(db, viewer, rows, as_of)
    alerts = [
        {
            "candid": str(row["candid"]),
            "survey": row["survey"],
            "mjd": row["mjd"],
            "context": found.get((row["survey"], row["candid"])),
        }
        for row in rows
    ]
    return {"object_id": object_id, "context": alerts[0]["context"], "alerts": alerts}


def contexts_of_alerts(
    db: Database, viewer: Viewer, alerts: Sequence[Mapping[str, Any]], as_of: datetime | None = None
) -> dict[tuple[str, int], dict[str, Any]]:
    """What catalogues say of the places of alerts, by survey and number; those without a context are left out.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and as it was known when.
    alerts
        Rows of ``alerts``.

    Returns
    -------
    dict of dict
        ``tns`` (``name, catalog, class, redshift, separation``), ``host`` (``name, catalog, separation, radii, offset_kpc,
        redshift, distance, abs_mag``), ``star`` (``name, catalog, mag, separation``), ``agn`` (as tns), ``variable`` (``name,
        catalog, class, period, separation``) and ``minor_planet`` (of the packet: ``name, separation, mag``), each null if
        there is none; ``searched``, the kinds of catalogues there were; its ``version`` (1 as the alert came) and ``known_at``.
        Separations in arcsec, distances in Mpc, periods in days.
    """
    of_alert = {(row["survey"], row["candid"]): row for row in alerts}
    if not of_alert:
        return {}
    numbers = sorted(candid for _, candid in of_alert)
    sql = _CONTEXTS.format(numbers=", ".join(map(str, numbers)), low=numbers[0], high=numbers[-1])
    rows = {(row["survey"], row["candid"]): row for row in db.reader.rows(viewer, sql, as_of=as_of)}
    return {key: json_value(document({**of_alert[key], **row})) for key, row in rows.items() if key in of_alert}
